"""Fast construction of IR: the one trusted constructor, and interned types.

xDSL's own constructors check and normalise what they are given, which costs 6-23 us per
op; the compiler's passes build thousands of ops that are right by construction. `make`
costs about 2 us. It verifies nothing: tests and `RFX_JIT_VERIFY=1` run the verifier
between passes instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any, TypeVar, cast

import numpy as np
from xdsl.dialects import builtin
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    MemRefLayoutAttr,
    MemRefType,
    NoneAttr,
    Signedness,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue
from xdsl.ir.core import SSAValues, Use

from rfxjit.dialects.quick_import import define, defined

OpT = TypeVar("OpT", bound=Operation)

_NONE = NoneAttr()

f16, f32, f64 = builtin.f16, builtin.f32, builtin.f64
i1, i8, i32, i64 = builtin.i1, builtin.i8, builtin.i32, builtin.i64
i16 = IntegerType(16)
ui8, ui16, ui32, ui64 = (IntegerType(w, Signedness.UNSIGNED) for w in (8, 16, 32, 64))
index = builtin.IndexType()

DTYPES: dict[Attribute, np.dtype[Any]] = {
    i1: np.dtype(np.bool_),
    i8: np.dtype(np.int8),
    i16: np.dtype(np.int16),
    i32: np.dtype(np.int32),
    i64: np.dtype(np.int64),
    ui8: np.dtype(np.uint8),
    ui16: np.dtype(np.uint16),
    ui32: np.dtype(np.uint32),
    ui64: np.dtype(np.uint64),
    f16: np.dtype(np.float16),
    f32: np.dtype(np.float32),
    f64: np.dtype(np.float64),
    index: np.dtype(np.int64),
}
"""Element types of the rfx level. Signless `iN` is signed, `uiN` not, `i1` bool."""

ELEMENT_TYPES: dict[np.dtype[Any], Attribute] = {
    d: t for t, d in DTYPES.items() if t is not index
}

INTEGERS = {t.width.data: t for t in (i1, i8, i16, i32, i64)}
"""The signless integer types by their width in bits."""

_INTERNED = {t: t for t in DTYPES}

_DTYPES_BY_ID = {id(t): d for t, d in DTYPES.items()}
"""Types without parameters all have one hash: each is compared with the others."""

# By class: `isinstance` of an abstract base class costs 0.5 us when it fails.
_SHAPED = frozenset({TensorType, MemRefType, VectorType})


def dtype_of(type_: Attribute) -> np.dtype[Any]:
    """The NumPy dtype of an element type, or of a tensor, memref or vector of it."""
    element = element_type(type_)
    known = _DTYPES_BY_ID.get(id(element))
    return DTYPES[element] if known is None else known


def element_type(type_: Any) -> Attribute:
    """The element type of a shaped type; a scalar type is its own."""
    if type_.__class__ in _SHAPED:
        return type_.element_type
    return type_


def shape_of(type_: Any) -> tuple[int, ...]:
    """The shape of a type, DYNAMIC_INDEX for a dynamic dim; () for a scalar type."""
    if type_.__class__ in _SHAPED:
        return type_.get_shape()
    return ()


def bytes_of(type_: Attribute) -> int:
    """The bytes of all elements of a type of static shape."""
    return prod(shape_of(type_)) * dtype_of(type_).itemsize


def kind_of(type_: Attribute) -> str:
    """The kind of an element type: b(ool), s(igned), u(nsigned) or f(loat)."""
    return {"b": "b", "i": "s", "u": "u", "f": "f"}[dtype_of(type_).kind]


def interned(type_: Attribute) -> Attribute:
    """The one element type that is equal to `type_`, of which a parser makes many.

    Constants are found by the identity of their type (`passes/emit.py`): what is cached
    must not hold the types of whatever program came first.
    """
    return _INTERNED.get(type_, type_)


@cache
def tensor(element: Attribute, shape: tuple[int, ...] = ()) -> TensorType[Any]:
    """Interned `tensor<shape x element>`; DYNAMIC_INDEX is a dynamic dim."""
    return TensorType(interned(element), shape)


@cache
def memref(
    element: Attribute,
    shape: tuple[int, ...] = (),
    layout: MemRefLayoutAttr | NoneAttr = _NONE,
    space: Attribute = _NONE,
) -> MemRefType[Any]:
    """Interned `memref<shape x element, layout, space>`."""
    return MemRefType(interned(element), shape, layout, space)


@cache
def vector(element: Attribute, lanes: int) -> VectorType[Any]:
    """Interned `vector<lanes x element>`."""
    return VectorType(interned(element), (lanes,))


def like(type_: Attribute, element: Attribute) -> Attribute:
    """`type_` with another element type: a scalar stays scalar, a tensor a tensor."""
    if isinstance(type_, TensorType):
        return tensor(element, type_.get_shape())
    if isinstance(type_, VectorType):
        return vector(element, type_.get_shape()[0])
    return element


@cache
def integer_attr(value: int, type_: Attribute) -> IntegerAttr[Any]:
    """Interned integer attribute of an integer or index type."""
    return IntegerAttr(value, cast(Any, type_))


@cache
def i32s(*values: int) -> DenseArrayBase[Any]:
    """Interned `array<i32: …>`."""
    return DenseArrayBase.from_list(i32, values)


@cache
def _float_attr(bits: bytes, type_: Attribute) -> FloatAttr[Any]:
    return FloatAttr(float(np.frombuffer(bits, np.float64)[0]), cast(Any, type_))


def float_attr(value: float, type_: Attribute) -> FloatAttr[Any]:
    """Interned float attribute, keyed by bits so that -0.0 and 0.0 differ."""
    return _float_attr(np.float64(value).tobytes(), type_)


def scalar_attr(value: Any, type_: Attribute) -> Attribute:
    """The attribute of a scalar constant of element type `type_`."""
    if kind_of(type_) == "f":
        return float_attr(float(value), type_)
    return integer_attr(int(value), type_)


_NO_SUCCESSORS: tuple[Block, ...] = ()


_item = cast("Any", tuple[Any, ...].__getitem__)


class _Values(SSAValues[Any]):
    """Values that are indexed in a third of the time."""

    def __getitem__(self, idx: Any) -> Any:
        found = _item(self, idx)
        return _Values(found) if idx.__class__ is slice else found


class _Result(OpResult[Any]):
    """A result that is hashed and compared without calls of Python code."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__  # pyright: ignore[reportAssignmentType]


def make(
    cls: type[OpT],
    operands: Sequence[SSAValue],
    result_types: Sequence[Attribute],
    location: LocationAttr,
    properties: Mapping[str, Attribute] | None = None,
    regions: Sequence[Region] = (),
    successors: Sequence[Block] = (),
) -> OpT:
    """Build `cls` without checks; `location` is required so that none gets lost."""
    if cls not in defined:
        define(cls)
    op = cls.__new__(cls)
    uses: list[Use] = []
    for i, operand in enumerate(operands):
        uses.append(use := Use(op, i))
        first = operand.first_use
        use._next_use = first  # pyright: ignore[reportPrivateUsage]
        if first is not None:
            first._prev_use = use  # pyright: ignore[reportPrivateUsage]
        operand.first_use = use
    d = cast("dict[str, Any]", op.__dict__)
    d["_operands"] = _Values(operands)
    d["_operand_uses"] = tuple(uses)
    d["results"] = _Values([_Result(t, op, i) for i, t in enumerate(result_types)])
    d["_successors"] = _NO_SUCCESSORS
    d["_successor_uses"] = ()
    d["properties"] = dict(properties) if properties else {}
    d["attributes"] = {}
    d["location"] = location
    d["regions"] = ()
    d["parent"] = d["_next_op"] = d["_prev_op"] = None
    for region in regions:
        op.add_region(region)
    if successors:
        op.successors = list(successors)
    return op


def append(block: Block, op: OpT) -> OpT:
    """Add a new, unattached op at the end of `block`, without checks."""
    last = block._last_op  # pyright: ignore[reportPrivateUsage]
    op.parent = block
    if last is None:
        block._first_op = op  # pyright: ignore[reportPrivateUsage]
    else:
        last._next_op = op  # pyright: ignore[reportPrivateUsage]
        op._prev_op = last  # pyright: ignore[reportPrivateUsage]
    block._last_op = op  # pyright: ignore[reportPrivateUsage]
    return op


def walked(op: Operation) -> list[Operation]:
    """An op and all inside of it, in order, as they are now.

    `Operation.walk`, which also sees what changes meanwhile, takes five times as long.
    """
    found = [op]
    for region in op.regions:
        for block in region.blocks:
            inner = block.first_op
            while inner is not None:
                if inner.regions:
                    found += walked(inner)
                else:
                    found.append(inner)
                inner = inner._next_op  # pyright: ignore[reportPrivateUsage]
    return found


def move_before(ops: Iterable[Operation], place: Operation) -> None:
    """Move ops of another block in front of an op."""
    block = cast("Block", place.parent)
    for op in list(ops):
        op.detach()
        block.insert_op_before(op, place)


def prepend(block: Block, op: OpT) -> OpT:
    """Add a new, unattached op at the beginning of `block`."""
    if block.first_op is None:
        return append(block, op)
    block.insert_op_before(op, block.first_op)
    return op


__all__ = [
    "DTYPES",
    "DYNAMIC_INDEX",
    "ELEMENT_TYPES",
    "INTEGERS",
    "append",
    "bytes_of",
    "dtype_of",
    "element_type",
    "f16",
    "f32",
    "f64",
    "float_attr",
    "i1",
    "i8",
    "i16",
    "i32",
    "i32s",
    "i64",
    "index",
    "integer_attr",
    "interned",
    "kind_of",
    "like",
    "make",
    "memref",
    "move_before",
    "prepend",
    "scalar_attr",
    "shape_of",
    "tensor",
    "ui8",
    "ui16",
    "ui32",
    "ui64",
    "vector",
    "walked",
]
