"""Python's operators as methods of a class: each calls the ufunc of its meaning."""

# Operands can be anything.
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_BINARY: dict[str, np.ufunc] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide,
    "floordiv": np.floor_divide, "mod": np.remainder, "pow": np.power,
    "matmul": np.matmul, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
"""Operators that have reflected and in-place forms."""
_COMPARISONS: dict[str, np.ufunc] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip
_SIGNS: dict[str, np.ufunc] = {
    "neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert,
}  # fmt: skip


def give_operators(
    cls: type,
    takes: Callable[[Any], bool],
    in_place: Callable[[Any, np.ufunc, Any], Any],
) -> None:
    """Give a class all operators, with operands that it `takes`.

    `in_place(x, ufunc, other)` is what `x += other` makes of x.
    """
    for name, ufunc in (_BINARY | _COMPARISONS).items():

        def forward(self: Any, other: Any, ufunc: np.ufunc = ufunc) -> Any:
            return ufunc(self, other) if takes(other) else NotImplemented

        setattr(cls, f"__{name}__", forward)
    for name, ufunc in _BINARY.items():

        def reflected(self: Any, other: Any, ufunc: np.ufunc = ufunc) -> Any:
            return ufunc(other, self) if takes(other) else NotImplemented

        def augmented(self: Any, other: Any, ufunc: np.ufunc = ufunc) -> Any:
            return in_place(self, ufunc, other)

        setattr(cls, f"__r{name}__", reflected)
        setattr(cls, f"__i{name}__", augmented)
    for name, ufunc in _SIGNS.items():
        setattr(cls, f"__{name}__", lambda self, ufunc=ufunc: ufunc(self))
