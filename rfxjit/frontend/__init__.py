"""From Python functions to rfx programs: one AST rewrite, then tracing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rfxjit.runtime.unit import Options, Unit


class Lowered:
    """The program of one call; `text(level)` shows it at any level or target."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def text(self, level: str = "rfx") -> str:
        """The text at `level`; ValueError names the levels there are."""
        from rfxjit.compiler import text

        return text(self.module, level)


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


__all__ = ["Lowered", "compile_call", "lower_call"]
