"""Which of NumPy's functions are traced: `FUNCTIONS`, filled by `@implements`.

    @implements("clip")
    def clip(a, a_min=None, a_max=None): ...

A rule has the name and the parameters of NumPy's function; a parameter that it leaves
out is refused by name when it is given. The first parameter, or those that `arrays`
names, are arrays to NumPy and come as tracers. `out=` is served here for all rules.
"""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.tracer import Tracer, lift, update


@dataclass(frozen=True)
class Rule:
    """How one function is traced; `arrays` are the parameters to lift."""

    function: Callable[..., Any]
    arrays: tuple[str, ...]
    parameters: frozenset[str]


FUNCTIONS: dict[Any, Rule] = {}
REFUSED: dict[Any, str] = {}
"""Functions that are known and not traced, with the reason."""

_WITHOUT_MEANING = {"subok": (True, False), "order": ("K", "C", "A"), "like": (None,)}
"""Keywords whose values change nothing here: results are arrays in C order."""
F = TypeVar("F", bound=Callable[..., Any])


def numpy_functions(*names: str) -> list[Any]:
    """The functions of dotted names, without those that this NumPy does not have."""
    found: list[Any] = []
    for name in names:
        value: Any = np
        for part in name.split("."):
            value = getattr(value, part, None)
        found += [value] if value is not None else []
    return found


def implements(*names: str, arrays: str | None = None) -> Callable[[F], F]:
    """Register a rule for the NumPy functions of these names."""

    def register(function: F) -> F:
        parameters = inspect.signature(function).parameters
        lifted = [next(iter(parameters))] if arrays is None else arrays.split()
        rule = Rule(function, tuple(lifted), frozenset(parameters))
        for numpy_function in numpy_functions(*names):
            FUNCTIONS[numpy_function] = rule
        return function

    return register


def not_traced(reason: str, *names: str) -> None:
    """Note why the NumPy functions of these names have no rule."""
    REFUSED.update(dict.fromkeys(numpy_functions(*names), reason))


@functools.cache
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


def call(trace: Trace, function: Any, args: Any, kwargs: Any) -> Any:
    """One call of a NumPy function that is no ufunc; TypeErrors as NumPy's."""
    name = function.__name__
    if (rule := FUNCTIONS.get(function)) is None:
        reason = REFUSED.get(function)
        raise refuse(f"np.{name} is not traced" + (f": {reason}" if reason else ""))
    signature = _signature(function)
    bound = signature.bind(*args, **kwargs)
    out = bound.arguments.pop("out", None)
    for key, value in list(bound.arguments.items()):
        if key not in rule.parameters:
            parameter = signature.parameters[key]
            known = (parameter.default, *_WITHOUT_MEANING.get(key, ()))
            if not any(value is v or value == v for v in known if type(v) is type(
                    value)):  # fmt: skip
                raise refuse(f"np.{name} with {key} is not traced")
            del bound.arguments[key]
        elif value is np._NoValue:
            del bound.arguments[key]
        elif key in rule.arrays and value is not None:
            bound.arguments[key] = lift(trace, value)
    result = rule.function(*bound.args, **bound.kwargs)
    return result if out is None else written(out, result, f"np.{name}")


def written(out: Any, result: Any, what: str) -> Any:
    """`result` written into `out=`, an array of the traced function."""
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Tracer):
        raise refuse("out= must be an array of the traced function")
    if target.ndim != result.ndim:
        raise ValueError(
            f"{what}: the output has the wrong number of dimensions, {target.ndim}"
            f" for {result.ndim}"
        )
    update(target, result, f"Cannot cast {what} output")
    return target


def trace_of(values: Any) -> Trace:
    """The trace of the first tracer in nested lists."""
    for v in values:
        if isinstance(v, Tracer):
            return v.trace
        if isinstance(v, (list, tuple)):
            try:
                return trace_of(v)
            except LookupError:
                continue
    raise LookupError("no traced value")


def lift_all(values: Any) -> list[Tracer]:
    """Every item of a sequence as a tracer."""
    trace = trace_of(values)
    return [lift(trace, v) for v in values]


def axis_of(axis: Any, rank: int) -> int:
    """One axis counted from the front; AxisError as NumPy's."""
    axis = axis.__index__()
    if not -rank <= axis < rank:
        raise np.exceptions.AxisError(axis, rank)
    return axis % rank


def axes_of(axis: Any, rank: int) -> list[int]:
    """The axes of an `axis=` argument, all for None, in increasing order."""
    if axis is None:
        return list(range(rank))
    if not isinstance(axis, tuple) and rank == 0 and axis in (0, -1):
        return []
    axes = [axis_of(a, rank) for a in (axis if isinstance(axis, tuple) else (axis,))]
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return sorted(axes)


def static_size(a: Tracer, axis: int) -> int:
    """The size of an axis as a number; a symbol is pinned to what it is."""
    return int(a.shape[axis])
