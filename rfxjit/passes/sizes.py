"""The sizes of tensors as values, without the tensors.

`Sizes` walks the ops of a fused-level block and works out the dims of every tensor
from those of the arguments, emitting index arithmetic where they are dynamic. The
lowering to loops uses it with `memref.dim` of the arguments, the shapes function with
the numbers that its caller passes.

Sizes are known before anything runs: those of a tensor that a loop carries are those
that it starts with, and the sides of a branch give tensors of the same sizes. So sizes
of tensors inside of branches and loops are worked out in front of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, TensorType
from xdsl.dialects.tensor import DimOp
from xdsl.ir import Attribute, Operation, Region, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import dtype_of, index, make, shape_of
from rfxjit.dialects.map_ops import LoopNest
from rfxjit.passes.emit import Emit

Dim = int | SSAValue


def _is_inside(value: SSAValue) -> bool:
    """Whether a value is made inside of a branch or a loop."""
    owner = value.owner if isinstance(value.owner, Operation) else (
        value.owner.parent_op())  # fmt: skip
    return owner is not None and not isinstance(owner.parent_op(), func.FuncOp)


class Sizes:
    """Dims of tensors, and the index values of the old function in the new one."""

    def __init__(
        self, emit: Emit, argument_dim: Callable[[SSAValue, int], SSAValue]
    ) -> None:
        self.emit = emit
        self.argument_dim = argument_dim
        self.dims: dict[SSAValue, list[Dim]] = {}
        self.indices: dict[SSAValue, Dim] = {}

    def of(self, value: SSAValue) -> list[Dim]:
        """The dims of a tensor."""
        if value not in self.dims:
            self.dims[value] = [
                self.argument_dim(value, d) if n == DYNAMIC_INDEX else n
                for d, n in enumerate(shape_of(value.type))
            ]
        return self.dims[value]

    def index(self, value: SSAValue) -> Dim:
        """What an index value of the old function is here.

        Raises UnsupportedError for what is known only when the function runs.
        """
        if value not in self.indices:
            owner = value.owner if isinstance(value.owner, Operation) else (
                cast("Operation", value.owner.parent_op()))  # fmt: skip
            raise UnsupportedError("a size depends on a value that is computed", owner)
        return self.indices[value]

    def value(self, dim: Dim) -> SSAValue:
        """A dim as an index value."""
        return self.emit.const(dim, index) if isinstance(dim, int) else dim

    def add(self, a: Dim, b: Dim) -> Dim:
        """`a + b`, folded where possible."""
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if b == 0:
            return a
        return b if a == 0 else self.emit.add(self.value(a), self.value(b))

    def mul(self, a: Dim, b: Dim) -> Dim:
        """`a * b`, folded where possible."""
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if b == 1:
            return a
        return b if a == 1 else self.emit.mul(self.value(a), self.value(b))

    def bytes(self, value: SSAValue, alignment: int) -> Dim:
        """The bytes of a tensor in memory, rounded up to the alignment."""
        total: Dim = dtype_of(value.type).itemsize
        for dim in self.of(value):
            total = self.mul(total, dim)
        if isinstance(total, int):
            return -(-total // alignment) * alignment
        if _is_inside(value):
            # A branch that is not taken may speak of sizes below 0.
            total = self.emit.max(total, 0)
        padded = self.emit.add(total, alignment - 1)
        return self.emit.and_(padded, -alignment)

    def learn(self, op: Operation) -> None:
        """Work out the sizes of what `op` gives, and of all tensors inside."""
        if op.results and all(r in self.dims or r in self.indices for r in op.results):
            return
        match op:
            case scf.ForOp():
                self._carried(op.iter_args, (op.body.block.args[1:], op.results))
                self._inside(op.body)
            case scf.WhileOp():
                before, after = op.before_region, op.after_region
                self._carried(op.arguments, (before.block.args,))
                self._inside(before)
                condition = cast("scf.ConditionOp", before.block.last_op)
                self._carried(condition.args, (after.block.args, op.results))
                self._inside(after)
            case scf.IfOp():
                for region in op.regions:
                    self._inside(region)
                if op.results:
                    end = cast("Operation", op.true_region.block.last_op)
                    self._carried(end.operands, (op.results,))
            case LoopNest():
                space = self.mixed(op.shape, op.sizes)
                for value, map_ in zip(op.outputs, op.out_maps, strict=True):
                    self.dims[value] = [space[loop] for loop in map_]
            case DimOp():
                constant = cast("arith.ConstantOp", op.index.owner)
                d = cast("IntegerAttr", constant.value).value.data
                self.indices[op.result] = self.of(op.source)[d]
            case arith.ConstantOp():
                if op.result.type == index:
                    number = cast("IntegerAttr", op.value).value.data
                    self.indices[op.result] = number
            case rfx.ConcatenateOp():
                dims = list(self.of(op.inputs[0]))
                d = op.dim.value.data
                for other in op.inputs[1:]:
                    dims[d] = self.add(dims[d], self.of(other)[d])
                self.dims[op.result] = dims
            case rfx.PadOp():
                both = zip(rfx.ints(op.low), rfx.ints(op.high), strict=True)
                self.dims[op.result] = [
                    self.add(n, a + b)
                    for n, (a, b) in zip(self.of(op.input), both, strict=True)
                ]
            case rfx.GatherOp():
                dims = rfx.ints(op.dims)
                rest = [n for d, n in enumerate(self.of(op.input)) if d not in dims]
                self.dims[op.result] = [*self.of(op.indices[0]), *rest]
            case (
                rfx.ScatterOp() | rfx.DynamicUpdateSliceOp() | rfx.UpdateSliceOp()
                | rfx.ScanOp()
            ):  # fmt: skip
                self.dims[op.result] = self.of(op.input)
            case rfx.DotGeneralOp():
                a, b = self.of(op.lhs), self.of(op.rhs)
                batch = rfx.ints(op.lhs_batch)
                used = (*batch, *rfx.ints(op.lhs_contract))
                used_b = (*rfx.ints(op.rhs_batch), *rfx.ints(op.rhs_contract))
                self.dims[op.result] = [
                    *(a[d] for d in batch),
                    *(n for d, n in enumerate(a) if d not in used),
                    *(n for d, n in enumerate(b) if d not in used_b),
                ]
            case rfx.ReshapeOp() | rfx.SliceOp() | rfx.CorrelateOp():
                self.dims[op.result] = self.mixed(rfx.ints(op.static_sizes), op.sizes)
            case _ if op.results and op.results[0].type == index:
                self._arithmetic(op)
            case _:
                pass  # All other results are static.

    def mixed(self, static: Sequence[int], dynamic: Sequence[SSAValue]) -> list[Dim]:
        """A list of sizes that mixes integers and index values."""
        rest = iter(dynamic)
        return [self.index(next(rest)) if n == DYNAMIC_INDEX else n for n in static]

    def _inside(self, region: Region) -> None:
        for block in region.blocks:
            for op in block.ops:
                self.learn(op)

    def _carried(
        self, given: Sequence[SSAValue], lists: Sequence[Sequence[SSAValue]]
    ) -> None:
        """What control flow hands on has the sizes that it is given with."""
        for values in lists:
            for value, new in zip(given, values, strict=True):
                if isinstance(value.type, TensorType):
                    self.dims[new] = self.of(value)

    def _arithmetic(self, op: Operation) -> None:
        if any(v not in self.indices for v in op.operands):
            return  # It is no size.
        operands = [self.value(self.index(v)) for v in op.operands]
        properties: dict[str, Attribute] = dict(op.properties)
        # Sizes are never negative: the unsigned division, which rounds down, too.
        cls = arith.DivUIOp if isinstance(op, arith.FloorDivSIOp) else type(op)
        new = make(cls, operands, (index,), self.emit.location, properties)
        self.emit.block.add_op(new)
        self.indices[op.results[0]] = new.results[0]
