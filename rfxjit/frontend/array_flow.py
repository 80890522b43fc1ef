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
from functools import partial
from typing import Any, cast

import numpy as np
from xdsl.dialects.tensor import ExtractOp
from xdsl.ir import Attribute, Block, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import dtype_of, i1, shape_of, tensor
from rfxjit.errors import ShapeError, SourceLocation, TraceError
from rfxjit.frontend import carried
from rfxjit.frontend.attempts import Attempt
from rfxjit.frontend.carried import MismatchError, TreeSlot, arrays
from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.effects import GrownError, Place, Snapshot
from rfxjit.frontend.flow import (
    CHEAP,
    FLAGS,
    MISSING,
    Env,
    Flag,
    Joined,
    Sides,
    Slot,
    Unset,
    ops_of,
)
from rfxjit.frontend.flow_loops import NEVER_ENDS, Flow
from rfxjit.frontend.hooks import FunctionHooks
from rfxjit.frontend.liveness import Names, leaves
from rfxjit.frontend.pieces import GIVEN, NO_PIECES, Piece, Pieces
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
    """A recursion or a loop that does not end: no smaller attempt helps."""


class ArrayFlow(Flow):
    """One run of a function's body."""

    flag_slot = Slot((tensor(i1),))

    def __init__(
        self, trace: Trace, hooks: FunctionHooks, pieces: Pieces, around: Env
    ) -> None:
        super().__init__(trace, pieces.live)
        self.function_name = pieces.name
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
        self.stacks: list[list[Any]] = [self.snapshots, self.loops]
        """What a failed attempt leaves deeper than it was."""
        self.sides: Sequence[Env] = ()
        """The environments of the branch that is being merged."""
        self.start = trace.time

    def run(self, arguments: dict[str, Any]) -> Any:
        """What the function returns."""
        self.env.update(arguments)
        self.block(self.pieces.body, frozenset())
        return None if self.env.get(RAISED) else self.env[RESULT]

    # ---- pieces

    def evaluate(self, node: ast.expr) -> Any:
        return self.run_piece(node, self.pieces.expression(node))

    def execute(self, node: ast.stmt) -> None:
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
            case _:
                self.run_piece(node, self.pieces.statement(node))

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
            return
        self.scope[GIVEN] = value
        self.run_piece(target, self.pieces.target(target))
        del self.scope[GIVEN]

    def run_piece(self, node: ast.AST, piece: Piece) -> Any:
        """Run a piece, which sees and sets the variables."""
        scope, own = self.scope, self.pieces.own
        for name in piece.reads:
            if isinstance(self.env.get(name), Unset):
                raise self.unset(node, name)
        variables = {
            name: value
            for name, value in self.env.items()
            if name in own and not isinstance(value, Unset)
        }
        for name in own & scope.keys() - variables.keys():
            del scope[name]
        scope.update(variables)
        result = piece.run(scope)
        env = self.env  # another one if the piece has branched
        for name in own & env.keys() - scope.keys():
            if not isinstance(env[name], Unset):
                del env[name]
        env.update({n: scope[n] for n in own & scope.keys()})
        return result

    # ---- what Flow asks for

    def at(self, node: ast.AST) -> None:
        self.node, self.line = node, cast("Any", node).lineno

    def refuse(self, node: ast.AST, reason: str, hint: str | None = None) -> Exception:
        return TraceError(reason, self.where(node), hint)

    def where(self, node: ast.AST) -> SourceLocation | None:
        """The place of a node in the source."""
        if self.pieces is NO_PIECES:
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
        shared = False
        now: list[Any] = []
        for env in self.sides:
            value = env.get(name, MISSING)
            with self.redone(env):
                shared |= self.is_shared(name, value, env, self.snapshots[-1])
                if any(value is wanted for wanted in values):
                    now.append(carried.copied(value))
        return self.fitted(name, carried.slot_of, now, fixed=True, shared=shared)

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

    def fitted(
        self, name: Any, find: Callable[..., TreeSlot], *args: Any, **kwargs: Any
    ) -> TreeSlot:
        """The slot for `name` that a function of `carried` finds, or its refusal."""
        try:
            return find(*args, **kwargs)
        except MismatchError as error:
            names = {RESULT: "the result", VALUE: "this expression"}
            shown = names.get(name, f"'{name}'")
            if isinstance(name, Place):
                shown = f"an item of a {type(name.owner).__name__}"
            raise self.fault(
                f"{shown} {error}, depending on a traced value",
                "let it have one structure and one shape on all paths; "
                "np.where chooses between values",
            ) from None

    def pack(self, value: Any, slot: TreeSlot) -> Sequence[SSAValue]:
        return carried.pack(self.trace, value, slot)

    def unpack(self, values: Sequence[SSAValue], slot: TreeSlot) -> Any:
        return carried.unpack(self.trace, values, slot)

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

    def stop(self) -> None:
        """Nobody goes on from here: an exception is raised."""
        self.env.update({"return": True, RAISED: True})

    def fail(self, unless: Flag, exception: Any) -> None:
        """Raise `exception` at run time, unless."""
        cls = exception if isinstance(exception, type) else type(exception)
        message = "" if cls is exception else str(exception)
        if issubclass(cls, KeyError) and message:  # which quotes its argument
            message = str(exception.args[0])
        code = self.trace.failure(cls, message)
        self.trace.builder.require(self.flag(unless), code)
        if unless is False:
            self.stop()

    def endless(self, node: ast.While | ast.For) -> None:
        if not leaves(node.body, ast.Raise, ast.Assert):
            reason, hint = NEVER_ENDS
            raise EndlessError(reason, self.where(node), hint)
        self.stop()

    def check(self, node: ast.Assert) -> None:
        test = self.truth(node.test)
        message = () if test is True or node.msg is None else (self.evaluate(node.msg),)
        if isinstance(test, bool) and not self.trace.recording:
            if not test:
                raise AssertionError(*message)
        elif test is not True:
            self.fail(test, AssertionError(*message))

    def attempt(
        self, run: Callable[[], Any], otherwise: Callable[[Exception], Any],
        *errors: type[Exception],
    ) -> Any:  # fmt: skip
        """`run()`; where that fails, it leaves nothing behind, and `otherwise`."""
        env, depths = self.env, [len(stack) for stack in self.stacks]
        self.env = dict(env)
        attempt = Attempt(self.trace, self.visible())
        try:
            with self.trace.inside(attempt.block), np.errstate(all="ignore"):
                result = run()
        except errors as error:
            attempt.undo()
            for stack, depth in zip(self.stacks, depths, strict=True):
                del stack[depth:]
            self.env = env
            return otherwise(error)
        attempt.keep()
        return result

    # ---- branches

    def fork(
        self, node: ast.If, condition: SSAValue, rest: Sequence[ast.stmt], live: Names
    ) -> bool:
        first = node.body[0]
        if isinstance(first, ast.Raise) and first.exc is not None and not node.orelse:
            self.fail(self.not_(condition), self.evaluate(first.exc))
            return False

        def decided(error: Exception) -> bool:
            """Where the sides do not fit together, a known argument decides."""
            return self.way(node, self.known(condition, error), rest, live)

        fork = partial(super().fork, node, condition, rest, live)
        return self.attempt(fork, decided, TraceError)

    def known(self, condition: SSAValue, error: Exception) -> bool:
        """A condition that follows from known arguments; else the error stays."""
        value = known_value(self.trace, condition, "a condition")
        if value is None or isinstance(error, EndlessError):
            raise error
        return bool(value)

    def branch(self, condition: SSAValue, sides: Sides, live: Names) -> None:
        self.snapshots.append(Snapshot(self.trace, self.visible()))
        self.trace.recording += 1
        then, other = map(self.guarded, sides)
        with np.errstate(all="ignore"):
            super().branch(condition, (then, other), live)
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

        return run

    def collect(self) -> None:
        snapshot = self.snapshots[-1]
        changes = self.changes(
            snapshot, "a branch on a traced value", "assign a new one instead"
        )
        self.env.update({place: place.get() for place in changes})
        snapshot.restore()

    @contextmanager
    def redone(self, env: Env) -> Generator[None]:
        places = {key: value for key, value in env.items() if isinstance(key, Place)}
        before = {place: place.get() for place in places}
        for place, value in places.items():
            place.set(value)
        try:
            yield
        finally:
            for place, value in before.items():
                place.set(value)

    def changes(self, since: Snapshot, where: str, hint: str) -> dict[Place, Any]:
        """The places that have changed; refused for containers that have grown."""
        try:
            return since.changes()
        except GrownError as error:
            raise self.fault(f"{error} in {where}", hint) from None

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
        """`then() if condition else other()`, of expressions."""

        def put(function: Callable[[], Any]) -> None:
            self.env[VALUE] = function()

        def decided(error: Exception) -> None:
            put(then if self.known(condition, error) else other)

        sides = partial(put, then), partial(put, other)
        branch = partial(self.branch, condition, sides, frozenset[str]())
        self.attempt(branch, decided, TraceError)
        return self.env.pop(VALUE)

    def is_cheap(self, types: Sequence[Attribute], blocks: Sequence[Block]) -> bool:
        """Whether there are only a few quick ops on numbers."""
        ops = ops_of(blocks)
        return (
            all(not shape_of(type_) for type_ in types)
            and len(ops) <= CHEAP
            and all(
                isinstance(op, (rfx.ConstantOp, rfx.ConvertOp))
                or (
                    isinstance(op, Elementwise) and op.name.partition(".")[2] in _SIMPLE
                )
                for op in ops
            )
        )
