"""Ufuncs that are composed of others, or that are more than elementwise.

`COMPOSED` maps a ufunc, or a ufunc with the kinds of its operands' dtypes where only
these need it, to a function of operands that have the dtypes of NumPy's loop. `WHOLE`
holds those whose operands are not broadcast against each other, or not of one dtype.
"""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from rfxjit.frontend.numpy_products import matmul, matvec, vecdot, vecmat
from rfxjit.frontend.tracer import Tracer, broadcast_to, elementwise, lift

_BOOL = np.dtype(np.bool_)


def op(name: str, *operands: Any) -> Tracer:
    """One op of the table on operands of one dtype."""
    return elementwise(operands[0].trace, name, operands, [x.dtype for x in operands])


def number(like: Tracer, value: Any) -> Tracer:
    """A number in the dtype of a tracer."""
    return lift(like.trace, like.dtype.type(value))


def truth(x: Tracer) -> Tracer:
    """Whether an element is not zero."""
    return x if x.dtype.kind == "b" else cast("Tracer", np.not_equal(x, 0))


def _logical(name: str) -> Callable[..., Tracer]:
    return lambda a, b: op(name, truth(a), truth(b))


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy computes these of f16 in f32, and rounds once."""

    def computed(*operands: Tracer) -> Any:
        if operands[0].dtype != np.float16:
            return function(*operands)
        return function(*(x.astype(np.float32) for x in operands)).astype(np.float16)

    return computed


def _logaddexp(exp: Any, log1p: Callable[[Any], Any], log2: float) -> Any:
    """`high + log(1 + exp(low - high))`; of equal ones `x + log 2`, also infinite."""

    def function(a: Tracer, b: Tracer) -> Any:
        high, low = np.maximum(a, b), np.minimum(a, b)
        equal = np.equal(a, b)
        gap = np.where(equal, number(a, 0), low - high)
        return high + np.where(equal, number(a, log2), log1p(exp(gap)))

    return _wide(function)


def _scaled(a: float, b: float) -> Callable[..., Any]:
    """`x * (a / b)`, the quotient of f32 in f32."""
    return _wide(lambda x: op("mul", x, number(x, x.dtype.type(a) / x.dtype.type(b))))


def _reciprocal(a: Any) -> Any:
    """1 / a, of integers rounded towards zero: 1, -1 or 0."""
    if a.dtype.kind == "f":
        return number(a, 1) / a
    if a.dtype.kind == "u":
        return np.where(np.equal(a, 1), a, number(a, 0))
    unit = np.logical_or(np.equal(a, 1), np.equal(a, -1))
    return np.where(unit, a, number(a, 0))


def _heaviside(a: Any, b: Any) -> Any:
    zero, one = number(a, 0), number(a, 1)
    step = np.where(a > 0, one, np.where(a < 0, zero, b))
    return np.where(np.isnan(a), a, step)


def _spacing(a: Any) -> Any:
    """To the next float away from zero, signed; of f16 always to the next above."""
    half = a.dtype == np.float16
    end = number(a, np.inf) if half else np.copysign(number(a, np.inf), a)
    step = np.where(
        np.equal(a, 0), number(a, np.finfo(a.dtype).smallest_subnormal),
        op("sub", op("nextafter", a, end), a),
    )  # fmt: skip
    return np.where(np.isinf(a), number(a, np.nan), step)


def _modf(a: Any) -> Any:
    whole = np.trunc(a)
    rest = np.where(np.isinf(a), number(a, 0), op("sub", a, whole))
    return np.copysign(rest, a), whole


def _ldexp(a: Any, n: Any) -> Any:
    # Beyond these every result has overflowed or is 0; integers up to 2048 are in f16.
    bounded = np.minimum(np.maximum(n, number(n, -2047)), number(n, 2047))
    if a.dtype != np.float16:
        bounded = np.minimum(np.maximum(n, number(n, -5000)), number(n, 5000))
    return op("ldexp", a, bounded.astype(a.dtype))


def _lcm(a: Any, b: Any) -> Any:
    common = op("gcd", a, b)
    some = np.where(np.equal(common, 0), number(a, 1), common)
    # By unsigned division: the absolute value of the smallest integer has no sign.
    unsigned = np.dtype(f"u{a.dtype.itemsize}")
    quotient = op("abs", a).astype(unsigned) // some.astype(unsigned)
    product = op("mul", quotient.astype(a.dtype), op("abs", b))
    return np.where(np.equal(common, 0), number(a, 0), product)


def _bitwise_count(a: Any) -> Any:
    """The ones in the absolute value: sums of bits in pairs, nibbles, bytes, words."""
    wide = np.dtype(np.uint64)
    x = op("abs", a).astype(np.dtype(f"u{a.dtype.itemsize}")).astype(wide)

    def masked(value: Tracer, mask: int) -> Tracer:
        return op("and", value, number(value, mask))

    def shifted(value: Tracer, by: int) -> Tracer:
        return op("shr", value, number(value, by))

    x = op("sub", x, masked(shifted(x, 1), 0x5555555555555555))
    pairs = 0x3333333333333333
    x = op("add", masked(x, pairs), masked(shifted(x, 2), pairs))
    x = masked(op("add", x, shifted(x, 4)), 0x0F0F0F0F0F0F0F0F)
    return shifted(op("mul", x, number(x, 0x0101010101010101)), 56)


def _mixed(name: str, *, negative: bool, swapped: bool) -> Callable[..., Any]:
    """int64 compared with uint64; `negative` is what a negative integer gives."""

    def compare(a: Any, b: Any) -> Any:
        signed = b if swapped else a
        below = np.less(signed, number(signed, 0))
        unsigned = np.dtype(np.uint64)
        both = op(name, a.astype(unsigned), b.astype(unsigned))
        known = number(both, negative)
        return np.where(below, known, both)

    return compare


def _constant(value: bool) -> Callable[[Tracer], Tracer]:
    return lambda a: broadcast_to(lift(a.trace, np.bool_(value)), a.shape)


def _divmod(a: Any, b: Any) -> Any:
    return np.floor_divide(a, b), np.remainder(a, b)


COMPOSED: dict[Any, Callable[..., Any]] = {
    np.logical_and: _logical("and"), np.logical_or: _logical("or"),
    np.logical_xor: _logical("xor"),
    np.logical_not: lambda a: op("not", truth(a)),
    np.positive: lambda a: a.copy(), np.conjugate: lambda a: a.copy(),
    np.reciprocal: _reciprocal,
    **dict.fromkeys((np.deg2rad, np.radians), _scaled(math.pi, 180.0)),
    **dict.fromkeys((np.rad2deg, np.degrees), _scaled(180.0, math.pi)),
    np.float_power: lambda a, b: op("pow", a, b),
    np.logaddexp: _logaddexp(np.exp, np.log1p, math.log(2.0)),
    np.logaddexp2: _logaddexp(
        np.exp2, lambda x: np.log1p(x) * number(x, 1.0 / math.log(2.0)), 1.0),
    np.fabs: lambda a: op("abs", a), np.heaviside: _heaviside, np.spacing: _spacing,
    np.modf: _modf, np.frexp: lambda a: (op("fraction", a), op("exponent", a)),
    np.ldexp: _ldexp, np.lcm: _lcm, np.divmod: _divmod,
    (np.gcd, "b"): lambda a, b: op("or", a, b),
    (np.add, "b"): lambda a, b: op("or", a, b),
    (np.multiply, "b"): lambda a, b: op("and", a, b),
    (np.absolute, "b"): lambda a: a.copy(),
    **{(f, kind): lambda a: a.copy() for f in (np.floor, np.ceil, np.trunc, np.rint)
       for kind in "biu"},
    **{(f, kind): lambda a, b, name=name: op(name, a, b)
       for f, name in ((np.fmin, "minimum"), (np.fmax, "maximum")) for kind in "biu"},
    **{(f, kind): _constant(f is np.isfinite)
       for f in (np.isnan, np.isinf, np.isfinite) for kind in "biu"},
}  # fmt: skip
for _name, _compare, _less in (
    ("eq", np.equal, False), ("ne", np.not_equal, True), ("lt", np.less, True),
    ("le", np.less_equal, True), ("gt", np.greater, False),
    ("ge", np.greater_equal, False),
):  # fmt: skip
    # With the signed operand on the right, less turns into greater.
    _right = _less if _name in ("eq", "ne") else not _less
    COMPOSED[_compare, "i", "u"] = _mixed(_name, negative=_less, swapped=False)
    COMPOSED[_compare, "u", "i"] = _mixed(_name, negative=_right, swapped=True)
if hasattr(np, "bitwise_count"):
    COMPOSED[np.bitwise_count] = _bitwise_count


def _isnat(a: Tracer) -> Tracer:
    raise TypeError(
        "ufunc 'isnat' is only defined for np.datetime64 and np.timedelta64."
    )


WHOLE: dict[Any, Callable[..., Any]] = {np.matmul: matmul, np.isnat: _isnat}
for _name, _function in {"vecdot": vecdot, "matvec": matvec, "vecmat": vecmat}.items():
    if hasattr(np, _name):
        WHOLE[getattr(np, _name)] = _function
