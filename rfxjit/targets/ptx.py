"""PTX for NVIDIA's processors, through LLVM's NVPTX backend.

    gpu.module @f_kernels {              .visible .entry f_0(.param .u64 .ptr …, …)
      llvm.func @f_0(…)           ->     {
        attributes {nvvm.kernel}           ld.param.b64 …
    }                                    }

All kernels of a module become one text, which any driver of CUDA 11.8 or later can
load. LLVM's backend ends the whole process when it meets an intrinsic that it cannot
select; so only those that are known to work are let through.
"""

from __future__ import annotations

import functools
from typing import IO, Any

from xdsl.context import Context
from xdsl.dialects import gpu
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.target import Target

from rfxjit.dialects.diagnostics import TargetError
from rfxjit.targets.llvm_ir import LlvmWriter

CPU = "sm_90"
"""The architecture that code is generated for."""

SELECTABLE = frozenset(
    f"llvm.{name}"
    for name in (
        "minimum", "maximum", "minnum", "maxnum", "smin", "smax", "umin", "umax",
        "fabs", "sqrt", "fma", "floor", "ceil", "trunc", "roundeven", "copysign",
        "ctpop", "nvvm",
    )
)  # fmt: skip
"""Each was assembled in f16, f32 and f64, or in every width of integers."""


@functools.cache
def _binding() -> Any:
    """llvmlite's binding, which has no types; it loads when it is needed."""
    from llvmlite import binding

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    return binding


@functools.cache
def _machine() -> Any:
    target = _binding().Target.from_triple("nvptx64-nvidia-cuda")
    return target.create_target_machine(cpu=CPU, opt=2)


def print_ptx(module: ModuleOp) -> str:
    """The PTX of all kernels of a module at the nvvm level.

    Raises TargetError where there is none, or an op has no place in one.
    """
    functions: dict[Attribute, Operation] = {}
    for kernels in module.body.block.ops:
        if isinstance(kernels, gpu.ModuleOp):
            for op in kernels.body.block.ops:
                # Helpers are the same in each module that has them.
                functions.setdefault(op.properties["sym_name"], op)
    if not functions:
        raise TargetError("there is no gpu.module; run map-to-gpu first", module)
    writer = LlvmWriter()
    text = writer.module(functions.values())
    for name in writer.declared:
        if ".".join(name.split(".")[:2]) not in SELECTABLE:
            raise TargetError(f"{name} has no PTX; expand-math removes it", module)
    header = 'target triple = "nvptx64-nvidia-cuda"\n'
    attributes = "attributes #0 = { nounwind }\nattributes #1 = { nounwind noinline }\n"
    return _machine().emit_assembly(
        _binding().parse_assembly(header + text + attributes)
    )


class PtxTarget(Target):
    """`-t ptx`."""

    name = "ptx"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(print_ptx(module))
