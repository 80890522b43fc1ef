"""A Python type whose instances are called at the speed of machine code.

`NativeCallable` is a heap type made with `PyType_FromSpec` through ctypes. Each
instance holds the address of a vectorcall function, null at first:

    class JitFunction(NativeCallable):      # and `vectorcall(JitFunction)` once
        def __call__(self, ...): ...        # runs as long as the address is null

    set_entry(f, address)                   # from now on f(...) runs machine code

A null address makes CPython use `__call__`, so that Python code serves calls before the
first compilation, and all calls where native entries cannot be used. The type binds as
a method, as functions do. It owns no references, and so needs no traverse, clear or
dealloc of its own: those of the Python subclass, which adds `__dict__` and
`__weakref__`, do everything.
"""

from __future__ import annotations

import ctypes
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeVar

from rfxjit.runtime import capi

_T = TypeVar("_T", bound=type)

# Public constants of CPython's headers.
_DEFAULT = 1 << 18
_BASETYPE = 1 << 10
_HAVE_VECTORCALL = 1 << 11
_METHOD_DESCRIPTOR = 1 << 17
_TP_CALL, _TP_DESCR_GET, _TP_MEMBERS = 50, 54, 72
_T_PYSSIZET, _READONLY = 19, 1

_VECTORCALL = capi.HEAD
"""Where an instance holds the address."""

_TP_FLAGS = 168
"""Where a type object holds its flags."""


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]


def _make_type() -> type:
    get_slot = ctypes.pythonapi.PyType_GetSlot
    get_slot.restype = ctypes.c_void_p
    get_slot.argtypes = [ctypes.py_object, ctypes.c_int]
    members = (_Member * 2)(
        _Member(b"__vectorcalloffset__", _T_PYSSIZET, _VECTORCALL, _READONLY)
    )
    slots = (_Slot * 4)(
        _Slot(_TP_CALL, capi.function("PyVectorcall_Call")),
        # What Python functions bind with; it looks at nothing but its arguments.
        _Slot(_TP_DESCR_GET, get_slot(FunctionType, _TP_DESCR_GET)),
        _Slot(_TP_MEMBERS, ctypes.cast(members, ctypes.c_void_p)),
    )
    flags = _DEFAULT | _BASETYPE | _HAVE_VECTORCALL | _METHOD_DESCRIPTOR
    spec = _Spec(
        b"rfxjit.runtime.native_type.NativeCallable", capi.HEAD + 8, 0, flags, slots
    )
    from_spec = ctypes.pythonapi.PyType_FromSpec
    from_spec.restype = ctypes.py_object
    from_spec.argtypes = [ctypes.POINTER(_Spec)]
    kind: type = from_spec(ctypes.byref(spec))
    # CPython keeps pointers to the member definitions.
    _keep.append((members, slots, spec))
    return kind


_keep: list[Any] = []

if TYPE_CHECKING:

    class NativeCallable:
        """What instances are to a type checker."""

elif capi.supported():
    NativeCallable = _make_type()
else:

    class NativeCallable:
        """Plain Python: here `__call__` serves all calls."""

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            return self if instance is None else MethodType(self, instance)


def vectorcall(cls: _T) -> _T:
    """Class decorator: let CPython look for the entry of instances of this subclass.

    Python classes do not inherit the flags that say so (3.11), or lose the first with
    their own `__call__` (3.12 on).
    """
    if capi.supported():
        flags = ctypes.c_ulong.from_address(id(cls) + _TP_FLAGS)
        flags.value |= _HAVE_VECTORCALL | _METHOD_DESCRIPTOR
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
    return cls


def set_entry(instance: NativeCallable, address: int) -> None:
    """Serve calls with the vectorcall function at `address`; 0 means `__call__`."""
    if capi.supported():
        ctypes.c_void_p.from_address(id(instance) + _VECTORCALL).value = address or None
