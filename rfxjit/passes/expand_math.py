"""Replace `math` functions on f16, f32 and f64 scalars by arithmetic.

    %y = math.log2 %x : f32
                                   ->
    %0 = arith.bitcast %x : f32 to i32
    ...                                                     the fast path, branch-free
    %fast = math.fma %f, %p, %e : f32
    %rare = arith.cmpi uge, %1, %c : i32
    %y = scf.if %rare -> (f32) {...} else {                 0, negative, infinite, NaN
      scf.yield %fast : f32
    } {rfx.rare}

The functions themselves are in `passes/math/`. An `scf.if` marked `rfx.rare` holds what
the fast path gets wrong: a few selects, or a call of a private function `@rfx_...` that
is added to the module once (the reduction of huge angles).

f16 is computed in f32 and rounded a second time, as NumPy does: within .51 ULP.
Ops that are one instruction on every target stay: sqrt, absf, fma, copysign, floor,
ceil, trunc, roundeven, and the integer ones. Vectors stay: expansion comes before
vectorization.

Option `fma=false`: for targets without a fused multiply-add. Polynomials then use a
multiply and an add; where the single rounding matters, exact products are put together
from halves.

Option `ldexp=true`: for targets that multiply by a power of two, given as an integer,
with one rounding (AVX-512's `vscalefps`). exp and exp2 then end with
`llvm.call_intrinsic "llvm.ldexp"`, and have the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import math
from xdsl.dialects.builtin import (
    Float16Type,
    Float32Type,
    Float64Type,
    LocationAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import append, f16, f32, make
from rfxjit.passes.math import FUNCTIONS
from rfxjit.passes.math.common import Function, Helper, MathEmit

_SCALARS = (Float16Type, Float32Type, Float64Type)


def _expands(op: Operation) -> bool:
    return type(op) in FUNCTIONS and isinstance(op.results[0].type, _SCALARS)


def _expansion(
    m: MathEmit, function: Function, operands: tuple[SSAValue, ...]
) -> SSAValue:
    if operands[0].type == f16:
        wide = (m.extf(operand, f32) for operand in operands)
        return m.truncf(function(m, *wide), f16)
    return function(m, *operands)


def _rebuild(block: Block, m: MathEmit) -> None:
    """Take the ops out of `block` and append them again, functions expanded."""
    ops = list(block.ops)
    if not any(_expands(op) for op in ops):
        for op in ops:
            _visit(op, m)
        return
    sines, cosines = (
        {op.operands[0] for op in ops if isinstance(op, kind)}
        for kind in (math.SinOp, math.CosOp)
    )
    m.turned = sines & cosines
    for op in ops:
        op.detach()
    for op in ops:
        if _expands(op):
            m.location = op.location
            new = _expansion(m, FUNCTIONS[type(op)], tuple(op.operands))
            new.name_hint = op.results[0].name_hint
            op.results[0].replace_all_uses_with(new)
            op.erase()
        else:
            _visit(op, m)
            append(block, op)


def _visit(op: Operation, m: MathEmit) -> None:
    """Expand in the blocks inside `op`, which see the constants of `m`."""
    for region in op.regions:
        for block in region.blocks:
            _rebuild(block, m.child(block))


def _helper(helper: Helper, location: LocationAttr, m: MathEmit) -> FuncOp:
    """The private function for a helper; what it calls in turn is noted in `m`."""
    function = FuncOp(
        helper.name,
        (helper.types, helper.types[:1]),
        visibility=StringAttr("private"),
    )
    function.location = location
    body = MathEmit(
        function.body.block,
        location,
        has_fma=m.has_fma,
        has_ldexp=m.has_ldexp,
        helpers=m.helpers,
    )
    result = helper.function(body, *function.body.block.args)
    append(body.block, make(ReturnOp, (result,), (), location))
    return function


@dataclass(frozen=True)
class ExpandMathPass(ModulePass):
    """Replace math functions by arithmetic; the module's docstring shows how."""

    name = "expand-math"

    fma: bool = True
    """Whether the target has a fused multiply-add."""

    ldexp: bool = False
    """Whether the target multiplies by a power of two in a few instructions."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        block = op.body.block
        present = {f.sym_name.data for f in block.ops if isinstance(f, FuncOp)}
        m = MathEmit(block, op.location, has_fma=self.fma, has_ldexp=self.ldexp)
        for function in list(block.ops):
            _visit(function, m)
        for helper, location in m.helpers.values():
            if helper.name not in present:
                append(block, _helper(helper, location, m))


__all__ = ["ExpandMathPass"]
