"""From a `Unit` to calls: bytes and signatures only, no compiler, no xDSL.

The files, from the outside in:

    unit.py              what the compiler hands over
    policy.py            when a call gets a new unit, static or symbolic
    entry.py             a unit, loaded: native and portable
      cpu.py               LLVM IR to machine code
      entry_ir.py          the native entry, written as LLVM IR: its whole
      entry_paths.py         finding objects
      entry_arguments.py     first half, from arguments to checked inputs
      entry_outputs.py       memory of results
      entry_text.py          its vocabulary
      support.py           machine code that all entries share
      portable.py          the same through Python and ctypes, for every array
    collector.py         what the garbage collector passes over
    backends.py          which there are
    native_type.py       a Python type that is called at the speed of machine code
    capi.py              layouts and functions of CPython and NumPy
    explain.py           what a unit accepts, in words

Everything but `unit` is ours to change; `unit` and `rfxjit.signature` are the contract.
"""
