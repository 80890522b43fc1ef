"""The state of one trace: the program so far, its inputs, guards and captured values.

`Trace` owns the builder and the lists that become the `Signature`. What comes in has a
`Path` to where it was found: data are inputs, the rest is guarded.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import inspect
import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, FileLineColLoc, IntAttr, StringAttr
from xdsl.ir import Block, SSAValue

from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import ELEMENT_TYPES, tensor
from rfxjit.errors import SourceLocation, TraceError
from rfxjit.signature import (
    VALUE_KINDS,
    ArraySpec,
    Dim,
    Failure,
    Guard,
    Input,
    Kind,
    Path,
)

if TYPE_CHECKING:
    from rfxjit.frontend.hooks import FunctionHooks
    from rfxjit.frontend.pieces import Pieces

PACKAGE = __name__.partition(".")[0]
_PLACES = 4096
"""Places in sources that are remembered: of what is compiled now, not of all before."""


@lru_cache(maxsize=256)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None], ...]:
    return tuple((line, col) for line, _, col, _ in code.co_positions())


@lru_cache(maxsize=1024)
def _is_users(module: str) -> bool:
    return not f"{module}.".startswith((f"{PACKAGE}.", "numpy.", "optree."))


def user_frame() -> FrameType | None:
    """The innermost frame of user code that is running now."""
    frame = inspect.currentframe()
    while frame is not None and not _is_users(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


def user_location() -> SourceLocation | None:
    """The innermost place in user code that is running now."""
    if (frame := user_frame()) is None:
        return None
    return _location(frame.f_code, frame.f_code.co_filename, frame.f_lasti)


@lru_cache(maxsize=_PLACES)
def _location(code: CodeType, file: str, instruction: int) -> SourceLocation:
    line, col = _positions(code)[instruction // 2]
    return SourceLocation(file, line or code.co_firstlineno, col or 0)


@lru_cache(maxsize=_PLACES)
def _attribute(location: SourceLocation) -> FileLineColLoc:
    return FileLineColLoc(
        StringAttr(location.file), IntAttr(location.line), IntAttr(location.col + 1)
    )


def refuse(reason: str, hint: str | None = None) -> TraceError:
    """The error for what cannot be traced, with the user's line."""
    return TraceError(reason, user_location(), hint)


class PinError(Exception):
    """A symbolic size was needed as a number: trace again with it static.

    `sizes` are those of this call; of an ArraySpec, that has none, names.
    """

    def __init__(
        self, sizes: frozenset[int | str], what: str, location: SourceLocation | None
    ) -> None:
        super().__init__(what)
        self.sizes = sizes
        self.what = what
        self.location = location
        self.reason = f"{location}: {what}" if location else what


class Trace:
    """One trace of one call."""

    def __init__(
        self,
        name: str,
        symbolic: frozenset[int],
        *,
        abstract: bool = False,
        max_iters: int | None = None,
    ) -> None:
        self.function, _ = new_function(name, [])
        self.block = self.function.body.block
        self.builder = Builder(self.block)
        self.symbolic = symbolic
        self.place: SourceLocation | None = None
        """Where in a kernel the trace is; elsewhere the stack of Python tells."""
        self.abstract = abstract
        self.max_iters = max_iters
        self.any_order = False
        """Whether there may be an array whose axes are not in C order in memory."""
        self.sizes: dict[str, int | str] = {}
        """The size of each symbol in this call, or its name if there is no array."""
        self.symbols: dict[str, Any] = {}
        """What each symbol stands for; see `symbolic.py`."""
        self.unnamed: set[str] = set()
        """The symbols of sizes that are None."""
        self.inputs: list[Input] = []
        self.input_values: list[SSAValue] = []
        self.tracers: list[Any] = []
        self.guards: dict[tuple[Path, str], Guard] = {}
        self.objects: list[Any] = []
        self.failures: list[Failure] = []
        self.owners: dict[int, tuple[Any, Path]] = {}
        """Captured objects that are not data, by identity: where they were found."""
        self.captured: dict[Path, Any] = {}
        self.time = 0
        """Counts the tracers that are made."""
        self.recording = 0
        """In how many branches and loops that depend on traced values the trace is."""
        self.journal: list[tuple[Any, SSAValue]] = []
        """Arrays that got new values there, with what they had before."""
        self.blocks: list[Block] = []
        """Blocks that may still be given up."""
        self.open: list[Block] = []
        """The blocks of the branches and loops around what is traced now."""
        self.whole: dict[CodeType, str] = {}
        """Functions that are run as a whole, and why: they cannot branch."""
        self.running: list[Pieces] = []
        """The functions that are being walked, the innermost one last."""
        self.inner: dict[FunctionType, tuple[int, FunctionHooks]] = {}
        """Nested functions with control flow: their pieces and their hooks."""

    def rename(self, name: str) -> None:
        """Give the function the name of the user's."""
        self.function.sym_name = StringAttr(name)

    def at(self, location: SourceLocation) -> None:
        """Where the function is defined, and what belongs to no line of its own."""
        self.function.location = self.builder.location = _attribute(location)

    def here(self) -> Builder:
        """The builder, located at the user's current line."""
        if (location := self.place or user_location()) is not None:
            self.builder.location = _attribute(location)
        return self.builder

    @contextmanager
    def inside(self, block: Block) -> Generator[None]:
        """Append to a block of a branch or a loop."""
        outer = self.builder
        self.builder = type(outer)(block, outer.location)
        self.blocks.append(block)
        self.open.append(block)
        try:
            yield
        finally:
            self.open.pop()
            self.builder = outer

    # ---- what comes in

    def add_input(self, value: Any, path: Path, name: str, role: str) -> Any:
        """Make a leaf of data an input; the tracer for it."""
        from rfxjit.frontend.tracer import Tracer

        kind: Kind
        if isinstance(value, (np.ndarray, ArraySpec)):
            kind = "array"
        elif isinstance(value, np.generic):
            kind = "scalar"
        else:
            kind = cast("Kind", type(value).__name__)
        dtype: Any = VALUE_KINDS.get(kind) or value.dtype
        dtype = cast("np.dtype[Any]", dtype.newbyteorder("="))
        if dtype not in ELEMENT_TYPES:
            raise refuse(
                f"argument '{name}' has dtype {dtype}, which is not supported",
                "use bool, int8 to int64, uint8 to uint64, float16 to float64",
            )
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise refuse(f"argument '{name}' does not fit into int64")
        shape = self._shape(value, name)
        static = tuple(n if isinstance(n, int) else DYNAMIC_INDEX for n in shape)
        ssa = self.block.insert_arg(
            tensor(ELEMENT_TYPES[dtype], static), len(self.block.args)
        )
        ssa.name_hint = name if name.isidentifier() else None
        self.any_order |= len(shape) > 1
        self.inputs.append(Input(name, path, kind, dtype, shape, cast("Any", role)))
        self.input_values.append(ssa)
        concrete = None if isinstance(value, ArraySpec) else value
        tracer = Tracer(self, ssa, kind, concrete=concrete, source=len(self.inputs) - 1)
        self.tracers.append(tracer)
        return tracer

    def _shape(self, value: Any, name: str) -> tuple[Dim, ...]:
        """The dims of an input: which of them are symbols, and of what name."""
        if isinstance(value, ArraySpec):
            return tuple(self._dim(n, f"{name}_{d}") for d, n in enumerate(value.shape))
        sizes: tuple[int, ...] = np.shape(value)
        self.sizes.update({f"n{n}": n for n in sizes})
        return tuple(f"n{n}" if n in self.symbolic else n for n in sizes)

    def _dim(self, size: int | str | None, name: str) -> Dim:
        if isinstance(size, int):
            return size
        if size in self.unnamed:
            raise refuse(f"the size name {size} stands for a size that is None")
        if size is None:
            size = re.sub(r"\W", "_", name)
            while size in self.sizes:
                size += "_"
            self.unnamed.add(size)
        self.sizes[size] = size
        return size

    def enter(self, value: Any, path: Path, name: str, role: str) -> Any:
        """A value from outside as the program sees it: data as tracers."""
        if path in self.captured:
            return self.captured[path]
        result = self._enter(value, path, name, role)
        self.captured[path] = result
        return result

    def _enter(self, value: Any, path: Path, name: str, role: str) -> Any:
        hidden = role == "hidden"
        if type(value) in (tuple, list):
            self.guard(path, "len", (type(value), len(value)), name)
            items = [
                self.enter(v, path.step("item", i), f"{name}_{i}", role)
                for i, v in enumerate(value)
            ]
            return items if type(value) is list else tuple(items)
        if type(value) is dict:
            mapping = cast("dict[Any, Any]", value)
            self.guard(path, "len", (dict, len(mapping)), name)
            return {
                k: self.enter(v, path.step("item", k), f"{name}_{k}", role)
                for k, v in mapping.items()
            }
        if (
            self.abstract
            and not hidden
            and not isinstance(value, (np.ndarray, np.generic, type))
            and hasattr(value, "shape")
            and hasattr(value, "dtype")
        ):
            return self.add_input(ArraySpec(value.shape, value.dtype), path, name, role)
        if isinstance(value, ArraySpec):
            raise refuse(f"'{name}': an ArraySpec has no data", "f.lower takes it")
        if isinstance(value, np.ndarray):
            if type(value) is not np.ndarray:
                raise refuse(f"'{name}' is a {type(value).__name__}, not an ndarray")
            return self.add_input(value, path, name, role)
        if isinstance(value, np.generic) or type(value) is float:
            return self.add_input(value, path, name, role)
        if type(value) in (int, bool) and not hidden:
            return self.add_input(value, path, name, role)
        if isinstance(value, complex):
            raise refuse(f"argument '{name}' is complex, which is not supported")
        if value is None or isinstance(value, (int, str, bytes)):
            self.guard(path, "eq", value, name)
            return value
        own = type(value).__module__.startswith(f"{PACKAGE}.")  # jitted, a kernel
        if own or isinstance(
            value, (FunctionType, BuiltinFunctionType, type, np.ufunc)
        ):
            self.guard(path, "is", value, name)
            return value
        if not isinstance(value, ModuleType):
            self.guard(path, "type", type(value), name)
        self.owners[id(value)] = (value, path)
        return value

    def guard(self, path: Path, mode: str, expected: Any, reason: str) -> None:
        """Record that this trace holds only while the value at `path` is so."""
        guard = Guard(path, cast("Any", mode), expected, reason)
        self.guards.setdefault((path, mode), guard)

    def root(self, value: Any) -> Path:
        """The path of an object that is captured as a whole."""
        for i, known in enumerate(self.objects):
            if known is value:
                return Path(("object", i))
        self.objects.append(value)
        return Path(("object", len(self.objects) - 1))

    def failure(self, exception: type[Exception], message: str) -> int:
        """The status code of a run-time failure."""
        failure = Failure(exception, message)
        if failure not in self.failures:
            self.failures.append(failure)
        return self.failures.index(failure) + 1
