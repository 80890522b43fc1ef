"""The parts of a float at the loops level: exponent, fraction, neighbours; all exact.

Each is NumPy's function on the bits, for subnormal and special values too, with integer
arithmetic and products by powers of two alone.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.ir import INTEGERS, dtype_of, f16, f32
from rfxjit.passes.emit import Emit


def _layout(type_: Attribute) -> tuple[Attribute, int, int]:
    """The integer type of the bits of a float type, its stored fraction, its bias."""
    info = np.finfo(dtype_of(type_))
    return INTEGERS[info.bits], info.nmant, int(info.maxexp) - 1


def nextafter(
    m: Emit, kind: str, type_: Attribute, a: SSAValue, b: SSAValue
) -> SSAValue:
    """One step along the bit patterns; of equal values C takes b, NumPy's f16 a."""
    whole, _, _ = _layout(type_)
    step = m.select(m.xor(m.lt(a, b), m.lt(a, 0.0)), m.const(1, whole), -1)
    moved = m.bitcast(m.add(m.bitcast(a, whole), step), type_)
    least = m.copysign(m.bitcast(m.const(1, whole), type_), b)
    result = m.select(m.eq(a, 0.0), least, moved)
    result = m.select(m.eq(a, b), a if type_ == f16 else b, result)
    return m.select(m.or_(m.isnan(a), m.isnan(b)), m.add(a, b), result)


def ldexp(m: Emit, kind: str, type_: Attribute, x: SSAValue, n: SSAValue) -> SSAValue:
    """`x * 2**n`: two steps that bring n into the range of exponents, then one factor.

    A step downwards leaves the bits of a whole fraction, so that only the last product
    rounds; where an earlier one would, the result is 0 anyway.
    """
    if type_ == f16:
        wide = ldexp(m, kind, f32, m.extf(x, f32), m.extf(n, f32))
        return m.truncf(wide, f16)
    whole, stored, bias = _layout(type_)
    limit = 2.0 * (bias + stored)
    bounded = m.select(m.isnan(n), 0.0, m.max(m.min(n, limit), -limit))
    e = m.fptosi(bounded, whole)
    low = 1 - bias + stored + 1
    for _ in range(2):
        up, down = m.gt(e, bias), m.lt(e, 1 - bias)
        factor = m.select(up, m.const(2.0**bias, type_), 1.0)
        x = m.mul(x, m.select(down, m.const(2.0**low, type_), factor))
        moved = m.select(up, m.const(bias, whole), 0)
        e = m.sub(e, m.select(down, m.const(low, whole), moved))
    return m.mul(x, m.bitcast(m.shl(m.add(e, bias), stored), type_))


def _parts(
    m: Emit, type_: Attribute, x: SSAValue
) -> tuple[SSAValue, SSAValue, SSAValue, SSAValue]:
    """The bits of x, scaled if it is subnormal; whether it is; its biased exponent;
    and whether x is 0, infinite or NaN, so that it has no exponent.
    """
    whole, stored, bias = _layout(type_)
    tiny = m.lt(m.abs(x), 2.0 ** (1 - bias))
    bits = m.bitcast(m.select(tiny, m.mul(x, 2.0 ** (stored + 1)), x), whole)
    biased = m.and_(m.shr_u(bits, stored), 2 * bias + 1)
    plain = m.and_(m.lt(m.abs(x), float("inf")), m.ne(x, 0.0))
    return bits, tiny, biased, m.not_(plain)


def fraction(m: Emit, kind: str, type_: Attribute, x: SSAValue) -> SSAValue:
    """x with the exponent of the numbers from 1/2 to 1."""
    _, stored, bias = _layout(type_)
    bits, _, biased, special = _parts(m, type_, x)
    moved = m.add(m.sub(bits, m.shl(biased, stored)), (bias - 1) << stored)
    return m.select(special, x, m.bitcast(moved, type_))


def exponent(m: Emit, kind: str, type_: Attribute, x: SSAValue) -> SSAValue:
    """How far the exponent of x is from that of its fraction."""
    whole, stored, bias = _layout(type_)
    _, tiny, biased, special = _parts(m, type_, x)
    lost = m.select(tiny, m.const(bias - 1 + stored + 1, whole), bias - 1)
    return m.sitofp(m.select(special, 0, m.sub(biased, lost)), type_)
