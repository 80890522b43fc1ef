"""Expressions of a kernel: operators, comparisons, names, calls."""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportOperatorIssue=false

from __future__ import annotations

import ast
import operator
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import reduce
from types import ModuleType
from typing import TYPE_CHECKING, Any

from xdsl.dialects import scf
from xdsl.ir import Block, SSAValue

from rfxjit.errors import KernelError, RfxError
from rfxjit.frontend.flow import CHEAP, Unset, ops_of
from rfxjit.frontend.flow_loops import Flow
from rfxjit.frontend.hooks import FunctionHooks
from rfxjit.frontend.kernel_calls import call, index_variable
from rfxjit.frontend.kernel_source import KernelSource
from rfxjit.frontend.kernel_types import NUMBERS, join, slot_of, type_of
from rfxjit.frontend.tracer import Tracer

if TYPE_CHECKING:
    from rfxjit.frontend.kernel import Nest

_BITS = 64
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Invert: operator.invert,
}  # fmt: skip


class AgainError(Exception):
    """A type has become known that is needed earlier: run the body again."""


class Expressions(Flow):
    """Evaluates the expressions of one kernel."""

    source: KernelSource
    nest: Nest
    hooks: FunctionHooks
    types: dict[str, Any]
    callers: tuple[KernelSource, ...]

    @abstractmethod
    def lifted(self, value: Any) -> Tracer:
        """A value as a tracer."""

    def number(self, value: Any, node: ast.AST) -> Any:
        """`value`, which must be a number."""
        if isinstance(value, (Tracer, *NUMBERS)):
            return value
        kind = getattr(value, "__name__", type(value).__name__)
        raise self.source.refuse(node, f"a number is wanted here, not {kind}")

    def evaluate(self, node: ast.expr) -> Any:
        self.at(node)
        try:
            return self.expression(node)
        except KernelError:
            raise
        except (RfxError, TypeError, ValueError, ArithmeticError, NameError) as error:
            message = getattr(error, "message", str(error))
            hint = getattr(error, "hint", None)
            raise self.source.refuse(node, message, hint) from error

    def expression(self, node: ast.expr) -> Any:
        """The value of an expression; errors get their place in `evaluate`."""
        match node:
            case ast.Constant():
                if not isinstance(node.value, NUMBERS):
                    raise self.source.refuse(node, f"{node.value!r} is no number")
                return self.checked(node.value)
            case ast.Name():
                return self.name(node)
            case ast.Tuple():
                return tuple(self.evaluate(item) for item in node.elts)
            case ast.BinOp():
                function = BINARY.get(type(node.op))
                if function is None:
                    raise self.source.refuse(node, "a kernel has no @")
                a, b = self.evaluate(node.left), self.evaluate(node.right)
                return self.binary(node, function, a, b)
            case ast.UnaryOp(op=ast.Not()):
                value = self.not_(self.truth(node.operand))
                return value if isinstance(value, bool) else self.boolean(value)
            case ast.UnaryOp():
                value = self.number(self.evaluate(node.operand), node)
                return _UNARY[type(node.op)](value)
            case ast.Compare():
                return self.compare(node)
            case ast.BoolOp():
                return self.logic(isinstance(node.op, ast.And), node.values)
            case ast.IfExp():
                condition = self.truth(node.test)
                if isinstance(condition, bool):
                    return self.evaluate(node.body if condition else node.orelse)
                return self.choose(
                    condition,
                    lambda: self.number(self.evaluate(node.body), node.body),
                    lambda: self.number(self.evaluate(node.orelse), node.orelse),
                )
            case ast.Attribute():
                owner = self.evaluate(node.value)
                if not isinstance(owner, ModuleType):
                    raise self.source.refuse(
                        node, f"a kernel cannot read .{node.attr} of a number"
                    )
                value = self.hooks.attr(owner, node.attr)
                return self.captured(value, node)
            case ast.Call():
                return call(self, node)
            case _:
                what = ast.unparse(node)
                raise self.source.refuse(
                    node,
                    f"a kernel cannot contain {what}",
                    "it computes with numbers: operators, comparisons, calls of "
                    "np.*, math.* and other kernels",
                )

    def boolean(self, value: SSAValue) -> Tracer:
        """A truth value as a value."""
        return Tracer(self.trace, value, "scalar", shape=())

    def checked(self, value: Any) -> Any:
        """A Python number that fits into 64 bits."""
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise ValueError(f"the integer {value} does not fit into 64 bits")
        if isinstance(value, complex):
            raise TypeError("complex numbers are not supported")
        return value

    def name(self, node: ast.Name) -> Any:
        """A variable, an index variable, or what is captured."""
        if node.id in self.env:
            value = self.env[node.id]
            if isinstance(value, Unset):
                if value.pending and node.id in self.types:
                    raise AgainError
                raise self.unset(node, node.id)
            return value
        if node.id in self.types or any(
            node.id == parameter.name for parameter in self.source.parameters
        ):
            raise self.source.refuse(node, f"'{node.id}' has no value here")
        if (variable := index_variable(self, node.id)) is not None:
            return variable
        return self.captured(self.hooks.load(node.id), node)

    def captured(self, value: Any, node: ast.expr) -> Any:
        """What a name outside of the kernel stands for: numbers become uniform."""
        if isinstance(value, Tracer):
            if value.ndim:
                raise self.source.refuse(
                    node, f"a kernel cannot read the array {ast.unparse(node)}",
                    "make it a parameter: the kernel sees one element of it",
                )  # fmt: skip
            return self.nest.uniform(value)
        if isinstance(value, NUMBERS):
            return self.checked(value)
        if callable(value) or isinstance(value, ModuleType):
            return value
        raise self.source.refuse(
            node,
            f"a kernel cannot use {ast.unparse(node)}, a {type(value).__name__}",
            "it may capture numbers, modules, functions and other kernels",
        )

    def binary(
        self, node: ast.AST, function: Callable[[Any, Any], Any], a: Any, b: Any
    ) -> Any:
        """An operator; of two numbers that are known, as in Python."""
        self.number(a, node)
        self.number(b, node)
        self.at(node)
        if not isinstance(a, Tracer) and not isinstance(b, Tracer):
            grows = function in (operator.pow, operator.lshift)
            if grows and type(a) is type(b) is int and abs(a) > 1 and b > _BITS:
                raise self.source.refuse(node, "this number does not fit into 64 bits")
        try:
            return self.checked(function(a, b))
        except (ZeroDivisionError, OverflowError, ValueError):
            # Where Python's own numbers raise, a kernel computes as NumPy's do.
            return function(self.lifted(a), b)

    def compare(self, node: ast.Compare) -> Any:
        """A chain of comparisons; each operand is computed once."""
        left = self.number(self.evaluate(node.left), node.left)
        result: Any = True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            function = _COMPARE.get(type(op))
            if function is None:
                raise self.source.refuse(node, "a kernel has no 'in' and no 'is'")
            right = self.number(self.evaluate(right_node), right_node)
            self.at(node)
            one = function(left, right)
            left = right
            result = one if result is True else self.conjunction(result, one)
        return result

    def conjunction(self, a: Any, b: Any) -> Any:
        """`a and b` of two truth values."""
        both = self.and_(self.truth_of(a), self.truth_of(b))
        return both if isinstance(both, bool) else self.boolean(both)

    def logic(self, conjunction: bool, nodes: Sequence[ast.expr]) -> Any:
        """`a and b`, `a or b`: the second one is not computed without need."""
        first, *rest = nodes
        a = self.number(self.evaluate(first), first)
        if not rest:
            return a
        condition = self.truth_of(a)
        if isinstance(condition, bool):
            return self.logic(conjunction, rest) if condition == conjunction else a

        def other() -> Any:
            return self.logic(conjunction, rest)

        def same() -> Any:
            return a

        sides = (other, same) if conjunction else (same, other)
        return self.choose(condition, *sides)

    def choose(
        self, condition: SSAValue, then: Callable[[], Any], other: Callable[[], Any]
    ) -> Any:
        """`then() if condition else other()`.

        Cheap sides are both computed: expressions are pure.
        """
        blocks, values = [Block(), Block()], list[Any]()
        for side, block in zip((then, other), blocks, strict=True):
            with self.trace.inside(block):
                values.append(side())
        slot = slot_of(reduce(join, map(type_of, values)))
        for block, value in zip(blocks, values, strict=True):
            with self.trace.inside(block):
                self.end(block, self.pack(value, slot))
        ops = ops_of(blocks)
        if len(ops) <= CHEAP and not any(op.regions for op in ops):
            return self.unpack(self.select(condition, blocks), slot)
        results = self.structured(scf.IfOp, (condition,), slot.types, *blocks)
        return self.unpack(results, slot)
