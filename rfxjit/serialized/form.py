"""Signatures as text: how a program in a file says that it is called.

    Form(
        call="f(x: float32[n, 3], k: float = 2.0, *, mode: 'fast')",
        outputs=("x: float32[n, 3]", "out0: float32[n]"),
        result="{'mean': out0, 'same': x}",
    )

Each part is Python that `ast` reads; nothing is executed. An annotation is

- `float32[n, 3]`, an array (`float32[()]` of rank 0; a name is a size that varies, and
  equal names are equal sizes), `float32`, a NumPy scalar, or `float`, `int`, `bool`
  (NumPy's own bool is `bool_`); `int == 3` was used concretely, and must be 3;
- a tuple, list or dict of annotations: an argument of that structure;
- any other literal: an argument that must be equal to it.

`outputs` are in the kernel's order. One that has the name of an argument is written
back to it; all others have names of their own, which `result` puts together.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from inspect import isclass
from typing import Any, cast

import numpy as np

from rfxjit import errors

DTYPES = {
    "bool_" if name == "bool" else name: np.dtype(name)
    for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16",
                 "uint32", "uint64", "float16", "float32", "float64")
}  # fmt: skip
"""NumPy's types, by the names that they have in a text."""


@dataclass(frozen=True)
class Form:
    """The parts of a signature's text."""

    call: str
    outputs: tuple[str, ...]
    result: str
    failures: tuple[str, ...] = ()


class FormError(ValueError):
    """A part that does not say a signature; `offset` is the place in its text."""

    def __init__(self, message: str, part: str, offset: int = 0) -> None:
        super().__init__(message)
        self.part = part
        self.offset = offset


def exception(name: str) -> type[Exception] | None:
    """The exception of Python or of rfxjit that has this name."""
    found = cast("Any", getattr(builtins, name, None) or getattr(errors, name, None))
    fits = isclass(found) and issubclass(found, Exception)
    return cast("Any", found) if fits else None
