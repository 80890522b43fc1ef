"""Reductions on NumPy values, in the order that every target keeps.

Sums and products of floats follow the lane tree of `passes/lane_tree.py`, so that
native code is compared bit by bit.
"""

# Values are whatever NumPy gives.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from rfxjit.dialects.evaluate import evaluate

Array = np.ndarray[Any, Any]
LANES, BLOCK = 64, 4096

_IDENTITY: dict[str, Callable[[np.dtype[Any]], Any]] = {
    "add": lambda d: 0,
    "mul": lambda d: 1,
    "or": lambda d: 0,
    "and": lambda d: True if d.kind == "b" else ~d.type(0),
    "maximum": lambda d: _extreme(d, largest=False),
    "minimum": lambda d: _extreme(d, largest=True),
}


def _extreme(dtype: np.dtype[Any], *, largest: bool) -> Any:
    if dtype.kind == "f":
        return np.inf if largest else -np.inf
    if dtype.kind == "b":
        return largest
    info = np.iinfo(cast("Any", dtype))
    return info.max if largest else info.min


def reduce(kind: str, x: Array, dims: Sequence[int]) -> Array:
    """Reduce over `dims` in the order that every target keeps."""
    if kind in ("argmax", "argmin"):
        return np.asarray(getattr(np, kind)(x, axis=dims[0]), np.int64)
    kept = [d for d in range(x.ndim) if d not in dims]
    shape = tuple(x.shape[d] for d in kept)
    count = math.prod(x.shape[d] for d in dims)
    flat = np.transpose(x, [*kept, *dims]).reshape(*shape, count)
    # Loops of one iteration count as reduced: they are joined with their neighbours.
    inner = not kept or not dims or max(dims) == x.ndim - 1
    tree = kind in ("add", "mul") and x.dtype.kind == "f"
    if tree and inner:
        return _lanes(kind, flat)
    total = np.full(shape, _IDENTITY[kind](x.dtype), x.dtype)
    for k in range(count):
        total = evaluate(kind, total, flat[..., k])
    return np.asarray(total)


def _lanes(kind: str, x: Array) -> Array:
    """The lane tree along the last dim."""
    count = x.shape[-1]
    high = np.full(x.shape[:-1], _IDENTITY[kind](x.dtype), x.dtype)
    low = np.zeros_like(high)
    if count <= BLOCK:
        return _block(kind, x)
    for first in range(0, count, BLOCK):
        part = _block(kind, x[..., first : first + BLOCK])
        if kind == "mul":
            high = high * part
            continue
        both = high + part
        step = both - high
        low = low + ((high - (both - step)) + (part - step))
        high = both
    return np.where(np.abs(low) < np.inf, high + low, high)


def _block(kind: str, x: Array) -> Array:
    rest = -x.shape[-1] % LANES
    identity = _IDENTITY[kind](x.dtype)
    # -0.0 is the identity of a padded sum; padding with it changes no lane.
    fill = -0.0 if kind == "add" else identity
    pad = np.full((*x.shape[:-1], rest), fill, x.dtype)
    rows = np.concatenate([x, pad], -1).reshape(
        *x.shape[:-1], (x.shape[-1] + rest) // LANES, LANES
    )
    lanes = np.full((*x.shape[:-1], LANES), identity, x.dtype)
    for k in range(rows.shape[-2]):
        lanes = evaluate(kind, lanes, rows[..., k, :])
    half = LANES
    while half := half // 2:
        lanes = evaluate(kind, lanes[..., :half], lanes[..., half:])
    return lanes[..., 0]
