"""A unit's machine code, loaded: its kernel, and its native entry.

    entry = NativeEntry(unit)
    set_entry(function, entry.address)
    entry.link(following)        # where calls go that this entry does not accept

Everything that the machine code refers
to, objects and code alike, lives as long as the `NativeEntry`.
"""

from __future__ import annotations

import ctypes

from rfxjit.runtime import cpu, support
from rfxjit.runtime.entry_ir import write_entry
from rfxjit.runtime.entry_text import fill
from rfxjit.runtime.unit import Unit


class NativeEntry:
    """The entry of one unit, at `address`."""

    def __init__(self, unit: Unit) -> None:
        name = unit.signature.name
        assert unit.llvm_ir is not None
        entry = write_entry(unit.signature)
        self.library = cpu.Library(
            [
                cpu.compile_object(unit.llvm_ir, unit.passes),
                cpu.compile_object(entry.text, level=0),
            ],
            [f"{name}.entry", f"{name}.env"],
        )
        self.address = self.library.address(f"{name}.entry")
        table = self.library.address(f"{name}.env")
        self._objects = fill(entry.env, table, support.function)
        self._next = ctypes.c_void_p.from_address(table)
        self.link(None)

    def link(self, following: NativeEntry | None) -> None:
        """Pass on what this entry does not accept; None means to `__call__`."""
        self._next.value = (
            support.function("rfx.python") if following is None else following.address
        )
