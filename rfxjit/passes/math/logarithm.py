"""log, log2, log10, log1p, and the inverse hyperbolic functions.

x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), by integer arithmetic on the bits;
denormals are scaled first, in the rare branch. Then log(x) = e ln2 + log(1 + f), where

    f32:  log(1 + f) = f + f^2 P(f)                      (no division)
    f64:  log(1 + f) = f + s (R(s^2) - f),  s = f/(2+f)  (the series of atanh)

Zero, negative numbers, infinity and NaN are told apart in one rare branch that only
replaces the result.

The inverse hyperbolic functions are logarithms of 1 + u, where u is kept as a sum of
two floats, so that nothing cancels near 0.
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


@dataclass(frozen=True, eq=False)
class Base:
    """1/ln(b) and log_b(2), each as a sum of two doubles."""

    scale: tuple[float, float]
    two: tuple[float, float]


BASE_2 = Base((1.4426950408889634, 2.0355273740931033e-17), (1.0, 0.0))
BASE_10 = Base(
    (0.4342944819032518, 1.098319650216765e-17),
    (0.30102999566398120, -2.8037281277851704e-18),
)
SQRT_HALF = {F32: 0x3F3504F3, F64: 0x3FE6A09E667F3BCD}


@dataclass(frozen=True, eq=False)
class Reduced:
    """x = 2^e (1 + f): e as a float, f, and the bits that hold e."""

    e: SSAValue
    f: SSAValue
    bits: SSAValue


def reduce(m: MathEmit, fmt: Format, x: SSAValue, less: SSAValue | float) -> Reduced:
    """Take positive normal x apart; `less` is subtracted from the exponent.

    The exponent becomes a float by writing it into the low bits of 2^fraction.
    """
    low = SQRT_HALF[fmt]
    i = m.add(m.bits(x), fmt.one - low)
    field = (1 << fmt.fraction) - 1
    one_plus_f = m.bitcast(m.add(m.and_(i, field), low), fmt.type)
    exponent = m.shr_u(i, fmt.fraction)
    shifter = (fmt.bias + fmt.fraction) << fmt.fraction
    e = m.sub(m.bitcast(m.or_(exponent, shifter), fmt.type), less)
    return Reduced(e, m.sub(one_plus_f, 1.0), i)


def _shift(fmt: Format) -> float:
    """What `reduce` has to subtract to get the exponent alone."""
    return 2.0**fmt.fraction + fmt.bias


def reduce_normal(m: MathEmit, fmt: Format, x: SSAValue) -> Reduced:
    """As `reduce`, e being the exponent."""
    return reduce(m, fmt, x, _shift(fmt))


def is_not_normal(m: MathEmit, fmt: Format, x: SSAValue) -> SSAValue:
    """Whether x is zero, denormal, negative, infinite or NaN: one comparison."""
    # Normal positive numbers are the integers from 1 << fraction to infinity - 1.
    first = 1 << fmt.fraction
    return m.uge(m.sub(m.bits(x), first), fmt.infinity - first)


def reduce_any(m: MathEmit, fmt: Format, x: SSAValue) -> Reduced:
    """As `reduce`, for denormal x too."""
    small = m.lt(x, fmt.tiny)
    scaled = m.select(small, m.mul(x, 2.0**fmt.fraction), x)
    shift = _shift(fmt)
    less = m.select(small, m.const(shift + fmt.fraction, x.type), shift)
    return reduce(m, fmt, scaled, less)


def _checked(m: MathEmit, fmt: Format, x: SSAValue, y: SSAValue) -> SSAValue:
    """The logarithm y of x, with log(0) = -inf, log(x < 0) = NaN, log(inf) = inf."""
    # Positive finite numbers are the integers 1 ... infinity - 1.
    flag = m.uge(m.sub(m.bits(x), 1), fmt.infinity - 1)

    def exact(m: MathEmit) -> SSAValue:
        special = m.select(m.lt(x, 0.0), float("nan"), x)
        return m.select(m.eq(x, 0.0), float("-inf"), special)

    return m.rare(flag, exact, y)


def log_sum(
    m: MathEmit, fmt: Format, e: SSAValue, f: SSAValue, low: SSAValue | None = None
) -> SSAValue:
    """e ln2 + log(1 + f + low)."""
    if fmt is F32:
        tail = m.mul(m.mul(f, f), m.horner(f, LOG_F32))
        if low is not None:
            tail = m.add(tail, low)
        tail = m.mad(e, m.const(LN2_F32[1], f.type), tail)
        return m.fma(e, m.const(LN2_F32[0], f.type), m.add(f, tail))
    s, tail = _atanh_tail(m, f)
    if low is not None:
        tail = m.add(tail, m.mad(m.mul(s, -2.0), low, low))
    high = m.fma(e, m.const(LN2_F64[0], f.type), f)
    error = m.sub(f, m.fma(e, m.const(-LN2_F64[0], f.type), high))
    tail = m.mad(e, m.const(LN2_F64[1], f.type), tail)
    return m.add(high, m.add(error, tail))


def _atanh_tail(m: MathEmit, f: SSAValue) -> tuple[SSAValue, SSAValue]:
    """(s, log(1 + f) - f) in f64."""
    s = m.div(f, m.add(f, 2.0))
    z = m.mul(s, s)
    r = m.mul(z, m.horner(z, ATANH_F64))
    return s, m.mul(s, m.sub(r, f))


def _logarithm(
    m: MathEmit, x: SSAValue, evaluate: Callable[[MathEmit, Reduced], SSAValue]
) -> SSAValue:
    """A logarithm of any x by `evaluate`, which knows that of a reduced one.

    Denormals are rare, too: the two selects for them would cost a fifth of the time.
    """
    fmt = format_of(x)

    def exact(m: MathEmit) -> SSAValue:
        scaled = m.mul(x, 2.0**fmt.fraction)
        y = evaluate(m, reduce(m, fmt, scaled, _shift(fmt) + fmt.fraction))
        y = m.select(m.lt(x, fmt.tiny), y, x)
        y = m.select(m.lt(x, 0.0), float("nan"), y)
        return m.select(m.eq(x, 0.0), float("-inf"), y)

    fast = evaluate(m, reduce_normal(m, fmt, x))
    return m.rare(is_not_normal(m, fmt, x), exact, fast)


def log(m: MathEmit, x: SSAValue) -> SSAValue:
    """Natural logarithm. Bound 1.2 / .9 ULP."""
    fmt = format_of(x)
    return _logarithm(m, x, lambda m, r: log_sum(m, fmt, r.e, r.f))


def _log_base(m: MathEmit, r: Reduced, base: Base) -> SSAValue:
    """log_b(x) in f64: the large parts in one fma, whose error is computed."""
    type_ = r.f.type
    f, (high, low) = r.f, base.scale
    _, tail = _atanh_tail(m, f)
    tail = m.mad(f, m.const(low, type_), m.mul(tail, high))
    if base is BASE_2:
        exponent = r.e
    else:
        exponent, error = m.two_prod(r.e, base.two[0])
        tail = m.add(tail, m.mad(r.e, m.const(base.two[1], type_), error))
    total = m.fma(f, m.const(high, type_), exponent)
    error = m.fma(f, m.const(high, type_), m.sub(exponent, total))
    return m.add(total, m.add(error, tail))


def log2(m: MathEmit, x: SSAValue) -> SSAValue:
    """Logarithm to base 2, exact for powers of two. Bound 2.2 / 1.3 ULP."""
    if format_of(x) is F64:
        return _logarithm(m, x, lambda m, r: _log_base(m, r, BASE_2))
    return _logarithm(m, x, lambda m, r: m.mad(r.f, m.horner(r.f, LOG2_F32), r.e))


def log10(m: MathEmit, x: SSAValue) -> SSAValue:
    """Logarithm to base 10. Bound 2.5 / 1.3 ULP."""
    if format_of(x) is F64:
        return _logarithm(m, x, lambda m, r: _log_base(m, r, BASE_10))

    def evaluate(m: MathEmit, r: Reduced) -> SSAValue:
        tens = m.mul(r.e, BASE_10.two[0])
        return m.mad(r.f, m.horner(r.f, LOG10_F32), tens)

    return _logarithm(m, x, evaluate)


def log1p_of(
    m: MathEmit,
    u: SSAValue,
    low: SSAValue | None = None,
    scale: SSAValue | None = None,
) -> tuple[SSAValue, SSAValue]:
    """(1 + u, log(1 + u + low) + scale ln2), for -1 < u <= the largest number.

    1 + u = h + l exactly; h = 2^e (1 + f'), and f = f' + 2^-e l. For small u the result
    keeps all bits of u since then e = 0 and f = u.
    """
    fmt = format_of(u)
    h = m.add(u, 1.0)
    rest = m.sub(u, m.sub(h, 1.0))
    if low is not None:
        rest = m.add(rest, low)
    r = reduce_normal(m, fmt, h)
    # 2^-e; where that would be denormal `rest` has long ceased to count: 0 will do.
    exponent = m.and_(r.bits, -1 << fmt.fraction)
    down = m.bitcast(m.max(m.sub(2 * fmt.one, exponent), 0), fmt.type)
    rest = m.mul(rest, down)
    f = m.add(r.f, rest)
    e = r.e if scale is None else m.add(r.e, scale)
    lost = None
    if fmt is F64 or low is not None:
        lost = m.sub(rest, m.sub(f, r.f))
    return h, log_sum(m, fmt, e, f, lost)


def log1p(m: MathEmit, x: SSAValue) -> SSAValue:
    """log(1 + x). Bound 1.8 / .9 ULP."""
    h, y = log1p_of(m, x)
    return m.copysign(_checked(m, format_of(x), h, y), x)


def asinh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic sine: log(1 + u), u = a + a^2 / (1 + sqrt(1 + a^2)), a = |x|.

    From 2^(fraction + 2) on it is log(2a). Bound 1.4 / 1.2 ULP.
    """
    fmt = format_of(x)
    a = m.abs(x)
    large = m.gt(a, 2.0 ** (fmt.fraction + 2))
    b = m.select(large, 1.0, a)
    square = m.mul(b, b)
    root = m.sqrt(m.add(square, 1.0))
    w = m.div(square, m.add(root, 1.0))
    u, low = m.fast_two_sum(b, w)
    u = m.select(large, a, u)
    low = m.select(large, 0.0, low)
    scale = m.select(large, m.const(1.0, x.type), 0.0)
    h, y = log1p_of(m, u, low, scale)
    return m.copysign(_checked(m, fmt, h, y), x)


def acosh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic cosine: log(1 + u), u = t + sqrt(2t + t^2), t = x - 1.

    NaN below 1. Bound 1.7 / 1.7 ULP.
    """
    fmt = format_of(x)
    large = m.gt(x, 2.0 ** (fmt.fraction + 2))
    t = m.sub(x, 1.0)
    b = m.select(large, 1.0, t)
    u, low = m.two_sum(b, m.sqrt(m.mad(b, b, m.add(b, b))))
    u = m.select(large, x, u)
    low = m.select(large, 0.0, low)
    scale = m.select(large, m.const(1.0, x.type), 0.0)
    h, y = log1p_of(m, u, low, scale)
    y = _checked(m, fmt, h, y)
    return m.select(m.lt(x, 1.0), float("nan"), y)


def atanh(m: MathEmit, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic tangent: log(1 + u) / 2, u = 2a / (1 - a), a = |x|.

    atanh(1) = inf, NaN above. Bound 1.3 / 1.0 ULP.
    """
    a = m.abs(x)
    # 1 itself must not divide by zero: the result is replaced below.
    b = m.select(m.lt(a, 1.0), a, 0.5)
    d = m.sub(1.0, b)
    d_low = m.sub(m.sub(1.0, d), b)
    inverse = m.div(1.0, d)
    twice = m.add(b, b)
    u = m.mul(twice, inverse)
    low = m.mul(m.fma(m.neg(u), d_low, m.fma(m.neg(u), d, twice)), inverse)
    _, y = log1p_of(m, u, low)
    y = m.mul(y, 0.5)

    def exact(m: MathEmit) -> SSAValue:
        return m.select(
            m.eq(a, 1.0), float("inf"), m.select(m.isnan(x), x, float("nan"))
        )

    y = m.rare(m.compare("uge", a, 1.0), exact, y)
    return m.copysign(y, x)


__all__ = [
    "acosh",
    "asinh",
    "atanh",
    "is_not_normal",
    "log",
    "log1p",
    "log2",
    "log10",
    "reduce_any",
    "reduce_normal",
]
