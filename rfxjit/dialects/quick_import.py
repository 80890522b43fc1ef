"""Import xDSL in half the time: what its decorators make is made when it is used.

    with quick_import():
        from rfxjit.compiler import compile_module

Most of what a new process waits for before its first result are classes: some 270 ops,
each with an assembly format to parse, and as many dataclasses, whose methods the
standard library compiles from text. A kernel uses few of them. Inside of this context

- the format of an op is parsed when the op is first parsed or printed;
- a method of a dataclass is compiled when it is first called, and takes its place;
- the garbage collector is off: nothing that is imported is garbage.

Afterwards, all is as it was; the classes behave the same, but that the signature of an
`__init__` is not known until it has been called. Where Python or xDSL have changed
inside, so that one of these does not fit, it is left out. In Python 3.11 a new process
needs a fifth less CPU time until its first result.
"""

from __future__ import annotations

import dataclasses
import gc
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

_lock = threading.RLock()
_state = {"depth": 0}


@contextmanager
def quick_import() -> Generator[None]:
    """Import modules that define many ops; see the module's docstring."""
    with _lock, ExitStack() as stack:
        if not _state["depth"]:
            stack.enter_context(_no_collections())
            stack.enter_context(_lazy_methods())
            stack.enter_context(_lazy_formats())
        _state["depth"] += 1
        stack.callback(_leave)
        yield


def _leave() -> None:
    _state["depth"] -= 1


@contextmanager
def _no_collections() -> Generator[None]:
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # To the oldest generation at once, instead of three walks over all.
            gc.freeze()
            gc.unfreeze()
        gc.enable()


@contextmanager
def _lazy_methods() -> Generator[None]:
    make: Any = getattr(dataclasses, "_create_fn", None)  # until Python 3.12
    code = getattr(make, "__code__", None)
    parameters = ("name", "args", "body", "globals", "locals", "return_type")
    if code is None or code.co_varnames[:6] != parameters:
        yield
        return

    def lazy(name: str, args: Any, body: Any, **context: Any) -> Callable[..., Any]:
        return _method(name, lambda: make(name, args, body, **context))

    dataclasses._create_fn = lazy  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        dataclasses._create_fn = make  # pyright: ignore[reportAttributeAccessIssue]


def _method(name: str, make: Callable[[], Any]) -> Callable[..., Any]:
    made: list[Any] = []

    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not made:
            made.append(make())
            made[0].__qualname__ = method.__qualname__
            for cls in type(self).__mro__:
                if cls.__dict__.get(name) is method:
                    # Not `setattr`: the class may be one that refuses it.
                    type.__setattr__(cls, name, made[0])
        return made[0](self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    return method


class _LazyFormat:
    """An assembly format that is parsed when it is used."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._program: Any = None

    def _parsed(self) -> Any:
        if self._program is None:
            self._program = self._make()
        return self._program

    def parse(self, *args: Any) -> Any:
        return self._parsed().parse(*args)

    def print(self, *args: Any) -> None:
        self._parsed().print(*args)


@contextmanager
def _lazy_formats() -> Generator[None]:
    from xdsl.irdl import declarative_assembly_format

    formats: Any = getattr(declarative_assembly_format, "FormatProgram", None)
    parse: Any = getattr(formats, "from_str", None)
    if parse is None:
        yield
        return

    def lazy(*args: Any) -> _LazyFormat:
        return _LazyFormat(lambda: parse(*args))

    formats.from_str = staticmethod(lazy)
    try:
        yield
    finally:
        formats.from_str = staticmethod(parse)
