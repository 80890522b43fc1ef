"""sinpi, cospi: of angles in half turns, where the reduction is exact for every float.

x = n/2 + r,  |r| <= 1/4          sin(pi r) = r pi + r^3 P(r^2)
                                  cos(pi r) = 1 + r^2 Q(r^2)
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, MathEmit, format_of
from rfxjit.passes.math.inverse import PI

# On |r| <= 1/4, relative errors 2^-27.8 and 2^-31.1 (f32), 2^-57.8 and 2^-61.5 (f64).
SINE = {
    F32: (
        -5.1677093505859375,
        2.5498197078704834,
        -0.5895761251449585,
    ),
    F64: (
        -5.16771278004996,
        2.550164039874059,
        -0.5992645289780848,
        0.08214587022140928,
        -0.007370035058636584,
        0.0004615986789230664,
    ),
}
COSINE = {
    F32: (
        -4.934802055358887,
        4.058696746826172,
        -1.3347581624984741,
        0.22898849844932556,
    ),
    F64: (
        -4.934802200544679,
        4.058712126416667,
        -1.335262768843582,
        0.23533062979389027,
        -0.02580687610572721,
        0.001929352847381555,
        -0.00010304552389144981,
    ),
}


def _turned(m: MathEmit, x: SSAValue, quarters: int) -> SSAValue:
    """sin(pi (|x| + quarters/2)); -0 never, NaN for infinite x."""
    fmt = format_of(x)
    a = m.abs(x)
    # Whole turns away; both steps are exact, and the rest is below 2.
    y = m.sub(a, m.mul(m.trunc(m.mul(a, 0.5)), 2.0))
    shifted = m.add(m.add(y, y), fmt.magic)
    r = m.mad(m.sub(shifted, fmt.magic), m.const(-0.5, x.type), y)
    z = m.mul(r, r)
    high, low = PI[fmt]
    tail = m.mad(m.mul(r, z), m.horner(z, SINE[fmt]), m.mul(r, low))
    sine = m.mad(r, m.const(high, x.type), tail)
    cosine = m.mad(z, m.horner(z, COSINE[fmt]), 1.0)
    quadrant = m.add(m.bits(shifted), quarters)
    value = m.select(m.ne(m.and_(quadrant, 1), 0), cosine, sine)
    sign = m.shl(m.and_(quadrant, 2), fmt.width - 2)
    return m.add(m.bitcast(m.xor(m.bits(value), sign), fmt.type), 0.0)


def sinpi(m: MathEmit, x: SSAValue) -> SSAValue:
    """sin(pi x); zeros have the sign of x. Bound 1.0 / 1.0 ULP."""
    fmt = format_of(x)
    sign = m.and_(m.bits(x), fmt.sign)
    return m.bitcast(m.xor(m.bits(_turned(m, x, 0)), sign), fmt.type)


def cospi(m: MathEmit, x: SSAValue) -> SSAValue:
    """cos(pi x); zeros are +0. Bound 1.0 / 1.0 ULP."""
    return _turned(m, x, 1)


__all__ = ["cospi", "sinpi"]
