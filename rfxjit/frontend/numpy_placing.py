"""Functions that write elements into arrays, and that compute where elements are."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any, cast

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_composed import truth
from rfxjit.frontend.numpy_creation import iota
from rfxjit.frontend.numpy_picking import along, take
from rfxjit.frontend.numpy_registry import axis_of, implements, lift_all, static_size
from rfxjit.frontend.tracer import Tracer, lift


def _writable(a: Any, name: str) -> Tracer:
    if not isinstance(a, Tracer) or a.kind != "array":
        raise TypeError(f"{name}: argument 1 must be numpy.ndarray, not {type(a)}")
    return a


@implements("fill_diagonal", arrays="")
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    a = _writable(a, "fill_diagonal")
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if a.ndim > 2 and len({static_size(a, d) for d in range(a.ndim)}) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    if wrap and a.shape[0] > a.shape[1]:
        raise refuse("np.fill_diagonal with wrap of a tall matrix is not traced")
    n = min(static_size(a, d) for d in range(a.ndim))
    value = lift(a.trace, val).reshape(-1)
    places = iota(a.trace, n)
    if value.shape[0] != 1:
        value = take(value, np.mod(places, value.shape[0]), 0)
    a[(places,) * a.ndim] = value


@implements("copyto", arrays="")
def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    dst = _writable(dst, "copyto()")
    source = lift(dst.trace, src)
    strong = source.kind in ("array", "scalar")
    if strong and not np.can_cast(source.dtype, dst.dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {source.dtype!r} to {dst.dtype!r} according"
            f" to the rule '{casting}'"
        )
    new = source.astype(dst.dtype)
    dst[...] = new if where is True else np.where(where, new, dst)


@implements("put", arrays="ind v")
def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    a = _writable(a, "put")
    if mode != "raise":
        raise refuse(f"np.put in mode {mode!r} is not traced")
    places, values = ind.reshape(-1), v.reshape(-1)
    n = static_size(values, 0)
    if n != static_size(places, 0):
        values = take(values, np.mod(iota(a.trace, places.shape[0]), n), 0)
    a.flat[places] = values.astype(a.dtype)


@implements("putmask", arrays="mask values")
def _putmask(a: Any, mask: Any, values: Any) -> None:
    a = _writable(a, "putmask")
    _put_where(a, mask, values, iota(a.trace, a.size), "putmask")


@implements("place", arrays="mask vals")
def _place(arr: Any, mask: Any, vals: Any) -> None:
    arr = _writable(arr, "place")
    before = np.cumsum(cast("Any", truth(mask)).reshape(-1))
    _put_where(arr, mask, vals, np.subtract(before, 1), "place")


def _put_where(a: Any, mask: Any, values: Any, places: Any, name: str) -> None:
    """Write where the mask is set; the values are repeated and `places` count them."""
    if mask.size != a.size:
        raise ValueError(f"{name}: mask and data must be the same size")
    new = values.reshape(-1)
    if static_size(new, 0) == 0:
        raise refuse(f"np.{name} of no values is not traced")
    wide = take(new, np.mod(places, new.shape[0]), 0).reshape(a.shape).astype(a.dtype)
    a[...] = np.where(cast("Any", truth(mask)).reshape(a.shape), wide, a)


@implements("put_along_axis", arrays="indices values")
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    arr = _writable(arr, "put_along_axis")
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if axis is None:
        arr.flat[indices] = values
        return
    if arr.ndim != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    arr[along(arr, indices, axis_of(axis, arr.ndim))] = values


@implements("insert", arrays="arr values")
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    if not isinstance(obj, int):
        raise refuse("np.insert is traced for one static place")
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    axis = axis_of(axis, arr.ndim)
    n = static_size(arr, axis)
    if not -n <= obj <= n:
        raise IndexError(f"index {obj} is out of bounds for axis {axis} with size {n}")
    at = obj + n if obj < 0 else obj
    new = values.astype(arr.dtype)
    # As NumPy: the first axis of the values is the one that grows.
    while new.ndim < arr.ndim:
        new = new[None]
    new = np.moveaxis(new, 0, axis)
    width = static_size(new, axis)
    shape = (*arr.shape[:axis], width, *arr.shape[axis + 1 :])
    before = arr[(*(slice(None),) * axis, slice(None, at))]
    after = arr[(*(slice(None),) * axis, slice(at, None))]
    return np.concatenate([before, np.broadcast_to(new, shape), after], axis)


# ---- places ------------------------------------------------------------------------


def _inside(x: Any, low: Any, high: Any, message: str) -> None:
    ok = np.all(np.logical_and(np.greater_equal(x, low), np.less(x, high)))
    trace = x.trace
    trace.here().require(lift(trace, ok).value, trace.failure(ValueError, message))


@implements("unravel_index", arrays="indices")
def _unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    if indices.dtype.kind not in "iu":
        raise TypeError("only int indices permitted")
    sizes = [int(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,))]
    rest = indices.astype(np.int64)
    total = int(np.prod(sizes))
    _inside(rest, 0, total, f"index is out of bounds for array with size {total}")
    places: list[Any] = []
    for n in sizes if order == "F" else reversed(sizes):
        places.append(np.mod(rest, n))
        rest = np.floor_divide(rest, n)
    return tuple(places if order == "F" else places[::-1])


@implements("ravel_multi_index", arrays="")
def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise",
                       order: str = "C") -> Any:  # fmt: skip
    sizes = [int(n) for n in (dims if isinstance(dims, (tuple, list)) else (dims,))]
    places = lift_all(multi_index)
    if len(places) != len(sizes):
        raise ValueError(
            f"parameter multi_index must be a sequence of length {len(sizes)}"
        )
    modes = [mode] * len(sizes) if isinstance(mode, str) else list(mode)
    total: Any = None
    pairs = list(zip(places, sizes, modes, strict=True))
    for place, n, how in pairs if order == "C" else reversed(pairs):
        if place.dtype.kind not in "iu":
            raise TypeError("only int indices permitted")
        i: Any = place.astype(np.int64)
        if how == "raise":
            _inside(i, 0, n, "invalid entry in coordinates array")
        else:
            i = np.mod(i, n) if how == "wrap" else np.clip(i, 0, n - 1)
        total = i if total is None else np.add(np.multiply(total, n), i)
    return total


@implements("tril_indices_from", arrays="arr")
def _tril_indices_from(arr: Any, k: int = 0) -> Any:
    _matrix(arr)
    return np.tril_indices(static_size(arr, 0), k, static_size(arr, 1))


@implements("triu_indices_from", arrays="arr")
def _triu_indices_from(arr: Any, k: int = 0) -> Any:
    _matrix(arr)
    return np.triu_indices(static_size(arr, 0), k, static_size(arr, 1))


@implements("diag_indices_from", arrays="arr")
def _diag_indices_from(arr: Any) -> Any:
    if arr.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    sizes = {static_size(arr, d) for d in range(arr.ndim)}
    if len(sizes) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    return np.diag_indices(sizes.pop(), arr.ndim)


def _matrix(arr: Any) -> None:
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
