"""Lower the kernels of the gpu level to the llvm dialect, for NVIDIA's processors.

    gpu.module @f_kernels {                     gpu.module @f_kernels {
      gpu.func @f_0(%x: memref<?xf32>, …)         llvm.func @f_0(%x: !llvm.ptr<1>, …)
          kernel {                        ->          attributes {nvvm.kernel} {
        %t = gpu.thread_id x                        %t = llvm.call_intrinsic
        …                                             "llvm.nvvm.read.ptx.sreg.tid.x"()

Bodies are lowered as for the CPU (`lower-to-llvm`). Arguments are in global memory
(address space 1); memory that a block shares becomes a global in address space 3. An
argument that is `llvm.noalias` and only read is `llvm.readonly` too: LLVM then loads it
through the read-only cache (`ld.global.nc`). The host function stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import func, gpu, llvm, memref
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    IntAttr,
    MemRefType,
    ModuleOp,
    SymbolRefAttr,
    UnitAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import (
    append,
    element_type,
    i32,
    i64,
    integer_attr,
    shape_of,
)
from rfxjit.passes.gpu_kernel import SHARED
from rfxjit.passes.llvm_builder import (
    POINTER,
    Buffer,
    intrinsic_properties,
    memory_type,
)
from rfxjit.passes.loops import VIEWS
from rfxjit.passes.lower_to_llvm import SPECIAL, LlvmFunction

_GLOBAL_POINTER = llvm.LLVMPointerType(IntAttr(1))
_SHARED_POINTER = llvm.LLVMPointerType(IntAttr(3))
_REGISTERS = {gpu.ThreadIdOp: "tid", gpu.BlockIdOp: "ctaid"}
BARRIER = "llvm.nvvm.barrier.cta.sync.aligned.all"


class _Kernel(LlvmFunction):
    """Builds one kernel, or a function that kernels call."""

    def __init__(self, old: func.FuncOp, globals_: Block) -> None:
        super().__init__(old)
        self.globals = globals_

    def _new_argument(self, type_: Attribute, hint: str | None) -> SSAValue:
        # Helpers have no pointers.
        return super()._new_argument(
            _GLOBAL_POINTER if type_ is POINTER else type_, hint
        )

    def facts(self, given: Sequence[DictionaryAttr]) -> ArrayAttr[DictionaryAttr]:
        """What LLVM may know of the arguments; their sizes have arguments, too."""
        facts: list[DictionaryAttr] = []
        for old, known in zip(self.old.body.block.args, given, strict=True):
            if "llvm.noalias" in known.data and _only_read(old):
                known = DictionaryAttr({**known.data, "llvm.readonly": UnitAttr()})  # noqa: PLW2901
            sizes = shape_of(old.type).count(DYNAMIC_INDEX)
            facts += [known, *[DictionaryAttr({})] * sizes]
        return ArrayAttr(facts)

    def lower(self, op: Operation) -> None:
        if (special := _GPU.get(type(op))) is not None:
            special(self, op)
        else:
            super().lower(op)


def _only_read(buffer: SSAValue) -> bool:
    return all(
        isinstance(use.operation, (memref.LoadOp, memref.DimOp))
        or (isinstance(use.operation, VIEWS) and _only_read(use.operation.results[0]))
        for use in buffer.uses
    )


def _register(k: _Kernel, op: gpu.ThreadIdOp | gpu.BlockIdOp) -> None:
    """A special register of 32 bits."""
    name = f"llvm.nvvm.read.ptx.sreg.{_REGISTERS[type(op)]}.{op.dimension.data.value}"
    value = k.call_intrinsic(name, (), i32)
    k.values[op.result] = k.op(llvm.ZExtOp, (value,), i64)


def _barrier(k: _Kernel, _op: gpu.BarrierOp) -> None:
    zero = k.op(llvm.ConstantOp, (), i32, {"value": integer_attr(0, i32)})
    k.do(llvm.CallIntrinsicOp, (zero,), intrinsic_properties(BARRIER, 1))


def _return(k: _Kernel, _op: gpu.ReturnOp) -> None:
    k.do(llvm.ReturnOp, ())


def _alloca(k: _Kernel, op: memref.AllocaOp) -> None:
    type_ = cast("MemRefType[Any]", op.memref.type)
    if type_.memory_space != SHARED:
        SPECIAL[memref.AllocaOp](k, op)
        return
    shape, element = shape_of(type_), element_type(type_)
    name = f"{k.old.sym_name.data}_shared{len(list(k.globals.ops))}"
    array = llvm.LLVMArrayType(IntAttr(prod(shape)), memory_type(element))
    memory = llvm.GlobalOp(array, name, "internal", addr_space=3, alignment=64)
    memory.location = op.location
    append(k.globals, memory)
    address = {"global_name": SymbolRefAttr(name)}
    pointer = k.op(llvm.AddressOfOp, (), _SHARED_POINTER, address)
    k.buffers[op.memref] = Buffer(pointer, shape, element)


_GPU: dict[type[Operation], Callable[[_Kernel, Any], None]] = {
    gpu.ThreadIdOp: _register,
    gpu.BlockIdOp: _register,
    gpu.BarrierOp: _barrier,
    gpu.ReturnOp: _return,
    memref.AllocaOp: _alloca,
}


class LowerGpuToNvvmPass(ModulePass):
    """See the module's docstring."""

    name = "lower-gpu-to-nvvm"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for module in op.body.block.ops:
            if isinstance(module, gpu.ModuleOp):
                _lower_module(module)


def _lower_module(module: gpu.ModuleOp) -> None:
    block, globals_ = module.body.block, Block()
    functions = [o for o in block.ops if isinstance(o, (gpu.FuncOp, func.FuncOp))]
    for old in functions:
        old.detach()
        if isinstance(old, func.FuncOp):
            append(block, _Kernel(old, globals_).run())
            old.erase()
            continue
        # A kernel is a function without result but for what the launch says of it.
        body = old.body
        plain = func.FuncOp(old.sym_name.data, old.function_type, Region.DEFAULT)
        plain.location = old.location
        plain.detach_region(plain.body)
        plain.add_region(old.detach_region(body))
        kernel = _Kernel(plain, globals_)
        new = kernel.run()
        if (given := old.attributes.get("arg_attrs")) is not None:
            new.properties["arg_attrs"] = kernel.facts(cast("Any", given).data)
        # The second is where upstream's launch looks for it.
        new.attributes["nvvm.kernel"] = new.attributes["gpu.kernel"] = UnitAttr()
        if old.known_block_size is not None:
            new.attributes["nvvm.reqntid"] = old.known_block_size
        append(block, new)
        plain.erase()
        old.erase()
    first = block.first_op
    for op in list(globals_.ops):
        op.detach()
        if first is not None:
            block.insert_op_before(op, first)


__all__ = ["BARRIER", "LowerGpuToNvvmPass"]
