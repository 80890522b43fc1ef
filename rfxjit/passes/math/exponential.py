"""exp, exp2, expm1, sinh, cosh, tanh.

All reduce the argument by ln 2: x = n ln2 + r with |r| <= ln2/2, where ln2 is the sum
of two floats and n comes from adding a magic number, which also leaves n in the low
bits for building 2^n. Then a polynomial in r, and a scaling by 2^n whose last step
rounds only once, so denormal and overflowing results need no branch. Arguments beyond
the range where the result is constant (0, -1, inf) are clamped first.

Measured bounds in ULP, f32 / f64, are in each docstring; tests/unit/test_math.py holds
them. Special values: exp(-inf) = 0, exp(inf) = inf, exp(NaN) = NaN, signed zeros kept
by the odd functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of

# expm1(r) = r + r^2 Q(r) on |r| <= ln2/2, relative error 2^-26 (f32), 2^-57 (f64).
EXPM1_F32 = (
    0.49999997,
    0.166665375,
    0.0416677408,
    0.00836732425,
    0.00138374837,
)
EXPM1_F64 = (
    0.5000000000000006,
    0.16666666666666588,
    0.041666666666576195,
    0.008333333333390014,
    0.001388888893177519,
    0.00019841269718786603,
    2.480150499611343e-05,
    2.755740699060281e-06,
    2.7626156448020735e-07,
    2.5054182642488638e-08,
)
# 2^r = 1 + r Q(r) on |r| <= 1/2, relative errors 2^-26 and 2^-57.7.
EXP2_F32 = (
    0.693147182,
    0.240225941,
    0.0555036627,
    0.00962543581,
    0.0013387925,
    0.000133376947,
)
EXP2_F64 = (
    0.6931471805599453,
    0.2402265069591011,
    0.05550410866482176,
    0.009618129107600654,
    0.0013333558146534571,
    0.00015403530450089868,
    1.5252733646938004e-05,
    1.3215438365040498e-06,
    1.0178154265845543e-07,
    7.073306668556462e-09,
    4.4397647620319915e-10,
)
EXP2 = {F32: EXP2_F32, F64: EXP2_F64}
# sinh(r) = r + r^3 Q(r^2) and cosh(r) = 1 + r^2 Q(r^2) on |r| <= ln2/2; relative errors
# 2^-34 and 2^-33 (f32), 2^-65 and 2^-70 (f64).
SINH_F32 = (0.1666666716337204, 0.00833317544311285, 0.00019974088354501873)
COSH_F32 = (0.5, 0.041666459292173386, 0.0013935451861470938)
SINH_F64 = (
    0.16666666666666666,
    0.008333333333334428,
    0.00019841269837066682,
    2.755732627028032e-06,
    2.5046737757602727e-08,
    1.7592948716771901e-10,
)
COSH_F64 = (
    0.5,
    0.041666666666666685,
    0.0013888888888873264,
    2.4801587349282853e-05,
    2.7557251715498463e-07,
    2.0921812518366707e-09,
)
# tanh(r) = r + r^3 T(r^2) on |r| <= ln2/4, relative errors 2^-32.5 and 2^-57.7.
TANH_F32 = (-0.33333322405815125, 0.1333114206790924, -0.05271529406309128)
TANH_F64 = (
    -0.33333333333332466,
    0.1333333333277322,
    -0.05396825276389131,
    0.021869369370425867,
    -0.008857263963247554,
    0.0034442867995209884,
)


@dataclass(frozen=True, eq=False)
class Exponential:
    """The constants of one format."""

    ln2: tuple[float, float]
    expm1: tuple[float, ...]
    sinh: tuple[float, ...]
    cosh: tuple[float, ...]
    tanh: tuple[float, ...]
    underflow: float
    """exp(x) rounds to 0 for x at or below this."""

    overflow: float
    """exp(x) is infinite for x at or above this."""

    minus_one: float
    """expm1(x) rounds to -1 for x at or below this."""

    saturated: float
    """tanh(x) rounds to 1 for x at or above this."""


LN2_F32 = (0.693147182464599609375, -1.904654323148236017e-09)
LN2_F64 = (0.693147180559945286227, 2.319046813846299615e-17)
EXPONENTIAL = {
    F32: Exponential(
        LN2_F32, EXPM1_F32, SINH_F32, COSH_F32, TANH_F32,
        underflow=-104.0, overflow=89.0, minus_one=-18.0, saturated=10.0,
    ),
    F64: Exponential(
        LN2_F64, EXPM1_F64, SINH_F64, COSH_F64, TANH_F64,
        underflow=-746.0, overflow=710.0, minus_one=-38.0, saturated=20.0,
    ),
}  # fmt: skip
LOG2E = 1.0 / log(2.0)


def scale(m: MathEmit, fmt: Format, p: SSAValue, n: SSAValue) -> SSAValue:
    """p * 2^n, rounded once, for n of twice the range of normal exponents.

    n may carry the bits of `fmt.magic`: only its low bits reach the exponents.
    """
    half = m.shr_s(n, 1)
    first = m.mul(p, m.exponent_of_two(fmt, half))
    return m.mul(first, m.exponent_of_two(fmt, m.sub(n, half)))


def _scaled(
    m: MathEmit,
    x: SSAValue,
    limits: tuple[float, float],
    normal: float,
    reduced: Callable[[MathEmit, SSAValue, float], tuple[SSAValue, SSAValue]],
) -> SSAValue:
    """p 2^n of `reduced(x, c) = (c p, bits of n + magic)`, for any x.

    The result is a normal number for |x| < `normal`: there, n is added to the exponent
    of p. Else x is kept inside `limits`, and scaled in two steps.
    """
    fmt = format_of(x)
    if fmt is F32:
        # In f32 underflow is common, as in a softmax: no branch. 2p 2^(n-1), since 2^n
        # may be infinite, and below some x 2p 2^(n+63) 2^-64.
        x = m.clamp(x, *limits)
        if m.has_ldexp:
            p, n = reduced(m, x, 1.0)
            return m.ldexp(p, m.sub(n, fmt.magic_bits))
        p, n = reduced(m, x, 2.0)
        low = m.lt(x, -normal / 2.0)
        n = m.select(low, m.add(n, 64), n)
        field = 1 << fmt.fraction
        bits = m.add(m.shl(n, fmt.fraction), fmt.one - field)
        y = m.mul(p, m.bitcast(bits, fmt.type))
        return m.mul(y, m.select(low, m.const(2.0**-64, x.type), 1.0))

    def exact(m: MathEmit) -> SSAValue:
        return scale(m, fmt, *reduced(m, m.clamp(x, *limits), 1.0))

    p, n = reduced(m, x, 1.0)
    fast = m.bitcast(m.add(m.bits(p), m.shl(n, fmt.fraction)), fmt.type)
    return m.rare(m.compare("uge", m.abs(x), normal), exact, fast)


def exp_parts(
    m: MathEmit, x: SSAValue, factor: float = 1.0
) -> tuple[SSAValue, SSAValue]:
    """(factor p, bits of n + magic) with e^x = p 2^n, p near 1."""
    fmt = format_of(x)
    c = EXPONENTIAL[fmt]
    shifted = m.mad(x, m.const(LOG2E, x.type), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    r = m.fma(n, m.const(-c.ln2[0], x.type), x)
    r = m.fma(n, m.const(-c.ln2[1], x.type), r)
    p = m.horner(r, [factor * k for k in (1.0, 1.0, *c.expm1)])
    return p, m.bits(shifted)


def exp(m: MathEmit, x: SSAValue) -> SSAValue:
    """e^x, as 2^n (1 + r + r^2 Q(r)). Bound 1.0 / 1.0 ULP.

    Without fma 1.2 / 1.2 ULP.
    """
    fmt = format_of(x)
    c = EXPONENTIAL[fmt]
    normal = (fmt.bias - 2) / LOG2E
    return _scaled(m, x, (c.underflow, c.overflow), normal, exp_parts)


def exp2(m: MathEmit, x: SSAValue) -> SSAValue:
    """2^x, as 2^n (1 + r Q(r)); the reduction is exact. Bound 1.0 / 1.0 ULP.

    Without fma 1.2 / 1.2 ULP.
    """
    fmt = format_of(x)

    def reduced(m: MathEmit, x: SSAValue, factor: float) -> tuple[SSAValue, SSAValue]:
        shifted = m.add(x, fmt.magic)
        r = m.sub(x, m.sub(shifted, fmt.magic))
        p = m.horner(r, [factor * k for k in (1.0, *EXP2[fmt])])
        return p, m.bits(shifted)

    limits = float(-fmt.bias - fmt.fraction - 1), float(fmt.bias + 1)
    return _scaled(m, x, limits, float(fmt.bias - 2), reduced)


def _ln2_taken(m: MathEmit, x: SSAValue) -> tuple[SSAValue, SSAValue, SSAValue]:
    """(n + magic, n, high) with x = n ln2[0] + high; n ln2[1] is still to be taken."""
    fmt = format_of(x)
    ln2 = EXPONENTIAL[fmt].ln2
    shifted = m.mad(x, m.const(LOG2E, x.type), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    return shifted, n, m.fma(n, m.const(-ln2[0], x.type), x)


def expm1(m: MathEmit, x: SSAValue) -> SSAValue:
    """e^x - 1, as 2^n p + (2^n - 1) with p = e^r - 1. Bound 1.7 / 1.2 ULP."""
    fmt = format_of(x)
    c = EXPONENTIAL[fmt]

    def reduced(m: MathEmit, x: SSAValue) -> tuple[SSAValue, SSAValue, SSAValue | None]:
        """(bits of n + magic, high, tail): p is their sum, in f32 high alone."""
        shifted, n, high = _ln2_taken(m, x)
        if fmt is F32:
            r = m.mad(n, m.const(-c.ln2[1], x.type), high)
            p = m.mad(m.mul(r, r), m.horner(r, c.expm1), r)
            return m.bits(shifted), p, None
        low = m.mul(n, -c.ln2[1])
        r = m.add(high, low)
        return m.bits(shifted), high, m.mad(m.mul(r, r), m.horner(r, c.expm1), low)

    def exact(m: MathEmit) -> SSAValue:
        # 2^n may be one too large: half of it, and the result doubled.
        n, high, tail = reduced(m, m.clamp(x, 0.0, c.overflow))
        s = m.exponent_of_two(fmt, m.sub(n, 1))
        p = high if tail is None else m.add(high, tail)
        return m.mul(m.mad(s, p, s), 2.0)

    n, high, tail = reduced(m, m.select(m.gt(c.minus_one, x), c.minus_one, x))
    s = m.exponent_of_two(fmt, n)
    fast = m.mad(s, high, m.sub(s, 1.0))
    if tail is not None:
        fast = m.mad(s, tail, fast)
    flag = m.compare("uge", x, fmt.bias / LOG2E)
    return m.copysign(m.rare(flag, exact, fast), x)


def _sinh_cosh(
    m: MathEmit, x: SSAValue, *, exactly: bool
) -> tuple[SSAValue, SSAValue, SSAValue]:
    """(bits of n + magic, sinh r, cosh r - 1) with x = n ln2 + r.

    Not `exactly`, sinh r has the rounding of r in it.
    """
    c = EXPONENTIAL[format_of(x)]
    shifted, n, high = _ln2_taken(m, x)
    if exactly:
        low = m.mul(n, -c.ln2[1])
        r = m.add(high, low)
    else:
        low = None
        r = m.mad(n, m.const(-c.ln2[1], x.type), high)
    z = m.mul(r, r)
    cube, series = m.mul(r, z), m.horner(z, c.sinh)
    even = m.mul(z, m.horner(z, c.cosh))
    if low is None:
        return m.bits(shifted), m.mad(cube, series, r), even
    return m.bits(shifted), m.add(high, m.mad(cube, series, low)), even


def _hyperbolic(
    m: MathEmit,
    x: SSAValue,
    combine: Callable[[SSAValue, SSAValue, SSAValue, SSAValue], SSAValue],
    *,
    exactly: bool,
) -> SSAValue:
    """sinh or cosh of |x|: `combine` cosh(n ln2), sinh(n ln2), sinh r, cosh r - 1.

    Where 2^n or 2^-n would leave the range the result is e^|x| / 2, rarely.
    """
    fmt = format_of(x)
    c = EXPONENTIAL[fmt]
    a = m.abs(x)

    def exact(m: MathEmit) -> SSAValue:
        n, odd, even = _sinh_cosh(m, m.clamp(a, 0.0, c.overflow + 0.5), exactly=exactly)
        quarter = m.exponent_of_two(fmt, m.sub(n, 2))
        return m.mul(m.mad(quarter, m.add(odd, even), quarter), 2.0)

    n, odd, even = _sinh_cosh(m, a, exactly=exactly)
    field = m.shl(n, fmt.fraction)
    half = fmt.one - (1 << fmt.fraction)
    up = m.bitcast(m.add(field, half), fmt.type)
    down = m.bitcast(m.sub(half, field), fmt.type)
    fast = combine(m.add(up, down), m.sub(up, down), odd, even)
    flag = m.compare("uge", a, (fmt.bias - 3) / LOG2E)
    return m.rare(flag, exact, fast)


def sinh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Hyperbolic sine, by the addition theorem without a division.

    Bound 1.5 / 1.5 ULP, without fma 1.9 / 1.85 ULP.

    sinh(x) = sinh(n ln2) cosh(r) + cosh(n ln2) sinh(r)
    """
    y = _hyperbolic(
        m,
        x,
        lambda c, s, odd, even: m.add(s, m.mad(c, odd, m.mul(s, even))),
        exactly=format_of(x) is F64,
    )
    return m.copysign(y, x)


def cosh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Hyperbolic cosine, by the addition theorem. Bound 2.1 / 1.7 ULP.

    cosh(x) = cosh(n ln2) cosh(r) + sinh(n ln2) sinh(r)
    """
    return _hyperbolic(
        m,
        x,
        lambda c, s, odd, even: m.add(c, m.mad(s, odd, m.mul(c, even))),
        exactly=False,
    )


def tanh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Hyperbolic tangent, by the addition theorem. Bound 2.35 / 2.1 ULP.

    |x| = n ln2 / 2 + r, c = 2^n, t = tanh(r), so that the result is t itself near 0:

    tanh(x) = ((c + 1) t + (c - 1)) / ((c - 1) t + (c + 1))
            = 1 + (2t - 2) / ((c - 1) t + (c + 1))           for large x, more exactly
    """
    fmt = format_of(x)
    c = EXPONENTIAL[fmt]
    a = m.abs(x)
    a = m.select(m.lt(c.saturated, a), c.saturated, a)
    shifted = m.mad(a, m.const(2.0 * LOG2E, x.type), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    r = m.fma(n, m.const(-0.5 * c.ln2[0], x.type), a)
    z = m.mul(r, r)
    factor, series = m.mul(r, z), m.horner(z, c.tanh)
    if fmt is F32:
        t = m.mad(factor, series, r)
    else:
        low = m.const(-0.5 * c.ln2[1], x.type)
        t = m.add(r, m.mad(n, low, m.mul(factor, series)))
    power = m.exponent_of_two(fmt, m.bits(shifted))
    scaling, f = 1.0, m.const(1.0, x.type)
    if fmt is F64:
        # Keep the sums away from powers of two, whose rounding errors are large.
        scaling = 1.5
        f = m.select(m.gt(n, 1.5), m.const(scaling, x.type), 1.0)
    plus, minus = m.mad(power, f, f), m.mad(power, f, m.neg(f))
    large = m.gt(n, 2.5)
    near_one = m.mad(t, m.const(2.0 * scaling, x.type), -2.0 * scaling)
    top = m.select(large, near_one, m.mad(t, plus, minus))
    y = m.div(top, m.mad(t, minus, plus))
    y = m.select(large, m.add(y, 1.0), y)
    return m.copysign(y, x)


__all__ = ["cosh", "exp", "exp2", "exp_parts", "expm1", "sinh", "tanh"]
