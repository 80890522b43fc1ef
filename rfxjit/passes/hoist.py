"""Compute in front of a loop what each of its iterations would compute alike.

    scf.for %i = … iter_args(%a = %x) {        %b = rfx.exp %y : tensor<8xf32>
      %b = rfx.exp %y : tensor<8xf32>          scf.for %i = … iter_args(%a = %x) {
      %c = rfx.mul %a, %b : tensor<8xf32> ->     %c = rfx.mul %a, %b : tensor<8xf32>
      scf.yield %c : tensor<8xf32>               scf.yield %c : tensor<8xf32>
    }                                          }

The loop may not run at all, so what moves is defined for all operands: nothing that
reads at places which only the loop knows to be there. Branches keep what is theirs, and
the regions of maps are left to LLVM. Inner loops come first, so that an op leaves as
many loops as it can.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.tensor import DimOp, ExtractOp, FromElementsOp
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import shape_of
from rfxjit.dialects.map_ops import LoopNest

_ALWAYS = (
    Elementwise, rfx.ConvertOp, rfx.ConstantOp, rfx.IotaOp, rfx.FullOp,
    rfx.BroadcastOp, rfx.TransposeOp, rfx.DotGeneralOp, rfx.CorrelateOp, rfx.ScanOp,
    DimOp, ExtractOp, FromElementsOp, upstream.IndexCastOp, arith.ConstantOp,
    arith.AddiOp, arith.SubiOp, arith.MuliOp,
)  # fmt: skip
"""What is defined whatever the operands are."""


def _is_total(op: Operation) -> bool:
    if isinstance(op, rfx.ReduceOp):
        return not op.kind.data.startswith("arg")  # of no elements there is none
    if isinstance(op, rfx.ReshapeOp):
        return DYNAMIC_INDEX not in shape_of(op.input.type)
    return isinstance(op, _ALWAYS)


def _hoist(block: Block) -> None:
    for op in block.ops:
        if isinstance(op, LoopNest):
            continue
        for region in op.regions:
            for inner in region.blocks:
                _hoist(inner)
                if isinstance(op, (scf.ForOp, scf.WhileOp)):
                    _empty(inner, op)


def _empty(body: Block, loop: Operation) -> None:
    """Move what depends on nothing inside of a loop in front of it."""
    for op in body.ops:
        if _is_total(op) and not any(loop.is_ancestor(v.owner) for v in op.operands):
            op.detach()
            block = loop.parent
            assert block is not None
            block.insert_op_before(op, loop)


@dataclass(frozen=True)
class HoistPass(ModulePass):
    """See the module's docstring."""

    name = "hoist"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            for region in function.regions:
                for block in region.blocks:
                    _hoist(block)
