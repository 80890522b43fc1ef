"""sin, cos, tan, for every argument.

Up to a limit (39 000 in f32, 2^27 in f64) the multiple of pi or pi/2 is taken away by
fused multiply-adds with pi in three parts (Cody and Waite), where all but the last step
are exact. f64 keeps the rest of the reduced argument as a second float.

Beyond the limit x * 2/pi is computed as an integer product with the bits of 2/pi that
matter (M. Payne and R. Hanek, SIGNUM 18, 1983), out of line and once per module:

    x = M 2^E, M an integer       value mod 4 = 4 frac(M * bits of 2/pi from 2^(E-2) on)

The 128 bits of that fraction hold the quadrant, in the worst case of f64 62 zeros,
and a full double after them. Infinity and NaN give NaN there, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from xdsl.ir import SSAValue

from rfxjit.dialects.ir import f32, f64, i32, i64
from rfxjit.passes.math.common import F32, F64, Format, Helper, MathEmit, format_of

# sin(r) = r + r^3 S(r^2) on |r| <= pi/2, absolute errors 2^-27 and 2^-56.
SIN_WIDE = {
    F32: (
        -0.16666659712791443,
        0.00833306647837162,
        -0.00019809373770840466,
        2.6048051040561404e-06,
    ),
    F64: (
        -0.16666666666666666,
        0.008333333333333207,
        -0.00019841269841212473,
        2.755731921156814e-06,
        -2.505210690429883e-08,
        1.605894099702481e-10,
        -7.643019272264756e-13,
        2.7214189749369027e-15,
    ),
}
# sin(r) = r + r^3 S(r^2), cos(r) = 1 - r^2/2 + r^4 C(r^2) on |r| <= pi/4, relative
# errors 2^-28 and 2^-33 (f32), 2^-58 and 2^-64 (f64).
SIN_F32 = (-0.16666655242443085, 0.008332188241183758, -0.00019518093904480338)
COS_F32 = (0.04166664555668831, -0.0013887309469282627, 2.4432327336398885e-05)
SIN_F64 = (
    -0.1666666666666663,
    0.00833333333332184,
    -0.00019841269829358547,
    2.755731353852399e-06,
    -2.5050734391042542e-08,
    1.5895433410911082e-10,
)
COS_F64 = (
    0.041666666666666595,
    -0.0013888888888873325,
    2.4801587288983685e-05,
    -2.7557314210078696e-07,
    2.0875704271726116e-09,
    -1.1358683375690557e-11,
)
# tan(r) = r + r^3 T(r^2) on |r| <= pi/4, relative errors 2^-27 and 2^-56.2.
TAN_F32 = (
    0.333331555,
    0.13338846,
    0.053406857,
    0.0244472902,
    0.00309081236,
    0.00940336101,
)
TAN_F64 = (
    0.33333333333332776,
    0.13333333333414832,
    0.05396825392656537,
    0.021869489611506858,
    0.008863219128360638,
    0.003592289408029943,
    0.0014547559323291736,
    0.0005950734504722356,
    0.0002223537631150016,
    0.0001365797973282658,
    -2.646330808981574e-05,
    8.952374386168325e-05,
    -4.491534903157606e-05,
    2.0872640764512172e-05,
)

# Cut, not rounded: with all parts positive, -0 - 0 * part stays -0.
HALF_PI_F32 = (1.570796251296997, 7.549789415861596e-08, 5.390302529957765e-15)
# The middle part has 26 bits, so its products with n < 2^27 are exact.
HALF_PI_F64 = (1.5707963267948966, 6.123233932053594e-17, 6.36831716351095e-25)
HALF_PI = {F32: HALF_PI_F32, F64: HALF_PI_F64}
INVERSE_PI = 0.3183098861837907
TWO_OVER_PI = 0.6366197723675814

# 2/pi in pieces of 32 bits, after one piece of zeros for arguments below 4.
# fmt: off
TWO_OVER_PI_BITS = (
    0x00000000, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041,
    0xFE5163AB, 0xDEBBC561, 0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C,
    0xB129A73E, 0xE88235F5, 0x2EBB4484, 0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4,
    0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F, 0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF,
    0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B, 0x3D0739F7, 0x8A5292EA,
    0x6BFB5FB1, 0x1F8D5D08, 0x56033046,
)
# fmt: on
LOW_HALF = 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class Angle:
    """x = quadrant * pi/2 + high + low; of the quadrant, only the low bits count."""

    quadrant: SSAValue
    high: SSAValue
    low: SSAValue | None


# ---- reduction -----------------------------------------------------------------------


def _reduce(m: MathEmit, x: SSAValue, *, exactly: bool = False) -> Angle:
    """Take away a multiple of pi/2, below the limit; with a low part if `exactly`."""
    fmt = format_of(x)
    parts = HALF_PI[fmt]
    shifted = m.mad(x, m.const(TWO_OVER_PI, x.type), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    a = m.fma(n, m.const(-parts[0], x.type), x)
    b = m.fma(n, m.const(-parts[1], x.type), a)
    if not exactly:
        return Angle(m.bits(shifted), m.fma(n, m.const(-parts[2], x.type), b), None)
    low = m.fma(n, m.const(-parts[1], x.type), m.sub(a, b))
    low = m.mad(n, m.const(-parts[2], x.type), low)
    return Angle(m.bits(shifted), b, low)


def _pieces(
    m: MathEmit, fmt: Format, start: SSAValue, shift: SSAValue, count: int
) -> list[SSAValue]:
    """`count` - 1 pieces of 2/pi from piece `start` on, moved left by `shift` bits.

    A barrel shifter of selects: no table in memory on any target.
    """
    levels = (4, 2, 1) if fmt is F32 else (16, 8, 4, 2, 1)
    window: Sequence[SSAValue] = [
        m.const(piece, i64) for piece in TWO_OVER_PI_BITS[: 2 * levels[0] - 1 + count]
    ]
    for step in levels:
        taken = m.ne(m.and_(start, step), 0)
        window = [
            m.select(taken, window[i + step], window[i])
            for i in range(step - 1 + count)
        ]
    back = m.sub(32, shift)
    joined = [m.or_(m.shl(a, 32), b) for a, b in pairwise(window)]
    return [m.and_(m.shr_u(pair, back), LOW_HALF) for pair in joined]


def _fraction(
    m: MathEmit, halves: Sequence[SSAValue], pieces: Sequence[SSAValue], words: int
) -> list[SSAValue]:
    """The top 32-bit digits of frac(significand * 0.pieces), highest first.

    `halves` are the 32-bit digits of the significand, lowest first.
    """
    products = [[m.mul(half, piece) for piece in pieces] for half in halves]
    digits: list[SSAValue] = []
    carry = m.const(0, i64)
    for i in reversed(range(words)):
        # Half h times piece k starts at digit k - h and carries into the next.
        column = [m.and_(row[i + h], LOW_HALF) for h, row in enumerate(products)]
        column += [m.shr_u(row[i + h + 1], 32) for h, row in enumerate(products)]
        for product in column:
            carry = m.add(product, carry)
        digits.append(m.and_(carry, LOW_HALF))
        carry = m.shr_u(carry, 32)
    return digits[::-1]


def _reduce_huge(m: MathEmit, a: SSAValue) -> Angle:
    """Take away a multiple of pi/2 from any finite a above the limit of `_reduce`."""
    fmt = format_of(a)
    bits = m.bits(a)
    if fmt is F32:
        bits = m.extui(bits, i64)
    field = 1 << fmt.fraction
    significand = m.or_(m.and_(bits, field - 1), field)
    # a = significand * 2^E; piece `start` holds the bit 2^(E - 2).
    exponent = m.sub(m.shr_u(bits, fmt.fraction), fmt.bias + fmt.fraction - 30)
    start, shift = m.shr_u(exponent, 5), m.and_(exponent, 31)
    if fmt is F32:
        halves, words = [significand], 2
    else:
        halves, words = [m.and_(significand, LOW_HALF), m.shr_u(significand, 32)], 4
    pieces = _pieces(m, fmt, start, shift, words + len(halves) + 1)
    digits = _fraction(m, halves, pieces, words)
    # quarter turns = 4 * 0.digits: to the nearest, then the signed rest in 2^-62.
    top = m.or_(m.shl(digits[0], 32), digits[1])
    quadrant = m.shr_u(m.add(top, 1 << 61), 62)
    rest = m.sub(top, m.shl(quadrant, 62))
    high = m.sitofp(rest, a.type)
    low = m.sitofp(m.sub(rest, m.fptosi(high, i64)), a.type)
    if fmt is F64:
        bottom = m.uitofp(m.or_(m.shl(digits[2], 32), digits[3]), f64)
        high, low = m.fast_two_sum(high, m.add(low, m.mul(bottom, 2.0**-64)))
    high, low = m.mul(high, 2.0**-62), m.mul(low, 2.0**-62)
    parts = HALF_PI[fmt]
    r, r_low = m.two_prod(high, parts[0])
    r_low = m.mad(low, m.const(parts[0], a.type), r_low)
    r_low = m.mad(high, m.const(parts[1], a.type), r_low)
    if fmt is F32:
        return Angle(m.trunci(quadrant, i32), m.add(r, r_low), None)
    return Angle(quadrant, r, r_low)


# ---- evaluation ----------------------------------------------------------------------


def _turned(m: MathEmit, angle: Angle, quadrant: SSAValue) -> SSAValue:
    """sin(quadrant * pi/2 + high + low), |high| <= pi/4."""
    fmt = format_of(angle.high)
    r = angle.high if angle.low is None else m.add(angle.high, angle.low)
    z = m.mul(r, r)
    sine, cosine = (SIN_F32, COS_F32) if fmt is F32 else (SIN_F64, COS_F64)
    # + 0 keeps the sign of zero: without it -0 + 0 would end in +0.
    sin = m.fma(r, m.mad(z, m.horner(z, sine), 0.0), r)
    cos = m.horner(z, (1.0, -0.5, *cosine))
    y = m.select(m.ne(m.and_(quadrant, 1), 0), cos, sin)
    # Bit 1 of the quadrant becomes the sign.
    turned = m.and_(m.shl(quadrant, fmt.width - 2), fmt.sign)
    return _flip(m, fmt, y, turned)


def _flip(m: MathEmit, fmt: Format, y: SSAValue, sign: SSAValue) -> SSAValue:
    """Change the sign of y if the sign bit is set; all others are 0."""
    return m.bitcast(m.xor(m.bits(y), sign), fmt.type)


def _finite(m: MathEmit, x: SSAValue, y: SSAValue) -> SSAValue:
    """y, but NaN where x is infinite or NaN."""
    return m.select(m.lt(m.abs(x), float("inf")), y, m.sub(x, x))


def _sin_huge(m: MathEmit, x: SSAValue, turns: SSAValue) -> SSAValue:
    """sin(|x| + turns * pi/2), out of line; `turns` is a float 0 or 1."""
    fmt = format_of(x)
    angle = _reduce_huge(m, m.abs(x))
    # 1.0 has bit `fraction` of its exponent set, 0.0 has not.
    turn = m.and_(m.shr_u(m.bits(turns), fmt.fraction), 1)
    return _finite(m, x, _turned(m, angle, m.add(angle.quadrant, turn)))


def _tan_huge(m: MathEmit, x: SSAValue) -> SSAValue:
    """tan(|x|), out of line."""
    return _finite(m, x, _tan_of(m, _reduce_huge(m, m.abs(x))))


SIN_HUGE = {
    F32: Helper("rfx_sin_huge_f32", _sin_huge, (f32, f32)),
    F64: Helper("rfx_sin_huge_f64", _sin_huge, (f64, f64)),
}
TAN_HUGE = {
    F32: Helper("rfx_tan_huge_f32", _tan_huge, (f32,)),
    F64: Helper("rfx_tan_huge_f64", _tan_huge, (f64,)),
}
# From here on, x - n pi/2 is not within an ULP of the exact angle.
LIMIT = {F32: 39000.0, F64: 2.0**22}


def _is_huge(m: MathEmit, fmt: Format, x: SSAValue) -> SSAValue:
    return m.compare("uge", m.abs(x), LIMIT[fmt])


def _keep_zero(m: MathEmit, x: SSAValue, y: SSAValue) -> SSAValue:
    """y, but -0 for x = -0, whose sign gets lost where a low part 0 is added."""
    return m.select(m.eq(x, 0.0), x, y)


def _sin_wide(m: MathEmit, x: SSAValue, n: SSAValue, sign: SSAValue) -> SSAValue:
    """sin(x - n pi), its sign changed by the low bit of `sign`."""
    fmt = format_of(x)
    r = x
    for part in HALF_PI[fmt]:
        r = m.fma(n, m.const(-2.0 * part, x.type), r)
    z = m.mul(r, r)
    # What the rounding of z lost counts near pi/2, where sin(r) = r (1 - .14 z).
    lost = m.mul(m.fma(m.neg(r), r, z), 0.14) if fmt is F64 else 0.0
    r = _flip(m, fmt, r, m.shl(sign, fmt.width - 1))
    return m.fma(r, m.mad(z, m.horner(z, SIN_WIDE[fmt]), lost), r)


def sin(m: MathEmit, x: SSAValue) -> SSAValue:
    """Sine, by pi; f64 without fma, or beside a cosine, by pi/2, which both share.

    Bound 2.2 / 1.5 ULP.
    """
    fmt = format_of(x)
    if fmt is F32 or (m.has_fma and x not in m.turned):
        shifted = m.mad(x, m.const(INVERSE_PI, x.type), fmt.magic)
        y = _sin_wide(m, x, m.sub(shifted, fmt.magic), m.bits(shifted))
    else:
        angle = _reduce(m, x)
        y = _turned(m, angle, angle.quadrant)
    if not m.has_fma:
        y = _keep_zero(m, x, y)

    def exact(m: MathEmit) -> SSAValue:
        y = m.call(SIN_HUGE[fmt], x, m.const(0.0, x.type))
        return _flip(m, fmt, y, m.and_(m.bits(x), fmt.sign))

    return m.rare(_is_huge(m, fmt, x), exact, y)


def cos(m: MathEmit, x: SSAValue) -> SSAValue:
    """Cosine. Bound 2.2 / 1.5 ULP. f32 takes away (n + 1/2) pi."""
    fmt = format_of(x)
    if fmt is F32:
        a = m.abs(x)
        shifted = m.add(m.mad(a, m.const(INVERSE_PI, x.type), -0.5), fmt.magic)
        n = m.sub(shifted, fmt.magic)
        # cos(r + (n + 1/2) pi) = -sin(r) for even n.
        y = _sin_wide(m, a, m.add(n, 0.5), m.not_(m.bits(shifted)))
    else:
        angle = _reduce(m, x)
        y = _turned(m, angle, m.add(angle.quadrant, 1))

    def exact(m: MathEmit) -> SSAValue:
        return m.call(SIN_HUGE[fmt], x, m.const(1.0, x.type))

    return m.rare(_is_huge(m, fmt, x), exact, y)


def _tan_of(m: MathEmit, angle: Angle) -> SSAValue:
    """tan(quadrant * pi/2 + high + low): one division; -1/tan in odd quadrants."""
    r, low = angle.high, angle.low
    odd = m.ne(m.and_(angle.quadrant, 1), 0)
    z = m.mul(r, r)
    tail = None
    if low is None:
        t = m.fma(r, m.mad(z, m.horner(z, TAN_F32), 0.0), r)
    else:
        # The derivative is 1 + tan^2; z will do for its second term.
        low = m.mad(low, z, low)
        tail = m.mad(m.mul(r, z), m.horner(z, TAN_F64), low)
        t = m.add(r, tail)
    top, bottom = m.select(odd, -1.0, t), m.select(odd, t, 1.0)
    y = m.div(top, bottom)
    if tail is not None:
        # What the rounding of t lost, for -1/t alone: t / 1 is rounded already.
        lost = m.select(odd, m.sub(tail, m.sub(t, r)), 0.0)
        y = m.mad(m.mul(y, y), lost, y)
    return y


def tan(m: MathEmit, x: SSAValue) -> SSAValue:
    """Tangent. Bound 3.1 / 1.4 ULP."""
    fmt = format_of(x)
    y = _tan_of(m, _reduce(m, x, exactly=fmt is F64))
    if fmt is F64 or not m.has_fma:
        y = _keep_zero(m, x, y)

    def exact(m: MathEmit) -> SSAValue:
        y = m.call(TAN_HUGE[fmt], x)
        return _flip(m, fmt, y, m.and_(m.bits(x), fmt.sign))

    return m.rare(_is_huge(m, fmt, x), exact, y)


__all__ = ["cos", "sin", "tan"]
