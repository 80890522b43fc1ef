"""Loops on traced values: `scf.for` and `scf.while`.

A loop without exits that runs over a range is a `scf.for`; any other is a `scf.while`.
What it carries are the names that it assigns and that an iteration, or the code behind,
reads before they are set anew.

The first exit of a loop is part of the loop's condition:

    for i in range(n):               %k, .. = scf.while (%k = 0, ..) {
        if c: return i                 %on = k < n and not c
        rest                 ->        %out = k < n and c
                                       scf.condition(%on) ..., %out
                                     } do { rest; k + 1 }
                                     scf.if %out { return i }

so that this common loop computes nothing under a branch. Later exits set flags, which
the condition reads (see `flow.py`).
"""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from xdsl.dialects import scf
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import i64, index
from rfxjit.dialects.loop_facts import limit_trips
from rfxjit.errors import RunawayError
from rfxjit.frontend.flow import (
    FLAGS,
    MISSING,
    Around,
    Env,
    Flag,
    Slot,
    Statements,
    Unset,
)
from rfxjit.frontend.liveness import Names, always_leaves, leaves, reads, written

NEVER_ENDS = "this loop never ends", "leave it by break or return"


@dataclass(frozen=True)
class Trips:
    """The iterations of a `for` loop."""

    count: SSAValue
    """How many, an i64 scalar."""
    item: Callable[[SSAValue], Any]
    """What the target is in iteration k, an i64 scalar."""
    known: int | None
    """The number, where it is the same for all calls."""


@dataclass(frozen=True)
class State:
    """What a loop carries."""

    names: Sequence[tuple[Any, Slot]]
    starts: Sequence[SSAValue]
    """The values at the start of the loop."""

    @property
    def types(self) -> list[Attribute]:
        """Those of all carried values."""
        return [t for _, slot in self.names for t in slot.types]


class Flow(Statements):
    """Walks statements, loops included."""

    @abstractmethod
    def trips(self, node: ast.For) -> Trips:
        """What a loop runs over."""

    def results(self) -> list[str]:
        """The names under which results are kept."""
        return []

    def loop(self, node: ast.While | ast.For) -> None:
        """A loop, its `else` included."""
        after = self.live.after[node]
        if node.orelse:
            after |= frozenset(n for s in node.orelse for n in reads(s))
        outer_flags = {name: self.env[name] for name in ("break", "continue")}
        self.env.update(dict.fromkeys(outer_flags, False))
        self.loops.append(Around(after, self.live.head[node]))
        self.rounds(node, after)
        self.loops.pop()
        broken = self.env["break"]
        self.env.update(outer_flags)
        if node.orelse:
            live = self.live.after[node]
            stop = self.or_(broken, self.env["return"])
            if stop is False:
                self.block(node.orelse, live)
            elif stop is not True:
                rest = partial(self.block, node.orelse, live)
                self.branch(stop, (lambda: None, rest), live)

    def rounds(self, node: ast.While | ast.For, after: Names) -> None:
        """A loop without its `else`."""
        exits = leaves(node.body, ast.Break, ast.Return)
        if isinstance(node, ast.For) and not exits:
            self.for_(node, self.trips(node), after)
        else:
            self.while_(node, after, self.first_exit(node.body))

    def state(
        self,
        node: ast.While | ast.For,
        body: Sequence[ast.stmt],
        after: Names,
        *,
        runs: bool,
    ) -> State:
        """What a loop carries: names, slots and the values at the start.

        `body` is the part of the loop that may leave by flags. `runs` says that the
        loop surely runs once: then what it sets needs no start.
        """
        head, entry = self.live.head[node], self.live.entry[node]
        target = _targets(node)
        names = [n for n in written(*target, *node.body) if n in head or n in after]
        if leaves(body, ast.Return):
            names += self.results()
        found: list[tuple[Any, Slot]] = []
        for name in names:
            value = self.env.get(name, MISSING)
            missing = isinstance(value, Unset)
            slot = self.start_slot(name, value)
            if missing and name.isidentifier() and (name in entry or not runs):
                self.env[name] = Unset(node.lineno)
            elif slot is not None:
                found.append((name, slot))
            elif missing:
                self.env[name] = Unset(node.lineno, pending=True)
        for name, kind in (("break", ast.Break), ("return", ast.Return)):
            if leaves(body, kind):
                found.append((name, self.flag_slot))
        return State(found, self.carried(self.env, found))

    def start_slot(self, name: str, value: Any) -> Slot | None:
        """The slot of a name that a loop carries, given its value before the loop."""
        return self.slot(name, () if isinstance(value, Unset) else (value,))

    def current(self, state: State) -> list[SSAValue]:
        """What the carried names are now."""
        return self.carried(self.env, state.names)

    def for_(self, node: ast.For, trips: Trips, after: Names) -> None:
        """A loop that always runs to its end: `scf.for`."""
        builder = self.trace.builder
        location = builder.location
        state = self.state(node, node.body, after, runs=bool(trips.known))
        outer = self.env
        block = Block(arg_types=[index, *state.types])
        self.env = dict(outer)
        with self.trace.inside(block):
            self.bind(state.names, block.args[1:])
            self.assign(node.target, trips.item(self.counter(block.args[0])))
            self.block(node.body, self.live.head[node])
            self.end(block, self.current(state))
        self.env = self.behind(outer, node, state)
        builder.location = location
        zero, one = (builder.index_const(k) for k in (0, 1))
        operands = (zero, self.bound(trips), one, *state.starts)
        results = self.structured(scf.ForOp, operands, state.types, block)
        self.bind(state.names, results)

    def counter(self, place: SSAValue) -> SSAValue:
        """An index value as an i64 scalar."""
        return self.trace.builder.op(upstream.IndexCastOp, (place,), i64)

    def bound(self, trips: Trips) -> SSAValue:
        """The number of trips as an index value."""
        return self.trace.builder.op(upstream.IndexCastOp, (trips.count,), index)

    def behind(self, outer: Env, node: ast.While | ast.For, state: State) -> Env:
        """The environment behind a loop, but for what it carries."""
        env = dict(outer)
        carried = {name for name, _ in state.names}
        target = _targets(node)
        for name in written(*target, *node.body):
            if name not in carried:
                old = env.get(name)
                pending = isinstance(old, Unset) and old.pending
                env[name] = Unset(node.lineno, pending)
        return env

    def while_(self, node: ast.While | ast.For, after: Names, split: int) -> None:
        """A loop with a condition: `scf.while`.

        `node.body[split - 1]` is the exit that becomes part of the condition, 0 if
        there is none.
        """
        builder = self.trace.builder
        location = builder.location
        trips = self.trips(node) if isinstance(node, ast.For) else None
        exit_ = node.body[split - 1] if split else None
        assert exit_ is None or isinstance(exit_, ast.If)
        rest = [*(exit_.orelse if exit_ else ()), *node.body[split:]]
        state = self.state(node, rest, after, runs=bool(trips and trips.known))
        outer = dict(self.env)
        counter = [] if trips is None else [self.constant(0, i64)]
        starts = [*counter, *state.starts]

        head = Block(arg_types=[v.type for v in starts])
        with self.trace.inside(head):
            self.bind(state.names, head.args[len(counter) :])
            test, going, left, extra = self.enter(
                node, head, trips, state, node.body[:split], after
            )
            forwarded = [*head.args[: len(counter)], *self.current(state)]
            forwarded += extra.starts
            if not isinstance(left, bool):
                forwarded.append(left)
            go_on = self.condition(self.flag(going))
            self.end(head, (go_on, *forwarded), scf.ConditionOp)
        if split and (
            isinstance(left, bool)
            or any(isinstance(op, scf.WhileOp) for op in head.walk())
        ):
            # A loop in front of the exit must not run without need.
            self.env = outer
            self.while_(node, after, 0)
            return

        block = Block(arg_types=[v.type for v in forwarded])
        self.env = dict(outer)
        both = (*state.names, *extra.names)
        with self.trace.inside(block):
            self.bind(both, block.args[len(counter) :])
            self.env.update(dict.fromkeys(FLAGS, False))
            again: list[SSAValue] = []
            if trips is not None:
                one = self.constant(1, i64)
                again.append(self.trace.builder.elementwise("add", block.args[0], one))
                if not split and isinstance(node, ast.For):
                    self.assign(node.target, trips.item(block.args[0]))
            self.block(rest, self.live.head[node])
            self.end(block, (*again, *self.current(state)))

        builder.location = location
        types = [v.type for v in forwarded]
        results = self.structured(scf.WhileOp, starts, types, head, block)
        if isinstance(node, ast.While):
            self.limit(node, cast("Operation", builder.block.last_op))
        given = results[len(counter) :]
        self.env = self.behind(outer, node, state)
        self.bind(state.names, given)
        if exit_ is not None:

            def leave() -> None:
                self.bind(both, given)
                self.block(exit_.body, after)

            if test is True and not leaves(rest, ast.Break, ast.Return):
                leave()
            else:
                assert isinstance(left, SSAValue)
                self.branch(results[-1], (leave, lambda: None), after)
        if test is True:
            breaks, returns = (leaves(node.body, k) for k in (ast.Break, ast.Return))
            if not breaks and not returns:
                self.endless(node)
            if breaks != returns:
                self.env["break" if breaks else "return"] = True

    def endless(self, node: ast.While | ast.For) -> None:
        """Behind a loop that is not left by break or return."""
        raise self.refuse(node, *NEVER_ENDS)

    def limit(self, node: ast.While, loop: Operation) -> None:
        """Let a loop fail that runs more often than `max_iters`."""
        most = self.max_iters
        if most is not None:
            what = f"{self.function_name}: a loop ran more than max_iters={most} times"
            code = self.trace.failure(RunawayError, str(self.refuse(node, what)))
            limit_trips(loop, most, code)

    def first_exit(self, body: Sequence[ast.stmt]) -> int:
        """1 + the number of the `if` that leaves after simple statements, or 0."""
        for k, node in enumerate(body):
            if isinstance(node, ast.If):
                exits = always_leaves(node.body) and not leaves(node.body, ast.Continue)
                return k + 1 if exits else 0
            if not isinstance(
                node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Pass)
            ):
                return 0
        return 0

    def enter(
        self,
        node: ast.While | ast.For,
        head: Block,
        trips: Trips | None,
        state: State,
        before: Sequence[ast.stmt],
        after: Names,
    ) -> tuple[Flag, Flag, Flag, State]:
        """The condition of a loop, and what leads to its first exit.

        Gives the loop's own test, whether it goes on, whether it leaves by the exit,
        and what else is needed behind. The exit's condition is computed in the last
        round, too: what it assigns is taken over only if the loop was entered.
        """
        builder = self.trace.builder
        test: Flag
        if trips is not None:
            test = builder.elementwise("lt", head.args[0], trips.count)
        else:
            assert isinstance(node, ast.While)
            test = self.truth(node.test)
        going = self.and_(self.not_(self.left("break", "return")), test)
        if not before:
            return test, going, False, State((), ())
        old = dict(self.env)
        if trips is not None and isinstance(node, ast.For):
            self.assign(node.target, trips.item(head.args[0]))
        for statement in before[:-1]:
            self.statement(statement)
        exit_ = before[-1]
        assert isinstance(exit_, ast.If)
        self.at(exit_)
        leave = self.truth(exit_.test)
        if isinstance(leave, bool):
            return test, going, leave, State((), ())
        extra: list[tuple[Any, Slot]] = []
        slots = dict(state.names)
        needed = after | frozenset(n for s in node.body for n in reads(s))
        for name in written(*_targets(node), *before[:-1]):
            new = self.env[name]
            slot = slots.get(name) or self.slot(name, (new,))
            if slot is None:
                continue
            if name not in slots:
                if name in needed:
                    extra.append((name, slot))
            elif name in after and not isinstance(going, bool):
                pairs = [self.pack(value, slot) for value in (new, old[name])]
                select = partial(self.trace.builder.elementwise, "select", going)
                kept = list(map(select, *pairs))
                self.env[name] = self.unpack(kept, slot)
        left = self.and_(going, leave)
        more = State(extra, self.carried(self.env, extra))
        return test, self.and_(going, self.not_(leave)), left, more


def _targets(node: ast.While | ast.For) -> list[ast.AST]:
    """Where a loop assigns names other than in its body."""
    return [node.target if isinstance(node, ast.For) else node.test]
