"""The rule of `grad` for maps: a map of the derivative of their region.

    %r = rfx.map [4] (%a = %x [0],       %d = rfx.map [4] (%a = %x [0], %b = %s [],
        %b = %s []) -> ([0]) {               %c = %dr [0]) -> ([0], [0]) {
      %p = rfx.mul %a, %b          +       %da = rfx.mul %c, %b
      rfx.yield %p                         %db = rfx.mul %c, %a
    }                                      rfx.yield %da, %db
                                         }
                                         %ds = rfx.reduce "add" %d#1 dims [0]

The region is computed anew, and its own reverse behind it. Each result of the new map
has all loops; those that the operand did not run with are summed up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from xdsl.ir import Block, SSAValue

from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import append, element_type, make, tensor
from rfxjit.dialects.map_ops import LoopNest, MapOp, YieldOp
from rfxjit.passes.dce import sweep
from rfxjit.passes.grad_step import copy

if TYPE_CHECKING:
    from rfxjit.passes.grad import Reverse


def nest(reverse: Reverse, op: LoopNest) -> None:
    """A map over the same iterations, and sums."""
    b, old = reverse.builder, op.body.block
    given = [k for k, v in enumerate(op.outputs) if v in reverse.cotangents]
    slopes = [reverse.cotangents[op.outputs[k]] for k in given]
    for k in given:
        if op.combiners[k] not in ("none", "add"):
            raise UnsupportedError(
                f'has no derivative rule for "{op.combiners[k]}"', op
            )
    types = [*(a.type for a in old.args), *(element_type(v.type) for v in slopes)]
    block = Block(arg_types=types)
    arguments = block.args[: len(old.args)]
    values = copy(old, block, dict(zip(old.args, arguments, strict=True)))
    inner = reverse.child(
        block,
        [a for a, v in zip(arguments, op.inputs, strict=True) if v in reverse.active],
        in_map=True,
    )
    for k, slope in zip(given, block.args[len(old.args) :], strict=True):
        inner.add(values[k], slope)
    inner.walk(inner.forward)

    wanted = [i for i, a in enumerate(arguments) if a in inner.cotangents]
    parts = [inner.slope(arguments[i]) for i in wanted]
    append(block, make(YieldOp, parts, (), op.location))
    sweep(block, ends=True)
    loops = range(len(op.shape))
    maps = [
        [*op.maps[i], *(loop for loop in loops if loop not in op.maps[i])]
        for i in wanted
    ]
    new = MapOp.build_nest(
        op.shape,
        op.sizes,
        [*op.inputs, *slopes],
        [*op.maps, *(op.out_maps[k] for k in given)],
        [
            tensor(element_type(op.inputs[i].type), tuple(op.shape[d] for d in map_))
            for i, map_ in zip(wanted, maps, strict=True)
        ],
        maps,
        ["none"] * len(wanted),
        block,
    )
    new.location = op.location
    append(b.block, new)
    for i, output in zip(wanted, new.outputs, strict=True):
        part, value = cast("SSAValue", output), op.inputs[i]
        if more := range(len(op.maps[i]), len(op.shape)):
            part = b.reduce(part, "add", more)
        if part.type != value.type:
            part = b.reshape(part, b.shape(value))
        reverse.add(value, part)


__all__ = ["nest"]
