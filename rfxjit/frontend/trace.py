"""Trace a call of a Python function into an rfx program and its signature.

    traced = trace(f, (x, 2.0), {})
    print(traced.module)          # one func.func @f on tensors
    traced.signature              # where its inputs come from, what it returns

Arguments become tracers leaf by leaf, the rewritten function runs once on them, and
what it returns is taken apart into results. If a symbolic size was needed as a number,
the trace starts again with that size static.
"""

# Results can be anything.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from types import BuiltinFunctionType, CodeType
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, UnitAttr
from xdsl.ir import SSAValue

from rfxjit.errors import SourceLocation, TraceError
from rfxjit.frontend.context import PinError, Trace, refuse
from rfxjit.frontend.hooks import call_function
from rfxjit.frontend.masked import Masked
from rfxjit.frontend.symbolic import SymDim
from rfxjit.frontend.tracer import Tracer, lift
from rfxjit.signature import (
    VALUE_KINDS,
    Alias,
    Constant,
    Output,
    Parameter,
    Path,
    Result,
    Signature,
    Slot,
)

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}


@dataclass(frozen=True)
class Traced:
    """A traced call."""

    module: ModuleOp
    signature: Signature
    pins: tuple[str, ...]


def trace(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    symbolic: frozenset[int] = frozenset(),
    static: frozenset[str] = frozenset(),
    *,
    abstract: bool = False,
    max_iters: int | None = None,
) -> Traced:
    """Trace `fn(*args, **kwargs)`; sizes in `symbolic` become symbols.

    With `abstract`, what has a shape and a dtype stands for an array, as an ArraySpec.
    Raises TraceError for what cannot be traced, and what the function itself raises.
    """
    pins: list[str] = []
    while True:
        state = Trace("f", symbolic, abstract=abstract, max_iters=max_iters)
        try:
            return _trace(state, fn, args, kwargs, static, tuple(pins))
        except PinError as pin:
            if names := sorted(n for n in pin.sizes if isinstance(n, str)):
                raise TraceError(
                    f"the size {' and '.join(names)} must be known: {pin.what}",
                    pin.location,
                    "say it as an int in the ArraySpec",
                ) from None
            symbolic -= pin.sizes
            pins.append(pin.reason)


def _trace(
    state: Trace,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[str],
    pins: tuple[str, ...],
) -> Traced:
    name = re.sub(r"\W", "_", getattr(fn, "__name__", "f")) or "f"
    name = "lambda_" if name == "_lambda_" else name
    state.rename(name)
    if isinstance(code := getattr(inspect.unwrap(fn), "__code__", None), CodeType):
        state.at(SourceLocation(code.co_filename, code.co_firstlineno))
    python = inspect.signature(fn)
    bound = python.bind(*args, **kwargs)
    # The defaults of ufuncs and other builtins are not values they accept.
    target = inspect.unwrap(fn)
    target = getattr(target, "func", target)
    if not (isinstance(target, (np.ufunc, BuiltinFunctionType))
            or (target.__module__ or "").partition(".")[0] == "numpy"):  # fmt: skip
        bound.apply_defaults()
    params: list[Parameter] = []
    for i, (key, parameter) in enumerate(python.parameters.items()):
        kind = _KINDS[parameter.kind]
        has_default = parameter.default is not inspect.Parameter.empty
        default = parameter.default if has_default else None
        params.append(Parameter(key, cast("Any", kind), default, has_default))
        if key not in bound.arguments:
            continue
        value, path = bound.arguments[key], Path(("param", i))
        if key in static:
            state.guard(path, "eq", value, f"{key} is static")
        else:
            bound.arguments[key] = state.enter(value, path, key, "in")
    result = call_function(state, fn, bound.args, bound.kwargs)
    return _finish(state, result, tuple(params), pins)


def _finish(
    state: Trace, result: Any, params: tuple[Parameter, ...], pins: tuple[str, ...]
) -> Traced:
    # One array is the common case, and needs no optree.
    leaves, treedef = ([result], None) if type(result) is Tracer else flatten(result)
    single = treedef is None or treedef.is_leaf()
    values: list[SSAValue] = []
    outputs: list[Output] = []
    slots: dict[Tracer, int] = {}
    inputs = list(state.inputs)
    written = {
        t.source: t
        for t in state.tracers
        if t.kind == "array" and t.value is not state.input_values[t.source]
    }
    for i, tracer in written.items():
        if inputs[i].role == "hidden":
            raise TraceError(
                f"'{inputs[i].name}' is captured, and was written to", None,
                "pass it as an argument",
            )  # fmt: skip
        inputs[i] = _with_role(inputs[i])
        values.append(tracer.value)
        outputs.append(Output(tracer.dtype, _dims(tracer), "array", inout=i))
    results: list[Result] = []
    for leaf in (_made(state, leaf) for leaf in leaves):
        if (
            isinstance(leaf, Tracer)
            and leaf.source is not None
            and (leaf.kind == "array" or leaf.value is state.input_values[leaf.source])
        ):
            results.append(Alias(inputs[leaf.source].path))
            continue
        if not isinstance(leaf, Tracer):
            if hasattr(leaf, "__dict__"):
                raise refuse(f"cannot return a {type(leaf).__name__}")
            results.append(Constant(leaf))
            continue
        if leaf.trace is not state:
            raise refuse("a value of another trace is returned")
        if leaf not in slots:
            slots[leaf] = len(outputs)
            value = leaf.value
            if leaf.kind in VALUE_KINDS:
                value = state.builder.convert(value, VALUE_KINDS[leaf.kind])
            dtype = VALUE_KINDS.get(leaf.kind, leaf.dtype)
            values.append(value)
            outputs.append(Output(dtype, _dims(leaf), leaf.kind))
        results.append(Slot(slots[leaf]))
    state.builder.ret(*values)
    marks = [
        DictionaryAttr({"rfx.by_value": UnitAttr()} if spec.by_value else {})
        for spec in inputs
    ]
    if any(spec.by_value for spec in inputs):
        state.function.properties["arg_attrs"] = ArrayAttr(marks)
    signature = Signature(
        name=state.function.sym_name.data,
        params=params,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        results=tuple(results),
        treedef=None if single else treedef,
        guards=tuple(state.guards.values()),
        objects=tuple(state.objects),
        failures=tuple(state.failures),
    )
    return Traced(ModuleOp([state.function]), signature, pins)


def _made(state: Trace, leaf: Any) -> Any:
    """A leaf of a result as a tracer, if it is data that the program makes."""
    if isinstance(leaf, Masked):
        leaf.refused("a result")
    if isinstance(leaf, SymDim):
        return leaf.tracer()
    if isinstance(leaf, np.ndarray):
        return lift(state, leaf)  # a fresh array each time
    return leaf


def flatten(result: Any) -> tuple[list[Any], Any]:
    """Leaves and structure of a result; dataclasses are containers of their fields."""
    import optree

    while True:
        leaves, treedef = optree.tree_flatten(
            result, none_is_leaf=True, namespace="rfxjit"
        )
        new = {type(v) for v in leaves if is_dataclass(v) and not isinstance(v, type)}
        if not new:
            return leaves, treedef
        for cls in new:
            _register(cls)


def _register(cls: Any) -> None:
    """Teach optree a dataclass. A new one gets its fields without `__post_init__`."""
    import optree

    names = tuple(field.name for field in fields(cls))

    def make(_: Any, values: Any) -> Any:
        new = object.__new__(cls)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(new, name, value)
        return new

    optree.register_pytree_node(
        cls,
        lambda x: ([getattr(x, name) for name in names], None, names),
        make,
        namespace="rfxjit",
    )


def _with_role(spec: Any) -> Any:
    from dataclasses import replace

    return replace(spec, role="inout")


def _dims(tracer: Tracer) -> tuple[Any, ...]:
    """Sizes; a symbol by its name, None for what only the shapes function knows."""
    return tuple(n if isinstance(n, int) else _symbol(n) for n in tracer.shape)


def _symbol(n: SymDim) -> str | None:
    (monomial, factor), *rest = n.terms.items()
    plain = not rest and factor == 1 and len(monomial) == 1
    return monomial[0] if plain and monomial[0].isidentifier() else None
