"""Loops of a jitted function: unrolled while tracing, or `scf.for` and `scf.while`.

    for i in range(n):               %r = scf.for %k = 0 to %n iter_args(%a = %x) {
        x = x + y[i]          ->       %i = ... %k;  %y_i = rfx.gather %y, %i
                                       %1 = rfx.add %a, %y_i
                                       scf.yield %1 }

A loop is traced until what it carries is known: its first attempt carries the numbers
that it assigns, and each further one what has turned out to change, in wider types.

Loops over few items are unrolled, and those over lists; so are those whose body must
know its item, where that can be known. A `while` runs while tracing as long as its
condition is known.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
from xdsl.dialects.tensor import ExtractOp
from xdsl.ir import Block, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import i64, index
from rfxjit.errors import SourceLocation, TraceError
from rfxjit.frontend import carried
from rfxjit.frontend.array_flow import ArrayFlow, EndlessError
from rfxjit.frontend.carried import TreeSlot
from rfxjit.frontend.context import Trace
from rfxjit.frontend.effects import Place, Snapshot
from rfxjit.frontend.flow import FLAGS, MISSING, Env, Flag, Slot, Unset
from rfxjit.frontend.flow_loops import State, Trips
from rfxjit.frontend.hooks import FunctionHooks
from rfxjit.frontend.liveness import Names
from rfxjit.frontend.pieces import Pieces
from rfxjit.frontend.provenance import known_value
from rfxjit.frontend.symbolic import SymDim
from rfxjit.frontend.tracer import Tracer, lift
from rfxjit.frontend.walks import Lazy, Walk, walk_of

UNROLL = 16
"""Loops of at most so many rounds are unrolled,"""
LONG = 1000
"""if they come to at most so many ops."""
MOST = 4096
"""More rounds than this are not run while tracing."""
DEEPEST = 24
"""Calls of one function in each other that may depend on traced values."""


class RetryError(Exception):
    """A loop carries more than was thought."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop


class ExitError(Exception):
    """A loop that is being unrolled may be left at run time, or is too long."""


class Loop:
    """What is known of a loop that is being traced."""

    def __init__(self) -> None:
        self.slots: dict[Any, TreeSlot] = {}
        """What it must carry other than numbers that it assigns."""
        self.kept: dict[str, Any] = {}
        """Assigned names that it does not carry, as they are before."""
        self.before: Env = {}
        self.snapshot: Snapshot


@dataclass(frozen=True)
class ArrayTrips(Trips):
    """Rounds whose number may be a size."""

    size: SymDim | None


class Body(ArrayFlow):
    """One run of a function's body, loops included."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.tries: list[Loop] = []
        self.numbers: list[int] = []
        """The rounds of the loops around that are being unrolled."""
        self.learnt: dict[Any, dict[Any, TreeSlot]] = {}
        """What loops were found to carry, for the next time that they are traced."""
        self.walk: Walk | None = None
        self.stacks += [self.tries, self.numbers]

    # ---- how a loop is run

    def rounds(self, node: ast.While | ast.For, after: Names) -> None:
        if isinstance(node, ast.While):
            self.repeat(node, after)
            return
        value = self.evaluate(node.iter)
        walk = walk_of(value)
        if walk is None:
            used_up = isinstance(value, Iterator) and not isinstance(value, Lazy)
            if used_up and self.trace.recording:
                raise self.refuse(
                    node.iter,
                    "an iterator would be used up by a branch or loop on traced values",
                    "make it a list",
                )
            self.unroll(node, iter(value), after)
            return

        def rolled() -> None:
            self.rolled(node, after, walk)

        def unrolled(error: Exception | None = None) -> None:
            """Run all rounds now."""
            count: Any = walk.count
            if isinstance(count, Tracer):
                count = known_value(self.trace, count.value, "the number of rounds")
            if isinstance(count, SymDim):
                self.trace.place = self.where(node.iter)
                count = int(count)  # another trace, with that size known
            if error is not None and (count is None or count > MOST):
                raise error
            self.unroll(node, map(walk.item, range(int(count))), after)

        known = (node, *self.numbers) in self.learnt
        if known or not isinstance(walk.count, int) or walk.count > UNROLL:
            self.attempt(rolled, unrolled, TraceError)
        else:
            items = map(walk.item, range(walk.count))
            self.attempt(
                lambda: self.unroll(node, items, after, short=True),
                lambda _: self.attempt(rolled, unrolled, TraceError),
                ExitError,
            )

    def unroll(
        self,
        node: ast.For,
        items: Iterator[Any],
        after: Names,
        *,
        short: bool = False,
    ) -> None:
        """Run a loop while tracing.

        Raises ExitError if a `short` one turns out to be long, or may be left.
        """
        live = self.live.head[node] | after
        block, seen, ops = self.trace.builder.block, None, 0
        for number, item in enumerate(items):
            if number == MOST:
                raise self.refuse(node, f"this loop runs more than {MOST} rounds")
            self.assign(node.target, item)
            self.numbers.append(number)
            going = self.once(node.body, live, exits=not short)
            self.numbers.pop()
            if short:
                # Those of this round: all ops, each time, would be many.
                op = seen.next_op if seen else block.first_op
                while op is not None:
                    ops += sum(1 for _ in op.walk())
                    seen, op = op, op.next_op
                if ops > LONG:
                    raise ExitError
            if going:
                continue
            left = self.left("break", "return")
            if not isinstance(left, bool):
                self.unless(left, partial(self.unroll, node, items, after), after)
            return

    def once(self, body: Sequence[ast.stmt], live: Names, *, exits: bool) -> bool:
        """Run a round; whether the next one follows for sure."""
        self.block(body, live)
        self.env["continue"] = False
        left = self.left("break", "return")
        if not exits and not isinstance(left, bool):
            raise ExitError
        return left is False

    def repeat(self, node: ast.While, after: Names) -> None:
        """A `while`: as long as its condition is known, run while tracing."""
        live = self.live.head[node] | after

        def known() -> bool:
            """Run a round; whether there is another one."""
            test = self.truth(node.test)
            if not isinstance(test, bool):
                raise ExitError
            return test and self.once(node.body, live, exits=False)

        def rounds(otherwise: Callable[[Exception], bool]) -> None:
            for _ in range(MOST):
                if not self.attempt(known, otherwise, ExitError):
                    return
            raise self.refuse(
                node, f"this loop runs more than {MOST} rounds of known numbers"
            )

        def rolled(_: Exception | None = None) -> bool:
            self.rolled(node, after)
            return False

        def unrolled(error: Exception) -> None:
            """The exits of `while True` may be known."""
            if isinstance(error, EndlessError):
                raise error

            def give_up(_: Exception) -> bool:
                raise error

            rounds(give_up)

        if isinstance(node.test, ast.Constant) and node.test.value:
            self.attempt(rolled, unrolled, TraceError)
        else:
            rounds(rolled)

    # ---- loops at run time

    def rolled(
        self, node: ast.While | ast.For, after: Names, walk: Walk | None = None
    ) -> None:
        """A loop of the program; traced until what it carries is known."""
        loop = Loop()
        known = self.learnt.setdefault((node, *self.numbers), {})
        # Places were found in arrays and lists of another attempt.
        for place in [key for key in known if isinstance(key, Place)]:
            del known[place]
        loop.slots = known

        def again(error: Exception) -> None:
            if cast("RetryError", error).loop is not loop:
                raise error
            self.attempt(run, again, RetryError)

        def run() -> None:
            loop.kept, loop.before = {}, dict(self.env)
            loop.snapshot = Snapshot(self.trace, self.visible())
            self.walk = walk
            self.tries.append(loop)
            super(Body, self).rounds(node, after)
            self.tries.pop()

        self.attempt(run, again, RetryError)

    def enter(
        self, node: ast.While | ast.For, head: Block, trips: Trips | None, state: State,
        before: Sequence[ast.stmt], after: Names,
    ) -> tuple[Flag, Flag, Flag, State]:  # fmt: skip
        left = self.left("break", "return")
        if isinstance(node, ast.For) or isinstance(left, bool):
            return super().enter(node, head, trips, state, before, after)
        # A condition is not evaluated once the loop has been left.
        value = self.choose(left, lambda: False, lambda: self.evaluate(node.test))
        test = self.truth_of(value)
        if isinstance(node.test, ast.Constant):
            return True, test, False, State((), ())
        return test, test, False, State((), ())

    def first_exit(self, body: Sequence[ast.stmt]) -> int:
        return 0

    def trips(self, node: ast.For) -> ArrayTrips:
        walk, trace = self.walk, self.trace
        assert walk is not None
        size = walk.count if isinstance(walk.count, SymDim) else None
        known = walk.count if isinstance(walk.count, int) else None

        def item(k: SSAValue) -> Any:
            return walk.item(Tracer(trace, k, "int", shape=()))

        return ArrayTrips(lift(trace, walk.count).value, item, known, size)

    def bound(self, trips: Trips) -> SSAValue:
        builder = self.trace.builder
        if trips.known is not None:
            return builder.index_const(trips.known)
        if isinstance(trips, ArrayTrips) and trips.size is not None:
            return trips.size.ssa()
        number = builder.op(ExtractOp, (trips.count,), i64)
        return builder.op(upstream.IndexCastOp, (number,), index)

    # ---- what a loop carries

    def state(self, *args: Any, **kwargs: Any) -> State:
        state = super().state(*args, **kwargs)
        places = [(key, slot) for key, slot in self.tries[-1].slots.items()
                  if isinstance(key, Place)]  # fmt: skip
        values = {key: key.get() for key, _ in places}
        return State(
            [*state.names, *places], [*state.starts, *self.carried(values, places)]
        )

    def start_slot(self, name: str, value: Any) -> Slot | None:
        loop = self.tries[-1]
        if name in loop.slots:
            if isinstance(value, Unset):
                return loop.slots[name]
            loop.slots[name] = self.widened(name, loop.slots[name], value)
            return loop.slots[name]
        number = isinstance(value, (int, float, np.generic)) or (
            isinstance(value, Tracer) and value.kind != "array"
        )
        if number:
            return carried.slot_of((value,), fixed=False, shared=False)
        loop.kept[name] = value
        return None

    def behind(self, outer: Env, node: ast.While | ast.For, state: State) -> Env:
        kept = {
            n: v for n, v in self.tries[-1].kept.items() if not isinstance(v, Unset)
        }
        return {**super().behind(outer, node, state), **kept}

    def current(self, state: State) -> list[SSAValue]:
        if missing := self.missing(state):
            self.tries[-1].slots.update(missing)
            raise RetryError(self.tries[-1])
        places = {key: key.get() for key, _ in state.names if isinstance(key, Place)}
        return self.carried({**self.env, **places}, state.names)

    def missing(self, state: State) -> dict[Any, TreeSlot]:
        """What has changed and is not carried yet, or not in a type that holds it."""
        loop = self.tries[-1]
        found: dict[Any, TreeSlot] = {}
        for name, slot in state.names:
            value = self.env.get(name, MISSING)
            if name in FLAGS or isinstance(name, Place) or isinstance(value, Unset):
                continue
            wide = self.widened(name, cast("TreeSlot", slot), value)
            if wide is not slot:
                found[name] = wide
        for name, start in loop.kept.items():
            value = self.env.get(name, MISSING)
            if value is not start and not isinstance(value, Unset):
                found[name] = self.first_slot(name, start, value)
        carried_ = {name for name, _ in state.names}
        changes = self.changes(
            loop.snapshot, "a loop that is not unrolled", "use an array"
        )
        for place, before in changes.items():
            if place not in carried_:
                array = isinstance(place.owner, Tracer)
                start = place.owner.like(before) if array else before
                found[place] = self.first_slot(place, start, place.get())
        return found

    def widened(self, name: Any, slot: TreeSlot, value: Any) -> TreeSlot:
        """The slot that holds another value as well."""
        shared = self.is_shared(name, value, self.env, self.tries[-1].snapshot)
        return self.fitted(name, carried.joined, slot, value, shared=shared)

    def first_slot(self, name: Any, start: Any, value: Any) -> TreeSlot:
        """The slot of what has turned out to change."""
        loop = self.tries[-1]
        shared = self.is_shared(name, value, self.env, loop.snapshot) or self.is_shared(
            name, start, loop.before, loop.snapshot
        )
        values = [v for v in (start, value) if not isinstance(v, Unset)]
        return self.fitted(name, carried.slot_of, values, fixed=False, shared=shared)


def run_body(
    trace: Trace,
    hooks: FunctionHooks,
    function: Any,
    pieces: Pieces,
    around: dict[str, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call a function that is in pieces."""
    bound = inspect.signature(function, follow_wrapped=False).bind(*args, **kwargs)
    bound.apply_defaults()
    first = pieces.body[0]
    if trace.running.count(pieces) > DEEPEST and trace.recording:
        raise EndlessError(
            f"{pieces.name} calls itself, how often depends on a traced value",
            SourceLocation(pieces.file, first.lineno, first.col_offset),
            "write the recursion as a loop, or name the argument in static=",
        )
    flow, outer = Body(trace, hooks, pieces, around), hooks.flow
    hooks.flow = flow
    trace.running.append(pieces)
    try:
        return flow.run(bound.arguments)
    finally:
        trace.running.pop()
        hooks.flow = outer
