"""Random programs of nested branches and loops on tensors, with and without these.

`programs()` is a hypothesis strategy. A program is text of the rfx level, a function of
two arrays, a number and an integer; `Program.text()` has its control flow as `scf`, and
`Program.text(inputs)` has the ops that these inputs run through, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

NAMES = ("a", "b", "s", "p")
ROLL = [1, 2, 0]

ARRAY, REAL, WHOLE = "tensor<3xf64>", "tensor<f64>", "tensor<i64>"
TYPES = dict(zip(NAMES, (ARRAY, ARRAY, REAL, WHOLE), strict=True))


def _set(x: Any, s: Any, p: Any) -> Any:
    y = np.array(x)
    y[p % 3] = s
    return y


@dataclass(frozen=True)
class Form:
    """An assignment: its target, operands, text with `$n` for new names, meaning."""

    target: str
    takes: tuple[str, ...]
    lines: tuple[str, ...]
    numpy: Callable[..., Any]


MOD = ("$m = rfx.constant dense<3> : tensor<i64>",
       "$k = rfx.rem {p}, $m : tensor<i64>")  # fmt: skip
FORMS = (
    Form("a", ("a", "b"), (f"$r = rfx.mul {{a}}, {{b}} : {ARRAY}",), np.multiply),
    Form("b", ("a",), (f"$r = rfx.sin {{a}} : {ARRAY}",), np.sin),
    Form("a", ("a", "b"), (f"$x = rfx.add {{a}}, {{b}} : {ARRAY}",
                           f"$r = rfx.tanh $x : {ARRAY}"),
         lambda a, b: np.tanh(a + b)),
    Form("b", ("b", "s"),
         (f"$x = rfx.broadcast {{s}} dims [] [3] : {REAL} to {ARRAY}",
          f"$r = rfx.sub {{b}}, $x : {ARRAY}"), np.subtract),
    Form("s", ("a",),
         (f'$x = rfx.reduce "add" {{a}} dims [0] : {ARRAY} to {REAL}',
          f"$r = rfx.cos $x : {REAL}"), lambda a: np.cos(a.sum())),
    Form("s", ("s", "p"),
         (f"$x = rfx.convert {{p}} : {WHOLE} to {REAL}",
          f"$y = rfx.mul $x, {{s}} : {REAL}",
          f"$r = rfx.sin $y : {REAL}"), lambda s, p: np.sin(s * p)),
    Form("s", ("b", "p"),
         (*MOD, f"$r = rfx.gather {{b}} at [0] ($k) : {ARRAY}, ({WHOLE}) to {REAL}"),
         lambda b, p: b[p % 3]),
    Form("a", ("a", "s", "p"),
         (*MOD, f"$x = rfx.reshape {{s}} [1] : {REAL} to tensor<1xf64>",
          f"$r = rfx.dynamic_update_slice {{a}}, $x at ($k)"
          f" : {ARRAY}, tensor<1xf64>, ({WHOLE}) to {ARRAY}"), _set),
    Form("b", ("b",),
         (f"$r = rfx.slice {{b}} starts [2] steps [-1] [3] : {ARRAY} to {ARRAY}",),
         lambda b: b[::-1]),
    Form("a", (), (f"$r = rfx.constant dense<[0.5, -1.0, 2.0]> : {ARRAY}",),
         lambda: np.array([0.5, -1.0, 2.0])),
    Form("p", ("p",), (f"$x = rfx.constant dense<7> : {WHOLE}",
                       f"$r = rfx.xor {{p}}, $x : {WHOLE}"), lambda p: p ^ 7),
    Form("p", ("p", "i"), (f"$r = rfx.add {{p}}, {{i}} : {WHOLE}",), np.add),
    Form("s", ("s", "i"),
         (f"$x = rfx.convert {{i}} : {WHOLE} to {REAL}",
          f"$y = rfx.sub {{s}}, $x : {REAL}", f"$r = rfx.tanh $y : {REAL}"),
         lambda s, i: np.tanh(s - i)),
)  # fmt: skip


@dataclass(frozen=True)
class If:
    """A branch on `s < limit`, or on the lowest bit of p."""

    limit: float | None
    sides: tuple[Sequence[Any], Sequence[Any]]


@dataclass(frozen=True)
class For:
    """A loop over `range(first, first + count * step, step)`."""

    first: int
    step: int
    count: int
    body: Sequence[Any]


@dataclass
class _Writer:
    values: dict[str, Any] | None
    """What the names are, if that is known: then no control flow is written."""
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def new(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def lines_of(self, lines: Sequence[str], names: dict[str, str]) -> str:
        fresh: dict[str, str] = {}
        for line in lines:
            words = line.format(**names)
            for mark in sorted({w for w in "xymkr" if f"${w}" in words}):
                words = words.replace(f"${mark}", fresh.setdefault(mark, self.new()))
            self.lines.append(words)
        return fresh["r"]

    def block(self, body: Sequence[Any], names: dict[str, str]) -> dict[str, str]:
        names = dict(names)
        for statement in body:
            match statement:
                case Form():
                    takes = [t if t in names else "p" for t in statement.takes]
                    given = dict(zip(statement.takes, takes, strict=True))
                    own = names | {t: names[g] for t, g in given.items()}
                    if self.values is not None:
                        value = statement.numpy(*(self.values[t] for t in takes))
                        self.values[statement.target] = value
                    names[statement.target] = self.lines_of(statement.lines, own)
                case If():
                    names = self.branch(statement, names)
                case For():
                    names = self.loop(statement, names)
        return names

    def yielded(self, body: Sequence[Any], names: dict[str, str]) -> None:
        ends = self.block(body, names)
        values = ", ".join(ends[n] for n in NAMES)
        self.lines.append(f"scf.yield {values} : {', '.join(TYPES.values())}")

    def branch(self, op: If, names: dict[str, str]) -> dict[str, str]:
        if self.values is not None:
            p, s = self.values["p"], self.values["s"]
            taken = s < op.limit if op.limit is not None else p % 2 != 0
            return names | self.block(op.sides[not taken], names)
        if op.limit is None:
            test = (f"$x = rfx.constant dense<2> : {WHOLE}",
                    f"$y = rfx.rem {{p}}, $x : {WHOLE}",
                    f"$r = rfx.convert $y : {WHOLE} to tensor<i1>")  # fmt: skip
        else:
            test = (f"$x = rfx.constant dense<{op.limit}> : {REAL}",
                    f"$r = rfx.lt {{s}}, $x : {REAL}")  # fmt: skip
        condition, taken = self.lines_of(test, names), self.new()
        self.lines.append(f"{taken} = tensor.extract {condition}[] : tensor<i1>")
        result = self.new()
        types = ", ".join(TYPES.values())
        self.lines.append(f"{result}:4 = scf.if {taken} -> ({types}) {{")
        self.yielded(op.sides[0], names)
        self.lines.append("} else {")
        self.yielded(op.sides[1], names)
        self.lines.append("}")
        return names | {n: f"{result}#{k}" for k, n in enumerate(NAMES)}

    def loop(self, op: For, names: dict[str, str]) -> dict[str, str]:
        if self.values is not None:
            outer = self.values.get("i")
            for k in range(op.count):
                i, number = self.new(), op.first + k * op.step
                self.lines.append(f"{i} = rfx.constant dense<{number}> : {WHOLE}")
                self.values["i"] = np.int64(number)
                ends = self.block(op.body, names | {"i": i})
                names = names | {n: ends[n] for n in NAMES}
            self.values["i"] = outer
            return names
        bounds = [self.new() for _ in range(3)]
        last = op.first + op.count * op.step
        for name, n in zip(bounds, (op.first, last, op.step), strict=True):
            self.lines.append(f"{name} = arith.constant {n} : index")
        i, raw, number = self.new(), self.new(), self.new()
        inner = {n: self.new() for n in NAMES}
        starts = ", ".join(f"{inner[n]} = {names[n]}" for n in NAMES)
        result = self.new()
        low, high, step = bounds
        self.lines += [
            f"{result}:4 = scf.for {i} = {low} to {high} step {step}"
            f" iter_args({starts}) -> ({', '.join(TYPES.values())}) {{",
            f"{raw} = arith.index_cast {i} : index to i64",
            f"{number} = tensor.from_elements {raw} : {WHOLE}",
        ]
        self.yielded(op.body, names | inner | {"i": number})
        self.lines.append("}")
        return names | {n: f"{result}#{k}" for k, n in enumerate(NAMES)}


@dataclass(frozen=True)
class Program:
    """A random program."""

    body: Sequence[Any]

    def text(self, inputs: Sequence[Any] | None = None) -> str:
        """With control flow, or without, as it is for these inputs."""
        values = None if inputs is None else dict(zip(NAMES, inputs, strict=True))
        writer = _Writer(values)
        names = writer.block(self.body, {n: f"%{n}" for n in NAMES})
        takes = ", ".join(f"%{n}: {TYPES[n]}" for n in NAMES)
        lines = "\n".join(writer.lines)
        return (
            f"func.func @f({takes}) -> ({ARRAY}, {ARRAY}, {REAL}) {{\n{lines}\n"
            f"func.return {names['a']}, {names['b']}, {names['s']}"
            f" : {ARRAY}, {ARRAY}, {REAL}\n}}"
        )


def _bodies(depth: int) -> st.SearchStrategy[list[Any]]:
    forms = st.sampled_from(FORMS)
    if depth == 0:
        return st.lists(forms, min_size=1, max_size=3)
    inner = _bodies(depth - 1)
    limits = st.sampled_from((None, -0.5, 0.1, 0.6))
    branch = st.builds(If, limits, st.tuples(inner, inner))
    numbers = (st.sampled_from(n) for n in ((0, 0, 2), (1, 1, 3), (0, 1, 2, 3, 5)))
    loop = st.builds(For, *numbers, inner)
    return st.lists(st.one_of(forms, branch, loop), min_size=1, max_size=3)


def programs() -> st.SearchStrategy[Program]:
    """A program with branches and loops up to three deep."""
    return st.builds(Program, _bodies(3))
