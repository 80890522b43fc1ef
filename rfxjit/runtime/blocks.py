"""Memory of large results that is used again: fresh pages cost more than the kernel.

    rfx.new_array(type, descr, nd, dims, strides, data, flags, obj) -> ndarray

is `PyArray_NewFromDescr`, except for arrays of 2^20 elements or more. Those get their
memory from a handler of their own (NumPy's NEP 49, `PyDataMem_SetHandler`), which

- keeps the blocks of arrays that are gone, up to `RFX_JIT_KEEP_MB` MiB in all (256; 0
  is none, and takes the handler out), the oldest leave first, 8 blocks at most;
- gives a kept block to a new array of the same size, rounded up to 64 KiB;
- aligns new blocks to huge pages, and asks the kernel for these.

Only results of compiled functions are allocated so, for the time of the call: where
another handler than NumPy's own is set, it is used. The arrays own their data as any
other. All of it runs with the GIL held, as NumPy allocates and frees; the code is never
unloaded, since arrays may outlive all else.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
from typing import Any

from rfxjit.runtime import capi, cpu
from rfxjit.runtime.entry_text import Environment, fill

NAME = "rfx.new_array"
LARGE = 1 << 20
"""Elements from which on an array is large."""
_SLOTS = 8
_HEADER = 64
"""Bytes before the data, which hold the size of the block."""

_TEXT = """
@"rfx.limit" = global i64 0
@kept = internal global i64 0
@hand = internal global i64 0
@blocks = internal global [{SLOTS} x ptr] zeroinitializer
@sizes = internal global [{SLOTS} x i64] zeroinitializer

; Give the block in a slot back, if there is one.
define internal void @drop(i64 %slot) {
  %size.at = getelementptr i64, ptr @sizes, i64 %slot
  %size = load i64, ptr %size.at
  %none = icmp eq i64 %size, 0
  br i1 %none, label %done, label %full
full:
  %block.at = getelementptr ptr, ptr @blocks, i64 %slot
  %block = load ptr, ptr %block.at
  %free = {free}
  call void %free(ptr %block)
  store i64 0, ptr %size.at
  %kept = load i64, ptr @kept
  %less = sub i64 %kept, %size
  store i64 %less, ptr @kept
  ret void
done:
  ret void
}

define internal i64 @turn() {
  %slot = load i64, ptr @hand
  %next = add i64 %slot, 1
  %hand = urem i64 %next, {SLOTS}
  store i64 %hand, ptr @hand
  ret i64 %slot
}

define ptr @"rfx.malloc"(ptr %context, i64 %bytes) {
entry:
  %place = alloca ptr
  %padded = add i64 %bytes, {PADDING}
  %size = and i64 %padded, -65536
  br label %look
look:
  %slot = phi i64 [ 0, %entry ], [ %slot.next, %other ]
  %more = icmp ult i64 %slot, {SLOTS}
  br i1 %more, label %compare, label %fresh
compare:
  %size.at = getelementptr i64, ptr @sizes, i64 %slot
  %has = load i64, ptr %size.at
  %same = icmp eq i64 %has, %size
  br i1 %same, label %take, label %other
other:
  %slot.next = add i64 %slot, 1
  br label %look
take:
  store i64 0, ptr %size.at
  %kept = load i64, ptr @kept
  %less = sub i64 %kept, %size
  store i64 %less, ptr @kept
  %block.at = getelementptr ptr, ptr @blocks, i64 %slot
  %old = load ptr, ptr %block.at
  %old.data = getelementptr i8, ptr %old, i64 {HEADER}
  ret ptr %old.data
fresh:
  %memalign = {posix_memalign}
  %error = call i32 %memalign(ptr %place, i64 2097152, i64 %size)
  %failed = icmp ne i32 %error, 0
  br i1 %failed, label %none, label %made
made:
  %new = load ptr, ptr %place
  %madvise = {madvise}
  %ignored = call i32 %madvise(ptr %new, i64 %size, i32 14)
  store i64 %size, ptr %new
  %data = getelementptr i8, ptr %new, i64 {HEADER}
  ret ptr %data
none:
  ret ptr null
}

define void @"rfx.free"(ptr %context, ptr %data, i64 %bytes) {
entry:
  %null = icmp eq ptr %data, null
  br i1 %null, label %done, label %given
given:
  %block = getelementptr i8, ptr %data, i64 -{HEADER}
  %size = load i64, ptr %block
  %limit = load i64, ptr @"rfx.limit"
  %fits = icmp ule i64 %size, %limit
  br i1 %fits, label %room, label %give
give:
  %free = {free}
  call void %free(ptr %block)
  br label %done
room:
  %kept = load i64, ptr @kept
  %sum = add i64 %kept, %size
  %enough = icmp ule i64 %sum, %limit
  br i1 %enough, label %keep, label %evict
evict:
  %oldest = call i64 @turn()
  call void @drop(i64 %oldest)
  br label %room
keep:
  %slot = call i64 @turn()
  call void @drop(i64 %slot)
  %block.at = getelementptr ptr, ptr @blocks, i64 %slot
  store ptr %block, ptr %block.at
  %size.at = getelementptr i64, ptr @sizes, i64 %slot
  store i64 %size, ptr %size.at
  %now = load i64, ptr @kept
  %total = add i64 %now, %size
  store i64 %total, ptr @kept
  br label %done
done:
  ret void
}

define ptr @"rfx.calloc"(ptr %context, i64 %count, i64 %each) {
  %bytes = mul i64 %count, %each
  %data = call ptr @"rfx.malloc"(ptr null, i64 %bytes)
  %none = icmp eq ptr %data, null
  br i1 %none, label %done, label %made
made:
  %memset = {memset}
  %same = call ptr %memset(ptr %data, i32 0, i64 %bytes)
  br label %done
done:
  ret ptr %data
}

define ptr @"rfx.realloc"(ptr %context, ptr %data, i64 %bytes) {
  %new = call ptr @"rfx.malloc"(ptr null, i64 %bytes)
  %none = icmp eq ptr %new, null
  %first = icmp eq ptr %data, null
  %stop = or i1 %none, %first
  br i1 %stop, label %done, label %copy
copy:
  %block = getelementptr i8, ptr %data, i64 -{HEADER}
  %size = load i64, ptr %block
  %old = sub i64 %size, {HEADER}
  %shorter = icmp ult i64 %bytes, %old
  %length = select i1 %shorter, i64 %bytes, i64 %old
  %memcpy = {memcpy}
  %same = call ptr %memcpy(ptr %new, ptr %data, i64 %length)
  call void @"rfx.free"(ptr null, ptr %data, i64 %old)
  br label %done
done:
  ret ptr %new
}

define ptr @"rfx.new_array"(ptr %type, ptr %descr, i32 %nd, ptr %dims, ptr %strides,
                            ptr %memory, i32 %flags, ptr %obj) {
entry:
  %make = {PyArray_NewFromDescr}
  %decref = {Py_DecRef}
  %rank = zext i32 %nd to i64
  br label %count
count:
  %d = phi i64 [ 0, %entry ], [ %d.next, %dim ]
  %product = phi i64 [ 1, %entry ], [ %product.next, %dim ]
  %more = icmp ult i64 %d, %rank
  br i1 %more, label %dim, label %counted
dim:
  %n.at = getelementptr i64, ptr %dims, i64 %d
  %n = load i64, ptr %n.at
  %product.next = mul i64 %product, %n
  %d.next = add i64 %d, 1
  br label %count
counted:
  %large = icmp sge i64 %product, {LARGE}
  br i1 %large, label %ask, label %plain
ask:
  %get = {PyDataMem_GetHandler}
  %old = call ptr %get()
  %usual.at = {PyDataMem_DefaultHandler}
  %usual = load ptr, ptr %usual.at
  %none = icmp eq ptr %old, null
  br i1 %none, label %fail, label %known
known:
  %unchanged = icmp eq ptr %old, %usual
  br i1 %unchanged, label %own, label %theirs
theirs:
  call void %decref(ptr %old)
  br label %plain
own:
  %set = {PyDataMem_SetHandler}
  %handler = {handler}
  %before = call ptr %set(ptr %handler)
  %array = call ptr %make(ptr %type, ptr %descr, i32 %nd, ptr %dims, ptr %strides,
                          ptr %memory, i32 %flags, ptr %obj)
  %after = call ptr %set(ptr %old)
  call void %decref(ptr %before)
  call void %decref(ptr %after)
  call void %decref(ptr %old)
  ret ptr %array
fail:
  call void %decref(ptr %descr)
  ret ptr null
plain:
  %result = call ptr %make(ptr %type, ptr %descr, i32 %nd, ptr %dims, ptr %strides,
                           ptr %memory, i32 %flags, ptr %obj)
  ret ptr %result
}
"""

_API = (
    "PyArray_NewFromDescr", "PyDataMem_DefaultHandler", "PyDataMem_GetHandler",
    "PyDataMem_SetHandler", "Py_DecRef", "free", "madvise", "memcpy", "memset",
    "posix_memalign",
)  # fmt: skip
_CALLBACKS = ("rfx.malloc", "rfx.calloc", "rfx.realloc", "rfx.free")


class _Handler(ctypes.Structure):
    """`PyDataMem_Handler` of version 1."""

    _fields_ = [
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", ctypes.c_void_p),
        ("callbacks", ctypes.c_void_p * 4),
    ]


def limit() -> int:
    """How many bytes may be kept: `RFX_JIT_KEEP_MB`; 0 where that cannot be."""
    text = os.environ.get("RFX_JIT_KEEP_MB", "256")
    return int(text) << 20 if text.isdecimal() and hasattr(os, "fork") else 0


@functools.cache
def function() -> int:
    """The address of `rfx.new_array`."""
    handler = _Handler(name=b"rfxjit", version=1)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    label = ctypes.create_string_buffer(b"mem_handler")
    capsule = new(ctypes.addressof(handler), ctypes.addressof(label), None)
    env = Environment("rfx.blocks")
    facts = {name: env.function(name) for name in _API}
    facts |= {"handler": env.object(capsule), "LARGE": str(LARGE)}
    facts |= {"SLOTS": str(_SLOTS), "HEADER": str(_HEADER)}
    facts["PADDING"] = str(_HEADER + 65535)
    text = re.sub(r"\{(\w+)\}", lambda m: facts[m[1]], _TEXT)
    code = cpu.compile_object(f"{text}\n{env.definition()}\n", level=0)
    library = cpu.Library([code], [*_CALLBACKS, NAME, "rfx.limit", "rfx.blocks.env"])
    kept = fill(env, library.address("rfx.blocks.env"), capi.function)
    for i, name in enumerate(_CALLBACKS):
        handler.callbacks[i] = library.address(name)
    at = library.address("rfx.limit")
    ctypes.c_int64.from_address(at).value = limit()
    # Arrays call this code even while Python ends, after modules are cleared.
    forever: list[Any] = [handler, label, capsule, library, kept, cpu.keep_compiler()]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(forever))
    return library.address(NAME)
