"""Functions that create arrays: like others, ranges, grids."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

import numpy as np

from rfxjit.frontend.context import Trace
from rfxjit.frontend.numpy_choice import common_dtype
from rfxjit.frontend.numpy_registry import axis_of, implements, lift_all
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift, sizes


def _filled(a: Any, value: Any, dtype: Any, shape: Any) -> Any:
    trace = a.trace
    x = lift(trace, value)
    made = x.astype(a.dtype if dtype is None else dtype)
    made = Tracer(trace, made.value, "array", shape=made.shape)
    if shape is None:
        shape = a.shape
    elif not isinstance(shape, (tuple, list)):
        shape = (shape,)
    return broadcast_to(made, tuple(shape))


@implements("zeros_like", "empty_like")
def _zeros_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    return _filled(a, 0, dtype, shape)


@implements("ones_like")
def _ones_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    return _filled(a, 1, dtype, shape)


@implements("full_like")
def _full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    return _filled(a, fill_value, dtype, shape)


# ---- ranges ------------------------------------------------------------------------


def iota(trace: Trace, n: Any, dtype: Any = np.int64) -> Tracer:
    """0, 1, …, n - 1, computed where it is used."""
    value = trace.here().iota(dtype, 0, sizes(trace, [n]))
    return Tracer(trace, value, "array", shape=(n,))


@implements("linspace", arrays="start stop", weak=True)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, retstep: Any = False,
    dtype: Any = None, axis: Any = 0,
) -> Any:  # fmt: skip
    """As `np.linspace`: `start + i * step`, the end set exactly."""
    num = num.__index__()
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    computed = np.result_type(common_dtype(start, stop), 0.0)
    integer = dtype is not None and np.dtype(dtype).kind in "iu"
    result = np.dtype(dtype or computed)
    first, last = start.astype(computed), stop.astype(computed)
    delta = np.subtract(last, first)
    steps = num - 1 if endpoint else num
    shape = (num, *[1] * delta.ndim)
    places = iota(start.trace, num, computed).reshape(shape)
    if steps > 0:
        step = np.true_divide(delta, computed.type(steps))
        # Where the step vanishes, the quotient is taken last, as NumPy does.
        plain = np.multiply(places, step)
        exact = np.multiply(np.true_divide(places, computed.type(steps)), delta)
        y = np.where(np.any(np.equal(step, 0)), exact, plain)
    else:
        step = lift(start.trace, np.full((), np.nan, computed))
        y = np.multiply(places, delta)
    y = np.add(y, first)
    if endpoint and num > 1:
        y = np.concatenate([y[:-1], np.broadcast_to(last, (1, *y.shape[1:]))])
    if axis != 0:
        y = np.moveaxis(y, 0, axis_of(axis, y.ndim))
    if integer:
        y = np.floor(y)
    y = y.astype(result)
    return (y, step) if retstep else y


@implements("logspace", arrays="start stop base", weak=True)
def _logspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True,
              base: Any = 10.0, dtype: Any = None, axis: Any = 0) -> Any:  # fmt: skip
    base = 10.0 if base is None else base
    y = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    computed = np.result_type(common_dtype(start, stop, *_tracers(base)), 0.0)
    return y.astype(computed if dtype is None else dtype)


def _tracers(*values: Any) -> list[Tracer]:
    return [v for v in values if isinstance(v, Tracer)]


@implements("geomspace", arrays="start stop")
def _geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True,
               dtype: Any = None, axis: Any = 0) -> Any:  # fmt: skip
    num = num.__index__()
    # As NumPy: never below float64, unless that is asked for.
    given = np.float64 if dtype is None else np.dtype(dtype)
    computed = np.result_type(start.dtype, stop.dtype, 0.0, given)
    wide = [x.astype(computed) for x in (start, stop)]
    code = start.trace.failure(ValueError, "Geometric sequence cannot include zero")
    some = np.all(np.logical_and(np.not_equal(start, 0), np.not_equal(stop, 0)))
    start.trace.here().require(lift(start.trace, some).value, code)
    sign = np.sign(wide[0])
    first, last = (np.divide(x, sign) for x in wide)
    logs = linspace(np.log10(first), np.log10(last), num, endpoint)
    result = np.power(10.0, logs)
    # The ends are what was given, not what came out of the logarithm.
    if num > 0:
        ends = [np.broadcast_to(first, result.shape[1:])[None]]
        if num > 1 and endpoint:
            ends += [result[1:-1], np.broadcast_to(last, result.shape[1:])[None]]
        else:
            ends += [result[1:]]
        result = np.concatenate(ends)
    result = np.multiply(result, sign)
    if axis != 0:
        result = np.moveaxis(result, 0, axis_of(axis, result.ndim))
    return result if dtype is None else result.astype(dtype)


@implements("meshgrid", arrays="")
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False,
              indexing: str = "xy") -> Any:  # fmt: skip
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    rank = len(xi)
    grids = [
        x.reshape((*[1] * i, -1, *[1] * (rank - 1 - i)))
        for i, x in enumerate(lift_all(xi))
    ]
    if indexing == "xy" and rank > 1:
        grids = [np.swapaxes(g, 0, 1) for g in grids]
    if not sparse:
        grids = np.broadcast_arrays(*grids)
        grids = [g.copy() if copy else g for g in grids]
    return tuple(grids)


@implements("result_type", arrays="")
def _result_type(*arrays_and_dtypes: Any) -> Any:
    return np.result_type(*(
        {"float": 0.0, "int": 0, "bool": False}.get(x.kind, x.dtype)
        if isinstance(x, Tracer) else x for x in arrays_and_dtypes
    ))  # fmt: skip


@implements("common_type", arrays="")
def _common_type(*arrays: Any) -> Any:
    if any(x.dtype.kind == "b" for x in lift_all(arrays)):
        raise TypeError("can't get common type for non-numeric array")
    floats = [x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
              for x in lift_all(arrays)]  # fmt: skip
    return np.result_type(*floats).type


@implements("min_scalar_type")
def _min_scalar_type(a: Any, /) -> Any:
    return a.dtype


@implements("astype", arrays="x")
def _astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    return x.astype(dtype)
