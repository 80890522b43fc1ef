"""cbrt, hypot, pow, rsqrt."""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.emit import Emit
from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of
from rfxjit.passes.math.exponential import EXP2, scale
from rfxjit.passes.math.logarithm import (
    is_not_normal,
    reduce_any,
    reduce_normal,
)

# ---- cbrt ----------------------------------------------------------------------------

# The bits of x^(-1/3) are about GUESS - bits(x)/3, within 4 %; the next two numbers
# minimise the error of the first step y (1 + h (a + b h)), h = 1 - x y^3.
CBRT_GUESS = {F32: 0x54A1FC6A, F64: 0x553EEA37EAAAAA80}
CBRT_STEP = (0.33469093, 0.22351012)


def cbrt(m: MathEmit, x: SSAValue) -> SSAValue:
    """Cube root. Bound 1.1 / .9 ULP.

    y ~ x^(-1/3) from the bits and one (f64: two) steps; then c = x y^2 and a last step
    c (1 + 2/3 (1 - c y)), which also takes away most of the rounding of c.
    """
    fmt = format_of(x)
    a = m.abs(x)
    # Denormals, by a power of 8.
    power = (fmt.fraction + 2) // 3 * 3
    small = m.lt(a, fmt.tiny)
    b = m.select(small, m.mul(a, 2.0**power), a)
    y = _cbrt_guess(m, fmt, b)
    y = _cbrt_step(m, b, y, CBRT_STEP)
    if fmt is F64:
        y = _cbrt_step(m, b, y, (1.0 / 3.0, 2.0 / 9.0))
    c = m.mul(m.mul(b, y), y)
    rest = m.fma(m.neg(c), y, m.const(1.0, x.type))
    c = m.mad(m.mul(c, 2.0 / 3.0), rest, c)
    c = m.mul(c, m.select(small, m.const(2.0 ** -(power // 3), x.type), 1.0))
    c = m.select(m.lt(a, float("inf")), c, a)
    return m.copysign(c, x)


def _cbrt_guess(m: MathEmit, fmt: Format, x: SSAValue) -> SSAValue:
    """x^(-1/3) within 4 %: the top bits of x, as a float, times -1/3.

    They become a float by writing them under the exponent of 2^fraction, and an integer
    again by adding 2^fraction.
    """
    drop = 9 if fmt is F32 else 32
    under = (fmt.bias + fmt.fraction) << fmt.fraction
    top = m.bitcast(m.or_(m.shr_u(m.bits(x), drop), under), fmt.type)
    # The sum lies between 2^fraction and twice that, so its low bits are an integer.
    offset = CBRT_GUESS[fmt] / 2.0**drop + 2.0**fmt.fraction * 4.0 / 3.0
    third = m.fma(top, m.const(-1.0 / 3.0, x.type), offset)
    return m.bitcast(m.shl(m.bits(third), drop), fmt.type)


def _cbrt_step(
    m: MathEmit, x: SSAValue, y: SSAValue, step: tuple[float, float]
) -> SSAValue:
    h = m.fma(m.neg(m.mul(x, y)), m.mul(y, y), m.const(1.0, x.type))
    return m.mad(m.mul(y, h), m.mad(h, m.const(step[1], x.type), step[0]), y)


# ---- hypot, rsqrt --------------------------------------------------------------------


def hypot(m: Emit, x: SSAValue, y: SSAValue) -> SSAValue:
    """sqrt(x^2 + y^2) without overflow. Bound 1.3 / 1.3 ULP.

    Both are scaled by a power of two when the larger one is far from 1. An infinity
    wins over NaN. There is no such `math` op: the lowering calls this by itself.
    """
    fmt = format_of(x)
    a, b = m.abs(x), m.abs(y)
    swap = m.lt(a, b)
    large, small = m.select(swap, b, a), m.select(swap, a, b)
    half = fmt.bias // 2
    up = float(half + fmt.fraction)
    huge, tiny = m.ge(large, 2.0 ** (half - 1)), m.lt(large, 2.0 ** (1 - half))
    factor = m.select(huge, m.const(2.0**-up, x.type), 1.0)
    factor = m.select(tiny, 2.0**up, factor)
    back = m.select(huge, m.const(2.0**up, x.type), 1.0)
    back = m.select(tiny, 2.0**-up, back)
    large, small = m.mul(large, factor), m.mul(small, factor)
    square = m.add(m.mul(large, large), m.mul(small, small))
    result = m.mul(m.sqrt(square), back)
    infinity = m.const(float("inf"), x.type)
    infinite = m.or_(m.eq(a, infinity), m.eq(b, infinity))
    return m.select(infinite, infinity, result)


def rsqrt(m: MathEmit, x: SSAValue) -> SSAValue:
    """1 / sqrt(x). Bound 1.5 / 1.5 ULP."""
    return m.div(1.0, m.sqrt(x))


# ---- pow -----------------------------------------------------------------------------

# log2((1 + s) / (1 - s)) = c s + s^3 (c/3 + z Q(z)), z = s^2, |s| <= 0.1716, with
# c = 2 / ln2: relative errors 2^-36.8 and 2^-66.3.
POW = {
    F32: (0.5770788192749023, 0.4119272530078888, 0.3364907503128052),
    F64: (
        0.577078016355618,
        0.41219858309193924,
        0.3205989022738567,
        0.2623077010856868,
        0.2219840002149355,
        0.19125509004557803,
        0.1903862054962415,
    ),
}
THIRD = {
    F32: (0.9617967009544373, -7.028461812552678e-09),
    F64: (0.9617966939259756, 5.0577616648125907e-17),
}
TWO_OVER_LN2 = {
    F32: (2.885390043258667, 3.851926067000022e-08),
    F64: (2.8853900817779268, 4.0710547481862066e-17),
}


def log2_twice(
    m: MathEmit, fmt: Format, e: SSAValue, f: SSAValue
) -> tuple[SSAValue, SSAValue]:
    """(h, l) with h + l = e + log2(1 + f) to about 2^-(precision + 11).

    log2(1 + f) = c s + s z w with s = f / (2 + f), z = s^2, w = c (1/3 + z Q(z)).
    """
    inverse = m.div(1.0, m.add(f, 2.0))
    s = m.mul(f, inverse)
    minus = m.neg(s)
    # f - 2s is exact, so this is the whole rest of the division.
    rest = m.fma(minus, f, m.mad(s, m.const(-2.0, f.type), f))
    s_low = m.mul(rest, inverse)
    z = m.mul(s, s)
    third, third_low = THIRD[fmt]
    q = m.horner(z, POW[fmt])
    w = m.mad(z, q, third)
    t, t_low = m.two_prod(z, w)
    if fmt is F64:
        w_low = m.add(m.fma(z, q, m.sub(third, w)), third_low)
        t_low = m.mad(z, w_low, t_low)
        t_low = m.mad(m.two_prod(s, s)[1], w, t_low)
    p, p_low = m.two_prod(s, t)
    p_low = m.mad(s, t_low, p_low)
    c, c_low = TWO_OVER_LN2[fmt]
    high = m.fma(s, m.const(c, f.type), e)
    low = m.fma(s, m.const(c, f.type), m.sub(e, high))
    # s_low c / (1 - z), nearly: all that s_low changes.
    s_low = m.mad(s_low, z, s_low)
    low = m.mad(s_low, m.const(c, f.type), m.mad(s, m.const(c_low, f.type), low))
    h, p_rest = m.fast_two_sum(high, p)
    return h, m.add(m.add(p_rest, p_low), low)


def pow_(m: MathEmit, x: SSAValue, y: SSAValue) -> SSAValue:
    """x^y. Bound 1.2 / 1.2 ULP; without fma 1.4 / 1.4 ULP.

    2^(y log2|x|) with the logarithm in two floats. One rare branch takes bases that are
    no normal positive numbers, and results that over- or underflow; IEEE 754's table of
    special cases is followed: x^0 = 1^y = 1 even for NaN, (-1)^(+-inf) = 1.
    """
    fmt = format_of(x)
    r = reduce_normal(m, fmt, x)
    p, n, shifted = _power(m, fmt, *log2_twice(m, fmt, r.e(m), r.f), y)
    # p is near 1 and the result normal: n is added to the exponent.
    turns = m.shl(m.bits(shifted), fmt.fraction)
    fast = m.bitcast(m.add(m.bits(p), turns), fmt.type)
    extreme = m.compare("uge", m.abs(n), float(fmt.bias - 2))

    def exact(m: MathEmit) -> SSAValue:
        r = reduce_any(m, fmt, m.abs(x))
        h, low = log2_twice(m, fmt, r.e(m), r.f)
        product = m.mul(y, h)
        p, _, shifted = _power(m, fmt, h, low, y, product)
        return _pow_special(m, x, y, product, scale(m, fmt, p, m.bits(shifted)))

    return m.rare(m.or_(is_not_normal(m, fmt, x), extreme), exact, fast)


def _power(
    m: MathEmit,
    fmt: Format,
    h: SSAValue,
    low: SSAValue,
    y: SSAValue,
    product: SSAValue | None = None,
) -> tuple[SSAValue, SSAValue, SSAValue]:
    """(p, n, n + magic): 2^(y (h + low)) = p 2^n.

    Given the product y h, n is kept in the range of `scale`.
    """
    factor = y
    if not m.has_fma:
        # Exact products of a larger y would overflow; y log2|x| is 0 there, or beyond.
        factor = m.clamp(y, -(2.0**64), 2.0**64)
    if product is None:
        shifted = m.mad(y, h, fmt.magic)
    else:
        limits = -float(fmt.bias + fmt.fraction + 1), float(fmt.bias + 1)
        shifted = m.add(m.clamp(product, *limits), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    rest = m.fma(factor, h, m.neg(n))
    rest = m.mad(factor, low, rest)
    return m.mad(rest, m.horner(rest, EXP2[fmt]), 1.0), n, shifted


def _pow_special(
    m: MathEmit, x: SSAValue, y: SSAValue, product: SSAValue, fast: SSAValue
) -> SSAValue:
    """x^y in every case, given |x|^y, rounded, and y log2|x|."""
    fmt = format_of(x)
    infinity = m.const(float("inf"), x.type)
    zero = m.const(0.0, x.type)
    result = m.select(m.gt(product, float(fmt.bias + 2)), infinity, fast)
    low = float(-fmt.bias - fmt.fraction - 1)
    result = m.select(m.lt(product, low), 0.0, result)
    a = m.abs(x)
    is_zero, is_infinite = m.eq(a, zero), m.eq(a, infinity)
    grows = m.xor(is_infinite, m.lt(y, zero))
    extreme = m.or_(is_zero, is_infinite)
    result = m.select(extreme, m.select(grows, infinity, 0.0), result)
    half = m.mul(y, 0.5)
    whole = m.eq(m.trunc(y), y)
    odd = m.and_(whole, m.ne(m.trunc(half), half))
    negative = m.lt(m.bits(x), 0)
    result = m.select(m.and_(negative, odd), m.neg(result), result)
    undefined = m.and_(m.and_(m.lt(x, zero), m.not_(whole)), m.not_(is_infinite))
    result = m.select(undefined, float("nan"), result)
    nan = m.compare("uno", x, y)
    result = m.select(nan, m.add(x, y), result)
    one = m.or_(m.eq(y, zero), m.eq(x, 1.0))
    one = m.or_(one, m.and_(m.eq(x, -1.0), m.eq(m.abs(y), infinity)))
    return m.select(one, 1.0, result)


__all__ = ["cbrt", "hypot", "log2_twice", "pow_", "rsqrt"]
