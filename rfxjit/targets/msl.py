"""Metal Shading Language from the gpu level: the kernels, in the C family's syntax.

    kernel void f_0(device const float *x [[buffer(0)]],
                    constant long &n [[buffer(1)]],
                    device float *y [[buffer(2)]],
                    uint thread_ [[thread_position_in_threadgroup]],
                    uint block_ [[threadgroup_position_in_grid]])

Buffers are bound in the order of the kernel's arguments, the dynamic sizes of a buffer
right after it. Metal has no double: f64 is refused where it occurs. Literals are
decimals that read back as the same float.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import IO, Any, cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith, func, gpu, memref
from xdsl.dialects.builtin import MemRefType, ModuleOp, NoneAttr
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.target import Target

from rfxjit.dialects.diagnostics import TargetError
from rfxjit.dialects.ir import (
    element_type,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
    index,
)
from rfxjit.targets.c_family import SPECIAL, Syntax, Writer

HEADER = """\
#include <metal_stdlib>
#pragma clang fp contract(off)
using namespace metal;
"""

_RESERVED = frozenset(
    ("auto", "break", "case", "char", "const", "constant", "continue", "default",
     "device", "do", "double", "else", "enum", "float", "for", "goto", "half", "if",
     "inline", "int", "kernel", "long", "metal", "return", "short", "signed", "sizeof",
     "static", "struct", "switch", "this", "thread", "threadgroup", "typedef", "uchar",
     "uint", "ulong", "union", "unsigned", "ushort", "using", "vertex", "void",
     "volatile", "while", "bool", "true", "false", "new", "delete", "class", "template",
     "namespace", "operator", "private", "public", "thread_", "block_", "NAN",
     "INFINITY", "as_type", "sqrt", "fabs", "floor", "ceil", "trunc", "rint",
     "copysign", "fma", "fmax", "fmin", "signbit", "abs", "exp", "log", "sin", "cos",
     "tan", "pow", "min", "max", "clamp", "mix", "sign", "step", "select", "any", "all",
     "dot", "cross", "length", "normalize", "distance")
)  # fmt: skip
"""Keywords, and names of the metal namespace, which no variable may have."""


def _literal(value: Any, type_: Attribute) -> str:
    if type_ in (f16, f32):
        if math.isnan(value):
            return "NAN"
        if math.isinf(value):
            return "INFINITY" if value > 0 else "(-INFINITY)"
        number, suffix = (np.float16(value), "h") if type_ == f16 else (value, "f")
        text = repr(float(number) if type_ == f16 else float(str(np.float32(value))))
        return f"({text}{suffix})" if text.startswith("-") else f"{text}{suffix}"
    if type_ == i1:
        return "true" if value else "false"
    if type_ in (i64, index):
        # The smallest integer has no literal of its own.
        return f"({value + 1}L - 1)" if value == -(2**63) else f"({value}L)"
    return f"({value + 1} - 1)" if value == -(2**31) else f"({value})"


def _bits(w: Writer, op: arith.BitcastOp) -> None:
    type_ = w.type(op.result.type)
    w.define(op.result, f"as_type<{type_}>({w.names[op.input]})")


MSL = Syntax(
    language="MSL",
    types={
        i1: "bool", i8: "char", i16: "short", i32: "int", i64: "long", index: "long",
        f16: "half", f32: "float",
    },
    unsigned={"char": "uchar", "short": "ushort", "int": "uint", "long": "ulong"},
    size="long",
    literal=_literal,
    function=lambda name, _type: name,
    bits=_bits,
    reserved=_RESERVED,
    missing={f64: "Metal has no double: use float32"},
)  # fmt: skip


class _Kernel(Writer):
    """Writes one kernel, or a function that kernels call."""

    def op(self, op: Operation) -> None:
        if (write := _GPU.get(type(op))) is not None:
            write(self, op)
        else:
            super().op(op)


def _thread(w: _Kernel, op: gpu.ThreadIdOp) -> None:
    w.define(op.result, "thread_")


def _block(w: _Kernel, op: gpu.BlockIdOp) -> None:
    w.define(op.result, "block_")


def _barrier(w: _Kernel, _op: gpu.BarrierOp) -> None:
    w.line("threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);")


def _return(_w: _Kernel, _op: gpu.ReturnOp) -> None:
    """The end of the kernel is its return."""


def _alloca(w: _Kernel, op: memref.AllocaOp) -> None:
    SPECIAL[memref.AllocaOp](w, op)
    if not isinstance(cast("MemRefType[Any]", op.memref.type).memory_space, NoneAttr):
        w.lines[-1] = f"{'  ' * w.depth}threadgroup {w.lines[-1].lstrip()}"


_GPU: dict[type[Operation], Callable[[_Kernel, Any], None]] = {
    gpu.ThreadIdOp: _thread,
    gpu.BlockIdOp: _block,
    gpu.BarrierOp: _barrier,
    gpu.ReturnOp: _return,
    memref.AllocaOp: _alloca,
}


def _kernel(function: gpu.FuncOp) -> str:
    w = _Kernel(function, MSL)
    block = function.body.block
    parameters: list[str] = []

    def bind(text: str) -> None:
        parameters.append(f"{text} [[buffer({len(parameters)})]]")

    written = {op.operands[1] for op in block.walk() if isinstance(op, memref.StoreOp)}
    for argument in block.args:
        type_ = w.type(argument.type)
        if element_type(argument.type) is argument.type:
            bind(f"constant {type_} &{w.fresh(argument)}")
            continue
        const = "" if w.writes(argument, written) else "const "
        bind(f"device {const}{type_} *{w.fresh(argument)}")
        for size in w.sizes(argument):
            bind(f"constant long &{size}")
    parameters += [
        "uint thread_ [[thread_position_in_threadgroup]]",
        "uint block_ [[threadgroup_position_in_grid]]",
    ]
    w.block(block)
    head = f"kernel void {function.sym_name.data}("
    between = ",\n" + " " * len(head)
    body = "\n".join(w.lines)
    return f"{head}{between.join(parameters)}) {{\n{body}\n}}\n"


def _helper(function: func.FuncOp) -> str:
    """A function that kernels call: scalars in, a scalar out."""
    w = _Kernel(function, MSL)
    block: Block = function.body.block
    arguments: list[SSAValue] = list(block.args)
    parameters = [f"{w.type(a.type)} {w.fresh(a)}" for a in arguments]
    w.block(block)
    (result,) = function.function_type.outputs.data
    head = f"static {w.type(result)} {function.sym_name.data}"
    body = "\n".join(w.lines)
    return f"{head}({', '.join(parameters)}) {{\n{body}\n}}\n"


def print_msl(module: ModuleOp) -> str:
    """The kernels of a module at the gpu level.

    Raises TargetError where there is none, or for an op or a type without MSL.
    """
    helpers: dict[str, str] = {}
    kernels: list[str] = []
    for part in module.body.block.ops:
        if not isinstance(part, gpu.ModuleOp):
            continue
        for op in part.body.block.ops:
            if isinstance(op, func.FuncOp):
                # Helpers are the same in each module that has them.
                helpers.setdefault(op.sym_name.data, _helper(op))
            elif isinstance(op, gpu.FuncOp):
                kernels.append(_kernel(op))
    if not kernels:
        raise TargetError("there is no gpu.module; run map-to-gpu first", module)
    return "\n".join([HEADER, *helpers.values(), *kernels])


class MslTarget(Target):
    """`-t msl`."""

    name = "msl"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(print_msl(module))
