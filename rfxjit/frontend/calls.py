"""Stand-ins for calls that NumPy's protocols do not see.

`np.array([[c, -s], [s, c]])` of traced numbers would be an object array, `np.zeros(n)`
a real array that cannot hold traced values, `math.sin(s)` and `float(s)` errors.
Rewritten code asks here first; a stand-in does what the function does, on tracers.
"""

# NumPy's and Python's functions are duck typed, and so are these.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from rfxjit import control, special
from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.hooks import call_function
from rfxjit.frontend.masked import Masked
from rfxjit.frontend.numpy_api import FUNCTIONS, REFUSED
from rfxjit.frontend.numpy_registry import call
from rfxjit.frontend.symbolic import SymDim, least
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift, python_number
from rfxjit.frontend.views import in_c_order
from rfxjit.frontend.walks import lazily, traced_range

_MATH: dict[Any, Any] = {
    math.sin: np.sin, math.cos: np.cos, math.tan: np.tan, math.asin: np.arcsin,
    math.acos: np.arccos, math.atan: np.arctan, math.atan2: np.arctan2,
    math.sinh: np.sinh, math.cosh: np.cosh, math.tanh: np.tanh,
    math.asinh: np.arcsinh, math.acosh: np.arccosh, math.atanh: np.arctanh,
    math.exp: np.exp, math.expm1: np.expm1, math.log2: np.log2,
    math.log10: np.log10, math.log1p: np.log1p, math.sqrt: np.sqrt,
    math.fabs: np.fabs, math.copysign: np.copysign, math.hypot: np.hypot,
    math.fmod: np.fmod, math.pow: np.power, math.degrees: np.degrees,
    math.radians: np.radians, math.isnan: np.isnan, math.isinf: np.isinf,
    math.isfinite: np.isfinite, math.erf: special.erf, math.erfc: special.erfc,
    math.gamma: special.gamma, math.lgamma: special.lgamma,
    **{f: special.fma for f in (getattr(math, "fma", None),) if f is not None},
}  # fmt: skip


def _has_tracer(values: Any) -> bool:
    return any(
        isinstance(v, (Tracer, SymDim, Masked))
        or (isinstance(v, (list, tuple)) and _has_tracer(v))
        for v in values
    )


def array_of(trace: Trace, values: Any, dtype: Any = None) -> Tracer:
    """As `np.array` of nested sequences of numbers and arrays."""
    if not isinstance(values, (list, tuple)):
        x = lift(trace, values)
        return x.astype(dtype) if dtype is not None else x
    if not _has_tracer(values):
        return lift(trace, np.array(values, dtype))
    from rfxjit.frontend.numpy_joins import concatenate

    parts = [array_of(trace, v) for v in cast("Sequence[Any]", values)]
    shapes = {p.shape for p in parts}
    if len(shapes) > 1:
        raise ValueError(
            "setting an array element with a sequence. The requested array has an"
            f" inhomogeneous shape: {sorted(map(str, shapes))}"
        )
    rows = [p.reshape((1, *p.shape)) for p in parts]
    kinds = [p.dtype for p in parts]
    common = np.dtype(dtype) if dtype is not None else np.result_type(*kinds)
    return concatenate([r.astype(common) for r in rows], 0)


def _array(trace: Trace, original: Any, *args: Any, **kwargs: Any) -> Any:
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 else None)
    value = args[0] if args else kwargs.pop("object")
    args = (value, *args[1:])
    if isinstance(value, Tracer):
        made = value
        if kwargs.get("copy", original is np.array or None):
            made = value.copy()
        elif original is np.ascontiguousarray:
            made = in_c_order(value)
        if made.kind != "array":
            made = Tracer(trace, made.value, "array", shape=made.shape)
        return made if dtype is None else made.astype(dtype, copy=False)
    if isinstance(value, (list, tuple)) and _has_tracer(value):
        return array_of(trace, value, dtype)
    made = lift(trace, original(*args, **kwargs))
    made.kind = "array"
    return made


def _create(trace: Trace, original: Any, *args: Any, **kwargs: Any) -> Any:
    """zeros, ones, empty, full: also of symbolic shapes and traced values."""
    bound = inspect.signature(original).bind(*args, **kwargs).arguments
    shape = bound["shape"]
    if isinstance(shape, Tracer) and shape.ndim == 1:
        shape = list(shape)
    shape = shape if isinstance(shape, (tuple, list)) else (shape,)
    shape = tuple(n if isinstance(n, SymDim) else n.__index__() for n in shape)
    if any(n < 0 for n in shape if isinstance(n, int)):
        raise ValueError("negative dimensions are not allowed")
    if bound.get("order", "C") not in ("C", "K", "A"):
        raise refuse(
            f"np.{original.__name__} in order {bound['order']!r} is not traced"
        )
    value: Any = bound.get("fill_value", 1.0 if original is np.ones else 0.0)
    x = lift(trace, value)
    converted = trace.here().convert(x.value, np.dtype(bound.get("dtype") or x.dtype))
    wide = broadcast_to(Tracer(trace, converted, "array", shape=x.shape), shape)
    return Tracer(trace, wide.value, "array", shape=shape, c_order=True)


def _concrete(trace: Trace, original: Any, *args: Any, **kwargs: Any) -> Any:
    """Made now of known numbers, held as a value that can be written to."""
    if _has_tracer((*args, *kwargs.values())):
        return call(trace, original, args, kwargs)
    made = lift(trace, original(*args, **kwargs))
    return Tracer(trace, made.value, "array", shape=made.shape)


def _arange(trace: Trace, original: Any, *args: Any, **kwargs: Any) -> Any:
    """A range of known integers is computed where it is used, of floats as NumPy does:
    from the first two.
    """
    from rfxjit.frontend.numpy_creation import iota

    if any(isinstance(v, Tracer) for v in args):
        raise refuse("the shape of np.arange of traced numbers depends on data")
    ends, dtype = [0, *args] if len(args) == 1 else list(args), kwargs.get("dtype")
    if any(isinstance(v, SymDim) for v in ends):
        start, stop, *step = ends
        if step not in ([], [1]) or least(stop - start) < 0:
            return _arange(trace, original, *map(int, ends), **kwargs)
        return np.add(iota(trace, stop - start, dtype or np.int64), start)
    made = original(*args, **kwargs)
    if made.size <= 4 or made.dtype.kind not in "iuf" or made.dtype.itemsize < 4:
        return _concrete(trace, original, *args, **kwargs)
    places: Any = iota(trace, made.size, made.dtype)
    with np.errstate(over="ignore"):
        return places * (made[1] - made[0]) + made[0]


def _eye(trace: Trace, original: Any, *args: Any, **kwargs: Any) -> Any:
    """Ones where the column minus the row is k, or not above it."""
    from rfxjit.frontend.numpy_creation import iota

    given = inspect.signature(original).bind(*args, **kwargs).arguments
    rows = given.get("N", given.get("n"))
    columns = given.get("M")
    columns = rows if columns is None else columns
    for key, value in given.items():
        if key == "order" and value != "C":
            raise refuse(f"np.{original.__name__} in order {value!r} is not traced")
    gap = iota(trace, columns) - iota(trace, rows)[:, None]
    compare = np.less_equal if original is np.tri else np.equal
    return compare(gap, given.get("k", 0)).astype(given.get("dtype") or np.float64)


def _fromfunction(
    trace: Trace, original: Any, function: Any, shape: Any, **kwargs: Any
) -> Any:
    dtype = kwargs.pop("dtype", float)
    grids = _indices(trace, np.indices, tuple(shape), dtype=dtype)
    return call_function(trace, function, tuple(grids), kwargs)


def _indices(trace: Trace, original: Any, dimensions: Any, dtype: Any = int,
             sparse: bool = False) -> Any:  # fmt: skip
    from rfxjit.frontend.numpy_creation import iota

    dimensions, rank = tuple(dimensions), len(dimensions)
    grids = [
        iota(trace, n, np.dtype(dtype)).reshape((*[1] * d, n, *[1] * (rank - 1 - d)))
        for d, n in enumerate(dimensions)
    ]
    if sparse:
        return tuple(grids)
    return np.stack([broadcast_to(g, dimensions) for g in grids])


def _finite(trace: Trace, original: Any, a: Any, dtype: Any = None) -> Any:
    x = _array(trace, np.asarray, a, dtype)
    code = trace.failure(ValueError, "array must not contain infs or NaNs")
    trace.here().require(lift(trace, np.all(np.isfinite(x))).value, code)
    return x


def _float(trace: Trace, _: Any, value: Any = 0.0) -> Any:
    return python_number(lift(trace, value).astype(np.float64))


def _int(trace: Trace, _: Any, value: Any = 0, *rest: Any) -> Any:
    if rest or not isinstance(value, Tracer):
        return int(value, *rest)
    return python_number(value.astype(np.int64))


def _bool(trace: Trace, _: Any, value: Any = False) -> Any:
    return python_number(lift(trace, value).astype(np.bool_))


def _scalar_type(trace: Trace, original: Any, value: Any = 0) -> Any:
    x = lift(trace, value).astype(original)
    return Tracer(trace, x.value, "array" if x.ndim else "scalar", shape=x.shape)


def _log(_: Trace, __: Any, x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _extreme(ufunc: np.ufunc, compare: np.ufunc) -> Callable[..., Any]:
    """Python's max and min: `b if b > a else a`, which differs from NumPy on NaN."""

    def function(_: Trace, __: Any, *values: Any) -> Any:
        items = list(values[0]) if len(values) == 1 else list(values)
        result = items[0]
        for item in items[1:]:
            result = np.where(compare(item, result), item, result)
        return result

    function.__name__ = ufunc.__name__
    return function


def _sum(_: Trace, __: Any, values: Any, start: Any = 0) -> Any:
    total = start
    for value in values:
        total = total + value
    return total


def _math(_: Trace, original: Any, *args: Any) -> Any:
    result = _MATH[original](*args)
    return python_number(result) if isinstance(result, Tracer) else result


def _rounded(ufunc: np.ufunc, _: Trace, __: Any, x: Any) -> Any:
    """`math.floor` and its kind give ints."""
    return python_number(ufunc(x).astype(np.int64))


def _len(_: Trace, __: Any, x: Any) -> Any:
    """The first size, which may be a symbol; Python's `len` gives a number."""
    if isinstance(x, Masked):
        return x.count
    return x.shape[0] if isinstance(x, Tracer) and x.ndim else len(x)


def _shape_of_call(trace: Trace, _: Any, function: Any, *args: Any) -> Any:
    from rfxjit.frontend.attempts import discarded

    return discarded(trace, lambda: call_function(trace, function, args, {}))


_ALWAYS: dict[Any, Callable[..., Any]] = {
    control.shape_of_call: _shape_of_call,
    **dict.fromkeys(
        (np.array, np.asarray, np.asanyarray, np.ascontiguousarray), _array
    ),
    **dict.fromkeys((np.zeros, np.ones, np.empty, np.full), _create),
    **dict.fromkeys((np.eye, np.identity, np.tri), _eye),
    np.linspace: _concrete,
    np.arange: _arange,
    np.indices: _indices,
    np.fromfunction: _fromfunction,
    **dict.fromkeys((enumerate, zip, reversed), lazily),
}
_IF_TRACED: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys(_MATH, _math),
    **{f: partial(_rounded, u) for f, u in (
        (math.floor, np.floor), (math.ceil, np.ceil), (math.trunc, np.trunc))},
    math.log: lambda t, f, x, base=None: python_number(_log(t, f, x, base)),
    np.asarray_chkfinite: _finite, np.isscalar: lambda t, f, x: x.kind != "array",
    float: _float, int: _int, bool: _bool, sum: _sum, len: _len, range: traced_range,
    max: _extreme(np.maximum, np.greater), min: _extreme(np.minimum, np.less),
    **dict.fromkeys(
        (np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64,
         np.uint8, np.uint16, np.uint32, np.uint64, np.bool_), _scalar_type),
}  # fmt: skip


def _nested(trace: Trace, function: Any) -> Callable[..., Any]:
    """A NumPy function that may get tracers in lists, where NumPy does not look."""

    def choose(*args: Any, **kwargs: Any) -> Any:
        values = (*args, *kwargs.values())
        lists = any(isinstance(v, (list, tuple)) and _has_tracer(v) for v in values)
        sizes = any(isinstance(v, SymDim) for v in values)
        if not lists and not sizes:
            return function(*args, **kwargs)
        if isinstance(function, np.ufunc):
            lifted = [lift(trace, v) for v in args]
            return function(*lifted, **kwargs)
        return call(trace, function, args, kwargs)

    return choose


def _refused(trace: Trace, function: Any) -> Callable[..., Any]:
    """A NumPy function that is not traced, of tracers wherever they are."""

    def choose(*args: Any, **kwargs: Any) -> Any:
        if _has_tracer((*args, *kwargs.values())):
            return call(trace, function, args, kwargs)
        return function(*args, **kwargs)

    return choose


def stand_in(trace: Trace, function: Any) -> Callable[..., Any] | None:
    """What to call instead of `function`, or None."""
    try:
        if (always := _ALWAYS.get(function)) is not None:
            return partial(always, trace, function)
        if isinstance(function, np.ufunc) or function in FUNCTIONS:
            return _nested(trace, function)
        if function in REFUSED:
            return _refused(trace, function)
        special = _IF_TRACED.get(function)
    except TypeError:  # not hashable
        return None
    if special is None:
        return None

    def choose(*args: Any, **kwargs: Any) -> Any:
        if _has_tracer((*args, *kwargs.values())):
            return special(trace, function, *args, **kwargs)
        return function(*args, **kwargs)

    return choose
