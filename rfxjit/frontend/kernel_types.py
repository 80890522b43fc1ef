"""The types of a kernel's variables, and numbers as scalars of a region."""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.ir import SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder
from rfxjit.dialects.ir import ELEMENT_TYPES, scalar_attr
from rfxjit.frontend.flow import Slot
from rfxjit.frontend.tracer import Tracer

NUMBERS = (bool, int, float, np.generic)
"""Numbers that are known while tracing."""
_SAMPLES = {"float": 0.0, "int": 0}
_WIDE: dict[Any, np.dtype[Any]] = {
    "float": np.dtype(np.float64),
    "int": np.dtype(np.int64),
}
Type = Any
"""Of a variable: "float" or "int" for weak numbers, else a NumPy dtype."""


class ScalarBuilder(Builder):
    """A builder inside of a region: constants are scalars, and nothing fails."""

    def constant(self, value: Any, dtype: Any = None) -> SSAValue:
        """A number."""
        array = np.asarray(value, dtype)
        element = ELEMENT_TYPES[array.dtype]
        return self.op(
            rfx.ConstantOp, (), element, value=scalar_attr(array[()], element)
        )

    def require(self, condition: SSAValue, code: int) -> None:
        """Nothing: an element cannot fail. A division by 0 has NumPy's result."""


def type_of(value: Any) -> Type:
    """The type of a value."""
    if isinstance(value, Tracer):
        return value.kind if value.kind in _SAMPLES else value.dtype
    if isinstance(value, (bool, np.generic)):
        return np.result_type(value)
    return type(value).__name__


def join(a: Type, b: Type) -> Type:
    """The type that holds both, by NumPy's promotion."""
    if a == b:
        return a
    if a in ("float", "int") and b in ("float", "int"):
        return "float"
    return np.result_type(_SAMPLES.get(a, a), _SAMPLES.get(b, b))


def slot_of(type_: Type) -> Slot:
    """How values of a type are carried."""
    return Slot(ELEMENT_TYPES[strong(type_)], type_ if type_ in _SAMPLES else "scalar")


def kind_of_type(type_: Type) -> str:
    """The kind of number: "f", "i", "u" or "b"."""
    return type_[0] if type_ in _SAMPLES else np.dtype(type_).kind


def strong(type_: Type) -> np.dtype[Any]:
    """The dtype in which values of a type are held."""
    return _WIDE[type_] if type_ in _WIDE else np.dtype(type_)
