"""`Tracer`: the stand-in for an array or a number while a function is traced.

A tracer is a handle on an SSA value. Operators, NumPy's ufuncs and functions append ops
with NumPy's dtype rules (NEP 50: Python numbers are weak) and explicit broadcasts.
In-place operations give the handle a new value: state is SSA, so whoever holds the same
handle sees the change, as they would see it in the array. A view is a handle without a
state of its own: see `views.py`.

`kind` says what the object would be without tracing, which decides what comes out:
an array, a NumPy scalar, or a Python float, int or bool.
"""

# Values can be anything; operators are set in loops.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import ELEMENT_TYPES, dtype_of, shape_of
from rfxjit.errors import ShapeError
from rfxjit.frontend.array_methods import ArrayMethods
from rfxjit.frontend.context import Trace, refuse, user_frame
from rfxjit.frontend.operators import give_operators
from rfxjit.frontend.symbolic import Size, SymDim, broadcast_shapes, same_shape
from rfxjit.frontend.views import View, reshaped
from rfxjit.special import result_dtype

if TYPE_CHECKING:
    from rfxjit.signature import Kind

WRITTEN_OUT = 64
"""Arrays of more elements are read from memory; smaller ones are in the code."""
PYTHON = {"float": float, "int": int, "bool": bool}

UFUNCS: dict[Any, str] = {
    row.numpy: row.name for row in TABLE.values() if isinstance(row.numpy, np.ufunc)
}
"""NumPy ufuncs that are one op."""


class Tracer(ArrayMethods):
    """See the module's docstring."""

    __array_priority__ = 1000

    def __init__(
        self,
        trace: Trace,
        value: SSAValue,
        kind: Kind,
        *,
        concrete: Any = None,
        source: int | None = None,
        shape: tuple[Size, ...] | None = None,
        c_order: bool | None = None,
    ) -> None:
        self.trace = trace
        self.kind: Kind = kind
        self.concrete = concrete
        self.source = source
        self.born = trace.time = trace.time + 1
        self.frozen: str | None = None
        """Why it must not be written to, if so."""
        self.view_of: View | None = None
        self._twins: list[weakref.ref[Tracer]] = []
        self._value = value
        self._dtype = dtype_of(value.type)
        self._shape = shape if shape is not None else _shape_of(trace, value, source)
        self.c_order = len(self._shape) < 2 or (
            not trace.any_order if c_order is None else c_order
        )
        """Whether NumPy surely has the axes in the order of their strides."""

    @property
    def value(self) -> SSAValue:
        """The SSA value of the array as it is now."""
        return self._value if self.view_of is None else self.view_of.now()

    # ---- what NumPy code looks at

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def shape(self) -> tuple[Any, ...]:
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> Any:
        total: Any = 1
        for n in self._shape:
            total = total * n
        return total

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> Any:
        return self.size * self.itemsize

    @property
    def flat(self) -> Tracer:
        return reshaped(self, (self.size,), flat=True)

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of unsized object")
        return int(self._shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<traced {self.kind} {self.dtype}{list(self._shape)}>"

    __hash__ = object.__hash__

    # ---- concrete use: guards, or a refusal

    def _concretize(self, what: str) -> Any:
        if not self._shape:
            from rfxjit.frontend.provenance import known_value

            value = known_value(self.trace, self.value, what)
            if value is not None:
                return value
        frame = user_frame()
        why = self.trace.whole.get(frame.f_code) if frame else None
        raise refuse(
            f"cannot use a traced {self.kind} as {what}" + (f": {why}" if why else ""),
            "np.where(condition, a, b) chooses between values"
            if what == "a condition"
            else "pass it as a static argument, or compute with arrays",
        )

    def __bool__(self) -> bool:
        if self.ndim and self.size != 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous."
                " Use a.any() or a.all()"
            )
        return bool(self._concretize("a condition"))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to an index")
        return int(self._concretize("an index"))

    def __int__(self) -> int:
        return int(self._concretize("an int"))

    def __float__(self) -> float:
        raise refuse(
            "a traced value has no float() here",
            "float() works where the source of the function can be read",
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise refuse("NumPy asked a traced array for its data")

    # ---- elementwise

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        from rfxjit.frontend.numpy_ufuncs import call_ufunc

        return call_ufunc(self.trace, ufunc, method, inputs, kwargs)

    def call_special(self, name: str, args: Sequence[Any]) -> Tracer:
        """A function of `rfxjit.special`, one of whose arguments is traced."""
        operands = [lift(self.trace, x) for x in args]
        kinds = {"float": 0.0, "int": 0, "bool": False}
        dtype = result_dtype(*(kinds.get(x.kind, x.dtype) for x in operands))
        return elementwise(self.trace, name, operands, [dtype] * len(operands))

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        from rfxjit.frontend.numpy_api import call_function

        return call_function(self.trace, function, args, kwargs)

    def assign(self, new: Tracer) -> None:
        """Take over a new value of the same shape and dtype; a view, in its base."""
        if self.frozen is not None:
            raise refuse(self.frozen, "take a .copy() first")
        if self.view_of is not None:
            self.view_of.assign(new.value)
            return
        if any(ref() is not None for ref in self._twins):
            raise refuse(
                "cannot write while a reshaped array is in use, of which it depends on"
                " the layout in memory whether it is a view or a copy",
                "take a .copy() before it is reshaped, or after",
            )
        self.overwrite(new.value)

    def overwrite(self, value: SSAValue) -> None:
        """Have another value: the one place where that happens."""
        if self.trace.recording:
            self.trace.journal.append((self, self._value))
        self._value = value
        self.concrete = None

    def revert(self, value: SSAValue) -> None:
        """Have the value again that the journal tells."""
        self._value = value

    def seen_through(
        self, view: View, shape: tuple[Size, ...], *, read: bool = True
    ) -> Tracer:
        """A view of this array; only to be written to if it is not `read`."""
        made = Tracer(
            self.trace, self._value, "array", shape=shape, c_order=self.c_order
        )
        made.view_of = view
        if read:
            view.now()
        return made

    def owners(self) -> list[Tracer]:
        """This array, and those of which it is a view."""
        found: list[Tracer] = [self]
        while (view := found[-1].view_of) is not None:
            found.append(view.base)
        return found

    def twin(self, other: Tracer) -> None:
        """Note that `other` may share memory with this array, or not."""
        root = self.owners()[-1]
        for one, two in ((root, other), (other, root)):
            one._twins = [ref for ref in one._twins if ref() is not None]
            one._twins.append(weakref.ref(two))

    def astype(self, dtype: Any, *, copy: bool = True, **_: Any) -> Tracer:
        """As `ndarray.astype`."""
        if np.dtype(dtype) not in ELEMENT_TYPES:
            raise refuse(f"dtype {np.dtype(dtype)} is not supported")
        if not copy and np.dtype(dtype) == self.dtype and self.kind == "array":
            return self
        value = self.trace.here().convert(self.value, np.dtype(dtype))
        return self.like(value, "array" if self.kind == "array" else "scalar")

    def like(self, value: SSAValue, kind: Kind | None = None) -> Tracer:
        """A new tracer of the same shape."""
        kind = kind or self.kind
        return Tracer(self.trace, value, kind, shape=self._shape, c_order=self.c_order)

    def copy(self, order: str = "C") -> Tracer:
        """A copy: the same value in a new handle."""
        made = self.like(self.value)
        made.c_order = order == "C" or made.c_order
        return made

    # ---- indexing

    def __getitem__(self, key: Any) -> Any:
        from rfxjit.frontend.indexing import getitem

        return getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from rfxjit.frontend.indexing import setitem

        if self.kind != "array":
            raise TypeError(f"'{self.kind}' object does not support item assignment")
        setitem(self, key, value)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(np.ndarray, name):
            from rfxjit.frontend.numpy_registry import REFUSED

            reason = REFUSED.get(getattr(np, name, None))
            raise refuse(
                f"ndarray.{name} is not traced:"
                f" {reason or 'a traced array has no memory of its own'}"
            )
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute {name!r}"
        )


def _fixed(name: str) -> None:
    def change(self: Tracer, value: Any) -> None:
        raise refuse(
            f"an assignment to .{name} of an array is not traced",
            "make a new array: x = x.reshape(...), x.astype(...)",
        )

    setattr(Tracer, name, getattr(Tracer, name).setter(change))


for _name in ("shape", "dtype", "flat", "real", "imag"):
    _fixed(_name)


def update(target: Tracer, result: Tracer, what: str) -> None:
    """Write `result` into `target`, with NumPy's `same_kind` casting."""
    if not np.can_cast(result.dtype, target.dtype, "same_kind"):
        raise TypeError(
            f"{what} from {result.dtype!r} to {target.dtype!r}"
            " with casting rule 'same_kind'"
        )
    value = target.trace.here().convert(result.value, target.dtype)
    new = broadcast_to(
        Tracer(target.trace, value, "array", shape=result.shape), target.shape
    )
    target.assign(new)


def _operand(other: Any) -> bool:
    return isinstance(
        other, (Tracer, np.ndarray, np.generic, float, int, SymDim, list, tuple)
    )


def _in_place(x: Tracer, ufunc: np.ufunc, other: Any) -> Any:
    if x.kind != "array":
        return NotImplemented
    result = cast("Tracer", ufunc(x, other))
    update(x, result, f"Cannot cast ufunc '{ufunc.__name__}' output")
    return x


give_operators(Tracer, _operand, _in_place)


# ---- values and shapes


def _shape_of(trace: Trace, value: SSAValue, source: int | None) -> tuple[Size, ...]:
    shape: list[Size] = []
    for d, n in enumerate(shape_of(value.type)):
        if n != DYNAMIC_INDEX:
            shape.append(n)
            continue
        assert source is not None
        name = cast("str", trace.inputs[source].shape[d])
        shape.append(SymDim.of_input(trace, name, trace.sizes[name], value, d))
    return tuple(shape)


def sizes(trace: Trace, shape: Sequence[Any]) -> list[int | SSAValue]:
    """A shape as the builder takes it."""
    return [n.ssa() if isinstance(n, SymDim) else int(n) for n in shape]


def lift(trace: Trace, value: Any, dtype: Any = None) -> Tracer:
    """Anything that NumPy takes as an array, as a tracer."""
    if isinstance(value, Tracer):
        if value.trace is not trace:
            raise refuse("values of two different traces are mixed")
        return value
    if isinstance(value, SymDim):
        return value.tracer()
    if isinstance(value, (list, tuple)):
        from rfxjit.frontend.calls import array_of

        return array_of(trace, value, dtype)
    kind = {float: "float", int: "int", bool: "bool"}.get(type(value))
    if kind is None:
        kind = "scalar" if isinstance(value, np.generic) else "array"
    array = np.asarray(value, dtype)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise refuse(f"dtype {array.dtype} is not supported")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.size > WRITTEN_OUT:
        # Read in each call, like what is captured; never written to: a copy is used.
        made: Tracer = trace.enter(array, trace.root(array), "constant", "hidden")
        return made.like(made.value)
    ssa = trace.here().constant(array)
    return Tracer(trace, ssa, cast("Kind", kind), concrete=value, shape=array.shape)


def weak_type(tracer: Tracer) -> Any:
    """What `np.ufunc.resolve_dtypes` is told: a dtype, or a weak Python type.

    A Python bool is not weak.
    """
    return {"float": float, "int": int}.get(tracer.kind, tracer.dtype)


def broadcast_to(x: Tracer, shape: Sequence[Any]) -> Tracer:
    """`x` with a shape that it broadcasts to; raises ValueError as NumPy."""
    shape = tuple(shape)
    if same_shape(x.shape, shape):
        return x
    lead = len(shape) - x.ndim
    kept: list[int] = []
    for i, n in enumerate(x.shape):
        if isinstance(n, int) and n == 1:
            continue
        if (
            lead < 0
            or isinstance(shape[lead + i], int) != isinstance(n, int)
            or (n != shape[lead + i])
        ):
            raise ShapeError(
                "operands could not be broadcast together with remapped shapes"
                f" [original->remapped]: {x.shape} and requested shape {shape}"
            )
        kept.append(i)
    if lead < 0:
        raise ShapeError(
            "input operand has more dimensions than allowed by the axis remapping"
        )
    builder = x.trace.here()
    value = x.value
    if len(kept) != x.ndim:
        value = builder.reshape(value, sizes(x.trace, [x.shape[i] for i in kept]))
    dims = [lead + i for i in kept]
    value = builder.broadcast(value, dims, sizes(x.trace, shape))
    return Tracer(x.trace, value, x.kind, shape=shape)


def elementwise(
    trace: Trace, name: str, operands: Sequence[Tracer], dtypes: Sequence[Any]
) -> Tracer:
    """Broadcast, convert and append one elementwise op."""
    shape = broadcast_shapes([x.shape for x in operands])
    values = [
        broadcast_to(converted(x, d), shape).value
        for x, d in zip(operands, dtypes, strict=True)
    ]
    value = trace.here().elementwise(name, *values)
    kind = "array" if shape else "scalar"
    ordered = all(x.c_order for x in operands)
    return Tracer(trace, value, kind, shape=shape, c_order=ordered)


def converted(x: Tracer, dtype: np.dtype[Any]) -> Tracer:
    """`x` in another dtype; a literal is written in it at once."""
    if x.dtype == dtype:
        return x
    builder = x.trace.here()
    if x.source is None and x.concrete is not None and x.kind in PYTHON:
        return x.like(builder.constant(np.asarray(x.concrete).astype(dtype)))
    return x.like(builder.convert(x.value, dtype))


def python_number(x: Tracer) -> Tracer:
    """A rank-0 tracer as the Python number that `.item()` gives."""
    kind = {"f": "float", "b": "bool"}.get(x.dtype.kind, "int")
    dtype = {"float": np.float64, "bool": np.bool_}.get(kind, np.int64)
    value = x.trace.here().convert(x.value, dtype)
    return Tracer(x.trace, value, cast("Kind", kind), shape=())
