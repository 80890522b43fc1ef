"""Rules of `canonicalize` that compute what is known: constants in, constants out.

Values are computed by NumPy in the op's own dtype (`dialects/evaluate.py`), silently.
A constant whose elements are all the same is computed as one number, whatever its
size; other constants only up to `MOST` elements, since folded arrays live in the code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerAttr,
)
from xdsl.dialects.tensor import DimOp as TensorDimOp
from xdsl.dialects.tensor import ExtractOp, FromElementsOp
from xdsl.ir import SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.elementwise_ops import ELEMENTWISE_OPS, Elementwise
from rfxjit.dialects.evaluate import convert, evaluate
from rfxjit.dialects.ir import dtype_of, index, shape_of
from rfxjit.passes.rewriting import SIZED, Rewriter, Rules

MOST = 1024
Array = np.ndarray[Any, Any]


def known(value: SSAValue) -> Array | None:
    """The array of a static constant that is small enough to fold."""
    op = value.owner
    if not isinstance(op, (rfx.ConstantOp, rfx.FullOp)):
        return None
    shape = shape_of(value.type)
    if DYNAMIC_INDEX in shape or int(np.prod(shape)) > MOST:
        return None
    return np.broadcast_to(to_array(op.value), shape)


def splat(value: SSAValue) -> Any:
    """The number that all elements of a constant are, as a NumPy scalar, or None."""
    op = value.owner
    # By class, as it is asked for each operand of each op; see `dialects/ir.py`.
    if op.__class__ is not rfx.ConstantOp:
        full = op.__class__ is rfx.FullOp
        return to_array(cast("rfx.FullOp", op).value)[()] if full else None
    attribute = cast("rfx.ConstantOp", op).value
    if isinstance(attribute, DenseIntOrFPElementsAttr):
        dtype = dtype_of(attribute.get_type())
        if len(attribute.data.data) != dtype.itemsize:
            return None
        return np.frombuffer(attribute.data.data, dtype)[0]
    return to_array(attribute)[()]


def elementwise(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    """`f(constant, ...) = constant`."""
    name = op.name.removeprefix("rfx.")
    if isinstance(op.operands[0].owner, Elementwise):
        return None
    numbers = [splat(v) for v in op.operands]
    with np.errstate(all="ignore"):
        if all(n is not None for n in numbers):
            result = evaluate(name, *(np.asarray(n) for n in numbers))
            return rewriter.splat(result, op.results[0].type, op.operands[-1])
        arrays = [a for v in op.operands if (a := known(v)) is not None]
        if len(arrays) < len(op.operands):
            return None
        return rewriter.constant(evaluate(name, *arrays), op.results[0].type)


def converted(op: rfx.ConvertOp, rewriter: Rewriter) -> SSAValue | None:
    """`convert(constant) = constant`."""
    dtype = dtype_of(op.result.type)
    with np.errstate(all="ignore"):
        if (number := splat(op.input)) is not None:
            result = convert(np.asarray(number), dtype)
            return rewriter.splat(result, op.result.type, op.input)
        if (array := known(op.input)) is not None:
            return rewriter.constant(convert(array, dtype), op.result.type)
    return None


def moved(op: Any, rewriter: Rewriter) -> SSAValue | None:
    """Broadcast, reshape, transpose, slice of a constant.

    broadcast(full v) = full v, and so for each of them; transpose(array) = array.
    """
    type_ = op.result.type
    if DYNAMIC_INDEX in shape_of(type_) and isinstance(op, rfx.TransposeOp):
        return None
    if (number := splat(op.input)) is not None:
        return rewriter.splat(number, type_, op.result)
    array = known(op.input)
    if array is None or DYNAMIC_INDEX in shape_of(type_):
        return None
    match op:
        case rfx.ReshapeOp():
            result = array.reshape(shape_of(type_))
        case rfx.TransposeOp():
            result = array.transpose(rfx.ints(op.perm))
        case _:
            return None
    return rewriter.constant(result, type_)


# ---- sizes -------------------------------------------------------------------------


def size(value: SSAValue) -> int | None:
    """The integer of an index constant."""
    op = value.owner
    if not isinstance(op, arith.ConstantOp) or not isinstance(value.type, IndexType):
        return None
    assert isinstance(op.value, IntegerAttr)
    return op.value.value.data


def _index_op(
    compute: Callable[[int, int], int], left: int | None, right: int
) -> Callable[[Any, Rewriter], SSAValue | None]:
    """Fold `a . b`; `left` and `right` are the neutral operands of either side."""

    def rule(op: Any, rewriter: Rewriter) -> SSAValue | None:
        a, b = size(op.operands[0]), size(op.operands[1])
        if not isinstance(op.results[0].type, IndexType):
            return None
        if b == right:  # a + 0 = a
            return op.operands[0]
        if left is not None and a == left:  # 0 + b = b
            return op.operands[1]
        if a is None or b is None or (b == 0 and compute is _floordiv):
            return None
        return rewriter.index_constant(compute(a, b))

    return rule


def _floordiv(a: int, b: int) -> int:
    return a // b


def dim(op: TensorDimOp, rewriter: Rewriter) -> SSAValue | None:
    """The size of a dim, from the type or from the op that made the tensor."""
    d = size(op.index)
    shape = shape_of(op.source.type)
    if d is None or not 0 <= d < len(shape):
        return None
    if shape[d] != DYNAMIC_INDEX:  # dim(x : tensor<4x..>, 0) = 4
        return rewriter.index_constant(shape[d])
    maker = op.source.owner
    if isinstance(maker, SIZED):  # dim(full v [%n], 0) = %n
        return maker.sizes[shape[:d].count(DYNAMIC_INDEX)]
    if isinstance(maker, (Elementwise, rfx.ConvertOp)):  # dim(f(x), 0) = dim(x, 0)
        return rewriter.new(TensorDimOp, (maker.operands[-1], op.index), op.result.type)
    if isinstance(maker, rfx.TransposeOp):  # dim(transpose(x), 0) = dim(x, perm[0])
        source = rewriter.index_constant(rfx.ints(maker.perm)[d])
        return rewriter.new(TensorDimOp, (maker.input, source), op.result.type)
    return None


def extracted(op: ExtractOp, rewriter: Rewriter) -> SSAValue | None:
    """The element of a tensor that is made of it, or of a constant of rank 0."""
    maker = op.tensor.owner
    if isinstance(maker, FromElementsOp) and len(maker.elements) == 1:
        return maker.elements[0]
    if shape_of(op.tensor.type) or (number := splat(op.tensor)) is None:
        return None
    return rewriter.constant(np.asarray(number), op.result.type)


def cast_index(op: upstream.IndexCastOp, rewriter: Rewriter) -> SSAValue | None:
    """There and back again, or of a constant.

    index_cast(index_cast(x : T to U) : U to T) = x, as both have 64 bits
    """
    maker = op.input.owner
    if isinstance(maker, upstream.IndexCastOp) and maker.input.type == op.result.type:
        return maker.input
    if op.result.type == index and isinstance(maker, rfx.ConstantOp):
        return rewriter.index_constant(int(to_array(maker.value)[()]))
    return None


RULES: Rules = {
    **dict.fromkeys(ELEMENTWISE_OPS, (elementwise,)),
    rfx.ConvertOp: (converted,),
    rfx.BroadcastOp: (moved,),
    rfx.ReshapeOp: (moved,),
    rfx.TransposeOp: (moved,),
    rfx.SliceOp: (moved,),
    TensorDimOp: (dim,),
    ExtractOp: (extracted,),
    upstream.IndexCastOp: (cast_index,),
    arith.AddiOp: (_index_op(lambda a, b: a + b, 0, 0),),
    arith.SubiOp: (_index_op(lambda a, b: a - b, None, 0),),
    arith.MuliOp: (_index_op(lambda a, b: a * b, 1, 1),),
    arith.FloorDivSIOp: (_index_op(_floordiv, None, 1),),
}
