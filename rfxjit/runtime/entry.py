"""A unit's machine code, loaded: its kernel, and its native entry.

    entry = NativeEntry(unit)
    set_entry(function, entry.address)
    entry.link(following)        # where calls go that this entry does not accept

Kernel and entry are one module, compiled once. Everything that the machine code refers
to, objects and code alike, lives as long as the `NativeEntry`.
"""

from __future__ import annotations

import ctypes
from typing import Any

from rfxjit.runtime import capi, cpu
from rfxjit.runtime.entry_ir import write_entry
from rfxjit.runtime.unit import Unit


class NativeEntry:
    """The entry of one unit, at `address`."""

    def __init__(self, unit: Unit) -> None:
        name = unit.signature.name
        assert unit.llvm_ir is not None
        entry = write_entry(unit.signature)
        shapes = [] if unit.signature.static else [f"{name}_shapes"]
        self.library = cpu.load(
            f"{unit.llvm_ir}\n{entry.text}",
            [name, *shapes, f"{name}.entry", f"{name}.python", f"{name}.env"],
            unit.passes,
        )
        self.address = self.library.address(f"{name}.entry")
        self._objects: list[Any] = []
        self._python = self.library.address(f"{name}.python")
        slots = len(entry.env.slots)
        self._table = (ctypes.c_void_p * slots).from_address(
            self.library.address(f"{name}.env")
        )
        for i, (kind, value) in enumerate(entry.env.slots):
            if kind == "object":
                self._objects.append(value)
                self._table[i] = id(value)
            elif kind == "function":
                self._table[i] = capi.function(value)
        self.link(None)

    def link(self, following: NativeEntry | None) -> None:
        """Pass on what this entry does not accept; None means to `__call__`."""
        self._table[0] = self._python if following is None else following.address
