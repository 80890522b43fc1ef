"""Functions that pick, repeat or surround elements: take, tile, pad, diagonals."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_creation import iota
from rfxjit.frontend.numpy_joins import part
from rfxjit.frontend.numpy_reductions import reduce
from rfxjit.frontend.numpy_registry import axis_of, implements, lift_all, static_size
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift
from rfxjit.frontend.views import read_only


@implements("copy")
def _copy(a: Any) -> Any:
    return Tracer(a.trace, a.value, "array", shape=a.shape)


@implements("take")
def take(a: Any, indices: Any, axis: Any = None, *, mode: str = "raise") -> Any:
    """As `np.take`."""
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    where: Any = lift(a.trace, indices)
    if isinstance(indices, (list, tuple)) and where.dtype.kind == "f":
        where = where.astype(np.int64)  # NumPy, too, lets lists be cut
    if where.dtype.kind not in "biu":
        raise TypeError(
            f"Cannot cast array data from {where.dtype!r} to dtype('int64') according"
            " to the rule 'safe'"
        )
    where = where.astype(np.int64)
    if mode != "raise":
        n = static_size(a, axis)
        where = np.mod(where, n) if mode == "wrap" else np.clip(where, 0, n - 1)
    if where.ndim == 0 and where.kind != "scalar":
        where = where.reshape(())
    return a[(*(slice(None),) * axis, where)]


@implements("take_along_axis", arrays="arr indices")
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if axis is None:
        if indices.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        return arr.reshape(-1)[indices]
    axis = axis_of(axis, arr.ndim)
    if arr.ndim != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    return arr[along(arr, indices, axis)]


def along(arr: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index arrays of `arr[..., indices, ...]`, row by row."""
    rank = arr.ndim
    shape = tuple(static_size(arr, d) for d in range(rank))
    return tuple(
        indices if d == axis
        else iota(arr.trace, shape[d]).reshape(*[1] * d, -1, *[1] * (rank - 1 - d))
        for d in range(rank)
    )  # fmt: skip


@implements("repeat")
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if isinstance(repeats, Tracer):
        raise refuse("np.repeat by traced counts has a shape that depends on data")
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    n = static_size(a, axis)
    if not isinstance(repeats, int):
        return take(a, np.repeat(np.arange(n), repeats), axis)
    if repeats < 0:
        raise ValueError("repeats may not contain negative values.")
    shape = (*a.shape[:axis], n, repeats, *a.shape[axis + 1 :])
    grown: Any = np.expand_dims(a, axis + 1)
    wide = broadcast_to(grown, shape)
    return wide.reshape((*shape[:axis], n * repeats, *shape[axis + 2 :]))


@implements("tile", arrays="A")
def _tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    counts = [int(n) for n in np.atleast_1d(reps)]
    rank = max(len(counts), A.ndim)
    counts = [*[1] * (rank - len(counts)), *counts]
    shape = (*[1] * (rank - A.ndim), *A.shape)
    wide, target = list[Any](), list[Any]()
    for c, size in zip(counts, shape, strict=True):
        if c != 1:  # a count of 1 would only part neighbours
            wide, target = [*wide, 1], [*target, c]
        wide, target = [*wide, size], [*target, size]
    result = tuple(c * size for c, size in zip(counts, shape, strict=True))
    return broadcast_to(A.reshape(wide), target).reshape(result)


# ---- padding -----------------------------------------------------------------------


def _edges(values: Any, rank: int) -> list[tuple[Any, Any]]:
    """`before, after` of each axis, from one number, one pair, or one pair each."""
    if isinstance(values, dict):
        pairs = {axis_of(k, rank): v for k, v in values.items()}
        return [
            tuple(np.broadcast_to(pairs.get(d, 0), 2).tolist()) for d in range(rank)
        ]
    array = np.asarray(values)
    wide = np.broadcast_to(array, (rank, 2))
    return [(low, high) for low, high in wide.tolist()]


def _places(where: Any, n: int, mode: str) -> Any:
    """From which of n elements those at places before, in and after them come."""
    if mode == "edge":
        return np.clip(where, 0, n - 1)
    if mode == "wrap":
        return np.mod(where, n)
    if mode == "symmetric":
        where = np.mod(where, 2 * n)
        return np.minimum(where, np.subtract(2 * n - 1, where))
    if n == 1:
        return np.zeros_like(where)
    where = np.mod(where, 2 * n - 2)
    return np.minimum(where, np.subtract(2 * n - 2, where))


@implements("pad", arrays="array")
def _pad(array: Any, pad_width: Any, mode: Any = "constant", *,
         constant_values: Any = 0, reflect_type: str = "even") -> Any:  # fmt: skip
    if mode not in ("constant", "edge", "wrap", "reflect", "symmetric", "empty"):
        raise refuse(f"np.pad in mode {mode!r} is not traced")
    if reflect_type != "even":
        raise refuse(f"np.pad with reflect_type={reflect_type!r} is not traced")
    widths = _edges(pad_width, array.ndim)
    if any(not isinstance(w, int) for pair in widths for w in pair):
        raise TypeError("`pad_width` must be of integral type.")
    if any(w < 0 for pair in widths for w in pair):
        raise ValueError("index can't contain negative values")
    if mode in ("constant", "empty"):
        if isinstance(constant_values, Tracer):
            value = constant_values.astype(array.dtype)
            return _padded(array, widths, lambda d, k: value)
        fills = _edges(constant_values, array.ndim)
        return _padded(array, widths, lambda d, k: fills[d][k])
    for d, (low, high) in enumerate(widths):
        n = static_size(array, d)
        if n == 0 and low + high:
            raise ValueError(
                f"can't extend empty axis {d} using modes other than 'constant' or"
                " 'empty'"
            )
        before = _taken(array, _places(np.arange(-low, 0), n, mode), d)
        after = _taken(array, _places(np.arange(n, n + high), n, mode), d)
        array = np.concatenate([*before, array, *after], d)
    return array.copy()


def _taken(array: Any, places: Any, axis: int) -> list[Any]:
    """`[array.take(places, axis)]`, as a slice where they are evenly spaced; or []."""
    if not places.size:
        return []
    first, last = int(places[0]), int(places[-1])
    steps = {*np.diff(places).tolist()} or {1}
    if steps == {0}:
        shape = (*array.shape[:axis], places.size, *array.shape[axis + 1 :])
        return [broadcast_to(part(array, axis, first, first + 1), shape)]
    if steps == {1}:
        return [part(array, axis, first, last + 1)]
    if steps == {-1}:
        return [np.flip(part(array, axis, last, first + 1), axis)]
    return [take(array, places, axis)]


def _padded(array: Any, widths: Any, value: Callable[[int, int], Any]) -> Any:
    trace = array.trace
    for d, (low, high) in enumerate(widths):
        parts = [array]
        for k, width in enumerate((low, high)):
            if width:
                fill = lift(trace, value(d, k)).astype(array.dtype)
                shape = (*array.shape[:d], width, *array.shape[d + 1 :])
                parts.insert(0 if k == 0 else len(parts), broadcast_to(fill, shape))
        array = np.concatenate(parts, d) if len(parts) > 1 else array
    return array.copy()


# ---- diagonals and triangles -------------------------------------------------------


@implements("diagonal")
def diagonal(a: Any, offset: int = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """As `np.diagonal`."""
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    first, second = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    if first == second:
        raise ValueError("axis1 and axis2 cannot be the same")
    rest = [d for d in range(a.ndim) if d not in (first, second)]
    rows, columns = static_size(a, first), static_size(a, second)
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)

    def picked(x: Any) -> Any:
        i = iota(a.trace, count)
        pairs: Any = np.transpose(x, [first, second, *rest])
        chosen = pairs[np.subtract(i, min(offset, 0)), np.add(i, max(offset, 0))]
        return np.moveaxis(chosen, 0, -1)

    return read_only(a, picked)


@implements("linalg.diagonal", arrays="x")
def _linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return diagonal(x, offset, -2, -1)


@implements("trace")
def _trace(a: Any, offset: int = 0, axis1: Any = 0, axis2: Any = 1,
           dtype: Any = None) -> Any:  # fmt: skip
    return reduce(diagonal(a, offset, axis1, axis2), "add", -1, dtype=dtype)


@implements("linalg.trace", arrays="x")
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return _trace(x, offset, -2, -1, dtype)


@implements("diag", arrays="v")
def diag(v: Any, k: int = 0) -> Any:
    """As `np.diag`: of a vector the matrix, of a matrix the diagonal."""
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = static_size(v, 0)
    size = n + abs(k)
    columns = iota(v.trace, size)
    rows = columns[:, None]
    on = np.equal(np.subtract(columns, rows), k)
    # In either triangle, a column holds the element of its own number.
    padded = np.pad(v, (k, 0) if k > 0 else (0, -k))
    return np.where(on, padded, np.zeros((), v.dtype))


@implements("diagflat", arrays="v")
def _diagflat(v: Any, k: int = 0) -> Any:
    return diag(v.reshape(-1), k)


def _triangle(name: str) -> None:
    def function(m: Any, k: int = 0) -> Any:
        if m.ndim == 1:
            n = static_size(m, 0)
            m = broadcast_to(m, (n, n))
        rows, columns = (iota(m.trace, m.shape[d]) for d in (-2, -1))
        last = k if name == "tril" else k - 1
        low = np.less_equal(np.subtract(columns, rows[:, None]), last)
        zero = np.zeros((), m.dtype)
        return np.where(low, m, zero) if name == "tril" else np.where(low, zero, m)

    implements(name)(function)


_triangle("tril")
_triangle("triu")


@implements("vander", arrays="x")
def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803 - NumPy's name
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = static_size(x, 0) if N is None else int(N)
    wide = x.astype(np.promote_types(x.dtype, int))
    columns = [np.ones_like(wide)]
    for _ in range(count - 1):
        columns.append(columns[-1] * wide)
    columns = columns[:count]
    if not columns:
        return np.zeros_like(wide, shape=(x.shape[0], 0))
    return np.stack(columns if increasing else columns[::-1], 1)


@implements("delete", arrays="arr")
def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    if isinstance(obj, Tracer):
        raise refuse("np.delete at traced places has a shape that depends on data")
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    axis = axis_of(axis, arr.ndim)
    return take(arr, np.delete(np.arange(static_size(arr, axis)), obj), axis)


@implements("compress", arrays="a")
def _compress(condition: Any, a: Any, axis: Any = None) -> Any:
    if isinstance(condition, Tracer):
        raise refuse("np.compress by a traced mask has a shape that depends on data")
    if axis is None:
        a, axis = a.reshape(-1), 0
    return take(a, np.nonzero(np.asarray(condition))[0], axis)


@implements("ix_", arrays="")
def _ix(*args: Any) -> Any:
    parts = lift_all(args)
    rank = len(parts)
    for x in parts:
        if x.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
    return tuple(x.reshape((*[1] * i, -1, *[1] * (rank - 1 - i)))
                 for i, x in enumerate(parts))  # fmt: skip
