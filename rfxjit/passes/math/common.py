"""What the math functions are written in: float formats, polynomials, exact arithmetic.

A math function is a plain Python function over a `MathEmit`, `def exp(m, x)`, that
builds scalar code from adds, multiplies, fmas, bit operations and selects. The code has
no branch but `m.rare`, so it vectorizes, and it is the same on every target.

**With and without fused multiply-add.** `m.mad(a, b, c)` is a fused multiply-add where
the hardware has one and a multiply and an add elsewhere: for polynomials. `m.fma`
stands where the fused rounding is essential (range reduction, error terms); without the
hardware it is put together from exact products and sums, at about 25 operations, and is
off by less than 2^-20 ULP more than the real one.

Sources of the algorithms: J.-M. Muller, *Elementary Functions*, 3rd ed. (2016) for
range reduction and evaluation; T. J. Dekker, Numer. Math. 18 (1971) for exact products;
W. J. Cody and W. Waite (1980) for the splitting of constants. All coefficients are our
own Remez fits, rounded one at a time with a refit of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects import func, llvm
from xdsl.dialects.builtin import LocationAttr, SymbolRefAttr, UnitAttr
from xdsl.ir import Attribute, Block, SSAValue

from rfxjit.dialects.ir import element_type, f32, f64, i32, i64
from rfxjit.passes.emit import Emit, Operand
from rfxjit.passes.llvm_builder import intrinsic_properties

UNIT = UnitAttr()
_LDEXP = intrinsic_properties("llvm.ldexp", 2)
RARE = "rfx.rare"
"""Marks an `scf.if` that is almost never taken: a vectorizer tests "any lane" first."""


@dataclass(frozen=True, eq=False)
class Format:
    """One IEEE 754 format and the integers of the same width."""

    name: str
    type: Attribute
    bits: Attribute
    width: int
    fraction: int
    """Bits of the stored significand."""

    bias: int

    @property
    def magic(self) -> float:
        """1.5 * 2^fraction: adding it rounds a small number to an integer, half even.

        The low bits of the sum are then that integer.
        """
        return 1.5 * 2.0**self.fraction

    @property
    def magic_bits(self) -> int:
        """The bits of `magic`."""
        return (2 * (self.bias + self.fraction) + 1) << (self.fraction - 1)

    @property
    def one(self) -> int:
        """The bits of 1.0."""
        return self.bias << self.fraction

    @property
    def infinity(self) -> int:
        """The bits of +inf."""
        return (2 * self.bias + 1) << self.fraction

    @property
    def tiny(self) -> float:
        """The smallest normal number."""
        return 2.0 ** (1 - self.bias)

    @property
    def sign(self) -> int:
        """The sign bit, as the most negative integer."""
        return -(1 << (self.width - 1))


F32 = Format("f32", f32, i32, 32, 23, 127)
F64 = Format("f64", f64, i64, 64, 52, 1023)


def format_of(x: SSAValue) -> Format:
    """The format of a value."""
    return F64 if element_type(x.type) == f64 else F32


Function = Callable[..., SSAValue]
"""A math function: (m, *operands) -> result."""


@dataclass(frozen=True, eq=False)
class Helper:
    """An out-of-line function: the exact path of a rare case, once per module."""

    name: str
    function: Function
    types: tuple[Attribute, ...]


class MathEmit(Emit):
    """An emitter with the vocabulary of the math functions."""

    __slots__ = ("has_fma", "has_ldexp", "helpers", "turned")

    def __init__(
        self,
        block: Block,
        location: LocationAttr,
        parent: Emit | None = None,
        *,
        has_fma: bool = True,
        has_ldexp: bool = False,
        helpers: dict[str, tuple[Helper, LocationAttr]] | None = None,
    ) -> None:
        super().__init__(block, location, parent)
        self.has_fma = has_fma
        self.has_ldexp = has_ldexp
        self.helpers: dict[str, tuple[Helper, LocationAttr]] = (
            {} if helpers is None else helpers
        )
        self.turned: set[SSAValue] = set()
        """Angles of which this block takes the sine and the cosine."""

    def child(self, block: Block) -> MathEmit:
        return MathEmit(
            block,
            self.location,
            self,
            has_fma=self.has_fma,
            has_ldexp=self.has_ldexp,
            helpers=self.helpers,
        )

    # ---- control flow ---------------------------------------------------------------

    def rare(
        self, flag: SSAValue, exact: Callable[[Any], SSAValue], fast: SSAValue
    ) -> SSAValue:
        """`fast`, or where the flag is set what `exact(m)` computes in a region."""
        return self.if_(
            flag,
            lambda m: (exact(m),),
            lambda _: (fast,),
            (fast.type,),
            {RARE: UNIT},
        )[0]

    def branch(
        self,
        condition: SSAValue,
        then: Callable[[Any], Sequence[SSAValue]],
        otherwise: Callable[[Any], Sequence[SSAValue]],
        types: Sequence[Attribute],
    ) -> Sequence[SSAValue]:
        """`then(m)` or `otherwise(m)`, where both are worth a branch."""
        return self.if_(condition, then, otherwise, types)

    def call(self, helper: Helper, *operands: SSAValue) -> SSAValue:
        """Call `@rfx_<name>`; the pass adds that function to the module."""
        self.helpers.setdefault(helper.name, (helper, self.location))
        callee = SymbolRefAttr(helper.name)
        type_ = operands[0].type
        return self.op(func.CallOp, operands, type_, {"callee": callee})

    # ---- polynomials and exact arithmetic -------------------------------------------

    def mad(self, a: Operand, b: SSAValue, c: Operand) -> SSAValue:
        """`a * b + c`, fused where the hardware can."""
        if self.has_fma:
            return super().fma(a, b, c)
        return self.add(self.mul(a, b), c)

    def fma(self, a: Operand, b: SSAValue, c: Operand) -> SSAValue:
        """`a * b + c` with the error of one rounding."""
        if self.has_fma:
            return super().fma(a, b, c)
        product, low = self.two_prod(b, a)
        total, error = self.two_sum(product, c)
        return self.add(total, self.add(error, low))

    def horner(self, x: SSAValue, coefficients: Sequence[float]) -> SSAValue:
        """The polynomial with these coefficients, lowest first; at least two."""
        *rest, second, first = coefficients
        result = self.mad(first, x, second)
        for c in reversed(rest):
            result = self.mad(result, x, c)
        return result

    def two_sum(self, a: SSAValue, b: Operand) -> tuple[SSAValue, SSAValue]:
        """(s, e) with s = a + b rounded and s + e = a + b exactly (Knuth)."""
        s = self.add(a, b)
        bb = self.sub(s, a)
        return s, self.add(self.sub(a, self.sub(s, bb)), self.sub(b, bb))

    def fast_two_sum(self, a: Operand, b: SSAValue) -> tuple[SSAValue, SSAValue]:
        """As `two_sum`, for |a| >= |b| or a = 0 (Dekker)."""
        s = self.add(a, b)
        return s, self.sub(b, self.sub(s, a))

    def two_prod(self, a: SSAValue, b: Operand) -> tuple[SSAValue, SSAValue]:
        """(p, e) with p = a * b rounded and p + e = a * b exactly.

        Holds while nothing overflows and the low part does not underflow.
        """
        p = self.mul(a, b)
        if self.has_fma:
            return p, super().fma(b, a, self.neg(p))
        ah, al = self._split(a)
        if isinstance(b, (int, float)):
            b = self.const(b, a.type)
        bh, bl = (ah, al) if b is a else self._split(b)
        e = self.sub(self.mul(ah, bh), p)
        e = self.add(self.add(e, self.mul(ah, bl)), self.mul(al, bh))
        return p, self.add(e, self.mul(al, bl))

    def _split(self, a: SSAValue) -> tuple[SSAValue, SSAValue]:
        """Veltkamp's: a = high + low, each with at most half the bits."""
        c = self.mul(a, 2.0 ** ((format_of(a).fraction + 2) // 2) + 1.0)
        high = self.sub(c, self.sub(c, a))
        return high, self.sub(a, high)

    # ---- bits -----------------------------------------------------------------------

    def bits(self, x: SSAValue) -> SSAValue:
        """The bits of a float, as an integer."""
        return self.bitcast(x, format_of(x).bits)

    def exponent_of_two(self, fmt: Format, n: SSAValue) -> SSAValue:
        """2^n for an integer n in the range of normal exponents, by its bits.

        All but the low bits of n are shifted out: n may be the bits of n + magic.
        """
        bits = self.add(self.shl(n, fmt.fraction), fmt.one)
        return self.bitcast(bits, fmt.type)

    def ldexp(self, a: SSAValue, n: SSAValue) -> SSAValue:
        """a * 2^n for an integer n, rounded once; `math` has no such op."""
        return self.op(llvm.CallIntrinsicOp, (a, n), a.type, _LDEXP)

    def clamp(self, x: SSAValue, low: float, high: float) -> SSAValue:
        """`x` kept inside [low, high]; NaN stays. One machine min and max on x86."""
        x = self.select(self.lt(high, x), high, x)
        return self.select(self.gt(low, x), low, x)


__all__ = [
    "F32",
    "F64",
    "RARE",
    "Format",
    "Function",
    "Helper",
    "MathEmit",
    "format_of",
]
