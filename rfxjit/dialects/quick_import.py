"""Import xDSL in half the time: what its decorators make is made when it is used.

    with quick_import():
        from rfxjit.compiler import compile_module

Most of what a new process waits for before its first result are classes: some 340 ops,
50 attributes and 240 dataclasses. A kernel uses few of them. Inside of this context

- an op or attribute is defined when the first of its kind is made, or parsed;
- the assembly format of an op is parsed when the op is first parsed or printed;
- a method of a dataclass is compiled when it is first called;
- constraints on classes are compared by their classes, of which a union has up to 19;
- the garbage collector is off: nothing that is imported is garbage.

Afterwards, all is as it was, and the classes behave the same. What a class lacks before
it is defined saves time twice: Python walks over all objects four times when it exits.
"""

from __future__ import annotations

import gc
import threading
from abc import ABCMeta
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from rfxjit.lazy_dataclasses import lazy_dataclasses

_lock = threading.RLock()
_state = {"depth": 0}


@contextmanager
def quick_import() -> Generator[None]:
    """Import modules that define many ops; see the module's docstring."""
    with _lock, ExitStack() as stack:
        if not _state["depth"]:
            stack.enter_context(_no_collections())
            _ask_python()
            stack.enter_context(lazy_dataclasses())
            stack.enter_context(_lazy_definitions())
            stack.enter_context(_quick_unions())
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


class _Plain(ABCMeta):
    """Of abstract classes that nothing is registered for, yet."""

    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__

    def register(cls, subclass: Any) -> Any:
        """From now on `abc` is asked again, for all of them."""
        _Plain.__instancecheck__ = ABCMeta.__instancecheck__
        _Plain.__subclasscheck__ = ABCMeta.__subclasscheck__
        return super().register(subclass)


@cache
def _ask_python() -> None:
    """Let `isinstance` of ops, attributes and values be what it is of other classes;
    `abc` takes four times as long, and a note of each class that it is asked for:
    6 % of what 45 operations take to compile.
    """
    from xdsl.ir import core

    for cls in vars(core).values():
        if type(cls) is ABCMeta and cls.__module__ == core.__name__:
            cls.__class__ = _Plain  # and of all that will inherit from it


@contextmanager
def _lazy_definitions() -> Generator[None]:
    from xdsl import irdl
    from xdsl.ir import ParametrizedAttribute
    from xdsl.utils.runtime_final import runtime_final

    op_now: Any = irdl.irdl_op_definition
    attr_now: Any = irdl.irdl_attr_definition

    def define_op(cls: Any) -> None:
        text, cls.assembly_format = cls.assembly_format, None
        op_now(cls)
        cls.assembly_format = text
        if text is not None:
            _format_later(cls, text)

    def op_later(cls: Any) -> Any:
        return _later(cls, define_op, _OP_NAMES)

    def attr_later(cls: Any = None, **options: Any) -> Any:
        # Not `issubclass`, which notes all that it asks of an abstract class.
        if cls is None or ParametrizedAttribute not in cls.__mro__:
            return attr_now(cls, **options)
        # Constraints that are made meanwhile ask whether it is final.
        return runtime_final(_later(cls, attr_now, _ATTRIBUTE_NAMES))

    irdl.irdl_op_definition, irdl.irdl_attr_definition = op_later, attr_later
    try:
        yield
    finally:
        irdl.irdl_op_definition, irdl.irdl_attr_definition = op_now, attr_now


def _format_later(cls: Any, text: str) -> None:
    definition = cls.get_irdl_definition()
    definition.assembly_format = text

    @cache
    def program() -> Any:
        from xdsl.irdl.declarative_assembly_format import FormatProgram

        return FormatProgram.from_str(text, definition)

    def parse(cls: Any, parser: Any) -> Any:
        return program().parse(parser, cls)

    def print_(self: Any, printer: Any) -> None:
        program().print(printer, self)

    cls.parse, cls.print = classmethod(parse), print_


@contextmanager
def _quick_unions() -> Generator[None]:
    from xdsl.irdl import BaseAttr

    slow = BaseAttr.relax_constraint

    def relax(self: Any, other: Any) -> Any:
        """What allows as much as both: each member of a union is asked with each."""
        if type(other) is BaseAttr:
            return self if self.attr is other.attr else None
        return slow(self, other)

    BaseAttr.relax_constraint = relax
    try:
        yield
    finally:
        BaseAttr.relax_constraint = slow


undefined: dict[type, tuple[Callable[[Any], Any], dict[str, Any]]] = {}
"""The classes that are not yet defined: the decorator of each, and what its stand-ins
hide.
"""
defined: set[type] = set()
"""Those that surely are, with all that they inherit from."""


def define(cls: type) -> None:
    """Define a class, and those that it inherits from, if that was put off."""
    with _lock, lazy_dataclasses():
        for each in reversed(cls.__mro__):
            if each in undefined:
                decorator, hidden = undefined.pop(each)
                for name, stand_in in _STAND_INS.items():
                    if each.__dict__.get(name) is stand_in:
                        delattr(each, name)
                for name, value in hidden.items():
                    setattr(each, name, value)
                decorator(each)
        defined.add(cls)


def _later(cls: Any, decorator: Callable[[Any], Any], names: tuple[str, ...]) -> Any:
    """Put off a decorator until one of the names, which it sets, is asked for."""
    hidden = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    undefined[cls] = decorator, hidden
    for name in names:
        setattr(cls, name, _STAND_INS[name])
    return cls


class _StandIn:
    """Defines the class of which it is an attribute, and is gone then."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        define(owner)
        return getattr(owner if instance is None else instance, self._name)


# All ways to an op or attribute lead through one of these, but for `dialects.ir.make`,
# which looks into `defined`.
_OP_NAMES = ("get_irdl_definition", "parse", "traits", "verify_")
_ATTRIBUTE_NAMES = ("get_irdl_definition", "get_type_index")
_STAND_INS = {name: _StandIn(name) for name in (*_OP_NAMES, *_ATTRIBUTE_NAMES)}
