"""The types of a kernel's variables, and numbers as scalars of a region."""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportOperatorIssue=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder
from rfxjit.dialects.ir import ELEMENT_TYPES, scalar_attr
from rfxjit.frontend.flow import Slot
from rfxjit.frontend.kernel_source import Weak
from rfxjit.frontend.tracer import Tracer

NUMBERS = (bool, int, float, np.generic)
"""Numbers that are known while tracing."""
_SAMPLES: dict[Any, Any] = {Weak.FLOAT: 0.0, Weak.INT: 0}
_WIDE = {Weak.FLOAT: np.dtype(np.float64), Weak.INT: np.dtype(np.int64)}
Type = Weak | np.dtype[Any]
"""Of a variable."""


@dataclass(frozen=True)
class NumberSlot(Slot):
    """How one number is carried, and what it stands for: "float", "int" or "scalar"."""

    kind: str

    @property
    def type(self) -> Attribute:
        """The type of the scalar."""
        return self.types[0]


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
        return Weak(value.kind) if value.kind in ("float", "int") else value.dtype
    if isinstance(value, (bool, np.generic)):
        return np.result_type(value)
    return Weak(type(value).__name__)


def join(a: Type, b: Type) -> Type:
    """The type that holds both, by NumPy's promotion."""
    if a == b:
        return a
    if isinstance(a, Weak) and isinstance(b, Weak):
        return Weak.FLOAT
    return np.result_type(_SAMPLES.get(a, a), _SAMPLES.get(b, b))


def slot_of(type_: Type) -> NumberSlot:
    """How values of a type are carried."""
    kind = type_.value if isinstance(type_, Weak) else "scalar"
    return NumberSlot((ELEMENT_TYPES[strong(type_)],), kind)


def kind_of_type(type_: Type) -> str:
    """The kind of number: "f", "i", "u" or "b"."""
    return strong(type_).kind


def strong(type_: Type) -> np.dtype[Any]:
    """The dtype in which values of a type are held."""
    return _WIDE[type_] if isinstance(type_, Weak) else type_


def name_of(type_: Type) -> str:
    """A type in a message."""
    return type_.value if isinstance(type_, Weak) else str(type_)
