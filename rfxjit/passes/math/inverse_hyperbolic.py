"""asinh, acosh, atanh.

asinh and acosh are polynomials near 0, where a logarithm would cancel, and log(a + b)
from there on, a + b never being rounded as a whole. atanh is one polynomial, after a
reduction by powers of two. Huge arguments and those outside the domain are rare.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of
from rfxjit.passes.math.exponential import LN2_F32, LN2_F64
from rfxjit.passes.math.logarithm import (
    exponent,
    log_sum,
    near_power,
    quotient_by_newton,
    reduce_normal,
)

# atanh(t) = t + t^3 P(t^2) on |t| <= .2825, relative errors 2^-30.2 and 2^-59.2.
ATANH = {
    F32: (
        0.33333301544189453,
        0.20003798604011536,
        0.14145654439926147,
        0.13108977675437927,
    ),
    F64: (
        0.3333333333333357,
        0.1999999999988123,
        0.14285714306169853,
        0.11111109387808162,
        0.09090990988223355,
        0.07689966870324279,
        0.06707593492662228,
        0.05457156821979762,
        0.07620154010066003,
    ),
}
ATANH_NEAR_ONE = {F32: 1.0 - 2.0**-13, F64: 1.0 - 2.0**-27}
# asinh(t) = t + t^3 P(t^2) up to the cuts, relative errors 2^-30.2 and 2^-62.6.
ASINH = {
    F32: (
        -0.16666653752326965,
        0.07499317824840546,
        -0.04452192038297653,
        0.029376573860645294,
        -0.017960989847779274,
        0.006771054584532976,
    ),
    F64: (
        -0.16666666666666655,
        0.07499999999996515,
        -0.04464285713934838,
        0.030381944266724362,
        -0.02237215377566579,
        0.017352661985378756,
        -0.013963503824980185,
        0.011539532736487702,
        -0.009681695436111368,
        0.008018246011285928,
        -0.006080950209002088,
        0.0035896902876894447,
        -0.0011611090314897366,
    ),
}
ASINH_CUT = {F32: 0.61, F64: 0.53}
HUGE = {F32: 2.0**60, F64: 2.0**500}
"""From here on, asinh(x) = log(2x); the square of less is finite."""
HALF_INVERSE = 0x7FCDE00000000000


def _log_of_sum(m: MathEmit, fmt: Format, a: SSAValue, root: SSAValue) -> SSAValue:
    """log(a + root) for a sum of 1 or more, which is never rounded as a whole."""
    down, k, unit = near_power(m, fmt, m.add(a, root))
    f = m.mad(a, down, m.mad(root, down, -1.0))
    return log_sum(m, fmt, k, f, unit, quotient=quotient_by_newton)


def _log_twice(m: MathEmit, fmt: Format, a: SSAValue) -> SSAValue:
    """log(2a) for huge a, infinity and NaN."""
    r = reduce_normal(m, fmt, a)
    y = log_sum(m, fmt, m.add(r.e(m), 1.0), r.f)
    return m.select(m.lt(a, float("inf")), y, a)


def asinh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic sine: a polynomial up to the cut, above it
    log(a + sqrt(a^2 + 1)).

    Bound 1.7 / 1.5 ULP.
    """
    fmt = format_of(x)
    a = m.abs(x)
    z = m.mul(a, a)
    small = m.mad(m.mul(a, z), m.horner(z, ASINH[fmt]), a)
    root = m.sqrt(m.mad(a, a, m.const(1.0, x.type)))
    y = m.select(m.lt(a, ASINH_CUT[fmt]), small, _log_of_sum(m, fmt, a, root))
    flag = m.compare("uge", a, HUGE[fmt])
    return m.copysign(m.rare(flag, lambda m: _log_twice(m, fmt, a), y), x)


def acosh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic cosine: asinh(sqrt(x^2 - 1)), as asinh is computed.

    NaN below 1. Bound 2.0 / 1.6 ULP.
    """
    fmt = format_of(x)
    t = m.sub(x, 1.0)
    z = m.mad(t, t, m.add(t, t))
    root = m.sqrt(z)
    factor, series = m.mul(root, z), m.horner(z, ASINH[fmt])
    if fmt is F32:
        small = m.mad(factor, series, root)
    else:
        # What the rounding of z lost, times 1 / (2 root), to 12 % by its bits.
        lost = m.fma(t, t, m.sub(m.add(t, t), z))
        inverse = m.bitcast(m.sub(HALF_INVERSE, m.bits(root)), fmt.type)
        small = m.add(root, m.mad(lost, inverse, m.mul(factor, series)))
    cut = ASINH_CUT[fmt] ** 2
    y = m.select(m.lt(z, cut), small, _log_of_sum(m, fmt, x, root))
    flag = m.not_(m.and_(m.ge(x, 1.0), m.lt(x, HUGE[fmt])))

    def exact(m: MathEmit) -> SSAValue:
        return m.select(m.lt(x, 1.0), float("nan"), _log_twice(m, fmt, x))

    return m.rare(flag, exact, y)


def atanh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic tangent: k ln2 / 2 + t + t^3 P(t^2), a = |x|, with

    t = (1 + a - c (1 - a)) / (1 + a + c (1 - a)), c = 2^k near (1 + a) / (1 - a)

    that is, t = a for small a. atanh(1) = inf, NaN above. Bound 1.3 / 1.4 ULP.
    """
    fmt = format_of(x)
    a = m.abs(x)
    # Bits are logarithms, to .09: k is that of the quotient plus 1/4, rounded down.
    ratio = m.sub(m.bits(m.add(a, 1.0)), m.bits(m.sub(1.0, a)))
    i = m.add(ratio, 1 << (fmt.fraction - 2))
    k = m.and_(i, -1 << fmt.fraction)
    c = m.bitcast(m.add(k, fmt.one), fmt.type)
    plus, minus = m.add(c, 1.0), m.sub(1.0, c)
    t = m.div(m.fma(a, plus, minus), m.fma(a, minus, plus))
    z = m.mul(t, t)
    t_tail = m.mul(m.mul(t, z), m.horner(z, ATANH[fmt]))
    if fmt is F32:
        scaled, ln2, unit = m.sitofp(k, fmt.type), LN2_F32, 2.0**-fmt.fraction / 2.0
    else:
        scaled, ln2, unit = exponent(m, fmt, i, 2.0**fmt.fraction), LN2_F64, 0.5
    tail = m.mad(scaled, m.const(ln2[1] * unit, x.type), t_tail)
    y = m.fma(scaled, m.const(ln2[0] * unit, x.type), m.add(t, tail))

    def exact(m: MathEmit) -> SSAValue:
        # log(2 / d) / 2 - d / 4, d = 1 - a; the next term is d^2 / 16.
        d = m.sub(1.0, a)
        r = reduce_normal(m, fmt, d)
        log = m.mul(log_sum(m, fmt, m.sub(r.e(m), 1.0), r.f), -0.5)
        y = m.mad(d, m.const(-0.25, x.type), log)
        y = m.select(m.lt(a, 1.0), y, float("nan"))
        return m.select(m.eq(a, 1.0), float("inf"), m.select(m.isnan(x), x, y))

    y = m.rare(m.compare("uge", a, ATANH_NEAR_ONE[fmt]), exact, y)
    return m.copysign(y, x)


__all__ = ["acosh", "asinh", "atanh"]
