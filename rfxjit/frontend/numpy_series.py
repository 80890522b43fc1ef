"""Functions of sampled series: differences, integrals, interpolation, convolution."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportPrivateUsage=false, reportOperatorIssue=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_joins import part
from rfxjit.frontend.numpy_registry import axes_of, axis_of, implements, static_size
from rfxjit.frontend.symbolic import least
from rfxjit.frontend.tracer import Tracer, lift, sizes


@implements("diff")
def diff(a: Any, n: int = 1, axis: Any = -1, prepend: Any = np._NoValue,
         append: Any = np._NoValue) -> Any:  # fmt: skip
    """As `np.diff`."""
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = axis_of(axis, a.ndim)
    ends = []
    for end in (prepend, append):
        if end is np._NoValue:
            ends.append([])
            continue
        x = lift(a.trace, end)
        if x.ndim == 0:
            x = np.broadcast_to(x, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))
        ends.append([x])
    if ends[0] or ends[1]:
        a = np.concatenate([*ends[0], a, *ends[1]], axis)
    for _ in range(n):
        size = a.shape[axis]
        if isinstance(size, int) and size == 0:
            return a
        high, low = part(a, axis, 1, None), part(a, axis, None, -1)
        a = np.not_equal(high, low) if a.dtype.kind == "b" else np.subtract(high, low)
    return a


@implements("ediff1d", arrays="ary")
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = ary.reshape(-1)
    parts = [np.subtract(flat[1:], flat[:-1])]
    for at, given in ((0, to_begin), (2, to_end)):
        if given is not None:
            end = lift(ary.trace, given)
            if end.kind in ("array", "scalar") and not np.can_cast(
                end.dtype, ary.dtype, "same_kind"
            ):
                name = "to_end" if at else "to_begin"
                raise TypeError(
                    f"dtype of `{name}` must be compatible with input `ary` under the"
                    " `same_kind` rule."
                )
            parts.insert(at, end.astype(ary.dtype).reshape(-1))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@implements("gradient", arrays="f")
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    axes = axes_of(axis, f.ndim) if not isinstance(axis, tuple) else [
        axis_of(d, f.ndim) for d in axis]  # fmt: skip
    spacings = list(varargs) or [1.0]
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if f.dtype.kind == "b":
        raise TypeError(
            "numpy boolean subtract, the `-` operator, is not supported, use the"
            " bitwise_xor, the `^` operator, or the logical_xor function instead."
        )
    x = f if f.dtype.kind == "f" else f.astype(np.float64)
    results = []
    for d, spacing in zip(axes, spacings, strict=True):
        n = static_size(x, d)
        if n < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, at least"
                " (edge_order + 1) elements are required."
            )
        h = lift(x.trace, spacing)
        if h.ndim:
            raise refuse("np.gradient is traced for uniform spacings")
        if edge_order == 2:
            raise refuse("np.gradient with edge_order=2 is not traced")
        middle = np.true_divide(
            np.subtract(part(x, d, 2, None), part(x, d, None, -2)), 2.0 * h
        )
        first = np.true_divide(np.subtract(part(x, d, 1, 2), part(x, d, 0, 1)), h)
        last = np.true_divide(
            np.subtract(part(x, d, n - 1, n), part(x, d, n - 2, n - 1)), h
        )
        results.append(np.concatenate([first, middle, last], d).astype(x.dtype))
    return results[0] if len(results) == 1 else tuple(results)


@implements("trapezoid", "trapz", arrays="y x")
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    axis = axis_of(axis, y.ndim)
    step: Any = dx
    if x is not None:
        step = diff(x, axis=axis) if x.ndim != 1 else diff(x)
        if x.ndim == 1:
            step = step.reshape((-1, *[1] * (y.ndim - 1 - axis)))
    both = np.add(part(y, axis, 1, None), part(y, axis, None, -1))
    return np.sum(np.true_divide(np.multiply(step, both), 2.0), axis)


@implements("unwrap", arrays="p")
def _unwrap(p: Any, discont: Any = None, axis: Any = -1, *,
            period: Any = 2 * math.pi) -> Any:  # fmt: skip
    axis = axis_of(axis, p.ndim)
    step = diff(p, axis=axis)
    dtype = np.result_type(step.dtype, *[] if isinstance(period, int) else [0.0])
    if p.dtype.kind == "f":
        dtype = p.dtype
    if dtype.kind in "iu":
        raise refuse("np.unwrap is traced for floats")
    limit = period / 2 if discont is None else discont
    low, high = -period / 2, period / 2
    step = step.astype(dtype)
    moved = np.add(np.mod(np.subtract(step, low), period), low)
    edge = np.logical_and(np.equal(moved, low), np.greater(step, 0))
    moved = np.where(edge, high, moved)
    correction = np.subtract(moved, step)
    correction = np.where(np.less(np.absolute(step), limit), 0.0, correction)
    rest = np.add(part(p, axis, 1, None), np.cumsum(correction, axis))
    return np.concatenate([part(p, axis, 0, 1).astype(dtype), rest.astype(dtype)], axis)


# ---- places in sorted arrays -------------------------------------------------------


def _below(table: Any, v: Any, *, right: bool) -> Any:
    """How many of a sorted table come before v; NaN comes last."""
    wide = v[..., None]
    compare = np.less_equal if right else np.less
    before = compare(table, wide)
    if np.result_type(table.dtype, v.dtype).kind == "f":
        nan = np.isnan(wide)
        last = nan if right else np.logical_and(nan, np.logical_not(np.isnan(table)))
        before = np.logical_or(before, last)
    return np.sum(before, axis=-1)


@implements("searchsorted", arrays="a v")
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """As `np.searchsorted`, by counting: the table must be sorted, as NumPy's."""
    if a.ndim != 1:
        raise ValueError("object too deep for desired array")
    if side not in ("left", "right"):
        raise ValueError(f"search side must be 'left' or 'right' (got '{side}')")
    table = a if sorter is None else np.take(a, sorter)
    return _below(table, v, right=side == "right")


@implements("digitize", arrays="x bins")
def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    if bins.ndim != 1:
        raise ValueError("object too deep for desired array")
    steps = diff(bins) if bins.dtype.kind != "b" else bins
    up = np.all(np.greater_equal(steps, 0))
    down = np.all(np.less_equal(steps, 0))
    code = x.trace.failure(
        ValueError, "bins must be monotonically increasing or decreasing"
    )
    x.trace.here().require(lift(x.trace, np.logical_or(up, down)).value, code)
    n = bins.shape[0]
    rising = _below(bins, x, right=not right)
    falling = np.subtract(n, _below(bins[::-1], x, right=not right))
    return np.where(up, rising, falling)


@implements("interp", arrays="x xp fp left right")
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None,
            period: Any = None) -> Any:  # fmt: skip
    if period is not None:
        raise refuse("np.interp with period is not traced")
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    n = static_size(xp, 0)
    if n == 0:
        raise ValueError("array of sample points is empty")
    if n != static_size(fp, 0):
        raise ValueError("fp and xp are not of the same length.")
    x, xp, fp = (v.astype(np.float64) for v in (x, xp, fp))
    left = fp[0] if left is None else left.astype(np.float64)
    right = fp[-1] if right is None else right.astype(np.float64)
    j = np.subtract(np.sum(np.less_equal(xp, x[..., None]), axis=-1), 1)
    near = np.clip(j, 0, max(n - 2, 0))
    far = np.minimum(np.add(near, 1), n - 1)
    x0, x1, y0, y1 = xp[near], xp[far], fp[near], fp[far]
    slope = np.true_divide(np.subtract(y1, y0), np.subtract(x1, x0))
    value = np.add(np.multiply(slope, np.subtract(x, x0)), y0)
    # Infinite slopes: from the other end, or what both ends are.
    other = np.add(np.multiply(slope, np.subtract(x, x1)), y1)
    other = np.where(np.logical_and(np.isnan(other), np.equal(y0, y1)), y0, other)
    value = np.where(np.isnan(value), other, value)
    value = np.where(np.equal(x, x0), y0, value)
    value = np.where(np.equal(x, xp[-1]), fp[-1], value)
    value = np.where(np.less(x, xp[0]), left, value)
    value = np.where(np.greater(x, xp[-1]), right, value)
    return np.where(np.isnan(x), x, value)


# ---- convolution -------------------------------------------------------------------


def _correlate(a: Any, v: Any, mode: str) -> Any:
    """Sums of products of a with v moved along; both of one axis."""
    if mode not in ("full", "same", "valid"):
        raise ValueError(
            f"mode must be one of 'valid', 'same', or 'full' (got '{mode}')"
        )
    (n,), (m,) = a.shape, v.shape
    start, count = {
        "full": (1 - m, n + m - 1), "same": (0 - m // 2, n), "valid": (0, n - m + 1),
    }[mode]  # fmt: skip
    dtype = np.result_type(a.dtype, v.dtype)
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    b = a.trace.here()
    x, y = b.convert(a.value, wide), b.convert(v.value, wide)
    value = b.convert(b.correlate(x, y, *sizes(a.trace, (start, count))), dtype)
    return Tracer(a.trace, value, "array", shape=(count,))


def _is_longer(v: Any, a: Any, mode: str) -> bool:
    """Whether v is longer than a; in mode "full" it need not be known."""
    difference = a.shape[0] - v.shape[0]
    if least(difference) >= 0:
        return False
    return least(-1 * difference) > 0 or (mode != "full" and difference < 0)


@implements("convolve", arrays="a v")
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = (x.reshape(1) if x.ndim == 0 else x for x in (a, v))
    if _is_longer(v, a, mode):
        a, v = v, a
    for name, x in (("a", a), ("v", v)):
        if least(x.shape[0]) == 0:
            raise ValueError(f"{name} cannot be empty")
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError("object too deep for desired array")
    return _correlate(a, v[::-1], mode)


@implements("correlate", arrays="a v")
def _correlate_rule(a: Any, v: Any, mode: str = "valid") -> Any:
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError("object too deep for desired array")
    for name, x in (("first", a), ("second", v)):
        if least(x.shape[0]) == 0:
            raise ValueError(f"{name} array argument cannot be empty")
    if _is_longer(v, a, mode):
        return _correlate(v, a, mode)[::-1]
    return _correlate(a, v, mode)


# ---- covariance -------------------------------------------------------------------


@implements("cov", arrays="m y")
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False,
        ddof: Any = None, *, dtype: Any = None) -> Any:  # fmt: skip
    """As `np.cov`, without weights."""
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    if m.ndim > 2 or (y is not None and y.ndim > 2):
        raise ValueError("m has more than 2 dimensions" if m.ndim > 2 else
                         "y has more than 2 dimensions")  # fmt: skip
    common = np.result_type(m.dtype, np.float64) if dtype is None else dtype
    x: Any = np.atleast_2d(m).astype(common)
    if not rowvar and m.ndim != 1:
        x = np.transpose(x)
    if y is not None:
        other = np.atleast_2d(y).astype(common)
        x = np.concatenate([x, other if rowvar or y.ndim == 1 else other.T])
    ddof = (0 if bias else 1) if ddof is None else ddof
    left = x.shape[1] - ddof
    centred = np.subtract(x, np.mean(x, axis=1)[:, None])
    factor = np.true_divide(1.0, np.maximum(lift(x.trace, left), 0).astype(common))
    return np.squeeze(np.multiply(np.matmul(centred, centred.T), factor))


@implements("corrcoef", arrays="x y")
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c: Any = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return np.true_divide(c, c)
    deviation = np.sqrt(np.diagonal(c))
    c = np.true_divide(np.true_divide(c, deviation[:, None]), deviation[None, :])
    return np.clip(c, -1, 1)
