"""`x[mask]`: the elements that a mask chooses, whose number depends on data.

    x[x < 0] = 0.0              x = where(x < 0, 0.0, x)
    out[m] = y[m] * 2.0         out = where(m, y * 2.0, out)
    x[m].sum()                  x.sum(where=m)

What is done to the elements one by one is done to all of the array, and the mask has
its say where they are written, or reduced to a number. Both sides must be chosen by the
same mask. Anything else, such as returning them, needs a shape that depends on data.
"""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, cast

import numpy as np

from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.operators import give_operators
from rfxjit.frontend.same_values import same_value
from rfxjit.frontend.tracer import (
    Tracer,
    broadcast_to,
    lift,
    python_number,
    update,
)

_MAPPED = frozenset((
    np.where, np.clip, np.round, np.around, np.nan_to_num, np.isclose, np.fix, np.sinc,
    np.isposinf, np.isneginf, np.copy, np.real, np.zeros_like, np.ones_like,
    np.full_like, np.empty_like,
))  # fmt: skip
"""Functions of element by element that are no ufuncs."""
_REDUCED: dict[Any, str] = {
    np.sum: "sum", np.prod: "prod", np.any: "any", np.all: "all", np.mean: "mean",
    np.var: "var", np.std: "std", np.max: "max", np.amax: "max", np.min: "min",
    np.amin: "min", np.count_nonzero: "count_nonzero", np.add: "sum",
    np.multiply: "prod", np.maximum: "max", np.minimum: "min", np.logical_and: "all",
    np.logical_or: "any",
}  # fmt: skip


class Masked:
    """The elements of `full` where `mask` is True, one after the other in one dim.

    The mask is of the dims of `full` that end before the last `rest` ones.
    """

    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init__(self, full: Tracer, mask: Tracer, rest: int) -> None:
        self.full = full
        self.mask = mask
        self.rest = rest

    @classmethod
    def of(cls, x: Tracer, mask: Tracer, at: int) -> Masked:
        """The elements as they are now."""
        return cls(x.copy(), mask.copy(), x.ndim - at - mask.ndim)

    @property
    def trace(self) -> Trace:
        return self.full.trace

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.full.dtype

    @property
    def ndim(self) -> int:
        return self.full.ndim - self.mask.ndim + 1

    @property
    def size(self) -> Tracer:
        """How many elements there are: a number known at run time."""
        return python_number(cast("Tracer", np.sum(self.wide())))

    @property
    def count(self) -> Tracer:
        """`len(x[mask])`."""
        return python_number(cast("Any", np.count_nonzero(cast("Any", self.mask))))

    def wide(self) -> Any:
        """The mask with the shape of all elements."""
        ones = (1,) * self.rest
        mask = self.mask.reshape((*self.mask.shape, *ones)) if ones else self.mask
        return broadcast_to(mask, self.full.shape)

    def matches(self, other: Masked) -> bool:
        """Whether both are chosen by one mask, in the same dim from the end."""
        return self.rest == other.rest and (
            same_value(self.mask.value, other.mask.value)
        )

    # ---- element by element

    def fitted(self, value: Any) -> Any:
        """An operand as it goes with all elements; refused if it hangs on how many."""
        if isinstance(value, Masked):
            if not self.matches(value):
                raise refuse(
                    "elements chosen by two different masks are put together",
                    "choose both with one mask",
                )
            return value.full
        x = lift(self.trace, value)
        at = x.ndim - 1 - self.rest
        if at < 0:
            return x
        if not (isinstance(x.shape[at], int) and x.shape[at] == 1):
            raise refuse(
                "as many values as a mask has True elements: that depends on data",
                "give one value, or an array of the full shape with the same mask:"
                " y[mask]",
            )
        ones = (1,) * self.mask.ndim
        return x.reshape((*x.shape[:at], *ones, *x.shape[at + 1 :]))

    def mapped(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A function of element by element."""
        data = (Masked, Tracer, np.ndarray)
        result = function(
            *(self.fitted(v) if isinstance(v, data) else v for v in args),
            **{k: self.fitted(v) if isinstance(v, data) else v
               for k, v in kwargs.items()},
        )  # fmt: skip
        if isinstance(result, tuple):
            return tuple(Masked(r, self.mask, self.rest) for r in result)
        return Masked(result, self.mask, self.rest)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        first = next(v for v in inputs if isinstance(v, Masked))
        if method == "reduce" and ufunc in _REDUCED and inputs[0] is first:
            kwargs.setdefault("axis", 0)
            return first.reduced(_REDUCED[ufunc], **kwargs)
        if ufunc is np.matmul and not kwargs:
            return first.dot(np.matmul, *inputs)
        if method != "__call__" or ufunc.signature or {"out", "where"} & set(kwargs):
            first.refused(f"np.{ufunc.__name__}")
        return first.mapped(ufunc, inputs, kwargs)

    # ---- functions of all elements

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        if function in _MAPPED:
            first = next(v for v in (*args, *kwargs.values()) if isinstance(v, Masked))
            return first.mapped(function, args, kwargs)
        if function in _REDUCED and args and args[0] is self:
            return self.reduced(_REDUCED[function], *args[1:], **kwargs)
        if function is np.size and len(args) == 1:
            return self.size
        if function is np.ndim:
            return self.ndim
        if function in (np.dot, np.vdot, np.inner):
            return self.dot(function, *args)
        return self.refused(f"np.{function.__name__}")

    def reduced(self, name: str, axis: Any = None, **kwargs: Any) -> Any:
        """A reduction, of the dim of the elements or of all dims."""
        if {k: v for k, v in kwargs.items() if k not in ("dtype", "ddof") and (
                v is not False)}:  # fmt: skip
            self.refused(f"{name} with {', '.join(kwargs)}")
        mine = self.full.ndim - self.rest - self.mask.ndim
        if axis is not None and axis not in (mine, mine - self.ndim):
            self.refused(f"{name} over another axis")
        lead = tuple(range(mine, mine + self.mask.ndim))
        axes = tuple(range(self.full.ndim)) if axis is None else lead
        if name == "count_nonzero":
            return np.count_nonzero(
                np.logical_and(np.not_equal(self.full, 0), self.wide()), axis=axes
            )
        if name in ("max", "min"):
            from rfxjit.frontend.basic_index import require
            from rfxjit.frontend.numpy_reductions import identity

            kind = f"{name}imum"
            kwargs["initial"] = identity(kind, self.dtype)
            require(
                lift(self.trace, np.any(self.mask)), ValueError,
                f"zero-size array to reduction operation {kind} which has no identity",
            )  # fmt: skip
        function = getattr(np, name)
        return function(self.full, axis=axes, where=self.wide(), **kwargs)

    def dot(self, function: Any, *args: Any) -> Any:
        """Products of vectors that one mask chooses, or of rows of a matrix."""
        a, b = args
        if not (
            isinstance(a, Masked) and isinstance(b, Masked) and a.mask.ndim == 1
            and a.rest == 0 and b.full.ndim - b.rest == max(b.full.ndim - 1, 1)
            and same_value(a.mask.value, b.mask.value)
        ):  # fmt: skip
            self.refused(f"np.{function.__name__}")
        none = [np.where(v.wide(), v.full, np.zeros((), v.dtype)) for v in args]
        return function(*none)

    # ---- what arrays have

    def astype(self, dtype: Any, **_: Any) -> Masked:
        """As `ndarray.astype`."""
        return Masked(self.full.astype(dtype), self.mask, self.rest)

    def copy(self) -> Masked:
        """The same elements in an array of their own."""
        return self.astype(self.dtype)

    def __getattr__(self, name: str) -> Any:
        if name in ("clip", "round", *_REDUCED.values()):
            return lambda *args, **kwargs: getattr(np, name)(self, *args, **kwargs)
        if name.startswith("__"):
            raise AttributeError(name)
        return self.refused(f"ndarray.{name}")

    def refused(self, what: str) -> NoReturn:
        """Everything else."""
        raise refuse(
            f"{what} of the elements that a mask chooses: their number depends on data",
            "np.where(mask, a, b) keeps the shape; x[mask] can be computed with, summed"
            " up, and written where the same mask chooses",
        )

    def _refuse_use(self, *_: Any) -> NoReturn:
        return self.refused("a use")

    __getitem__ = __setitem__ = __iter__ = __array__ = __bool__ = _refuse_use
    __float__ = __index__ = _refuse_use


def _in_place(x: Masked, ufunc: np.ufunc, other: Any) -> Masked:
    result = cast("Masked", ufunc(x, other))
    update(x.full, result.full, f"Cannot cast ufunc '{ufunc.__name__}' output")
    return x


give_operators(Masked, lambda _: True, _in_place)


def assign_masked(x: Tracer, mask: Tracer, at: int, value: Any) -> None:
    """`x[mask] = value`, of a mask of the dims of x from `at` on."""
    from rfxjit.frontend.indexing import stored

    chosen = Masked(x, mask, x.ndim - at - mask.ndim)
    if not isinstance(value, Masked):
        value = lift(x.trace, value)
        while value.ndim > chosen.ndim and value.shape[0] == 1:
            value = value.reshape(value.shape[1:])
    new = stored(x, chosen.fitted(value), x.shape)
    result = cast("Tracer", np.where(chosen.wide(), new, cast("Any", x)))
    x.assign(result)
