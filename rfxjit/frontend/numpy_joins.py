"""Functions that join arrays and split them."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rfxjit.errors import ShapeError
from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_registry import (
    axis_of,
    implements,
    lift_all,
    static_size,
    trace_of,
)
from rfxjit.frontend.numpy_shapes import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    expand_dims,
    moveaxis,
    reshape,
    transpose,
)
from rfxjit.frontend.tracer import Tracer, lift


def part(a: Any, axis: int, start: Any, stop: Any) -> Any:
    """`a[..., start:stop, ...]` along one axis."""
    return a[(*(slice(None),) * axis, slice(start, stop))]


@implements("concatenate", "concat", arrays="")
def concatenate(
    arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    """As `np.concatenate`."""
    parts = lift_all(arrays)
    if axis is None:
        parts, axis = [reshape(p, -1) for p in parts], 0
    if any(p.ndim == 0 for p in parts):
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    axis = axis_of(axis, parts[0].ndim)
    common = np.result_type(*(p.dtype for p in parts)) if dtype is None else dtype
    for p in parts:
        if not np.can_cast(p.dtype, common, casting):
            raise TypeError(
                f"Cannot cast array data from {p.dtype!r} to {np.dtype(common)!r}"
                f" according to the rule '{casting}'"
            )
    total: Any = 0
    for p in parts:
        if p.ndim != parts[0].ndim or any(
            a != b
            for d, (a, b) in enumerate(zip(p.shape, parts[0].shape, strict=True))
            if d != axis
        ):
            raise ShapeError(
                "all the input array dimensions except for the concatenation axis must"
                f" match exactly, got shapes {' '.join(str(q.shape) for q in parts)}"
            )
        total = total + p.shape[axis]
    builder = parts[0].trace.here()
    values = [builder.convert(p.value, common) for p in parts]
    value = builder.concatenate(values, axis) if len(values) > 1 else values[0]
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
    return Tracer(parts[0].trace, value, "array", shape=shape)


@implements("stack", arrays="")
def stack(arrays: Any, axis: Any = 0, *, dtype: Any = None,
          casting: Any = "same_kind") -> Any:  # fmt: skip
    """As `np.stack`."""
    parts = lift_all(arrays)
    if len({p.ndim for p in parts}) > 1:
        raise ValueError("all input arrays must have the same shape")
    axis = axis_of(axis, parts[0].ndim + 1)
    for p in parts:
        if any(m != n for m, n in zip(p.shape, parts[0].shape, strict=True)):
            raise ValueError("all input arrays must have the same shape")
    parts = [expand_dims(p, axis) for p in parts]
    return concatenate(parts, axis, dtype=dtype, casting=casting)


@implements("unstack", arrays="x")
def _unstack(x: Any, /, *, axis: Any = 0) -> Any:
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))


@implements("hstack", arrays="")
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = [atleast_1d(a) for a in lift_all(tup)]
    axis = 0 if parts[0].ndim == 1 else 1
    return concatenate(parts, axis, dtype=dtype, casting=casting)


@implements("vstack", "row_stack", arrays="")
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = [atleast_2d(a) for a in lift_all(tup)]
    return concatenate(parts, 0, dtype=dtype, casting=casting)


@implements("dstack", arrays="")
def _dstack(tup: Any) -> Any:
    return concatenate([atleast_3d(a) for a in lift_all(tup)], 2)


@implements("column_stack", arrays="")
def _column_stack(tup: Any) -> Any:
    parts = lift_all(tup)
    return concatenate(
        [transpose(atleast_2d(a)) if a.ndim < 2 else a for a in parts], 1
    )


@implements("append", arrays="arr values")
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return concatenate([reshape(arr, -1), reshape(values, -1)])
    return concatenate([arr, values], axis)


@implements("block", arrays="")
def _block(arrays: Any) -> Any:
    trace = trace_of(arrays if isinstance(arrays, list) else [arrays])

    def depth(item: Any) -> int:
        if isinstance(item, tuple):
            raise TypeError(
                "arrays is a tuple. Only lists can be used to arrange blocks"
            )
        if not isinstance(item, list):
            return 0
        if not item:
            raise ValueError("List at arrays cannot be empty")
        depths = {depth(v) for v in item}
        if len(depths) > 1:
            raise ValueError("List depths are mismatched")
        return depths.pop() + 1

    def leaves(item: Any) -> list[Any]:
        if isinstance(item, list):
            return [v for entry in item for v in leaves(entry)]
        return [lift(trace, item)]

    levels = depth(arrays)
    rank = max(levels, *(a.ndim for a in leaves(arrays)), 1 if levels else 0)

    def joined(item: Any, level: int) -> Any:
        if not isinstance(item, list):
            a = lift(trace, item)
            return reshape(a, (*[1] * (rank - a.ndim), *a.shape))
        return concatenate([joined(v, level - 1) for v in item], rank - level)

    return joined(arrays, levels)


# ---- splits ------------------------------------------------------------------------


@implements("split", arrays="ary")
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """As `np.split`: views."""
    if isinstance(indices_or_sections, int):
        n = static_size(ary, axis_of(axis, ary.ndim))
        if n % indices_or_sections:
            raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


@implements("array_split", arrays="ary")
def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """As `np.array_split`: the first parts are longer by one."""
    axis = axis_of(axis, ary.ndim)
    n = static_size(ary, axis)
    cuts = indices_or_sections
    if isinstance(cuts, int):
        if cuts <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, more = divmod(n, cuts)
        cuts = np.cumsum([each + (i < more) for i in range(cuts)])[:-1]
    cuts = [int(c) for c in cuts]
    return [part(ary, axis, i, j)
            for i, j in zip([0, *cuts], [*cuts, n], strict=True)]  # fmt: skip


@implements("hsplit", arrays="ary")
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements("vsplit", arrays="ary")
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)


@implements("dsplit", arrays="ary")
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(ary, indices_or_sections, 2)


# ---- roll --------------------------------------------------------------------------


@implements("roll")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """As `np.roll`, by static shifts."""
    if isinstance(shift, Tracer) or isinstance(axis, Tracer):
        raise refuse("np.roll is traced for static shifts")
    if axis is None:
        shifts = [int(s) for s in np.atleast_1d(shift)]
        return reshape(_rolled(reshape(a, -1), [(0, sum(shifts))]), a.shape)
    pairs = np.broadcast(shift, axis)
    if pairs.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    amounts: dict[int, int] = {}
    for by, along in pairs:
        at = axis_of(int(along), a.ndim)
        amounts[at] = amounts.get(at, 0) + int(by)
    return _rolled(a, [*amounts.items()])


def _rolled(a: Any, shifts: Sequence[tuple[int, int]]) -> Any:
    """Blocks in another order, along one axis after the other."""
    if not shifts:
        return a.copy()
    (axis, shift), *rest = shifts
    n = static_size(a, axis)
    if n == 0 or shift % n == 0:
        return _rolled(a, rest)
    cut = n - shift % n
    blocks = part(a, axis, cut, n), part(a, axis, 0, cut)
    return concatenate([_rolled(block, rest) for block in blocks], axis)
