"""Drop checks of indices that cannot fail, from the ranges that integers have.

    scf.for %i = %c0 to %n step %c1 {            scf.for %i = %c0 to %n step %c1 {
      %low = arith.cmpi slt, %i, %c0
      %up = arith.addi %i, %n
      %k = arith.select %low, %up, %i
      %ok = arith.cmpi slt, %k, %n
      %bad = arith.xori %ok, %true         ->
      scf.if %bad { status = 1 }
      %m = arith.minsi %k, %last
      %p = arith.maxsi %m, %c0
      %0 = memref.load %x[%p]                      %0 = memref.load %x[%i]
    }                                            }

A `scf.while` that counts through a few numbers at most is no longer asked about signals
(`rfx.poll`).

Functions without loops around their nests have no such checks, and are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.context import Context
from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import i1, integer_attr, make, move_before
from rfxjit.dialects.loop_facts import POLL
from rfxjit.passes.dce import sweep
from rfxjit.passes.loops import outside_of_nests
from rfxjit.passes.range_analysis import Analysis


class IntegerRangesPass(ModulePass):
    """See the module's docstring."""

    name = "integer-ranges"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                entry = function.body.block
                loops = (scf.ForOp, scf.WhileOp)
                if any(isinstance(o, loops) for o in outside_of_nests(function)):
                    analysis = Analysis()
                    analysis.block(entry)
                    _rewrite(entry, analysis)
                    sweep(entry)


def _rewrite(block: Block, found: Analysis) -> None:
    """Put what is known in the places of ops."""
    for op in list(block.ops):
        for region in op.regions:
            for inner in region.blocks:
                _rewrite(inner, found)
        if op in found.few:
            op.attributes.pop(POLL, None)
        values: Sequence[SSAValue]
        if op in found.chosen:
            values = (op.operands[found.chosen[op]],)
        elif op not in found.facts:
            continue
        elif isinstance(op, scf.IfOp):
            values = _inline(op, op.true_region if found.facts[op] else op.false_region)
        else:
            value = {"value": integer_attr(int(found.facts[op]), i1)}
            constant = make(arith.ConstantOp, (), (i1,), op.location, value)
            block.insert_op_before(constant, op)
            values = constant.results
        for result, value in zip(op.results, values, strict=True):
            result.replace_all_uses_with(value)
        op.detach()
        op.erase()


def _inline(op: scf.IfOp, region: Region) -> Sequence[SSAValue]:
    """Move a side in front of its branch; what it gives."""
    if not region.blocks:
        return ()
    *body, end = region.block.ops
    move_before(body, op)
    return list(end.operands)
