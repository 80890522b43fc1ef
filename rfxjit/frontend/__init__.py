"""From Python functions to rfx programs: one AST rewrite, then tracing."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from rfxjit.runtime.unit import Options, Unit


class Lowered:
    """The program of one call, to look at and to take away."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def text(self, level: str = "rfx") -> str:
        """The text at `level`; ValueError names the levels there are."""
        from rfxjit.compiler import text

        return text(self.module, level)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file; its suffix says in which form.

        `.mlir` (the rfx level), `.c`, `.ptx`, `.metal`, `.ll`, `.s`, `.o`, `.so`.
        ValueError names them for any other; BackendError tells what a `.so` lacks.
        """
        from rfxjit.compiler import export

        export(self.module, path)


def lower_call(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
) -> Lowered:
    """Trace a call, to look at it."""
    from rfxjit.frontend.trace import trace

    return Lowered(trace(fn, args, kwargs, static=options.static).module)


def compile_call(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
    symbolic: frozenset[int] | None,
) -> Unit:
    """Trace and compile one call: what the dispatcher asks for on a miss."""
    from dataclasses import replace

    from rfxjit.compiler import compile_module
    from rfxjit.frontend.trace import trace

    traced = trace(fn, args, kwargs, symbolic or frozenset(), options.static)
    unit = compile_module(traced.module, traced.signature, options)
    return replace(unit, pins=traced.pins)


def call_traced(
    trace: Any, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a jitted function, a derivative or a kernel inside of a trace."""
    from rfxjit.frontend.context import call_function

    return call_function(trace, fn, args, kwargs)


__all__ = ["Lowered", "call_traced", "compile_call", "lower_call"]
