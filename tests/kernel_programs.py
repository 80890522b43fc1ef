"""Random kernels, as text: `kernels()` is a hypothesis strategy.

Every variable is set at the top, loops end by their construction, and literals have a
dtype (`np.float64(0.5)`), so that plain Python computes the same as the kernel: only
Python's own numbers, which are weak, would differ from variables of one dtype.
Kernels with `weak=True` have bare literals, casts and mixed dtypes; these have no
Python oracle.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass, field

from hypothesis import strategies as st

FLOATS, INTEGERS = ("a", "b", "c"), ("p", "q", "r")


@dataclass
class Kernel:
    """A kernel of the arrays x, y (floats) and n, m (integers)."""

    text: str
    weak: bool

    def constructs(self) -> list[str]:
        """The constructs of Python in it, each as often as it is."""
        return [type(node).__name__ for node in ast.walk(ast.parse(self.text))]


@dataclass
class _Writer:
    draw: st.DrawFn
    weak: bool
    arrays: bool = False
    loops: int = 0
    lines: list[str] = field(default_factory=list)

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    # ---- expressions

    def fill(self, form: str, depth: int) -> str:
        """A form with expressions for its letters; what is not there is not drawn."""
        parts = {"a": self.real, "b": self.real, "f": self.real, "i": self.whole,
                 "c": self.truth}  # fmt: skip
        while (start := form.find("{")) >= 0:
            form = form[:start] + parts[form[start + 1]](depth) + form[start + 3 :]
        return f"({form})"

    def real(self, depth: int = 2) -> str:
        if depth == 0 or self.chance(30):
            if self.chance(25):
                value = self.pick("0.0", "0.5", "-1.5", "3.0", "-0.0", "1e15")
                return value if self.weak else f"np.float64({value})"
            return self.pick(*FLOATS, "x", "y")
        form = self.pick(
            "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / {b}", "-{a}", "abs({a})",
            "np.minimum({a}, {b})", "np.maximum({a}, {b})", "np.sqrt({a})",
            "np.floor({a})", "({a} if {c} else {b})", "np.where({c}, {a}, {b})",
            # The sign of a NaN is nobody's: the CPU's, and not always the same.
            "np.float64({i})", "{a} + {i}", "np.copysign({a}, np.nan_to_num({b}))",
            *(("int({a})", "float({i})", "({a} or {b})", "{a} // {b}", "{a} % {b}")
              if self.weak else ()),
            *(("s[{i} % 5]", "t[{i} % 5]", "s.max()", "t[-1]") if self.arrays else ()),
        )  # fmt: skip
        return self.fill(form, depth - 1)

    def whole(self, depth: int = 2) -> str:
        if depth == 0 or self.chance(30):
            if self.chance(25):
                value = self.pick("0", "1", "-3", "7", str(2**30))
                return value if self.weak else f"np.int64({value})"
            return self.pick(*INTEGERS, "n", "m")
        form = self.pick(
            "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} // {b}", "{a} % {b}", "-{a}",
            "{a} & {b}", "{a} | {b}", "{a} ^ {b}", "~{a}", "abs({a})",
            "{a} << ({b} & 7)", "{a} >> ({b} & 7)", "({a} if {c} else {b})",
            "np.minimum({a}, {b})", "np.maximum({a}, {b})",
            *(("{a} and {b}", "int({f})", "{a} ** 2", "{a} << {b}", "{a} >> {b}")
              if self.weak else ()),
        )  # fmt: skip
        return self.fill(form.replace("{a}", "{i}").replace("{b}", "{i}"), depth - 1)

    def truth(self, depth: int = 2) -> str:
        if depth > 0 and self.chance(40):
            a, b = self.truth(depth - 1), self.truth(depth - 1)
            return "(" + self.pick(f"{a} and {b}", f"{a} or {b}", f"not {a}") + ")"
        side = self.whole if self.chance(50) else self.real
        compare = self.pick("<", "<=", ">", ">=", "==", "!=")
        text = f"{side(1)} {compare} {side(1)}"
        if self.chance(15):
            text += f" {self.pick('<', '>=')} {side(0)}"
        return f"({text})"

    # ---- statements

    def change(self) -> str:
        """A statement that changes arrays: s is an argument, t is local."""
        form = self.pick(
            "s[{i} % 5] = {a}", "t[{i} % 5] = {a}", "s[{i} % 5] += {a}", "t += {a}",
            "s *= {a}", "t = s * {a}", "t = s + t", "t[1:] = s[:-1]", "s[::2] = t[2:]",
            "t = s.copy()", "s[:] = t", "t = np.where({c}, s, t)", "s[1:3] -= {a}",
        )  # fmt: skip
        return self.fill(form, 1)[1:-1]

    def assignment(self) -> str:
        if self.arrays and self.chance(40):
            return self.change()
        if self.chance(10):
            a, b = self.pick(*FLOATS), self.pick(*FLOATS)
            return f"{a}, {b} = {self.real(1)}, {self.real(1)}"
        if self.chance(50):
            name, value = self.pick(*FLOATS), self.real()
            op = self.pick("=", "=", "+=", "-=", "*=")
        else:
            name, value = self.pick(*INTEGERS), self.whole()
            op = self.pick("=", "=", "+=", "-=", "^=", "%=")
        return f"{name} {op} {value}"

    def block(self, depth: int, indent: int, inside: bool) -> list[str]:
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            lines += self.statement(depth, indent, inside)
        return lines

    def statement(self, depth: int, indent: int, inside: bool) -> list[str]:
        space = "    " * indent
        kind = self.draw(st.integers(0, 99))
        if depth == 0 or kind < 35:
            return [space + self.assignment()]
        if kind < 60:
            lines = [f"{space}if {self.truth()}:"]
            lines += self.block(depth - 1, indent + 1, inside)
            if self.chance(30):
                lines.append(f"{space}elif {self.truth()}:")
                lines += self.block(depth - 1, indent + 1, inside)
            if self.chance(50):
                lines.append(f"{space}else:")
                lines += self.block(depth - 1, indent + 1, inside)
            return lines
        if kind < 70:
            leave = f"return {self.results()}"
            if inside:
                leave = self.pick(leave, "break", "continue", "break")
            return [f"{space}if {self.truth()}:", f"{space}    {leave}"]
        return self.loop(depth, space, indent)

    def loop(self, depth: int, space: str, indent: int) -> list[str]:
        number = self.loops
        self.loops += 1
        if self.chance(60):
            bound = self.pick("3", "5", f"{self.whole(0)} % 5", f"{self.whole(0)} & 3")
            bound = self.pick(
                bound, bound, f"{self.whole(0)} & 3, -2, -1", f"1, {bound}, 2"
            )
            target, iterable = f"i{number}", f"range({bound})"
            if self.chance(15):
                target, iterable = f"k{number}, i{number}", f"enumerate({iterable})"
            lines = [f"{space}for {target} in {iterable}:"]
            lines += self.block(depth - 1, indent + 1, inside=True)
            if self.chance(40):
                name = self.pick(*INTEGERS)
                lines.append(f"{space}    {name} = {name} + i{number}")
        else:
            count = f"w{number}"
            test = self.pick("True", self.truth())
            lines = [
                f"{space}{count} = np.int64(0)",
                f"{space}while {test}:",
                f"{space}    if {count} >= {self.pick('2', '4')}:",
                f"{space}        break",
                f"{space}    {count} += np.int64(1)",
            ]
            lines += self.block(depth - 1, indent + 1, inside=True)
        if self.chance(25):
            lines.append(f"{space}else:")
            lines += self.block(0, indent + 1, inside=False)
        return lines

    def results(self) -> str:
        arrays = ", t * np.float64(1.0)" if self.arrays else ""
        return f"{self.real(1)}, {self.whole(1)}{arrays}"

    def kernel(self) -> str:
        literal = (str, str) if self.weak else (
            "np.float64({})".format, "np.int64({})".format)  # fmt: skip
        lines = [f"def f(x, y, n, m{', s' if self.arrays else ''}):"]
        lines += ["    t = s * np.float64(0.5)"] if self.arrays else []
        lines += [f"    {v} = {literal[0](k + 0.5)}" for k, v in enumerate(FLOATS)]
        lines += [f"    {v} = {literal[1](k - 1)}" for k, v in enumerate(INTEGERS)]
        # Most are small: they take a third of the time, and find as much.
        most, depth = (4, 3) if self.chance(30) else (2, 2)
        for _ in range(self.draw(st.integers(1, most))):
            lines += self.statement(depth, 1, inside=False)
        lines.append(f"    return {self.results()}")
        return "\n".join(lines)


@st.composite
def kernels(draw: st.DrawFn, *, weak: bool = False) -> Kernel:
    """A kernel."""
    return Kernel(textwrap.dedent(_Writer(draw, weak).kernel()), weak)


@st.composite
def functions(draw: st.DrawFn) -> Kernel:
    """The same of scalars, and an array s of five floats that it changes."""
    return Kernel(
        textwrap.dedent(_Writer(draw, weak=False, arrays=True).kernel()), False
    )
