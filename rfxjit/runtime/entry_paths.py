"""How a native entry finds objects: paths, walked in machine code.

    fetch      attributes, items, cells; each value fetched is owned

Where Python would raise, or an exception may be set, the code jumps to `error`, which
clears it and misses.
"""

from __future__ import annotations

import sys
from types import CellType
from typing import Any

from rfxjit.runtime import capi
from rfxjit.runtime.entry_text import Code, Environment
from rfxjit.signature import Path, Signature


class PathWriter:
    """State of an entry being written, calls of C functions, and paths."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.name = signature.name
        self.env = Environment(self.name)
        self.code = Code()
        self.globals: list[str] = []
        self.stack: list[str] = []
        self.owned: list[str] = []
        self._fetched: dict[Path, str] = {}

    def new_slot(self) -> str:
        slot = f"%owned.{len(self.owned)}"
        self.owned.append(slot)
        return slot

    def call(self, kind: str, function: str, arguments: str) -> str:
        """Call a function of the C-API; its result."""
        pointer = self.code.let(self.env.function(function), "fn")
        return self.code.let(f"call {kind} {pointer}({arguments})")

    def do(self, function: str, arguments: str) -> None:
        """Call a function of the C-API that returns nothing."""
        pointer = self.code.let(self.env.function(function), "fn")
        self.code.do(f"call void {pointer}({arguments})")

    def has_type(self, value: str, kind: type) -> str:
        """`type(value) is kind`, as an i1."""
        actual = self.code.load("ptr", value, capi.TYPE, "type")
        expected = self.code.let(self.env.object(kind))
        return self.code.let(f"icmp eq ptr {actual}, {expected}")

    def fetch(self, path: Path) -> str:
        """The value at a path; shared prefixes are walked once."""
        if path not in self._fetched:
            self._fetched[path] = self._walk(path)
        return self._fetched[path]

    def _walk(self, path: Path) -> str:
        root, index = path.root
        if not path.steps:
            if root == "param":
                return self.code.load("ptr", "%params", 8 * index, "param")
            return self.code.let(self.env.object(self.signature.objects[index]))
        base = self.fetch(Path(path.root, path.steps[:-1]))
        match path.steps[-1]:
            case ("attr", name):
                key = self.code.let(self.env.object(intern(name)))
                arguments = f"ptr {base}, ptr {key}"
                return self._own(self.call("ptr", "PyObject_GetAttr", arguments))
            case ("item", key) if type(key) is int and key >= 0:
                return self._sequence_item(base, key)
            case ("item", key):
                return self._dict_item(base, key)
            case _:
                code = self.code
                code.require(self.has_type(base, CellType), "miss")
                contents = code.load("ptr", base, capi.CELL_CONTENTS)
                code.require(code.let(f"icmp ne ptr {contents}, null"), "miss")
                code.incref(contents)
                return self._own(contents, checked=True)

    def _own(self, value: str, *, checked: bool = False) -> str:
        if not checked:
            self.code.require(self.code.let(f"icmp ne ptr {value}, null"), "error")
        self.code.do(f"store ptr {value}, ptr {self.new_slot()}")
        return value

    def _sequence_item(self, base: str, index: int) -> str:
        """`base[index]`: exact tuples and lists by hand, all else through Python."""
        code = self.code
        found = {n: code.fresh(n) for n in ("tuple", "rest", "list", "any", "take")}
        join = code.fresh("item")
        code.branch(self.has_type(base, tuple), found["tuple"], found["rest"])
        code.label(found["tuple"])
        in_tuple = code.offset(base, capi.TUPLE_ITEMS)
        code.go(found["take"])
        code.label(found["rest"])
        code.branch(self.has_type(base, list), found["list"], found["any"])
        code.label(found["list"])
        in_list = code.load("ptr", base, capi.LIST_ITEMS)
        code.go(found["take"])
        code.label(found["take"])
        items = code.let(
            f"phi ptr [ {in_tuple}, %{found['tuple']} ],"
            f" [ {in_list}, %{found['list']} ]"
        )
        size = code.load("i64", base, capi.SIZE)
        code.require(code.let(f"icmp ugt i64 {size}, {index}"), "miss")
        value = code.load("ptr", items, 8 * index)
        code.incref(value)
        took = code.here
        code.go(join)
        code.label(found["any"])
        other = self._get_item(base, index)
        asked = code.here
        code.go(join)
        code.label(join)
        both = f"phi ptr [ {value}, %{took} ], [ {other}, %{asked} ]"
        return self._own(code.let(both), checked=True)

    def _dict_item(self, base: str, key: Any) -> str:
        """`base[key]`: exact dicts by hand (a globals dict, say), all else through
        Python.
        """
        code = self.code
        exact, other, join = (code.fresh(n) for n in ("dict", "any", "item"))
        code.branch(self.has_type(base, dict), exact, other)
        code.label(exact)
        name = code.let(self.env.object(intern(key)))
        value = self.call("ptr", "PyDict_GetItemWithError", f"ptr {base}, ptr {name}")
        code.require(code.let(f"icmp ne ptr {value}, null"), "error")
        code.incref(value)
        took = code.here
        code.go(join)
        code.label(other)
        asked_value = self._get_item(base, key)
        asked = code.here
        code.go(join)
        code.label(join)
        both = f"phi ptr [ {value}, %{took} ], [ {asked_value}, %{asked} ]"
        return self._own(code.let(both), checked=True)

    def _get_item(self, base: str, key: Any) -> str:
        name = self.code.let(self.env.object(intern(key)))
        value = self.call("ptr", "PyObject_GetItem", f"ptr {base}, ptr {name}")
        self.code.require(self.code.let(f"icmp ne ptr {value}, null"), "error")
        return value


def intern(key: Any) -> Any:
    """Strings as source code has them: attribute and keyword names are compared by
    pointer.
    """
    return sys.intern(key) if type(key) is str else key
