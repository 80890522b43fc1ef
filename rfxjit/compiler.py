"""From an rfx module to artefacts: texts of each level, and units that can be called.

    compile_module(module, signature, options)  ->  Unit
    text(module, "loops")                       ->  str

The levels are the boxes of the picture in the README; each is reached from the one
before by a pipeline of `passes/pipelines.py`, so that `rfx-opt` does the same on text.
With `RFX_JIT_VERIFY=1` the verifier runs after every pass.
"""

from __future__ import annotations

import functools
import math
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import IntegerAttr, ModuleOp
from xdsl.printer import Printer
from xdsl.utils.arg_spec import parse_pipeline

from rfxjit.dialects import register_dialects
from rfxjit.dialects.diagnostics import verify
from rfxjit.dialects.loop_facts import POLL
from rfxjit.errors import BackendError
from rfxjit.passes import load_pass
from rfxjit.passes.pipelines import PIPELINES
from rfxjit.passes.work import estimate
from rfxjit.passes.written import mark_written
from rfxjit.runtime.unit import Options, Unit
from rfxjit.targets import load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xdsl.passes import ModulePass

    from rfxjit.signature import Signature

LEVELS: dict[str, tuple[str, ...]] = {
    "rfx": (),
    "fused": ("to-fused",),
    "loops": ("to-fused", "to-loops"),
    "scalars": ("to-fused", "to-loops", "to-scalars"),
    "vectors": ("to-fused", "to-loops", "to-scalars", "to-vectors"),
    "gpu": ("to-fused", "to-loops", "to-scalars", "to-gpu"),
    "nvvm": ("to-fused", "to-loops", "to-scalars", "to-gpu", "to-nvvm"),
    "llvm": ("to-fused", "to-loops", "to-scalars", "to-vectors", "to-llvm"),
}
"""The levels that are IR, and the pipelines that lead there."""

TARGET_LEVELS = {"llvm-ir": "llvm", "c": "scalars", "msl": "gpu", "ptx": "nvvm"}
"""What is printed from a level by a target of that name."""


_ALGEBRA = frozenset({"nnan", "ninf", "nsz", "reassoc"})
"""What the algebra of real numbers needs of `fastmath`."""
_AVX512_BYTES = 64
"""CPUs with vector registers of this width have masked loads and stores."""


def context() -> Context:
    """A context that knows all our dialects, each loaded when it is used."""
    ctx = Context()
    register_dialects(ctx)
    return ctx


@functools.cache
def _passes(pipeline: str) -> tuple[ModulePass, ...]:
    # A millisecond per compilation, most of it in the types of options.
    specs = parse_pipeline(pipeline)
    return tuple(load_pass(spec.name).from_spec(spec) for spec in specs)


@functools.cache
def load_passes(pipeline: str) -> None:
    """Import the passes of a pipeline, and what prints its result, all at once."""
    for spec in parse_pipeline(PIPELINES[pipeline]):
        load_pass(spec.name)
    load_target("llvm-ir")


def run_passes(module: ModuleOp, pipeline: str, ctx: Context | None = None) -> None:
    """Run a pipeline in place: its name, or passes as in `cse,vectorize{bytes=32}`."""
    ctx = ctx or context()
    checked = os.environ.get("RFX_JIT_VERIFY") == "1"
    for pass_ in _passes(PIPELINES.get(pipeline, pipeline)):
        pass_.apply(ctx, module)
        if checked:
            verify(module)


def lower(module: ModuleOp, level: str, start: str = "rfx") -> ModuleOp:
    """A copy of a module that is at the level `start`, lowered to `level`.

    Raises ValueError for an unknown level, naming those that exist, and for one that
    `start` does not lead to.
    """
    if level not in LEVELS:
        known = ", ".join((*LEVELS, *TARGET_LEVELS, "asm"))
        raise ValueError(f"unknown level {level!r}; the levels are {known}")
    done = LEVELS[start]
    if LEVELS[level][: len(done)] != done:
        raise ValueError(f"the program is at the {start} level: {level} is not below")
    result = module.clone()
    for pipeline in LEVELS[level][len(done) :]:
        run_passes(result, pipeline)
    return result


def text(module: ModuleOp, level: str, start: str = "rfx") -> str:
    """The text of a module, which is at the level `start`, at any level or target.

    Raises ValueError for an unknown level, naming those that exist.
    """
    stream = StringIO()
    if level == "asm":
        from rfxjit.runtime.cpu import assembly

        return assembly(*_native_ir(*_to_loops(module, start)))
    if level not in TARGET_LEVELS:
        Printer(stream).print_op(lower(module, level, start))
        return f"{stream.getvalue()}\n"
    target = load_target(level)()
    target.emit(context(), lower(module, TARGET_LEVELS[level], start), stream)
    return stream.getvalue()


def _to_loops(module: ModuleOp, start: str) -> tuple[ModuleOp, str]:
    """A copy of a module at the loops level, or as it is if it is below; the level."""
    if start in ("rfx", "fused"):
        return lower(module, "loops", start), "loops"
    return module.clone(), start


SUFFIXES = {".ll": "llvm-ir", ".s": "asm", ".c": "c", ".metal": "msl", ".ptx": "ptx"}
"""What is written to a file whose name ends so; `.o` and `.so` are machine code."""


def export(module: ModuleOp, path: str | os.PathLike[str], start: str = "rfx") -> None:
    """Write a module at the level `start` to a file, as code of the suffix's kind.

    Raises ValueError for a suffix that is not known, BackendError where a shared
    library is wanted and no C compiler is there to link it.
    """
    file = Path(path)
    if (level := SUFFIXES.get(file.suffix)) is not None:
        file.write_text(text(module, level, start), encoding="utf-8")
        return
    if file.suffix not in (".o", ".so"):
        known = ", ".join((".mlir", *SUFFIXES, ".o", ".so"))
        raise ValueError(f"cannot export to '{file.name}': the suffixes are {known}")
    from rfxjit.runtime.cpu import compile_object

    code = compile_object(*_native_ir(*_to_loops(module, start)))
    if file.suffix == ".o":
        file.write_bytes(code)
        return
    import shutil
    import subprocess
    import tempfile

    linker = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if linker is None:
        raise BackendError(
            "a shared library needs a C compiler to link it, and none was found",
            hint="install one, or export an object file (.o)",
        )
    with tempfile.TemporaryDirectory() as folder:
        unlinked = Path(folder) / "unit.o"
        unlinked.write_bytes(code)
        command = [linker, "-shared", "-o", str(file), str(unlinked), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a linker, on a file of ours
    if done.returncode:
        raise BackendError(f"{linker} cannot link {file.name}: {done.stderr.strip()}")


def compile_module(
    module: ModuleOp, signature: Signature, options: Options, level: str = "rfx"
) -> Unit:
    """Compile a module at any level down to vectors; its function has the signature's
    name.

    The module is consumed. `signature.extent` and `workspace` are filled in here.
    """
    if options.backend == "interpreter":
        if level not in ("rfx", "fused"):
            raise BackendError(
                f"the interpreter does not run programs of level {level}"
            )
        return Unit(signature, run=_interpreted(module, signature))
    if level in ("rfx", "fused"):
        # What comes fused may have been split by hand: it is not fused again.
        simplify = PIPELINES["to-fused" if level == "rfx" else "simplify"]
        if options.fastmath is True or (options.fastmath or frozenset()) >= _ALGEBRA:
            simplify = simplify.replace("canonicalize", "canonicalize{fastmath=true}")
        run_passes(module, simplify)
        signature = _in_place(module, signature)
        run_passes(module, "to-loops")
    signature = _with_loop_facts(module, signature)
    from rfxjit.runtime.capi import supported

    llvm_ir, passes = _native_ir(module, level, poll=supported())
    return Unit(signature, llvm_ir=llvm_ir, passes=passes)


_TIDY = (
    "sroa",
    "instruction-combine",
    "jump-threading",
    "simplify-cfg",
    "instruction-combine",
)
"""LLVM's passes for loops around nests, whose indices are checked again and again.

Nests come out of `vectorize` as they are to be; without any pass compiling takes a
third of the time. But an insertion sort of 1000 takes 2.9 ms, and 0.5 ms with these.
"""


def _native_ir(
    module: ModuleOp, level: str = "loops", *, poll: bool = False
) -> tuple[str, tuple[str, ...]]:
    """LLVM IR for this machine from the loops level, or one below, and the passes that
    it wants; the module is consumed. With `poll` it asks the runtime for signals, in
    loops that may be long.
    """
    from rfxjit.passes.loops import outside_of_nests
    from rfxjit.runtime.cpu import host
    from rfxjit.targets.llvm_ir import print_llvm_ir

    outside = any(POLL in op.attributes for op in outside_of_nests(module))
    width = host().vector_bytes
    wide = str(width == _AVX512_BYTES).lower()
    vectorize = f"vectorize{{bytes={width} masked={wide}}}"
    vectors = PIPELINES["to-vectors"].replace("vectorize", vectorize)
    expand = f"expand-math{{ldexp={wide}}}"
    scalars = PIPELINES["to-scalars"].replace("expand-math", expand)
    last = f"lower-to-llvm{{poll={str(poll).lower()} masked={wide}}}"
    steps = {last} if level == "vectors" else {scalars, vectors, last}
    for pipeline in (scalars, vectors, last):
        if pipeline in steps:
            run_passes(module, pipeline)
    return print_llvm_ir(module), _TIDY if outside else ()


def _function(module: ModuleOp, signature: Signature) -> func.FuncOp:
    for op in module.body.block.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == signature.name:
            return op
    raise ValueError(f"the module has no function {signature.name!r}")


def _in_place(module: ModuleOp, signature: Signature) -> Signature:
    """Let arguments be written where they are, if nothing can go wrong half way."""
    pairs = {o.inout: k for k, o in enumerate(signature.outputs) if o.inout is not None}
    if not (pairs and mark_written(_function(module, signature), pairs)):
        return signature
    outputs = (replace(o, in_place=o.inout is not None) for o in signature.outputs)
    return replace(signature, outputs=tuple(outputs))


def _with_loop_facts(module: ModuleOp, signature: Signature) -> Signature:
    """The signature with what the loops level says about splitting and scratch."""
    function = _function(module, signature)
    facts = [
        cast("IntegerAttr[Any]", function.attributes[f"rfx.{name}"]).value.data
        for name in ("extent", "workspace")
    ]
    extent, workspace = (None if fact < 0 else fact for fact in facts)
    signature = replace(signature, extent=extent, workspace=workspace)
    work = estimate(function)
    if signature.static and extent is not None:
        return replace(signature, work=round(work * extent))
    return replace(signature, work=math.ceil(work))


def _interpreted(
    module: ModuleOp, signature: Signature
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    from rfxjit.interpreter import StatusError, run

    def interpreted(inputs: Sequence[Any]) -> Sequence[Any]:
        try:
            results = run(module, signature.name, inputs)
        except StatusError as error:
            failure = signature.failures[error.code - 1]
            raise failure.exception(failure.message) from None
        # They can be inputs, or views of them, which are written to afterwards.
        return [np.array(v) for v in results]

    return interpreted
