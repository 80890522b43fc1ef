"""Branches and loops for many lanes at once: the control flow of `vectorize`.

    scf.if %c { a } else { b }     both sides, each under its mask, then a select; a
                                   side that is dear or rare runs only if any lane
                                   wants it
    scf.while                      runs on while any lane does; a lane that leaves
                                   stores its results under its mask
    scf.for                        as it is; `vector_varying.py` has made a scf.while
                                   of those whose bounds vary

Where the condition is the same for all lanes, branches and loops stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from xdsl.dialects import scf, vector
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, element_type, i1, i8, index, make
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.math.common import RARE, UNIT

if TYPE_CHECKING:
    from rfxjit.passes.vector_body import VectorBody

DEAR = 16
"""A branch of more ops than this runs only if any lane wants it."""


def _is_dear(region: Region) -> bool:
    ops = list(region.block.ops) if region.blocks else []
    return len(ops) > DEAR or any(op.regions for op in ops)


def vector_if(v: VectorBody, op: scf.IfOp) -> None:
    """A branch if the condition is uniform, else both sides under masks."""
    if op.cond not in v.varying:
        results = v.m.if_(
            v.scalar(op.cond),
            lambda m: v.region(m, op.true_region, v.mask, op.results),
            lambda m: v.region(m, op.false_region, v.mask, op.results),
            [v.type_of(r) for r in op.results],
            op.attributes,
        )
        v.bind(op.results, results)
        return
    condition = v.vector(op.cond)
    then = v.both(v.mask, condition)
    types = [vector_type(r.type, v.width) for r in op.results]
    otherwise: Sequence[SSAValue] = ()
    if op.false_region.blocks:
        simple = op.false_region.block.first_op is op.false_region.block.last_op
        other = then if simple else v.both(v.mask, v.m.not_(condition))
        otherwise = _side(v, op.false_region, other, types)

    def chosen(m: Emit) -> list[SSAValue]:
        values = v.region(m, op.true_region, then)
        pairs = zip(values, otherwise, strict=True)
        return [m.select(condition, a, b) for a, b in pairs]

    if RARE in op.attributes or _is_dear(op.true_region):
        rare = {RARE: UNIT} if RARE in op.attributes else {}
        results = v.m.if_(v.any(then), chosen, lambda _: otherwise, types, rare)
    else:
        results = chosen(v.m)
    v.vectors.update(zip(op.results, results, strict=True))


def _side(
    v: VectorBody, region: Region, mask: SSAValue, types: Sequence[Attribute]
) -> Sequence[SSAValue]:
    """One side of a branch; a dear one only if any lane wants it."""
    if not _is_dear(region):
        return v.region(v.m, region, mask)
    return v.m.if_(
        v.any(mask),
        lambda m: v.region(m, region, mask),
        lambda m: [m.const(0, t) for t in types],
        types,
    )


def vector_for(v: VectorBody, op: scf.ForOp) -> None:
    """The same loop; carried values are vectors where they vary."""
    old = op.body.block
    carried = old.args[1:]
    types = [v.type_of(a) for a in carried]
    block = Block(arg_types=[index, *types])
    with v.inside(v.m.child(block), v.mask):
        v.bind(old.args, block.args)
        _again(v, old, carried, ())
    bounds = (v.scalar(op.lb), v.scalar(op.ub), v.scalar(op.step))
    starts = v.as_kinds(op.iter_args, carried)
    v.bind(op.results, _loop(v, op, (*bounds, *starts), types, block))


def vector_while(v: VectorBody, op: scf.WhileOp) -> None:
    """Go on while any lane does; a lane that leaves puts down its results.

        %any = or of the lanes of %going = %active and %condition
        scf.if any of %left = %active and not %condition {
          vector.maskedstore %results, %slot, %left
        }

    So nothing has to be kept for the lanes that have left, which run on unseen, and
    what all lanes count together stays a scalar.
    """
    before, after = op.before_region.block, op.after_region.block
    end = cast("scf.ConditionOp", before.last_op)
    types = [v.type_of(a) for a in after.args]
    starts = v.as_kinds(op.operands, before.args)
    head = Block(arg_types=[v.type_of(a) for a in before.args])
    body = Block(arg_types=types)
    if end.condition not in v.varying:
        with v.inside(v.m.child(head), v.mask):
            v.bind(before.args, head.args)
            v.ops(before)
            values = v.as_kinds(end.args, after.args)
            passed = (v.scalar(end.condition), *values)
            append(head, make(scf.ConditionOp, passed, (), end.location))
        with v.inside(v.m.child(body), v.mask):
            v.bind(after.args, body.args)
            _again(v, after, before.args, ())
        v.bind(op.results, _loop(v, op, starts, types, head, body))
        return

    slots: dict[SSAValue, SSAValue] = {
        r: v.slot(i8 if r.type == i1 else r.type)
        for r in op.results
        if r.first_use is not None
    }
    mask_type = vector_type(i1, v.width)
    starts.append(v.m.const(1, mask_type) if v.mask is None else v.mask)
    types.append(mask_type)
    active = head.insert_arg(mask_type, len(head.args))
    going = body.insert_arg(mask_type, len(body.args))
    # Under the mask: who has left must not keep a loop inside alive.
    with v.inside(v.m.child(head), active):
        v.bind(before.args, head.args[:-1])
        v.ops(before)
        m, condition = v.m, v.vector(end.condition)
        on = m.and_(active, condition)
        left = m.and_(active, m.not_(condition))
        if slots:
            m.if_(
                v.any(left),
                lambda e: _put_down(v, e, op, left, slots),
                lambda _: (),
                (),
            )
        passed = (v.any(on), *v.as_kinds(end.args, after.args), on)
        append(head, make(scf.ConditionOp, passed, (), end.location))
    with v.inside(v.m.child(body), going):
        v.bind(after.args, body.args[:-1])
        _again(v, after, before.args, (going,))
    _loop(v, op, starts, types, head, body)
    for result, slot in slots.items():
        type_ = vector_type(element_type(slot.type), v.width)
        value = v.m.op(vector.LoadOp, (slot, v.m.const(0, index)), type_)
        if result.type == i1:
            value = v.m.ne(value, v.m.const(0, type_))
        v.vectors[result] = value


def _again(
    v: VectorBody, old: Block, carried: Sequence[SSAValue], more: Sequence[SSAValue]
) -> None:
    """The ops of a round, and what the next one begins with."""
    v.ops(old)
    end = cast("Operation", old.last_op)
    values = (*v.as_kinds(end.operands, carried), *more)
    append(v.m.block, make(scf.YieldOp, values, (), end.location))


def _loop(
    v: VectorBody,
    op: scf.ForOp | scf.WhileOp,
    operands: Sequence[SSAValue],
    types: Sequence[Attribute],
    *blocks: Block,
) -> Sequence[SSAValue]:
    """The loop of finished blocks; its results."""
    regions = [Region(block) for block in blocks]
    loop = make(type(op), operands, types, op.location, regions=regions)
    loop.attributes.update(op.attributes)
    return append(v.m.block, loop).results


def _put_down(
    v: VectorBody,
    m: Emit,
    op: scf.WhileOp,
    left: SSAValue,
    slots: dict[SSAValue, SSAValue],
) -> tuple[()]:
    """Store what the lanes in `left` have come to."""
    values = cast("scf.ConditionOp", op.before_region.block.last_op).args
    with v.inside(m, left):
        for value, result in zip(values, op.results, strict=True):
            if result not in slots:
                continue
            slot, new = slots[result], v.vector(value)
            if result.type == i1:
                new = m.extui(new, i8)
            zero = m.const(0, index)
            if v.masked:
                operands = (slot, zero, left, new)
                stored = make(vector.MaskedStoreOp, operands, (), op.location)
            else:
                old = m.op(vector.LoadOp, (slot, zero), new.type)
                chosen = m.select(left, new, old)
                stored = make(vector.StoreOp, (chosen, slot, zero), (), op.location)
            append(m.block, stored)
    return ()
