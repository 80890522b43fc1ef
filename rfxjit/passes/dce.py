"""Erase what nobody uses.

    %0 = rfx.sin %x : tensor<4xf32>            func.return %x : tensor<4xf32>
    func.return %x : tensor<4xf32>        ->

A map loses the results and the inputs that are not used:

    %0, %1 = rfx.map [4] (%a = %x [0], %b = %y [0]) -> ([0], [0]) { ... yield %a, %b }
      ->  %0 = rfx.map [4] (%a = %x [0]) -> ([0]) { ... yield %a }      // %1 unused

One walk backwards is enough, because a use comes after its definition. Kept, used or
not: `rfx.require`, stores and calls, and a `scf.while`, which may never end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block
from xdsl.passes import ModulePass

from rfxjit.dialects.map_ops import LoopNest, YieldOp
from rfxjit.passes.rewriting import is_dead


def sweep(block: Block, *, ends: bool = False) -> None:
    """Erase what nobody uses in a block; `ends` says that all its loops end."""
    op = block.last_op
    while op is not None:
        previous = op.prev_op
        if is_dead(op, ends=ends):
            op.detach()
            op.erase()
        else:
            kept = _drop_results(op) if isinstance(op, LoopNest) else op
            for region in kept.regions:
                for inner in reversed(list(region.blocks)):
                    sweep(inner, ends=ends)
            if isinstance(kept, LoopNest):
                _drop_inputs(kept)
        op = previous


def _drop_results(nest: LoopNest) -> LoopNest:
    """The nest without unused results."""
    keep = [i for i, r in enumerate(nest.outputs) if r.first_use is not None]
    if len(keep) == len(nest.outputs) or not keep:
        return nest
    terminator = nest.body.block.last_op
    assert isinstance(terminator, YieldOp)
    terminator.operands = [terminator.values[i] for i in keep]
    return _rebuilt(nest, range(len(nest.inputs)), keep)


def _drop_inputs(nest: LoopNest) -> None:
    """Let go of the inputs that the region does not read."""
    arguments = nest.body.block.args
    keep = [i for i, a in enumerate(arguments) if a.first_use is not None]
    if len(keep) < len(arguments):
        for i in reversed(range(len(arguments))):
            if i not in keep:
                nest.body.block.erase_arg(arguments[i])
        _rebuilt(nest, keep, range(len(nest.outputs)))


def _rebuilt(nest: LoopNest, inputs: Sequence[int], outputs: Sequence[int]) -> LoopNest:
    """The nest with only these inputs and results, in its place."""
    body = nest.detach_region(0)
    new = type(nest).build_nest(
        nest.shape,
        nest.sizes,
        [nest.inputs[i] for i in inputs],
        [nest.maps[i] for i in inputs],
        [nest.outputs[i].type for i in outputs],
        [nest.out_maps[i] for i in outputs],
        [nest.combiners[i] for i in outputs],
        body,
    )
    new.location = nest.location
    new.attributes = dict(nest.attributes)
    block = nest.parent
    assert block is not None
    block.insert_op_before(new, nest)
    for i, result in zip(outputs, new.outputs, strict=True):
        result.name_hint = nest.outputs[i].name_hint
        nest.outputs[i].replace_all_uses_with(result)
    nest.detach()
    nest.erase()
    return new


@dataclass(frozen=True)
class DcePass(ModulePass):
    """See the module's docstring."""

    name = "dce"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        sweep(op.body.block)
