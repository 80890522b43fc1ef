"""From Python functions to rfx programs: one AST rewrite, then tracing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from typing import Any

from rfxjit.runtime.unit import Options, Unit


def lower_call(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
) -> Any:
    """Trace a call, to look at it."""
    from rfxjit.dialects.quick_import import quick_import

    with quick_import():
        from rfxjit.frontend.trace import trace
        from rfxjit.serialized.module_text import Program
        from rfxjit.serialized.program import Lowered

    traced = trace(
        fn,
        args,
        kwargs,
        static=options.static,
        abstract=True,
        max_iters=options.max_iters,
    )
    program = Program(traced.module, traced.signature, fastmath=options.fastmath)
    return Lowered(program, options)


def compile_call(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
    symbolic: frozenset[int] | None,
) -> Unit:
    """Trace and compile one call: what the dispatcher asks for on a miss."""
    from dataclasses import replace

    compile_module, trace = _compiler(options.backend)
    traced = trace(
        fn,
        args,
        kwargs,
        symbolic or frozenset(),
        options.static,
        max_iters=options.max_iters,
    )
    unit = compile_module(traced.module, traced.signature, options)
    return replace(unit, pins=traced.pins)


@cache
def _compiler(backend: str) -> tuple[Any, Any]:
    """All that compiling needs, imported at once."""
    from rfxjit.dialects.quick_import import quick_import
    from rfxjit.runtime.collector import for_good

    with for_good() if backend == "cpu" else nullcontext(), quick_import():
        from rfxjit.compiler import compile_module, load_passes
        from rfxjit.frontend.trace import trace

        load_passes("cpu")
    return compile_module, trace


def call_traced(
    trace: Any, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a jitted function, a derivative or a kernel inside of a trace."""
    from rfxjit.frontend.hooks import call_function

    return call_function(trace, fn, args, kwargs)


__all__ = ["call_traced", "compile_call", "lower_call"]
