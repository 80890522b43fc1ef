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
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

from rfxjit.runtime import capi, support

MOST = 100_000
"""Objects of a process that is not large."""


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
    thaw = ctypes.PYFUNCTYPE(None, ctypes.py_object)(support.function("rfx.thaw"))
    gc.freeze()
    thaw(before)
