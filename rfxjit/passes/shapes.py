"""Which dynamic dims of a program are known to be the same size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects import scf
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.dialects.tensor import DimOp
from xdsl.ir import Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import shape_of
from rfxjit.dialects.map_ops import LoopNest
from rfxjit.passes.handed_on import handed_on

ELEMENTS = (Elementwise, rfx.ConvertOp)


class Shapes:
    """Which dynamic dims are known to be the same size: union-find on (value, dim)."""

    def __init__(self) -> None:
        self.parents: dict[tuple[SSAValue, int], tuple[SSAValue, int]] = {}

    def find(self, dim: tuple[SSAValue, int]) -> tuple[SSAValue, int]:
        while (parent := self.parents.get(dim, dim)) != dim:
            dim = parent
        return dim

    def same(self, a: tuple[SSAValue, int], b: tuple[SSAValue, int]) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            # Arguments come first, so that sizes are read from them where possible.
            self.parents[b] = a

    def key(self, value: SSAValue) -> tuple[Any, ...]:
        return tuple(
            self.find((value, i)) if n == DYNAMIC_INDEX else n
            for i, n in enumerate(shape_of(value.type))
        )

    def learn(self, op: Operation) -> None:
        """Record what `op` says about sizes."""
        if isinstance(op, ELEMENTS):
            for i, n in enumerate(shape_of(op.results[0].type)):
                for value in op.operands if n == DYNAMIC_INDEX else ():
                    self.same((value, i), (op.results[0], i))
        elif isinstance(op, rfx.BroadcastOp):
            for i, d in enumerate(rfx.ints(op.dims)):
                self.same((op.input, i), (op.result, d))
        elif isinstance(op, rfx.TransposeOp):
            for i, p in enumerate(rfx.ints(op.perm)):
                self.same((op.input, p), (op.result, i))
        elif isinstance(op, rfx.ReduceOp):
            dims = rfx.ints(op.dims)
            kept = [d for d in range(len(shape_of(op.input.type))) if d not in dims]
            for i, d in enumerate(kept):
                self.same((op.input, d), (op.result, i))
        elif isinstance(op, LoopNest):
            first: dict[int, tuple[SSAValue, int]] = {}
            maps = (*op.maps, *op.out_maps)
            for value, map_ in zip((*op.inputs, *op.outputs), maps, strict=True):
                for i, loop in enumerate(map_):
                    self.same(first.setdefault(loop, (value, i)), (value, i))
        elif isinstance(op, (scf.IfOp, scf.ForOp, scf.WhileOp)):
            for given, taken in handed_on(op):
                start, *others = (*given, *taken)
                for value in others:
                    for i in range(len(shape_of(value.type))):
                        self.same((start, i), (value, i))
        sizes: Sequence[SSAValue] = getattr(op, "sizes", ())
        dynamic = iter(sizes)
        if sizes and not isinstance(op, LoopNest):
            for i, n in enumerate(shape_of(op.results[0].type)):
                if n == DYNAMIC_INDEX:
                    size = next(dynamic)
                    if isinstance(size.owner, DimOp):
                        self.same(_dim_of(size.owner), (op.results[0], i))


def _dim_of(op: DimOp) -> tuple[SSAValue, int]:
    constant = cast("Any", op.index.owner).value
    return op.source, constant.value.data


__all__ = ["ELEMENTS", "Shapes"]
