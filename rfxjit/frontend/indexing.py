"""`x[key]` and `x[key] = value` of traced arrays, with NumPy's rules.

A key is split into one item per dim of the array. Integers, slices and new axes make a
view (`basic_index.py`). Integer arrays give a gather, or a scatter, on the view that
the rest of the key makes; boolean masks what `masked.py` can do.
"""

# Keys can be anything, and NumPy's functions are given tracers.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from rfxjit.frontend.basic_index import is_integer, known_length, view_of, wrapped
from rfxjit.frontend.context import refuse
from rfxjit.frontend.masked import Masked, assign_masked
from rfxjit.frontend.symbolic import SymDim
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift
from rfxjit.frontend.views import transposed


def _is_array(item: Any) -> bool:
    return isinstance(item, (np.ndarray, list)) or (
        isinstance(item, Tracer) and (item.ndim > 0 or item.dtype.kind not in "iu")
    )


def _is_mask(item: Any) -> bool:
    return isinstance(item, Tracer) and item.dtype == np.bool_


def _is_zero(n: Any) -> bool:
    """Whether a size is known to be 0."""
    return isinstance(n, int) and n == 0


def _expand(x: Tracer, key: Any) -> list[Any]:
    """The key with one item per dim, and None for each new axis."""
    items: list[Any] = []
    for item in cast("tuple[Any, ...]", key) if isinstance(key, tuple) else (key,):
        if isinstance(item, (bool, np.bool_)):
            raise refuse("True or False as an index is not traced")
        if isinstance(item, Masked):
            raise refuse("the elements that a mask chooses cannot be an index")
        if _is_mask(item) and any(map(_is_zero, item.shape)):
            array = np.zeros(item.shape, bool)
        elif isinstance(item, np.ndarray) or (
            isinstance(item, list) and not any(isinstance(v, Tracer) for v in item)
        ):
            array = np.asarray(item)
        else:
            array = None
        if array is not None and array.dtype == bool:
            _expect_mask(x, array.shape, _dims(items))
            items += np.nonzero(array)
        else:
            items.append(item)
    used = _dims(items)
    if used > x.ndim:
        raise IndexError(
            f"too many indices for array: array is {x.ndim}-dimensional,"
            f" but {used} were indexed"
        )
    dots = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(items)
    items[at : at + 1] = [slice(None)] * (x.ndim - used)
    for i, item in enumerate(items):
        if isinstance(item, slice):
            items[i] = known_length(item, x.shape[_dims(items[:i])])
    return items


def _dims(items: Sequence[Any]) -> int:
    """How many dims of an array the items take."""
    return sum(
        item.ndim if _is_mask(item) else item is not None and item is not Ellipsis
        for item in items
    )


def _expect_mask(x: Tracer, shape: Sequence[Any], at: int) -> None:
    for d, n in enumerate(shape, at):
        # NumPy lets a mask without elements choose none of any dim.
        if d < x.ndim and not _is_zero(n) and x.shape[d] != n:
            raise IndexError(
                "boolean index did not match indexed array along axis"
                f" {d}; size of axis is {x.shape[d]} but size of corresponding boolean"
                f" axis is {n}"
            )


def _split(x: Tracer, items: Sequence[Any]) -> tuple[Tracer, list[Any]]:
    """The view by slices and new axes, and its index arrays: None for all of a dim."""
    basic: list[Any] = []
    arrays: list[Any] = []
    for item in items:
        if item is None or isinstance(item, slice):
            basic.append(item)
            arrays.append(None)
        elif _is_mask(item):
            basic += [slice(None)] * item.ndim
            arrays.append(item)
        else:
            basic.append(slice(None))
            arrays.append(item)
    return _seen(x, basic), arrays


def _seen(x: Tracer, items: Sequence[Any]) -> Tracer:
    """The view by integers, slices and new axes; the array itself if that is all."""
    whole = all(isinstance(item, slice) and item == slice(None) for item in items)
    return x if whole else view_of(x, items, None)


def getitem(x: Tracer, key: Any) -> Any:
    """`x[key]`."""
    items = _expand(x, key)
    if any(_is_mask(item) for item in items):
        return Masked.of(*_mask(x, items))
    if any(_is_array(item) for item in items):
        return _gather(*_split(x, items))
    result = view_of(x, items, key)
    if not result.ndim and Ellipsis not in (key if isinstance(key, tuple) else (key,)):
        return Tracer(x.trace, result.value, "scalar", shape=())
    if any(isinstance(item, Tracer) and item.kind == "array" for item in items):
        return result.like(result.value)  # an index of rank 0 that is an array: a copy
    return result


def _mask(x: Tracer, items: Sequence[Any]) -> tuple[Tracer, Tracer, int]:
    """The view that a mask chooses elements of, the mask, and its first dim there."""
    at = next(i for i, item in enumerate(items) if _is_mask(item))
    mask = items[at]
    numbers = [i for i, item in enumerate(items) if is_integer(item)]
    if any(_is_array(item) for i, item in enumerate(items) if i != at):
        raise refuse(
            "a boolean mask, or a slice of a length that depends on data, together with"
            " another one or with an index array is not traced"
        )
    if any(
        not is_integer(items[j])
        for i in numbers
        for j in range(*sorted((i, at)))
        if j != at
    ):
        raise refuse(
            "a boolean mask and an integer with a slice between them are not traced",
            "index twice: x[0][:, mask]",
        )
    _expect_mask(x, mask.shape, _dims(items[:at]))
    basic = [*items[:at], *[slice(None)] * mask.ndim, *items[at + 1 :]]
    kept = [i for i in range(at) if i not in numbers]
    return _seen(x, basic), mask, len(kept)


def _index_arrays(x: Tracer, items: Sequence[Any]) -> tuple[list[int], list[Tracer]]:
    """The dims that are indexed by arrays, and these, wrapped and checked."""
    dims = [d for d, item in enumerate(items) if item is not None]
    arrays: list[Tracer] = []
    for d in dims:
        empty = isinstance(items[d], list) and not items[d]
        index = lift(x.trace, np.empty(0, int) if empty else items[d])
        if index.dtype.kind not in "iu":
            raise IndexError(
                "arrays used as indices must be of integer (or boolean) type"
            )
        arrays.append(wrapped(index, x.shape[d], d))
    shapes = np.broadcast_shapes(*(tuple(map(int, a.shape)) for a in arrays))
    return dims, [broadcast_to(a, shapes) for a in arrays]


def _in_place(dims: Sequence[int], lead: int, rank: int) -> list[int] | None:
    """How the dims of neighbouring index arrays move back from the front."""
    k = dims[0]
    if not k or list(dims) != list(range(k, k + len(dims))):
        return None
    return [*range(lead, lead + k), *range(lead), *range(lead + k, rank)]


def _gather(x: Tracer, items: Sequence[Any]) -> Tracer:
    dims, arrays = _index_arrays(x, items)
    trace = x.trace
    value = trace.here().gather(x.value, [a.value for a in arrays], dims)
    rest = [n for d, n in enumerate(x.shape) if d not in dims]
    shape = (*arrays[0].shape, *rest)
    result = Tracer(trace, value, "array" if shape else "scalar", shape=shape)
    order = _in_place(dims, arrays[0].ndim, len(shape))
    if order is not None:
        moved = transposed(result, order)
        result = moved.like(moved.value)
    return result


def scatter(x: Tracer, key: Any, value: Any, combine: str = "set") -> None:
    """`x[key] = value` or `+=`, of a key with index arrays, one after the other."""
    view, items = _split(x, _expand(x, key))
    dims, arrays = _index_arrays(view, items)
    trace = x.trace
    rest = [n for d, n in enumerate(view.shape) if d not in dims]
    shape = [*arrays[0].shape, *rest]
    order = _in_place(dims, arrays[0].ndim, len(shape))
    if order is None:
        updates = stored(view, value, shape)
    else:
        updates = stored(view, value, [shape[d] for d in order])
        inverse = sorted(range(len(order)), key=order.__getitem__)
        updates = transposed(updates, inverse)
    result = trace.here().scatter(
        view.value, updates.value, [a.value for a in arrays], dims, combine
    )
    view.assign(view.like(result))


def add_at(x: Tracer, key: Any, value: Any) -> None:
    """`np.add.at(x, key, value)`: what is indexed twice is added to twice."""
    items = _expand(x, key)
    if any(_is_array(item) and not _is_mask(item) for item in items):
        scatter(x, key, value, "add")
    else:
        x[key] += value


def stored(x: Tracer, value: Any, shape: Sequence[Any]) -> Tracer:
    """What is written of a value into elements of `x`, of that shape together."""
    from rfxjit.frontend.numpy_ufuncs import check_ranges

    new = lift(x.trace, value)
    check_ranges([new], [x.dtype])
    new = new.astype(x.dtype)
    while new.ndim > len(shape) and not isinstance(new.shape[0], SymDim) and (
        new.shape[0] == 1):  # fmt: skip
        new = new.reshape(new.shape[1:])
    return broadcast_to(new.like(new.value, "array"), shape)


def setitem(x: Tracer, key: Any, value: Any) -> None:
    """`x[key] = value`, as a new value of the same handle."""
    own = value.view_of if isinstance(value, Tracer) else None
    if own is not None and own.base is x and own.key and own.key[0] is key:
        return  # the end of `x[key] += c`, which has written through the view
    items = _expand(x, key)
    if any(_is_mask(item) for item in items):
        assign_masked(*_mask(x, items), value)
    elif isinstance(value, Masked):
        raise refuse(
            "the elements that a mask chooses can only be written where the same mask"
            " chooses"
        )
    elif any(_is_array(item) for item in items):
        scatter(x, key, value)
    else:
        view = view_of(x, items, key, read=False)
        view.assign(stored(view, value, view.shape))
