"""The native entry of a unit, as LLVM IR text: from CPython's vectorcall to the kernel.

    PyObject *NAME.entry(self, args, nargsf, kwnames)

It goes through its stages in one straight line. Until `allocate` nothing has a side
effect, and whatever is unexpected jumps to `miss`, which calls the next entry of the
chain (slot 0 of the environment) with the same arguments; the chain ends in the
dispatcher's Python `__call__`, which knows what to do about anything.

    bind, fetch, guard, read     `rfxjit.runtime.entry_arguments`
    shapes     ask NAME_shapes, unless all is static
    take, allocate               `rfxjit.runtime.entry_outputs`
    run        the kernel, without the GIL if it is long
    write back, box              `rfxjit.runtime.entry_outputs`
    finish     results, release

References: `owned` on the stack holds first the fetched values, then the outputs; it
starts out null, so that `fail` and `miss` can release whatever there is.
"""

from __future__ import annotations

from typing import Any

from rfxjit.runtime import capi
from rfxjit.runtime.entry_outputs import OutputWriter
from rfxjit.runtime.entry_text import Environment
from rfxjit.signature import (
    Alias,
    Constant,
    Signature,
    Slot,
)

LONG_NS = 100_000
"""Kernels longer than this run without the GIL: dropping it costs 26 ns when nobody
wants it, far more when somebody does."""


def write_entry(signature: Signature) -> tuple[str, Environment]:
    """The text of an entry, and what its environment must hold."""
    writer = EntryWriter(signature)
    return writer.write(), writer.env


class EntryWriter(OutputWriter):
    """The whole entry: `write` returns its text."""

    def write(self) -> str:
        signature = self.signature
        native_out = self.own_out and signature.takes_out
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
        given = self.take() if native_out else {}
        scratch = self.scratch()
        objects = [
            self.allocate(i, given, scratch) for i in range(len(signature.outputs))
        ]
        self._run(scratch["workspace"])
        self.write_back(scratch)
        objects = [self.box(i, objects[i], given) for i in range(len(objects))]
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
        self.extent = str(signature.extent)
        if signature.static:
            return
        shapes = [o.shape for o in signature.outputs]
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

    # finish

    def _finish(
        self, objects: list[str], aliases: dict[Any, str], fetched: int
    ) -> None:
        """Build the result. The references of outputs go over to it; what can fail
        comes before that.
        """
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
        if container and not signature.flat_tuple:
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
