"""What the elementwise ops and `rfx.convert` mean, on NumPy values.

The interpreter runs them, and `canonicalize` folds constants with them. Where NumPy
leaves a case open, the choice is made here: integer powers with negative exponents
truncate `1 / base**n`, -0 is the minimum of two zeros, and floats out of range saturate
when converted to integers.
Callers silence NumPy's floating-point warnings (`np.errstate`).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from rfxjit.dialects.elementwise import TABLE

Array = np.ndarray[Any, Any]


def evaluate(name: str, *operands: Array) -> Array:
    """One elementwise op, in the dtype of its operands."""
    if name == "pow" and operands[0].dtype.kind in "iu":
        return _integer_power(*operands)
    if name in ("minimum", "maximum") and operands[0].dtype.kind == "f":
        return _ordered(name, *operands)
    result = np.asarray(TABLE[name].numpy(*operands))
    if TABLE[name].result == "same":
        return result.astype(operands[-1].dtype, copy=False)
    return result


def _ordered(name: str, a: Array, b: Array) -> Array:
    """NumPy gives either of two zeros; here -0 is below +0."""
    first = np.signbit(a) if name == "minimum" else ~np.signbit(a)
    zeros = np.where(first, a, b)
    return np.where((a == 0) & (b == 0), zeros, TABLE[name].numpy(*(a, b)))


def _integer_power(base: Array, exponent: Array) -> Array:
    """NumPy refuses negative exponents; here they truncate 1 / base**n."""
    result = np.asarray(np.power(base, np.maximum(exponent, 0)))
    if exponent.dtype.kind == "u":
        return result
    odd = np.where(exponent & 1, -1, 1).astype(base.dtype)
    inverse = np.where(base == 1, 1, np.where(base == -1, odd, 0)).astype(base.dtype)
    return np.where(exponent < 0, inverse, result)


def convert(x: Array, dtype: np.dtype[Any]) -> Array:
    """`astype`, but floats out of range saturate and NaN is 0."""
    if x.dtype.kind != "f" or dtype.kind not in "iu":
        return x.astype(dtype)
    info = np.iinfo(cast("Any", dtype))
    wide = np.trunc(x.astype(np.float64))
    inside = (wide >= float(info.min)) & (wide < float(info.max) + 1.0)
    result = np.where(inside, wide, 0.0).astype(dtype)
    result = np.where(wide >= float(info.max) + 1.0, dtype.type(info.max), result)
    result = np.where(wide < float(info.min), dtype.type(info.min), result)
    return result.astype(dtype)
