"""The thin dispatcher behind `@rfx.jit` and `@rfx.kernel`.

    call ──► native entries, one per unit ──miss──► JitFunction.__call__
                                                      │ bind, then each unit from Python
                                                      │ miss: compile one more
                                                      ▼ cannot: the original function

A warm call of plain arrays never leaves machine code. This file knows the runtime and
signatures only; the frontend, and with it xDSL, loads when something must be compiled.
"""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Callable, Hashable, Iterable
from typing import Any, cast

from rfxjit.errors import (
    CompilerError,
    RfxError,
    RfxFallbackWarning,
    SourceLocation,
    TraceError,
)
from rfxjit.runtime.collector import seldom
from rfxjit.runtime.entry import Entry
from rfxjit.runtime.native_type import NativeCallable, set_entry, vectorcall
from rfxjit.runtime.policy import MOST, Family, binder, classify
from rfxjit.runtime.portable import MISS, RunsInPython, deliver
from rfxjit.runtime.unit import CompileCall, Options, Unit


@functools.cache
def _log() -> Any:
    """The logger `rfxjit`; `RFX_JIT_LOG` names the level to print from."""
    import logging

    log = logging.getLogger("rfxjit")
    if level := os.environ.get("RFX_JIT_LOG"):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        log.addHandler(handler)
        log.setLevel(level.upper() if level.isalpha() else logging.INFO)
    return log


# One lock for all: tracing runs user code, which may call other jitted functions.
_compiling = threading.RLock()


def _unlock_in_child() -> None:
    """A fork while another thread compiles must not leave the child locked out."""
    global _compiling  # noqa: PLW0603
    _compiling = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_in_child)


class _FallBackError(Exception):
    """The call goes to the original function; `cause` says why."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


def switched_off() -> bool:
    """Whether the user wants plain Python."""
    return os.environ.get("RFX_JIT") == "0"


def _frontend(name: str) -> Any:
    """A function of the frontend. By name: this layer does not depend on it."""
    return getattr(importlib.import_module("rfxjit.frontend"), name)


def _trace_of(value: Any) -> Any:
    """The trace that a traced value belongs to, None for any other value."""
    if type(value).__module__ == "rfxjit.frontend.tracer":
        return value.trace
    if isinstance(value, (tuple, list)):
        for item in cast("Iterable[Any]", value):
            if (found := _trace_of(item)) is not None:
                return found
    return None


def _compile_in_frontend(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
    symbolic: frozenset[int] | None,
) -> Unit:
    return _frontend("compile_call")(fn, args, kwargs, options, symbolic)


@vectorcall
class JitFunction(NativeCallable):
    """A function that is compiled when it is called; see `jit`.

    `gradient` are argnums, and whether values are wanted as well, of a function that is
    a derivative. Such a one, and a kernel, is not what the original computes: without
    the compiler it is the interpreter that runs.
    """

    __wrapped__: Callable[..., Any]

    def __init__(
        self,
        fn: Callable[..., Any],
        options: Options,
        gradient: tuple[int | tuple[int, ...], bool] | None = None,
        *,
        compile_call: CompileCall = _compile_in_frontend,
    ) -> None:
        functools.update_wrapper(self, fn)
        self.options = options
        self.gradient = gradient
        self.last_error: Exception | None = None
        self.compile_count = 0
        """Units made so far, cleared ones included."""
        self._name = getattr(fn, "__qualname__", repr(fn))
        self._bind = binder(fn)
        names: tuple[str, ...] = self._bind.__code__.co_varnames
        self._own_out = "out" not in names
        if unknown := ", ".join(sorted(options.static - set(names))):
            raise TypeError(f"{self._name}() has no parameter {unknown} (static=)")
        self._compile_call = compile_call
        self._plain = switched_off() and self._program is fn
        self._entries: tuple[Entry, ...] = ()
        self._families: dict[Hashable, Family] = {}
        self._retired: list[tuple[Entry, ...]] = []
        self._warned: set[str] = set()
        self._compile_seconds = 0.0
        self._python_calls = 0
        self._fallbacks = 0

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Serve a call that no native entry accepts."""
        out = kwargs.pop("out", None) if self._own_out else None
        if self._plain:
            return self._original(args, kwargs, out)
        params = self._bind(*args, **kwargs)
        if (trace := _trace_of(params)) is not None:
            # Called by code that is not rewritten, such as `map`, while it is traced.
            return _frontend("call_traced")(trace, self._program, args, kwargs)
        self._python_calls += 1
        try:
            while True:
                entries = self._entries
                for entry in entries:
                    result = entry.call(params, out)
                    if result is not MISS:
                        return result
                made = self._extend(entries, args, kwargs, params)
                if made is not None:
                    result = made.call(params, out)
                    if result is not MISS:
                        return result
                    fault = f"the unit of {self._name} refuses the call it is for"
                    return self._refuse(args, kwargs, out, CompilerError(fault))
        except RunsInPython as reason:
            return self._fall_back(args, kwargs, out, TraceError(str(reason)))
        except _FallBackError as error:
            return self._refuse(args, kwargs, out, error.cause)

    # compiling

    @property
    def _program(self) -> Callable[..., Any]:
        """What is traced: a derivative is known to the tracer by this object."""
        return self.__wrapped__ if self.gradient is None else self

    def _extend(
        self,
        seen: tuple[Entry, ...],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        params: tuple[Any, ...],
    ) -> Entry | None:
        """Compile a unit for a call; None if another thread has made one meanwhile."""
        with _compiling:
            if self._entries is not seen:
                return None
            key, sizes = classify(params)
            family = self._families.setdefault(key, Family())
            if family.error is not None:
                raise _FallBackError(family.error)
            if len(family.entries) >= MOST:
                raise _FallBackError(self._too_many(family))
            symbolic = family.symbolic(params, sizes)
            try:
                entry = self._compile(args, kwargs, symbolic)
            except _FallBackError as error:
                if symbolic is None or not isinstance(error.cause, TraceError):
                    raise
                entry = self._compile(args, kwargs, None)
            family.entries.append(entry)
            self._append(entry)
            return entry

    def _compile(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        symbolic: frozenset[int] | None,
    ) -> Entry:
        start = time.perf_counter()
        try:
            with seldom():
                unit = self._compile_call(
                    self._program, args, kwargs, self.options, symbolic
                )
                entry = Entry(unit)
        except (TraceError, CompilerError) as error:
            raise _FallBackError(error) from error
        except RfxError:
            # NumPy would raise as well (ShapeError), or the user asked for what cannot
            # be had (GradientError, BackendError).
            raise
        except Exception as error:
            # A fault, or the user's own exception: the original function will tell.
            raise _FallBackError(error) from error
        seconds = time.perf_counter() - start
        self._compile_seconds += seconds
        self.compile_count += 1
        if "logging" in sys.modules or "RFX_JIT_LOG" in os.environ:
            # Otherwise nobody listens, and its import is not worth it.
            kind = "static" if symbolic is None else f"symbolic in {sorted(symbolic)}"
            _log().info("compiled %s in %.1f ms, %s", self._name, seconds * 1e3, kind)
        return entry

    def _append(self, entry: Entry) -> None:
        native = [e for e in self._entries if e.address]
        self._entries = (*self._entries, entry)
        if entry.address and native:
            native[-1].link(entry)
        elif entry.address:
            set_entry(self, entry.address)

    def _too_many(self, family: Family) -> TraceError:
        pins = family.pins()
        because = f" because of {'; '.join(pins[:3])}" if pins else ""
        return TraceError(
            f"{self._name} was compiled {MOST} times for calls that differ only in "
            f"sizes or values{because}",
            hint="pass as an array what changes from call to call, or do not use its "
            "value to decide what is computed",
        )

    # falling back

    def _original(self, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        result = self.__wrapped__(*args, **kwargs)
        return result if out is None else deliver(self._name, result, out)

    def _fall_back(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        out: Any,
        cause: Exception,
    ) -> Any:
        """Run the original function, and say so once. What it raises is the user's."""
        if self.options.strict:
            raise cause
        result = self._original(args, kwargs, out)
        self._fallbacks += 1
        self.last_error = cause
        text = str(cause)
        if text not in self._warned:
            self._warned.add(text)
            if not isinstance(cause, TraceError):
                _log().error("fault while compiling %s", self._name, exc_info=cause)
                text = f"fault in the compiler, {type(cause).__name__}: {text}"
            self._warn(text, cause)
        return result

    def _refuse(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        out: Any,
        cause: Exception,
    ) -> Any:
        """Fall back, now and for all calls of the family."""
        result = self._fall_back(args, kwargs, out, cause)
        key, _ = classify(self._bind(*args, **kwargs))
        self._families.setdefault(key, Family()).error = cause
        return result

    def _warn(self, reason: str, cause: Exception) -> None:
        message = f"{self._name} runs as plain Python: {reason}"
        place = cause.location if isinstance(cause, RfxError) else None
        code = getattr(self.__wrapped__, "__code__", None)
        if place is None and code is not None:
            place = SourceLocation(code.co_filename, code.co_firstlineno)
        file, line = (place.file, place.line) if place else ("<unknown>", 1)
        warnings.warn_explicit(message, RfxFallbackWarning, file, line)

    # what the user may ask

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The program of a call at each level, as text: `f.lower(x).text("loops")`."""
        return _frontend("lower_call")(self._program, args, kwargs, self.options)

    def stats(self) -> dict[str, Any]:
        """Counts and times so far. Calls served by machine code alone do not count."""
        return {
            "compile_count": self.compile_count,
            "compile_seconds": self._compile_seconds,
            "units": len(self._entries),
            "native_units": sum(bool(entry.address) for entry in self._entries),
            "python_calls": self._python_calls,
            "fallbacks": self._fallbacks,
        }

    def explain(self) -> str:
        """What each unit accepts, what was compiled in and why, and what runs in
        Python.
        """
        from rfxjit.runtime.explain import explain_entry

        parts = [explain_entry(i, e) for i, e in enumerate(self._entries, 1)]
        reasons = {str(f.error): None for f in self._families.values() if f.error}
        parts += [f"runs as plain Python: {reason}" for reason in reasons]
        return "\n".join([self._name, *parts])

    def clear_cache(self) -> None:
        """Forget all units and refusals; the next call compiles anew."""
        with _compiling:
            set_entry(self, 0)
            # Another thread may be inside: machine code stays until this object goes.
            self._retired.append(self._entries)
            self._entries = ()
            self._families.clear()
            self._warned.clear()
            self.last_error = None

    def __repr__(self) -> str:
        return f"<rfx.jit {self.__wrapped__!r}>"

    def __copy__(self) -> JitFunction:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> JitFunction:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickled by name, as functions are."""
        found: Any = sys.modules.get(self.__module__)
        for part in self._name.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self._name
        if found is self.__wrapped__:
            return JitFunction, (self.__wrapped__, self.options, self.gradient)
        raise pickle.PicklingError(f"{self!r} is not found as {self._name}")
