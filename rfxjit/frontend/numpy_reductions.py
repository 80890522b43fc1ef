"""Reductions of one result per row, and their running forms.

`reduce` and `accumulate` are the two cores; the rest are NumPy's functions with NumPy's
dtypes: sums and products of small integers are 64 bits wide, f16 adds up in f32.
"""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_registry import axes_of, axis_of, implements
from rfxjit.frontend.tracer import Tracer, lift

REDUCTIONS: dict[Any, str] = {
    np.add: "add", np.multiply: "mul", np.maximum: "maximum", np.minimum: "minimum",
    np.logical_and: "all", np.logical_or: "any", np.bitwise_and: "and",
    np.bitwise_or: "or",
}  # fmt: skip
"""Ufuncs that have a reduction of their own; "all" and "any" are of truth values."""
_UNIVERSAL: dict[str, Callable[..., Any]] = {
    "add": np.add, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
    "all": np.logical_and, "any": np.logical_or, "and": np.bitwise_and,
    "or": np.bitwise_or,
}  # fmt: skip


def identity(kind: str, dtype: np.dtype[Any]) -> Any:
    """What changes no reduction of that kind; for extremes, the last value taken."""
    if kind in ("maximum", "minimum"):
        if dtype.kind == "f":
            return dtype.type(-np.inf if kind == "maximum" else np.inf)
        if dtype.kind == "b":
            return np.bool_(kind == "minimum")
        info = np.iinfo(cast("Any", dtype))
        return dtype.type(info.min if kind == "maximum" else info.max)
    ones = np.bool_(True) if dtype.kind == "b" else dtype.type(0) - dtype.type(1)
    values = {"add": 0, "mul": 1, "all": True, "any": False, "and": ones, "or": 0}
    return dtype.type(values[kind])


def _wide_integers(kind: str, x: Any) -> np.dtype[Any]:
    if kind in ("add", "mul") and x.dtype.kind in "biu" and x.dtype.itemsize < 8:
        return np.dtype(np.uint64 if x.dtype.kind == "u" else np.int64)
    return x.dtype


def reduce(
    x: Any, kind: str, axis: Any, *, keepdims: bool = False, dtype: Any = None,
    initial: Any = np._NoValue, where: Any = True,
) -> Tracer:  # fmt: skip
    """Reduce as the ufunc of that kind; "argmax" and "argmin" are kinds as well.

    `initial` joins the result at the end: of floats the last bit may differ.
    """
    axes = axes_of(axis, x.ndim)
    result = _wide_integers(kind, x) if dtype is None else np.dtype(dtype)
    if kind in ("all", "any"):
        result = np.dtype(np.bool_)
    name = {"all": "and", "any": "or"}.get(kind, kind)
    if result.kind == "b" and name in ("add", "mul"):
        name = {"add": "or", "mul": "and"}[name]
    extreme = kind in ("maximum", "minimum", "argmax", "argmin")
    if where is not True:
        if extreme and (initial is np._NoValue or initial is None):
            raise ValueError(
                f"reduction operation '{kind}' does not have an identity, so to use a"
                " where mask one has to specify 'initial'"
            )
        x = np.where(where, x.astype(result), identity(kind, result))
    elif extreme and (initial is np._NoValue or initial is None):
        for a in axes:
            if isinstance(x.shape[a], int) and x.shape[a] == 0:
                raise ValueError(
                    f"zero-size array to reduction operation {kind} which has no"
                    " identity"
                    if kind[:3] != "arg"
                    else f"attempt to get {kind} of an empty sequence"
                )
    computed = np.dtype(np.float32) if (
        result == np.float16 and name in ("add", "mul")) else result  # fmt: skip
    x = x if x.dtype == computed else x.astype(computed)
    value = x.trace.here().reduce(x.value, name, axes) if axes else x.value
    shape = tuple(n for d, n in enumerate(x.shape) if d not in axes)
    made = Tracer(x.trace, value, "array" if shape else "scalar", shape=shape)
    if kind[:3] != "arg" and made.dtype != result:
        made = made.astype(result)
    if initial is not np._NoValue and initial is not None:
        first = lift(x.trace, initial).astype(result)
        made = cast("Tracer", _UNIVERSAL[kind](first, made))
    if keepdims:
        return made.reshape(tuple(1 if d in axes else n for d, n in enumerate(x.shape)))
    return made


def accumulate(x: Any, name: str, axis: int, dtype: Any = None) -> Tracer:
    """All partial results along an axis, one after the other, as the ufunc's
    `accumulate`; `name` is a row of the elementwise table.
    """
    x = x.astype(dtype or _wide_integers(name, x))
    if x.dtype.kind == "b" and name in ("add", "mul"):
        name = {"add": "or", "mul": "and"}[name]
    value = x.trace.here().scan(x.value, name, axis)
    return Tracer(x.trace, value, "array", shape=x.shape)


# ---- sums, products, extremes, truth ------------------------------------------------


@implements("sum", arrays="a")
def _sum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False,
         initial: Any = np._NoValue, where: Any = True) -> Any:  # fmt: skip
    return reduce(a, "add", axis, keepdims=bool(keepdims), dtype=dtype,
                  initial=initial, where=where)  # fmt: skip


@implements("prod")
def _prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False,
          initial: Any = np._NoValue, where: Any = True) -> Any:  # fmt: skip
    return reduce(a, "mul", axis, keepdims=bool(keepdims), dtype=dtype,
                  initial=initial, where=where)  # fmt: skip


def _bounded(kind: str, *names: str) -> None:
    def function(a: Any, axis: Any = None, keepdims: Any = False,
                 initial: Any = np._NoValue, where: Any = True) -> Any:  # fmt: skip
        return reduce(
            a, kind, axis, keepdims=bool(keepdims), initial=initial, where=where
        )

    implements(*names)(function)


_bounded("maximum", "max", "amax")
_bounded("minimum", "min", "amin")
_bounded("any", "any")
_bounded("all", "all")


def _search(kind: str) -> None:
    def function(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        keep = bool(keepdims)
        if axis is not None:
            return reduce(a, kind, axis_of(axis, a.ndim), keepdims=keep)
        found = reduce(a.reshape(-1), kind, 0)
        return found.reshape((1,) * a.ndim) if keep else found

    implements(kind)(function)


_search("argmax")
_search("argmin")


@implements("ptp")
def _ptp(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return np.subtract(
        np.max(a, axis, keepdims=keepdims),
        np.min(a, axis, keepdims=keepdims),
    )


@implements("count_nonzero")
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    truth = a if a.dtype.kind == "b" else cast("Tracer", np.not_equal(a, 0))
    return reduce(truth, "add", axis, keepdims=bool(keepdims))


# ---- moments -----------------------------------------------------------------------


def count(x: Any, axis: Any, where: Any = True) -> Tracer:
    """How many elements a reduction over `axis` takes together."""
    if where is not True:
        taken = np.broadcast_to(where, x.shape)
        return reduce(lift(x.trace, taken), "add", axis)
    total: Any = 1
    for a in axes_of(axis, x.ndim):
        total = total * x.shape[a]
    return lift(x.trace, total)


@implements("mean")
def mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False,
         *, where: Any = True) -> Any:  # fmt: skip
    """As `np.mean`: integers in float64, float16 summed in float32."""
    result = np.dtype(dtype or (a.dtype if a.dtype.kind == "f" else np.float64))
    wide = np.dtype(np.float32) if result == np.float16 else result
    total = reduce(a, "add", axis, keepdims=bool(keepdims), dtype=wide, where=where)
    n = count(a, axis, where)
    if n.ndim:
        n = n.reshape(total.shape)
    return np.true_divide(total, n.astype(wide)).astype(result)


@implements("var")
def var(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0,
        keepdims: Any = False, *, where: Any = True, mean: Any = np._NoValue,
        correction: Any = np._NoValue) -> Any:  # fmt: skip
    """As `np.var`: the mean first, then the mean of squares around it."""
    if correction is not np._NoValue:
        if not (isinstance(ddof, int) and ddof == 0):
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    result = np.dtype(dtype or (a.dtype if a.dtype.kind == "f" else np.float64))
    wide = np.dtype(np.float32) if result == np.float16 else result
    x = a.astype(wide)
    if mean is np._NoValue:
        mean = np.mean(x, axis, keepdims=True, where=where)
    centred = np.subtract(x, mean)
    total = reduce(
        np.square(centred), "add", axis, keepdims=bool(keepdims), where=where
    )
    # As NumPy: with no degree of freedom left the result is inf or NaN.
    left = np.maximum(count(a, axis, where) - ddof, 0)
    if left.ndim:
        left = left.reshape(total.shape)
    return np.true_divide(total, left.astype(wide)).astype(result)


@implements("std")
def _std(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0,
         keepdims: Any = False, *, where: Any = True, mean: Any = np._NoValue,
         correction: Any = np._NoValue) -> Any:  # fmt: skip
    return np.sqrt(var(a, axis, dtype, ddof, keepdims, where=where, mean=mean,
                       correction=correction))  # fmt: skip


@implements("average", arrays="a weights")
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False,
             *, keepdims: Any = False) -> Any:  # fmt: skip
    if weights is None:
        result = np.mean(a, axis, keepdims=bool(keepdims))
        scale: Any = count(a, axis).astype(result.dtype)
    else:
        exact = a.dtype.kind in "iub"
        result_dtype = np.result_type(a.dtype, weights.dtype, *["f8"] * exact)
        if a.shape != weights.shape:
            if axis is None:
                raise TypeError(
                    "Axis must be specified when shapes of a and weights differ."
                )
            if weights.ndim != 1:
                raise refuse("np.average is traced for weights of one axis, or of all")
            at = axis_of(axis, a.ndim)
            if weights.shape[0] != a.shape[at]:
                raise ValueError(
                    "Shape of weights must be consistent with shape of a along"
                    " specified axis."
                )
            weights = weights.reshape((-1, *[1] * (a.ndim - 1 - at)))
            weights = lift(a.trace, np.broadcast_to(weights, a.shape))
        scale = reduce(weights, "add", axis, keepdims=bool(keepdims),
                       dtype=result_dtype)  # fmt: skip
        code = a.trace.failure(
            ZeroDivisionError, "Weights sum to zero, can't be normalized"
        )
        some = np.all(np.not_equal(scale, 0))
        a.trace.here().require(lift(a.trace, some).value, code)
        product = np.multiply(a, weights, dtype=result_dtype)
        total = reduce(product, "add", axis, keepdims=bool(keepdims))
        result = np.true_divide(total, scale)
    if returned:
        return result, np.broadcast_to(scale, result.shape).copy()
    return result


# ---- running sums and products -----------------------------------------------------


def _running(name: str, *names: str) -> None:
    def function(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        if axis is None:
            a, axis = a.reshape(-1), 0
        a = a.reshape(1) if a.ndim == 0 else a
        return accumulate(a, name, axis_of(axis, a.ndim), dtype)

    implements(*names)(function)


_running("add", "cumsum")
_running("mul", "cumprod")


def _cumulative(name: str, fill: int, *names: str) -> None:
    def function(x: Any, /, *, axis: Any = None, dtype: Any = None,
                 include_initial: bool = False) -> Any:  # fmt: skip
        if axis is None:
            if x.ndim > 1:
                raise ValueError(
                    "For arrays which have more than one dimension ``axis`` argument"
                    " is required."
                )
            axis = 0
        axis = axis_of(axis, x.ndim)
        result = accumulate(x, name, axis, dtype)
        if include_initial:
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            first = np.full(shape, fill, result.dtype)
            return np.concatenate([first, result], axis)
        return result

    implements(*names)(function)


_cumulative("add", 0, "cumulative_sum")
_cumulative("mul", 1, "cumulative_prod")
