"""LLVM IR text to machine code in this process, through one shared LLJIT.

    library = Library([compile_object(text)], ["saxpy"])
    library.address("saxpy")      # callable for as long as `library` lives

Code generation runs at level 2 and, by default, without any IR pass: the compiler above
emits vectors and canonical code itself, and skipping LLVM's pipeline saves two thirds
of the compile time at the same run time. Native entries are generated at level 0: they
run as fast, since their time goes into CPython and NumPy, and compile ten times faster.
llvmlite loads on first use, not on import. `RFX_JIT_CPU` names another CPU to generate
code for (`haswell` gives AVX2 code).
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What `RFX_JIT_CPU` may name and how wide its vectors are; LLVM cannot be asked.
_AVX512 = ("avx512", "x86-64-v4", "znver4", "znver5", "icelake", "cascadelake",
           "cooperlake", "rocketlake", "tigerlake", "rapids", "cannonlake")  # fmt: skip
_AVX = ("x86-64-v3", "znver", "haswell", "broadwell", "skylake", "avx2", "alderlake",
        "raptorlake", "arrowlake", "lunarlake", "sandybridge", "ivybridge")  # fmt: skip


@dataclass(frozen=True)
class Host:
    """The CPU that code is generated for."""

    cpu: str
    features: str
    """As LLVM writes them, `+avx2,-sse4a,…`; empty where the name says it all."""
    vector_bytes: int
    """Width of the widest vector registers: 64, 32 or 16."""


@functools.cache
def _llvm() -> Any:
    """llvmlite's binding; it has no types."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.initialize_native_asmparser()
    return binding


@functools.cache
def host() -> Host:
    """The CPU of this machine, or the one that `RFX_JIT_CPU` names."""
    if cpu := os.environ.get("RFX_JIT_CPU"):
        # Longest fact first: skylake-avx512 is not a skylake.
        wide = any(part in cpu for part in _AVX512)
        return Host(cpu, "", 64 if wide else 32 if cpu.startswith(_AVX) else 16)
    features = _llvm().get_host_cpu_features()
    width = 64 if features.get("avx512f") else 32 if features.get("avx") else 16
    return Host(_llvm().get_host_cpu_name(), features.flatten(), width)


def _target_machine(level: int) -> Any:
    binding = _llvm()
    # `pic` and the small code model: calls and loads are relative to the program
    # counter, so that the object code is the same in each process.
    return binding.Target.from_triple(
        binding.get_process_triple()
    ).create_target_machine(
        cpu=host().cpu,
        features=host().features,
        opt=level,
        reloc="pic",
        codemodel="default",
        jit=True,
    )


_machine = functools.cache(_target_machine)


@functools.cache
def _jit() -> Any:
    # LLJIT takes over the target machine it is given: it gets one of its own.
    return _llvm().create_lljit_compiler(_target_machine(2), use_jit_link=True)


def keep_compiler() -> Any:
    """What must live as long as any machine code."""
    return _jit()


_numbers = itertools.count()


class Library:
    """Loaded machine code; it is unloaded when the last reference to this is gone."""

    def __init__(
        self,
        objects: Iterable[bytes],
        symbols: Iterable[str],
        imports: Mapping[str, int] | None = None,
    ) -> None:
        builder = _llvm().JITLibraryBuilder().add_current_process()
        for symbol, address in (imports or {}).items():
            builder.import_symbol(symbol, address)
        for code in objects:
            builder.add_object_img(code)
        for symbol in symbols:
            builder.export_symbol(symbol)
        self._tracker = builder.link(_jit(), f"rfx{next(_numbers)}")

    def address(self, symbol: str) -> int:
        return self._tracker[symbol]


def _parse(text: str, passes: Iterable[str]) -> Any:
    binding = _llvm()
    module = binding.parse_assembly(text)
    if not (passes := tuple(passes)):
        return module
    builder = binding.create_pass_builder(
        _machine(2), binding.create_pipeline_tuning_options(speed_level=2)
    )
    if passes == ("O2",):
        manager = builder.getModulePassManager()
    else:
        manager = binding.create_new_module_pass_manager()
        for name in passes:
            add = getattr(manager, f"add_{name.replace('-', '_')}_pass", None)
            if add is None:
                raise ValueError(f"unknown LLVM pass '{name}'")
            add()
    manager.run(module, builder)
    return module


def compile_object(text: str, passes: Iterable[str] = (), level: int = 2) -> bytes:
    """The object file of a module of LLVM IR. It is relocatable: it may be kept, and
    loaded by another process.
    """
    code: bytes = _machine(level).emit_object(_parse(text, passes))
    return code


def assembly(text: str, passes: Iterable[str] = ()) -> str:
    """The assembly of a module of LLVM IR, for people to read."""
    machine = _machine(2)
    machine.set_asm_verbosity(True)
    return machine.emit_assembly(_parse(text, passes))
