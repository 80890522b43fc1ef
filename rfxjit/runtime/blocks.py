"""Memory of large results: aligned, and used again.

    rfx.new_array(type, descr, nd, dims, itemsize, near) -> ndarray

is `PyArray_NewFromDescr`, except for arrays of 2^12 elements or more. Those get their
memory from a handler of their own (NumPy's NEP 49), at a multiple of 64 bytes: NumPy's
is one of 16, where most stores of 64 bytes cross a cache line. The address is kept
apart from `near`, that of an argument, or null: a load whose last 12 bits are those of
a store before it waits for that store, and arguments and results of one size have
nearly the same. Modulo 4096, `floor` of 64 Ki f64 takes .24 ns per element from 64 to
256 bytes after its argument, .22 at 512, .212 from 640 to 2700, then up to 3300 in many
processes .225 to .26, and .212 again up to 4096.

Fresh pages cost more than the kernel, and `free` gives pages back to the system in its
own time: `modf` of 64 Ki f64 takes .4 ns per element, or 4 where its results are at the
end of the heap. So for blocks of 32 KiB or more the handler

- keeps those of arrays that are gone, up to `RFX_JIT_KEEP_MB` MiB in all (256; 0 is
  none, and takes the handler out), the oldest leave first, 8 blocks at most of less
  than 2 MiB and as many of more;
- gives a kept block to a new array of the same size, rounded up to 4 or 64 KiB;
- aligns new blocks of 2 MiB or more to huge pages, and asks the kernel for these.

Only results of compiled functions are allocated so: where another handler than NumPy's
own is set, it is used. The arrays own their data as any other; to write the handler
into them costs less than to set it for the call (`PyDataMem_SetHandler`, twice). All of
it runs with the GIL held, as NumPy allocates and frees; the code is never unloaded,
since arrays may outlive all else.
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
LARGE = 1 << 12
"""Elements from which on an array is aligned."""
KEPT = 1 << 15
"""Bytes from which on its block is kept."""
HUGE = 1 << 21
"""Bytes from which on it has huge pages."""
_SLOTS = 8
"""Blocks that are kept of less than that, and of more."""
_HEADER = 64
"""Bytes before the data; the last 16 are the block's address and the data's room."""
_AFTER, _SPREAD = 1280, 1024
"""Data begin 1280 bytes after `near`, or up to 1023 more, but for multiples of 4096.
Other arguments are often a few bytes from that one.
"""

_TEXT = """
@"rfx.limit" = global i64 0
@kept = internal global i64 0
@hands = internal global [2 x i64] zeroinitializer
@blocks = internal global [{ALL} x ptr] zeroinitializer
@sizes = internal global [{ALL} x i64] zeroinitializer

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

; The first slot for blocks of a size.
define internal i64 @slots(i64 %bytes) {
  %huge = icmp uge i64 %bytes, {HUGE}
  %first = select i1 %huge, i64 {SLOTS}, i64 0
  ret i64 %first
}

; The slot whose turn it is, of those from the first one on.
define internal i64 @turn(i64 %first) {
  %which = udiv i64 %first, {SLOTS}
  %hand.at = getelementptr i64, ptr @hands, i64 %which
  %hand = load i64, ptr %hand.at
  %next = add i64 %hand, 1
  %around = urem i64 %next, {SLOTS}
  store i64 %around, ptr %hand.at
  %slot = add i64 %first, %hand
  ret i64 %slot
}

; Where the data of a block begin.
define internal ptr @place(ptr %block, ptr %near) {
  %end = getelementptr i8, ptr %block, i64 {SPARE}
  %after = ptrtoint ptr %end to i64
  %first = and i64 %after, -64
  %other = ptrtoint ptr %near to i64
  %distance = sub i64 %first, %other
  %shifted = sub i64 %distance, {AFTER}
  %parts = and i64 %shifted, {PARTS}
  %back = sub i64 0, %parts
  %move = and i64 %back, {PARTS}
  %at = add i64 %first, %move
  %start = ptrtoint ptr %block to i64
  %offset = sub i64 %at, %start
  %data = getelementptr i8, ptr %block, i64 %offset
  ret ptr %data
}

define ptr @"rfx.malloc"(ptr %context, i64 %bytes) {
  %data = call ptr @take(i64 %bytes, ptr null)
  ret ptr %data
}

define internal ptr @take(i64 %bytes, ptr %near) {
entry:
  %place = alloca ptr
  %keeps = icmp uge i64 %bytes, {KEPT}
  br i1 %keeps, label %round, label %small
small:
  %wanted = phi i64 [ %bytes, %entry ], [ %rounded, %fresh ]
  %room = add i64 %wanted, {ROOM}
  %malloc = {malloc}
  %raw = call ptr %malloc(i64 %room)
  %out = icmp eq ptr %raw, null
  br i1 %out, label %none, label %note
round:
  %huge = icmp uge i64 %bytes, {HUGE}
  %unit = select i1 %huge, i64 65536, i64 4096
  %padded = add i64 %bytes, %unit
  %under = sub i64 %padded, 1
  %mask = sub i64 0, %unit
  %rounded = and i64 %under, %mask
  %first = call i64 @slots(i64 %rounded)
  %last = add i64 %first, {SLOTS}
  br label %look
look:
  %slot = phi i64 [ %first, %round ], [ %slot.next, %other ]
  %more = icmp ult i64 %slot, %last
  br i1 %more, label %compare, label %fresh
compare:
  %size.at = getelementptr i64, ptr @sizes, i64 %slot
  %has = load i64, ptr %size.at
  %same = icmp eq i64 %has, %rounded
  br i1 %same, label %take, label %other
other:
  %slot.next = add i64 %slot, 1
  br label %look
take:
  store i64 0, ptr %size.at
  %kept = load i64, ptr @kept
  %less = sub i64 %kept, %rounded
  store i64 %less, ptr @kept
  %block.at = getelementptr ptr, ptr @blocks, i64 %slot
  %old = load ptr, ptr %block.at
  br label %note
fresh:
  %new.huge = icmp uge i64 %rounded, {HUGE}
  br i1 %new.huge, label %pages, label %small
pages:
  %with.header = add i64 %rounded, {ROOM}
  %memalign = {posix_memalign}
  %error = call i32 %memalign(ptr %place, i64 2097152, i64 %with.header)
  %failed = icmp ne i32 %error, 0
  br i1 %failed, label %none, label %made
made:
  %new = load ptr, ptr %place
  %madvise = {madvise}
  %ignored = call i32 %madvise(ptr %new, i64 %rounded, i32 14)
  br label %note
note:
  %block = phi ptr [ %raw, %small ], [ %old, %take ], [ %new, %made ]
  %size = phi i64 [ %wanted, %small ], [ %rounded, %take ], [ %rounded, %made ]
  %data = call ptr @place(ptr %block, ptr %near)
  %size.before = getelementptr i64, ptr %data, i64 -1
  store i64 %size, ptr %size.before
  %block.before = getelementptr i64, ptr %data, i64 -2
  store ptr %block, ptr %block.before
  ret ptr %data
none:
  ret ptr null
}

define void @"rfx.free"(ptr %context, ptr %data, i64 %bytes) {
entry:
  %null = icmp eq ptr %data, null
  br i1 %null, label %done, label %given
given:
  %size.before = getelementptr i64, ptr %data, i64 -1
  %size = load i64, ptr %size.before
  %block.before = getelementptr i64, ptr %data, i64 -2
  %block = load ptr, ptr %block.before
  %limit = load i64, ptr @"rfx.limit"
  %fits = icmp ule i64 %size, %limit
  %large = icmp uge i64 %size, {KEPT}
  %keeps = and i1 %fits, %large
  br i1 %keeps, label %room, label %give
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
  %oldest = call i64 @turn(i64 0)
  call void @drop(i64 %oldest)
  %oldest.huge = call i64 @turn(i64 {SLOTS})
  call void @drop(i64 %oldest.huge)
  br label %room
keep:
  %first = call i64 @slots(i64 %size)
  %slot = call i64 @turn(i64 %first)
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
  %size.before = getelementptr i64, ptr %data, i64 -1
  %old = load i64, ptr %size.before
  %shorter = icmp ult i64 %bytes, %old
  %length = select i1 %shorter, i64 %bytes, i64 %old
  %memcpy = {memcpy}
  %same = call ptr %memcpy(ptr %new, ptr %data, i64 %length)
  call void @"rfx.free"(ptr null, ptr %data, i64 %old)
  br label %done
done:
  ret ptr %new
}

define ptr @"rfx.new_array"(ptr %type, ptr %descr, i32 %nd, ptr %dims, i64 %itemsize,
                            ptr %near) {
entry:
  %make = {PyArray_NewFromDescr}
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
  %set = call ptr %get()
  %none = icmp eq ptr %set, null
  br i1 %none, label %fail, label %known
known:
  %decref = {Py_DecRef}
  call void %decref(ptr %set)
  %usual.at = {PyDataMem_DefaultHandler}
  %usual = load ptr, ptr %usual.at
  %unchanged = icmp eq ptr %set, %usual
  br i1 %unchanged, label %own, label %plain
own:
  %bytes = mul i64 %product, %itemsize
  %data = call ptr @take(i64 %bytes, ptr %near)
  %full = icmp eq ptr %data, null
  br i1 %full, label %plain, label %wrap
wrap:
  %array = call ptr %make(ptr %type, ptr %descr, i32 %nd, ptr %dims, ptr null,
                          ptr %data, i32 {CARRAY}, ptr null)
  %no.array = icmp eq ptr %array, null
  br i1 %no.array, label %lost, label %owner
lost:
  call void @"rfx.free"(ptr null, ptr %data, i64 %bytes)
  ret ptr null
owner:
  %incref = {Py_IncRef}
  %handler = {handler}
  call void %incref(ptr %handler)
  %handler.at = getelementptr i8, ptr %array, i64 {ARRAY_HANDLER}
  store ptr %handler, ptr %handler.at
  %flags.at = getelementptr i8, ptr %array, i64 {ARRAY_FLAGS}
  %flags = load i32, ptr %flags.at
  %owning = or i32 %flags, {OWNDATA}
  store i32 %owning, ptr %flags.at
  ret ptr %array
fail:
  %drop = {Py_DecRef}
  call void %drop(ptr %descr)
  ret ptr null
plain:
  %result = call ptr %make(ptr %type, ptr %descr, i32 %nd, ptr %dims, ptr null,
                           ptr null, i32 0, ptr null)
  ret ptr %result
}
"""

_API = (
    "PyArray_NewFromDescr", "PyDataMem_DefaultHandler", "PyDataMem_GetHandler",
    "Py_DecRef", "Py_IncRef", "free", "madvise", "malloc", "memcpy", "memset",
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
    numbers = {
        "SLOTS": _SLOTS, "ALL": 2 * _SLOTS, "KEPT": KEPT, "HUGE": HUGE,
        "SPARE": 2 * _HEADER - 1,
        "AFTER": _AFTER, "PARTS": 4096 - _SPREAD,
        "ROOM": 2 * _HEADER - 1 + 4096 - _SPREAD,
        "CARRAY": capi.CARRAY, "OWNDATA": capi.OWNDATA,
        "ARRAY_FLAGS": capi.ARRAY_FLAGS, "ARRAY_HANDLER": capi.ARRAY_HANDLER,
    }  # fmt: skip
    facts |= {name: str(number) for name, number in numbers.items()}
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
