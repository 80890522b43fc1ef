"""NumPy functions made of other traced ones: `MORE` is a part of `FUNCTIONS`.

Each body calls NumPy on tracers, which dispatches back to `numpy_api`; the signatures
hold the keywords that are traced, so that any other keyword is refused by name.
"""

# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rfxjit.frontend.context import refuse


def _axis(a: Any, axis: int) -> int:
    if not -a.ndim <= axis < a.ndim:
        raise np.exceptions.AxisError(axis, a.ndim)
    return axis % a.ndim


def _part(a: Any, axis: int, start: Any, stop: Any) -> Any:
    return a[(*(slice(None),) * axis, slice(start, stop))]


def _static(a: Any, axis: int, what: str) -> int:
    n = a.shape[axis]
    if not isinstance(n, int):
        raise refuse(f"np.{what} along an axis of unknown size is not traced")
    return n


def _strict(name: str, function: Callable[..., Any], known: str) -> Callable[..., Any]:
    def checked(*args: Any, **kwargs: Any) -> Any:
        if unknown := sorted(set(kwargs) - set(known.split())):
            raise refuse(f"np.{name} with {', '.join(unknown)} is not traced")
        return function(*args, **kwargs)

    return checked


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """As `np.roll`, by one static shift."""
    if not isinstance(shift, int) or isinstance(axis, tuple):
        raise refuse("np.roll is traced for one static shift")
    if axis is None:
        return np.reshape(roll(np.reshape(a, -1), shift, 0), a.shape)
    axis = _axis(a, axis)
    n = _static(a, axis, "roll")
    if n == 0 or shift % n == 0:
        return a.copy()
    cut = n - shift % n
    return np.concatenate([_part(a, axis, cut, n), _part(a, axis, 0, cut)], axis)


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """As `np.diff`."""
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    axis = _axis(a, axis)
    for _ in range(n):
        size = _static(a, axis, "diff")
        high, low = _part(a, axis, 1, size), _part(a, axis, 0, max(size - 1, 0))
        a = np.not_equal(high, low) if a.dtype.kind == "b" else high - low
    return a


def ptp(a: Any, axis: Any = None) -> Any:
    """As `np.ptp`."""
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def _triangle(name: str) -> Callable[..., Any]:
    def function(m: Any, k: int = 0) -> Any:
        if m.ndim < 2:
            raise refuse(f"np.{name} of a vector is not traced")
        rows, columns = _static(m, m.ndim - 2, name), _static(m, m.ndim - 1, name)
        low = np.tri(rows, columns, k if name == "tril" else k - 1, dtype=bool)
        zero = np.zeros_like(m)
        return np.where(low, m, zero) if name == "tril" else np.where(low, zero, m)

    return function


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """As `np.split`: views."""
    axis = _axis(ary, axis)
    n = _static(ary, axis, "split")
    cuts = indices_or_sections
    if isinstance(cuts, int):
        if n % cuts:
            raise ValueError("array split does not result in an equal division")
        cuts = [n // cuts * i for i in range(1, cuts)]
    starts, stops = [0, *cuts], [*cuts, n]
    return [_part(ary, axis, i, j) for i, j in zip(starts, stops, strict=True)]


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """As `np.repeat`, by one static count."""
    if not isinstance(repeats, int):
        raise refuse("np.repeat is traced for one static count")
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    axis = _axis(a, axis)
    n = _static(a, axis, "repeat")
    return np.take(a, np.repeat(np.arange(n), repeats), axis=axis)


MORE: dict[Any, Callable[..., Any]] = {
    np.roll: _strict("roll", roll, "shift axis"),
    np.diff: _strict("diff", diff, "n axis"),
    np.ptp: _strict("ptp", ptp, "axis"),
    np.tril: _strict("tril", _triangle("tril"), "k"),
    np.triu: _strict("triu", _triangle("triu"), "k"),
    np.split: _strict("split", split, "indices_or_sections axis"),
    np.repeat: _strict("repeat", repeat, "repeats axis"),
    np.fliplr: _strict("fliplr", lambda m: np.flip(m, 1), ""),
    np.flipud: _strict("flipud", lambda m: np.flip(m, 0), ""),
}
