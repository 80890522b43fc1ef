"""Make programs simpler without changing what they compute, bit by bit.

    %c = rfx.constant dense<2.0> : tensor<f32>
    %d = rfx.mul %c, %c : tensor<f32>
    %e = rfx.broadcast %d dims [] [4] : ...       %e = rfx.constant dense<0.25> : ...
    %0 = rfx.div %x, %e : tensor<4xf32>      ->   %0 = rfx.mul %x, %e : tensor<4xf32>
    %1 = rfx.neg %0 : tensor<4xf32>               func.return %0 : tensor<4xf32>
    %2 = rfx.neg %1 : tensor<4xf32>
    func.return %2 : tensor<4xf32>

The rules are in four files: `canonicalize_fold.py` computes what is constant,
`canonicalize_structure.py` undoes data movement, `canonicalize_control.py` drops what
branches and loops carry for nothing, `canonicalize_algebra.py` knows the
identities of arithmetic that IEEE 754 and wrap-around allow, on tensors and on the
scalars of a map alike. What is only true of real numbers (`x*0`, `x-x`, `x/x`,
`x+0.0`, other groupings) needs `canonicalize{fastmath=true}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from rfxjit.passes import (
    canonicalize_algebra,
    canonicalize_control,
    canonicalize_fold,
    canonicalize_structure,
)
from rfxjit.passes.rewriting import Rewriter, Rule, Rules


@cache
def rules(fastmath: bool) -> Rules:
    """All rules by op class: folds first, then the identities."""
    parts = [
        canonicalize_fold.RULES,
        canonicalize_structure.RULES,
        canonicalize_algebra.RULES,
        canonicalize_control.RULES,
    ]
    if fastmath:
        parts.append(canonicalize_algebra.FAST)
    merged: dict[type[Operation], tuple[Rule, ...]] = {}
    for part in parts:
        for cls, those in part.items():
            merged[cls] = (*merged.get(cls, ()), *those)
    return merged


@dataclass(frozen=True)
class CanonicalizePass(ModulePass):
    """See the module's docstring."""

    name = "canonicalize"
    fastmath: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        Rewriter(rules(self.fastmath)).run(op)
