"""log, log2, log10, log1p.

x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), by integer arithmetic on the bits;
denormals are scaled first, in the rare branch. Then log(x) = e ln2 + log(1 + f), where

    f32:  log(1 + f) = f + f^2 P(f)                      (no division)
    f64:  log(1 + f) = f + s (R(s^2) - f),  s = f/(2+f)  (the series of atanh)

Zero, negative numbers, infinity and NaN are told apart in one rare branch that only
replaces the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of
from rfxjit.passes.math.exponential import LN2_F32, LN2_F64

# log(1 + f) = f + f^2 P(f) on [sqrt(1/2) - 1, sqrt(2) - 1].
LOG_F32 = (
    -0.499999911,
    0.333339542,
    -0.250018269,
    0.199619606,
    -0.165684268,
    0.149169207,
    -0.143241107,
    0.0876038522,
)
# log2(1 + f) = f P(f) and log10(1 + f) = f P(f) on the same interval.
LOG2_F32 = (
    1.44269502,
    -0.721347332,
    0.480910659,
    -0.360703707,
    0.287916213,
    -0.238944545,
    0.215715721,
    -0.207271516,
    0.125838593,
)
LOG10_F32 = (
    0.434294462,
    -0.217147186,
    0.144768536,
    -0.108582631,
    0.086671412,
    -0.0719294772,
    0.0649368986,
    -0.0623949431,
    0.0378811918,
)
# log(1 + f) = 2s + s R(z), z = s^2, R = z Q(z) on |s| <= 0.1716.
ATANH_F64 = (
    0.6666666666666734,
    0.39999999999416436,
    0.28571428742096155,
    0.2222219859637382,
    0.18183563380301299,
    0.15314069491734852,
    0.14795803554501574,
)


# 1/d on [1 + sqrt(1/2), 1 + sqrt(2)], relative error 2^-9.6.
RECIPROCAL = (1.477756013284936, -0.7224439049323712, 0.11686277371357293)


@dataclass(frozen=True, eq=False)
class Base:
    """1/ln(b), and log_b(2) as a sum of two doubles."""

    scale: float
    two: tuple[float, float]


BASE_2 = Base(1.4426950408889634, (1.0, 0.0))
# The high part has 42 bits: its product with an exponent is exact.
BASE_10 = Base(0.4342944819032518, (0.30102999566395283, 2.8363394551044964e-14))
Quotient = Callable[[MathEmit, SSAValue], SSAValue]
SQRT_HALF = {F32: 0x3F3504F3, F64: 0x3FE6A09E667F3BCD}


@dataclass(frozen=True, eq=False)
class Reduced:
    """x = 2^e (1 + f), e = k unit."""

    k: SSAValue
    f: SSAValue
    unit: float
    """A power of two."""

    def e(self, m: MathEmit) -> SSAValue:
        """The exponent as a float."""
        return self.k if self.unit == 1.0 else m.mul(self.k, self.unit)


def reduce(m: MathEmit, fmt: Format, x: SSAValue, less: SSAValue | None) -> Reduced:
    """Take positive normal x apart; `less` is subtracted from k.

    The exponent becomes a float by writing it into the low bits of 2^fraction, in f32
    by a conversion, which f64 lacks on some CPUs, in place and so without a shift.
    """
    low = SQRT_HALF[fmt]
    if fmt is F32:
        k = m.and_(m.sub(m.bits(x), low), -1 << fmt.fraction)
        one_plus_f = m.bitcast(m.sub(m.bits(x), k), fmt.type)
        k = m.sitofp(k, fmt.type)
        k = k if less is None else m.sub(k, less)
        return Reduced(k, m.sub(one_plus_f, 1.0), 2.0**-fmt.fraction)
    i = m.add(m.bits(x), fmt.one - low)
    field = (1 << fmt.fraction) - 1
    one_plus_f = m.bitcast(m.add(m.and_(i, field), low), fmt.type)
    k = exponent(m, fmt, i, _shift(fmt))
    k = k if less is None else m.sub(k, less)
    return Reduced(k, m.sub(one_plus_f, 1.0), 1.0)


def exponent(m: MathEmit, fmt: Format, i: SSAValue, less: SSAValue | float) -> SSAValue:
    """The biased exponent in the bits i, as a float, minus `less` minus 2^fraction."""
    shifter = (fmt.bias + fmt.fraction) << fmt.fraction
    bits = m.or_(m.shr_u(i, fmt.fraction), shifter)
    return m.sub(m.bitcast(bits, fmt.type), less)


def _shift(fmt: Format) -> float:
    """What `reduce` has to subtract to get the exponent alone."""
    return 2.0**fmt.fraction + fmt.bias


def reduce_normal(m: MathEmit, fmt: Format, x: SSAValue) -> Reduced:
    """As `reduce`, of all of k."""
    return reduce(m, fmt, x, None)


def is_not_normal(m: MathEmit, fmt: Format, x: SSAValue) -> SSAValue:
    """Whether x is zero, denormal, negative, infinite or NaN: one comparison."""
    # Normal positive numbers are the integers from 1 << fraction to infinity - 1.
    first = 1 << fmt.fraction
    return m.uge(m.sub(m.bits(x), first), fmt.infinity - first)


def reduce_any(m: MathEmit, fmt: Format, x: SSAValue) -> Reduced:
    """As `reduce`, for denormal x too."""
    small = m.lt(x, fmt.tiny)
    scaled = m.select(small, m.mul(x, 2.0**fmt.fraction), x)
    less = m.select(small, _denormal(m, fmt, x), 0.0)
    return reduce(m, fmt, scaled, less)


def _denormal(m: MathEmit, fmt: Format, x: SSAValue) -> SSAValue:
    """What `reduce` subtracts from k where x was multiplied by 2^fraction."""
    factor = 2.0**fmt.fraction if fmt is F32 else 1.0
    return m.const(fmt.fraction * factor, x.type)


def log_sum(
    m: MathEmit,
    fmt: Format,
    e: SSAValue,
    f: SSAValue,
    unit: float = 1.0,
    quotient: Quotient | None = None,
) -> SSAValue:
    """e unit ln2 + log(1 + f), unit a power of two.

    f32 does without the low part of ln2, which is less than .05 ULP.
    """
    if fmt is F32:
        y = m.mad(m.mul(f, f), m.horner(f, LOG_F32), f)
        return m.fma(e, m.const(LN2_F32[0] * unit, f.type), y)
    tail = _atanh_tail(m, f, quotient or _divided)
    high = m.fma(e, m.const(LN2_F64[0], f.type), f)
    error = m.sub(f, m.fma(e, m.const(-LN2_F64[0], f.type), high))
    tail = m.mad(e, m.const(LN2_F64[1], f.type), tail)
    return m.add(high, m.add(error, tail))


def _divided(m: MathEmit, f: SSAValue) -> SSAValue:
    """f / (2 + f)."""
    return m.div(f, m.add(f, 2.0))


def quotient_by_newton(m: MathEmit, f: SSAValue) -> SSAValue:
    """f / (2 + f) without a division, for use beside a square root.

    The same unit of the CPU divides and takes roots, one result after the other.
    """
    if not m.has_fma:
        return _divided(m, f)
    d = m.add(f, 2.0)
    y = m.horner(d, RECIPROCAL)
    one = m.const(1.0, f.type)
    e = m.fma(m.neg(d), y, one)
    y = m.mad(y, m.mad(e, e, e), y)
    s = m.mul(f, y)
    return m.mad(m.fma(m.neg(s), d, f), y, s)


def _atanh_tail(m: MathEmit, f: SSAValue, quotient: Quotient = _divided) -> SSAValue:
    """log(1 + f) - f in f64."""
    s = quotient(m, f)
    z = m.mul(s, s)
    r = m.mul(z, m.horner(z, ATANH_F64))
    return m.mul(s, m.sub(r, f))


def _logarithm(
    m: MathEmit, x: SSAValue, evaluate: Callable[[MathEmit, Reduced], SSAValue]
) -> SSAValue:
    """A logarithm of any x by `evaluate`, which knows that of a reduced one.

    Denormals are rare, too: the two selects for them would cost a fifth of the time.
    """
    fmt = format_of(x)

    def exact(m: MathEmit) -> SSAValue:
        scaled = m.mul(x, 2.0**fmt.fraction)
        y = evaluate(m, reduce(m, fmt, scaled, _denormal(m, fmt, x)))
        y = m.select(m.lt(x, fmt.tiny), y, x)
        y = m.select(m.lt(x, 0.0), float("nan"), y)
        return m.select(m.eq(x, 0.0), float("-inf"), y)

    fast = evaluate(m, reduce_normal(m, fmt, x))
    return m.rare(is_not_normal(m, fmt, x), exact, fast)


def log(m: MathEmit, x: SSAValue) -> SSAValue:
    """Natural logarithm. Bound 1.3 / .9 ULP."""
    fmt = format_of(x)
    return _logarithm(m, x, lambda m, r: log_sum(m, fmt, r.k, r.f, r.unit))


def _log_base(m: MathEmit, r: Reduced, base: Base) -> SSAValue:
    """log_b(x) in f64: the large parts in one fma, whose error is computed."""
    type_ = r.f.type
    f, scale = r.f, m.const(base.scale, type_)
    tail = m.mul(_atanh_tail(m, f), scale)
    exponent = r.k
    if base is BASE_10:
        exponent = m.mul(r.k, base.two[0])
        tail = m.mad(r.k, m.const(base.two[1], type_), tail)
    total = m.fma(f, scale, exponent)
    error = m.fma(f, scale, m.sub(exponent, total))
    return m.add(total, m.add(error, tail))


def log2(m: MathEmit, x: SSAValue) -> SSAValue:
    """Logarithm to base 2, exact for powers of two. Bound 2.5 / 1.3 ULP."""
    if format_of(x) is F64:
        return _logarithm(m, x, lambda m, r: _log_base(m, r, BASE_2))
    return _logarithm(m, x, lambda m, r: m.mad(r.f, m.horner(r.f, LOG2_F32), r.e(m)))


def log10(m: MathEmit, x: SSAValue) -> SSAValue:
    """Logarithm to base 10. Bound 2.6 / 1.3 ULP."""
    if format_of(x) is F64:
        return _logarithm(m, x, lambda m, r: _log_base(m, r, BASE_10))

    def evaluate(m: MathEmit, r: Reduced) -> SSAValue:
        tens = m.mul(r.k, BASE_10.two[0] * r.unit)
        return m.mad(r.f, m.horner(r.f, LOG10_F32), tens)

    return _logarithm(m, x, evaluate)


def near_power(
    m: MathEmit, fmt: Format, h: SSAValue
) -> tuple[SSAValue, SSAValue, float]:
    """(2^-k, k / unit, unit) for h = 2^k (1 + f), f as `reduce` leaves it, k > -126.

    From k = bias on, 2^-k is 0. f32 converts k 2^23, since that saves the shift.
    """
    low, mask = SQRT_HALF[fmt], -1 << fmt.fraction
    if fmt is F32:
        k = m.and_(m.sub(m.bits(h), low), mask)
        down = m.bitcast(m.sub(fmt.one, k), fmt.type)
        return down, m.sitofp(k, fmt.type), 2.0**-fmt.fraction
    i = m.add(m.bits(h), fmt.one - low)
    down = m.bitcast(m.sub(2 * fmt.one, m.and_(i, mask)), fmt.type)
    return down, exponent(m, fmt, i, _shift(fmt)), 1.0


def log1p(m: MathEmit, x: SSAValue) -> SSAValue:
    """log(1 + x) = k ln2 + log(1 + f), f = (1 + x) 2^-k - 1 rounded only once.

    Bound 1.9 / 1.6 ULP.
    """
    fmt = format_of(x)
    h = m.add(x, 1.0)
    down, k, unit = near_power(m, fmt, h)
    # A product with a power of two is exact: no fma is needed.
    f = m.mad(x, down, m.sub(down, 1.0))
    fast = log_sum(m, fmt, k, f, unit)
    # From 2^bias on 2^-k would be 0; 0 and negative numbers have the largest integers.
    limit = (2 * fmt.bias - 1) << fmt.fraction
    flag = m.uge(m.sub(m.bits(h), 1), limit - 1)

    def exact(m: MathEmit) -> SSAValue:
        r = reduce_normal(m, fmt, h)
        y = log_sum(m, fmt, r.k, r.f, r.unit)
        y = m.select(m.lt(h, float("inf")), y, h)
        y = m.select(m.lt(h, 0.0), float("nan"), y)
        return m.select(m.eq(h, 0.0), float("-inf"), y)

    return m.copysign(m.rare(flag, exact, fast), x)


__all__ = [
    "exponent",
    "is_not_normal",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sum",
    "near_power",
    "quotient_by_newton",
    "reduce_any",
    "reduce_normal",
]
