"""Functions of whole rows: calls along an axis, counts in bins, bits, polynomials."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import itertools
from typing import Any, cast

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.hooks import call_function
from rfxjit.frontend.numpy_composed import truth
from rfxjit.frontend.numpy_creation import iota, linspace
from rfxjit.frontend.numpy_registry import axis_of, implements, static_size
from rfxjit.frontend.numpy_series import searchsorted
from rfxjit.frontend.tracer import lift

ROWS = 64
"""`np.apply_along_axis` traces its function once for each row, up to so many."""


@implements("apply_along_axis", arrays="arr")
def _apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any,
                      **kwargs: Any) -> Any:  # fmt: skip
    axis = axis_of(axis, arr.ndim)
    moved = np.moveaxis(arr, axis, -1)
    outer = tuple(static_size(moved, d) for d in range(arr.ndim - 1))
    count = int(np.prod(outer))
    if count == 0:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    if count > ROWS:
        raise refuse(
            f"np.apply_along_axis over more than {ROWS} rows is not traced",
            "write the function for whole arrays, with axis=",
        )
    rows = [
        lift(arr.trace, call_function(arr.trace, func1d, (moved[place], *args), kwargs))
        for place in itertools.product(*map(range, outer))
    ]
    result = np.stack(rows).reshape((*outer, *rows[0].shape))
    inner = rows[0].ndim
    order = list(range(len(outer)))
    order[axis:axis] = range(len(outer), len(outer) + inner)
    return np.transpose(result, order)


@implements("apply_over_axes", arrays="a")
def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        result = call_function(a.trace, func, (a, axis_of(axis, a.ndim)), {})
        a = result if result.ndim == a.ndim else np.expand_dims(result, axis)
        if a.ndim != result.ndim and result.ndim != a.ndim - 1:
            raise ValueError("function is not returning an array of the correct shape")
    return a


# ---- counts ------------------------------------------------------------------------


@implements("histogram", arrays="a weights")
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None,  # noqa: A002 - NumPy's name
               weights: Any = None) -> Any:  # fmt: skip
    if isinstance(bins, str):
        raise refuse("np.histogram with named bins has a shape that depends on data")
    x = a.reshape(-1)
    if isinstance(bins, int):
        if bins < 1:
            raise ValueError("`bins` must be positive, when an integer")
        edges = _edges(x, bins, range)
    else:
        edges = lift(a.trace, bins)
    if edges.ndim != 1:
        raise ValueError("`bins` must be 1d, when an array")
    code = a.trace.failure(
        ValueError, "`bins` must increase monotonically, when an array"
    )
    rising = np.all(np.greater_equal(edges[1:], edges[:-1]))
    a.trace.here().require(lift(a.trace, rising).value, code)
    n = static_size(edges, 0) - 1
    place = np.subtract(searchsorted(edges, x, "right"), 1)
    place = np.where(np.equal(x, edges[-1]), n - 1, place)
    inside = np.equal(place, iota(a.trace, n)[:, None])
    if weights is None:
        counts = np.sum(inside, axis=1)
    else:
        zero = np.zeros((), weights.dtype)
        counts = np.sum(np.where(inside, weights.reshape(-1), zero), axis=1)
    if density:
        widths = np.subtract(edges[1:], edges[:-1])
        counts = np.true_divide(np.true_divide(counts, widths), np.sum(counts))
    return counts, edges


def _edges(x: Any, bins: int, given: Any) -> Any:
    if given is not None:
        low, high = (lift(x.trace, v) for v in given)
    elif x.shape[0] == 0:
        low, high = (lift(x.trace, v) for v in (0.0, 1.0))
    else:
        low, high = np.min(x), np.max(x)
    same = np.equal(low, high)
    first = np.where(same, np.subtract(low, 0.5), low)
    last = np.where(same, np.add(high, 0.5), high)
    dtype = np.result_type(first.dtype, last.dtype, x.dtype)
    if dtype.kind in "iub":
        dtype = np.result_type(dtype, float)
    return linspace(first, last, bins + 1, dtype=dtype)


# ---- bits --------------------------------------------------------------------------


@implements("packbits")
def _packbits(a: Any, axis: Any = None, bitorder: str = "big") -> Any:
    if a.dtype.kind not in "biu":
        raise TypeError("Expected an input array of integer or boolean data type")
    if axis is None:
        a, axis = a.reshape(-1), 0
    rows: Any = np.moveaxis(cast("Any", truth(a)), axis_of(axis, a.ndim), -1)
    n = static_size(rows, -1)
    if n % 8:
        rows = np.pad(rows, [(0, 0)] * (a.ndim - 1) + [(0, 8 - n % 8)])
    places = np.arange(8) if bitorder == "little" else np.arange(8)[::-1]
    eights = rows.reshape((*rows.shape[:-1], (n + 7) // 8, 8)).astype(np.uint8)
    packed: Any = np.bitwise_or.reduce(
        np.left_shift(eights, places.astype(np.uint8)), axis=-1
    )
    return np.moveaxis(packed, -1, axis)


@implements("unpackbits")
def _unpackbits(a: Any, axis: Any = None, count: Any = None,
                bitorder: str = "big") -> Any:  # fmt: skip
    if a.dtype != np.uint8:
        raise TypeError("Expected an input array of unsigned byte data type")
    if axis is None:
        a, axis = a.reshape(-1), 0
    rows = np.moveaxis(a, axis_of(axis, a.ndim), -1)
    places = np.arange(8) if bitorder == "little" else np.arange(8)[::-1]
    bits = np.bitwise_and(
        np.right_shift(rows[..., None], places.astype(np.uint8)), np.uint8(1)
    )
    total = 8 * static_size(rows, -1)
    flat = bits.reshape((*rows.shape[:-1], total))
    if count is not None:
        keep = count if count >= 0 else total + count
        if keep > total:
            flat = np.pad(flat, [(0, 0)] * (a.ndim - 1) + [(0, keep - total)])
        flat = flat[..., :keep]
    return np.moveaxis(flat, -1, axis)


# ---- polynomials -------------------------------------------------------------------


@implements("polyval", arrays="p x")
def _polyval(p: Any, x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(static_size(p, 0)):
        y = np.add(np.multiply(y, x), p[i])
    return y


def _aligned(a: Any, b: Any) -> Any:
    a, b = np.atleast_1d(a, b)
    n = max(static_size(a, 0), static_size(b, 0))
    return tuple(np.concatenate([np.zeros(n - static_size(v, 0), v.dtype), v])
                 for v in (a, b))  # fmt: skip


@implements("polyadd", arrays="a1 a2")
def _polyadd(a1: Any, a2: Any) -> Any:
    return np.add(*_aligned(a1, a2))


@implements("polysub", arrays="a1 a2")
def _polysub(a1: Any, a2: Any) -> Any:
    return np.subtract(*_aligned(a1, a2))


@implements("polyder", arrays="p")
def _polyder(p: Any, m: Any = 1) -> Any:
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(int(m)):
        p = np.multiply(p[:-1], np.arange(static_size(p, 0) - 1, 0, -1))
    return p


@implements("polyint", arrays="p")
def _polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = [0.0] * m if k is None else list(np.atleast_1d(k))
    if len(constants) == 1 and m > 1:
        constants *= m
    if len(constants) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for i in range(int(m)):
        quotient = np.true_divide(p, np.arange(static_size(p, 0), 0, -1))
        p = np.concatenate([quotient, [constants[i]]])
    return p
