"""Divide by what is the same for a whole loop: multiply by its reciprocal, correct.

    scf.parallel (%i) = … {
      %x = memref.load %a[%i]
      %q = arith.divf %x, %d : f32
->
    %r = arith.divf %one, %d : f32
    scf.parallel (%i) = … {
      %x = memref.load %a[%i]
      %0 = arith.mulf %x, %r : f32
      %1 = math.fma %0, %d, -%x : f32                  the remainder, exact
      %2 = math.fma -%1, %r, %0 : f32
      %beyond = …                                      %x huge, tiny, NaN, or %d is
      %q = scf.if %beyond -> (f32) {
        %rare = …                                      and %x is not zero
        … scf.if %rare -> (f32) { arith.divf … } else { yield %2 } {rfx.rare}
      } else { yield %2 } {rfx.rare}

The quotient has the same bits. With r = 1 / d rounded, one multiplication and two fused
multiply-adds divide with one rounding, as long as nothing over- or underflows
(P. Markstein, IBM J. Res. Dev. 34 (1990); N. Brisebarre, J.-M. Muller, S. K. Raina,
IEEE Trans. Comput. 53 (2004)). A division of a vector keeps the only divider busy for
10 to 16 cycles, these and the test for 3. The terms are arranged so that zeros keep
their signs for a positive d; for a negative one, every x counts as rare.

Loops around other loops are no vectors: they divide. Powers of two are multiplications
since `canonicalize`.
"""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects import arith, memref, scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import append, f32, f64, move_before, walked
from rfxjit.passes.emit import constant_of
from rfxjit.passes.math.common import F32, MathEmit, format_of

FEWEST = 64
"""A loop of fewer iterations divides."""
_LOOPS = (scf.ParallelOp, scf.ForOp, scf.WhileOp)


class DivideByInvariantPass(ModulePass):
    """See the module's docstring."""

    name = "divide-by-invariant"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for loop in [o for o in walked(op) if isinstance(o, scf.ParallelOp)]:
            ops = loop.body.block.ops
            if any(isinstance(o, _LOOPS) for o in ops):
                continue
            divisions = [o for o in ops if _has_invariant(o, loop)]
            trips = constant_of(loop.upperBound[0])
            if divisions and (trips is None or trips >= FEWEST):
                _rewrite(loop, divisions)


def _is_outside(value: SSAValue, loop: Operation) -> bool:
    return not loop.is_ancestor(value.owner)


def _has_invariant(op: Operation, loop: scf.ParallelOp) -> bool:
    """Whether an op of a loop divides a value of the iteration by one of the loop."""
    if not isinstance(op, arith.DivfOp) or op.lhs.type not in (f32, f64):
        return False
    if _is_outside(op.lhs, loop):
        return False
    return _is_outside(op.rhs, loop) or _can_move(op.rhs.owner, loop)


def _can_move(op: Operation | Block, loop: scf.ParallelOp) -> bool:
    """Whether an op of the loop can as well be in front of it."""
    if isinstance(op, arith.ConstantOp):
        return True
    return (
        isinstance(op, memref.LoadOp)
        and all(_is_outside(operand, loop) for operand in op.operands)
        and not any(
            isinstance(use.operation, memref.StoreOp)
            and loop.is_ancestor(use.operation)
            for use in op.memref.uses
        )
    )


def _rewrite(loop: scf.ParallelOp, divisions: list[Operation]) -> None:
    """Compute the reciprocals in front of the loop, and use them in it."""
    body = loop.body.block
    ops = list(body.ops)
    for op in ops:
        op.detach()
    top = Block()
    before = MathEmit(top, loop.location)
    inside = MathEmit(body, loop.location, before)
    for op in ops:
        if op not in divisions:
            append(body, op)
            continue
        x, d = op.operands
        if not isinstance(d.owner, Block) and d.owner.parent is body:
            d.owner.detach()
            append(top, d.owner)
        inside.location = before.location = op.location
        op.results[0].replace_all_uses_with(_quotient(before, inside, x, d))
        op.erase()
    move_before(top.ops, loop)


def _quotient(before: MathEmit, m: MathEmit, x: SSAValue, d: SSAValue) -> SSAValue:
    """x / d, by what is computed of d alone in front of the loop."""
    fmt = format_of(x)
    # The quotient has to be normal, and the remainder exact: in f32, |x| >= 2^-102.
    lowest, divisor = (84, 24) if fmt is F32 else (512, 200)
    reciprocal = before.div(before.const(1.0, d.type), d)
    fine = before.and_(before.le(2.0**-divisor, d), before.le(d, 2.0**divisor))
    # |x| has one of half of all exponents, from 2^-lowest on, if one bit of a
    # difference is zero. For other d it is all bits, and no number is that NaN.
    first = before.const(fmt.one - (lowest << fmt.fraction), fmt.bits)
    low = before.select(fine, first, -2)
    bits = before.select(fine, before.const(1 << (fmt.width - 2), fmt.bits), -1)
    # No x is one: that is without its sign, and even.
    harmless = before.select(fine, before.const(0, fmt.bits), 1)

    guess = m.mul(x, reciprocal)
    excess = m.fma(guess, d, m.neg(x))
    quotient = m.fma(m.neg(excess), reciprocal, guess)
    beyond = m.ne(m.and_(m.sub(m.bits(x), low), bits), 0)

    def exact(e: MathEmit) -> SSAValue:
        wrong = e.ne(e.shl(e.bits(x), 1), harmless)
        return e.rare(wrong, lambda e: e.div(x, d), quotient)

    return m.rare(beyond, exact, quotient)
