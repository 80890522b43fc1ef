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
    arrays: frozenset[str]
    weak: bool
    parameters: tuple[str, ...]
    open: bool
    """Whether it takes any other keyword as well."""

    def lifted(self, trace: Trace, key: str, value: Any) -> Any:
        """An argument as the rule takes it: arrays as tracers."""
        if key not in self.arrays or value is None:
            return value
        x = lift(trace, value)
        return x if self.weak else strong(x)


def strong(x: Tracer) -> Tracer:
    """As `np.asarray`: a Python number has the dtype of its own."""
    if x.kind in ("array", "scalar"):
        return x
    return Tracer(x.trace, x.value, "scalar", concrete=x.concrete, shape=())


FUNCTIONS: dict[Any, Rule] = {}
REFUSED: dict[Any, str] = {}
"""Functions that are known and not traced, with the reason."""

_WITHOUT_MEANING = {"subok": (True, False), "order": ("K", "C", "A"), "like": (None,)}
"""Keywords whose values change nothing here: results are arrays in C order."""
VIEWS = frozenset((
    "reshape", "ravel", "squeeze", "expand_dims", "broadcast_to", "transpose",
    "permute_dims", "matrix_transpose", "swapaxes", "moveaxis", "rollaxis", "flip",
    "fliplr", "flipud", "rot90", "diagonal", "diag", "real", "real_if_close", "einsum",
    "atleast_1d", "atleast_2d", "atleast_3d", "nan_to_num", "astype", "diff",
))  # fmt: skip
"""Functions whose result may be a view of an argument; others give a new array."""
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


def implements(
    *names: str, arrays: str | None = None, weak: bool = False
) -> Callable[[F], F]:
    """Register a rule for the NumPy functions of these names.

    `arrays` are the parameters to lift, the first one if it is not given; Python
    numbers among them count as arrays of their own dtype, unless `weak`.
    """

    def register(function: F) -> F:
        parameters = inspect.signature(function).parameters
        lifted = [next(iter(parameters))] if arrays is None else arrays.split()
        keywords = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        rule = Rule(function, frozenset(lifted), weak, tuple(parameters), keywords)
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
    positional: list[Any] = []
    named: dict[str, Any] = {}
    out = None
    bound = _signature(function).bind(*args, **kwargs)
    for i, (key, value) in enumerate(bound.arguments.items()):
        kind = bound.signature.parameters[key].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            positional += [*(named.pop(k) for k in list(named)), *value]
        elif kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind is inspect.Parameter.POSITIONAL_ONLY:
            positional.append(rule.lifted(trace, rule.parameters[i], value))
        elif key == "out":
            out = value
        elif value is not np._NoValue:
            named[key] = rule.lifted(trace, key, value)
    for key in [k for k in named if k not in rule.parameters and not rule.open]:
        default = getattr(bound.signature.parameters.get(key), "default", None)
        same = (default, *_WITHOUT_MEANING.get(key, ()))
        value = named.pop(key)
        if not any(value is v or (type(value) is type(v) and value == v) for v in same):
            raise refuse(f"np.{name} with {key} is not traced")
    result = rule.function(*positional, **named)
    if out is not None:
        return written(out, result, f"np.{name}")
    if isinstance(result, Tracer) and name not in VIEWS and (
        result.view_of is not None or any(result is v for v in args)
    ):  # fmt: skip
        return result.like(result.value)
    return result


def written(out: Any, result: Any, what: str, *, spread: bool = False) -> Any:
    """`result` written into `out=`, an array of the traced function; broadcast to it
    where NumPy does `spread` it.
    """
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Tracer):
        raise refuse("out= must be an array of the traced function")
    if target.ndim != result.ndim and not spread:
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
