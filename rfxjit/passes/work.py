"""How long a function at the loops level runs, roughly: is it worth releasing the GIL?

    estimate(function)   ->   nanoseconds of a call, or of one iteration of the extent

Vectors are assumed: the figures are those of one element of a loop over f32 on a CPU
with AVX-512, and right within a factor of some three on others. A loop whose count is
not known counts as `UNKNOWN` iterations, unless it is the extent that is asked about.
"""

from __future__ import annotations

from xdsl.dialects import arith, func, math, memref, scf
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.passes.loops import trip_count

UNKNOWN = 64
_NS: dict[type[Operation], float] = {
    memref.LoadOp: 0.04, memref.StoreOp: 0.04, arith.DivfOp: 0.1, arith.DivSIOp: 0.5,
    arith.DivUIOp: 0.5, arith.RemSIOp: 0.5, arith.RemUIOp: 0.5, math.SqrtOp: 0.1,
    arith.ConstantOp: 0.0, math.AbsFOp: 0.02, math.FloorOp: 0.02, math.CeilOp: 0.02,
    math.TruncOp: 0.02, math.FmaOp: 0.02, math.CopySignOp: 0.02, math.PowFOp: 0.8,
}  # fmt: skip
_MATH, _OTHER = 0.25, 0.02


def _count(begin: SSAValue, end: SSAValue, step: SSAValue) -> float:
    trips = trip_count(begin, end, step)
    return UNKNOWN if trips is None else trips


def _of(block: Block) -> float:
    return sum(_of_op(op) for op in block.ops)


def _of_op(op: Operation) -> float:
    inside = sum(_of(block) for region in op.regions for block in region.blocks)
    if isinstance(op, scf.ParallelOp):
        for bound in zip(op.lowerBound, op.upperBound, op.step, strict=True):
            inside *= _count(*bound)
        return inside
    if isinstance(op, scf.ForOp):
        return inside * _count(op.lb, op.ub, op.step)
    if isinstance(op, scf.WhileOp):
        return inside * UNKNOWN
    other = _MATH if op.dialect_name() == "math" else _OTHER
    return inside + _NS.get(type(op), other)


def estimate(function: func.FuncOp) -> float:
    """Nanoseconds of one iteration of the extent, or of a call that has none."""
    block = function.body.block
    begin = block.args[-3]
    for op in block.ops:
        if isinstance(op, scf.ParallelOp) and op.lowerBound[0] is begin:
            return _of(op.body.block)
    return _of(block)


__all__ = ["estimate"]
