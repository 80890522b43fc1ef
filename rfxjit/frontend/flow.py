"""Branches and loops on traced values: statements become `scf` ops.

    while x * x > y:                 %r = scf.while (%a = %x) : (f32) -> f32 {
        x = (x + y / x) * 0.5          %s = rfx.mul %a, %a : f32
                                       %c = rfx.gt %s, %y : f32
                                       scf.condition(%c) %a : f32
                                     } do {
                                     ^bb0(%b: f32): ...
                                     }

`Flow` walks the statements of a function body with an environment of values. What a
branch or a loop has to carry are the names that it assigns and that are read later
(`liveness.py`). How an expression is evaluated, and which types a name may have, is
said by its children: `kernel_flow.py` for scalars, `array_flow.py` for everything that
a jitted function computes with.

`break`, `continue` and `return` are flags in the environment, under the keywords
themselves, which no user can name. A flag is False, True, or an i1 value:

    if c: break          ->          %f = scf.if %c { yield true } else { rest;
    rest                                                            yield false }

that is, what follows an exit runs in the other side of the branch; only where a side
may or may not leave does the rest run under a test of the flags.

Loops are in `flow_loops.py`.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from xdsl.dialects import scf
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import append, i1, integer_attr, make
from rfxjit.frontend.liveness import (
    Liveness,
    Names,
    always_leaves,
    leaves,
)

if TYPE_CHECKING:
    from rfxjit.frontend.context import Trace

FLAGS = ("return", "break", "continue")
CHEAP = 8
"""Both sides of an expression are computed where they come to at most so many ops."""

Flag = bool | SSAValue
Sides = tuple[Callable[[], None], Callable[[], None]]
"""What is done if a condition holds, and what if not."""
Env = dict[Any, Any]
"""By name; what else a piece of program changes has keys of its own."""


@dataclass(frozen=True)
class Unset:
    """What a name is that has no value on some path."""

    line: int
    pending: bool = False
    """It will have one as soon as its type is known."""


@dataclass(frozen=True)
class Slot:
    """How a value is carried: the types of the numbers and arrays that it holds."""

    types: tuple[Attribute, ...]


MISSING = Unset(0)
Joined = Sequence[tuple[Any, Slot]]
"""Names and flags that are carried together, and their slots."""


@dataclass(frozen=True)
class Around:
    """Around a loop: the names that are live behind it, and at its head."""

    out: Names
    head: Names


def ops_of(blocks: Sequence[Block]) -> list[Operation]:
    """What sides compute: their ops, but for the last one."""
    return [op for block in blocks for op in list(block.ops)[:-1]]


def move(block: Block, to: Block) -> None:
    """Append all ops of a block to another one."""
    for op in list(block.ops):
        op.detach()
        append(to, op)


class Statements(ABC):
    """Walks statements; see the module's docstring."""

    def __init__(self, trace: Trace, live: Liveness) -> None:
        self.trace = trace
        self.live = live
        self.line = 0
        """Of the statement that is being run."""
        self.env: Env = dict.fromkeys(FLAGS, False)
        self.loops: list[Around] = []
        self.function_name = ""
        self.max_iters: int | None = None
        """How often a `while` may run its body before it is an error."""

    # ---- what children say

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression."""

    @abstractmethod
    def execute(self, node: ast.stmt) -> None:
        """Any statement that is no control flow."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Any) -> None:
        """Give a value to a target."""

    @abstractmethod
    def give(self, node: ast.Return) -> None:
        """Put what is returned into the environment."""

    @abstractmethod
    def loop(self, node: ast.While | ast.For) -> None:
        """Run a loop."""

    @abstractmethod
    def truth_of(self, value: Any) -> Flag:
        """Whether a value is true."""

    @abstractmethod
    def slot(self, name: str, values: Sequence[Any]) -> Slot | None:
        """The slot in which `name` is carried, given what it may be.

        None if its type is not known yet: then the body will run again.
        """

    @abstractmethod
    def pack(self, value: Any, slot: Any) -> Sequence[SSAValue]:
        """A value as it is carried; any number where it is Unset."""

    @abstractmethod
    def unpack(self, values: Sequence[SSAValue], slot: Any) -> Any:
        """What was carried, as a value."""

    @abstractmethod
    def collect(self) -> None:
        """Move effects of a side other than on names into its environment."""

    @abstractmethod
    def at(self, node: ast.AST) -> None:
        """Note where the next ops come from."""

    @abstractmethod
    def refuse(self, node: ast.AST, reason: str, hint: str | None = None) -> Exception:
        """The error for something in the source."""

    # ---- what children may say

    flag_slot = Slot((i1,))

    def constant(self, value: int, type_: Attribute = i1) -> SSAValue:
        """An integer scalar."""
        return self.trace.builder.op(
            rfx.ConstantOp, (), type_, value=integer_attr(int(value), type_)
        )

    def condition(self, flag: SSAValue) -> SSAValue:
        """A flag as ops with regions take it."""
        return flag

    def redone(self, env: Env) -> AbstractContextManager[None]:
        """Within, the effects that `collect` moved into an environment are there."""
        return nullcontext()

    def is_cheap(self, types: Sequence[Attribute], blocks: Sequence[Block]) -> bool:
        """Whether both sides of a branch are to be computed, and one be selected."""
        return False

    # ---- flags

    def flag(self, value: Flag) -> SSAValue:
        """A flag as a value."""
        return self.constant(value) if isinstance(value, bool) else value

    def not_(self, a: Flag) -> Flag:
        """`not a`."""
        return (
            not a if isinstance(a, bool) else self.trace.builder.elementwise("not", a)
        )

    def and_(self, a: Flag, b: Flag) -> Flag:
        """`a and b`, both known."""
        if isinstance(a, bool):
            return b if a else False
        if isinstance(b, bool):
            return a if b else False
        return self.trace.builder.elementwise("and", a, b)

    def or_(self, a: Flag, b: Flag) -> Flag:
        """`a or b`, both known."""
        if isinstance(a, bool):
            return True if a else b
        if isinstance(b, bool):
            return True if b else a
        return self.trace.builder.elementwise("or", a, b)

    def truth(self, node: ast.expr) -> Flag:
        """Whether an expression is true."""
        return self.truth_of(self.evaluate(node))

    def left(self, *flags: str) -> Flag:
        """Whether one of the flags is set."""
        result: Flag = False
        for name in flags:
            result = self.or_(result, self.env[name])
        return result

    # ---- scopes

    def end(
        self,
        block: Block,
        values: Sequence[SSAValue],
        terminator: type[Operation] = scf.YieldOp,
    ) -> None:
        """Close a block."""
        append(block, make(terminator, values, (), self.trace.builder.location))

    def structured(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        types: Sequence[Attribute],
        *blocks: Block,
    ) -> Sequence[SSAValue]:
        """Append an op with regions; its results."""
        builder = self.trace.builder
        regions = [Region(block) for block in blocks]
        op = make(cls, operands, types, builder.location, regions=regions)
        return append(builder.block, op).results

    # ---- statements

    def block(self, body: Sequence[ast.stmt], live: Names) -> None:
        """Run statements; `live` are the names that are read behind them."""
        for k, node in enumerate(body):
            rest = body[k + 1 :]
            if isinstance(node, ast.If):
                if self.if_(node, rest, live):
                    return
            else:
                self.statement(node)
            left = self.left(*FLAGS)
            if left is False:
                continue
            if left is not True and rest:
                self.unless(left, partial(self.block, rest, live), live)
            return

    def unless(self, left: SSAValue, run: Callable[[], None], live: Names) -> None:
        """Go on unless a flag is set, which is not known before the program runs."""
        possible = [name for name in FLAGS if self.env[name] is not False]

        def stay() -> None:
            self.env.update(dict.fromkeys(FLAGS, False))
            run()

        def leave() -> None:
            if len(possible) == 1:
                self.env[possible[0]] = True

        self.branch(left, (leave, stay), live)

    def statement(self, node: ast.stmt) -> None:
        """Run one statement."""
        self.at(node)
        match node:
            case ast.While() | ast.For():
                self.loop(node)
            case ast.Break():
                self.env["break"] = True
            case ast.Continue():
                self.env["continue"] = True
            case ast.Return():
                self.give(node)
                self.env["return"] = True
            case ast.Pass():
                pass
            case _:
                self.execute(node)

    def unset(self, node: ast.AST, name: str) -> Exception:
        """The error for a use of a name that is Unset."""
        line = self.env[name].line
        reason = f"'{name}' has no value on some paths: see line {line}"
        return self.refuse(node, reason, f"set {name} before")

    # ---- branches

    def if_(self, node: ast.If, rest: Sequence[ast.stmt], live: Names) -> bool:
        """Run an `if`; whether `rest`, what follows it, was run as well."""
        self.at(node)
        condition = self.truth(node.test)
        if isinstance(condition, bool):
            return self.way(node, condition, rest, live)
        return self.fork(node, condition, rest, live)

    def way(
        self, node: ast.If, condition: bool, rest: Sequence[ast.stmt], live: Names
    ) -> bool:
        """Run the side of an `if` that is known to be taken.

        If it may leave, the rest is run with it: then what follows its exits is known.
        """
        side = node.body if condition else node.orelse
        absorbed = leaves(side, ast.Break, ast.Continue, ast.Return)
        if absorbed:
            self.block([*side, *rest], live)
        else:
            self.block(side, self.live.after[node])
        return absorbed

    def fork(
        self, node: ast.If, condition: SSAValue, rest: Sequence[ast.stmt], live: Names
    ) -> bool:
        """Run an `if` whose condition is known when the program runs."""
        after = self.live.after[node]
        then, other = node.body, node.orelse
        absorbed = bool(rest) and (always_leaves(then) or always_leaves(other))
        if absorbed:
            after = live
            if always_leaves(then):
                other = [*other, *rest]
            else:
                then = [*then, *rest]
        sides = partial(self.block, then, after), partial(self.block, other, after)
        self.branch(condition, sides, after)
        return absorbed

    def branch(self, condition: SSAValue, sides: Sides, live: Names) -> None:
        """`scf.if` of two pieces of program."""
        before, location = self.env, self.trace.builder.location
        blocks, envs = [Block(), Block()], list[Env]()
        for side, block in zip(sides, blocks, strict=True):
            self.env = dict(before)
            with self.trace.inside(block):
                side()
                self.collect()
            envs.append(self.env)
        self.trace.builder.location = location
        self.env, joined = self.merge(condition, before, envs, live)
        for block, env in zip(blocks, envs, strict=True):
            with self.trace.inside(block), self.redone(env):
                self.end(block, self.carried(env, joined))
        if not joined and all(len(block.ops) == 1 for block in blocks):
            return
        types = [t for _, slot in joined for t in slot.types]
        if self.is_cheap(types, blocks):
            values = self.select(condition, blocks)
        else:
            test = (self.condition(condition),)
            values = self.structured(scf.IfOp, test, types, *blocks)
        self.bind(joined, values)

    def select(self, condition: SSAValue, blocks: Sequence[Block]) -> list[SSAValue]:
        """What a branch yields, of sides that are both computed."""
        builder = self.trace.builder
        yields: list[Sequence[SSAValue]] = []
        for block in blocks:
            end = block.last_op
            assert end is not None
            yields.append(tuple(end.operands))
            end.detach()
            end.erase()
            move(block, builder.block)
        choose = partial(builder.elementwise, "select", condition)
        return list(map(choose, *yields))

    def carried(self, env: Env, joined: Joined) -> list[SSAValue]:
        """Names in their slots; any number for what nobody reads."""
        found: list[SSAValue] = []
        for name, slot in joined:
            value = env.get(name, MISSING)
            if name in FLAGS:
                found.append(self.flag(value))
            else:
                found += self.pack(value, slot)
        return found

    def bind(self, joined: Joined, values: Sequence[SSAValue]) -> None:
        """Let names be what their slots hold."""
        rest = iter(values)
        for name, slot in joined:
            own = list(islice(rest, len(slot.types)))
            self.env[name] = own[0] if name in FLAGS else self.unpack(own, slot)

    def merge(
        self, condition: SSAValue, before: Env, envs: Sequence[Env], live: Names
    ) -> tuple[Env, list[tuple[Any, Slot]]]:
        """The environment behind a branch, and the names that it has to yield."""
        merged = dict(before)
        joined: list[tuple[Any, Slot]] = []
        for name in dict.fromkeys(n for env in envs for n in env):
            a, b = (env.get(name, MISSING) for env in envs)
            if a is b:
                merged[name] = a
            elif name in FLAGS:
                if isinstance(a, bool) and isinstance(b, bool):
                    merged[name] = condition if a else self.not_(condition)
                else:
                    joined.append((name, self.flag_slot))
            else:
                wanted = [
                    env.get(name, MISSING)
                    for env in envs
                    if self.wants(env, name, live)
                ]
                merged.pop(name, None)
                if not wanted:
                    continue
                unset = [value for value in wanted if isinstance(value, Unset)]
                if unset:
                    pending = all(value.pending for value in unset)
                    merged[name] = Unset(self.line, pending)
                elif len(wanted) == 1 and wanted[0] is before.get(name):
                    merged[name] = wanted[0]
                elif (slot := self.slot(name, wanted)) is not None:
                    joined.append((name, slot))
        return merged, joined

    def wants(self, env: Env, name: Any, live: Names) -> bool:
        """Whether the value that `name` has at the end of a side is read later."""
        if not name.isidentifier():
            return env["return"] is not False
        if env["return"] is True:
            return False
        loop = self.loops[-1] if self.loops else Around(live, live)
        if env["break"] is True or env["continue"] is True:
            return name in (loop.out if env["break"] is True else loop.head)
        return (
            name in live
            or (env["break"] is not False and name in loop.out)
            or (env["continue"] is not False and name in loop.head)
        )
