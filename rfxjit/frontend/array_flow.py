"""The statements of a jitted function: what depends on traced values becomes `scf`.

    def f(x, n):                       %i = ... %n as an index
        for _ in range(n):             %r = scf.for %k = 0 to %i iter_args(%a = %x) {
            x = x - x**3 * 0.1    ->     %s = scf.if %c { ... } else { ... }
            if x < 0.0: x = 0.0          scf.yield %s
        return x                       }

`ArrayFlow` walks the statements (see `flow.py`) and runs what is no control flow as
ordinary Python (`pieces.py`), whose values are tracers. Where a condition is known
while tracing, so is the way that is taken; where it is not, both sides are traced, and
what they change is carried (`carried.py`, `effects.py`).

Loops are in `array_loops.py`. Whatever is tried and fails leaves nothing behind.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import numpy as np
from xdsl.dialects import scf
from xdsl.dialects.tensor import ExtractOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import append, dtype_of, i1, shape_of, tensor
from rfxjit.errors import ShapeError, SourceLocation, TraceError
from rfxjit.frontend import carried
from rfxjit.frontend.carried import MismatchError, TreeSlot, arrays
from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.effects import GrownError, Place, Snapshot
from rfxjit.frontend.flow import CHEAP, FLAGS, MISSING, Env, Flag, Joined, Slot, Unset
from rfxjit.frontend.flow_loops import Flow
from rfxjit.frontend.hooks import FunctionHooks
from rfxjit.frontend.liveness import Liveness, Names, leaves
from rfxjit.frontend.pieces import GIVEN, Piece, Pieces
from rfxjit.frontend.provenance import known_value
from rfxjit.frontend.syntax import HOOKS, SLICE
from rfxjit.frontend.tracer import Tracer

RESULT = "return value"
RAISED = "an exception"
VALUE = "the value of an expression"
_SIMPLE = frozenset({
    "add", "sub", "mul", "neg", "abs", "minimum", "maximum", "eq", "ne", "lt", "le",
    "gt", "ge", "and", "or", "xor", "not", "select",
})  # fmt: skip
"""Elementwise ops that cost less than a branch."""


class EndlessError(TraceError):
    """A recursion that does not end while tracing: no smaller attempt helps."""


class ArrayFlow(Flow):
    """One run of a function's body."""

    flag_slot = Slot((tensor(i1),))

    def __init__(
        self, trace: Trace, hooks: FunctionHooks, pieces: Pieces | None, around: Env
    ) -> None:
        super().__init__(trace, pieces.live if pieces else Liveness([]))
        self.function_name = pieces.name if pieces else ""
        self.max_iters = trace.max_iters
        self.pieces = pieces
        self.hooks = hooks
        self.around = around
        self.base = {
            **around, HOOKS: hooks, SLICE: slice, "__builtins__": builtins,
            "__name__": hooks.globals.get("__name__", ""),
        }  # fmt: skip
        self.scope: dict[str, Any] = dict(self.base)
        """The variables as the pieces see them; nested functions hold on to it."""
        self.node: ast.AST | None = None
        self.snapshots: list[Snapshot] = []
        self.sides: Sequence[Env] = ()
        """The environments of the branch that is being merged."""
        self.start = trace.time

    def run(self, arguments: dict[str, Any]) -> Any:
        """What the function returns."""
        assert self.pieces is not None
        self.env.update(arguments)
        self.block(self.pieces.body, frozenset())
        return None if self.env.get(RAISED) else self.env[RESULT]

    # ---- pieces

    def evaluate(self, node: ast.expr) -> Any:
        assert self.pieces is not None
        piece = self.pieces.expression(node)
        with self.variables(node, piece):
            return eval(piece.code, self.scope)  # noqa: S307 - the user's own source

    def execute(self, node: ast.stmt) -> None:
        assert self.pieces is not None
        match node:
            case ast.With():
                with ExitStack() as stack:
                    for item in node.items:
                        value = stack.enter_context(self.evaluate(item.context_expr))
                        if item.optional_vars is not None:
                            self.assign(item.optional_vars, value)
                    self.block(node.body, self.live.after[node])
            case ast.Assert():
                self.check(node)
            case ast.Raise(exc=ast.expr() as exception) if self.trace.recording:
                self.fail(False, self.evaluate(exception))
                self.env.update({"return": True, RAISED: True})
            case _:
                piece = self.pieces.statement(node)
                with self.variables(node, piece):
                    exec(piece.code, self.scope)  # noqa: S102 - the user's own source

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
            return
        assert self.pieces is not None
        piece = self.pieces.target(target)
        self.scope[GIVEN] = value
        with self.variables(target, piece):
            exec(piece.code, self.scope)  # noqa: S102 - the user's own source

    @contextmanager
    def variables(self, node: ast.AST, piece: Piece) -> Generator[None]:
        """Let a piece see and set the variables."""
        for name in piece.reads:
            if isinstance(value := self.env.get(name), Unset):
                raise self.refuse(
                    node,
                    f"'{name}' has no value on some paths: see line {value.line}",
                    f"set {name} before",
                )
        scope, base = self.scope, self.base
        for name in [n for n in scope if n not in base and n not in self.env]:
            if name != GIVEN:
                del scope[name]
        for name, value in self.env.items():
            variable = isinstance(name, str) and name.isidentifier()
            if variable and name not in FLAGS and not isinstance(value, Unset):
                scope[name] = value
        yield
        scope.pop(GIVEN, None)
        own = self.pieces.own if self.pieces else frozenset[str]()
        for name in own & self.env.keys() - scope.keys():
            if not isinstance(self.env[name], Unset):
                del self.env[name]
        self.env.update({n: scope[n] for n in own & scope.keys()})

    # ---- what Flow asks for

    def at(self, node: ast.AST) -> None:
        self.node, self.line = node, cast("Any", node).lineno

    def refuse(self, node: ast.AST, reason: str, hint: str | None = None) -> Exception:
        return TraceError(reason, self.where(node), hint)

    def where(self, node: ast.AST) -> SourceLocation | None:
        """The place of a node in the source."""
        if self.pieces is None:
            return None
        at = cast("Any", node)
        return SourceLocation(self.pieces.file, at.lineno, at.col_offset)

    def fault(self, reason: str, hint: str | None = None) -> Exception:
        """The error for the statement that is being run."""
        return (
            self.refuse(self.node, reason, hint) if self.node else refuse(reason, hint)
        )

    def constant(self, value: int, type_: Attribute = i1) -> SSAValue:
        return self.trace.builder.constant(value, dtype_of(type_))

    def condition(self, flag: SSAValue) -> SSAValue:
        return self.trace.builder.op(ExtractOp, (flag,), i1)

    def counter(self, place: SSAValue) -> SSAValue:
        return self.trace.builder.index_tensor(place)

    def slot(self, name: Any, values: Sequence[Any]) -> TreeSlot:
        snapshot = self.snapshots[-1]
        shared = any(
            self.is_shared(name, env.get(name), env, snapshot) for env in self.sides
        )
        try:
            return carried.slot_of(values, fixed=True, shared=shared)
        except MismatchError as error:
            raise self.mismatch(name, error) from None

    def is_shared(self, name: Any, value: Any, env: Env, snapshot: Snapshot) -> bool:
        """Whether arrays in a value of `name` are known by other names as well."""
        found = arrays(value)
        if not found:
            return False
        others = {id(x) for n, v in env.items() if n != name for x in arrays(v)}
        others |= snapshot.contained()
        return any(
            x.source is not None or x.born <= self.start or len(x.owners()) > 1
            or id(x) in others
            for x in found
        )  # fmt: skip

    def mismatch(self, name: Any, error: MismatchError) -> Exception:
        """The error for what differs between paths."""
        shown = {RESULT: "the result", VALUE: "this expression"}.get(name, f"'{name}'")
        if isinstance(name, Place):
            shown = f"an item of a {type(name.owner).__name__}"
        return self.fault(
            f"{shown} {error}, depending on a traced value",
            "let it have one structure and one shape on all paths; "
            "np.where chooses between values",
        )

    def pack(self, value: Any, slot: TreeSlot) -> Sequence[SSAValue]:
        return carried.pack(self.trace, value, slot)

    def unpack(self, values: Sequence[SSAValue], slot: TreeSlot) -> Any:
        return carried.unpack(self.trace, values, slot)

    def truth(self, node: ast.expr) -> Flag:
        return self.truth_of(self.evaluate(node))

    def truth_of(self, value: Any) -> Flag:
        """Whether a value is true; arguments that are bools are known."""
        if not isinstance(value, Tracer):
            return bool(value)
        argument = value.source is not None and value.kind == "bool"
        if argument or any(not isinstance(n, int) or n != 1 for n in value.shape):
            return bool(value)
        if value.ndim:
            value = value.reshape(())
        if value.dtype.kind != "b":
            value = cast("Tracer", np.not_equal(cast("Any", value), 0))
        return value.value

    def give(self, node: ast.Return) -> None:
        self.env[RESULT] = None if node.value is None else self.evaluate(node.value)

    def results(self) -> list[str]:
        return [RESULT]

    def visible(self) -> list[Any]:
        """All values that the function can change."""
        return [*self.env.values(), *self.around.values()]

    # ---- failures at run time

    def fail(self, unless: Flag, exception: Any) -> None:
        """Raise `exception` at run time, unless."""
        cls = exception if isinstance(exception, type) else type(exception)
        message = "" if cls is exception else str(exception)
        if issubclass(cls, KeyError) and message:  # which quotes its argument
            message = str(exception.args[0])
        code = self.trace.failure(cls, message)
        self.trace.builder.require(self.flag(unless), code)

    def endless(self, node: ast.While | ast.For) -> None:
        if not leaves(node.body, ast.Raise, ast.Assert):
            super().endless(node)
        self.env.update({"return": True, RAISED: True})

    def check(self, node: ast.Assert) -> None:
        test = self.truth(node.test)
        message = () if test is True or node.msg is None else (self.evaluate(node.msg),)
        if isinstance(test, bool) and not self.trace.recording:
            if not test:
                raise AssertionError(*message)
        elif test is not True:
            self.fail(test, AssertionError(*message))
            if test is False:
                self.env.update({"return": True, RAISED: True})

    # ---- attempts

    def attempt(
        self, run: Callable[[], Any], otherwise: Callable[[Exception], Any],
        *errors: type[Exception],
    ) -> Any:  # fmt: skip
        """`run()`; where that fails, it leaves nothing behind, and `otherwise`."""
        env, trace = self.env, self.trace
        self.env = dict(env)
        depths = len(self.snapshots), len(self.loops), trace.recording
        attempt = Attempt(trace, self.visible())
        try:
            with self.inside(attempt.block), np.errstate(all="ignore"):
                result = run()
        except errors as error:
            attempt.undo()
            snapshots, loops, trace.recording = depths
            del self.snapshots[snapshots:], self.loops[loops:]
            self.env = env
            return otherwise(error)
        trace.recording = depths[-1]
        attempt.keep()
        return result

    # ---- branches

    def fork(
        self, node: ast.If, condition: SSAValue, rest: Sequence[ast.stmt], live: Names
    ) -> bool:
        match node.body:
            case [ast.Raise(exc=ast.expr() as exception)] if not node.orelse:
                self.fail(self.not_(condition), self.evaluate(exception))
                return False
            case _:
                pass

        def known(error: Exception) -> bool:
            """Where the sides do not fit together, a known argument decides."""
            return self.way(node, self.known(condition, error), rest, live)

        fork = super().fork
        return self.attempt(
            lambda: fork(node, condition, rest, live), known, TraceError
        )

    def known(self, condition: SSAValue, error: Exception) -> bool:
        """A condition that follows from known arguments; else the error stays."""
        value = known_value(self.trace, condition, "a condition")
        if value is None or isinstance(error, EndlessError):
            raise error
        return bool(value)

    def branch(
        self,
        condition: SSAValue,
        then: Callable[[], None],
        other: Callable[[], None],
        live: Names,
    ) -> None:
        self.snapshots.append(Snapshot(self.trace, self.visible()))
        self.trace.recording += 1
        with np.errstate(all="ignore"):
            sides = (self.guarded(then), self.guarded(other))
            super().branch(condition, *sides, live)
        self.trace.recording -= 1
        self.snapshots.pop()

    def guarded(self, side: Callable[[], None]) -> Callable[[], None]:
        """A side of a branch, whose errors are raised only where it is taken."""

        def run() -> None:
            try:
                side()
            except (ZeroDivisionError, LookupError, ShapeError) as error:
                cls = ValueError if isinstance(error, ShapeError) else type(error)
                self.fail(False, cls(*error.args))
                self.env.update({"return": True, RAISED: True})

        return run

    def collect(self) -> None:
        snapshot = self.snapshots[-1]
        try:
            self.env.update({place: place.get() for place in snapshot.changes()})
        except GrownError as error:
            raise self.fault(
                f"{error} in a branch on a traced value", "assign a new one instead"
            ) from None
        snapshot.restore()

    def merge(
        self, condition: SSAValue, before: Env, envs: Sequence[Env], live: Names
    ) -> tuple[Env, list[tuple[Any, Slot]]]:
        places = {key for env in envs for key in env if isinstance(key, Place)}
        for env in envs:
            env.update({place: place.get() for place in places - env.keys()})
        a, b = envs
        if a.get(RAISED) and b.get(RAISED):
            return {**before, **dict.fromkeys(FLAGS, True), RAISED: True}, []
        # Nobody comes from where an exception was raised: the others' flags count.
        for one, two in ((a, b), (b, a)):
            if one.get(RAISED):
                one.update({name: two[name] for name in FLAGS})
        self.sides = envs
        return super().merge(condition, before, envs, live)

    def wants(self, env: Env, name: Any, live: Names) -> bool:
        if env.get(RAISED) or name == RAISED:
            return False
        if name == RESULT and isinstance(env.get(name, MISSING), Unset):
            return False  # no `return` leads here
        own = isinstance(name, Place) or name == VALUE
        return own or super().wants(env, name, live)

    def bind(self, joined: Joined, values: Sequence[SSAValue]) -> None:
        super().bind(joined, values)
        for place in [key for key in self.env if isinstance(key, Place)]:
            place.set(self.env.pop(place))

    def choose(
        self, condition: SSAValue, then: Callable[[], Any], other: Callable[[], Any]
    ) -> Any:
        def side(function: Callable[[], Any]) -> Callable[[], None]:
            def run() -> None:
                self.env[VALUE] = function()

            return run

        def known(error: Exception) -> None:
            value = self.known(condition, error)
            side(then if value else other)()

        self.attempt(
            lambda: self.branch(condition, side(then), side(other), frozenset()),
            known, TraceError,
        )  # fmt: skip
        return self.env.pop(VALUE)

    def structured(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        types: Sequence[Attribute],
        *blocks: Block,
    ) -> Sequence[SSAValue]:
        if cls is not scf.IfOp or not _is_simple(types, blocks):
            return super().structured(cls, operands, types, *blocks)
        builder = self.trace.builder
        yields: list[Sequence[SSAValue]] = []
        for block in blocks:
            *ops, end = block.ops
            yields.append(tuple(end.operands))
            end.drop_all_references()
            for op in ops:
                op.detach()
                append(builder.block, op)
        extract = cast("Operation", operands[0].owner)
        flag = extract.operands[0]
        extract.detach()
        extract.erase()
        return [
            builder.elementwise("select", flag, a, b)
            for a, b in zip(*yields, strict=True)
        ]


def _is_simple(types: Sequence[Attribute], blocks: Sequence[Block]) -> bool:
    """Whether both sides of a branch may be computed: a few ops on numbers."""
    ops = [op for block in blocks for op in list(block.ops)[:-1]]
    return (
        all(not shape_of(type_) for type_ in types)
        and len(ops) <= CHEAP
        and all(
            isinstance(op, (rfx.ConstantOp, rfx.ConvertOp))
            or (isinstance(op, Elementwise) and op.name[4:] in _SIMPLE)
            for op in ops
        )
    )


class Attempt:
    """A piece of program of which nothing may remain."""

    def __init__(self, trace: Trace, values: Sequence[Any]) -> None:
        self.trace = trace
        self.block = Block()
        self.snapshot = Snapshot(trace, values)
        self.mark = len(trace.blocks)
        trace.recording += 1

    def undo(self) -> None:
        """Remove its ops and its effects."""
        blocks = self.trace.blocks
        for made in blocks[self.mark :]:
            if made.parent is None:
                made.drop_all_references()
        del blocks[self.mark :]
        self.snapshot.restore()

    def keep(self) -> None:
        """Append its ops to the program."""
        for op in list(self.block.ops):
            op.detach()
            append(self.trace.builder.block, op)


def discarded(trace: Trace, run: Callable[[], Any]) -> Any:
    """`run()`, of which only shapes and dtypes may be used: its ops are removed."""
    outer = trace.builder
    attempt = Attempt(trace, ())
    trace.blocks.append(attempt.block)
    trace.open.append(attempt.block)
    trace.builder = type(outer)(attempt.block, outer.location)
    try:
        return run()
    finally:
        trace.builder = outer
        trace.open.pop()
        trace.recording -= 1
        attempt.undo()
