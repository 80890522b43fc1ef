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

Control flow is in `llvm_control.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, llvm, math, memref, scf, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    UnitAttr,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import (
    bytes_of,
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
    shape_of,
    walked,
)
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.dialects.loop_facts import POLL
from rfxjit.passes.emit import constant_of
from rfxjit.passes.llvm_builder import (
    BELOW,
    EQUAL,
    FAST,
    NONE,
    POINTER,
    TRUNCATES,
    WRAPS,
    Buffer,
    Dim,
    LlvmBuilder,
    access_of,
    call_of,
    intrinsic_properties,
    mangled,
    memory_type,
    register_type,
)
from rfxjit.passes.llvm_control import CONTROL, countdown, either

DIRECT: dict[type[Operation], tuple[type[Operation], dict[str, Any]]] = {
    arith.AddfOp: (llvm.FAddOp, FAST), arith.SubfOp: (llvm.FSubOp, FAST),
    arith.MulfOp: (llvm.FMulOp, FAST), arith.DivfOp: (llvm.FDivOp, FAST),
    arith.NegfOp: (llvm.FNegOp, FAST), arith.AddiOp: (llvm.AddOp, WRAPS),
    arith.SubiOp: (llvm.SubOp, WRAPS), arith.MuliOp: (llvm.MulOp, WRAPS),
    arith.DivSIOp: (llvm.SDivOp, NONE), arith.DivUIOp: (llvm.UDivOp, NONE),
    arith.RemSIOp: (llvm.SRemOp, NONE), arith.RemUIOp: (llvm.URemOp, NONE),
    arith.AndIOp: (llvm.AndOp, NONE), arith.OrIOp: (llvm.OrOp, NONE),
    arith.XOrIOp: (llvm.XOrOp, NONE), arith.ShLIOp: (llvm.ShlOp, WRAPS),
    arith.ShRSIOp: (llvm.AShrOp, NONE), arith.ShRUIOp: (llvm.LShrOp, NONE),
    upstream.SelectOp: (upstream.LLVMSelectOp, FAST),
    arith.BitcastOp: (llvm.BitcastOp, NONE), upstream.SIToFPOp: (llvm.SIToFPOp, NONE),
    upstream.UIToFPOp: (upstream.LLVMUIToFPOp, NONE),
    upstream.FPToSIOp: (upstream.LLVMFPToSIOp, NONE),
    upstream.FPToUIOp: (upstream.LLVMFPToUIOp, NONE),
    arith.ExtFOp: (llvm.FPExtOp, NONE), arith.TruncFOp: (llvm.FPTruncOp, NONE),
    upstream.ExtSIOp: (llvm.SExtOp, NONE), upstream.ExtUIOp: (llvm.ZExtOp, NONE),
    upstream.TruncIOp: (llvm.TruncOp, TRUNCATES),
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


_LESS = integer_attr(2, i64)
"""The predicate `slt`."""
_SEQ_CST = 7
"""The ordering of LLVM's `seq_cst`."""


class LlvmFunction(LlvmBuilder):
    """Lowers one function."""

    streams = False
    """Whether it stores past the cache."""

    def __init__(
        self, old: func.FuncOp, *, poll: bool = False, masked: bool = True
    ) -> None:
        super().__init__(old, poll=poll)
        self.masked = masked

    def run(self) -> llvm.FuncOp:
        types = list(self.old.function_type.outputs.data)
        private = self.old.sym_visibility is not None
        for argument in self.old.body.block.args:
            self._argument(argument, private)
        if self.poll and any(POLL in op.attributes for op in walked(self.old)):
            self.countdown = countdown(self)
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
        if type_.name == "memref":
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
    properties = {"predicate": integer_attr(number, i64), **(FAST if is_float else {})}
    f.values[op.result] = f.op(cls, f.all(op.operands), op.result.type, properties)


def _index_cast(f: LlvmFunction, op: upstream.IndexCastOp) -> None:
    value = f.get(op.input)
    have = value.type
    want = register_type(op.result.type)
    if have != want:
        wider = dtype_of(want).itemsize > dtype_of(have).itemsize
        properties = NONE if wider else TRUNCATES
        value = f.op(llvm.SExtOp if wider else llvm.TruncOp, (value,), want, properties)
    f.values[op.result] = value


def _load(f: LlvmFunction, op: memref.LoadOp | vector.LoadOp) -> None:
    buffer = f.buffers[op.operands[0]]
    address = f.address(buffer, f.all(op.indices))
    type_ = op.results[0].type
    access = access_of(buffer.element)
    value = f.op(llvm.LoadOp, (address,), memory_type(type_), access)
    f.values[op.results[0]] = f.from_memory(value, type_)


def _sign(f: LlvmFunction, op: memref.StoreOp | vector.StoreOp) -> SSAValue | None:
    """The bytes to store for `x < 0` of vectors of i64, without mask registers."""
    test = op.operands[0].owner
    if f.masked or not isinstance(test, upstream.CmpiOp) or test.predicate != _LESS:
        return None
    x, zero = test.lhs, test.rhs.owner
    uniform = isinstance(zero, vector.BroadcastOp) and constant_of(zero.source) == 0
    if not uniform or element_type(x.type) != i64:
        return None
    # AVX2 compares 64 bits on one port, which is also the one that packs the results.
    last = _splat(f, f.integer(63), *shape_of(x.type))
    sign = f.op(llvm.LShrOp, (f.get(x), last), x.type)
    return f.op(llvm.TruncOp, (sign,), like(x.type, i8), TRUNCATES)


def _store(f: LlvmFunction, op: memref.StoreOp | vector.StoreOp) -> None:
    buffer = f.buffers[op.operands[1]]
    address = f.address(buffer, f.all(op.indices))
    value = _sign(f, op) or f.to_memory(f.get(op.operands[0]))
    access = access_of(buffer.element)
    plain = partial(f.do, llvm.StoreOp, (value, address), access)
    if cast("IntegerAttr[Any]", op.nontemporal).value.data == 0:
        plain()
        return
    # CPUs store past the cache at multiples of the register's size alone.
    f.streams = True
    line = min(64, bytes_of(value.type))
    place = f.op(llvm.PtrToIntOp, (address,), i64)
    low = f.op(llvm.AndOp, (place, f.integer(line - 1)), i64)
    aligned = f.op(llvm.ICmpOp, (low, f.integer(0)), i1, EQUAL)
    past = {**access, "alignment": integer_attr(line, i64), "nontemporal": UnitAttr()}
    either(f, aligned, partial(f.do, llvm.StoreOp, (value, address), past), plain)


def _prefetch(f: LlvmFunction, op: upstream.PrefetchOp) -> None:
    address = f.address(f.buffers[op.memref], f.all(op.indices))
    # True is -1 in an i1.
    numbers = (abs(a.value.data) for a in (op.write, op.locality, op.data))
    facts = (
        f.op(llvm.ConstantOp, (), i32, {"value": integer_attr(n, i32)}) for n in numbers
    )
    name = "llvm.prefetch.p0"
    f.do(llvm.CallIntrinsicOp, (address, *facts), intrinsic_properties(name, 4))


def _masked_load(f: LlvmFunction, op: vector.MaskedLoadOp) -> None:
    address = f.address(f.buffers[op.base], f.all(op.indices))
    operands = (address, f.get(op.mask), f.to_memory(f.get(op.pass_thru)))
    type_ = operands[2].type
    value = f.call_intrinsic(f"llvm.masked.load.{mangled(type_)}.p0", operands, type_)
    f.values[op.result] = f.from_memory(value, op.result.type)


def _masked_store(f: LlvmFunction, op: vector.MaskedStoreOp) -> None:
    address = f.address(f.buffers[op.base], f.all(op.indices))
    value = f.to_memory(f.get(op.value_to_store))
    name = f"llvm.masked.store.{mangled(value.type)}.p0"
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
    return f.op(llvm.ShuffleVectorOp, (one, one), type_, {"mask": i32s(*[0] * lanes)})


def _broadcast(f: LlvmFunction, op: vector.BroadcastOp) -> None:
    (lanes,) = shape_of(op.vector.type)
    f.values[op.vector] = _splat(f, f.get(op.source), lanes)


def _create_mask(f: LlvmFunction, op: vector.CreateMaskOp) -> None:
    """Lane numbers below the count; both fit into 32 bits."""
    (lanes,) = shape_of(op.mask_vector.type)
    type_ = vector_type(i32, lanes)
    steps = f.op(llvm.ConstantOp, (), type_, _steps(lanes))
    count = f.op(llvm.TruncOp, (f.get(op.mask_dim_sizes[0]),), i32, TRUNCATES)
    operands = (steps, _splat(f, count, lanes))
    f.values[op.mask_vector] = f.op(llvm.ICmpOp, operands, op.mask_vector.type, BELOW)


def _reduction(f: LlvmFunction, op: vector.ReductionOp) -> None:
    if op.kind.data.value != "or" or op.acc is not None:
        raise UnsupportedError("only the or of all lanes is supported", op)
    source = f.get(op.vector)
    name = f"llvm.vector.reduce.or.{mangled(source.type)}"
    f.values[op.dest] = f.call_intrinsic(name, (source,), op.dest.type)


def _intrinsic(f: LlvmFunction, op: llvm.CallIntrinsicOp) -> None:
    """Its name is overloaded on all operands: `llvm.ldexp.v16f32.v16i32`."""
    operands = f.all(op.args)
    name = ".".join([op.intrin.data, *(mangled(v.type) for v in operands)])
    f.values[op.results[0]] = f.call_intrinsic(name, operands, op.results[0].type)


def _shuffle(f: LlvmFunction, op: vector.ShuffleOp) -> None:
    type_, operands = register_type(op.result.type), f.all(op.operands)
    mask = {"mask": i32s(*op.mask.get_values())}
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
    size = f.integer(prod(shape))
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


def _call(f: LlvmFunction, op: func.CallOp) -> None:
    operands = f.all(op.arguments)
    properties = call_of(op.callee.string_value(), len(operands))
    type_ = register_type(op.results[0].type)
    f.values[op.results[0]] = f.op(llvm.CallOp, operands, type_, properties)


def _return(f: LlvmFunction, op: func.ReturnOp) -> None:
    if f.streams:  # such stores are in no order with others
        f.do(upstream.FenceOp, (), {"ordering": integer_attr(_SEQ_CST, i64)})
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
    upstream.PrefetchOp: _prefetch, llvm.CallIntrinsicOp: _intrinsic,
    **CONTROL, scf.YieldOp: _nothing, scf.ReduceOp: _nothing, scf.ConditionOp: _nothing,
    func.CallOp: _call, func.ReturnOp: _return,
}  # fmt: skip


@dataclass(frozen=True)
class LowerToLlvmPass(ModulePass):
    """See the module's docstring."""

    name = "lower-to-llvm"

    poll: bool = False
    """Call `rfx.poll` in loops that say so."""

    masked: bool = True
    """Whether bools of vectors are in mask registers, one bit for each lane."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        top, polls = op.body.block, False
        for old in list(top.ops):
            if isinstance(old, func.FuncOp):
                function = LlvmFunction(old, poll=self.poll, masked=self.masked)
                top.insert_op_before(function.run(), old)
                polls = polls or function.countdown is not None
                old.detach()
                old.erase()
        if polls:
            type_ = llvm.LLVMFunctionType([POINTER], i32)
            top.add_op(llvm.FuncOp("rfx.poll", type_, llvm.LinkageAttr("external")))
