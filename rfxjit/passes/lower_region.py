"""Lower the region of a map to scalars: `rfx` and `scf` ops to `arith`, `math`, `scf`.

    %c = rfx.gt %a, %t : f32                %c = arith.cmpf ogt, %a, %t : f32
    %v = scf.if %c -> (f32) {...}     ->    %v = scf.if %c -> (f32) {...}
    rfx.yield %v : f32                      // %v is what `lower_region` gives

One forward walk with a map from old values to new ones. Branches and loops keep their
structure; the types that they carry lose their sign. Those that may run for long are
marked: native code can be interrupted there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import append, index, make
from rfxjit.dialects.loop_facts import POLL
from rfxjit.dialects.map_ops import DimOp, IndexOp
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.loops import trip_count, uncast
from rfxjit.passes.scalar_semantics import lower_convert, lower_elementwise, signless

SHORT = 8
"""Counted loops of so many trips are not marked as long."""

Env = dict[SSAValue, SSAValue]
Place = Callable[[IndexOp | DimOp], SSAValue]
"""The value of an index variable."""


def lower_region(m: Emit, block: Block, env: Env, place: Place) -> list[SSAValue]:
    """Emit the ops of `block`; gives what its terminator yields."""
    for op in block.ops:
        m.location = op.location
        match op:
            case _ if op is block.last_op:
                return [env[v] for v in op.operands]
            case Elementwise():
                inputs = op.inputs
                name = op.name.removeprefix("rfx.")
                operands = [env[v] for v in inputs]
                result = lower_elementwise(m, name, inputs[-1].type, operands)
                env[op.results[0]] = result
            case rfx.ConvertOp():
                a, b = op.input.type, op.result.type
                env[op.result] = lower_convert(m, env[op.input], a, b)
            case rfx.ConstantOp():
                value = to_array(op.value)[()].item()
                env[op.result] = m.const(value, signless(op.result.type))
            case arith.ConstantOp():
                env[op.result] = m.const(constant_of(op.result), index)
            case upstream.IndexCastOp():
                env[op.result] = m.index_cast(env[op.input], op.result.type)
            case IndexOp() | DimOp():
                env[op.result] = place(op)
            case scf.IfOp():
                _branch(m, op, env, place)
            case scf.ForOp() | scf.WhileOp():
                _loop(m, op, env, place)
            case _:
                raise UnsupportedError("cannot be lowered inside a loop nest", op)
    raise AssertionError("a region has a terminator")


def _types(values: Sequence[SSAValue]) -> list[Attribute]:
    return [v.type if v.type == index else signless(v.type) for v in values]


def _branch(m: Emit, op: scf.IfOp, env: Env, place: Place) -> None:
    def side(region: Region) -> Callable[[Emit], Sequence[SSAValue]]:
        def body(e: Emit) -> Sequence[SSAValue]:
            return lower_region(e, region.block, dict(env), place)

        return body

    then, other = side(op.true_region), side(op.false_region)
    results = m.if_(env[op.cond], then, other, _types(op.results))
    env.update(zip(op.results, results, strict=True))


def _is_short(bounds: Sequence[SSAValue]) -> bool:
    """Whether a counted loop is known to make a few trips."""
    trips = trip_count(*map(uncast, bounds[:3]))
    return trips is not None and trips <= SHORT


def keep_facts(old: Operation, new: Operation) -> None:
    """Let a lowered loop say what the old one did, and whether it may be long."""
    new.attributes.update(old.attributes)
    if isinstance(new, scf.WhileOp) or not _is_short(new.operands):
        new.attributes[POLL] = UnitAttr()


def _loop(m: Emit, op: scf.ForOp | scf.WhileOp, env: Env, place: Place) -> None:
    """The same loop, of new regions."""
    regions: list[Region] = []
    for region in op.regions:
        old = region.block
        block = Block(arg_types=_types(old.args))
        inner = m.child(block)
        values = lower_region(
            inner, old, {**env, **dict(zip(old.args, block.args, strict=True))}, place
        )
        end = cast("Operation", old.last_op)
        append(block, make(type(end), values, (), end.location))
        regions.append(Region(block))
    operands = [env[v] for v in op.operands]
    location = op.location
    new = make(type(op), operands, _types(op.results), location, regions=regions)
    keep_facts(op, new)
    env.update(zip(op.results, append(m.block, new).results, strict=True))
