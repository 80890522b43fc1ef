"""Lower the loops level to the llvm dialect, structured control flow to blocks.

    func.func @f(%x: memref<?xf32>, …) -> i32 {     llvm.func @f(%x: !llvm.ptr,
      scf.parallel (%i) = (%b) to (%e) step (%c1) {                %n: i64, …) -> i32 {
        %0 = memref.load %x[%i]                 ->    llvm.br ^1(%b)
        …                                           ^1(%i: i64):
      }                                               %c = llvm.icmp "slt" %i, %e
      func.return %s : i32                            llvm.cond_br %c, ^2, ^3
    }                                               ^2: … llvm.br ^1(%next)

One forward walk builds each function. A memref argument is a pointer, followed by one
i64 for each of its dynamic dims (the calling contract of `signature.py`); inside, a
memref is a pointer and its dims. Booleans are i1 in registers and one byte in memory.
Stack memory is reserved in the entry block, whatever loop it is asked for in.

A loop of limited trips (`loop_facts.py`) counts them down, and returns its status from
the function when it is about to begin one too many. With `poll`, loops that say so also
count down, all of a function together, in the first word of a cell on the stack; at 0
they call `i32 @rfx.poll(ptr %cell)`, which sets the count anew. What it returns, unless
0, is the status of the function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, llvm, math, memref, scf, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import (
    append,
    dtype_of,
    element_type,
    i1,
    i8,
    i32,
    i64,
    index,
    integer_attr,
    like,
    make,
    shape_of,
)
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.dialects.loop_facts import POLL, trip_limit

POINTER = llvm.LLVMPointerType()
_FAST = {"fastmathFlags": llvm.FastMathAttr(None)}
_WRAPS = {"overflowFlags": integer_attr(0, i32)}
_TRUNCATES = {"overflowFlags": llvm.OverflowAttr(None)}
_NONE: dict[str, Attribute] = {}
_EQUAL = {"predicate": integer_attr(0, i64)}
_NOT_EQUAL = {"predicate": integer_attr(1, i64)}
_LESS = {"predicate": integer_attr(2, i64)}
_BELOW = {"predicate": integer_attr(6, i64)}

Dim = int | SSAValue

DIRECT: dict[type[Operation], tuple[type[Operation], dict[str, Any]]] = {
    arith.AddfOp: (llvm.FAddOp, _FAST), arith.SubfOp: (llvm.FSubOp, _FAST),
    arith.MulfOp: (llvm.FMulOp, _FAST), arith.DivfOp: (llvm.FDivOp, _FAST),
    arith.NegfOp: (llvm.FNegOp, _FAST), arith.AddiOp: (llvm.AddOp, _WRAPS),
    arith.SubiOp: (llvm.SubOp, _WRAPS), arith.MuliOp: (llvm.MulOp, _WRAPS),
    arith.DivSIOp: (llvm.SDivOp, _NONE), arith.DivUIOp: (llvm.UDivOp, _NONE),
    arith.RemSIOp: (llvm.SRemOp, _NONE), arith.RemUIOp: (llvm.URemOp, _NONE),
    arith.AndIOp: (llvm.AndOp, _NONE), arith.OrIOp: (llvm.OrOp, _NONE),
    arith.XOrIOp: (llvm.XOrOp, _NONE), arith.ShLIOp: (llvm.ShlOp, _WRAPS),
    arith.ShRSIOp: (llvm.AShrOp, _NONE), arith.ShRUIOp: (llvm.LShrOp, _NONE),
    upstream.SelectOp: (upstream.LLVMSelectOp, _FAST),
    arith.BitcastOp: (llvm.BitcastOp, _NONE), upstream.SIToFPOp: (llvm.SIToFPOp, _NONE),
    upstream.UIToFPOp: (upstream.LLVMUIToFPOp, _NONE),
    upstream.FPToSIOp: (upstream.LLVMFPToSIOp, _NONE),
    upstream.FPToUIOp: (upstream.LLVMFPToUIOp, _NONE),
    arith.ExtFOp: (llvm.FPExtOp, _NONE), arith.TruncFOp: (llvm.FPTruncOp, _NONE),
    upstream.ExtSIOp: (llvm.SExtOp, _NONE), upstream.ExtUIOp: (llvm.ZExtOp, _NONE),
    upstream.TruncIOp: (llvm.TruncOp, _TRUNCATES),
}  # fmt: skip
"""Ops that are one op of the llvm dialect."""

INTRINSICS: dict[type[Operation], str] = {
    arith.MinimumfOp: "llvm.minimum", arith.MaximumfOp: "llvm.maximum",
    arith.MinnumfOp: "llvm.minnum", arith.MaxnumfOp: "llvm.maxnum",
    arith.MinSIOp: "llvm.smin", arith.MaxSIOp: "llvm.smax",
    arith.MinUIOp: "llvm.umin", arith.MaxUIOp: "llvm.umax",
    math.AbsFOp: "llvm.fabs", math.SqrtOp: "llvm.sqrt", math.FmaOp: "llvm.fma",
    math.FloorOp: "llvm.floor", math.CeilOp: "llvm.ceil", math.TruncOp: "llvm.trunc",
    math.RoundEvenOp: "llvm.roundeven", math.CopySignOp: "llvm.copysign",
    math.CtPopOp: "llvm.ctpop",
}  # fmt: skip
"""Ops that are an intrinsic, which LLVM expands on every target."""


@cache
def _i32s(*values: int) -> DenseArrayBase[Any]:
    """Interned `array<i32: …>`."""
    return DenseArrayBase.from_list(i32, values)


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
        **_FAST,
        "op_bundle_sizes": _i32s(),
        "operandSegmentSizes": _i32s(count, 0),
    }


def register_type(type_: Attribute) -> Attribute:
    """The type of a value in a register: indices are i64."""
    return like(type_, i64) if element_type(type_) == index else type_


def memory_type(type_: Attribute) -> Attribute:
    """The type of a value in memory: a bool is one byte."""
    return like(type_, i8) if element_type(type_) == i1 else register_type(type_)


class LlvmFunction:
    """Builds one function."""

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
        self.cell: SSAValue | None = None
        """Where loops count down to the next call of `rfx.poll`."""

    def op(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        properties: dict[str, Any] = _NONE,
    ) -> SSAValue:
        """Append an op with one result."""
        new = make(cls, operands, (type_,), self.location, properties)
        return append(self.block, new).results[0]

    def do(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        properties: dict[str, Any] = _NONE,
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
            if self.entry.first_op is None:
                self.entry.add_op(op)
            else:
                self.entry.insert_op_before(op, self.entry.first_op)
            self.constants[value] = op.results[0]
        return self.constants[value]

    def intrinsic(
        self, name: str, operands: Sequence[SSAValue], type_: Attribute
    ) -> SSAValue:
        """A call of `llvm.<name>`, overloaded on the result type."""
        name = f"{name}.{_mangled(type_)}"
        properties = intrinsic_properties(name, len(operands))
        return self.op(llvm.CallIntrinsicOp, operands, type_, properties)

    def start(self, types: Sequence[Attribute]) -> Block:
        """A new block, not yet the current one."""
        block = Block(arg_types=types)
        self.blocks.append(block)
        return block

    # ---- the function

    def run(self) -> llvm.FuncOp:
        types = list(self.old.function_type.outputs.data)
        private = self.old.sym_visibility is not None
        for argument in self.old.body.block.args:
            self._argument(argument, private)
        if self.poll and any(POLL in op.attributes for op in self.old.walk()):
            self.cell = self.countdown()
        self.walk(self.old.body.block)
        arguments = [a.type for a in self.entry.args]
        result = register_type(types[0]) if types else llvm.LLVMVoidType()
        new = llvm.FuncOp(
            self.old.sym_name.data,
            llvm.LLVMFunctionType(arguments, result),
            llvm.LinkageAttr("internal" if private else "external"),
            body=Region(self.blocks),
        )
        new.location = self.old.location
        return new

    def _argument(self, old: SSAValue, private: bool) -> None:
        type_, element = old.type, element_type(old.type)
        if element != type_:
            pointer = self._new_argument(POINTER, old.name_hint)
            # The workspace is as large as the caller was told: its size is not passed.
            last = old is self.old.body.block.args[-1]
            sized = not (last and "rfx.workspace" in self.old.attributes)
            dims = tuple(
                self._new_argument(i64, None) if n == DYNAMIC_INDEX else n
                for n in shape_of(type_)
                if sized
            )
            self.buffers[old] = Buffer(pointer, dims, element)
        elif type_ == i1 and not private:
            byte = self._new_argument(i8, old.name_hint)
            self.values[old] = self.from_memory(byte, i1)
        else:
            self.values[old] = self._new_argument(register_type(type_), old.name_hint)

    def _new_argument(self, type_: Attribute, hint: str | None) -> SSAValue:
        argument = self.entry.insert_arg(type_, len(self.entry.args))
        argument.name_hint = hint
        return argument

    def from_memory(self, value: SSAValue, type_: Attribute) -> SSAValue:
        """What was loaded, as a value of `type_`: a bool is any byte but 0."""
        if element_type(type_) != i1:
            return value
        zero = self.zero(value.type)
        return self.op(llvm.ICmpOp, (value, zero), type_, _NOT_EQUAL)

    def to_memory(self, value: SSAValue) -> SSAValue:
        """What is stored for a value."""
        if element_type(value.type) != i1:
            return value
        return self.op(llvm.ZExtOp, (value,), memory_type(value.type))

    # ---- loops that end early

    def leave_if(self, condition: SSAValue, status: SSAValue) -> None:
        """Return a status from the function if a condition holds."""
        leave, stay = self.start([]), Block()
        _cond_branch(self, condition, (leave, ()), (stay, ()))
        self.block = leave
        self.do(llvm.ReturnOp, (status,))
        self.blocks.append(stay)
        self.block = stay

    def ask(self, loop: Operation, trip: SSAValue | None = None) -> None:
        """In the body of a loop: now and then, ask whether a signal has come.

        With the number of a trip, only every 64th is looked at: a short loop would feel
        the work in memory.
        """
        if self.cell is None or POLL not in loop.attributes:
            return
        on = Block()
        if trip is not None:
            low = self.op(llvm.AndOp, (trip, self.integer(63)), i64)
            rare = self.op(llvm.ICmpOp, (low, self.integer(0)), i1, _EQUAL)
            counting = self.start([])
            _cond_branch(self, rare, (counting, ()), (on, ()))
            self.block = counting
        access = _access(i64)
        left = self.op(llvm.LoadOp, (self.cell,), i64, access)
        left = self.op(llvm.AddOp, (left, self.integer(-1)), i64, _WRAPS)
        self.do(llvm.StoreOp, (left, self.cell), access)
        due = self.op(llvm.ICmpOp, (left, self.integer(0)), i1, _LESS)
        asking = self.start([])
        _cond_branch(self, due, (asking, ()), (on, ()))
        self.block = asking
        status = self.op(llvm.CallOp, (self.cell,), i32, _call_of("rfx.poll", 1))
        bad = self.op(llvm.ICmpOp, (status, self.zero(i32)), i1, _NOT_EQUAL)
        self.leave_if(bad, status)
        _branch(self, on)
        self.blocks.append(on)
        self.block = on

    def countdown(self) -> SSAValue:
        """The cell: the trips that are left, and a word of `rfx.poll`; both are 0."""
        properties = {"elem_type": i64, "alignment": integer_attr(8, i64)}
        cell = self.op(llvm.AllocaOp, (self.integer(2),), POINTER, properties)
        for k in range(2):
            place = self.offset(cell, k, i64)
            self.do(llvm.StoreOp, (self.integer(0), place), _access(i64))
        return cell

    def zero(self, type_: Attribute) -> SSAValue:
        """The integer 0, in all lanes."""
        zero: Attribute = integer_attr(0, element_type(type_))
        if element_type(type_) is not type_:
            zero = DenseIntOrFPElementsAttr.from_list(cast("Any", type_), [0])
        return self.op(llvm.ConstantOp, (), type_, {"value": zero})

    def walk(self, block: Block) -> None:
        """Lower all ops of a block but a structured terminator."""
        for op in block.ops:
            self.location = op.location
            self.lower(op)

    def get(self, value: SSAValue) -> SSAValue:
        return self.values[value]

    def all(self, values: Sequence[SSAValue]) -> list[SSAValue]:
        return [self.values[v] for v in values]

    def lower(self, op: Operation) -> None:
        cls = type(op)
        if (direct := DIRECT.get(cls)) is not None:
            type_ = register_type(op.results[0].type)
            new = self.op(direct[0], self.all(op.operands), type_, direct[1])
        elif (name := INTRINSICS.get(cls)) is not None:
            type_ = register_type(op.results[0].type)
            new = self.intrinsic(name, self.all(op.operands), type_)
        elif (special := SPECIAL.get(cls)) is not None:
            special(self, op)
            return
        else:
            raise UnsupportedError("cannot be lowered to the llvm dialect", op)
        self.values[op.results[0]] = new

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
            "rawConstantIndices": _i32s(constant),
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
        return self.op(llvm.AddOp, (self.value(a), self.value(b)), i64, _WRAPS)

    def mul(self, a: Dim, b: Dim) -> Dim:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if isinstance(a, int) and a in (0, 1):
            return b if a else 0
        if isinstance(b, int) and b in (0, 1):
            return a if b else 0
        return self.op(llvm.MulOp, (self.value(a), self.value(b)), i64, _WRAPS)


@cache
def _mangled(type_: Attribute) -> str:
    """A type in the name of an intrinsic: f32, v16f32."""
    element = element_type(type_)
    return str(type_) if element is type_ else f"v{shape_of(type_)[0]}{element}"


def _access(element: Attribute) -> dict[str, Attribute]:
    """The properties of a load or a store; of vectors too, elements are aligned."""
    itemsize = dtype_of(element).itemsize
    return {"alignment": integer_attr(itemsize, i64), "ordering": integer_attr(0, i64)}


def _constant(f: LlvmFunction, op: arith.ConstantOp) -> None:
    type_ = register_type(op.result.type)
    value = op.value
    if type_ == i64:
        f.values[op.result] = f.integer(cast("IntegerAttr[Any]", value).value.data)
        return
    if isinstance(value, DenseIntOrFPElementsAttr):
        numbers = list(cast("Any", value).get_values())
        value = DenseIntOrFPElementsAttr.from_list(cast("Any", type_), numbers)
    f.values[op.result] = f.op(llvm.ConstantOp, (), type_, {"value": value})


def _compare(f: LlvmFunction, op: upstream.CmpiOp | upstream.CmpfOp) -> None:
    is_float = isinstance(op, upstream.CmpfOp)
    cls = upstream.FCmpOp if is_float else llvm.ICmpOp
    number = cast("IntegerAttr[Any]", op.predicate).value.data
    properties = {"predicate": integer_attr(number, i64), **(_FAST if is_float else {})}
    f.values[op.result] = f.op(cls, f.all(op.operands), op.result.type, properties)


def _index_cast(f: LlvmFunction, op: upstream.IndexCastOp) -> None:
    value = f.get(op.input)
    have = value.type
    want = register_type(op.result.type)
    if have != want:
        wider = dtype_of(want).itemsize > dtype_of(have).itemsize
        properties = _NONE if wider else _TRUNCATES
        value = f.op(llvm.SExtOp if wider else llvm.TruncOp, (value,), want, properties)
    f.values[op.result] = value


def _load(f: LlvmFunction, op: memref.LoadOp | vector.LoadOp) -> None:
    buffer = f.buffers[op.operands[0]]
    address = f.address(buffer, f.all(op.indices))
    type_ = op.results[0].type
    access = _access(buffer.element)
    value = f.op(llvm.LoadOp, (address,), memory_type(type_), access)
    f.values[op.results[0]] = f.from_memory(value, type_)


def _store(f: LlvmFunction, op: memref.StoreOp | vector.StoreOp) -> None:
    buffer = f.buffers[op.operands[1]]
    address = f.address(buffer, f.all(op.indices))
    value = f.to_memory(f.get(op.operands[0]))
    f.do(llvm.StoreOp, (value, address), _access(buffer.element))


def _masked_load(f: LlvmFunction, op: vector.MaskedLoadOp) -> None:
    address = f.address(f.buffers[op.base], f.all(op.indices))
    operands = (address, f.get(op.mask), f.to_memory(f.get(op.pass_thru)))
    type_ = operands[2].type
    properties = intrinsic_properties(f"llvm.masked.load.{_mangled(type_)}.p0", 3)
    value = f.op(llvm.CallIntrinsicOp, operands, type_, properties)
    f.values[op.result] = f.from_memory(value, op.result.type)


def _masked_store(f: LlvmFunction, op: vector.MaskedStoreOp) -> None:
    address = f.address(f.buffers[op.base], f.all(op.indices))
    value = f.to_memory(f.get(op.value_to_store))
    name = f"llvm.masked.store.{_mangled(value.type)}.p0"
    operands = (value, address, f.get(op.mask))
    f.do(llvm.CallIntrinsicOp, operands, intrinsic_properties(name, 3))


@cache
def _steps(lanes: int) -> dict[str, Attribute]:
    """The constant 0, 1, 2, …"""
    type_ = vector_type(i32, lanes)
    return {"value": DenseIntOrFPElementsAttr.from_list(type_, list(range(lanes)))}


def _splat(f: LlvmFunction, value: SSAValue, lanes: int) -> SSAValue:
    """A scalar in all lanes."""
    type_ = vector_type(value.type, lanes)
    operands = (f.op(llvm.UndefOp, (), type_), value, f.integer(0))
    one = f.op(llvm.InsertElementOp, operands, type_)
    return f.op(llvm.ShuffleVectorOp, (one, one), type_, {"mask": _i32s(*[0] * lanes)})


def _broadcast(f: LlvmFunction, op: vector.BroadcastOp) -> None:
    (lanes,) = shape_of(op.vector.type)
    f.values[op.vector] = _splat(f, f.get(op.source), lanes)


def _create_mask(f: LlvmFunction, op: vector.CreateMaskOp) -> None:
    """Lane numbers below the count; both fit into 32 bits."""
    (lanes,) = shape_of(op.mask_vector.type)
    type_ = vector_type(i32, lanes)
    steps = f.op(llvm.ConstantOp, (), type_, _steps(lanes))
    count = f.op(llvm.TruncOp, (f.get(op.mask_dim_sizes[0]),), i32, _TRUNCATES)
    operands = (steps, _splat(f, count, lanes))
    f.values[op.mask_vector] = f.op(llvm.ICmpOp, operands, op.mask_vector.type, _BELOW)


def _reduction(f: LlvmFunction, op: vector.ReductionOp) -> None:
    if op.kind.data.value != "or" or op.acc is not None:
        raise UnsupportedError("only the or of all lanes is supported", op)
    source = f.get(op.vector)
    name = f"llvm.vector.reduce.or.{_mangled(source.type)}"
    properties = intrinsic_properties(name, 1)
    f.values[op.dest] = f.op(llvm.CallIntrinsicOp, (source,), op.dest.type, properties)


def _shuffle(f: LlvmFunction, op: vector.ShuffleOp) -> None:
    type_, operands = register_type(op.result.type), f.all(op.operands)
    mask = {"mask": _i32s(*op.mask.get_values())}
    f.values[op.result] = f.op(llvm.ShuffleVectorOp, operands, type_, mask)


def _position(f: LlvmFunction, op: vector.ExtractOp | vector.InsertOp) -> SSAValue:
    (static,) = op.static_position.get_values()
    return f.get(op.dynamic_position[0]) if op.dynamic_position else f.integer(static)


def _extract(f: LlvmFunction, op: vector.ExtractOp) -> None:
    operands = (f.get(op.vector), _position(f, op))
    type_ = register_type(op.result.type)
    f.values[op.result] = f.op(upstream.ExtractElementOp, operands, type_)


def _insert(f: LlvmFunction, op: vector.InsertOp) -> None:
    operands = (f.get(op.dest), f.get(op.source), _position(f, op))
    type_ = register_type(op.result.type)
    f.values[op.result] = f.op(llvm.InsertElementOp, operands, type_)


def _dim(f: LlvmFunction, op: memref.DimOp) -> None:
    which = f.number(f.get(op.index))
    if not isinstance(which, int):
        raise UnsupportedError("memref.dim of a dim that is not constant", op)
    f.values[op.result] = f.value(f.buffers[op.source].dims[which])


def _alloca(f: LlvmFunction, op: memref.AllocaOp) -> None:
    type_ = cast("MemRefType[Any]", op.memref.type)
    shape = shape_of(type_)
    if DYNAMIC_INDEX in shape:
        raise UnsupportedError("memref.alloca of a dynamic size", op)
    element = element_type(type_)
    count = 1
    for n in shape:
        count *= n
    size = f.integer(count)
    properties: dict[str, Attribute] = {
        "elem_type": memory_type(element),
        "alignment": integer_attr(64, i64),
    }
    new = make(llvm.AllocaOp, (size,), (POINTER,), f.location, properties)
    f.entry.insert_op_after(new, cast("Operation", size.owner))
    f.buffers[op.memref] = Buffer(new.results[0], shape, element)


def _mixed(
    f: LlvmFunction, shape: Sequence[int], sizes: Sequence[SSAValue]
) -> tuple[Dim, ...]:
    rest = iter(f.all(sizes))
    return tuple(next(rest) if n == DYNAMIC_INDEX else n for n in shape)


def _view(f: LlvmFunction, op: memref.ViewOp) -> None:
    type_ = op.results[0].type
    source = f.buffers[op.operands[0]]
    shift = f.number(f.get(op.operands[1]))
    pointer = source.pointer
    if not (isinstance(shift, int) and shift == 0):
        pointer = f.offset(pointer, shift, i8)
    dims = _mixed(f, shape_of(type_), op.operands[2:])
    f.buffers[op.results[0]] = Buffer(pointer, dims, element_type(type_))


def _reinterpret(f: LlvmFunction, op: memref.ReinterpretCastOp) -> None:
    source = f.buffers[op.source]
    dims = _mixed(f, shape_of(op.result.type), op.sizes)
    f.buffers[op.result] = Buffer(source.pointer, dims, source.element)


def _collapse(f: LlvmFunction, op: memref.CollapseShapeOp) -> None:
    source = f.buffers[op.src]
    dims: list[Dim] = []
    for group in op.reassociation:
        total: Dim = 1
        for d in cast("Any", group):
            total = f.mul(total, source.dims[int(d.value.data)])
        dims.append(total)
    f.buffers[op.result] = Buffer(source.pointer, tuple(dims), source.element)


def _branch(f: LlvmFunction, target: Block, values: Sequence[SSAValue] = ()) -> None:
    f.do(llvm.BrOp, values, successors=(target,))


def _cond_branch(
    f: LlvmFunction,
    condition: SSAValue,
    then: tuple[Block, Sequence[SSAValue]],
    otherwise: tuple[Block, Sequence[SSAValue]],
) -> None:
    """To one of two blocks, each with the values of its arguments."""
    sizes = _i32s(1, len(then[1]), len(otherwise[1]))
    f.do(
        llvm.CondBrOp,
        (condition, *then[1], *otherwise[1]),
        {"operandSegmentSizes": sizes},
        (then[0], otherwise[0]),
    )


def _loop(
    f: LlvmFunction,
    begin: SSAValue,
    end: SSAValue,
    step: SSAValue,
    carried: Sequence[SSAValue],
    body: Callable[[SSAValue, Sequence[SSAValue]], Sequence[SSAValue]],
) -> Sequence[SSAValue]:
    """A counted loop, tested at its end: one branch an iteration."""
    types = [v.type for v in carried]
    inside = f.start([i64, *types])
    after = Block(arg_types=types)
    first, last = f.number(begin), f.number(end)
    if isinstance(first, int) and isinstance(last, int) and first < last:
        _branch(f, inside, (begin, *carried))
    else:
        go = f.op(llvm.ICmpOp, (begin, end), i1, _LESS)
        _cond_branch(f, go, (inside, (begin, *carried)), (after, carried))
    f.block = inside
    values = body(inside.args[0], inside.args[1:])
    following = f.op(llvm.AddOp, (inside.args[0], step), i64, _WRAPS)
    again = f.op(llvm.ICmpOp, (following, end), i1, _LESS)
    _cond_branch(f, again, (inside, (following, *values)), (after, values))
    f.blocks.append(after)
    f.block = after
    return after.args


def _for(f: LlvmFunction, op: scf.ForOp) -> None:
    old = op.body.block

    def body(i: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        f.values.update(zip(old.args, (i, *carried), strict=True))
        f.ask(op, i if f.number(f.get(op.step)) == 1 else None)
        f.walk(old)
        return f.all(cast("Operation", old.last_op).operands)

    results = _loop(
        f, f.get(op.lb), f.get(op.ub), f.get(op.step), f.all(op.iter_args), body
    )
    f.values.update(zip(op.results, results, strict=True))


def _parallel(f: LlvmFunction, op: scf.ParallelOp) -> None:
    old = op.body.block
    bounds = list(
        zip(
            f.all(op.lowerBound), f.all(op.upperBound), f.all(op.step), old.args,
            strict=True,
        )
    )  # fmt: skip

    def nest(level: int) -> None:
        if level == len(bounds):
            f.walk(old)
            return
        begin, end, step, argument = bounds[level]

        def body(i: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            f.values[argument] = i
            nest(level + 1)
            return ()

        _loop(f, begin, end, step, (), body)

    nest(0)


def _if(f: LlvmFunction, op: scf.IfOp) -> None:
    then, otherwise = f.start([]), f.start([])
    after = Block(arg_types=[register_type(r.type) for r in op.results])
    _cond_branch(f, f.get(op.cond), (then, ()), (otherwise, ()))
    for block, region in ((then, op.true_region), (otherwise, op.false_region)):
        f.block = block
        values: list[SSAValue] = []
        if region.blocks:
            f.walk(region.block)
            if region.block.last_op is not None:
                values = f.all(region.block.last_op.operands)
        _branch(f, after, values)
    f.blocks.append(after)
    f.block = after
    f.values.update(zip(op.results, after.args, strict=True))


def _while(f: LlvmFunction, op: scf.WhileOp) -> None:
    before, body = op.before_region.block, op.after_region.block
    limit = trip_limit(op)
    more = [] if limit is None else [f.integer(limit[0])]
    head = f.start(
        [*(register_type(a.type) for a in before.args), *(i64 for _ in more)]
    )
    _branch(f, head, (*f.all(op.arguments), *more))
    f.block = head
    f.values.update(zip(before.args, head.args, strict=False))
    f.walk(before)
    condition = cast("scf.ConditionOp", before.last_op)
    values = f.all(condition.args)
    inside = f.start([])
    after = Block(arg_types=[v.type for v in values])
    _cond_branch(f, f.get(condition.condition), (inside, ()), (after, values))
    f.block = inside
    f.values.update(zip(body.args, values, strict=True))
    again: list[SSAValue] = []
    if limit is not None:
        left = head.args[-1]
        over = f.op(llvm.ICmpOp, (left, f.integer(0)), i1, _EQUAL)
        status = {"value": integer_attr(limit[1], i32)}
        f.leave_if(over, f.op(llvm.ConstantOp, (), i32, status))
        again.append(f.op(llvm.AddOp, (left, f.integer(-1)), i64, _WRAPS))
    f.ask(op)
    f.walk(body)
    _branch(f, head, (*f.all(cast("Operation", body.last_op).operands), *again))
    f.blocks.append(after)
    f.block = after
    f.values.update(zip(op.results, after.args, strict=True))


def _call_of(name: str, count: int) -> dict[str, Attribute]:
    """The properties of a call of a function with `count` operands."""
    return {
        "callee": SymbolRefAttr(name),
        **_FAST,
        "CConv": llvm.CallingConventionAttr("ccc"),
        "op_bundle_sizes": _i32s(),
        "operandSegmentSizes": _i32s(count, 0),
        "TailCallKind": llvm.TailCallKindAttr(llvm.TailCallKind.NONE),
    }


def _call(f: LlvmFunction, op: func.CallOp) -> None:
    operands = f.all(op.arguments)
    properties = _call_of(op.callee.string_value(), len(operands))
    type_ = register_type(op.results[0].type)
    f.values[op.results[0]] = f.op(llvm.CallOp, operands, type_, properties)


def _return(f: LlvmFunction, op: func.ReturnOp) -> None:
    f.do(llvm.ReturnOp, f.all(op.arguments))


def _nothing(f: LlvmFunction, op: Operation) -> None:
    """A terminator of a structured region: its parent has done what it says."""


SPECIAL: dict[type[Operation], Callable[[LlvmFunction, Any], None]] = {
    arith.ConstantOp: _constant, upstream.CmpiOp: _compare, upstream.CmpfOp: _compare,
    upstream.IndexCastOp: _index_cast, memref.LoadOp: _load, memref.StoreOp: _store,
    vector.LoadOp: _load, vector.StoreOp: _store, vector.MaskedLoadOp: _masked_load,
    vector.MaskedStoreOp: _masked_store, vector.BroadcastOp: _broadcast,
    vector.CreateMaskOp: _create_mask, vector.ReductionOp: _reduction,
    vector.ShuffleOp: _shuffle, vector.ExtractOp: _extract, vector.InsertOp: _insert,
    memref.DimOp: _dim, memref.AllocaOp: _alloca, memref.ViewOp: _view,
    memref.ReinterpretCastOp: _reinterpret, memref.CollapseShapeOp: _collapse,
    scf.ForOp: _for, scf.ParallelOp: _parallel, scf.IfOp: _if, scf.WhileOp: _while,
    scf.YieldOp: _nothing, scf.ReduceOp: _nothing, scf.ConditionOp: _nothing,
    func.CallOp: _call, func.ReturnOp: _return,
}  # fmt: skip


@dataclass(frozen=True)
class LowerToLlvmPass(ModulePass):
    """See the module's docstring."""

    name = "lower-to-llvm"

    poll: bool = False
    """Call `rfx.poll` in loops that say so."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        top, polls = op.body.block, False
        for old in list(top.ops):
            if isinstance(old, func.FuncOp):
                function = LlvmFunction(old, poll=self.poll)
                top.insert_op_before(function.run(), old)
                polls = polls or function.cell is not None
                old.detach()
                old.erase()
        if polls:
            type_ = llvm.LLVMFunctionType([POINTER], i32)
            top.add_op(llvm.FuncOp("rfx.poll", type_, llvm.LinkageAttr("external")))
