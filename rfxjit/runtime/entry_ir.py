"""The native entry of a unit, as LLVM IR text: from CPython's vectorcall to the kernel.

    PyObject *NAME.entry(self, args, nargsf, kwnames)

It goes through its stages in one straight line. Until `allocate` nothing has a side
effect, and whatever is unexpected jumps to `miss`, which calls the next entry of the
chain (slot 0 of the environment) with the same arguments; the chain ends in the
dispatcher's Python `__call__`, which knows what to do about anything.

    bind, fetch, guard, read     `rfxjit.runtime.entry_arguments`
    shapes     ask NAME_shapes, unless all is static
    take       the memory of `out`, if given
    allocate   outputs and scratch memory
    run        the kernel, without the GIL if it is long
    finish     write-back, results, release

References: `owned` on the stack holds first the fetched values, then the outputs; it
starts out null, so that `fail` and `miss` can release whatever there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rfxjit.runtime import capi
from rfxjit.runtime.entry_arguments import ArgumentWriter, Buffer
from rfxjit.runtime.entry_text import Environment
from rfxjit.signature import Alias, Constant, Output, Signature, Slot

LONG_NS = 100_000
"""Kernels longer than this run without the GIL: dropping it costs 26 ns when nobody
wants it, far more when somebody does."""

STACK_BYTES = 4096
"""Scratch memory up to this size is on the stack."""

SCRATCH_ALIGN = 64


def is_plain_tuple(treedef: Any) -> bool:
    """True for the `optree` treedef of a flat tuple, which needs no Python to build."""
    return (
        treedef is not None
        and treedef.type is tuple
        and treedef.num_children == treedef.num_leaves
        and treedef.num_nodes == treedef.num_leaves + 1
    )


def takes_out(signature: Signature) -> bool:
    """True if `out=` may name the memory of the results: each is an array (or NumPy
    scalar) computed by the kernel, alone or in a flat tuple."""
    slots = [r.index for r in signature.results if isinstance(r, Slot)]
    return (
        len(slots) == len(set(slots)) == len(signature.results)
        and all(signature.outputs[i].kind in ("array", "scalar") for i in slots)
        and (signature.treedef is None or is_plain_tuple(signature.treedef))
    )


@dataclass(frozen=True)
class Entry:
    """The text of an entry and what its environment must hold."""

    text: str
    env: Environment


def write_entry(signature: Signature) -> Entry:
    writer = EntryWriter(signature)
    return Entry(writer.write(), writer.env)


class EntryWriter(ArgumentWriter):
    """The whole entry: `write` returns its text."""

    uses_heap = False

    def write(self) -> str:
        signature = self.signature
        native_out = self.own_out and takes_out(signature)
        self.bind(native_out=native_out)
        for guard in signature.guards:
            self.guard(guard)
        for index, spec in enumerate(signature.inputs):
            self.read(index, spec)
        self.check_writes()
        aliases = {
            r.path: self.fetch(r.path)
            for r in signature.results
            if isinstance(r, Alias)
        }
        fetched = len(self.owned)
        self._shapes()
        given = self._take() if native_out else {}
        scratch = self._scratch()
        objects = [
            self._allocate(i, given, scratch) for i in range(len(signature.outputs))
        ]
        self._run(scratch["workspace"])
        self._write_back(scratch)
        objects = [self._box(i, objects[i], given) for i in range(len(objects))]
        self._finish(objects, aliases, fetched)
        self._exits(fetched)
        body = self._function()
        # Last the table: by now its size is known.
        return "\n".join([*self.globals, *body, self.env.definition(), ""])

    def _function(self) -> list[str]:
        """The instructions under their header; block `entry` holds all stack memory."""
        slots = [
            f"  {slot} = getelementptr ptr, ptr %owned, i64 {i}"
            for i, slot in enumerate(self.owned)
        ]
        return [
            f'define ptr @"{self.name}.entry"'
            "(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) nounwind {",
            "entry:",
            f"  %owned = alloca [{max(len(slots), 1)} x ptr]",
            f"  %bound = alloca [{len(self.signature.params) + 1} x ptr]",
            "  %status = alloca i32",
            "  %heap = alloca ptr",
            *self.stack,
            *slots,
            *(f"  store ptr null, ptr {slot}" for slot in self.owned),
            "  store ptr null, ptr %heap",
            *self.code.lines,
            "}",
            "",
        ]

    # shapes

    def _shapes(self) -> None:
        """Find the dims of all outputs, the extent and the size of the workspace."""
        signature, code = self.signature, self.code
        shapes = [o.shape for o in signature.outputs]
        self.out_dims = [tuple(str(d) for d in shape) for shape in shapes]
        self.extent = str(signature.extent)
        self.workspace = str(signature.workspace)
        if signature.static:
            return
        dims = [size for b in self.buffers.values() for size in b.dims]
        count = sum(map(len, shapes))
        self.stack += [
            f"  %in.dims = alloca [{max(len(dims), 1)} x i64]",
            f"  %out.dims = alloca [{count + 2} x i64]",
        ]
        for i, size in enumerate(dims):
            code.do(f"store i64 {size}, ptr {code.offset('%in.dims', 8 * i)}")
        self.globals.append(f'declare i32 @"{self.name}_shapes"(ptr, ptr)')
        status = code.let(
            f'call i32 @"{self.name}_shapes"(ptr %in.dims, ptr %out.dims)'
        )
        self._check_status(status)
        position = 0
        for i, shape in enumerate(shapes):
            self.out_dims[i] = tuple(
                str(dim)
                if isinstance(dim, int)
                else code.load("i64", "%out.dims", 8 * (position + axis), "dim")
                for axis, dim in enumerate(shape)
            )
            position += len(shape)
        if signature.extent is None:
            self.extent = code.load("i64", "%out.dims", 8 * count, "extent")
        if signature.workspace is None:
            self.workspace = code.load("i64", "%out.dims", 8 * (count + 1), "bytes")

    def _check_status(self, status: str) -> None:
        self.code.do(f"store i32 {status}, ptr %status")
        self.code.require(self.code.let(f"icmp eq i32 {status}, 0"), "raise")

    # take

    def _take(self) -> dict[int, tuple[str, str]]:
        """Output → object and data pointer of its array in `out`, null without `out`.

        Each array must be exactly right and share no memory with an input or with
        another output: the kernel writes to it while it still reads."""
        code = self.code
        results = [r for r in self.signature.results if isinstance(r, Slot)]
        before = code.here
        code.branch("%no.out", "taken", "take")
        code.label("take")
        objects = ["%out"]
        if self.signature.treedef is not None:
            code.require(self.has_type("%out", tuple), "miss")
            size = code.load("i64", "%out", capi.SIZE)
            code.require(code.let(f"icmp eq i64 {size}, {len(results)}"), "miss")
            objects = [
                code.load("ptr", "%out", capi.TUPLE_ITEMS + 8 * i)
                for i in range(len(results))
            ]
        taken: list[Buffer] = []
        overlaps: list[str] = []
        for result, value in zip(results, objects, strict=True):
            output = self.signature.outputs[result.index]
            dims = self.out_dims[result.index]
            buffer = self.array(
                value, output.dtype, output.shape, writeable=True, known=dims
            )
            overlaps += [
                self.overlap(buffer, other)
                for other in (*self.buffers.values(), *taken)
            ]
            taken.append(buffer)
        code.require_zero(overlaps, "miss")
        after = code.here
        code.go("taken")
        code.label("taken")

        def join(value: str) -> str:
            return code.let(f"phi ptr [ null, %{before} ], [ {value}, %{after} ]")

        return {
            result.index: (join(value), join(buffer.data))
            for result, value, buffer in zip(results, objects, taken, strict=True)
        }

    # allocate

    def _scratch(self) -> dict[int | str, str]:
        """Addresses of the workspace and of the buffer of each `inout` output (that is
        not computed in place): one block, on the stack if it is small."""
        code = self.code
        parts: dict[int | str, str] = {}
        if self.workspace != "0":
            parts["workspace"] = self.workspace
        for i, output in enumerate(self.signature.outputs):
            if output.inout is not None and not output.in_place:
                parts[i] = self.buffers[output.inout].size
        offsets: dict[int | str, str] = {}
        total = "0"
        for key, size in parts.items():
            offsets[key] = total
            total = self._add(total, self._round_up(size))
        if not parts:
            return {"workspace": "null"}
        if not total.startswith("%") and int(total) <= STACK_BYTES:
            self.stack.append(
                f"  %scratch = alloca [{total} x i8], align {SCRATCH_ALIGN}"
            )
            start = "%scratch"
        else:
            start = self._heap(total)
        return {"workspace": "null"} | {
            key: code.offset(start, int(o) if not o.startswith("%") else o)
            for key, o in offsets.items()
        }

    def _add(self, a: str, b: str) -> str:
        if a.startswith("%") or b.startswith("%"):
            return self.code.let(f"add i64 {a}, {b}")
        return str(int(a) + int(b))

    def _round_up(self, size: str) -> str:
        if not size.startswith("%"):
            return str(-(-int(size) // SCRATCH_ALIGN) * SCRATCH_ALIGN)
        more = self.code.let(f"add i64 {size}, {SCRATCH_ALIGN - 1}")
        return self.code.let(f"and i64 {more}, {-SCRATCH_ALIGN}")

    def _heap(self, size: str) -> str:
        """An aligned address in a block that `finish` and `fail` free."""
        code = self.code
        with_slack = self._add(size, str(SCRATCH_ALIGN))
        block = self.call("ptr", "PyMem_RawMalloc", f"i64 {with_slack}")
        code.do(f"store ptr {block}, ptr %heap")
        self.uses_heap = True
        code.require(code.let(f"icmp ne ptr {block}, null"), "no.memory")
        address = code.let(f"ptrtoint ptr {block} to i64")
        negated = code.let(f"sub i64 0, {address}")
        return code.offset(block, code.let(f"and i64 {negated}, {SCRATCH_ALIGN - 1}"))

    def _allocate(
        self,
        index: int,
        given: dict[int, tuple[str, str]],
        scratch: dict[int | str, str],
    ) -> str:
        """Pass memory for an output to the kernel; the result object if it has one
        already, else the address of the value on the stack."""
        code = self.code
        output = self.signature.outputs[index]
        taken = given.get(index)
        if output.inout is not None:
            data = scratch.get(index, self.buffers[output.inout].data)
            value = data
        elif output.kind == "array":
            value, data = self._array_output(index, output, taken)
        else:
            value = f"%value.{index}"
            self.stack.append(f"  {value} = alloca i64")
            data = value
            if taken:
                data = code.let(f"select i1 %no.out, ptr {value}, ptr {taken[1]}")
        self.pass_buffer(data, output.shape, self.out_dims[index])
        return value

    def _array_output(
        self, index: int, output: Output, taken: tuple[str, str] | None
    ) -> tuple[str, str]:
        """A fresh array, or the one from `out`: object and data pointer."""
        code = self.code
        slot = self.new_slot()
        if not taken:
            value = self._new_array(index, output, slot)
            return value, code.load("ptr", value, capi.ARRAY_DATA, "data")
        use, make, join = (code.fresh(n) for n in ("use", "make", "output"))
        code.branch("%no.out", make, use)
        code.label(use)
        code.incref(taken[0])
        code.do(f"store ptr {taken[0]}, ptr {slot}")
        code.go(join)
        code.label(make)
        fresh = self._new_array(index, output, slot)
        made = code.here
        code.go(join)
        code.label(join)
        value = code.let(f"phi ptr [ {taken[0]}, %{use} ], [ {fresh}, %{made} ]")
        return value, code.load("ptr", value, capi.ARRAY_DATA, "data")

    def _new_array(self, index: int, output: Output, slot: str) -> str:
        code = self.code
        descr = code.let(self.env.object(np.dtype(output.dtype)))
        code.incref(descr)  # PyArray_NewFromDescr takes it over
        kind = code.let(self.env.object(np.ndarray))
        value = self.call(
            "ptr",
            "PyArray_NewFromDescr",
            f"ptr {kind}, ptr {descr}, i32 {len(output.shape)},"
            f" ptr {self._dims(index)}, ptr null, ptr null, i32 0, ptr null",
        )
        code.require(code.let(f"icmp ne ptr {value}, null"), "fail")
        code.do(f"store ptr {value}, ptr {slot}")
        return value

    def _dims(self, index: int) -> str:
        dims = self.out_dims[index]
        if not self.signature.static:
            before = sum(map(len, self.out_dims[:index]))
            return self.code.offset("%out.dims", 8 * before)
        return self.constant(f"dims{index}", dims)

    # run

    def _run(self, workspace: str) -> None:
        code, signature = self.code, self.signature
        arguments = [*self.arguments, "i64 0", f"i64 {self.extent}", f"ptr {workspace}"]
        kernel = f'call i32 @"{self.name}"({", ".join(arguments)})'
        types = ", ".join(argument.split()[0] for argument in arguments)
        self.globals.append(f'declare i32 @"{self.name}"({types})')
        if signature.static or not signature.work:
            long = "true" if signature.work >= LONG_NS else "false"
        else:
            work = code.let(f"mul i64 {self.extent}, {signature.work}")
            long = code.let(f"icmp uge i64 {work}, {LONG_NS}")
        if long == "false":
            self._check_status(code.let(kernel, "status"))
            return
        before = code.here
        code.branch(long, "leave", "work")
        code.label("leave")
        saved = self.call("ptr", "PyEval_SaveThread", "")
        code.go("work")
        code.label("work")
        state = code.let(f"phi ptr [ null, %{before} ], [ {saved}, %leave ]")
        status = code.let(kernel, "status")
        code.branch(code.let(f"icmp eq ptr {state}, null"), "worked", "return")
        code.label("return")
        self.do("PyEval_RestoreThread", f"ptr {state}")
        code.go("worked")
        code.label("worked")
        self._check_status(status)

    def _write_back(self, scratch: dict[int | str, str]) -> None:
        for i, output in enumerate(self.signature.outputs):
            if output.inout is not None and i in scratch:
                target = self.buffers[output.inout]
                self.call(
                    "ptr",
                    "memcpy",
                    f"ptr {target.data}, ptr {scratch[i]}, i64 {target.size}",
                )

    # finish

    def _box(self, index: int, value: str, given: dict[int, tuple[str, str]]) -> str:
        """The result object of an output."""
        code = self.code
        output = self.signature.outputs[index]
        if output.inout is not None or output.kind == "array":
            return value
        slot = self.new_slot()
        use, make, join = (code.fresh(n) for n in ("use", "make", "boxed"))
        if taken := given.get(index):
            code.branch("%no.out", make, use)
            code.label(use)
            code.incref(taken[0])
            code.go(join)
            code.label(make)
        match output.kind:
            case "float":
                number = code.load("double", value)
                boxed = self.call("ptr", "PyFloat_FromDouble", f"double {number}")
            case "int":
                number = code.load("i64", value)
                boxed = self.call("ptr", "PyLong_FromLongLong", f"i64 {number}")
            case "bool":
                number = code.let(f"zext i8 {code.load('i8', value)} to i64")
                boxed = self.call("ptr", "PyBool_FromLong", f"i64 {number}")
            case _:
                descr = code.let(self.env.object(np.dtype(output.dtype)))
                arguments = f"ptr {value}, ptr {descr}, ptr null"
                boxed = self.call("ptr", "PyArray_Scalar", arguments)
        code.require(code.let(f"icmp ne ptr {boxed}, null"), "fail")
        if taken:
            made = code.here
            code.go(join)
            code.label(join)
            boxed = code.let(f"phi ptr [ {taken[0]}, %{use} ], [ {boxed}, %{made} ]")
        code.do(f"store ptr {boxed}, ptr {slot}")
        return boxed

    def _finish(
        self, objects: list[str], aliases: dict[Any, str], fetched: int
    ) -> None:
        """Build the result. The references of outputs go over to it; what can fail
        comes before that."""
        code, signature = self.code, self.signature
        container = ""
        if signature.treedef is not None:
            count = len(signature.results)
            container = self.call("ptr", "PyTuple_New", f"i64 {count}")
            code.require(code.let(f"icmp ne ptr {container}, null"), "fail")
        moved: set[int] = set()
        leaves: list[str] = []
        for result in signature.results:
            match result:
                case Slot(index):
                    leaf = objects[index]
                    if index in moved:
                        code.incref(leaf)
                    moved.add(index)
                case Alias(path):
                    leaf = aliases[path]
                    code.incref(leaf)
                case Constant(value):
                    leaf = code.let(self.env.object(value))
                    code.incref(leaf)
            leaves.append(leaf)
        for i, leaf in enumerate(leaves):
            if container:
                item = code.offset(container, capi.TUPLE_ITEMS + 8 * i)
                code.do(f"store ptr {leaf}, ptr {item}")
        value = container or leaves[0]
        if container and not is_plain_tuple(signature.treedef):
            value = self._unflatten(container, fetched)
        if self.uses_heap:
            self.free_scratch()
        if fetched:
            self.release("%owned", fetched)
        code.do(f"ret ptr {value}")

    def _unflatten(self, leaves: str, fetched: int) -> str:
        """Let the treedef build the result from the tuple of leaves."""
        code = self.code
        for slot in self.owned[fetched:]:
            code.do(f"store ptr null, ptr {slot}")
        slot = self.new_slot()
        code.do(f"store ptr {leaves}, ptr {slot}")
        unflatten = code.let(self.env.object(self.signature.treedef.unflatten))
        value = self.call(
            "ptr", "PyObject_CallOneArg", f"ptr {unflatten}, ptr {leaves}"
        )
        code.require(code.let(f"icmp ne ptr {value}, null"), "fail")
        self.release(slot, 1)
        return value

    # exits

    def _exits(self, fetched: int) -> None:
        code, env = self.code, self.env
        code.label("error")
        self.do("PyErr_Clear", "")
        code.go("miss")
        code.label("miss")
        if fetched:
            self.release("%owned", fetched)
        following = code.let(f"load ptr, ptr {env.at(0)}")
        passed_on = code.let(
            f"call ptr {following}(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)"
        )
        code.do(f"ret ptr {passed_on}")
        code.label("no.memory")
        self.call("ptr", "PyErr_NoMemory", "")
        code.go("fail")
        code.label("raise")
        failures: list[tuple[Any, str]] = [
            *((f.exception, f.message) for f in self.signature.failures),
            (SystemError, f"{self.name}: status out of range"),
        ]
        table = env.block([part for failure in failures for part in failure])
        status = code.load("i32", "%status")
        self.do(
            "rfx.raise",
            f"i32 {status}, ptr {env.at(table)}, i32 {len(failures) - 1}",
        )
        code.go("fail")
        code.label("fail")
        self.free_scratch()
        self.release("%owned", len(self.owned))
        code.do("ret ptr null")

    def release(self, slots: str, count: int) -> None:
        self.do("rfx.release", f"ptr {slots}, i64 {count}")

    def free_scratch(self) -> None:
        self.do("PyMem_RawFree", f"ptr {self.code.load('ptr', '%heap')}")
