"""Lower branches and loops that carry tensors: scalars in registers, arrays in memory.

    %r, %k = scf.for … iter_args(%a = %x, %s = %n)     r[i] = x[i]
        -> (tensor<8xf32>, tensor<i64>) {              %k = scf.for … iter_args(%s = %n)
      %b = rfx.map … (%a)                        ->        -> (i64) {
      %t = rfx.map … (%s)                                b[i] = … r[i] …
      scf.yield %b, %t                                   r[i] = b[i]
    }                                                    scf.yield %t : i64
                                                       }

Every array that is carried has memory of its own, which holds its value at the start of
each iteration and in the end the result. What an iteration yields is copied there, all
at once: `a, b = b, a` goes by way of a third place. A tensor of one element is carried
as a scalar.

What the condition of a `scf.while` hands on is in the same memory as what it is. Where
`rfx.require` may have failed, a `scf.while` ends and a `scf.for` does not begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from xdsl.dialects import memref, scf
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, element_type, index, make, shape_of
from rfxjit.passes.loops import load, parallel, store
from rfxjit.passes.scalar_semantics import signless

if TYPE_CHECKING:
    from rfxjit.passes.emit import Emit
    from rfxjit.passes.lower_to_loops import FunctionLowering

Places = Sequence[SSAValue | None]
"""Where values are carried: a buffer, or None for a scalar."""


def _is_array(value: SSAValue) -> bool:
    """Whether a value is in memory: of more than one element, or of unknown size."""
    return any(n != 1 for n in shape_of(value.type))


def _scalar_types(values: Sequence[SSAValue]) -> list[Attribute]:
    return [
        v.type if v.type == index else signless(element_type(v.type))
        for v in values
        if not _is_array(v)
    ]


def _scalars(state: FunctionLowering, values: Sequence[SSAValue]) -> list[SSAValue]:
    """The scalars among some values, as they are here."""
    return [state.scalar(v) for v in values if not _is_array(v)]


def _bind(
    state: FunctionLowering,
    values: Sequence[SSAValue],
    places: Places,
    scalars: Sequence[SSAValue],
) -> None:
    """What the values are from here on."""
    rest = iter(scalars)
    for value, place in zip(values, places, strict=True):
        if place is None:
            state.scalars[value] = next(rest)
        else:
            state.buffers[value] = place


def root(buffer: SSAValue) -> SSAValue:
    """The memory that a reshaped buffer is in."""
    while isinstance(buffer.owner, memref.ReinterpretCastOp):
        buffer = buffer.owner.source
    return buffer


def _copy(
    state: FunctionLowering, value: SSAValue, source: SSAValue, out: SSAValue
) -> None:
    def element(m: Emit, where: Sequence[SSAValue]) -> None:
        store(m, load(m, source, where), out, where)

    parallel(state.emit, [state.sizes.value(d) for d in state.sizes.of(value)], element)


def _move(
    state: FunctionLowering, values: Sequence[SSAValue], places: Places, until: int
) -> None:
    """Copy arrays to their places, as if all were read before any is written."""
    todo = [
        (value, state.buffers[value], place)
        for value, place in zip(values, places, strict=True)
        if place is not None and state.buffers[value] is not place
    ]
    while todo:
        reads = [root(source) for _, source, _ in todo]
        for k, (value, source, place) in enumerate(todo):
            if place not in (*reads[:k], *reads[k + 1 :]):
                _copy(state, value, source, place)
                del todo[k]
                break
        else:  # each is read by another one
            value, source, place = todo[0]
            aside = state.memory_like(value, until)
            _copy(state, value, source, aside)
            todo[0] = (value, aside, place)


def _region(
    state: FunctionLowering, old: Block, new: Block, places: Places, until: int
) -> None:
    """Lower a block that yields to `places`; the new one is open for its scalars."""
    with state.inside(new):
        state.lower_block(old)
        end = cast("Operation", old.last_op)
        _move(state, end.operands, places, until)
        append(new, make(type(end), _scalars(state, end.operands), (), end.location))


def lower_if(state: FunctionLowering, op: scf.IfOp) -> None:
    """Both sides write the same memory."""
    places = [state.destination(r) if _is_array(r) else None for r in op.results]
    regions: list[Region] = []
    for region in op.regions:
        block = Block()
        if region.blocks:
            _region(state, region.block, block, places, state.lifetimes.end[op])
        else:
            append(block, make(scf.YieldOp, (), (), op.location))
        regions.append(Region(block))
    condition = state.scalar(op.cond)
    types = _scalar_types(op.results)
    new = make(scf.IfOp, (condition,), types, op.location, regions=regions)
    _bind(state, op.results, places, append(state.emit.block, new).results)


def lower_for(state: FunctionLowering, op: scf.ForOp) -> None:
    """The memory of a result holds what is carried."""
    until = state.lifetimes.end[op]
    places = [state.destination(r) if _is_array(r) else None for r in op.results]
    begin, end, step = (state.scalar(v) for v in (op.lb, op.ub, op.step))
    if state.may_fail:
        end = state.emit.select(state.succeeded(), end, begin)
    _move(state, op.iter_args, places, until)
    old, types = op.body.block, _scalar_types(op.results)
    block = Block(arg_types=[index, *types])
    state.scalars[old.args[0]] = block.args[0]
    _bind(state, old.args[1:], places, block.args[1:])
    _region(state, old, block, places, until)
    operands = (begin, end, step, *_scalars(state, op.iter_args))
    regions = [Region(block)]
    new = make(scf.ForOp, operands, types, op.location, regions=regions)
    _bind(state, op.results, places, append(state.emit.block, new).results)


def lower_while(state: FunctionLowering, op: scf.WhileOp) -> None:
    """What is carried has memory; what the condition hands on is where it is."""
    until = state.lifetimes.end[op]
    before, after = op.before_region.block, op.after_region.block
    condition = cast("scf.ConditionOp", before.last_op)
    handed = dict(zip(reversed(condition.args), reversed(op.results), strict=True))
    places = [
        (
            state.free_outs.pop(handed.get(a, a), None)
            or state.memory_like(a, state.lifetimes.last[a])
        )
        if _is_array(a)
        else None
        for a in before.args
    ]
    _move(state, op.arguments, places, until)
    block = Block(arg_types=_scalar_types(before.args))
    _bind(state, before.args, places, block.args)
    with state.inside(block):
        state.lower_block(before)
        going = state.scalar(condition.condition)
        if state.may_fail:
            going = state.emit.and_(going, state.succeeded())
        scalars = _scalars(state, condition.args)
        end = make(scf.ConditionOp, (going, *scalars), (), condition.location)
        append(block, end)
    given = [state.buffers[v] if _is_array(v) else None for v in condition.args]
    types = _scalar_types(op.results)
    body = Block(arg_types=types)
    _bind(state, after.args, given, body.args)
    _region(state, after, body, places, until)
    operands = _scalars(state, op.arguments)
    regions = [Region(block), Region(body)]
    new = make(scf.WhileOp, operands, types, op.location, regions=regions)
    _bind(state, op.results, given, append(state.emit.block, new).results)


__all__ = ["lower_for", "lower_if", "lower_while", "root"]
