"""`rfx.jit`, and the derivatives `rfx.grad` and `rfx.value_and_grad`: their options.

What they give is a `JitFunction`, see `dispatch.py`. As that file this loads nothing
heavy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from operator import index
from typing import Any, cast, overload

from rfxjit.dispatch import JitFunction, switched_off
from rfxjit.runtime.backends import resolve_backend
from rfxjit.runtime.unit import Options

FASTMATH = frozenset({"nnan", "ninf", "nsz", "arcp", "contract", "reassoc", "afn"})
"""The flags of `fastmath`, under LLVM's names."""
_WRAPPERS: tuple[Any, ...] = (staticmethod, classmethod)


@overload
def jit(
    fn: Callable[..., Any],
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    strict: bool | None = None,
    cache: bool = True,
    static: str | Iterable[str] = (),
    max_iters: int | None = None,
) -> JitFunction: ...
@overload
def jit(
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    strict: bool | None = None,
    cache: bool = True,
    static: str | Iterable[str] = (),
    max_iters: int | None = None,
) -> Callable[[Callable[..., Any]], JitFunction]: ...
def jit(
    fn: Callable[..., Any] | None = None,
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    strict: bool | None = None,
    cache: bool = True,
    static: str | Iterable[str] = (),
    max_iters: int | None = None,
) -> Any:
    """Compile a function of NumPy arrays when it is called, for what it is given.

        @rfx.jit
        def step(error, integral, derivative, gain=2.0):
            return gain * error + 0.1 * integral + 0.05 * derivative

        step(e, i, d, out=buffer)

    `backend` is "auto", "cpu", "cuda", "metal" or "interpreter". `fastmath` allows what
    IEEE forbids, all of it or the named flags. `strict` raises instead of running the
    original function when a call cannot be compiled. `static` names parameters whose
    values are compiled in. A `while` that runs more than `max_iters` times raises
    RunawayError. Environment: `RFX_JIT=0` runs plain Python, `RFX_JIT_BACKEND`,
    `RFX_JIT_STRICT=1`, `RFX_JIT_LOG=info`; `RFX_JIT_KEEP_MB` is how
    much memory of large results that are gone is kept for new ones (256; 0 is none).
    """
    options = options_of(
        backend, fastmath, strict, cache=cache, static=static, max_iters=max_iters
    )
    return _decorate(options) if fn is None else _decorate(options)(fn)


def options_of(
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    strict: bool | None = None,
    *,
    cache: bool = True,
    static: str | Iterable[str] = (),
    max_iters: int | None = None,
) -> Options:
    """The options with the environment taken in; raises ValueError for unknown ones."""
    if strict is None:
        strict = os.environ.get("RFX_JIT_STRICT", "0") not in ("", "0")
    flags = fastmath if isinstance(fastmath, bool) else frozenset(fastmath)
    if not isinstance(flags, bool) and (unknown := sorted(flags - FASTMATH)):
        known = ", ".join(sorted(FASTMATH))
        raise ValueError(f"fastmath has no flag {', '.join(unknown)}; it has {known}")
    return Options(
        backend=resolve_backend(backend),
        fastmath=flags,
        strict=strict,
        cache=cache,
        static=frozenset([static] if isinstance(static, str) else static),
        max_iters=_positive("max_iters", max_iters),
    )


def _positive(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is an integer, not {type(value).__name__}")
    if not 0 < (number := index(value)) < 2**63:
        raise ValueError(f"{name} must be at least 1 and fit into int64, got {number}")
    return number


def _decorate(options: Options) -> Callable[[Any], Any]:
    def decorate(fn: Any) -> Any:
        kind = cast("Any", type(fn))
        if kind in _WRAPPERS:
            # The other order of decorators; the same meaning.
            return kind(decorate(fn.__func__))
        fn = _without_jit(fn)
        if not callable(fn) or isinstance(fn, type):
            raise TypeError(f"rfx.jit needs a function, not {kind.__name__}")
        return JitFunction(fn, options)

    return decorate


def _without_jit(fn: Any) -> Any:
    """The original of a jitted function; kernels and derivatives have none."""
    # A kernel is of a class of its own.
    return fn.__wrapped__ if type(fn) is JitFunction and fn.gradient is None else fn


def grad(fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> JitFunction:
    """The function that computes the derivative of `fn` by some of its arguments.

    `argnums` is one argument (the result has its structure) or a tuple (a tuple of
    results). Of an array, the derivative is that of the sum of its elements. Arguments
    may be tuples, lists and dicts of arrays and floats. Reverse mode, see the pass
    `grad`. Raises ValueError for argnums that are empty, duplicate or out of range, and
    GradientError for arguments that are no floats.
    """
    return _gradient(fn, argnums, values=False)


def value_and_grad(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> JitFunction:
    """As `grad`, but the result is the pair (what `fn` returns, its derivative)."""
    return _gradient(fn, argnums, values=True)


def _gradient(
    fn: Callable[..., Any], argnums: int | tuple[int, ...], *, values: bool
) -> JitFunction:
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not numbers:
        raise ValueError("argnums is empty: name at least one argument")
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"argnums has duplicates: {numbers}")
    backend = "interpreter" if switched_off() else resolve_backend(None)
    options = Options(backend=backend, strict=True)
    return JitFunction(_without_jit(fn), options, (argnums, values))
