"""The ops of rfx that move data, without a look at what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    I64,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    StringAttr,
    TensorType,
)
from xdsl.dialects.utils import DynamicIndexList
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import Pure

from rfxjit.dialects.ir import kind_of, shape_of
from rfxjit.dialects.op_parts import (
    IntList,
    expect,
    expect_count,
    expect_dims,
    expect_same_element,
    expect_sizes,
    fits,
    ints,
)


@irdl_op_definition
class BroadcastOp(IRDLOperation):
    """Repeat: dim i of the input becomes dim `dims[i]`; other dims are repeats.

    `rfx.broadcast %x dims [1] [%n, 4] : tensor<4xf32> to tensor<?x4xf32>`
    """

    name = "rfx.broadcast"
    input = operand_def(TensorType)
    dims = prop_def(DenseArrayBase)
    sizes = var_operand_def(IndexType)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `dims` custom<IntList>($dims)"
        " custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($input) `to` type($result)"
    )
    custom_directives = (DynamicIndexList, IntList)

    def verify_(self) -> None:
        source = cast("TensorType[Any]", self.input.type)
        result = cast("TensorType[Any]", self.result.type)
        expect_sizes(result, ints(self.static_sizes), self.sizes)
        expect_same_element(source, result)
        dims = ints(self.dims)
        expect_count(source.get_num_dims(), "dims", len(dims))
        expect_dims(dims, result.get_num_dims(), "dim", ordered=True)
        for i, d in enumerate(dims):
            expect(
                fits(source.get_shape()[i], result.get_shape()[d]),
                f"dim {i} of {source} does not fit dim {d} of {result}",
            )


@irdl_op_definition
class ReshapeOp(IRDLOperation):
    """The same elements in row-major order: `rfx.reshape %x [2, 3] : … to …`."""

    name = "rfx.reshape"
    input = operand_def(TensorType)
    sizes = var_operand_def(IndexType)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($input) `to` type($result)"
    )
    custom_directives = (DynamicIndexList,)

    def verify_(self) -> None:
        source = cast("TensorType[Any]", self.input.type)
        result = cast("TensorType[Any]", self.result.type)
        expect_sizes(result, ints(self.static_sizes), self.sizes)
        expect_same_element(source, result)
        if source.has_static_shape() and result.has_static_shape():
            expect(
                source.element_count() == result.element_count(),
                f"cannot reshape {source.element_count()} elements to {result}",
            )


@irdl_op_definition
class TransposeOp(IRDLOperation):
    """Dim i of the result is dim `perm[i]` of the input, as `np.transpose`."""

    name = "rfx.transpose"
    input = operand_def(TensorType)
    perm = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `perm` custom<IntList>($perm) attr-dict"
        " `:` type($input) `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        source, result = shape_of(self.input.type), shape_of(self.result.type)
        perm = ints(self.perm)
        expect_same_element(self.input.type, self.result.type)
        expect(
            sorted(perm) == list(range(len(source))),
            f"perm {list(perm)} is not a permutation of {len(source)} dims",
        )
        expect(
            tuple(source[p] for p in perm) == result,
            f"the result of perm {list(perm)} cannot be {self.result.type}",
        )


@irdl_op_definition
class SliceOp(IRDLOperation):
    """`x[start : … : step]` with `size` elements in each dim, all of them in range.

    `rfx.slice %x starts [%i, 0] steps [-1, 2] [%n, 3] : tensor<?x6xf32> to …`
    Starts and sizes may be values; reading outside of the input is the builder's fault.
    """

    name = "rfx.slice"
    input = operand_def(TensorType)
    starts = var_operand_def(IndexType)
    sizes = var_operand_def(IndexType)
    static_starts = prop_def(DenseArrayBase)
    steps = prop_def(DenseArrayBase)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "$input `starts` custom<DynamicIndexList>($starts, $static_starts)"
        " `steps` custom<IntList>($steps)"
        " custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($input) `to` type($result)"
    )
    custom_directives = (DynamicIndexList, IntList)

    def verify_(self) -> None:
        source = cast("TensorType[Any]", self.input.type)
        result = cast("TensorType[Any]", self.result.type)
        expect_sizes(result, ints(self.static_sizes), self.sizes)
        expect_same_element(source, result)
        _expect_steps(self, source, result, "reads")


@irdl_op_definition
class UpdateSliceOp(IRDLOperation):
    """A copy of `x` with `x[start : … : step] = update`: what `slice` would read.

    `rfx.update_slice %x, %u starts [0, 1] steps [-1, 2] : …, … to …`
    """

    name = "rfx.update_slice"
    input = operand_def(TensorType)
    update = operand_def(TensorType)
    starts = var_operand_def(IndexType)
    static_starts = prop_def(DenseArrayBase)
    steps = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `,` $update `starts` custom<DynamicIndexList>($starts, $static_starts)"
        " `steps` custom<IntList>($steps) attr-dict"
        " `:` type($input) `,` type($update) `to` type($result)"
    )
    custom_directives = (DynamicIndexList, IntList)

    def verify_(self) -> None:
        expect(self.input.type == self.result.type, "input and result types differ")
        expect_same_element(self.input.type, self.update.type)
        _expect_steps(self, self.input.type, self.update.type, "writes")


def _expect_steps(
    op: SliceOp | UpdateSliceOp, source: Attribute, block: Attribute, verb: str
) -> None:
    starts, steps = ints(op.static_starts), ints(op.steps)
    extents, shape = shape_of(source), shape_of(block)
    rank = len(extents)
    expect_count(rank, "starts", len(starts))
    expect_count(rank, "steps", len(steps))
    expect(len(shape) == rank, f"{block} must have rank {rank}")
    expect_count(starts.count(DYNAMIC_INDEX), "dynamic starts", len(op.starts))
    for d, (start, step) in enumerate(zip(starts, steps, strict=True)):
        expect(step != 0, f"step of dim {d} is 0")
        extent, size = extents[d], shape[d]
        if DYNAMIC_INDEX in (start, extent, size) or size == 0:
            continue
        last = start + step * (size - 1)
        expect(
            0 <= start < extent and 0 <= last < extent,
            f"dim {d} {verb} {start} to {last}, outside of its {extent} elements",
        )


@irdl_op_definition
class ConcatenateOp(IRDLOperation):
    """Join along one dim: `rfx.concatenate %a, %b dim 0 : (…, …) to …`."""

    name = "rfx.concatenate"
    inputs = var_operand_def(TensorType)
    dim = prop_def(IntegerAttr[I64])
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$inputs `dim` $dim attr-dict `:` `(` type($inputs) `)` `to` type($result)"
    )

    def verify_(self) -> None:
        expect(self.inputs, "expected at least one input")
        result = cast("TensorType[Any]", self.result.type)
        d, total = self.dim.value.data, 0
        expect_dims([d], result.get_num_dims(), "dim", ordered=True)
        for value in self.inputs:
            expect_same_element(value.type, result)
            shape = shape_of(value.type)
            expect(
                len(shape) == result.get_num_dims()
                and all(
                    fits(a, b)
                    for i, (a, b) in enumerate(
                        zip(shape, result.get_shape(), strict=True)
                    )
                    if i != d
                ),
                f"{value.type} does not fit {result} outside of dim {d}",
            )
            dynamic = DYNAMIC_INDEX in (total, shape[d])
            total = DYNAMIC_INDEX if dynamic else total + shape[d]
        expect(
            total == result.get_shape()[d],
            f"dim {d} of the result must be {'?' if total < 0 else total}",
        )


@irdl_op_definition
class PadOp(IRDLOperation):
    """Surround by one value: `rfx.pad %x, %v low [1, 0] high [0, 2] : … to …`."""

    name = "rfx.pad"
    input = operand_def(TensorType)
    value = operand_def(TensorType)
    low = prop_def(DenseArrayBase)
    high = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `,` $value `low` custom<IntList>($low) `high` custom<IntList>($high)"
        " attr-dict `:` type($input) `,` type($value) `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        source, result = shape_of(self.input.type), shape_of(self.result.type)
        expect_same_element(self.input.type, self.value.type, self.result.type)
        expect(shape_of(self.value.type) == (), "the padding value must have rank 0")
        low, high = ints(self.low), ints(self.high)
        expect(
            len(low) == len(high) == len(source) == len(result),
            f"expected {len(source)} amounts of padding and as many dims",
        )
        expect(min((*low, *high), default=0) >= 0, "padding must not be negative")
        for d, (n, a, b, r) in enumerate(zip(source, low, high, result, strict=True)):
            want = DYNAMIC_INDEX if n == DYNAMIC_INDEX else n + a + b
            expect(want == r, f"dim {d} does not add up in {self.result.type}")


@irdl_op_definition
class GatherOp(IRDLOperation):
    """`x[i0, i1, …]` with index arrays of one shape for the given dims.

    `rfx.gather %x at [0] (%i) : tensor<?x4xf32>, (tensor<8xi64>) to tensor<8x4xf32>`
    The result has the shape of the indices, then the other dims. An index outside of
    its dim reads the nearest element.
    """

    name = "rfx.gather"
    input = operand_def(TensorType)
    dims = prop_def(DenseArrayBase)
    indices = var_operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `at` custom<IntList>($dims) `(` $indices `)` attr-dict"
        " `:` type($input) `,` `(` type($indices) `)` `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        expect_same_element(self.input.type, self.result.type)
        _expect_indices(self.input, self.dims, self.indices, self.result.type)


@irdl_op_definition
class ScatterOp(IRDLOperation):
    """A copy of `x` with `x[i0, i1, …] = updates`, or `+=`; the last write wins.

    `rfx.scatter "add" %x at [0] (%i) = %u : tensor<?xf32>, (tensor<8xi64>), …`
    An update whose index is outside is dropped.
    """

    name = "rfx.scatter"
    combine = prop_def(StringAttr)
    input = operand_def(TensorType)
    dims = prop_def(DenseArrayBase)
    indices = var_operand_def(TensorType)
    updates = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$combine $input `at` custom<IntList>($dims) `(` $indices `)` `=` $updates"
        " attr-dict `:` type($input) `,` `(` type($indices) `)` `,` type($updates)"
        " `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        expect(self.combine.data in ("set", "add"), 'the combination is "set" or "add"')
        expect(self.input.type == self.result.type, "input and result types differ")
        expect_same_element(self.input.type, self.updates.type)
        _expect_indices(self.input, self.dims, self.indices, self.updates.type)


def _expect_indices(
    source: SSAValue, dims: Attribute, indices: Sequence[SSAValue], moved: Attribute
) -> None:
    shape = shape_of(source.type)
    expect(indices, "expected at least one index")
    expect_count(len(ints(dims)), "indices", len(indices))
    expect_dims(ints(dims), len(shape), "dim", ordered=True)
    first = shape_of(indices[0].type)
    for value in indices:
        expect(
            kind_of(value.type) in "su" and shape_of(value.type) == first,
            f"indices must be integers of one shape, got {value.type}",
        )
    rest = tuple(n for d, n in enumerate(shape) if d not in ints(dims))
    wanted = (*first, *rest)
    expect(
        len(wanted) == len(shape_of(moved)) and all(map(fits, wanted, shape_of(moved))),
        f"the indexed elements have shape {wanted}, not that of {moved}",
    )


@irdl_op_definition
class DynamicSliceOp(IRDLOperation):
    """A block that starts at run-time places, moved to lie inside the input.

    `rfx.dynamic_slice %x at (%i, %j) : tensor<8x8xf32>, (tensor<i64>, …) to …`
    """

    name = "rfx.dynamic_slice"
    input = operand_def(TensorType)
    starts = var_operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `at` `(` $starts `)` attr-dict"
        " `:` type($input) `,` `(` type($starts) `)` `to` type($result)"
    )

    def verify_(self) -> None:
        _expect_block(self.input, self.starts, self.result.type)


@irdl_op_definition
class DynamicUpdateSliceOp(IRDLOperation):
    """A copy of `x` with a block replaced; starts as in `dynamic_slice`."""

    name = "rfx.dynamic_update_slice"
    input = operand_def(TensorType)
    update = operand_def(TensorType)
    starts = var_operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$input `,` $update `at` `(` $starts `)` attr-dict"
        " `:` type($input) `,` type($update) `,` `(` type($starts) `)`"
        " `to` type($result)"
    )

    def verify_(self) -> None:
        expect(self.input.type == self.result.type, "input and result types differ")
        _expect_block(self.input, self.starts, self.update.type)


def _expect_block(source: SSAValue, starts: Sequence[SSAValue], b: Attribute) -> None:
    expect_same_element(source.type, b)
    shape, block = shape_of(source.type), shape_of(b)
    expect(
        len(starts) == len(shape) == len(block),
        f"expected {len(shape)} starts and dims, got {len(starts)} and {len(block)}",
    )
    for value in starts:
        expect(
            kind_of(value.type) in "su" and shape_of(value.type) == (),
            f"starts must be integers of rank 0, got {value.type}",
        )
    for d, (n, k) in enumerate(zip(shape, block, strict=True)):
        expect(DYNAMIC_INDEX in (n, k) or k <= n, f"dim {d}: {k} elements of only {n}")
