"""`x[key]` and `x[key] = value` of traced arrays, with NumPy's rules.

A key is split into one item per dim of the array. Integers, slices of any step, newaxis
and an ellipsis give a slice and a reshape. Integer arrays, and integers that are only
known at run time, give a gather: negative ones count from the end, and one that is out
of range raises IndexError, at run time through the status. Boolean masks have a shape
that depends on data; they are refused, and `np.where` is the way out.
"""

# Keys can be anything, and NumPy's functions are given tracers.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false, reportUnnecessaryCast=false, reportPrivateUsage=false

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.symbolic import Size, SymDim, least
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift, sizes, update


def _expand(x: Tracer, key: Any) -> list[Any]:
    """The key with one item per dim, and None for each new axis."""
    items = list(cast("tuple[Any, ...]", key)) if isinstance(key, tuple) else [key]
    for item in items:
        array = isinstance(item, (Tracer, np.ndarray, np.generic, bool, list))
        if (
            array
            and np.asarray(item if isinstance(item, (bool, list)) else 0).dtype == bool
        ):
            raise refuse("boolean masks are not traced", "use np.where(mask, a, b)")
        if isinstance(item, (Tracer, np.ndarray, np.generic)) and item.dtype == bool:
            raise refuse("boolean masks are not traced", "use np.where(mask, a, b)")
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > x.ndim:
        raise IndexError(
            f"too many indices for array: array is {x.ndim}-dimensional,"
            f" but {used} were indexed"
        )
    fill = [slice(None)] * (x.ndim - used)
    if (dots := [i for i, item in enumerate(items) if item is Ellipsis]) != []:
        if len(dots) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        return [*items[: dots[0]], *fill, *items[dots[0] + 1 :]]
    return [*items, *fill]


def _slice(part: slice, n: Size) -> tuple[Size, Size, int]:
    """Start, size and step of a slice of a dim of n elements."""
    step = 1 if part.step is None else int(part.step)
    if part.start is None and part.stop is None and step == 1:
        return 0, n, 1
    if isinstance(n, SymDim):
        if (symbolic := _symbolic_slice(part, n, step)) is not None:
            return symbolic
        n = int(n)
    begin, end, step = slice(part.start, part.stop, step).indices(n)
    return begin, len(range(begin, end, step)), step


def _symbolic_slice(part: slice, n: SymDim, step: int) -> tuple[Size, Size, int] | None:
    """A slice of a symbolic dim, if its bounds are known to lie inside.

    `x[3:]` is clipped where n < 3, so n is pinned; `x[1:]` never is: symbols are at
    least 2, smaller sizes being compiled for themselves.
    """
    if step < 0:
        if part.start is not None or part.stop is not None:
            return None
        return n - 1, (n - 1 - step) // -step, step
    begin, end = _bound(part.start, 0, n), _bound(part.stop, n, n)
    if begin is None or end is None or least(end - begin) < 0:
        return None
    return begin, (end - begin + step - 1) // step, step


def _bound(value: Any, default: Size, n: SymDim) -> Size | None:
    """A bound of a slice as a size between 0 and n; None where that is not known."""
    if value is None:
        return default
    if not isinstance(value, SymDim):
        value = int(value)
        value = n + value if value < 0 else value
    return value if least(value) >= 0 and least(n - value) >= 0 else None


def _static_int(item: Any) -> bool:
    return isinstance(item, (int, np.integer, SymDim)) and not isinstance(item, bool)


def _normal(index: Any, n: Size, axis: int) -> Size:
    """A static index in [0, n)."""
    if isinstance(n, SymDim) and isinstance(index, int) and index == -1:
        return n - 1
    if isinstance(index, SymDim):
        index = int(index)
    index, count = int(index), int(n)
    if not -count <= index < count:
        raise IndexError(
            f"index {index} is out of bounds for axis {axis} with size {count}"
        )
    return index + count if index < 0 else index


def _is_dynamic(item: Any) -> bool:
    return isinstance(item, (Tracer, np.ndarray, list))


def getitem(x: Tracer, key: Any) -> Any:
    """`x[key]`."""
    items = _expand(x, key)
    if any(_is_dynamic(item) for item in items):
        return _gather(x, items)
    starts: list[Size] = []
    counts: list[Size] = []
    steps: list[int] = []
    shape: list[Size] = []
    d = 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        n = x.shape[d]
        if _static_int(item):
            start, count, step = _normal(item, n, d), 1, 1
        elif isinstance(item, slice):
            start, count, step = _slice(item, n)
            shape.append(count)
        else:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`)"
                " and integer or boolean arrays are valid indices"
            )
        starts.append(start)
        counts.append(count)
        steps.append(step)
        d += 1
    trace = x.trace
    builder = trace.here()
    value = x.value
    whole = all(s == 1 for s in steps) and all(
        a is b or (isinstance(a, int) and isinstance(b, int) and a == b)
        for a, b in zip(counts, x.shape, strict=True)
    )
    if not whole:
        value = builder.slice(value, sizes(trace, starts), sizes(trace, counts), steps)
    if len(shape) != len(counts) or len(items) != len(counts):
        value = builder.reshape(value, sizes(trace, shape))
    scalar = not shape and Ellipsis not in (key if isinstance(key, tuple) else (key,))
    result = Tracer(trace, value, "scalar" if scalar else "array", shape=tuple(shape))
    if not scalar:
        _note_view(x, result, key)
    return result


def _note_view(x: Tracer, view: Tracer, key: Any) -> None:
    x.views = [ref for ref in x.views if ref() is not None]
    x.views.append(weakref.ref(view))
    view._base = (x, key)


def _index_arrays(x: Tracer, items: Sequence[Any]) -> tuple[list[int], list[Tracer]]:
    """The dims that are indexed by arrays, and these, wrapped and checked."""
    trace = x.trace
    dims: list[int] = []
    arrays: list[Tracer] = []
    for d, item in enumerate(items):
        if isinstance(item, slice):
            if item != slice(None):
                raise refuse("an index array together with a partial slice",
                             "slice first: x[a:b][:, i]")  # fmt: skip
            continue
        index = lift(trace, item)
        if index.dtype.kind not in "iu":
            raise IndexError(
                "arrays used as indices must be of integer (or boolean) type"
            )
        n = x.shape[d]
        size = n.tracer() if isinstance(n, SymDim) else n
        wide = index.astype(np.int64)
        moved = cast("Any", np.where(wide < 0, wide + size, wide))
        inside = cast("Any", np.logical_and(moved >= 0, moved < size))
        code = trace.failure(
            IndexError, f"index is out of bounds for axis {d} with size {n}"
        )
        ok = np.all(inside) if moved.ndim else inside
        trace.here().require(ok.value, code)
        dims.append(d)
        arrays.append(moved)
    shapes = np.broadcast_shapes(*(tuple(map(int, a.shape)) for a in arrays))
    return dims, [broadcast_to(a, shapes) for a in arrays]


def _gather(x: Tracer, items: Sequence[Any]) -> Tracer:
    if None in [item for item in items if item is None]:
        raise refuse("newaxis together with an index array", "index first")
    dims, arrays = _index_arrays(x, items)
    trace = x.trace
    value = trace.here().gather(x.value, [a.value for a in arrays], dims)
    rest = [n for d, n in enumerate(x.shape) if d not in dims]
    lead = arrays[0].ndim
    shape = (*arrays[0].shape, *rest)
    result = Tracer(trace, value, "array" if shape else "scalar", shape=shape)
    if dims == list(range(dims[0], dims[0] + len(dims))) and dims[0] > 0:
        # Neighbouring index arrays: their dims stay where they were.
        k = dims[0]
        order = [*range(lead, lead + k), *range(lead), *range(lead + k, len(shape))]
        return result.transpose(order)
    return result


def setitem(x: Tracer, key: Any, value: Any) -> None:
    """`x[key] = value`, as a new value of the same handle."""
    if isinstance(value, Tracer) and value._base is not None:
        base, written = value._base
        if base is x and written is key:
            return  # the end of `x[key] += c`, which has written through the view
    trace = x.trace
    new = lift(trace, value)
    if not np.can_cast(new.dtype, x.dtype, "unsafe"):
        raise TypeError(f"cannot store {new.dtype} in {x.dtype}")
    items = _expand(x, key)
    if any(item is None for item in items):
        items = [item for item in items if item is not None]
    new = Tracer(
        trace, trace.here().convert(new.value, x.dtype), "array", shape=new.shape
    )
    if any(_is_dynamic(item) for item in items):
        dims, arrays = _index_arrays(x, items)
        rest = [n for d, n in enumerate(x.shape) if d not in dims]
        updates = broadcast_to(new, (*arrays[0].shape, *rest))
        result = trace.here().scatter(
            x.value, updates.value, [a.value for a in arrays], dims
        )
        x.assign(Tracer(trace, result, "array", shape=x.shape))
        return
    _set_block(x, items, new)


def _set_block(x: Tracer, items: Sequence[Any], new: Tracer) -> None:
    """Integers and slices: a block update, or a scatter where steps are not 1."""
    trace = x.trace
    starts: list[Size] = []
    counts: list[Size] = []
    steps: list[int] = []
    kept: list[int] = []
    for d, item in enumerate(items):
        if _static_int(item):
            start, count, step = _normal(item, x.shape[d], d), 1, 1
        else:
            start, count, step = _slice(item, x.shape[d])
            kept.append(d)
        starts.append(start)
        counts.append(count)
        steps.append(step)
    target = tuple(counts[d] for d in kept)
    while new.ndim > len(target) and new.shape[0] == 1:
        new = new.reshape(new.shape[1:])
    block = broadcast_to(new, target)
    b = trace.here()
    value = b.reshape(block.value, sizes(trace, counts))
    if all(step == 1 for step in steps):
        numbers = [s if isinstance(s, SymDim) else np.int64(s) for s in starts]
        places = [lift(trace, s).value for s in numbers]
        result = b.dynamic_update_slice(x.value, value, places)
    else:
        grids = np.meshgrid(
            *(int(s) + np.arange(int(n)) * k
              for s, n, k in zip(starts, counts, steps, strict=True)),
            indexing="ij",
        )  # fmt: skip
        indices = [b.constant(g.astype(np.int64)) for g in grids]
        result = b.scatter(x.value, value, indices, list(range(x.ndim)))
    update(x, Tracer(trace, result, "array", shape=x.shape), "Cannot store")
