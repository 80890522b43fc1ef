"""LLVM IR text from the llvm dialect, written by hand for speed and bit exactness.

    llvm.func @f(%x: !llvm.ptr) -> i32 {      define i32 @f(ptr %0) {
      %c = llvm.mlir.constant(0 : i32)    ->  b0:
      llvm.return %c : i32                      ret i32 0
    }                                         }

Block arguments become phis. Constants are written where they are used, floats as the
bits of the double that holds them. The same module always gives the same text.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import IO, Any, cast

from xdsl.context import Context
from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntAttr,
    IntegerAttr,
    ModuleOp,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.target import Target

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import TargetError
from rfxjit.dialects.ir import element_type, f16, f32, f64, shape_of

ALIGNMENT = 64
"""Bytes; where innermost loops begin. At LLVM's own 16 the inner loop of an insertion
sort, 30 bytes, takes 38 us up to byte 32 of a cache line, and 40 to 62 across two.
"""
_FLOATS: dict[Attribute, str] = {f16: "half", f32: "float", f64: "double"}
_ICMP = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")
_FCMP = ("false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt",
         "uge", "ult", "ule", "une", "uno", "true")  # fmt: skip
_BINARY: dict[type[Operation], str] = {
    llvm.FAddOp: "fadd", llvm.FSubOp: "fsub", llvm.FMulOp: "fmul", llvm.FDivOp: "fdiv",
    llvm.FRemOp: "frem", llvm.AddOp: "add", llvm.SubOp: "sub", llvm.MulOp: "mul",
    llvm.SDivOp: "sdiv", llvm.UDivOp: "udiv", llvm.SRemOp: "srem", llvm.URemOp: "urem",
    llvm.AndOp: "and", llvm.OrOp: "or", llvm.XOrOp: "xor", llvm.ShlOp: "shl",
    llvm.AShrOp: "ashr", llvm.LShrOp: "lshr",
}  # fmt: skip
_CASTS: dict[type[Operation], str] = {
    llvm.BitcastOp: "bitcast", llvm.SIToFPOp: "sitofp", llvm.FPExtOp: "fpext",
    llvm.FPTruncOp: "fptrunc", llvm.SExtOp: "sext", llvm.ZExtOp: "zext",
    llvm.TruncOp: "trunc", llvm.PtrToIntOp: "ptrtoint", upstream.LLVMUIToFPOp: "uitofp",
    upstream.LLVMFPToSIOp: "fptosi", upstream.LLVMFPToUIOp: "fptoui",
}  # fmt: skip


def type_text(type_: Attribute) -> str:
    """A type as LLVM writes it."""
    if isinstance(type_, llvm.LLVMPointerType):
        space = type_.addr_space
        return f"ptr addrspace({space.data})" if isinstance(space, IntAttr) else "ptr"
    if isinstance(type_, llvm.LLVMArrayType):
        return f"[{type_.size.data} x {type_text(type_.type)}]"
    if isinstance(type_, llvm.LLVMVoidType):
        return "void"
    element = element_type(type_)
    text = _FLOATS.get(element) or str(element)
    return text if element is type_ else f"<{shape_of(type_)[0]} x {text}>"


def _float_text(value: float, type_: Attribute) -> str:
    if type_ == f16:
        return f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    if type_ == f32:
        # Written as the double of the same value, as LLVM demands.
        value = struct.unpack("<f", struct.pack("<f", value))[0]
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _constant_text(value: Attribute, type_: Attribute) -> str:
    if isinstance(value, FloatAttr):
        return _float_text(cast("FloatAttr[Any]", value).value.data, type_)
    if isinstance(value, IntegerAttr):
        number = cast("IntegerAttr[Any]", value).value.data
        return str(number) if str(type_) != "i1" else "true" if number else "false"
    dense = cast("DenseIntOrFPElementsAttr[Any]", value)
    numbers, element = dense.get_values(), element_type(type_)
    if dense.is_splat() and not any(numbers):
        return "zeroinitializer"
    if element in _FLOATS:
        texts = [_float_text(number, element) for number in numbers]
    else:
        texts = [str(number) for number in numbers]
    return f"<{', '.join(f'{type_text(element)} {t}' for t in texts)}>"


def _argument_facts(function: llvm.FuncOp) -> list[str]:
    """What is known of each argument: ` noalias readonly`."""
    if function.arg_attrs is None:
        return [""] * len(function.body.blocks[0].args)
    return [
        "".join(f" {name.removeprefix('llvm.')}" for name in facts.data)
        for facts in function.arg_attrs.data
    ]


def _block_size(kernel: llvm.FuncOp) -> str:
    size = cast("DenseArrayBase[Any] | None", kernel.attributes.get("nvvm.reqntid"))
    if size is None:
        return ""
    return f' "nvvm.reqntid"="{",".join(map(str, size.get_values()))}"'


def _latches(blocks: Sequence[Block]) -> dict[Block, Block]:
    """The blocks that end an iteration of an innermost loop, with where it begins."""
    places = {block: i for i, block in enumerate(blocks)}
    ends: dict[int, list[int]] = {}
    for i, block in enumerate(blocks):
        for target in cast("Operation", block.last_op).successors:
            if places[target] <= i:
                ends.setdefault(places[target], []).append(i)
    latches: dict[Block, Block] = {}
    inside = len(blocks)
    for begin in sorted(ends, reverse=True):
        if inside > ends[begin][-1]:
            latches |= {blocks[i]: blocks[begin] for i in ends[begin]}
        inside = begin
    return latches


class LlvmWriter:
    """Writes the functions of one module."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self.types: dict[int, str] = {}
        self.metadata_names: dict[str, str] = {}

    def type(self, type_: Attribute) -> str:
        """`type_text`, remembered by identity: hashing a type takes longer."""
        text = self.types.get(id(type_))
        if text is None:
            text = self.types[id(type_)] = type_text(type_)
        return text

    def metadata(self, text: str) -> str:
        """The name of a list of numbers and strings."""
        known = self.metadata_names.setdefault(text, f"!{len(self.metadata_names)}")
        self.declared[known] = f"{known} = !{{{text}}}"
        return known

    def loop(self, op: Operation) -> str:
        """What is said of an innermost loop where it goes on: that it is aligned."""
        first = self.latches.get(cast("Block", op.parent))
        if first is None:
            return ""
        if first not in self.loops:
            align = self.metadata(f'!"llvm.loop.align", i32 {ALIGNMENT}')
            name = self.loops[first] = f"!{len(self.metadata_names)}"
            self.metadata_names[name] = name
            self.declared[name] = f"{name} = distinct !{{{name}, {align}}}"
        return f", !llvm.loop {self.loops[first]}"

    def module(self, ops: Iterable[Operation]) -> str:
        """The text of functions and globals."""
        for op in ops:
            if isinstance(op, llvm.GlobalOp):
                self.global_(op)
            elif isinstance(op, llvm.FuncOp):
                self.function(op)
            else:
                raise TargetError("only llvm.func can be written as LLVM IR", op)
        self.lines += self.declared.values()
        return "\n".join(self.lines) + "\n"

    def global_(self, op: llvm.GlobalOp) -> None:
        """Memory that the threads of a block share; nothing is in it at first."""
        space = cast("IntegerAttr[Any]", op.addr_space).value.data
        align = cast("IntegerAttr[Any]", op.alignment).value.data
        self.lines.append(
            f"@{op.sym_name.data} = internal addrspace({space}) global "
            f"{type_text(op.global_type)} undef, align {align}"
        )

    def function(self, op: llvm.FuncOp) -> None:
        if not op.body.blocks:
            types = ", ".join(map(type_text, op.function_type.inputs))
            result = type_text(op.function_type.output)
            name = op.sym_name.data
            self.declared[name] = f"declare {result} @{name}({types})"
            return
        self.names: dict[SSAValue, str] = {}
        self.numbers = count()
        blocks = list(op.body.blocks)
        self.labels = {block: f"b{i}" for i, block in enumerate(blocks)}
        self.latches = {} if "nvvm.kernel" in op.attributes else _latches(blocks)
        self.loops: dict[Block, str] = {}
        self.incoming: dict[Block, list[tuple[Sequence[SSAValue], Block]]] = {}
        for block in blocks:
            for argument in block.args:
                self.names[argument] = f"%{next(self.numbers)}"
            for inner in block.ops:
                if inner.results:
                    text = self.constant(inner) or f"%v{next(self.numbers)}"
                    self.names[inner.results[0]] = text
            self._edges(cast("Operation", block.last_op), block)
        arguments = ", ".join(
            f"{self.type(a.type)}{facts} {self.names[a]}"
            for a, facts in zip(blocks[0].args, _argument_facts(op), strict=True)
        )
        result = type_text(op.function_type.output)
        # What is private is the exact path of a rare case: see `passes/math`.
        private = op.linkage.linkage.data == "internal"
        linkage, group = ("internal ", "#1") if private else ("", "#0")
        if "nvvm.kernel" in op.attributes:
            linkage, group = "ptx_kernel ", f"#0{_block_size(op)}"
        self.lines.append(
            f"define {linkage}{result} @{op.sym_name.data}({arguments}) {group} {{"
        )
        for i, block in enumerate(blocks):
            self.lines.append(f"{self.labels[block]}:")
            for k, argument in enumerate(block.args if i else ()):
                edges = ", ".join(
                    f"[{self.names[values[k]]}, %{self.labels[source]}]"
                    for values, source in self.incoming[block]
                )
                self.lines.append(
                    f"  {self.names[argument]} = phi {self.type(argument.type)} {edges}"
                )
            for inner in block.ops:
                self.operation(inner)
        self.lines.append("}")

    def _edges(self, op: Operation, block: Block) -> None:
        if isinstance(op, llvm.BrOp):
            self.incoming.setdefault(op.successors[0], []).append((op.operands, block))
        elif isinstance(op, llvm.CondBrOp):
            sizes = cast("DenseArrayBase[Any]", op.properties["operandSegmentSizes"])
            then = sizes.get_values()[1]
            values = op.operands[1:]
            for target, given in zip(
                op.successors, (values[:then], values[then:]), strict=True
            ):
                self.incoming.setdefault(target, []).append((given, block))

    def constant(self, op: Operation) -> str | None:
        """How a constant is written where it is used; None for other ops."""
        cls = type(op)
        if cls is llvm.ConstantOp:
            value = cast("llvm.ConstantOp", op).value
            return _constant_text(value, op.results[0].type)
        if cls is llvm.UndefOp:
            return "undef"
        if cls is llvm.AddressOfOp:
            name = cast("llvm.AddressOfOp", op).global_name
            return f"@{name.string_value()}"
        if cls is llvm.ShuffleVectorOp:
            # A constant in all lanes.
            one = cast("llvm.ShuffleVectorOp", op).v1.owner
            if isinstance(one, llvm.InsertElementOp):
                scalar, mask = one.value, cast("llvm.ShuffleVectorOp", op).mask
                is_constant = isinstance(scalar.owner, llvm.ConstantOp)
                if is_constant and not any(mask.get_values()):
                    return f"splat ({self.typed(scalar)})"
        return None

    def typed(self, value: SSAValue) -> str:
        return f"{self.type(value.type)} {self.names[value]}"

    def operation(self, op: Operation) -> None:
        if op.results and not self.names[op.results[0]].startswith("%"):
            return  # a constant
        if type(op) is llvm.InsertElementOp and all(
            self.names[use.operation.results[0]].startswith("splat")
            for use in op.res.uses
            if use.operation.results
        ):
            return  # a step on the way to one
        cls = type(op)
        if (name := _BINARY.get(cls)) is not None:
            a, b = op.operands
            text = f"{name} {self.typed(a)}, {self.names[b]}"
        elif (name := _CASTS.get(cls)) is not None:
            to = self.type(op.results[0].type)
            text = f"{name} {self.typed(op.operands[0])} to {to}"
        elif (write := _OTHER.get(cls)) is not None:
            text = write(self, op)
        else:
            raise TargetError("cannot be written as LLVM IR", op)
        if op.results and not isinstance(op.results[0].type, llvm.LLVMVoidType):
            text = f"{self.names[op.results[0]]} = {text}"
        self.lines.append(f"  {text}")

    def call(self, name: str, op: Operation) -> str:
        result = self.type(op.results[0].type) if op.results else "void"
        arguments = ", ".join(map(self.typed, op.operands))
        return f"call {result} @{name}({arguments})"


def _compare(name: str, predicates: Sequence[str]) -> Callable[[LlvmWriter, Any], str]:
    def write(w: LlvmWriter, op: Any) -> str:
        predicate = predicates[op.predicate.value.data]
        return (
            f"{name} {predicate} {w.typed(op.operands[0])}, {w.names[op.operands[1]]}"
        )

    return write


def _select(w: LlvmWriter, op: Operation) -> str:
    return f"select {', '.join(map(w.typed, op.operands))}"


def _intrinsic(w: LlvmWriter, op: llvm.CallIntrinsicOp) -> str:
    name = op.intrin.data
    result = w.type(op.results[0].type) if op.results else "void"
    types = ", ".join(w.type(v.type) for v in op.operands)
    w.declared[name] = f"declare {result} @{name}({types})"
    return w.call(name, op)


def _insert(w: LlvmWriter, op: llvm.InsertElementOp) -> str:
    return f"insertelement {', '.join(map(w.typed, op.operands))}"


def _extract(w: LlvmWriter, op: Operation) -> str:
    return f"extractelement {', '.join(map(w.typed, op.operands))}"


def _shuffle(w: LlvmWriter, op: llvm.ShuffleVectorOp) -> str:
    lanes = list(op.mask.get_values())
    mask = ", ".join(f"i32 {lane}" for lane in lanes)
    both = ", ".join(map(w.typed, op.operands))
    return f"shufflevector {both}, <{len(lanes)} x i32> <{mask}>"


def _direct_call(w: LlvmWriter, op: llvm.CallOp) -> str:
    callee = op.callee
    assert callee is not None
    return w.call(callee.string_value(), op)


def _aligned(op: Any) -> str:
    return "" if op.alignment is None else f", align {op.alignment.value.data}"


def _load(w: LlvmWriter, op: llvm.LoadOp) -> str:
    type_ = w.type(op.results[0].type)
    return f"load {type_}, {w.typed(op.operands[0])}{_aligned(op)}"


def _store(w: LlvmWriter, op: llvm.StoreOp) -> str:
    text = f"store {w.typed(op.operands[0])}, {w.typed(op.operands[1])}{_aligned(op)}"
    if op.nontemporal is None:
        return text
    return f"{text}, !nontemporal {w.metadata('i32 1')}"


def _fence(*_: object) -> str:
    return "fence seq_cst"


def _address(w: LlvmWriter, op: llvm.GEPOp) -> str:
    constant = cast("Any", op.rawConstantIndices).get_values()[0]
    dynamic = len(op.operands) > 1
    index = w.typed(op.operands[1]) if dynamic else f"i64 {constant}"
    element = w.type(op.elem_type)
    return f"getelementptr {element}, {w.typed(op.operands[0])}, {index}"


def _alloca(w: LlvmWriter, op: llvm.AllocaOp) -> str:
    element = w.type(op.elem_type)
    return f"alloca {element}, {w.typed(op.operands[0])}{_aligned(op)}"


def _branch(w: LlvmWriter, op: Operation) -> str:
    return f"br label %{w.labels[op.successors[0]]}{w.loop(op)}"


def _cond_branch(w: LlvmWriter, op: Operation) -> str:
    then, otherwise = (w.labels[s] for s in op.successors)
    text = f"br {w.typed(op.operands[0])}, label %{then}, label %{otherwise}"
    weights = cast("DenseArrayBase[Any] | None", op.attributes.get("branch_weights"))
    text += w.loop(op)
    if weights is None:
        return text
    numbers = "".join(f", i32 {n}" for n in weights.get_values())
    name = w.metadata(f'!"branch_weights"{numbers}')
    return f"{text}, !prof {name}"


def _return(w: LlvmWriter, op: Operation) -> str:
    return f"ret {w.typed(op.operands[0])}" if op.operands else "ret void"


_OTHER: dict[type[Operation], Callable[[LlvmWriter, Any], str]] = {
    llvm.ICmpOp: _compare("icmp", _ICMP), upstream.FCmpOp: _compare("fcmp", _FCMP),
    upstream.LLVMSelectOp: _select, llvm.CallIntrinsicOp: _intrinsic,
    llvm.CallOp: _direct_call, llvm.LoadOp: _load, llvm.StoreOp: _store,
    upstream.FenceOp: _fence,
    llvm.GEPOp: _address, llvm.AllocaOp: _alloca, llvm.BrOp: _branch,
    llvm.CondBrOp: _cond_branch, llvm.ReturnOp: _return,
    llvm.InsertElementOp: _insert, llvm.ShuffleVectorOp: _shuffle,
    upstream.ExtractElementOp: _extract,
    llvm.FNegOp: lambda w, op: f"fneg {w.typed(op.operands[0])}",
}  # fmt: skip


def print_llvm_ir(module: ModuleOp) -> str:
    """The text of a module at the llvm level.

    LLVM splits what is wider than the machine; without the attribute it would use only
    half of the vector width of Intel's processors.
    """
    attributes = """\
attributes #0 = { nounwind "prefer-vector-width"="512" }
attributes #1 = { nounwind noinline cold "prefer-vector-width"="512" }
"""
    return LlvmWriter().module(module.body.block.ops) + attributes


class LlvmIrTarget(Target):
    """`-t llvm-ir`."""

    name = "llvm-ir"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(print_llvm_ir(module))
