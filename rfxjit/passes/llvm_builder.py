"""Builds functions of the llvm dialect: blocks, values, memory.

What `lower-to-llvm` and `lower-gpu-to-nvvm` write with. A memref is a `Buffer`, a
pointer and its dims; booleans are i1 in registers and one byte in memory; constants of
type i64 are in the entry block, so that all blocks see them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from xdsl.dialects import func, llvm
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects.ir import (
    append,
    dtype_of,
    element_type,
    i1,
    i8,
    i32,
    i32s,
    i64,
    integer_attr,
    like,
    make,
    prepend,
    shape_of,
)

POINTER = llvm.LLVMPointerType()
FAST = {"fastmathFlags": llvm.FastMathAttr(None)}
WRAPS = {"overflowFlags": integer_attr(0, i32)}
TRUNCATES = {"overflowFlags": llvm.OverflowAttr(None)}
NONE: dict[str, Attribute] = {}
EQUAL = {"predicate": integer_attr(0, i64)}
NOT_EQUAL = {"predicate": integer_attr(1, i64)}
LESS = {"predicate": integer_attr(2, i64)}
BELOW = {"predicate": integer_attr(6, i64)}

Dim = int | SSAValue


@dataclass(frozen=True)
class Buffer:
    """A memref: where it begins, and its sizes."""

    pointer: SSAValue
    dims: tuple[Dim, ...]
    element: Attribute


@cache
def intrinsic_properties(name: str, count: int) -> dict[str, Attribute]:
    """The properties of a call of an intrinsic with `count` operands."""
    return {
        "intrin": StringAttr(name),
        **FAST,
        "op_bundle_sizes": i32s(),
        "operandSegmentSizes": i32s(count, 0),
    }


def call_of(name: str, count: int) -> dict[str, Attribute]:
    """The properties of a call of a function with `count` operands."""
    return {
        "callee": SymbolRefAttr(name),
        **FAST,
        "CConv": llvm.CallingConventionAttr("ccc"),
        "op_bundle_sizes": i32s(),
        "operandSegmentSizes": i32s(count, 0),
        "TailCallKind": llvm.TailCallKindAttr(llvm.TailCallKind.NONE),
    }


@cache
def mangled(type_: Attribute) -> str:
    """A type in the name of an intrinsic: f32, v16f32."""
    element = element_type(type_)
    return str(type_) if element is type_ else f"v{shape_of(type_)[0]}{element}"


def access_of(element: Attribute) -> dict[str, Attribute]:
    """The properties of a load or a store; of vectors too, elements are aligned."""
    itemsize = dtype_of(element).itemsize
    return {"alignment": integer_attr(itemsize, i64), "ordering": integer_attr(0, i64)}


def register_type(type_: Attribute) -> Attribute:
    """The type of a value in a register: indices are i64."""
    return like(type_, i64) if type(element_type(type_)) is IndexType else type_


def memory_type(type_: Attribute) -> Attribute:
    """The type of a value in memory: a bool is one byte."""
    return like(type_, i8) if element_type(type_) == i1 else register_type(type_)


class LlvmBuilder(ABC):
    """Builds one function from an old one."""

    def __init__(self, old: func.FuncOp, *, poll: bool = False) -> None:
        self.old = old
        self.poll = poll
        self.entry = Block()
        self.block = self.entry
        self.blocks = [self.entry]
        self.values: dict[SSAValue, SSAValue] = {}
        self.buffers: dict[SSAValue, Buffer] = {}
        self.constants: dict[int, SSAValue] = {}
        self.location = old.location
        self.countdown: tuple[SSAValue, SSAValue] | None = None
        """Where loops count down to a call of `rfx.poll`, and what that keeps."""

    def op(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        properties: dict[str, Any] = NONE,
    ) -> SSAValue:
        """Append an op with one result."""
        new = make(cls, operands, (type_,), self.location, properties)
        return append(self.block, new).results[0]

    def do(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        properties: dict[str, Any] = NONE,
        successors: Sequence[Block] = (),
    ) -> None:
        """Append an op without results."""
        append(
            self.block,
            make(cls, operands, (), self.location, properties, (), successors),
        )

    def integer(self, value: int) -> SSAValue:
        """An i64 constant, in the entry block so that all can see it."""
        if value not in self.constants:
            attribute = {"value": integer_attr(value, i64)}
            op = make(llvm.ConstantOp, (), (i64,), self.old.location, attribute)
            self.constants[value] = prepend(self.entry, op).results[0]
        return self.constants[value]

    def intrinsic(
        self, name: str, operands: Sequence[SSAValue], type_: Attribute
    ) -> SSAValue:
        """A call of `llvm.<name>`, overloaded on the result type."""
        name = f"{name}.{mangled(type_)}"
        return self.call_intrinsic(name, operands, type_)

    def call_intrinsic(
        self, name: str, operands: Sequence[SSAValue], type_: Attribute
    ) -> SSAValue:
        """A call of an intrinsic by its whole name."""
        properties = intrinsic_properties(name, len(operands))
        return self.op(llvm.CallIntrinsicOp, operands, type_, properties)

    def start(self, types: Sequence[Attribute]) -> Block:
        """A new block, not yet the current one."""
        block = Block(arg_types=types)
        self.blocks.append(block)
        return block

    @abstractmethod
    def lower(self, op: Operation) -> None:
        """Append what an op becomes."""

    def walk(self, block: Block) -> None:
        """Lower all ops of a block but a structured terminator."""
        for op in block.ops:
            self.location = op.location
            self.lower(op)

    def get(self, value: SSAValue) -> SSAValue:
        return self.values[value]

    def all(self, values: Sequence[SSAValue]) -> list[SSAValue]:
        return [self.values[v] for v in values]

    # ---- values

    def from_memory(self, value: SSAValue, type_: Attribute) -> SSAValue:
        """What was loaded, as a value of `type_`: a bool is any byte but 0."""
        if element_type(type_) != i1:
            return value
        zero = self.zero(value.type)
        return self.op(llvm.ICmpOp, (value, zero), type_, NOT_EQUAL)

    def to_memory(self, value: SSAValue) -> SSAValue:
        """What is stored for a value."""
        if element_type(value.type) != i1:
            return value
        return self.op(llvm.ZExtOp, (value,), memory_type(value.type))

    def zero(self, type_: Attribute) -> SSAValue:
        """The integer 0, in all lanes."""
        zero: Attribute = integer_attr(0, element_type(type_))
        if element_type(type_) is not type_:
            zero = DenseIntOrFPElementsAttr.from_list(cast("Any", type_), [0])
        return self.op(llvm.ConstantOp, (), type_, {"value": zero})

    # ---- memory

    def address(self, buffer: Buffer, indices: Sequence[SSAValue]) -> SSAValue:
        """The address of an element: row-major, constants folded."""
        offset: Dim = 0
        for place, dim in zip(indices, buffer.dims, strict=True):
            here = self.number(place)
            offset = self.add(self.mul(offset, dim), here)
        if isinstance(offset, int) and offset == 0:
            return buffer.pointer
        return self.offset(buffer.pointer, offset, buffer.element)

    def offset(self, pointer: SSAValue, offset: Dim, element: Attribute) -> SSAValue:
        constant = offset if isinstance(offset, int) else llvm.GEP_USE_SSA_VAL
        properties: dict[str, Attribute] = {
            "elem_type": memory_type(element),
            "rawConstantIndices": i32s(constant),
            "noWrapFlags": integer_attr(0, i32),
        }
        operands = (pointer,) if isinstance(offset, int) else (pointer, offset)
        return self.op(llvm.GEPOp, operands, pointer.type, properties)

    def number(self, index: SSAValue) -> Dim:
        """A new index value, as a number if it is a constant."""
        owner = index.owner
        if isinstance(owner, llvm.ConstantOp):
            value = cast("IntegerAttr[Any]", owner.value).value.data
            return value if abs(value) < 2**31 else index
        return index

    def value(self, dim: Dim) -> SSAValue:
        return self.integer(dim) if isinstance(dim, int) else dim

    def add(self, a: Dim, b: Dim) -> Dim:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if isinstance(a, int) and a == 0:
            return b
        if isinstance(b, int) and b == 0:
            return a
        return self.op(llvm.AddOp, (self.value(a), self.value(b)), i64, WRAPS)

    def mul(self, a: Dim, b: Dim) -> Dim:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if isinstance(a, int) and a in (0, 1):
            return b if a else 0
        if isinstance(b, int) and b in (0, 1):
            return a if b else 0
        return self.op(llvm.MulOp, (self.value(a), self.value(b)), i64, WRAPS)
