"""asin, acos, atan, atan2.

atan folds its argument into [0, 1] (f32) or [0, 1/2] (f64) by

    atan(q) = pi/2 - atan(1/q)          atan(q) = pi/4 + atan((q - 1)/(q + 1))

written as one quotient, so that atan2(y, x) needs no other code than atan(q). asin and
acos use a polynomial up to 1/2 and acos(a) = 2 asin(sqrt((1 - a)/2)) above. Constants
like pi/2 are added last and in two parts.

Domain errors need no test: beyond 1 the square root of a negative number is NaN.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of

# atan(t) = t + t^3 P(t^2) on |t| <= 1 (f32), on |t| <= 1/2 (f64).
ATAN_F32 = (
    -0.333331525,
    0.199937671,
    -0.14211005,
    0.106658004,
    -0.0755178258,
    0.0432069451,
    -0.0163650662,
    0.00292002456,
)
ATAN_F64 = (
    -0.3333333333333298,
    0.19999999999902793,
    -0.14285714276346004,
    0.11111110657650372,
    -0.09090896191436669,
    0.0769207304219389,
    -0.0666380146608485,
    0.05858235611183476,
    -0.05121719294057915,
    0.041856880391916367,
    -0.027421667778574577,
    0.010107439260003261,
)
# asin(t) = t + t^3 P(t^2) on |t| <= 1/2, relative errors 2^-27.6 and 2^-55.9.
ASIN_F32 = (
    0.16666752099990845,
    0.074953094124794,
    0.04546914994716644,
    0.02418477274477482,
    0.0421583317220211,
)
ASIN_F64 = (
    0.16666666666665408,
    0.07500000000337134,
    0.04464285682822596,
    0.030381959141344016,
    0.022371757942104,
    0.017359706441530207,
    0.013885218503280549,
    0.012169325314909473,
    0.006527474201500544,
    0.019529661746989155,
    -0.016226483668929537,
    0.031913825917475706,
)
ATAN = {F32: ATAN_F32, F64: ATAN_F64}
ASIN = {F32: ASIN_F32, F64: ASIN_F64}
PI = {
    F32: (3.1415927410125732, -8.742277657347586e-08),
    F64: (3.141592653589793, 1.2246467991473532e-16),
}


def _atan_quotient(
    m: MathEmit, fmt: Format, num: SSAValue, den: SSAValue | None
) -> SSAValue:
    """atan(num / den) for num, den >= 0, not both 0 or infinite; None stands for 1."""
    half, half_low = PI[fmt][0] / 2, PI[fmt][1] / 2
    if fmt is F32:
        den = m.const(1.0, num.type) if den is None else den
        steep = m.gt(num, den)
        top, bottom = m.select(steep, m.neg(den), num), m.select(steep, num, den)
        base = m.select(steep, m.const(half, num.type), 0.0)
        base_low = m.select(steep, m.const(half_low, num.type), 0.0)
    else:
        if den is None:
            den = m.const(1.0, num.type)
            a, b = num, den
            steep, flat = m.gt(num, 2.0), m.lt(num, 0.5)
        else:
            steep = m.gt(num, m.add(den, den))
            flat = m.lt(num, m.mul(den, 0.5))
            # Near the maximum the sum would overflow.
            factor = m.select(m.gt(num, 2.0**1021), m.const(0.25, num.type), 1.0)
            a, b = m.mul(num, factor), m.mul(den, factor)
        top = m.select(flat, num, m.select(steep, m.neg(den), m.sub(a, b)))
        bottom = m.select(flat, den, m.select(steep, num, m.add(a, b)))
        base = m.select(steep, m.const(half, num.type), half / 2)
        base_low = m.select(steep, m.const(half_low, num.type), half_low / 2)
        base = m.select(flat, 0.0, base)
        base_low = m.select(flat, 0.0, base_low)
    t = m.div(top, bottom)
    z = m.mul(t, t)
    tail = m.mad(m.mul(t, z), m.horner(z, ATAN[fmt]), base_low)
    return m.add(base, m.add(t, tail))


def atan(m: MathEmit, x: SSAValue) -> SSAValue:
    """Arc tangent. Bound 1.5 / 1.4 ULP."""
    fmt = format_of(x)
    y = _atan_quotient(m, fmt, m.abs(x), None)
    return m.copysign(y, x)


def atan2(m: MathEmit, y: SSAValue, x: SSAValue) -> SSAValue:
    """Angle of the point (x, y), by the signs of both, zeros too. 1.8 / 1.5 ULP.

    0/0 counts as 0/1, inf/x as inf/1 and inf/inf as 1/1: a multiple of pi/4 always.
    """
    fmt = format_of(x)
    num, den = m.abs(y), m.abs(x)
    infinite = m.eq(num, float("inf"))
    num = m.select(m.and_(infinite, m.eq(den, float("inf"))), 1.0, num)
    den = m.select(m.or_(infinite, m.eq(num, 0.0)), 1.0, den)
    den = m.select(m.isnan(x), x, den)
    a = _atan_quotient(m, fmt, num, den)
    left = m.lt(m.bits(x), 0)
    pi, low = PI[fmt]
    a = m.select(left, m.sub(pi, m.sub(a, low)), a)
    return m.copysign(a, y)


def _asin_parts(
    m: MathEmit, fmt: Format, x: SSAValue
) -> tuple[SSAValue, SSAValue, SSAValue]:
    """(large, s, t): asin of |x| up to 1/2, or else of sqrt((1 - |x|)/2), is s + t."""
    a = m.abs(x)
    large = m.gt(a, 0.5)
    z = m.select(large, m.mul(m.sub(1.0, a), 0.5), m.mul(a, a))
    s = m.select(large, m.sqrt(z), a)
    tail = m.mul(m.mul(s, z), m.horner(z, ASIN[fmt]))
    return large, s, tail


def asin(m: MathEmit, x: SSAValue) -> SSAValue:
    """Arc sine. Bound 1.2 / 1.3 ULP."""
    fmt = format_of(x)
    half, half_low = PI[fmt][0] / 2, PI[fmt][1] / 2
    large, s, tail = _asin_parts(m, fmt, x)
    twice = m.add(s, s)
    top = m.sub(half, twice)
    rest = m.sub(m.sub(half, top), twice)
    low = m.add(m.sub(half_low, m.add(tail, tail)), rest)
    y = m.select(large, m.add(top, low), m.add(s, tail))
    return m.copysign(y, x)


def acos(m: MathEmit, x: SSAValue) -> SSAValue:
    """Arc cosine: pi/2 - asin(x), or 2 asin, pi - 2 asin of the root. 1.3 / 1.3 ULP."""
    fmt = format_of(x)
    pi, low = PI[fmt]
    large, s, tail = _asin_parts(m, fmt, x)
    # base - s' - tail', where s' and tail' have the sign of x below 1/2, else -x's.
    factor = m.copysign(m.select(large, m.const(-2.0, x.type), 1.0), x)
    negative = m.lt(x, 0.0)
    factor = m.select(large, m.select(negative, m.const(2.0, x.type), -2.0), factor)
    side = m.select(negative, m.const(pi, x.type), 0.0)
    side_low = m.select(negative, m.const(low, x.type), 0.0)
    base = m.select(large, side, pi / 2)
    base_low = m.select(large, side_low, low / 2)
    if fmt is F32:
        return m.add(m.mad(m.neg(factor), m.add(s, tail), base), base_low)
    s = m.mul(s, factor)
    top = m.sub(base, s)
    rest = m.sub(m.sub(base, top), s)
    return m.add(top, m.add(m.sub(base_low, m.mul(tail, factor)), rest))


__all__ = ["acos", "asin", "atan", "atan2"]
