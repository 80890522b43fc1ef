"""Facts about CPython and NumPy that native entries are built on.

Object layouts (`HEAD` is the size of a bare object):

    object     … type at HEAD-8
    float      value HEAD        tuple, list: size HEAD
    cell       contents HEAD     tuple: items from HEAD+8; list: pointer to them there
    scalar     value HEAD (NumPy's; all bool, int and float ones)
    ndarray    data HEAD, nd HEAD+8 (i32), dims HEAD+16, strides HEAD+24, descr HEAD+40,
               flags HEAD+48 (i32)
    descr      typeobj HEAD, kind/type/byteorder chars HEAD+8.., type_num HEAD+12 (i32)

They are the public, stable structs of both C-APIs, unchanged from CPython 3.11 to 3.13
and from NumPy 1.26 to 2.5; `supported` refuses anything else, and the portable path
(`rfxjit.runtime.portable`) takes over. Functions are called by address, so that no
symbol needs to be resolved and no header or C compiler is needed.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
import sysconfig
from typing import Any

import numpy as np

HEAD = object.__basicsize__

TYPE = HEAD - 8
FLOAT_VALUE = HEAD
SCALAR_VALUE = HEAD
CELL_CONTENTS = HEAD
SIZE = HEAD
TUPLE_ITEMS = HEAD + 8
LIST_ITEMS = HEAD + 8

ARRAY_DATA = HEAD
ARRAY_NDIM = HEAD + 8
ARRAY_DIMS = HEAD + 16
ARRAY_DESCR = HEAD + 40
ARRAY_FLAGS = HEAD + 48
ARRAY_HANDLER = HEAD + 72

C_CONTIGUOUS = 0x1
OWNDATA = 0x4
ALIGNED = 0x100
WRITEABLE = 0x400
CARRAY = C_CONTIGUOUS | ALIGNED | WRITEABLE

DESCR_BYTEORDER = HEAD + 10
DESCR_TYPE_NUM = HEAD + 12

# Slots of NumPy's C-API table; the signature of each is in its documentation.
_NUMPY_SLOTS = {
    "PyArray_Scalar": 60,
    "PyArray_NewFromDescr": 94,
    "PyArray_FromArray": 109,
    "PyDataMem_GetHandler": 305,
    "PyDataMem_DefaultHandler": 306,  # the address of a variable
}

_MACHINES = {"x86_64", "AMD64", "aarch64", "arm64"}


@functools.cache
def supported() -> bool:
    """True where native entries are known to be right."""
    return (
        sys.implementation.name == "cpython"
        and (3, 11) <= sys.version_info[:2] <= (3, 13)
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and not sysconfig.get_config_var("Py_TRACE_REFS")
        and sys.platform in ("linux", "darwin")
        and platform.machine() in _MACHINES
        and sys.byteorder == "little"
        and HEAD == 16
        and (1, 26) <= _numpy_version() < (3, 0)
    )


def enabled() -> bool:
    """`supported`, unless `RFX_JIT_NATIVE_ENTRY=0` asks for the portable path."""
    return supported() and os.environ.get("RFX_JIT_NATIVE_ENTRY") != "0"


def _numpy_version() -> tuple[int, int]:
    major, minor = np.__version__.split(".")[:2]
    return int(major), int(minor)


@functools.cache
def _numpy_table() -> Any:
    # NumPy 1 has it as np.core, which NumPy 2 only keeps with a warning.
    core: Any = vars(np).get("_core") or vars(np)["core"]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    table = pointer(core._multiarray_umath._ARRAY_API, None)
    return ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))


@functools.cache
def function(name: str) -> int:
    """The address of a function of CPython's or NumPy's C-API, or of libc."""
    if (slot := _NUMPY_SLOTS.get(name)) is not None:
        return _numpy_table()[slot]
    library = ctypes.pythonapi if name.startswith(("Py", "_Py")) else ctypes.CDLL(None)
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    assert address is not None
    return address


def descriptors(dtype: np.dtype[Any]) -> list[np.dtype[Any]]:
    """The native dtype objects equal to `dtype`: two for each C type of equal width
    (int64 is both `long` and `long long` on Linux).
    """
    return [d for d in _native_descriptors() if d == dtype] or [dtype]


@functools.cache
def _native_descriptors() -> list[np.dtype[Any]]:
    return [np.dtype(char) for char in "?bBhHiIlLqQefd"]
