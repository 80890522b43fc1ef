"""The named pipelines: each arrow of the picture in the README is one row.

A pipeline is the same string that `rfx-opt -p` accepts, and its name is accepted there
too, alone or between passes. Pipelines are flat: they name passes, never pipelines.
"""

from __future__ import annotations

PIPELINES: dict[str, str] = {
    "simplify": "canonicalize,hoist,cse,dce",
    "to-fused": "canonicalize,hoist,cse,dce,fuse,cse",
    "to-loops": "lower-to-loops",
    "to-scalars": "integer-ranges,dead-fills,expand-math",
    "to-vectors": "divide-by-invariant,vectorize,promote-buffers,reduce-extrema,"
    "pipeline-rows,prefetch-rows,stream-stores",
    "to-gpu": "map-to-gpu",
    "to-nvvm": "lower-gpu-to-nvvm",
    "to-llvm": "lower-to-llvm",
    "cpu": "canonicalize,hoist,cse,dce,fuse,cse,lower-to-loops,integer-ranges,"
    "dead-fills,expand-math,divide-by-invariant,vectorize,promote-buffers,"
    "reduce-extrema,pipeline-rows,prefetch-rows,stream-stores,lower-to-llvm",
}
