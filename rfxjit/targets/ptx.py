"""PTX for NVIDIA's processors, through LLVM's NVPTX backend.

    gpu.module @f_kernels {              .visible .entry f_0(.param .u64 .ptr …, …)
      llvm.func @f_0(…)           ->     {
        attributes {nvvm.kernel}           ld.param.b64 …
    }                                    }

All kernels of a module become one text, which any driver of CUDA 11.8 or later can
load. Nothing is contracted: each multiplication and addition says its rounding
(`mul.rn`, `add.rn`), so that ptxas does not either.

LLVM's backend ends the whole process when it meets an intrinsic that it cannot select
(`llvm.exp`), and approximates some others (`llvm.exp2`, `llvm.sin`). Only those that
are exact are let through: `tests/unit/test_target_ptx.py` tries each on each type.
"""

from __future__ import annotations

import functools
import re
from typing import IO, Any

from xdsl.context import Context
from xdsl.dialects import gpu, llvm
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.utils.target import Target

from rfxjit.dialects.diagnostics import TargetError
from rfxjit.targets.llvm_ir import LlvmWriter

CPU = "sm_90"
"""The architecture that code is generated for."""
FLOAT_INTRINSICS = (
    "minimum", "maximum", "minnum", "maxnum", "fabs", "sqrt", "fma", "floor", "ceil",
    "trunc", "roundeven", "copysign",
)  # fmt: skip
INTEGER_INTRINSICS = ("smin", "smax", "umin", "umax", "ctpop")
_SELECTED = re.compile(
    rf"llvm\.((?:{'|'.join(FLOAT_INTRINSICS)})\.f(?:16|32|64)"
    rf"|(?:{'|'.join(INTEGER_INTRINSICS)})\.i(?:8|16|32|64)"
    r"|nvvm\.read\.ptx\.sreg\.n?(?:tid|ctaid)\.[xyz]"
    r"|nvvm\.barrier\.cta\.sync\.aligned\.all)"
)


def kernels_llvm_ir(module: ModuleOp) -> str:
    """The LLVM IR of all kernels of a module at the nvvm level.

    Raises TargetError where there is none, or an op has no place in one.
    """
    functions: dict[str, Operation] = {}
    for kernels in module.body.block.ops:
        if isinstance(kernels, gpu.ModuleOp):
            for op in kernels.body.block.ops:
                if not isinstance(op, (llvm.FuncOp, llvm.GlobalOp)):
                    raise TargetError("is no kernel; run lower-gpu-to-nvvm first", op)
                # Helpers are the same in each module that has them.
                functions.setdefault(op.sym_name.data, op)
    if not functions:
        raise TargetError("there is no gpu.module; run map-to-gpu first", module)
    for function in functions.values():
        for op in function.walk():
            if isinstance(op, llvm.CallIntrinsicOp) and not _SELECTED.fullmatch(
                op.intrin.data
            ):
                raise TargetError(f"{op.intrin.data} has no exact PTX", op)
    attributes = "attributes #0 = { nounwind }\nattributes #1 = { nounwind noinline }\n"
    return LlvmWriter().module(functions.values()) + attributes


@functools.cache
def _backend() -> tuple[Any, Any]:
    """llvmlite's binding, which has no types, and a target machine."""
    from llvmlite import binding

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    target: Any = binding.Target
    machine = target.from_triple("nvptx64-nvidia-cuda")
    return binding, machine.create_target_machine(cpu=CPU, opt=2)


def compile_ptx(llvm_ir: str) -> str:
    """PTX from the text of LLVM IR."""
    binding, machine = _backend()
    module = binding.parse_assembly(f'target triple = "nvptx64-nvidia-cuda"\n{llvm_ir}')
    return machine.emit_assembly(module)


class PtxTarget(Target):
    """`-t ptx`."""

    name = "ptx"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(compile_ptx(kernels_llvm_ir(module)))
