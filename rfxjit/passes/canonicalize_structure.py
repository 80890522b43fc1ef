"""Rules of `canonicalize` about data movement: what moves nothing is not there."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import dtype_of, shape_of
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes.rewriting import Rewriter, Rules


def _static(value: SSAValue) -> bool:
    return DYNAMIC_INDEX not in shape_of(value.type)


def _same_type(op: rfx.ReshapeOp | rfx.BroadcastOp, _: Rewriter) -> SSAValue | None:
    """Movement to the same static shape is the identity, row-major as it is."""
    # reshape(x : T to T) = x, broadcast(x : T to T) = x
    if op.input.type != op.result.type or not _static(op.input):
        return None
    return op.input


def _reshape_twice(op: rfx.ReshapeOp, rewriter: Rewriter) -> SSAValue | None:
    # reshape(reshape(x)) = reshape(x)
    inner = op.input.owner
    if not isinstance(inner, rfx.ReshapeOp):
        return None
    return rewriter.new(
        rfx.ReshapeOp,
        (inner.input, *op.sizes),
        op.result.type,
        static_sizes=op.static_sizes,
    )


def _broadcast_twice(op: rfx.BroadcastOp, rewriter: Rewriter) -> SSAValue | None:
    # broadcast(broadcast(x dims d) dims e) = broadcast(x dims e[d])
    inner = op.input.owner
    if not isinstance(inner, rfx.BroadcastOp):
        return None
    outer = rfx.ints(op.dims)
    return rewriter.new(
        rfx.BroadcastOp,
        (inner.input, *op.sizes),
        op.result.type,
        dims=int_list([outer[d] for d in rfx.ints(inner.dims)]),
        static_sizes=op.static_sizes,
    )


def _transpose(op: rfx.TransposeOp, rewriter: Rewriter) -> SSAValue | None:
    perm = rfx.ints(op.perm)
    # transpose(x perm [0, 1, ...]) = x
    if perm == tuple(range(len(perm))):
        return op.input
    # transpose(transpose(x perm p) perm q) = transpose(x perm p[q])
    inner = op.input.owner
    if not isinstance(inner, rfx.TransposeOp):
        return None
    first = rfx.ints(inner.perm)
    return rewriter.new(
        rfx.TransposeOp,
        (inner.input,),
        op.result.type,
        perm=int_list([first[p] for p in perm]),
    )


def _slice_all(op: rfx.SliceOp, _: Rewriter) -> SSAValue | None:
    # slice(x starts [0, ...] steps [1, ...] : T to T) = x
    if op.input.type != op.result.type or not _static(op.input):
        return None
    if any(rfx.ints(op.static_starts)) or any(s != 1 for s in rfx.ints(op.steps)):
        return None
    return op.input


def _slice_twice(op: rfx.SliceOp, rewriter: Rewriter) -> SSAValue | None:
    # slice(slice(x, a, s), b, t) = slice(x, a + b*s, s*t)
    inner = op.input.owner
    if not isinstance(inner, rfx.SliceOp) or op.starts or inner.starts:
        return None
    starts, steps = rfx.ints(inner.static_starts), rfx.ints(inner.steps)
    places = zip(starts, rfx.ints(op.static_starts), steps, strict=True)
    return rewriter.new(
        rfx.SliceOp,
        (inner.input, *op.sizes),
        op.result.type,
        static_starts=int_list([a + b * s for a, b, s in places]),
        steps=int_list([s * t for s, t in zip(steps, rfx.ints(op.steps), strict=True)]),
        static_sizes=op.static_sizes,
        operandSegmentSizes=op.properties["operandSegmentSizes"],
    )


def _concatenate_one(op: rfx.ConcatenateOp, _: Rewriter) -> SSAValue | None:
    # concatenate(x) = x
    if len(op.inputs) != 1 or op.inputs[0].type != op.result.type:
        return None
    return op.inputs[0]


def _pad_nothing(op: rfx.PadOp, _: Rewriter) -> SSAValue | None:
    # pad(x, low [0, ...] high [0, ...]) = x
    if any(rfx.ints(op.low)) or any(rfx.ints(op.high)):
        return None
    return op.input


def _same_dtype(op: rfx.ConvertOp, _: Rewriter) -> SSAValue | None:
    # convert(x : T to T) = x
    return op.input if op.input.type == op.result.type else None


def _convert_twice(op: rfx.ConvertOp, rewriter: Rewriter) -> SSAValue | None:
    # convert(convert(x : A to B) : B to C) = convert(x : A to C), if B holds all of A
    inner = op.input.owner
    if not isinstance(inner, rfx.ConvertOp):
        return None
    a, b, c = (dtype_of(v.type) for v in (inner.input, inner.result, op.result))
    # Sizes and 64-bit integers: NumPy calls int64 to float64 safe, which rounds.
    if not np.can_cast(a, b, "safe") or (a.kind in "iu" and a.itemsize == 8):
        return None
    # Floats saturate where integers wrap around.
    if a.kind in "iu" and b.kind == "f" and c.kind in "iu" and not np.can_cast(a, c):
        return None
    return rewriter.new(rfx.ConvertOp, (inner.input,), op.result.type)


RULES: Rules = {
    rfx.ReshapeOp: (_same_type, _reshape_twice),
    rfx.BroadcastOp: (_same_type, _broadcast_twice),
    rfx.TransposeOp: (_transpose,),
    rfx.SliceOp: (_slice_all, _slice_twice),
    rfx.ConcatenateOp: (_concatenate_one,),
    rfx.PadOp: (_pad_nothing,),
    rfx.ConvertOp: (_same_dtype, _convert_twice),
}
