"""Programs outside of `@rfx.jit`: what `f.lower(...)` gives, and what `rfx.load` runs.

    lowered = f.lower(rfx.ArraySpec(("n", 3), "f4"), 2.0)
    lowered.export("f.mlir")                   # text, its signature included
    g = lowered.compile()                      # this program, and no other
    g = rfx.load("f.mlir")                     # the same, in any process

A `Compiled` is called as `f` is, at the speed of machine code; but where `f` compiles
once more, it refuses, as the class that NumPy would raise.
"""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, cast

import numpy as np

from rfxjit import compiler
from rfxjit.dialects.diagnostics import RfxDiagnostic
from rfxjit.errors import (
    CompilerError,
    ProgramError,
    RfxError,
    ShapeError,
    SourceLocation,
)
from rfxjit.runtime.backends import resolve_backend
from rfxjit.runtime.entry import Entry
from rfxjit.runtime.explain import condition, describe, place
from rfxjit.runtime.native_type import NativeCallable, set_entry, vectorcall
from rfxjit.runtime.policy import binder
from rfxjit.runtime.portable import MISS, RunsInPython, fits_shape
from rfxjit.runtime.unit import Options
from rfxjit.serialized.module_text import (
    Program,
    freeze,
    read_program,
    write_program,
)
from rfxjit.signature import Input, Parameter, Signature


class Lowered:
    """The program of one call, to look at, to take away and to run."""

    def __init__(self, program: Program, options: Options) -> None:
        self.program = program
        self.options = options

    @property
    def module(self) -> Any:
        """The IR, as xDSL's `ModuleOp`."""
        return self.program.module

    @property
    def level(self) -> str:
        """The level that the program is at: "rfx", unless it was loaded."""
        return self.program.level

    def text(self, level: str | None = None) -> str:
        """The text at a level (its own, unless said); ValueError names those there are.

        It is the program alone: `export` to `.mlir` adds how it is called.
        """
        start = self.level
        return compiler.text(self.module, level or start, start)

    def export(self, path: str | os.PathLike[str], level: str | None = None) -> None:
        """Write the program to a file; its suffix says in which form.

        `.mlir` is the program with its signature, at any `level` of IR, which
        `rfx-opt` takes and `rfx.load` runs; values that the function captured are
        written into it. `.c`, `.ptx`, `.metal`, `.ll`, `.s`, `.o`, `.so` are code.

        Raises ValueError for any other suffix, BackendError for what a `.so` lacks,
        TraceError for arguments and results that cannot be written to `.mlir`.
        """
        file = FilePath(path)
        if file.suffix != ".mlir":
            if level is not None:
                raise ValueError(f"only .mlir has levels, not '{file.name}'")
            compiler.export(self.module, file, self.level)
            return
        program = freeze(self.program)
        if level is not None and level != program.level:
            module = compiler.lower(program.module, level, program.level)
            program = replace(program, module=module, level=level)
        file.write_text(write_program(program), encoding="utf-8")

    def compile(self) -> Compiled:
        """A function that runs this program; arguments that it is not for are errors.

        Raises ProgramError, with the place in the text, for what cannot be compiled.
        """
        return Compiled(self)

    def __repr__(self) -> str:
        return f"<program {self.program.signature.name}, {self.level} level>"


@vectorcall
class Compiled(NativeCallable):
    """One compiled program as a function; made by `rfx.load` and `Lowered.compile`."""

    def __init__(self, lowered: Lowered) -> None:
        program = lowered.program
        self.lowered = lowered
        signature = program.signature
        self.__name__ = self.__qualname__ = signature.name
        self.__signature__ = _python_signature(signature)
        try:
            unit = compiler.compile_module(
                program.module.clone(), signature, lowered.options, program.level
            )
        except RfxDiagnostic as error:
            raise error.located(ProgramError) from error
        except RfxError:
            raise
        except Exception as error:
            # A verified program that a pass did not expect: edited text can be so.
            raise CompilerError(
                f"fault in the compiler: {type(error).__name__}: {error}"
            ) from error
        self._bind = binder(cast("Any", self))
        self._own_out = all(p.name != "out" for p in signature.params)
        self._entry = Entry(unit)
        set_entry(self, self._entry.address)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Serve a call that the native entry does not accept, or say what is wrong.

        Raises TypeError for another type or dtype, ShapeError (a ValueError) for
        another shape, ValueError for another value of what was compiled in.
        """
        out = kwargs.pop("out", None) if self._own_out else None
        params = self._bind(*args, **kwargs)
        try:
            result = self._entry.call(params, out)
        except RunsInPython as reason:
            raise ValueError(f"{self.__name__}(): {reason}") from None
        if result is MISS:
            raise _mismatch(self._entry.unit.signature, params)
        return result

    def text(self, level: str | None = None) -> str:
        """As `Lowered.text`."""
        return self.lowered.text(level)

    def export(self, path: str | os.PathLike[str], level: str | None = None) -> None:
        """As `Lowered.export`."""
        self.lowered.export(path, level)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}{self.__signature__}>"


def load(path: str | os.PathLike[str], *, backend: str | None = None) -> Compiled:
    """The function in a file that `f.lower(...).export("f.mlir")` wrote.

        g = rfx.load("f.mlir")
        g(x, 2.0, out=buffer)

    The text may be at the rfx, fused, loops, scalars or vectors level, and may have
    been edited, or been through `rfx-opt`. It is compiled here, for this machine. Like
    all code, load it only from where you trust: loops can be written that leave their
    arrays. `backend` is as in `rfx.jit`.

    Raises ProgramError (a ValueError) with file, line and column for damaged text, for
    a later version of the format and for ops that cannot be compiled, OSError for a
    file that cannot be read.
    """
    file = FilePath(path)
    options = Options(backend=resolve_backend(backend))
    raw = file.read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        col = error.start - before.rfind(b"\n") - 1
        place = SourceLocation(str(file), before.count(b"\n") + 1, col)
        raise ProgramError("not text in UTF-8", place) from None
    program = read_program(text, str(file))
    return Lowered(program, replace(options, fastmath=program.fastmath)).compile()


def _python_signature(signature: Signature) -> inspect.Signature:
    def parameter(p: Parameter) -> inspect.Parameter:
        kind = getattr(inspect.Parameter, p.kind.upper())
        default = p.default if p.has_default else inspect.Parameter.empty
        return inspect.Parameter(p.name, kind, default=default)

    return inspect.Signature([parameter(p) for p in signature.params])


def _mismatch(signature: Signature, params: tuple[Any, ...]) -> Exception:
    """The error for a call that a program is not for, with the first reason."""
    name = signature.name
    for guard in signature.guards:
        if not guard.holds(params, signature.objects):
            return ValueError(f"{name}() is for {condition(guard, signature)}")
    symbols: dict[str, int] = {}
    for spec in signature.inputs:
        value = spec.path.fetch(params, signature.objects)
        where = f"{name}(): argument '{place(spec.path, signature)}'"
        wanted, before = describe(spec), dict(symbols)
        if (given := _kind(value, spec)) is not None:
            return TypeError(f"{where} must be {wanted}, not {given}")
        if spec.kind == "array" and not fits_shape(value.shape, spec.shape, symbols):
            known = [f"{k} = {n}" for k, n in before.items() if k in spec.shape]
            more = f" with {', '.join(known)}" if known else ""
            named = any(isinstance(n, str) for n in spec.shape)
            small = named and min(value.shape, default=2) < 2
            rule = "; a size with a name is 2 or more" if small else ""
            return ShapeError(
                f"{where} must be {wanted}{more}, not of shape {value.shape}{rule}"
            )
    return TypeError(f"{name}() cannot take these arguments")


def _kind(value: Any, spec: Input) -> str | None:
    """What a value is if it is not of the kind, dtype and rank that it should have."""
    kind = cast("Any", type(value))
    if spec.by_value:
        if kind.__name__ != spec.kind:
            return f"a {kind.__name__}"
        too_large = kind is int and not -(2**63) <= value < 2**63
        return "one beyond 64 bits" if too_large else None
    if spec.kind == "array" and kind is not np.ndarray:
        return f"a {kind.__name__}"
    if spec.kind == "scalar" and not isinstance(value, np.generic):
        return f"a {kind.__name__}"
    dtype = cast("np.dtype[Any]", cast("Any", value).dtype)
    if dtype.newbyteorder("=") != spec.dtype:
        return f"of dtype {dtype}"
    return None
