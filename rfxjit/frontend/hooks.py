"""What the code of a rewritten function calls: `FunctionHooks`, and calls of anything.

The hooks of one function (see `syntax.py`) find out where a captured value came from
(its `Path`), make it a hidden input or a guard, and route calls: user code is traced
into, and what else is known has a stand-in (`calls.py`).
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import ast
import builtins
import operator
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from rfxjit import control
from rfxjit.frontend.context import PACKAGE, Trace, refuse
from rfxjit.frontend.pieces import NO_PIECES, Pieces, inner_pieces, pieces
from rfxjit.frontend.syntax import (
    NoSourceError,
    is_rewritten,
    rewrite,
    rewritten,
    unwalked,
)

_LIBRARY = tuple(
    {sysconfig.get_path(p) for p in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_DATA = (np.ndarray, np.generic, float, int, bool)


def is_user_code(function: FunctionType) -> bool:
    """Whether a function is the user's own, and so worth tracing into."""
    file = function.__code__.co_filename
    module = function.__module__ or ""
    if module == control.__name__:
        return function is not control.shape_of_call
    return not (
        file.startswith(_LIBRARY)
        or file.startswith("<frozen")
        or module.partition(".")[0] in (PACKAGE, "numpy")
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

            self.flow = Body(self.trace, self, NO_PIECES, {})
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
    if isinstance(function, partial):
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        return call_function(trace, function.func, args, kwargs)
    if isinstance(function, MethodType):
        inner: Any = function.__func__
        return call_function(trace, inner, (function.__self__, *args), kwargs)
    if type(function).__module__.startswith(f"{PACKAGE}."):
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
    from rfxjit.frontend.calls import stand_in

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
        if any(isinstance(v, _DATA) for v in (*values, *cells)):
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
