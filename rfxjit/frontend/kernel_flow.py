"""The body of a kernel on scalars: expressions, assignments and their types.

Values are Python numbers that are known now, and scalar tracers inside of the region
that is being built. NumPy's own rules (NEP 50) hold, since tracers follow them: a
Python number is weak, and what is computed from weak numbers alone stays so.

A variable has one type, the join of all that is assigned to it:

    x = 0            # int, weak        x: float32, if a is a float32
    x = x + a        # float32          `x = 0` stores a float32 0.0

Types are found by running the body until they no longer change: joins only widen, so
that is two or three times. Each run builds the region anew.
"""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.ir import SSAValue

from rfxjit.dialects.ir import dtype_of
from rfxjit.frontend.context import Trace
from rfxjit.frontend.flow import FLAGS, Flag, Unset
from rfxjit.frontend.flow_loops import Trips
from rfxjit.frontend.hooks import FunctionHooks
from rfxjit.frontend.kernel_expressions import AgainError, Expressions
from rfxjit.frontend.kernel_source import KernelSource
from rfxjit.frontend.kernel_types import (
    NumberSlot,
    ScalarBuilder,
    Type,
    join,
    kind_of_type,
    slot_of,
    type_of,
)
from rfxjit.frontend.ranges import range_bounds, range_trips
from rfxjit.frontend.tracer import Tracer

if TYPE_CHECKING:
    from rfxjit.frontend.kernel import Nest


class KernelFlow(Expressions):
    """One run of a kernel's body."""

    def __init__(
        self,
        trace: Trace,
        source: KernelSource,
        nest: Nest,
        callers: tuple[KernelSource, ...] = (),
    ) -> None:
        super().__init__(trace, source.live)
        self.source = source
        self.function_name = source.name
        self.nest = nest
        self.callers = (*callers, source)
        self.hooks = FunctionHooks(trace, source.function)
        self.types: dict[str, Type] = {}
        self.changed = False
        self.count: int | None = None
        """How many values are returned; None before the first `return`."""
        self.single = True

    # ---- the whole body

    def run(self, arguments: Sequence[Any]) -> list[Tracer]:
        """The results for the values of all parameters."""
        trace, source = self.trace, self.source
        block, outer = trace.builder.block, trace.place
        mark = block.last_op
        while True:
            self.changed = False
            self.env = dict.fromkeys(FLAGS, False)
            self.loops = []
            builder = trace.builder
            for parameter, value in zip(source.parameters, arguments, strict=True):
                self.store(parameter.name, value)
            try:
                with np.errstate(all="ignore"):  # of numbers that are known
                    self.block(source.body, frozenset())
            except AgainError:
                self.changed = True
            if not self.changed:
                break
            while (last := block.last_op) is not mark and last is not None:
                last.detach()
                last.erase(safe_erase=False)  # branches left half-way may use it
            trace.builder = ScalarBuilder(block, builder.location)
        if self.env["return"] is not True:
            raise source.refuse(
                source.body[-1],
                f"{source.name} does not return a value on every path",
                "end the function with a return",
            )
        results = [self.lifted(self.env[name]) for name in self.results()]
        trace.place = outer
        return results

    def results(self) -> list[str]:
        return [f"return {k}" for k in range(self.count or 0)]

    def lifted(self, value: Any) -> Tracer:
        """A value as a tracer."""
        if isinstance(value, Tracer):
            return value
        slot = slot_of(type_of(value))
        return self.take(self.put(value, slot), slot)

    # ---- what Flow asks for

    def at(self, node: ast.AST) -> None:
        self.trace.place = self.source.place(node)
        self.line = self.trace.place.line
        self.trace.here()

    def refuse(self, node: ast.AST, reason: str, hint: str | None = None) -> Exception:
        return self.source.refuse(node, reason, hint)

    def slot(self, name: str, values: Sequence[Any]) -> NumberSlot | None:
        type_ = self.types.get(name)
        return None if type_ is None else slot_of(type_)

    def pack(self, value: Any, slot: NumberSlot) -> Sequence[SSAValue]:
        return (self.put(0 if isinstance(value, Unset) else value, slot),)

    def unpack(self, values: Sequence[SSAValue], slot: NumberSlot) -> Any:
        return self.take(values[0], slot)

    def put(self, value: Any, slot: NumberSlot) -> SSAValue:
        """A number in the type of a slot."""
        builder, dtype = self.trace.builder, dtype_of(slot.type)
        if isinstance(value, Tracer):
            return builder.convert(value.value, dtype)
        return builder.constant(np.asarray(value).astype(dtype))

    def take(self, value: SSAValue, slot: NumberSlot) -> Tracer:
        """A scalar as a number."""
        return Tracer(self.trace, value, cast("Any", slot.kind), shape=())

    def collect(self) -> None:
        """Nothing: a kernel has no effects."""

    def truth_of(self, value: Any) -> Flag:
        if not isinstance(value, Tracer):
            return bool(value)
        if value.dtype.kind != "b":
            value = cast("Tracer", np.not_equal(cast("Any", value), 0))
        return value.value

    def give(self, node: ast.Return) -> None:
        if node.value is None:
            raise self.source.refuse(node, "a kernel returns a value for each element")
        value = self.evaluate(node.value)
        single = not isinstance(value, tuple)
        values = (value,) if single else value
        known = self.count is not None
        if not values or (known and (single, len(values)) != (self.single, self.count)):
            raise self.source.refuse(
                node,
                f"returns {len(values)} values here, but {self.count} elsewhere",
                "return as many values on every path, always or never as a tuple",
            )
        self.count, self.single = len(values), single
        for name, item in zip(self.results(), values, strict=True):
            self.number(item, node)
            self.store(name, item)

    # ---- assignments

    def store(self, name: str, value: Any) -> None:
        """Let a variable have a value, in the type of the variable."""
        known = self.types.get(name)
        type_ = type_of(value) if known is None else join(known, type_of(value))
        if known is None or type_ != known:  # np.dtype("f8") == None
            self.changed = self.changed or known is not None or not name.isidentifier()
            self.types[name] = type_
        if type_of(value) != type_:
            slot = slot_of(type_)
            value = self.take(self.put(value, slot), slot)
        self.env[name] = value

    def assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name():
                if not isinstance(value, tuple):
                    self.number(value, target)
                    self.store(target.id, value)
                    return
                raise self.source.refuse(
                    target,
                    f"'{target.id}' would hold {len(value)} values",
                    "a variable of a kernel is one number: a, b = ...",
                )
            case ast.Tuple() | ast.List():
                items = value if isinstance(value, tuple) else (value,)
                if len(items) != len(target.elts) or items is not value:
                    raise self.source.refuse(
                        target, f"cannot unpack {len(items)} values into "
                        f"{len(target.elts)} names")  # fmt: skip
                for inner, item in zip(target.elts, items, strict=True):
                    self.assign(inner, item)
            case _:
                raise self.source.refuse(
                    target,
                    f"a kernel cannot assign to {ast.unparse(target)}",
                    "it computes one element: return the value, "
                    "or use @rfx.jit for arrays",
                )

    def execute(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                value = self.evaluate(node.value)
                for target in node.targets:
                    self.assign(target, value)
            case ast.AnnAssign(value=ast.expr() as given):
                self.assign(node.target, self.evaluate(given))
            case ast.AnnAssign():
                pass
            case ast.AugAssign(target=ast.Name() as target):
                old = ast.copy_location(ast.Name(target.id, ast.Load()), target)
                new = ast.copy_location(ast.BinOp(old, node.op, node.value), node)
                self.assign(target, self.evaluate(new))
            case ast.AugAssign():
                self.assign(node.target, None)
            case ast.Expr(value=ast.Constant()):  # a docstring
                pass
            case ast.Expr():
                raise self.source.refuse(
                    node, "the value of this expression is not used",
                    "a kernel has no effects: assign it or return it")  # fmt: skip
            case _:
                what = type(node).__name__.lower()
                raise self.source.refuse(
                    node, f"a kernel cannot contain '{what}'",
                    "it has assignments, if, for, while, break, continue and return",
                )  # fmt: skip

    def trips(self, node: ast.For) -> Trips:
        call_ = node.iter
        start: Any = None
        if self.is_builtin(call_, "enumerate"):
            assert isinstance(call_, ast.Call)
            extra = [*call_.args[1:], *(k.value for k in call_.keywords)]
            start = self.evaluate(extra[0]) if extra else 0
            if call_.args:
                call_ = call_.args[0]
        if not self.is_builtin(call_, "range"):
            raise self.source.refuse(
                node.iter,
                "a loop of a kernel runs over range(...)",
                "arrays are walked by the kernel itself, one element per call",
            )
        assert isinstance(call_, ast.Call)
        bounds = [self.number(self.evaluate(a), a) for a in call_.args]
        for bound, place in zip(bounds, call_.args, strict=True):
            if kind_of_type(type_of(bound)) not in "iu":
                raise self.source.refuse(place, "a bound of range() must be an integer")
        if not 1 <= len(bounds) <= 3 or call_.keywords:
            raise self.source.refuse(call_, "range() takes one to three bounds")
        first, last, step = range_bounds(bounds)
        if not isinstance(step, Tracer) and step == 0:
            raise self.source.refuse(call_, "the step of range() must not be zero")
        return range_trips(self, first, last, step, start)

    def is_builtin(self, node: ast.expr, name: str) -> bool:
        """Whether `node` is a call of the builtin `name`."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return False
        known = node.func.id == name and name not in self.env
        return known and self.hooks.load(name) is getattr(builtins, name)
