"""A unit, loaded and ready to be called: natively where that can be, and from Python.

    entry = Entry(unit)
    set_entry(function, entry.address)      # 0 where there is no native entry
    entry.link(following)                   # where calls go that it does not accept
    entry.call(params, out)                 # the same, from Python; or MISS

Everything that the machine code refers to, objects and code alike, lives as long as the
`Entry`.
"""

from __future__ import annotations

import ctypes
from typing import Any

from rfxjit.runtime import capi, cpu
from rfxjit.runtime.portable import PortableEntry
from rfxjit.runtime.unit import Unit


class Entry:
    """One unit in this process."""

    address = 0
    """Of the native entry, a vectorcall function; 0 if there is none."""

    def __init__(self, unit: Unit, *, native: bool = True) -> None:
        self.unit = unit
        self._library = None
        if unit.llvm_ir is not None:
            # Calls of any number of arguments are bound by Python.
            plain = not any("var_" in p.kind for p in unit.signature.params)
            native = native and plain and capi.enabled()
            self._library = self._load(unit, unit.llvm_ir, native=native)
        self.call = PortableEntry(unit, self._library).call

    def _load(self, unit: Unit, text: str, *, native: bool) -> cpu.Library:
        name = unit.signature.name
        objects = [cpu.compile_object(text, unit.passes)]
        symbols = [name] if unit.signature.static else [name, f"{name}_shapes"]
        # Late: importing the dispatcher must stay cheap.
        from rfxjit.runtime import support

        polls = "@rfx.poll" in text
        imports = {"rfx.poll": support.function("rfx.poll")} if polls else {}
        if not native:
            return cpu.Library(objects, symbols, imports)
        from rfxjit.runtime.entry_ir import write_entry
        from rfxjit.runtime.entry_text import fill

        text, env = write_entry(unit.signature)
        objects.append(cpu.compile_object(text, level=0))
        symbols += [f"{name}.entry", f"{name}.env"]
        library = cpu.Library(objects, symbols, imports)
        table = library.address(f"{name}.env")
        self._objects: list[Any] = fill(env, table, support.function)
        self._python = support.function("rfx.python")
        self._next = ctypes.c_void_p.from_address(table)
        self.address = library.address(f"{name}.entry")
        self.link(None)
        return library

    def link(self, following: Entry | None) -> None:
        """Pass on what this entry does not accept; None means to `__call__`."""
        self._next.value = following.address if following else self._python
