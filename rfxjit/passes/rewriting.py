"""The pattern driver of the passes that stay on one level.

    RULES: Rules = {rfx.ConvertOp: (same_dtype, twice)}
    Rewriter(RULES).run(module)

A rule looks at one op, whose class chose it, and gives the value that replaces the
op's result (a list of values if there are several), or None. New ops come from
`Rewriter.new`, which puts them in front of the op and gives them its location, so no
rule can lose one:

    def same_dtype(op, rewriter):
        # convert(x : T to T) = x
        return op.operands[0] if op.operands[0].type == op.results[0].type else None

One worklist holds the ops still to be looked at, first to last. What a rewrite touches
goes back on it: the new ops, the users of the result, and the producers that may have
lost their last use. Dead pure ops are erased on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, TensorType
from xdsl.dialects.tensor import DimOp as TensorDimOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.traits import IsTerminator, Pure

from rfxjit.dialects import rfx
from rfxjit.dialects.dense_text import from_array
from rfxjit.dialects.ir import (
    dtype_of,
    element_type,
    index,
    integer_attr,
    make,
    scalar_attr,
    shape_of,
    walked,
)
from rfxjit.dialects.map_ops import MapOp, MapReduceOp
from rfxjit.dialects.op_parts import int_list

Replacement = SSAValue | Sequence[SSAValue | None] | None
"""A value, or one for each result (None for those that nobody uses)."""
Rule = Callable[[Any, "Rewriter"], Replacement]
Rules = Mapping[type[Operation], Sequence[Rule]]

_ENDING = (scf.IfOp, scf.ForOp, MapOp, MapReduceOp)
"""Ops with regions that always end; a `scf.while` may be there to run for ever."""

SIZED = (rfx.FullOp, rfx.IotaOp, rfx.BroadcastOp, rfx.ReshapeOp, rfx.SliceOp,
         rfx.CorrelateOp)  # fmt: skip
"""Ops whose `sizes` are the dynamic sizes of their result."""


@cache
def _ends_block(cls: type[Operation]) -> bool:
    return cls.has_trait(IsTerminator)


@cache
def _plain(cls: type[Operation]) -> bool:
    # xDSL's tensor.dim is not Pure, since a dim that is not there is undefined.
    return cls is TensorDimOp or cls.has_trait(Pure) or _ends_block(cls)


def is_pure(op: Operation, *, ends: bool = False) -> bool:
    """Whether all `op` does is to compute its results, in finite time.

    `ends` says that the latter is known.
    """
    if not op.regions:
        return _plain(type(op))
    return (isinstance(op, _ENDING) or (ends and isinstance(op, scf.WhileOp))) and all(
        is_pure(inner, ends=ends)
        for region in op.regions
        for block in region.blocks
        for inner in block.ops
    )


def is_terminator(op: Operation) -> bool:
    """Whether a block ends with `op`."""
    return _ends_block(type(op))


def is_dead(op: Operation, *, ends: bool = False) -> bool:
    """Whether nobody would miss `op`; `ends` as in `is_pure`."""
    for result in op.results:
        if result.first_use is not None:
            return False
    return is_pure(op, ends=ends) and not is_terminator(op)


class Rewriter:
    """Runs rules over all ops inside of an op until none applies."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._todo: list[Operation] = []
        self._queued: set[Operation] = set()
        self._op: Operation | None = None

    def run(self, root: Operation) -> bool:
        """Rewrite; whether anything changed."""
        changed = False
        for op in reversed(walked(root)):
            if op is not root:
                self._push(op)
        while self._todo:
            op = self._todo.pop()
            self._queued.discard(op)
            if op.parent is None:
                continue
            if is_dead(op):
                self._erase(op)
                changed = True
                continue
            self._op = op
            for rule in self._rules.get(type(op), ()):
                value = rule(op, self)
                if value is not None:
                    self._replace(op, value)
                    changed = True
                    break
        return changed

    def new(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        **properties: Attribute,
    ) -> SSAValue:
        """A new op with one result, in front of the op at hand."""
        op = self._op
        assert op is not None
        block = op.parent
        assert isinstance(block, Block)
        built = make(cls, operands, (type_,), op.location, properties)
        block.insert_op_before(built, op)
        self._push(built)
        return built.results[0]

    def insert(self, built: Operation) -> None:
        """Put a finished op in front of the op at hand."""
        op = self._op
        assert op is not None
        block = op.parent
        assert isinstance(block, Block)
        block.insert_op_before(built, op)
        for inner in built.walk():
            self._push(inner)

    def index_constant(self, value: int) -> SSAValue:
        """An index constant."""
        return self.new(arith.ConstantOp, (), index, value=integer_attr(value, index))

    def sizes(self, x: SSAValue) -> list[SSAValue]:
        """The dynamic sizes of a tensor, as index values."""
        if isinstance(x.owner, SIZED):
            return list(x.owner.sizes)
        return [
            self.new(TensorDimOp, (x, self.index_constant(d)), index)
            for d, n in enumerate(shape_of(x.type))
            if n == DYNAMIC_INDEX
        ]

    def constant(self, value: np.ndarray[Any, Any], type_: Attribute) -> SSAValue:
        """A constant of a static type; of one number for all elements if rank 0."""
        value = np.asarray(value).astype(dtype_of(type_), copy=False)
        if isinstance(type_, IndexType):
            return self.index_constant(int(value))
        if isinstance(type_, TensorType):
            type_ = cast("TensorType[Any]", type_)
            shape = shape_of(type_)
            if value.size != 1 or 0 in shape:  # One number is written once.
                value = np.broadcast_to(value, shape)
            return self.new(rfx.ConstantOp, (), type_, value=from_array(value, type_))
        number = scalar_attr(value[()], type_)
        return self.new(rfx.ConstantOp, (), type_, value=number)

    def splat(self, value: Any, type_: Attribute, like: SSAValue) -> SSAValue:
        """One number everywhere, in `type_`; `like` has its dynamic sizes."""
        shape = shape_of(type_)
        if DYNAMIC_INDEX not in shape:
            return self.constant(np.asarray(value), type_)
        element = element_type(type_)
        number = np.asarray(value).astype(dtype_of(element))[()]
        return self.new(
            rfx.FullOp,
            self.sizes(like),
            type_,
            value=scalar_attr(number, element),
            static_sizes=int_list(shape),
        )

    def _push(self, op: Operation) -> None:
        if op not in self._queued:
            self._queued.add(op)
            self._todo.append(op)

    def _replace(self, op: Operation, new: Replacement) -> None:
        values = [new] if isinstance(new, SSAValue) else new or ()
        for result, value in zip(op.results, values, strict=True):
            if value is None:
                continue
            for use in result.uses:
                self._push(use.operation)
            if value.name_hint is None:
                value.name_hint = result.name_hint
            result.replace_all_uses_with(value)
        self._erase(op)

    def _erase(self, op: Operation) -> None:
        for operand in op.operands:
            if isinstance(operand.owner, Operation):
                self._push(operand.owner)
        op.detach()
        op.erase()
