"""A call of a `@rfx.kernel` in a program: one `rfx.map` whose region is its body.

    @rfx.kernel                       %r = rfx.map [4] (%a = %x [0] : tensor<4xf32>,
    def limit(x, top):                                  %t = %top [] : tensor<f32>)
        if x > top:              ->       -> ([0] : tensor<4xf32>) {
            return top                  %c = rfx.gt %a, %t : f32
        return x                        %v = scf.if %c -> (f32) { yield %t } else ...
                                        rfx.yield %v : f32

The arguments are broadcast as by a ufunc; a dim of size 1 is one that the operand's map
leaves out. A number that is known while tracing is a constant of the region.
"""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.ir import Block, SSAValue

from rfxjit.dialects.builder import split
from rfxjit.dialects.ir import append, element_type, make, tensor
from rfxjit.dialects.map_ops import MapOp, YieldOp
from rfxjit.errors import KernelError, ShapeError
from rfxjit.frontend.context import Trace
from rfxjit.frontend.kernel_expressions import Expressions
from rfxjit.frontend.kernel_flow import KernelFlow
from rfxjit.frontend.kernel_source import KernelSource, Weak, from_function
from rfxjit.frontend.kernel_types import (
    NUMBERS,
    ScalarBuilder,
    Type,
    kind_of_type,
    name_of,
    slot_of,
    strong,
    type_of,
)
from rfxjit.frontend.symbolic import SymDim, broadcast_shapes, same_shape
from rfxjit.frontend.tracer import Tracer, lift, sizes


class Nest:
    """The map that is being built: its operands and its region."""

    def __init__(self, trace: Trace, shape: tuple[Any, ...]) -> None:
        self.trace = trace
        self.shape = shape
        self.block = Block()
        self.inputs: list[SSAValue] = []
        self.maps: list[list[int]] = []
        self.sizes: Sequence[Any] | None = None
        """Those of the whole array, numbers or tracers, if this is a block of it."""
        self.origin: Sequence[Any] = ()
        """Where the block begins."""
        self._uniform: dict[SSAValue, Tracer] = {}
        self.builder = trace.builder
        """Of the program around the map."""

    def operand(self, x: Tracer) -> Tracer:
        """An element of `x`, which is broadcast over the map."""
        kept = [d for d, n in enumerate(x.shape) if not (isinstance(n, int) and n == 1)]
        value = x.value
        if len(kept) != x.ndim:
            new = sizes(self.trace, [x.shape[d] for d in kept])
            value = self.builder.reshape(value, new)
        lead = len(self.shape) - x.ndim
        self.inputs.append(value)
        self.maps.append([lead + d for d in kept])
        argument = self.block.insert_arg(element_type(value.type), len(self.block.args))
        argument.name_hint = x.value.name_hint
        return Tracer(
            self.trace, argument, x.kind if x.kind != "array" else "scalar", shape=()
        )

    def uniform(self, x: Tracer) -> Tracer:
        """The same number for all elements."""
        if x.value not in self._uniform:
            self._uniform[x.value] = self.operand(x)
        return self._uniform[x.value]


def kernel_in_trace(
    trace: Trace, kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Apply a kernel to traced arrays and numbers.

    Raises KernelError for what its body cannot do, ShapeError for arguments that do not
    broadcast.
    """
    source = source_of(kernel)
    kwargs = kernel.sized(kwargs)
    shape, block = (
        kwargs.pop(name, None) if name in kernel.own else None
        for name in ("shape", "block")
    )
    values = _arguments(source, args, kwargs)
    values = [v if isinstance(v, NUMBERS) else lift(trace, v) for v in values]
    shapes = [v.shape for v in values if isinstance(v, Tracer)]
    common = whole = broadcast_shapes(shapes) if shapes else ()
    if shape is not None:
        whole = _sizes_of(shape)
        part = whole if block is None else _sizes_of(block[0])
        try:
            fits = same_shape(broadcast_shapes([common, part]), part)
        except ShapeError:
            fits = False
        if not fits:
            what = "shape=" if block is None else "a block of shape "
            raise ShapeError(f"arguments of shape {common} do not fit {what}{part}")
        common = part

    nest = Nest(trace, common)
    if block is not None:
        nest.sizes = [n.tracer() if isinstance(n, SymDim) else n for n in whole]
        nest.origin = block[1]
    outer, place = trace.builder, trace.place
    location = trace.here().location
    inner = [nest.operand(v) if isinstance(v, Tracer) else v for v in values]
    trace.builder = ScalarBuilder(nest.block, location)
    try:
        flow = KernelFlow(trace, source, nest)
        flow.max_iters = kernel.options.max_iters or trace.max_iters
        results = _results(flow, inner)
        yields = [r.value for r in results]
        append(nest.block, make(YieldOp, yields, (), location))
    finally:
        trace.builder, trace.place = outer, place
    static, dynamic = split(sizes(trace, common))
    types = [tensor(element_type(v.type), static) for v in yields]
    op = MapOp.build_nest(
        static,
        dynamic,
        nest.inputs,
        nest.maps,
        types,
        [range(len(common))] * len(types),
        ["none"] * len(types),
        nest.block,
    )
    op.location = location
    append(outer.block, op)
    made = [
        Tracer(trace, v, "array" if common else r.kind, shape=common)
        for v, r in zip(op.outputs, results, strict=True)
    ]
    return made[0] if flow.single else tuple(made)


def _sizes_of(shape: Any) -> tuple[Any, ...]:
    """The sizes that `shape=` says; see `KernelFunction.sized`."""
    if isinstance(shape, (Tracer, np.ndarray)):
        return tuple(shape.shape[:-1])
    whole = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(n if hasattr(n, "ssa") else n.__index__() for n in whole)


def source_of(kernel: Any) -> KernelSource:
    """The checked source of a kernel, read once."""
    if kernel.source is None:
        kernel.source = from_function(kernel.kernel)
    return kernel.source


def _arguments(
    source: KernelSource, args: Sequence[Any], kwargs: dict[str, Any]
) -> list[Any]:
    bound = inspect.signature(source.function).bind(*args, **kwargs)
    bound.apply_defaults()
    return [bound.arguments[p.name] for p in source.parameters]


_ALLOWED = {Weak.INT: "iu", Weak.FLOAT: "fiub"}
"""The kinds of arguments that a declared kind takes."""


def _fits(given: Type, wanted: Type) -> bool:
    """Whether an argument may be converted to what its parameter declares."""
    kind = kind_of_type(given)
    if isinstance(wanted, Weak):
        return kind in _ALLOWED[wanted]
    if isinstance(given, Weak):
        return kind == wanted.kind or (kind == "i" and wanted.kind in "fu")
    return np.can_cast(given, wanted, "same_kind")


def _declared(source: KernelSource, values: Sequence[Any]) -> list[Any]:
    """The arguments as the annotations of the parameters say."""
    result: list[Any] = []
    for parameter, value in zip(source.parameters, values, strict=True):
        wanted, given = parameter.kind, type_of(value)
        if wanted is None or wanted == given:
            result.append(value)
            continue
        if not _fits(given, wanted):
            raise TypeError(
                f"{source.name}: argument '{parameter.name}' is {name_of(given)}, "
                f"but it is declared as {name_of(wanted)}"
            )
        if isinstance(wanted, Weak):
            if wanted is Weak.INT or kind_of_type(given) == "f":
                result.append(value)
                continue
            # An integer as a float: a weak one stays weak.
            wanted = wanted if given is Weak.INT else np.dtype(np.float64)
        slot = slot_of(wanted)
        if isinstance(value, Tracer):
            new = value.trace.builder.convert(value.value, strong(wanted))
            result.append(Tracer(value.trace, new, cast("Any", slot.kind), shape=()))
        else:
            result.append(float(value) if wanted is Weak.FLOAT else wanted.type(value))
    return result


def _cast(flow: KernelFlow, k: int, result: Tracer) -> Tracer:
    """A result in the declared dtype."""
    source = flow.source
    if not source.returns:
        return result
    if flow.count != len(source.returns):
        raise KernelError(
            f"{source.name} declares {len(source.returns)} results, but returns "
            f"{flow.count}",
            source.place(source.body[-1]),
        )
    wanted, given = source.returns[k], type_of(result)
    if isinstance(wanted, Weak):
        if kind_of_type(given) in {Weak.FLOAT: "f", Weak.INT: "iu"}[wanted]:
            return result
        wanted = strong(wanted)
    weak = isinstance(given, Weak) and kind_of_type(given) == wanted.kind
    if not weak and not np.can_cast(strong(given), wanted, "same_kind"):
        raise KernelError(
            f"{source.name} returns {name_of(given)}, which does not fit into {wanted}",
            source.place(source.body[-1]),
            f"convert it: np.{wanted}(...)",
        )
    value = flow.trace.builder.convert(result.value, wanted)
    return Tracer(flow.trace, value, "scalar", shape=())


def _results(flow: KernelFlow, values: Sequence[Any]) -> list[Tracer]:
    """Run a body on its arguments, both sides as declared."""
    results = flow.run(_declared(flow.source, values))
    return [_cast(flow, k, r) for k, r in enumerate(results)]


def inline(
    flow: Expressions,
    node: ast.Call,
    kernel: Any,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A call of a kernel from a kernel: its body, in place of the call."""
    source = source_of(kernel)
    if any(source.function is caller.function for caller in flow.callers):
        raise flow.source.refuse(
            node, f"{source.name} calls itself", "write the recursion as a loop"
        )
    inner = KernelFlow(flow.trace, source, flow.nest, flow.callers)
    inner.max_iters = kernel.options.max_iters or flow.max_iters
    results = _results(inner, _arguments(source, args, kwargs))
    return results[0] if inner.single else tuple(results)


__all__ = ["Nest", "kernel_in_trace", "source_of"]
