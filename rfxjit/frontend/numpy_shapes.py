"""Functions that move elements: shapes, axes, parts of arrays, and joins of them."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

from typing import Any

import numpy as np

from rfxjit.errors import ShapeError
from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_registry import (
    axes_of,
    axis_of,
    implements,
    lift_all,
)
from rfxjit.frontend.symbolic import broadcast_shapes
from rfxjit.frontend.tracer import Tracer, broadcast_to
from rfxjit.frontend.views import read_only, reshaped, transposed


@implements("shape")
def _shape(a: Any) -> Any:
    return a.shape


@implements("ndim")
def _ndim(a: Any) -> int:
    return a.ndim


@implements("size")
def _size(a: Any, axis: Any = None) -> Any:
    if axis is None:
        return a.size
    total: Any = 1
    for d in axes_of(axis, a.ndim):
        total = total * a.shape[d]
    return total


# ---- shapes ------------------------------------------------------------------------


@implements("reshape")
def reshape(a: Any, /, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    """As `np.reshape`, with one -1."""
    if order not in ("C", "A"):
        raise refuse(f"reshape in order {order!r} is not traced")
    if shape is None:
        raise TypeError("reshape() missing 1 required positional argument: 'shape'")
    new = list(shape) if isinstance(shape, (tuple, list)) else [shape]
    negative = [i for i, n in enumerate(new) if isinstance(n, int) and n == -1]
    if len(negative) > 1:
        raise ValueError("can only specify one unknown dimension")
    rest: Any = 1
    for i, n in enumerate(new):
        if i not in negative:
            rest = rest * n
    if negative:
        total = a.size
        if isinstance(rest, int) and rest == 1:
            new[negative[0]] = total
        else:
            total, rest = int(total), int(rest)
            if rest == 0 or total % rest:
                raise ShapeError(
                    f"cannot reshape array of size {total} into shape {tuple(new)}"
                )
            new[negative[0]] = total // rest
    elif a.size != rest:
        raise ShapeError(
            f"cannot reshape array of size {a.size} into shape {tuple(new)}"
        )
    result = reshaped(a, tuple(new))
    return result.copy() if copy else result


@implements("ravel")
def _ravel(a: Any, order: str = "C") -> Any:
    return reshape(a, -1, "C" if order in ("A", "K") else order)


@implements("resize")
def _resize(a: Any, new_shape: Any) -> Any:
    from rfxjit.frontend.numpy_creation import iota

    shape = new_shape if isinstance(new_shape, (tuple, list)) else (new_shape,)
    if any(n < 0 for n in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    total, have = int(np.prod(shape)), int(a.size)
    if have == 0:
        return np.zeros_like(a, shape=shape)
    where = np.mod(iota(a.trace, total), have)
    return a.reshape(-1)[where].reshape(tuple(shape))


@implements("squeeze")
def _squeeze(a: Any, axis: Any = None) -> Any:
    ones = [d for d, n in enumerate(a.shape) if isinstance(n, int) and n == 1]
    chosen = ones if axis is None else axes_of(axis, a.ndim)
    if set(chosen) - set(ones):
        raise ValueError(
            "cannot select an axis to squeeze out which has size not equal to one"
        )
    return reshape(a, [n for d, n in enumerate(a.shape) if d not in chosen])


@implements("expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    """As `np.expand_dims`, of one axis or several."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = a.ndim + len(axes)
    places = [axis_of(d, rank) for d in axes]
    if len(set(places)) != len(places):
        raise ValueError("repeated axis")
    rest = iter(a.shape)
    return reshape(a, [1 if d in places else next(rest) for d in range(rank)])


@implements("broadcast_to", arrays="array")
def _broadcast_to(array: Any, shape: Any) -> Any:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return read_only(
        array,
        lambda a: Tracer(a.trace, broadcast_to(a, shape).value, "array", shape=shape),
    )


@implements("broadcast_arrays", arrays="")
def _broadcast_arrays(*args: Any) -> Any:
    arrays = lift_all(args)
    shape = broadcast_shapes([a.shape for a in arrays])
    return tuple(_broadcast_to(a, shape) for a in arrays)


def _at_least(rank: int) -> Any:
    def grown(a: Any) -> Any:
        if a.ndim >= rank:
            return a
        if rank == 3 and a.ndim == 1:
            return reshape(a, (1, *a.shape, 1))
        if rank == 3 and a.ndim == 2:
            return reshape(a, (*a.shape, 1))
        return reshape(a, (*[1] * (rank - a.ndim), *a.shape))

    def function(*arys: Any) -> Any:
        result = tuple(grown(a) for a in lift_all(arys))
        return result[0] if len(result) == 1 else result

    return implements(f"atleast_{rank}d", arrays="")(function)


atleast_1d, atleast_2d, atleast_3d = _at_least(1), _at_least(2), _at_least(3)


# ---- axes --------------------------------------------------------------------------


@implements("transpose", "permute_dims")
def transpose(a: Any, axes: Any = None) -> Any:
    """As `np.transpose`."""
    given = range(a.ndim)[::-1] if axes is None else axes
    if len(given) != a.ndim:
        raise ValueError("axes don't match array")
    order = [axis_of(d, a.ndim) for d in given]
    if len(set(order)) != len(order):
        raise ValueError("repeated axis in transpose")
    if order == list(range(a.ndim)):
        return a
    return transposed(a, order)


@implements("matrix_transpose", "linalg.matrix_transpose", arrays="x")
def _matrix_transpose(x: Any, /) -> Any:
    if x.ndim < 2:
        raise ValueError(
            f"Input array must be at least 2-dimensional, but it is {x.ndim}"
        )
    return swapaxes(x, -1, -2)


@implements("swapaxes")
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    """As `np.swapaxes`."""
    i, j = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    order = list(range(a.ndim))
    order[i], order[j] = order[j], order[i]
    return transpose(a, order)


@implements("moveaxis")
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """As `np.moveaxis`, of one axis or several."""
    sources, targets = (
        [axis_of(d, a.ndim) for d in (v if isinstance(v, (tuple, list)) else (v,))]
        for v in (source, destination)
    )
    if len(sources) != len(targets):
        raise ValueError(
            "`source` and `destination` arguments must have the same number of elements"
        )
    for name, axes in (("source", sources), ("destination", targets)):
        if len(set(axes)) != len(axes):
            raise ValueError(f"repeated axis in `{name}` argument")
    order = [d for d in range(a.ndim) if d not in sources]
    for target, mine in sorted(zip(targets, sources, strict=True)):
        order.insert(target, mine)
    return transpose(a, order)


@implements("rollaxis")
def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    mine = axis_of(axis, a.ndim)
    start = start.__index__()
    if not -a.ndim <= start <= a.ndim:
        raise np.exceptions.AxisError(start, a.ndim + 1, "start")
    start += a.ndim if start < 0 else 0
    return moveaxis(a, mine, start - 1 if mine < start else start)


@implements("flip", arrays="m")
def flip(m: Any, axis: Any = None) -> Any:
    """As `np.flip`."""
    axes = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1 if d in axes else 1) for d in range(m.ndim))]


@implements("fliplr", arrays="m")
def _fliplr(m: Any) -> Any:
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(m, 1)


@implements("flipud", arrays="m")
def _flipud(m: Any) -> Any:
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(m, 0)


@implements("rot90", arrays="m")
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    axes = tuple(axes)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    first, second = axes
    if first == second or abs(first - second) == m.ndim:
        raise ValueError("Axes must be different.")
    if not all(-m.ndim <= d < m.ndim for d in axes):
        raise ValueError(f"Axes={axes} out of range for array of ndim={m.ndim}.")
    k %= 4
    if k == 0:
        return m[:]
    if k == 2:
        return flip(flip(m, first), second)
    if k == 1:
        return swapaxes(flip(m, second), first, second)
    return flip(swapaxes(m, first, second), second)
