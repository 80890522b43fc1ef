"""Derivatives of plain Python code by dual numbers, with the kinks of our own rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Parts = Callable[..., tuple[Any, ...]]

RULES: dict[np.ufunc, Parts] = {
    np.add: lambda x, y, r: (1, 1),
    np.subtract: lambda x, y, r: (1, -1),
    np.multiply: lambda x, y, r: (y, x),
    np.divide: lambda x, y, r: (1 / y, -r / y),
    np.negative: lambda x, r: (-1,),
    np.absolute: lambda x, r: (np.sign(x),),
    np.sqrt: lambda x, r: (0.5 / r,),
    np.floor: lambda x, r: (0,),
    np.minimum: lambda x, y, r: (x <= y, x > y),
    np.maximum: lambda x, y, r: (x >= y, x < y),
    np.copysign: lambda x, y, r: (np.copysign(1, x) * np.copysign(1, y), 0),
    np.sin: lambda x, r: (np.cos(x),),
}


class Dual(np.lib.mixins.NDArrayOperatorsMixin):
    """A number and its derivatives; `met` are the largest numbers of each operation.

    Where an operation that is not used in the end has an infinite derivative, going
    backwards has 0 * inf, which is NaN.
    """

    def __init__(self, value: Any, slopes: Any, met: list[float]) -> None:
        self.value, self.slopes, self.met = value, np.asarray(slopes), met

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **_: Any
    ) -> Any:
        values = [v.value if isinstance(v, Dual) else v for v in inputs]
        result = ufunc(*values)
        if result.dtype == np.bool_:
            return result
        slopes = np.zeros_like(self.slopes)
        parts = RULES[ufunc](*values, result)
        for v, part in zip(inputs, parts, strict=True):
            if isinstance(v, Dual):
                slopes = slopes + v.slopes * part
        self.met.append(np.max(np.abs([result, *slopes, *parts])))
        return Dual(result, slopes, self.met)

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        if function is np.nan_to_num:
            (x,) = args
            finite = np.where(np.isfinite(x.value), x.slopes, 0.0)
            return Dual(np.nan_to_num(x.value), finite, self.met)
        assert function is np.where
        condition, a, b = args
        return a if condition else b


def slopes(function: Any, *inputs: Any) -> tuple[np.ndarray, float]:
    """The derivatives of a scalar function by its floats, and the largest number met.

    The latter is NaN if there was one.
    """
    floats = [i for i, v in enumerate(inputs) if isinstance(v, np.floating)]
    met: list[float] = [0.0]
    duals = [
        Dual(v, np.eye(len(floats))[floats.index(i)], met) if i in floats else v
        for i, v in enumerate(inputs)
    ]
    result = function(*duals)
    largest = float(np.max(met))
    if not isinstance(result, Dual):
        return np.zeros(len(floats)), largest
    return result.slopes, largest
