"""The state of one trace: the program so far, its inputs, guards and captured values.

`Trace` owns the builder and the lists that become the `Signature`. `FunctionHooks` are
the hooks of one rewritten function (see `syntax.py`): they find out where a captured
value came from (its `Path`), make it a hidden input or a guard, and route calls.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import ast
import builtins
import operator
import re
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, FileLineColLoc, IntAttr, StringAttr
from xdsl.ir import Block, SSAValue

from rfxjit import control
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import ELEMENT_TYPES, tensor
from rfxjit.errors import SourceLocation, TraceError
from rfxjit.frontend.pieces import Pieces, inner_pieces, pieces
from rfxjit.frontend.syntax import (
    NoSourceError,
    is_rewritten,
    rewrite,
    rewritten,
    unwalked,
)
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

_PACKAGE = __name__.partition(".")[0]
_LIBRARY = tuple(
    {sysconfig.get_path(p) for p in ("stdlib", "platstdlib", "purelib", "platlib")}
)
DATA = (np.ndarray, np.generic, float, int, bool)


@cache
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None], ...]:
    return tuple((line, col) for line, _, col, _ in code.co_positions())


def user_frame() -> FrameType | None:
    """The innermost frame of user code that is running now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if (
            not name.startswith((f"{_PACKAGE}.", "numpy.", "optree."))
            and name != "numpy"
        ):
            return frame
        frame = frame.f_back
    return None


def user_location() -> SourceLocation | None:
    """The innermost place in user code that is running now."""
    if (frame := user_frame()) is None:
        return None
    line, col = _positions(frame.f_code)[frame.f_lasti // 2]
    file = frame.f_code.co_filename
    return SourceLocation(file, line or frame.f_lineno, col or 0)


@cache
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
        own = type(value).__module__.startswith(f"{_PACKAGE}.")  # jitted, a kernel
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


def is_user_code(function: FunctionType) -> bool:
    """Whether a function is the user's own, and so worth tracing into."""
    file = function.__code__.co_filename
    module = function.__module__ or ""
    if module == control.__name__:
        return function is not control.shape_of_call
    return not (
        file.startswith(_LIBRARY)
        or file.startswith("<frozen")
        or module.partition(".")[0] in (_PACKAGE, "numpy")
    )


class FunctionHooks:
    """The hooks of one rewritten function."""

    def __init__(self, trace: Trace, function: FunctionType) -> None:
        self.trace = trace
        self.globals = function.__globals__
        cells = function.__closure__ or ()
        self.cells = dict(zip(function.__code__.co_freevars, cells, strict=True))
        self.loaded: dict[str, Any] = {}
        self.flow: Any = None
        """What walks the statements of the function."""

    def load(self, name: str) -> Any:
        """A captured name: data become hidden inputs, the rest is guarded."""
        if name not in self.loaded:
            self.loaded[name] = self._load(name)
        return self.loaded[name]

    def _load(self, name: str) -> Any:
        trace = self.trace
        if name in self.cells:
            try:
                value = self.cells[name].cell_contents
            except ValueError:
                raise NameError(f"free variable '{name}' has no value yet") from None
            path = trace.root(self.cells[name]).step("cell")
        elif name in self.globals:
            value = self.globals[name]
            path = trace.root(self.globals).step("item", name)
        elif hasattr(builtins, name):
            return getattr(builtins, name)
        else:
            raise NameError(f"name '{name}' is not defined")
        return trace.enter(value, path, name, "hidden")

    def attr(self, owner: Any, name: str) -> Any:
        """An attribute: of a captured object, it is captured as well."""
        value = getattr(owner, name)
        if value is self.trace:  # a tracer's own; arrays have a method of the name
            return partial(np.trace, owner)
        known = self.trace.owners.get(id(owner))
        if known is None or callable(value):
            return value
        if isinstance(owner, ModuleType):
            if owner.__name__.partition(".")[0] in sys.stdlib_module_names | {"numpy"}:
                return value
            path = self.trace.root(owner.__dict__).step("item", name)
        else:
            path = known[1].step("attr", name)
        return self.trace.enter(value, path, name, "hidden")

    def item(self, owner: Any, key: Any) -> Any:
        """An item: of a captured object that is no plain container, it is refused."""
        if id(owner) in self.trace.owners:
            raise refuse(f"cannot index a captured {type(owner).__name__}")
        return owner[key]

    def writable(self, owner: Any) -> Any:
        """Refuse to write into what was captured."""
        source = getattr(owner, "source", None)
        hidden = source is not None and self.trace.inputs[source].role == "hidden"
        if hidden or id(owner) in self.trace.owners:
            raise refuse(
                "cannot write to a captured object",
                "pass it as an argument, and return the new value",
            )
        return owner

    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call: of user code it is traced into; some functions have stand-ins."""
        return call_function(self.trace, function, args, kwargs)

    def inner(self, pieces: int) -> Callable[[FunctionType], FunctionType]:
        """Note the pieces of a nested function that is defined now."""

        def note(function: FunctionType) -> FunctionType:
            self.trace.inner[function] = pieces, self
            return function

        return note

    # ---- conditions

    def _flow(self) -> Any:
        if self.flow is None:
            from rfxjit.frontend.array_loops import Body

            self.flow = Body(self.trace, self, None, {})
        return self.flow

    def choose(
        self, test: Any, then: Callable[[], Any], other: Callable[[], Any]
    ) -> Any:
        """`then() if test else other()`."""
        flow = self._flow()
        condition = flow.truth_of(test)
        if isinstance(condition, bool):
            return then() if condition else other()
        return flow.choose(condition, then, other)

    def logic(self, conjunction: bool, first: Any, *rest: Callable[[], Any]) -> Any:
        """`first and ...`, or `first or ...`."""
        if not rest:
            return first

        def later() -> Any:
            return self.logic(conjunction, rest[0](), *rest[1:])

        def now() -> Any:
            return first

        sides = (later, now) if conjunction else (now, later)
        return self.choose(first, *sides)

    def compare(self, first: Any, *rest: Any) -> Any:
        """`first < ... < ...`: operators, and functions that give operands."""
        name, operand, *others = rest
        second = operand()
        result = _COMPARISONS[name](first, second)
        if not others:
            return result
        return self.logic(True, result, lambda: self.compare(second, *others))

    def negate(self, value: Any) -> Any:
        """`not value`."""
        from rfxjit.frontend.tracer import Tracer

        condition = self._flow().truth_of(value)
        if isinstance(condition, bool):
            return not condition
        negated = self.trace.here().elementwise("not", condition)
        return Tracer(self.trace, negated, "bool", shape=())


_COMPARISONS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def call_function(
    trace: Trace, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call anything, with user functions rewritten first."""
    from rfxjit.frontend.calls import stand_in

    if isinstance(function, partial):
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        return call_function(trace, function.func, args, kwargs)
    if isinstance(function, MethodType):
        inner: Any = function.__func__
        return call_function(trace, inner, (function.__self__, *args), kwargs)
    if type(function).__module__.startswith(f"{_PACKAGE}."):
        # The derivative of a kernel has the attributes of both.
        if (gradient := getattr(function, "gradient", None)) is not None:
            from rfxjit.frontend.transforms import gradient_in_trace

            argnums, values = gradient
            inner = function.__wrapped__
            return gradient_in_trace(
                trace, inner, argnums, values=values, args=args, kwargs=kwargs
            )
        if getattr(function, "kernel", None) is not None:
            from rfxjit.frontend.kernel import kernel_in_trace

            return kernel_in_trace(trace, function, args, dict(kwargs))
        function = getattr(function, "__wrapped__", function)
    if isinstance(function, FunctionType) and is_user_code(function):
        return traced(trace, function)(*args, **kwargs)
    if (special := stand_in(trace, function)) is not None:
        return special(*args, **kwargs)
    return function(*args, **kwargs)


def traced(trace: Trace, function: FunctionType) -> Callable[..., Any]:
    """The rewritten function, or the function itself where there is no source."""
    if is_rewritten(function):  # made inside of one that is
        return _nested(trace, function)
    try:
        hooks = FunctionHooks(trace, function)
        parts = pieces(function)
        if parts is not None:
            return _walked(trace, hooks, function, parts, {})
        return _whole(trace, hooks, function)
    except NoSourceError as error:
        trace.whole[function.__code__] = f"the source cannot be read: {error}"
        code = function.__code__
        captured = [n for n in code.co_names if n in function.__globals__]
        values = [function.__globals__[n] for n in captured]
        cells = [c.cell_contents for c in function.__closure__ or ()]
        if any(isinstance(v, DATA) for v in (*values, *cells)):
            raise refuse(
                f"{function.__name__} reads captured data, but {error}",
                "pass the data as arguments, or define the function in a file",
            ) from error
        return function


def _whole(
    trace: Trace, hooks: FunctionHooks, function: FunctionType
) -> Callable[..., Any]:
    """A function that is run by Python as a whole."""
    new = rewrite(function, hooks)
    node = rewritten(function.__code__, function).node
    if isinstance(node, ast.FunctionDef) and (why := unwalked(node.body)):
        trace.whole[new.__code__] = f"{function.__name__} has {why}"
    return new


def _nested(trace: Trace, function: FunctionType) -> Callable[..., Any]:
    """A function that rewritten code has defined."""
    if (known := trace.inner.get(function)) is None:
        return function
    number, hooks = known
    parts = inner_pieces(number, function.__code__)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    around = dict(function.__globals__)
    for name, cell in cells:
        with suppress(ValueError):  # not set yet
            around[name] = cell.cell_contents
    around = {n: v for n, v in around.items() if n not in parts.own}
    return _walked(trace, hooks, function, parts, around)


def _walked(
    trace: Trace,
    hooks: FunctionHooks,
    function: FunctionType,
    parts: Pieces,
    around: dict[str, Any],
) -> Callable[..., Any]:
    from rfxjit.frontend.array_loops import run_body

    def call(*args: Any, **kwargs: Any) -> Any:
        return run_body(trace, hooks, function, parts, around, args, kwargs)

    return call
