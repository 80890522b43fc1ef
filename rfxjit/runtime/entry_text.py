"""The vocabulary in which native entries are written: text of LLVM IR.

`Code` is a list of instructions with fresh names, `Environment` the table of addresses
that the code works with.

No pass runs over this code, so it is written the way the code generator wants it:
values in SSA form, arrays on the stack only where C functions need a pointer to them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Literal

POINTER_BYTES = 8


class Environment:
    """The table `@NAME.env`: addresses of Python objects and C functions.

    Code loads from it relative to the program counter instead of embedding addresses,
    so that text and machine code do not depend on the process. Slot 0 is the next entry
    of the chain.
    """

    def __init__(self, name: str) -> None:
        self.symbol = f'@"{name}.env"'
        self.slots: list[tuple[Literal["null", "object", "function"], Any]] = [
            ("null", None)
        ]
        self._index: dict[tuple[str, Any], int] = {}

    def block(self, values: list[Any], present: list[bool] | None = None) -> int:
        """Consecutive slots for objects; those not `present` stay null."""
        start = len(self.slots)
        for i, value in enumerate(values):
            here = present is None or present[i]
            self.slots.append(("object", value) if here else ("null", None))
        return start

    def object(self, value: Any) -> str:
        return self._load("object", id(value), value)

    def function(self, name: str) -> str:
        return self._load("function", name, name)

    def _load(self, kind: Literal["object", "function"], key: Any, value: Any) -> str:
        index = self._index.setdefault((kind, key), len(self.slots))
        if index == len(self.slots):
            self.slots.append((kind, value))
        return f"load ptr, ptr {self.at(index)}"

    def at(self, index: int) -> str:
        """The address of a slot, as a constant expression."""
        return f"getelementptr (i8, ptr {self.symbol}, i64 {index * POINTER_BYTES})"

    def definition(self) -> str:
        return f"{self.symbol} = global [{len(self.slots)} x ptr] zeroinitializer"


class Code:
    """Instructions of one function in order, with fresh names for all in it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.here = "entry"
        self._count = 0

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}.{self._count}"

    def let(self, instruction: str, stem: str = "v") -> str:
        """Emit an instruction that has a result; its name."""
        name = f"%{self.fresh(stem)}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        self.lines.append(f"  {instruction}")

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.here = name

    def go(self, target: str) -> None:
        self.do(f"br label %{target}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def require(self, condition: str, otherwise: str) -> None:
        """Go on only if `condition` holds."""
        onward = self.fresh("ok")
        self.branch(condition, onward, otherwise)
        self.label(onward)

    def require_zero(self, differences: list[str], otherwise: str) -> None:
        """Go on only if all of some i64 are zero. One branch for many checks: the code
        generator takes `and` and `or` of i1 apart into branches again, which costs more
        time in there than all else.
        """
        if differences:
            total = differences[0]
            for difference in differences[1:]:
                total = self.let(f"or i64 {total}, {difference}")
            self.require(self.let(f"icmp eq i64 {total}, 0"), otherwise)

    def test(self, condition: str) -> str:
        """1 where a comparison (`icmp …`) holds, else 0, as i64."""
        return self.let(f"zext i1 {self.let(condition)} to i64")

    def load(self, kind: str, base: str, offset: int = 0, stem: str = "v") -> str:
        return self.let(f"load {kind}, ptr {self.offset(base, offset)}", stem)

    def offset(self, base: str, offset: int | str) -> str:
        """The address `offset` bytes after `base`."""
        return (
            base
            if offset == 0
            else self.let(f"getelementptr i8, ptr {base}, i64 {offset}")
        )

    def every(self, conditions: list[str]) -> str:
        return self._join("and", conditions)

    def either(self, conditions: list[str]) -> str:
        return self._join("or", conditions)

    def _join(self, operation: str, conditions: list[str]) -> str:
        result = conditions[0]
        for condition in conditions[1:]:
            result = self.let(f"{operation} i1 {result}, {condition}")
        return result

    def incref(self, value: str) -> None:
        """Add a reference. From 3.12 on immortal objects have all 32 low bits set and
        stay as they are; before, no count comes near that.
        """
        count = self.let(f"load i32, ptr {value}", "rc")
        more = self.let(f"add i32 {count}, 1", "rc")
        full = self.let(f"icmp eq i32 {more}, 0")
        kept = self.let(f"select i1 {full}, i32 {count}, i32 {more}", "rc")
        self.do(f"store i32 {kept}, ptr {value}")


def fill(env: Environment, address: int, function: Callable[[str], int]) -> list[Any]:
    """Write a loaded environment; returns the objects in it, which must be kept."""
    table = (ctypes.c_void_p * len(env.slots)).from_address(address)
    kept: list[Any] = []
    for i, (kind, value) in enumerate(env.slots):
        if kind == "object":
            kept.append(value)
            table[i] = id(value)
        elif kind == "function":
            table[i] = function(value)
    return kept
