"""rfxjit: a multi-level JIT compiler for NumPy code, on xDSL.

    import numpy as np
    import rfxjit as rfx

    @rfx.jit
    def f(x, y):
        return np.sin(x * 2.0) + y

Nothing heavy loads here: the compiler is imported when a call must be compiled.
"""

from typing import TYPE_CHECKING, Any

from rfxjit.lazy_dataclasses import lazy_dataclasses

with lazy_dataclasses():
    from rfxjit.control import cond, fori_loop, scan, switch, while_loop
    from rfxjit.errors import (
        BackendError,
        CompilerError,
        GradientError,
        KernelError,
        ProgramError,
        RfxError,
        RfxFallbackWarning,
        RunawayError,
        ShapeError,
        ToolchainError,
        TraceError,
    )
    from rfxjit.jit import grad, jit, value_and_grad
    from rfxjit.kernels import (
        Validation,
        flat_index,
        index,
        kernel,
        kernel_from_source,
        ndim,
        size,
        validate,
    )
    from rfxjit.runtime.backends import available_backends
    from rfxjit.signature import ArraySpec
    from rfxjit.special import cospi, digamma, erf, erfc, fma, gamma, lgamma, sinpi

if TYPE_CHECKING:
    from rfxjit.serialized.program import load

__all__ = [
    "ArraySpec",
    "BackendError",
    "CompilerError",
    "GradientError",
    "KernelError",
    "ProgramError",
    "RfxError",
    "RfxFallbackWarning",
    "RunawayError",
    "ShapeError",
    "ToolchainError",
    "TraceError",
    "Validation",
    "available_backends",
    "cond",
    "cospi",
    "digamma",
    "erf",
    "erfc",
    "flat_index",
    "fma",
    "fori_loop",
    "gamma",
    "grad",
    "index",
    "jit",
    "kernel",
    "kernel_from_source",
    "lgamma",
    "load",
    "ndim",
    "scan",
    "sinpi",
    "size",
    "switch",
    "validate",
    "value_and_grad",
    "while_loop",
]


def __getattr__(name: str) -> Any:
    if name == "load":
        # It needs the compiler.
        from rfxjit.serialized.program import load

        return load
    raise AttributeError(f"module 'rfxjit' has no attribute {name!r}")
