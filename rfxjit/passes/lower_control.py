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

from xdsl.dialects import scf
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, element_type, index, make
from rfxjit.passes.buffers import root
from rfxjit.passes.loops import load
from rfxjit.passes.lower_region import keep_facts
from rfxjit.passes.lower_structure import ends_of, fill, is_scalar
from rfxjit.passes.scalar_semantics import signless

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering

Places = Sequence[SSAValue | None]
"""Where values are carried: a buffer, or None for a scalar."""


def _scalar_types(values: Sequence[SSAValue]) -> list[Attribute]:
    return [
        v.type if v.type == index else signless(element_type(v.type))
        for v in values
        if is_scalar(v)
    ]


def _scalars(state: FunctionLowering, values: Sequence[SSAValue]) -> list[SSAValue]:
    """The scalars among some values, as they are here."""
    return [state.scalar(v) for v in values if is_scalar(v)]


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


def _copy(
    state: FunctionLowering, value: SSAValue, source: SSAValue, out: SSAValue
) -> None:
    fill(state, out, ends_of(state, value), lambda m, where: load(m, source, where))


def move(
    state: FunctionLowering, values: Sequence[SSAValue], places: Places, until: int
) -> None:
    """Copy arrays to their places, as if all were read before any is written."""
    buffers = state.buffers
    todo = [
        (value, buffers[value], place)
        for value, place in zip(values, places, strict=True)
        if place is not None and root(buffers[value]) is not root(place)
    ]
    while todo:
        reads = [root(source) for _, source, _ in todo]
        for k, (value, source, place) in enumerate(todo):
            if root(place) not in (*reads[:k], *reads[k + 1 :]):
                _copy(state, value, source, place)
                del todo[k]
                break
        else:  # each is read by another one
            value, source, place = todo[0]
            aside = buffers.new(value, until)
            _copy(state, value, source, aside)
            todo[0] = (value, aside, place)


def _places(
    state: FunctionLowering,
    op: Operation,
    results: Sequence[SSAValue],
    given: Sequence[Sequence[SSAValue]],
) -> Places:
    """Memory for results: of one of the values given for it, or where it is wanted."""
    buffers, places = state.buffers, list[SSAValue | None]()
    taken = set[SSAValue]()
    for result, values in zip(results, given, strict=True):
        if is_scalar(result):
            places.append(None)
            continue
        known = [buffers[v] for v in values if v in buffers]
        wanted = buffers.target(result)
        for place in (*known, *([] if wanted is None else [wanted])):
            if root(place) not in taken and buffers.is_free(place, op, lambda _: True):
                break
        else:
            place = buffers.new(result, state.lifetimes.end[op])
        buffers.keep(place, state.lifetimes.last[result])
        taken.add(root(place))
        places.append(place)
    return places


def _region(
    state: FunctionLowering, old: Block, new: Block, places: Places, until: int
) -> None:
    """Lower a block that yields to `places`; the new one is open for its scalars."""
    end = cast("Operation", old.last_op)
    for value, place in zip(end.operands, places, strict=True):
        if place is not None:
            state.buffers.targets.setdefault(value, place)
    with state.inside(new):
        state.lower_block(old)
        scalars = _scalars(state, end.operands)
        move(state, end.operands, places, until)
        append(new, make(type(end), scalars, (), end.location))


def lower_if(state: FunctionLowering, op: scf.IfOp) -> None:
    """Both sides write the same memory."""
    ends = [cast("Operation", r.block.last_op).operands for r in op.regions if r.blocks]
    places = _places(state, op, op.results, list(zip(*ends, strict=True)))
    condition = state.scalar(op.cond)
    regions: list[Region] = []
    for region in op.regions:
        block = Block()
        if region.blocks:
            _region(state, region.block, block, places, state.lifetimes.end[op])
        else:
            append(block, make(scf.YieldOp, (), (), op.location))
        regions.append(Region(block))
    types = _scalar_types(op.results)
    new = make(scf.IfOp, (condition,), types, op.location, regions=regions)
    _bind(state, op.results, places, append(state.emit.block, new).results)


def lower_for(state: FunctionLowering, op: scf.ForOp) -> None:
    """The memory of a result holds what is carried."""
    until = state.lifetimes.end[op]
    places = _places(state, op, op.results, [(v,) for v in op.iter_args])
    begin, end, step = (state.scalar(v) for v in (op.lb, op.ub, op.step))
    if state.may_fail:
        end = state.emit.select(state.succeeded(), end, begin)
    starts = _scalars(state, op.iter_args)
    move(state, op.iter_args, places, until)
    old, types = op.body.block, _scalar_types(op.results)
    block = Block(arg_types=[index, *types])
    state.scalars[old.args[0]] = block.args[0]
    _bind(state, old.args[1:], places, block.args[1:])
    _region(state, old, block, places, until)
    operands = (begin, end, step, *starts)
    regions = [Region(block)]
    new = make(scf.ForOp, operands, types, op.location, regions=regions)
    keep_facts(op, new)
    _bind(state, op.results, places, append(state.emit.block, new).results)


def lower_while(state: FunctionLowering, op: scf.WhileOp) -> None:
    """What is carried has memory; what the condition hands on is where it is."""
    until = state.lifetimes.end[op]
    before, after = op.before_region.block, op.after_region.block
    condition = cast("scf.ConditionOp", before.last_op)
    for source, result in zip(condition.args, op.results, strict=True):
        if (wanted := state.buffers.target(result)) is not None:
            state.buffers.targets.setdefault(source, wanted)
    places = _places(state, op, before.args, [(v,) for v in op.arguments])
    starts = _scalars(state, op.arguments)
    move(state, op.arguments, places, until)
    block = Block(arg_types=_scalar_types(before.args))
    _bind(state, before.args, places, block.args)
    with state.inside(block):
        state.lower_block(before)
        going = state.scalar(condition.condition)
        if state.may_fail:
            going = state.emit.and_(going, state.succeeded())
        operands = (going, *_scalars(state, condition.args))
        append(block, make(scf.ConditionOp, operands, (), condition.location))
    given = [None if is_scalar(v) else state.buffers[v] for v in condition.args]
    types = _scalar_types(op.results)
    body = Block(arg_types=types)
    _bind(state, after.args, given, body.args)
    _region(state, after, body, places, until)
    regions = [Region(block), Region(body)]
    new = make(scf.WhileOp, starts, types, op.location, regions=regions)
    keep_facts(op, new)
    _bind(state, op.results, given, append(state.emit.block, new).results)


__all__ = ["lower_for", "lower_if", "lower_while", "move"]
