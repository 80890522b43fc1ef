"""The passes, by name.

`PASSES` maps each pass name to `"module:Class"`: strings, so that importing this
package loads no pass. File, pass, class and test share one name:

    passes/fuse.py   `-p fuse`   FusePass   tests/filecheck/passes/fuse.mlir

(dashes in the pass name are underscores in the file name).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from xdsl.passes import ModulePass

PASSES: dict[str, str] = {
    "canonicalize": "rfxjit.passes.canonicalize:CanonicalizePass",
    "cse": "rfxjit.passes.cse:CsePass",
    "dead-fills": "rfxjit.passes.dead_fills:DeadFillsPass",
    "dce": "rfxjit.passes.dce:DcePass",
    "divide-by-invariant": "rfxjit.passes.divide_by_invariant:DivideByInvariantPass",
    "expand-math": "rfxjit.passes.expand_math:ExpandMathPass",
    "grad": "rfxjit.passes.grad:GradPass",
    "fuse": "rfxjit.passes.fuse:FusePass",
    "hoist": "rfxjit.passes.hoist:HoistPass",
    "integer-ranges": "rfxjit.passes.integer_ranges:IntegerRangesPass",
    "lower-to-loops": "rfxjit.passes.lower_to_loops:LowerToLoopsPass",
    "map-to-gpu": "rfxjit.passes.map_to_gpu:MapToGpuPass",
    "pipeline-rows": "rfxjit.passes.pipeline_rows:PipelineRowsPass",
    "prefetch-rows": "rfxjit.passes.prefetch_rows:PrefetchRowsPass",
    "promote-buffers": "rfxjit.passes.promote_buffers:PromoteBuffersPass",
    "reduce-extrema": "rfxjit.passes.reduce_extrema:ReduceExtremaPass",
    "stream-stores": "rfxjit.passes.stream_stores:StreamStoresPass",
    "vectorize": "rfxjit.passes.vectorize:VectorizePass",
    "lower-gpu-to-nvvm": "rfxjit.passes.lower_gpu_to_nvvm:LowerGpuToNvvmPass",
    "lower-to-llvm": "rfxjit.passes.lower_to_llvm:LowerToLlvmPass",
}


def load_pass(name: str) -> type[ModulePass]:
    """The class of the pass called `name`, importing its module on first use."""
    module, _, cls = PASSES[name].partition(":")
    return cast("type[ModulePass]", getattr(import_module(module), cls))
