"""The first half of a native entry: from CPython's arguments to checked inputs.

    bind       parameters from positional, keyword and default arguments, and `out`
    fetch      paths: `rfxjit.runtime.entry_paths`
    guard      captured values that tracing used concretely
    read       inputs: exact types, dtypes, dims, layout

Nothing here has a side effect, and whatever is unexpected jumps to `miss` (to `error`
where an exception may be set). `rfxjit.runtime.entry_ir` is the second half.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from rfxjit.runtime import capi
from rfxjit.runtime.entry_paths import PathWriter, intern
from rfxjit.signature import Dim, Guard, Input, Signature


def accepts_out_keyword(signature: Signature) -> bool:
    """True if `out` is ours: the function has no parameter of that name."""
    return all(p.name != "out" for p in signature.params)


@dataclass(frozen=True)
class Buffer:
    """An array argument in machine code: names of its address, dims and size."""

    data: str
    dims: tuple[str, ...]
    size: str
    """In bytes."""


class ArgumentWriter(PathWriter):
    """The stages that end with all inputs checked."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self.own_out = accepts_out_keyword(signature)
        self.symbols: dict[str, str] = {}
        self.arguments: list[str] = []
        self.buffers: dict[int, Buffer] = {}
        self._specs = 0

    def constant(self, name: str, values: Sequence[int | str]) -> str:
        """A constant array of i64; its address."""
        symbol = f'@"{self.name}.{name}"'
        items = ", ".join(f"i64 {value}" for value in values)
        self.globals.append(
            f"{symbol} = private constant [{len(values)} x i64] [{items}]"
        )
        return symbol

    # bind

    def bind(self, *, native_out: bool) -> None:
        """Parameters as given if all came by position, else through `rfx.bind`. `out`
        is null, or an object if `native_out`.
        """
        params = self.signature.params
        positional = sum(p.kind != "keyword_only" for p in params)
        names = [p.name for p in params] + (["out"] if self.own_out else [])
        table = self.env.block(
            [intern(n) for n in names] + [p.default for p in params],
            [True] * len(names) + [p.has_default for p in params],
        )
        only = sum(p.kind == "positional_only" for p in params)
        counts = self.constant("counts", [len(names), len(params), positional, only])
        code = self.code
        # The high bit says that args[-1] may be written; it is not part of the count.
        nargs = code.let(f"and i64 %nargsf, {2**63 - 1}")
        all_given = code.let(f"icmp eq i64 {nargs}, {len(params)}")
        no_names = code.let("icmp eq ptr %kwnames, null")
        direct = code.let(f"and i1 {all_given}, {no_names}")
        if positional < len(params):
            direct = "false"
        code.branch(direct, "ready", "named")
        code.label("named")
        phis = ["[ %args, %entry ]"], ["[ null, %entry ]"]
        if self.own_out and positional == len(params):
            # f(a, b, out=c), the fastest way to call, needs no search for names.
            code.branch(no_names, "bind", "size")
            code.label("size")
            size = code.load("i64", "%kwnames", capi.SIZE)
            one = code.let(f"icmp eq i64 {size}, 1")
            code.branch(code.let(f"and i1 {all_given}, {one}"), "name", "bind")
            code.label("name")
            name = code.load("ptr", "%kwnames", capi.TUPLE_ITEMS)
            wanted = code.load("ptr", self.env.at(table), 8 * len(params))
            out = code.load("ptr", "%args", 8 * len(params), "out")
            code.branch(code.let(f"icmp eq ptr {name}, {wanted}"), "ready", "bind")
            phis[0].append("[ %args, %name ]")
            phis[1].append(f"[ {out}, %name ]")
        else:
            code.go("bind")
        code.label("bind")
        done = self.call(
            "i1",
            "rfx.bind",
            f"ptr %args, i64 {nargs}, ptr %kwnames, ptr %bound,"
            f" ptr {self.env.at(table)}, ptr {counts}",
        )
        code.branch(done, "given", "miss")
        code.label("given")
        phis[0].append("[ %bound, %given ]")
        given = "null"
        if self.own_out:
            given = code.load("ptr", "%bound", 8 * len(params), "out")
        phis[1].append(f"[ {given}, %given ]")
        code.go("ready")
        code.label("ready")
        code.do(f"%params = phi ptr {', '.join(phis[0])}")
        code.do(f"%out = phi ptr {', '.join(phis[1])}")
        none = code.let(self.env.object(None))
        absent = code.let("icmp eq ptr %out, null")
        is_none = code.let(f"icmp eq ptr %out, {none}")
        code.do(f"%no.out = or i1 {absent}, {is_none}")
        if self.own_out and not native_out:
            code.require("%no.out", "miss")

    # guard

    def guard(self, guard: Guard) -> None:
        code = self.code
        value = self.fetch(guard.path)
        expected = guard.expected
        match guard.mode:
            case "type":
                code.require(self.has_type(value, expected), "miss")
            case "len":
                kind, length = expected
                code.require(self.has_type(value, kind), "miss")
                size = self.call("i64", "PyObject_Size", f"ptr {value}")
                code.require(code.let(f"icmp eq i64 {size}, {length}"), "error")
            case "eq" if type(expected) is float:
                code.require(self.has_type(value, float), "miss")
                bits = code.load("i64", value, capi.FLOAT_VALUE)
                (wanted,) = struct.unpack("<q", struct.pack("<d", expected))
                code.require(code.let(f"icmp eq i64 {bits}, {wanted}"), "miss")
            case "eq" if not isinstance(expected, bool | None):
                cls = cast("Any", type(expected))
                code.require(self.has_type(value, cls), "miss")
                other = code.let(self.env.object(expected))
                equal = self.call(
                    "i32",
                    "PyObject_RichCompareBool",
                    f"ptr {value}, ptr {other}, i32 2",
                )
                code.require(code.let(f"icmp eq i32 {equal}, 1"), "error")
            case _:
                other = code.let(self.env.object(expected))
                code.require(code.let(f"icmp eq ptr {value}, {other}"), "miss")

    # read

    def read(self, index: int, spec: Input) -> None:
        value = self.fetch(spec.path)
        code = self.code
        match spec.kind:
            case "float":
                code.require(self.has_type(value, float), "miss")
                number = code.load("double", value, capi.FLOAT_VALUE)
                self.arguments.append(f"double {number}")
            case "int":
                code.require(self.has_type(value, int), "miss")
                self.arguments.append(f"i64 {self._integer(value)}")
            case "bool":
                code.require(self.has_type(value, bool), "miss")
                true = code.let(self.env.object(True))
                bit = code.let(f"icmp eq ptr {value}, {true}")
                self.arguments.append(f"i8 {code.let(f'zext i1 {bit} to i8')}")
            case "scalar":
                code.require(self.has_type(value, spec.dtype.type), "miss")
                data = code.offset(value, capi.SCALAR_VALUE)
                self.arguments.append(f"ptr {data}")
            case "array":
                buffer = self.array(
                    value, spec.dtype, spec.shape, writeable=spec.role == "inout"
                )
                self.buffers[index] = buffer
                self.pass_buffer(buffer.data, spec.shape, buffer.dims)

    def _integer(self, value: str) -> str:
        """An int that fits 64 bits; larger ones are for the Python path."""
        code = self.code
        number = self.call("i64", "PyLong_AsLongLong", f"ptr {value}")
        doubt, sure = code.fresh("doubt"), code.fresh("sure")
        code.branch(code.let(f"icmp eq i64 {number}, -1"), doubt, sure)
        code.label(doubt)
        error = self.call("ptr", "PyErr_Occurred", "")
        code.branch(code.let(f"icmp eq ptr {error}, null"), sure, "error")
        code.label(sure)
        return number

    def pass_buffer(
        self, data: str, shape: tuple[Dim | None, ...], dims: tuple[str, ...]
    ) -> None:
        """Append a pointer and its dynamic dims to the kernel's arguments."""
        self.arguments.append(f"ptr {data}")
        for dim, size in zip(shape, dims, strict=True):
            if not isinstance(dim, int):
                self.arguments.append(f"i64 {size}")

    def array(
        self,
        value: str,
        dtype: np.dtype[Any],
        shape: tuple[Dim | None, ...],
        *,
        writeable: bool,
        known: tuple[str, ...] | None = None,
    ) -> Buffer:
        """Check that a value is exactly such an array; one that is not `writeable` may
        have any strides, and is copied then. `known` gives the sizes that the
        dims must have, where a symbol does not say it.
        """
        code = self.code
        dims = [dim if isinstance(dim, int) else -1 for dim in shape]
        layout = capi.C_CONTIGUOUS | capi.ALIGNED
        spec = self._spec(layout | (capi.WRITEABLE if writeable else 0), dtype, dims)
        data = self.call("ptr", "rfx.array", f"ptr {value}, ptr {spec}")
        fits = code.let(f"icmp ne ptr {data}, null")
        if writeable:
            code.require(fits, "miss")
        else:
            before = code.here
            copy, copied, join = (code.fresh(n) for n in ("copy", "copied", "data"))
            code.branch(fits, join, copy)
            code.label(copy)
            descr = code.let(self.env.object(np.dtype(dtype)))
            made = self.call(
                "ptr",
                "rfx.copy",
                f"ptr {value}, ptr {self._spec(0, dtype, dims)}, ptr {descr},"
                f" ptr {self.new_slot()}",
            )
            code.branch(code.let(f"icmp ne ptr {made}, null"), copied, "miss")
            code.label(copied)
            code.go(join)
            code.label(join)
            data = code.let(f"phi ptr [ {data}, %{before} ], [ {made}, %{copied} ]")
        sizes = [str(dim) for dim in dims]
        base = code.load("ptr", value, capi.ARRAY_DIMS) if -1 in dims else ""
        differences: list[str] = []
        for axis, dim in enumerate(shape):
            if isinstance(dim, int):
                continue
            sizes[axis] = size = code.load("i64", base, 8 * axis, "dim")
            wanted = known[axis] if known is not None else self.symbols.get(str(dim))
            if wanted is not None:
                differences.append(code.let(f"xor i64 {size}, {wanted}"))
            else:
                self.symbols[str(dim)] = size
                differences.append(code.test(f"icmp ult i64 {size}, 2"))
        code.require_zero(differences, "miss")
        return Buffer(data, tuple(sizes), self.product(sizes, dtype.itemsize))

    def _spec(self, flags: int, dtype: np.dtype[Any], dims: list[int]) -> str:
        """What `rfx.array` checks, as a constant."""
        numbers = [d.num for d in capi.descriptors(dtype)]
        self._specs += 1
        return self.constant(
            f"spec{self._specs}", [flags, numbers[0], numbers[-1], len(dims), *dims]
        )

    def product(self, sizes: list[str], factor: int) -> str:
        """Name or literal of the product of sizes."""
        literal = factor
        result = ""
        for size in sizes:
            if size.startswith("%"):
                result = self.code.let(f"mul i64 {result}, {size}") if result else size
            else:
                literal *= int(size)
        if not result:
            return str(literal)
        return result if literal == 1 else self.code.let(f"mul i64 {result}, {literal}")

    def overlap(self, a: Buffer, b: Buffer) -> str:
        """1 if two contiguous arrays may share memory, else 0."""
        code = self.code
        a_end = code.offset(a.data, a.size)
        b_end = code.offset(b.data, b.size)
        before = code.test(f"icmp ugt ptr {a_end}, {b.data}")
        after = code.test(f"icmp ugt ptr {b_end}, {a.data}")
        return code.let(f"and i64 {before}, {after}")

    def check_writes(self) -> None:
        """An argument that is written shares no memory with any other."""
        written = [
            i for i, spec in enumerate(self.signature.inputs) if spec.role == "inout"
        ]
        overlaps = [
            self.overlap(self.buffers[i], self.buffers[j])
            for i in written
            for j in self.buffers
            if j not in written or j > i  # each pair once
        ]
        self.code.require_zero(overlaps, "miss")
