"""The vocabulary in which native entries are written: text of LLVM IR.

`Code` is a list of instructions with fresh names, `Environment` the table of addresses
that the code works with, and the functions below give the small internal functions each
entry needs: binding keyword arguments and releasing references.

No pass runs over this code, so it is written the way the code generator wants it: values
in SSA form, arrays on the stack only where C functions need a pointer to them.
"""

from __future__ import annotations

from typing import Any, Literal

from rfxjit.runtime.capi import SIZE, TUPLE_ITEMS

POINTER_BYTES = 8


class Environment:
    """The table `@NAME.env`: addresses of Python objects and C functions.

    Code loads from it relative to the program counter instead of embedding addresses,
    so that text and machine code do not depend on the process. Slot 0 is the next entry
    of the chain.
    """

    def __init__(self, name: str) -> None:
        self.symbol = f'@"{name}.env"'
        self.slots: list[tuple[Literal["null", "object", "function"], Any]] = [
            ("null", None)
        ]
        self._index: dict[tuple[str, Any], int] = {}

    def block(self, values: list[Any], present: list[bool] | None = None) -> int:
        """Consecutive slots for objects; those not `present` stay null."""
        start = len(self.slots)
        for i, value in enumerate(values):
            here = present is None or present[i]
            self.slots.append(("object", value) if here else ("null", None))
        return start

    def object(self, value: Any) -> str:
        return self._load("object", id(value), value)

    def function(self, name: str) -> str:
        return self._load("function", name, name)

    def _load(self, kind: Literal["object", "function"], key: Any, value: Any) -> str:
        index = self._index.setdefault((kind, key), len(self.slots))
        if index == len(self.slots):
            self.slots.append((kind, value))
        return f"load ptr, ptr {self.at(index)}"

    def at(self, index: int) -> str:
        """The address of a slot, as a constant expression."""
        return f"getelementptr (i8, ptr {self.symbol}, i64 {index * POINTER_BYTES})"

    def definition(self) -> str:
        return f"{self.symbol} = global [{len(self.slots)} x ptr] zeroinitializer"


class Code:
    """Instructions of one function, in order, with fresh names for values and blocks."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.here = "entry"
        self._count = 0

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}.{self._count}"

    def let(self, instruction: str, stem: str = "v") -> str:
        """Emit an instruction that has a result; its name."""
        name = f"%{self.fresh(stem)}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        self.lines.append(f"  {instruction}")

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.here = name

    def go(self, target: str) -> None:
        self.do(f"br label %{target}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def require(self, condition: str, otherwise: str) -> None:
        """Go on only if `condition` holds."""
        onward = self.fresh("ok")
        self.branch(condition, onward, otherwise)
        self.label(onward)

    def load(self, kind: str, base: str, offset: int = 0, stem: str = "v") -> str:
        return self.let(f"load {kind}, ptr {self.offset(base, offset)}", stem)

    def offset(self, base: str, offset: int | str) -> str:
        """The address `offset` bytes after `base`."""
        return (
            base
            if offset == 0
            else self.let(f"getelementptr i8, ptr {base}, i64 {offset}")
        )

    def every(self, conditions: list[str]) -> str:
        return self._join("and", conditions)

    def either(self, conditions: list[str]) -> str:
        return self._join("or", conditions)

    def _join(self, operation: str, conditions: list[str]) -> str:
        result = conditions[0]
        for condition in conditions[1:]:
            result = self.let(f"{operation} i1 {result}, {condition}")
        return result

    def incref(self, value: str) -> None:
        """Add a reference. From 3.12 on immortal objects have all 32 low bits set and
        stay as they are; before, no count comes near that."""
        count = self.let(f"load i32, ptr {value}", "rc")
        more = self.let(f"add i32 {count}, 1", "rc")
        full = self.let(f"icmp eq i32 {more}, 0")
        kept = self.let(f"select i1 {full}, i32 {count}, i32 {more}", "rc")
        self.do(f"store i32 {kept}, ptr {value}")


def release_function(name: str, env: Environment) -> str:
    """`NAME.release(slots, n)`: drop the references in an array; null slots are empty.

    An immortal object (3.12 on) has a negative low half of its count.
    """
    return f"""\
define internal void @"{name}.release"(ptr %slots, i64 %n) {{
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
  %dealloc = {env.function("_Py_Dealloc")}
  call void %dealloc(ptr %object)
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %loop
done:
  ret void
}}
"""


def python_function(name: str, env: Environment) -> str:
    """`NAME.python(self, args, nargsf, kwnames)`: the end of the chain, `__call__`."""
    return f"""\
define ptr @"{name}.python"(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {{
entry:
  %slot = alloca ptr
  %name = {env.object("__call__")}
  %getattr = {env.function("PyObject_GetAttr")}
  %method = call ptr %getattr(ptr %self, ptr %name)
  store ptr %method, ptr %slot
  %missing = icmp eq ptr %method, null
  br i1 %missing, label %failed, label %found
found:
  %call = {env.function("PyObject_Vectorcall")}
  %result = call ptr %call(ptr %method, ptr %args, i64 %nargsf, ptr %kwnames)
  call void @"{name}.release"(ptr %slot, i64 1)
  ret ptr %result
failed:
  ret ptr null
}}
"""


def bind_function(
    name: str,
    *,
    names: str,
    defaults: str,
    slots: int,
    params: int,
    positional: int,
    positional_only: int,
) -> str:
    """`NAME.bind(args, nargs, kwnames, bound)`: fill `bound`, one slot per parameter.

    Keyword names are compared by pointer: those in source code are interned. `slots`
    may be one more than `params`, for `out`. False if anything is amiss; the Python
    path then finds out what, and says so.
    """
    return f"""\
define internal i1 @"{name}.bind"(ptr %args, i64 %nargs, ptr %kwnames, ptr %bound) {{
entry:
  %over = icmp ugt i64 %nargs, {positional}
  br i1 %over, label %bad, label %copy
copy:
  %i = phi i64 [ 0, %entry ], [ %i.next, %put ]
  %i.more = icmp ult i64 %i, {slots}
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
  br i1 %none, label %defaults, label %count
count:
  %size.at = getelementptr i8, ptr %kwnames, i64 {SIZE}
  %size = load i64, ptr %size.at
  %items = getelementptr i8, ptr %kwnames, i64 {TUPLE_ITEMS}
  br label %keyword
keyword:
  %k = phi i64 [ 0, %count ], [ %k.next, %store ]
  %k.more = icmp ult i64 %k, %size
  br i1 %k.more, label %read, label %defaults
read:
  %key.at = getelementptr ptr, ptr %items, i64 %k
  %key = load ptr, ptr %key.at
  %index = add i64 %nargs, %k
  %kwarg.at = getelementptr ptr, ptr %args, i64 %index
  %kwarg = load ptr, ptr %kwarg.at
  br label %search
search:
  %j = phi i64 [ {positional_only}, %read ], [ %j.next, %step ]
  %j.more = icmp ult i64 %j, {slots}
  br i1 %j.more, label %compare, label %bad
compare:
  %name.at = getelementptr ptr, ptr {names}, i64 %j
  %name = load ptr, ptr %name.at
  %same = icmp eq ptr %name, %key
  br i1 %same, label %found, label %step
step:
  %j.next = add i64 %j, 1
  br label %search
found:
  %target = getelementptr ptr, ptr %bound, i64 %j
  %before = load ptr, ptr %target
  %free = icmp eq ptr %before, null
  br i1 %free, label %store, label %bad
store:
  store ptr %kwarg, ptr %target
  %k.next = add i64 %k, 1
  br label %keyword
defaults:
  br label %default
default:
  %d = phi i64 [ 0, %defaults ], [ %d.next, %filled ]
  %d.more = icmp ult i64 %d, {params}
  br i1 %d.more, label %missing, label %good
missing:
  %param = getelementptr ptr, ptr %bound, i64 %d
  %has = load ptr, ptr %param
  %unset = icmp eq ptr %has, null
  br i1 %unset, label %fill, label %filled
fill:
  %default.at = getelementptr ptr, ptr {defaults}, i64 %d
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
}}
"""
