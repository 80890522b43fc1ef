"""The backends: which exist, which can run here, and which one is meant."""

from __future__ import annotations

import importlib.util
import os

from rfxjit.errors import BackendError

BACKENDS = ("auto", "cpu", "cuda", "metal", "interpreter")
"""Every backend name there is; which of them can run here is another question."""


def available_backends() -> tuple[str, ...]:
    """The backends that can run here, best first."""
    cpu = importlib.util.find_spec("llvmlite") is not None
    return ("cpu", "interpreter") if cpu else ("interpreter",)


def resolve_backend(name: str | None) -> str:
    """The backend for `backend=name`; None asks `RFX_JIT_BACKEND`, then "auto"."""
    name = name or os.environ.get("RFX_JIT_BACKEND") or "auto"
    available = available_backends()
    if name not in BACKENDS:
        raise ValueError(f"unsupported backend '{name}'; choose from {BACKENDS}")
    if name == "auto":
        return available[0]
    if name not in available:
        listed = ", ".join(available)
        raise BackendError(f"backend '{name}' is not available; there are: {listed}")
    return name
