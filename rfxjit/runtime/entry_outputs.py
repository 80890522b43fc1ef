"""The memory of results in a native entry: taken from `out`, or allocated.

take         the arrays of `out`, if given and exactly right
scratch      workspace, and buffers of arguments that are written
allocate     fresh arrays, or those taken; numbers go to the stack
write_back   from buffers to the arguments
box          result objects from numbers on the stack
"""

from __future__ import annotations

from math import prod
from typing import Any, cast

import numpy as np

from rfxjit.runtime import blocks, capi
from rfxjit.runtime.entry_arguments import ArgumentWriter, Buffer
from rfxjit.signature import WORKSPACE_ALIGN, Output, Signature, Slot

STACK_BYTES = 4096
"""Scratch memory up to this size is on the stack."""


class OutputWriter(ArgumentWriter):
    """The stages of an entry that deal with memory for outputs."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        # As texts of i64; those that are not static are set once they are known.
        self.out_dims = [tuple(map(str, o.shape)) for o in signature.outputs]
        self.workspace = str(signature.workspace)
        self.uses_heap = False

    # take

    def take(self) -> dict[int, tuple[str, str]]:
        """Output → object and data pointer of its array in `out`, null without `out`.

        Each array must be exactly right and share no memory with an input or with
        another output: the kernel writes to it while it still reads.
        """
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

    def scratch(self) -> dict[int | str, str]:
        """Addresses of the workspace and of the buffer of each `inout` output (that is
        not computed in place): one block, on the stack if it is small.
        """
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
                f"  %scratch = alloca [{total} x i8], align {WORKSPACE_ALIGN}"
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
            return str(-(-int(size) // WORKSPACE_ALIGN) * WORKSPACE_ALIGN)
        more = self.code.let(f"add i64 {size}, {WORKSPACE_ALIGN - 1}")
        return self.code.let(f"and i64 {more}, {-WORKSPACE_ALIGN}")

    def _heap(self, size: str) -> str:
        """An aligned address in a block that `finish` and `fail` free."""
        code = self.code
        with_slack = self._add(size, str(WORKSPACE_ALIGN))
        block = self.call("ptr", "PyMem_RawMalloc", f"i64 {with_slack}")
        code.do(f"store ptr {block}, ptr %heap")
        self.uses_heap = True
        code.require(code.let(f"icmp ne ptr {block}, null"), "no.memory")
        address = code.let(f"ptrtoint ptr {block} to i64")
        negated = code.let(f"sub i64 0, {address}")
        return code.offset(block, code.let(f"and i64 {negated}, {WORKSPACE_ALIGN - 1}"))

    def allocate(
        self,
        index: int,
        given: dict[int, tuple[str, str]],
        scratch: dict[int | str, str],
    ) -> str:
        """Pass memory for an output to the kernel; the result object if it has one
        already, else the address of the value on the stack.
        """
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
        dims = output.shape
        static = all(isinstance(n, int) for n in dims)
        large = not static or prod(cast("Any", dims)) >= blocks.LARGE
        own = large and blocks.limit() > 0
        rest = "ptr null, ptr null, i32 0, ptr null"
        if own:
            rest = f"i64 {np.dtype(output.dtype).itemsize}, ptr {self._near(output)}"
        value = self.call(
            "ptr",
            blocks.NAME if own else "PyArray_NewFromDescr",
            f"ptr {kind}, ptr {descr}, i32 {len(output.shape)},"
            f" ptr {self._dims(index)}, {rest}",
        )
        code.require(code.let(f"icmp ne ptr {value}, null"), "fail")
        code.do(f"store ptr {value}, ptr {slot}")
        return value

    def _near(self, output: Output) -> str:
        """Where an argument begins that is read while `output` is written."""
        inputs = self.signature.inputs
        same = [i for i in self.buffers if inputs[i].shape == output.shape]
        return next((self.buffers[i].data for i in (*same, *self.buffers)), "null")

    def _dims(self, index: int) -> str:
        dims = self.out_dims[index]
        if not self.signature.static:
            before = sum(map(len, self.out_dims[:index]))
            return self.code.offset("%out.dims", 8 * before)
        return self.constant(f"dims{index}", dims)

    def write_back(self, scratch: dict[int | str, str]) -> None:
        for i, output in enumerate(self.signature.outputs):
            if output.inout is not None and i in scratch:
                target = self.buffers[output.inout]
                self.call(
                    "ptr",
                    "memcpy",
                    f"ptr {target.data}, ptr {scratch[i]}, i64 {target.size}",
                )

    def box(self, index: int, value: str, given: dict[int, tuple[str, str]]) -> str:
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
