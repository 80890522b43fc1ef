"""Machine code that all native entries share, compiled once per process.

    rfx.bind(args, nargs, kwnames, bound, table, counts) -> i1
    rfx.array(value, spec) -> data
    rfx.copy(value, spec, descr, slot) -> data
    rfx.raise(status, table, n)
    rfx.poll(cell) -> status
    rfx.release(slots, n)
    rfx.python(self, args, nargsf, kwnames) -> PyObject *
    rfx.thaw(list)

`rfx.bind` fills `bound`, one slot per parameter (and one for `out`), from positional
and keyword arguments and defaults. `table` holds the names and then the defaults,
`counts` the numbers of: slots; parameters; positional ones; positional-only ones.
Keyword names are compared by pointer, since those in source code are interned. It is
false if anything is amiss; the Python path then finds out what, and says so.

`rfx.array` gives the data pointer of an exact `numpy.ndarray` that fits `spec`, else
null. `spec` holds: the flags it must have; two type numbers, of which it has one (int64
is both `long` and `long long`); its rank; its dims, -1 for any. Numbers rather than
dtype objects are compared, as unpickled arrays have dtype objects of their own.

`rfx.copy` makes a contiguous copy of an array that fits `spec`, puts it into `slot` and
gives its data pointer, else null.

`rfx.raise` sets the exception for a status: `table` holds `n` pairs of class and text
and a last one for a status that is out of range. For `INTERRUPTED` it is the exception
that `rfx.poll` has kept, and `table` is not read.

`rfx.poll` is what loops of a kernel call now and then, with or without the GIL: at most
every `POLL_NS` it lets other threads run, and the handlers of signals that have come.
If one raises (KeyboardInterrupt), the exception is kept, and the status is INTERRUPTED.
`cell` holds the calls of the loops to the next poll, set here, and when signals were
asked for.

`rfx.release` drops the references in an array, in which null means empty. `rfx.python`
is the end of each chain of entries: it calls `self.__call__`.

`rfx.thaw` has the garbage collector look at the objects of a list again, which
`gc.freeze` has exempted (`collector.py`).
"""

from __future__ import annotations

import functools
import re
import time
from typing import Any

import numpy as np

from rfxjit.runtime import blocks, capi, cpu
from rfxjit.runtime.entry_text import Environment, fill
from rfxjit.signature import INTERRUPTED

POLL_TRIPS = 1024
"""Trips of loops from one poll to the next."""
POLL_NS = 50_000_000
"""Asking for signals needs the GIL, for which others may have us wait for 5 ms."""

_TEXT = """
@kept = internal global [3 x ptr] zeroinitializer

define i1 @"rfx.bind"(ptr %args, i64 %nargs, ptr %kwnames, ptr %bound, ptr %table,
                      ptr %counts) {
entry:
  %slots = load i64, ptr %counts
  %params.at = getelementptr i64, ptr %counts, i64 1
  %params = load i64, ptr %params.at
  %positional.at = getelementptr i64, ptr %counts, i64 2
  %positional = load i64, ptr %positional.at
  %only.at = getelementptr i64, ptr %counts, i64 3
  %positional.only = load i64, ptr %only.at
  %defaults = getelementptr ptr, ptr %table, i64 %slots
  %over = icmp ugt i64 %nargs, %positional
  br i1 %over, label %bad, label %copy
copy:
  %i = phi i64 [ 0, %entry ], [ %i.next, %put ]
  %i.more = icmp ult i64 %i, %slots
  br i1 %i.more, label %pick, label %keywords
pick:
  %given = icmp ult i64 %i, %nargs
  br i1 %given, label %take, label %put
take:
  %arg = getelementptr ptr, ptr %args, i64 %i
  %value = load ptr, ptr %arg
  br label %put
put:
  %bind = phi ptr [ null, %pick ], [ %value, %take ]
  %slot = getelementptr ptr, ptr %bound, i64 %i
  store ptr %bind, ptr %slot
  %i.next = add i64 %i, 1
  br label %copy
keywords:
  %none = icmp eq ptr %kwnames, null
  br i1 %none, label %default, label %count
count:
  %size.at = getelementptr i8, ptr %kwnames, i64 {SIZE}
  %size = load i64, ptr %size.at
  %items = getelementptr i8, ptr %kwnames, i64 {TUPLE_ITEMS}
  br label %keyword
keyword:
  %k = phi i64 [ 0, %count ], [ %k.next, %store ]
  %k.more = icmp ult i64 %k, %size
  br i1 %k.more, label %read, label %default
read:
  %key.at = getelementptr ptr, ptr %items, i64 %k
  %key = load ptr, ptr %key.at
  %index = add i64 %nargs, %k
  %kwarg.at = getelementptr ptr, ptr %args, i64 %index
  %kwarg = load ptr, ptr %kwarg.at
  br label %search
search:
  %j = phi i64 [ %positional.only, %read ], [ %j.next, %step ]
  %j.more = icmp ult i64 %j, %slots
  br i1 %j.more, label %compare, label %bad
compare:
  %name.at = getelementptr ptr, ptr %table, i64 %j
  %name = load ptr, ptr %name.at
  %same = icmp eq ptr %name, %key
  br i1 %same, label %found, label %step
step:
  %j.next = add i64 %j, 1
  br label %search
found:
  %target = getelementptr ptr, ptr %bound, i64 %j
  %before = load ptr, ptr %target
  %vacant = icmp eq ptr %before, null
  br i1 %vacant, label %store, label %bad
store:
  store ptr %kwarg, ptr %target
  %k.next = add i64 %k, 1
  br label %keyword
default:
  %d = phi i64 [ 0, %keywords ], [ 0, %keyword ], [ %d.next, %filled ]
  %d.more = icmp ult i64 %d, %params
  br i1 %d.more, label %missing, label %good
missing:
  %param = getelementptr ptr, ptr %bound, i64 %d
  %has = load ptr, ptr %param
  %unset = icmp eq ptr %has, null
  br i1 %unset, label %replace, label %filled
replace:
  %default.at = getelementptr ptr, ptr %defaults, i64 %d
  %fallback = load ptr, ptr %default.at
  store ptr %fallback, ptr %param
  %required = icmp eq ptr %fallback, null
  br i1 %required, label %bad, label %filled
filled:
  %d.next = add i64 %d, 1
  br label %default
good:
  ret i1 true
bad:
  ret i1 false
}

define ptr @"rfx.array"(ptr %value, ptr %spec) {
entry:
  %type.at = getelementptr i8, ptr %value, i64 {TYPE}
  %type = load ptr, ptr %type.at
  %ndarray = {ndarray}
  %exact = icmp eq ptr %type, %ndarray
  br i1 %exact, label %layout, label %bad
layout:
  %flags.at = getelementptr i8, ptr %value, i64 {ARRAY_FLAGS}
  %flags.i32 = load i32, ptr %flags.at
  %flags = zext i32 %flags.i32 to i64
  %needed = load i64, ptr %spec
  %masked = and i64 %flags, %needed
  %lacking = xor i64 %masked, %needed
  %rank.at = getelementptr i8, ptr %value, i64 {ARRAY_NDIM}
  %rank.i32 = load i32, ptr %rank.at
  %rank = zext i32 %rank.i32 to i64
  %rank.wanted.at = getelementptr i64, ptr %spec, i64 3
  %rank.wanted = load i64, ptr %rank.wanted.at
  %rank.other = xor i64 %rank, %rank.wanted
  %descr.at = getelementptr i8, ptr %value, i64 {ARRAY_DESCR}
  %descr = load ptr, ptr %descr.at
  %number.at = getelementptr i8, ptr %descr, i64 {DESCR_TYPE_NUM}
  %number.i32 = load i32, ptr %number.at
  %number = zext i32 %number.i32 to i64
  %first.at = getelementptr i64, ptr %spec, i64 1
  %first = load i64, ptr %first.at
  %second.at = getelementptr i64, ptr %spec, i64 2
  %second = load i64, ptr %second.at
  %is.first = icmp eq i64 %number, %first
  %instead = select i1 %is.first, i64 %first, i64 %second
  %number.other = xor i64 %number, %instead
  %order.at = getelementptr i8, ptr %descr, i64 {DESCR_BYTEORDER}
  %order = load i8, ptr %order.at
  %swapped.i1 = icmp eq i8 %order, 62 ; '>'
  %swapped = zext i1 %swapped.i1 to i64
  %or.1 = or i64 %lacking, %rank.other
  %or.2 = or i64 %number.other, %swapped
  %unlike = or i64 %or.1, %or.2
  %fits = icmp eq i64 %unlike, 0
  br i1 %fits, label %shape, label %bad
shape:
  %dims.at = getelementptr i8, ptr %value, i64 {ARRAY_DIMS}
  %dims = load ptr, ptr %dims.at
  %dims.wanted = getelementptr i64, ptr %spec, i64 4
  br label %dim
dim:
  %i = phi i64 [ 0, %shape ], [ %i.next, %next ]
  %more = icmp ult i64 %i, %rank
  br i1 %more, label %compare, label %good
compare:
  %dim.at = getelementptr i64, ptr %dims, i64 %i
  %size = load i64, ptr %dim.at
  %wanted.at = getelementptr i64, ptr %dims.wanted, i64 %i
  %wanted = load i64, ptr %wanted.at
  %any = icmp eq i64 %wanted, -1
  %same = icmp eq i64 %size, %wanted
  %right = select i1 %any, i1 true, i1 %same
  br i1 %right, label %next, label %bad
next:
  %i.next = add i64 %i, 1
  br label %dim
good:
  %data.at = getelementptr i8, ptr %value, i64 {ARRAY_DATA}
  %data = load ptr, ptr %data.at
  ret ptr %data
bad:
  ret ptr null
}

define ptr @"rfx.copy"(ptr %value, ptr %spec, ptr %descr, ptr %slot) {
entry:
  %data = call ptr @"rfx.array"(ptr %value, ptr %spec)
  %fits = icmp ne ptr %data, null
  br i1 %fits, label %copy, label %bad
copy:
  ; PyArray_FromArray takes over a reference to the dtype.
  %rc = load i32, ptr %descr
  %rc.more = add i32 %rc, 1
  %rc.full = icmp eq i32 %rc.more, 0 ; immortal
  %rc.kept = select i1 %rc.full, i32 %rc, i32 %rc.more
  store i32 %rc.kept, ptr %descr
  %from.array = {PyArray_FromArray}
  %made = call ptr %from.array(ptr %value, ptr %descr, i32 {C_CONTIGUOUS_ALIGNED})
  store ptr %made, ptr %slot
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %clear, label %good
good:
  %data.at = getelementptr i8, ptr %made, i64 {ARRAY_DATA}
  %copied = load ptr, ptr %data.at
  ret ptr %copied
clear:
  %forget = {PyErr_Clear}
  call void %forget()
  br label %bad
bad:
  ret ptr null
}

define i32 @"rfx.poll"(ptr %cell) {
entry:
  %time = alloca [2 x i64]
  store i64 {POLL_TRIPS}, ptr %cell
  %clock = {clock_gettime}
  %ignored = call i32 %clock(i32 {CLOCK_MONOTONIC}, ptr %time)
  %s = load i64, ptr %time
  %ns.at = getelementptr i64, ptr %time, i64 1
  %ns = load i64, ptr %ns.at
  %s.ns = mul i64 %s, 1000000000
  %now = add i64 %s.ns, %ns
  %last.at = getelementptr i64, ptr %cell, i64 1
  %last = load i64, ptr %last.at
  %first = icmp eq i64 %last, 0
  br i1 %first, label %note, label %compare
note:
  store i64 %now, ptr %last.at
  ret i32 0
compare:
  %passed = sub i64 %now, %last
  %soon = icmp slt i64 %passed, {POLL_NS}
  br i1 %soon, label %on, label %ask
on:
  ret i32 0
ask:
  store i64 %now, ptr %last.at
  %ensure = {PyGILState_Ensure}
  %state = call i32 %ensure()
  %save = {PyEval_SaveThread}
  %thread = call ptr %save()
  %restore = {PyEval_RestoreThread}
  call void %restore(ptr %thread)
  %check = {PyErr_CheckSignals}
  %raised = call i32 %check()
  %none = icmp eq i32 %raised, 0
  br i1 %none, label %back, label %keep
keep:
  %fetch = {PyErr_Fetch}
  %value = getelementptr ptr, ptr @kept, i64 1
  %traceback = getelementptr ptr, ptr @kept, i64 2
  call void %fetch(ptr @kept, ptr %value, ptr %traceback)
  br label %back
back:
  %status = phi i32 [ 0, %ask ], [ {INTERRUPTED}, %keep ]
  %release = {PyGILState_Release}
  call void %release(i32 %state)
  ret i32 %status
}

define void @"rfx.raise"(i32 %status, ptr %table, i32 %n) {
  %interrupted = icmp eq i32 %status, {INTERRUPTED}
  br i1 %interrupted, label %again, label %new
again:
  %value.at = getelementptr ptr, ptr @kept, i64 1
  %traceback.at = getelementptr ptr, ptr @kept, i64 2
  %kind = load ptr, ptr @kept
  %value = load ptr, ptr %value.at
  %traceback = load ptr, ptr %traceback.at
  %give = {PyErr_Restore}
  call void %give(ptr %kind, ptr %value, ptr %traceback)
  ret void
new:
  %index = sub i32 %status, 1
  %inside = icmp ult i32 %index, %n
  %row = select i1 %inside, i32 %index, i32 %n
  %wide = zext i32 %row to i64
  %pair = getelementptr [2 x ptr], ptr %table, i64 %wide
  %message.at = getelementptr ptr, ptr %pair, i64 1
  %exception = load ptr, ptr %pair
  %message = load ptr, ptr %message.at
  %set = {PyErr_SetObject}
  call void %set(ptr %exception, ptr %message)
  ret void
}

define void @"rfx.release"(ptr %slots, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i.next, %next ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %slot = getelementptr ptr, ptr %slots, i64 %i
  %object = load ptr, ptr %slot
  %empty = icmp eq ptr %object, null
  br i1 %empty, label %next, label %count
count:
  ; An immortal object (3.12 on) has a negative low half of its count.
  %rc = load i64, ptr %object
  %low = trunc i64 %rc to i32
  %immortal = icmp slt i32 %low, 0
  br i1 %immortal, label %next, label %drop
drop:
  %rc.less = sub i64 %rc, 1
  store i64 %rc.less, ptr %object
  %dead = icmp eq i64 %rc.less, 0
  br i1 %dead, label %free, label %next
free:
  %dealloc = {_Py_Dealloc}
  call void %dealloc(ptr %object)
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %loop
done:
  ret void
}

define ptr @"rfx.python"(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
entry:
  %slot = alloca ptr
  %name = {__call__}
  %getattr = {PyObject_GetAttr}
  %method = call ptr %getattr(ptr %self, ptr %name)
  store ptr %method, ptr %slot
  %missing = icmp eq ptr %method, null
  br i1 %missing, label %failed, label %found
found:
  %call = {PyObject_Vectorcall}
  %result = call ptr %call(ptr %method, ptr %args, i64 %nargsf, ptr %kwnames)
  call void @"rfx.release"(ptr %slot, i64 1)
  ret ptr %result
failed:
  ret ptr null
}

define void @"rfx.thaw"(ptr %list) {
entry:
  %size.at = getelementptr i8, ptr %list, i64 {SIZE}
  %size = load i64, ptr %size.at
  %items.at = getelementptr i8, ptr %list, i64 {LIST_ITEMS}
  %items = load ptr, ptr %items.at
  %untrack = {PyObject_GC_UnTrack}
  %track = {PyObject_GC_Track}
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i.next, %one ]
  %more = icmp ult i64 %i, %size
  br i1 %more, label %one, label %done
one:
  %item.at = getelementptr ptr, ptr %items, i64 %i
  %item = load ptr, ptr %item.at
  call void %untrack(ptr %item)
  call void %track(ptr %item)
  %i.next = add i64 %i, 1
  br label %loop
done:
  ret void
}
"""

_FUNCTIONS = (
    "rfx.bind",
    "rfx.array",
    "rfx.copy",
    "rfx.raise",
    "rfx.poll",
    "rfx.release",
    "rfx.python",
    "rfx.thaw",
)
_API = (
    "_Py_Dealloc",
    "PyArray_FromArray",
    "PyErr_CheckSignals",
    "PyErr_Clear",
    "PyErr_Fetch",
    "PyErr_Restore",
    "PyErr_SetObject",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyGILState_Ensure",
    "PyGILState_Release",
    "PyObject_GC_Track",
    "PyObject_GC_UnTrack",
    "PyObject_GetAttr",
    "PyObject_Vectorcall",
    "clock_gettime",
)


def _text(env: Environment) -> str:
    facts = {name: str(value) for name, value in vars(capi).items() if name.isupper()}
    facts["C_CONTIGUOUS_ALIGNED"] = str(capi.C_CONTIGUOUS | capi.ALIGNED)
    facts |= {"POLL_TRIPS": str(POLL_TRIPS), "POLL_NS": str(POLL_NS)}
    facts |= {"INTERRUPTED": str(INTERRUPTED)}
    facts |= {"CLOCK_MONOTONIC": str(time.CLOCK_MONOTONIC)}
    facts |= {name: env.function(name) for name in _API}
    facts |= {"__call__": env.object("__call__"), "ndarray": env.object(np.ndarray)}
    return re.sub(r"\{(\w+)\}", lambda m: facts[m[1]], _TEXT)


@functools.cache
def _library() -> tuple[cpu.Library, list[Any]]:
    """The loaded code and the objects that it refers to."""
    env = Environment("rfx")
    text = _text(env)
    code = cpu.compile_object(f"{text}\n{env.definition()}\n", level=0)
    library = cpu.Library([code], [*_FUNCTIONS, "rfx.env"])
    return library, fill(env, library.address("rfx.env"), capi.function)


def function(name: str) -> int:
    """The address of a shared function, or of one of the C-API."""
    if name in _FUNCTIONS:
        return _library()[0].address(name)
    if name == blocks.NAME:
        return blocks.function()
    return capi.function(name)
