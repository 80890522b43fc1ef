"""Run the nvvm level on the CPU: the very LLVM IR that becomes PTX, without a GPU.

    Emulator(cc, folder).run(module, "f", inputs)  ->  results

The kernels are compiled for this CPU after a few words of their IR are replaced: memory
spaces go, and special registers and the barrier become calls into a small C program. It
runs the threads of a block as coroutines, one block after the other, in either order;
results that depend on the order show a missing barrier. A barrier that only some of the
threads reach is an error. The host function is run by the interpreter.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from xdsl.dialects import gpu, llvm
from xdsl.dialects.builtin import MemRefType, ModuleOp

from rfxjit.dialects.ir import DYNAMIC_INDEX, dtype_of, shape_of
from rfxjit.interpreter import loops, run_loops
from rfxjit.runtime.cpu import Library, compile_object
from rfxjit.targets.llvm_ir import type_text
from rfxjit.targets.ptx import kernels_llvm_ir

MOST_THREADS = 256
SCHEDULER = r"""
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>
enum { THREADS = 256, STACK = 1 << 16 };
static ucontext_t scheduler, contexts[THREADS];
static char *stacks, done[THREADS];
static int32_t current, block;
static void (*kernel)(void **);
static void **arguments;

int32_t emu_tid(void) { return current; }
int32_t emu_ctaid(void) { return block; }
void emu_barrier(int32_t which)
{
    (void)which;
    swapcontext(&contexts[current], &scheduler);
}
static void thread(void)
{
    kernel(arguments);
    done[current] = 1;
}
int emu_launch(void (*entry)(void **), void **given, int blocks, int threads, int up)
{
    if (stacks == NULL)
        stacks = malloc((size_t)THREADS * STACK);
    kernel = entry;
    arguments = given;
    for (int b = 0; b < blocks; b++) {
        int finished = 0;
        block = up ? b : blocks - 1 - b;
        for (int t = 0; t < threads; t++) {
            done[t] = 0;
            getcontext(&contexts[t]);
            contexts[t].uc_stack.ss_sp = stacks + (size_t)t * STACK;
            contexts[t].uc_stack.ss_size = STACK;
            contexts[t].uc_link = &scheduler;
            makecontext(&contexts[t], thread, 0);
        }
        while (finished == 0) {
            for (int t = 0; t < threads; t++) {
                current = up ? t : threads - 1 - t;
                swapcontext(&scheduler, &contexts[current]);
                finished += done[current];
            }
            if (finished != 0 && finished != threads)
                return 1;
        }
    }
    return 0;
}
"""
RENAMED = {
    "ptx_kernel ": "",
    " addrspace(1)": "",
    " addrspace(3)": "",
    "@llvm.nvvm.read.ptx.sreg.tid.x": "@emu_tid",
    "@llvm.nvvm.read.ptx.sreg.ctaid.x": "@emu_ctaid",
    "@llvm.nvvm.barrier.cta.sync.aligned.all": "@emu_barrier",
}


def _trampoline(kernel: llvm.FuncOp) -> str:
    """`@emu_f(ptr %args)`, which calls `@f` with what the pointers point to."""
    lines, arguments = [], []
    for i, type_ in enumerate(map(type_text, kernel.function_type.inputs)):
        plain = type_.partition(" ")[0]
        lines += [
            f"  %p{i} = getelementptr ptr, ptr %args, i64 {i}",
            f"  %q{i} = load ptr, ptr %p{i}",
            f"  %a{i} = load {plain}, ptr %q{i}",
        ]
        arguments.append(f"{plain} %a{i}")
    name = kernel.sym_name.data
    lines += [f"  call void @{name}({', '.join(arguments)})", "  ret void"]
    return "\n".join((f"define void @emu_{name}(ptr %args) {{", *lines, "}\n"))


class Emulator:
    """A GPU of one block at a time."""

    def __init__(self, cc: str, folder: Path) -> None:
        source, library = folder / "scheduler.c", folder / "scheduler.so"
        source.write_text(SCHEDULER)
        command = [cc, "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
        subprocess.run([*command, str(source), "-o", str(library)], check=True)
        self.scheduler = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        self.up = True
        self.library: Any = None

    def run(
        self, module: ModuleOp, name: str, inputs: Sequence[Any], *, up: bool = True
    ) -> list[Any]:
        """The results of a host function."""
        entries = [
            op
            for op in module.walk()
            if isinstance(op, llvm.FuncOp) and "nvvm.kernel" in op.attributes
        ]
        text = kernels_llvm_ir(module)
        for old, new in RENAMED.items():
            text = text.replace(old, new)
        assert not re.search(r"nvvm\.(?!reqntid)|addrspace", text)
        text += "".join(map(_trampoline, entries))
        symbols = [f"emu_{k.sym_name.data}" for k in entries]
        self.library, self.up = Library([compile_object(text)], symbols), up
        with patch.dict(loops._SPECIAL, {gpu.LaunchFuncOp: self.launch}):
            return run_loops(module, name, inputs)

    def launch(self, frame: Any, op: gpu.LaunchFuncOp) -> None:
        sizes = [int(frame.values[v]) for v in op.operands[:6]]
        blocks, threads = sizes[0], sizes[3]
        assert sizes[1:3] == sizes[4:6] == [1, 1]
        assert blocks > 0, "CUDA refuses a launch of no blocks"
        assert 0 < threads <= MOST_THREADS
        cells: list[Any] = []
        for value in op.kernelOperands:
            given, type_ = frame.values[value], value.type
            if isinstance(type_, MemRefType):
                assert given.flags.c_contiguous
                pairs = zip(given.shape, shape_of(type_), strict=True)
                cells.append(np.array(given.ctypes.data))
                cells += [np.array(n) for n, m in pairs if m == DYNAMIC_INDEX]
            else:
                cells.append(np.array(given, dtype_of(type_)))
        pointers = (ctypes.c_void_p * len(cells))(*(c.ctypes.data for c in cells))
        name = op.kernel.nested_references.data[0].data
        entry = ctypes.c_void_p(self.library.address(f"emu_{name}"))
        failed = self.scheduler.emu_launch(
            entry, pointers, blocks, threads, int(self.up)
        )
        assert not failed, f"a barrier of {name} is not reached by all threads"
