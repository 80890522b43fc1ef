"""What is imported for good is passed over by Python's garbage collector.

    with for_good():
        from rfxjit.compiler import compile_module

A process that ends has all objects walked over four times, and each full collection
does so once. The compiler is some 40 000 objects, which are never garbage: walking over
them at exit is a fifth of what a new process takes for its first result. `gc.freeze`
exempts all objects that there are. Those that were there before are the user's, and are
taken back, one by one, by machine code: 20 000 of them through `ctypes` take as long as
what is saved.

Nothing is exempted where that would not be exact or not be worth it: where other
threads make objects meanwhile, where something is frozen already, in large processes,
and where there are no native entries.

    with seldom():
        unit = compile_call(...)

What a compilation makes is collected once, when it is done.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

from rfxjit.runtime import capi

MOST = 100_000
"""Objects of a process that is not large."""
SELDOM = 200_000
"""New objects between two collections: some 40 MB. 200 operations make 30 000."""


@contextmanager
def for_good() -> Generator[None]:
    """Exempt from collections what is made inside and still there at the end."""
    if not capi.enabled() or threading.active_count() > 1 or gc.get_freeze_count():
        yield
        return
    before = gc.get_objects()
    yield
    if len(before) > MOST or threading.active_count() > 1 or gc.get_freeze_count():
        return
    # Late: the dispatcher imports this file, and that must stay cheap.
    from rfxjit.runtime import support

    thaw = ctypes.PYFUNCTYPE(None, ctypes.py_object)(support.function("rfx.thaw"))
    gc.freeze()
    thaw(before)


@contextmanager
def seldom() -> Generator[None]:
    """Fewer collections meanwhile. A compilation drops nearly all that it makes, at its
    end: each collection before that walks over what still lives.
    """
    first, *others = gc.get_threshold()
    if not 0 < first < SELDOM:
        yield
        return
    gc.set_threshold(SELDOM, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
