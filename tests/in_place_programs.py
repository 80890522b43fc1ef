"""Random programs that write into arrays, as text: views, masks, places, handles.

Each statement is tried in NumPy as it is drawn, so that what is drawn is valid, and the
shapes of all arrays are known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = st.DrawFn


def start(seed: int = 5) -> dict[str, Any]:
    """The arguments: three arrays of floats, one of integers, and a traced 1."""
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-6, 7, (3, 4)) / 2 for _ in range(2))
    return {"x": x, "y": y, "v": rng.integers(-6, 7, 4) / 2,
            "k": rng.integers(-9, 9, 4), "i": 1}  # fmt: skip


class _Writer:
    """Draws statements for an environment that they are run in."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.env: dict[str, Any] = {"np": np, **start()}
        self.lines: list[str] = []
        for name, text in (("z", "np.zeros((2, 6))"), ("w", "x.copy()")):
            self.statement(f"{name} = {text}")

    def statement(self, line: str) -> None:
        """Run and keep a line, unless NumPy refuses it."""
        before = dict(self.env)
        try:
            with np.errstate(all="ignore"):
                exec(line, self.env)
        except (ValueError, IndexError, TypeError):
            self.env = before
            return
        self.lines.append(line)

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def arrays(self) -> list[str]:
        return [n for n, a in self.env.items() if isinstance(a, np.ndarray)]

    def array(self) -> str:
        return self.pick(*self.arrays())

    def key(self, name: str) -> str:
        """An index of an array, mostly a valid one."""
        shape = self.env[name].shape
        rank = self.draw(st.integers(1, max(len(shape), 1)))
        items = [self.item(n) for n in shape[:rank]]
        if self.pick(*[False] * 5, True):
            at = self.draw(st.integers(0, len(items)))
            items.insert(at, self.pick("...", "None"))
        return ", ".join(items) or "..."

    def item(self, n: int) -> str:
        number = st.integers(-n, n - 1) if n else st.just(0)
        return self.pick(
            ":", str(self.draw(number)), "1:", ":-1", "::2", "::-1", "-1:0:-2", "1:3",
            "i", "-i", *["i:i + 2"] * (n > 2),  # not cut off
            f"{self.draw(number)}:{self.draw(number)}",
            f"[{self.draw(number)}, {self.draw(number)}]",
        )  # fmt: skip

    def value(self, like: Any) -> str:
        """An expression that mostly fits: a number, or arrays of that shape."""
        fits = [n for n in self.arrays() if self.env[n].shape == np.shape(like)]
        fits += [f"{n}[{self.key(n)}]" for n in (self.array(), self.array())]
        one, other = self.pick(*fits), self.pick(*fits, "2.0", "-1", "0.5")
        return self.pick(
            one, other, f"{one} + {other}", f"np.maximum({one}, {other})",
            f"{one}[::-1]", f"{one} * 2 - {other}",
            f"np.where({one} > 0, {one}, {other})",
        )  # fmt: skip

    def line(self) -> None:
        """One more statement."""
        name = self.array()
        part = f"{name}[{self.key(name)}]"
        try:
            like: Any = eval(part, self.env)
        except (IndexError, ValueError):
            return
        new = f"a{len(self.lines) % 4}"
        whole = self.value(self.env[name])
        lines = (
            f"{new} = {part}", f"{new} = {name}.T", f"{new} = {name}.reshape(-1)",
            f"{new} = {name}.reshape(2, -1)", f"{new} = {name}", f"{new} = {whole}",
            f"{part} = {self.value(like)}", f"{part} = {self.value(like)}",
            f"{part} {self.pick('+', '-', '*')}= {self.value(like)}",
            f"{part} {self.pick('+', '-', '*')}= {self.value(like)}",
            f"{name} {self.pick('+', '-', '*')}= {whole}",
            f"{name}[{name} > {self.pick(0, 1)}] = {self.pick(3, -1)}",
            f"m = {self.array()} > 0; {name}[m] {self.pick('', '+', '*')}="
            f" {self.array()}[m]",
            f"np.add({name}, {whole}, out={self.array()})",
            f"{name}.T[{self.key(name)}] = 4", f"{name}.flat[{self.pick(0, 1)}] = 6",
        )  # fmt: skip
        self.statement(self.pick(*lines))


@st.composite
def in_place_programs(draw: Draw) -> str:
    """The text of a function `f` of the arguments that `start` makes."""
    writer = _Writer(draw)
    for _ in range(draw(st.integers(4, 14))):
        writer.line()
    lines = [*writer.lines, f"return {', '.join(writer.arrays())}"]
    names = ", ".join(start())
    return "\n".join([f"def f({names}):", *(f"    {line}" for line in lines), ""])
