"""Reductions that leave NaN out, as NumPy's nan functions; integers have none."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rfxjit.frontend.numpy_composed import number
from rfxjit.frontend.numpy_registry import implements
from rfxjit.frontend.tracer import lift


def _ignoring_nan(name: str, reduction: Callable[..., Any], fill: float) -> None:
    def function(a: Any, axis: Any = None, dtype: Any = None,
                 keepdims: Any = False) -> Any:  # fmt: skip
        kept = a
        if a.dtype.kind == "f":
            kept = np.where(np.isnan(a), number(a, fill), a)
        return reduction(kept, axis=axis, dtype=dtype, keepdims=bool(keepdims))

    implements(name)(function)


_ignoring_nan("nansum", np.sum, 0.0)
_ignoring_nan("nanprod", np.prod, 1.0)


def _ignoring_nan_running(name: str, running: Callable[..., Any], fill: float) -> None:
    def function(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        kept = np.where(np.isnan(a), number(a, fill), a) if a.dtype.kind == "f" else a
        return running(kept, axis=axis, dtype=dtype)

    implements(name)(function)


_ignoring_nan_running("nancumsum", np.cumsum, 0.0)
_ignoring_nan_running("nancumprod", np.cumprod, 1.0)


def _nan_extreme(name: str, reduction: Callable[..., Any], fill: float) -> None:
    def function(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
        if a.dtype.kind != "f":
            return reduction(a, axis=axis, keepdims=bool(keepdims))
        nan = np.isnan(a)
        result = reduction(np.where(nan, number(a, fill), a), axis=axis,
                           keepdims=bool(keepdims))  # fmt: skip
        empty = np.all(nan, axis=axis, keepdims=bool(keepdims))
        return np.where(empty, number(a, np.nan), result)[()]

    implements(name)(function)


_nan_extreme("nanmax", np.max, -np.inf)
_nan_extreme("nanmin", np.min, np.inf)


def _nan_search(name: str, search: Callable[..., Any], fill: float) -> None:
    def function(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        if a.dtype.kind != "f":
            return search(a, axis=axis, keepdims=bool(keepdims))
        nan = np.isnan(a)
        code = a.trace.failure(ValueError, "All-NaN slice encountered")
        some = np.all(np.logical_not(np.all(nan, axis=axis)))
        a.trace.here().require(lift(a.trace, some).value, code)
        return search(np.where(nan, number(a, fill), a), axis=axis,
                      keepdims=bool(keepdims))  # fmt: skip

    implements(name)(function)


_nan_search("nanargmax", np.argmax, -np.inf)
_nan_search("nanargmin", np.argmin, np.inf)


@implements("nanmean")
def _nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    if a.dtype.kind != "f":
        return np.mean(a, axis=axis, dtype=dtype, keepdims=bool(keepdims))
    keep = np.logical_not(np.isnan(a))
    result = np.dtype(dtype or a.dtype)
    wide = np.dtype(np.float32) if result == np.float16 else result
    kept = np.where(keep, a, number(a, 0)).astype(wide)
    total = np.sum(kept, axis=axis, keepdims=bool(keepdims))
    n = np.sum(keep, axis=axis, keepdims=bool(keepdims))
    return np.true_divide(total, lift(a.trace, n).astype(wide)).astype(result)


@implements("nanvar")
def _nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0,
            keepdims: Any = False, *, correction: Any = None) -> Any:  # fmt: skip
    ddof = ddof if correction is None else correction
    if a.dtype.kind != "f":
        return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=bool(keepdims))
    result = np.dtype(dtype or a.dtype)
    wide = a.astype(np.float32) if result == np.float16 else a.astype(result)
    keep = np.logical_not(np.isnan(wide))
    n = np.sum(keep, axis=axis, keepdims=True).astype(wide.dtype)
    zero = number(wide, 0)
    mean = np.true_divide(np.sum(np.where(keep, wide, zero), axis, keepdims=True), n)
    centred = np.where(keep, np.subtract(wide, mean), zero)
    total = np.sum(np.square(centred), axis=axis, keepdims=bool(keepdims))
    left = np.sum(keep, axis=axis, keepdims=bool(keepdims)).astype(wide.dtype) - ddof
    value = np.true_divide(total, left)
    return np.where(np.less_equal(left, 0), number(wide, np.nan), value).astype(result)[
        ()
    ]


@implements("nanstd")
def _nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0,
            keepdims: Any = False, *, correction: Any = None) -> Any:  # fmt: skip
    return np.sqrt(_nanvar(a, axis, dtype, ddof, keepdims, correction=correction))
