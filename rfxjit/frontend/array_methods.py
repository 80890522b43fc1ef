"""What arrays have beside data: methods and properties that are NumPy functions.

    x.sum(axis=0)    ->    np.sum(x, axis=0)
    x.T              ->    np.transpose(x)

A `Tracer` is an array by its data and these.
"""

# Values can be anything; a tracer has the rest.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rfxjit.frontend.context import refuse

if TYPE_CHECKING:
    from rfxjit.frontend.tracer import Tracer

_np: Any = np
"""NumPy, whose functions give tracers for tracers."""
_SAME_NAME = (
    "sum", "prod", "mean", "max", "min", "any", "all", "argmax", "argmin", "dot",
    "var", "std", "ravel", "squeeze", "swapaxes", "clip", "round", "trace", "take",
    "repeat", "cumsum", "cumprod", "diagonal", "choose", "searchsorted", "put",
)  # fmt: skip


class ArrayMethods:
    """See the module's docstring."""

    @property
    def imag(self: Any) -> Tracer:
        return _np.imag(self)

    @property
    def real(self: Any) -> Tracer:
        return self

    @property
    def T(self: Any) -> Tracer:
        return _np.transpose(self)

    @property
    def mT(self: Any) -> Tracer:
        return _np.matrix_transpose(self)

    def reshape(self: Any, *shape: Any, order: Any = "C") -> Tracer:
        """As `ndarray.reshape`, also with separate sizes."""
        return _np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)

    def flatten(self: Any, order: str = "C") -> Tracer:
        """A flat copy."""
        return self.reshape(-1, order=order).copy()

    def transpose(self: Any, *axes: Any) -> Tracer:
        """As `ndarray.transpose`, also with separate axes."""
        return _np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def conjugate(self: Any) -> Tracer:
        """A copy: all numbers are real."""
        return self.copy()

    conj = conjugate

    def compress(self: Any, condition: Any, axis: Any = None) -> Tracer:
        """As `ndarray.compress`: the mask comes first in NumPy's function."""
        return _np.compress(condition, self, axis)

    def fill(self: Any, value: Any) -> None:
        """Set every element."""
        self[...] = value

    def item(self: Any, *index: Any) -> Any:
        """A Python number."""
        from rfxjit.frontend.tracer import python_number

        if not index:
            return python_number(self.reshape(()))
        flat = len(index) == 1 and not isinstance(index[0], tuple)
        where = index[0] if len(index) == 1 else index
        return python_number((self.reshape(-1) if flat else self)[where])

    def tolist(self: Any) -> Any:
        """Nested lists of Python numbers."""
        return [row.tolist() for row in self] if self.ndim else self.item()

    def __divmod__(self: Any, other: Any) -> Any:
        return self // other, self % other

    def __round__(self: Any, n: Any = None) -> Any:
        from rfxjit.frontend.tracer import python_number

        if n is None:
            return python_number(_np.round(self).astype(np.int64))
        if self.kind == "float":
            raise refuse(
                "round() to digits is not traced", "np.round rounds by scaling"
            )
        return _np.round(self, n)


def _method(name: str) -> None:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"As `numpy.{name}`."
    setattr(ArrayMethods, name, method)


for _name in _SAME_NAME:
    _method(_name)
