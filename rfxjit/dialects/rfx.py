"""The rfx dialect: NumPy programs on tensors, as pure SSA.

Every op has one plain NumPy meaning; broadcasts and dtype conversions are ops of their
own. Sizes in square brackets mix integers and `index` values, one for each `?` of the
result type. The elementwise ops are in `elementwise_ops.py`, their facts in
`elementwise.py`; here are the ops that create, move and reduce data, and the two loop
nests of the fused level, `rfx.map` and `rfx.map_reduce` (`map_ops.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    I32,
    I64,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.utils import DynamicIndexList
from xdsl.ir import Attribute, Dialect, SSAValue
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
from xdsl.irdl.declarative_assembly_format import (
    AttributeVariable,
    CustomDirective,
    ParsingState,
    PrintingState,
    irdl_custom_directive,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.elementwise_ops import ELEMENTWISE_OPS
from rfxjit.dialects.ir import (
    DTYPES,
    element_type,
    index,
    kind_of,
    shape_of,
)
from rfxjit.dialects.map_ops import (
    DimOp,
    IndexOp,
    MapOp,
    MapReduceOp,
    YieldOp,
)

REDUCTIONS = ("add", "mul", "maximum", "minimum", "and", "or", "argmax", "argmin")


def ints(attribute: Attribute) -> tuple[int, ...]:
    """The integers of a dense array property."""
    return cast("DenseArrayBase[IntegerType]", attribute).get_values()


def int_list(values: Sequence[int]) -> DenseArrayBase[Any]:
    """A dense array property of integers."""
    return DenseArrayBase.from_list(i64, list(values))


def fits(static: int, other: int) -> bool:
    """Whether two dims can be the same size: equal, or one of them dynamic."""
    return static == other or DYNAMIC_INDEX in (static, other)


def expect(condition: object, message: str) -> None:
    """Raise the verifier's exception unless `condition` holds."""
    if not condition:
        raise VerifyException(message)


def expect_sizes(
    result: TensorType[Any], sizes: Sequence[int], dynamic: Sequence[SSAValue]
) -> None:
    """The size list must give exactly the shape of the result type."""
    shape = result.get_shape()
    expect(tuple(sizes) == shape, f"sizes {list(sizes)} do not give {result}")
    needed = shape.count(DYNAMIC_INDEX)
    expect(
        needed == len(dynamic),
        f"expected {needed} dynamic sizes for {result}, got {len(dynamic)}",
    )


def expect_same_element(first: Attribute, *others: Attribute) -> None:
    """All element types must be the same."""
    for other in others:
        expect(
            element_type(first) == element_type(other),
            f"element types differ: {element_type(first)} and {element_type(other)}",
        )


def expect_dims(dims: Sequence[int], rank: int, what: str, ordered: bool) -> None:
    """`dims` must be distinct dims of a tensor of that rank, sorted if `ordered`."""
    for d in dims:
        expect(0 <= d < rank, f"{what} {d} is out of range for rank {rank}")
    expect(len(set(dims)) == len(dims), f"{what} {list(dims)} has duplicates")
    if ordered:
        expect(list(dims) == sorted(dims), f"{what} {list(dims)} must be increasing")


@irdl_custom_directive
class IntList(CustomDirective):
    """A list of integers: `[1, 0]`."""

    values: AttributeVariable

    def parse(self, parser: Parser, state: ParsingState) -> None:
        values = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_integer
        )
        self.values.set(state, int_list(values))

    def print(self, printer: Printer, state: PrintingState, op: IRDLOperation) -> None:
        state.print_whitespace(printer)
        attribute = self.values.get(op)
        assert attribute is not None
        printer.print_string(str(list(ints(attribute))))


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """A constant: `rfx.constant dense<[1.0, 2.0]> : tensor<2xf32>`, or of a scalar."""

    name = "rfx.constant"
    value = prop_def()
    result = result_def()
    traits = traits_def(Pure())

    def verify_(self) -> None:
        type_ = self.result.type
        match self.value:
            case DenseIntOrFPElementsAttr():
                expect(self.value.get_type() == type_, f"the value is not a {type_}")
            case IntegerAttr() | FloatAttr():
                typed = cast("IntegerAttr[Any] | FloatAttr[Any]", self.value)
                expect(typed.type == type_, f"the value is not a {type_}")
            case _:
                raise VerifyException(f"expected a number or dense, got {self.value}")
        expect(element_type(type_) in DTYPES, f"{element_type(type_)} is not a dtype")

    @classmethod
    def parse(cls, parser: Parser) -> ConstantOp:
        from rfxjit.dialects.dense_text import parse_constant

        attributes = parser.parse_optional_attr_dict()
        value, type_ = parse_constant(parser)
        return cls.create(
            result_types=[type_], properties={"value": value}, attributes=attributes
        )

    def print(self, printer: Printer) -> None:
        from rfxjit.dialects.dense_text import print_constant

        printer.print_op_attributes(self.attributes)
        printer.print_string(" ")
        print_constant(printer, self.value)


@irdl_op_definition
class FullOp(IRDLOperation):
    """One number everywhere: `rfx.full 1.0 [%n, 4] : tensor<?x4xf32>`."""

    name = "rfx.full"
    value = prop_def()
    sizes = var_operand_def(IndexType)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$value custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($result)"
    )
    custom_directives = (DynamicIndexList,)

    def verify_(self) -> None:
        type_ = cast("TensorType[Any]", self.result.type)
        expect_sizes(type_, ints(self.static_sizes), self.sizes)
        expect(
            isinstance(self.value, (IntegerAttr, FloatAttr))
            and cast("Any", self.value).type == type_.element_type,
            f"the value must be a number of type {type_.element_type}",
        )


@irdl_op_definition
class IotaOp(IRDLOperation):
    """0, 1, 2, … along one dim: `rfx.iota 0 [%n] : tensor<?xi64>`."""

    name = "rfx.iota"
    dim = prop_def(IntegerAttr[I64])
    sizes = var_operand_def(IndexType)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$dim custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($result)"
    )
    custom_directives = (DynamicIndexList,)

    def verify_(self) -> None:
        type_ = cast("TensorType[Any]", self.result.type)
        expect_sizes(type_, ints(self.static_sizes), self.sizes)
        expect_dims([self.dim.value.data], type_.get_num_dims(), "dim", ordered=True)
        expect(kind_of(type_) != "b", "expected number elements, got i1")


@irdl_op_definition
class ConvertOp(IRDLOperation):
    """Change the dtype as `ndarray.astype`; out-of-range floats saturate, NaN is 0.

    NumPy leaves the latter undefined. `rfx.convert %x : tensor<4xf32> to tensor<4xi32>`
    """

    name = "rfx.convert"
    input = operand_def()
    result = result_def()
    traits = traits_def(Pure())
    assembly_format = "$input attr-dict `:` type($input) `to` type($result)"

    def verify_(self) -> None:
        a, b = self.input.type, self.result.type
        expect(
            isinstance(a, TensorType) == isinstance(b, TensorType)
            and shape_of(a) == shape_of(b),
            f"cannot convert {a} to {b}: shapes differ",
        )
        expect(a == index or element_type(a) != index, f"cannot convert {a}")
        for element in (element_type(a), element_type(b)):
            expect(element in DTYPES, f"{element} is not a dtype")
        expect(element_type(b) != index, "sizes are made by tensor.dim and arith")


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
        expect(
            len(dims) == source.get_num_dims(),
            f"expected {source.get_num_dims()} dims, got {len(dims)}",
        )
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
    for what, values in (("starts", starts), ("steps", steps)):
        expect(len(values) == rank, f"expected {rank} {what}, got {len(values)}")
    expect(len(shape) == rank, f"{block} must have rank {rank}")
    needed = starts.count(DYNAMIC_INDEX)
    expect(
        needed == len(op.starts),
        f"expected {needed} dynamic starts, got {len(op.starts)}",
    )
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
    expect(
        len(ints(dims)) == len(indices),
        f"expected {len(ints(dims))} indices, got {len(indices)}",
    )
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


@irdl_op_definition
class DotGeneralOp(IRDLOperation):
    """Products summed over contracted dims; batch dims first, then free dims.

    `rfx.dot_general %a, %b batch [0] [0] contract [2] [1] : …, … to …`
    """

    name = "rfx.dot_general"
    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    lhs_batch = prop_def(DenseArrayBase)
    rhs_batch = prop_def(DenseArrayBase)
    lhs_contract = prop_def(DenseArrayBase)
    rhs_contract = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$lhs `,` $rhs `batch` custom<IntList>($lhs_batch) custom<IntList>($rhs_batch)"
        " `contract` custom<IntList>($lhs_contract) custom<IntList>($rhs_contract)"
        " attr-dict `:` type($lhs) `,` type($rhs) `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        expect_same_element(self.lhs.type, self.rhs.type, self.result.type)
        a, b = shape_of(self.lhs.type), shape_of(self.rhs.type)
        ab, bb = ints(self.lhs_batch), ints(self.rhs_batch)
        ac, bc = ints(self.lhs_contract), ints(self.rhs_contract)
        for what, mine, theirs in (("batch", ab, bb), ("contract", ac, bc)):
            expect(
                len(mine) == len(theirs),
                f"{what} lists differ in length: {mine}, {theirs}",
            )
        expect_dims((*ab, *ac), len(a), "dim", ordered=False)
        expect_dims((*bb, *bc), len(b), "dim", ordered=False)
        for i, j in zip((*ab, *ac), (*bb, *bc), strict=True):
            expect(
                fits(a[i], b[j]),
                f"dim {i} of {self.lhs.type} does not fit dim {j} of {self.rhs.type}",
            )
        wanted = (
            *(a[i] for i in ab),
            *(n for i, n in enumerate(a) if i not in (*ab, *ac)),
            *(n for i, n in enumerate(b) if i not in (*bb, *bc)),
        )
        result = shape_of(self.result.type)
        expect(
            len(wanted) == len(result) and all(map(fits, wanted, result)),
            f"the product has shape {wanted}, not that of {self.result.type}",
        )


@irdl_op_definition
class ReduceOp(IRDLOperation):
    """Reduce over dims, which disappear: `rfx.reduce "add" %x dims [1] : … to …`.

    "add" and "mul" of floats run along the fixed tree of `interpreter.py`. "maximum"
    and "minimum" give NaN if there is one. "argmax" and "argmin" are over one dim, give
    i64, and take the first NaN or else the first of equals.
    """

    name = "rfx.reduce"
    kind = prop_def(StringAttr)
    input = operand_def(TensorType)
    dims = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$kind $input `dims` custom<IntList>($dims) attr-dict"
        " `:` type($input) `to` type($result)"
    )
    custom_directives = (IntList,)

    def verify_(self) -> None:
        kind, dims = self.kind.data, ints(self.dims)
        shape, result = shape_of(self.input.type), shape_of(self.result.type)
        expect(kind in REDUCTIONS, f"{kind!r} is not one of {', '.join(REDUCTIONS)}")
        expect_dims(dims, len(shape), "dim", ordered=True)
        element, got = element_type(self.input.type), element_type(self.result.type)
        want: Attribute = element
        if kind.startswith("arg"):
            expect(len(dims) == 1, f"{kind} is over one dim, got {len(dims)}")
            want = i64
        expect(got == want, f"the result elements must be {want}, got {got}")
        if kind in ("and", "or"):
            expect(kind_of(element) in "bsu", f"{kind} is not for {element}")
        if kind in ("add", "mul"):
            expect(kind_of(element) != "b", f"{kind} is not for {element}")
        kept = tuple(n for d, n in enumerate(shape) if d not in dims)
        expect(kept == result, f"dims {list(dims)} leave {kept}, not {result}")


@irdl_op_definition
class ScanOp(IRDLOperation):
    """All partial results along one dim: `rfx.scan "add" %x dim 0 : … to …`.

    Element i is the op `kind`, any elementwise one of two operands with the result of
    their type, of element i - 1 and of `x[i]`: one after the other, never as a tree.
    """

    name = "rfx.scan"
    kind = prop_def(StringAttr)
    input = operand_def(TensorType)
    dim = prop_def(IntegerAttr[I64])
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = (
        "$kind $input `dim` $dim attr-dict `:` type($input) `to` type($result)"
    )

    def verify_(self) -> None:
        kind, type_ = self.kind.data, cast("TensorType[Any]", self.input.type)
        row = TABLE.get(kind)
        expect(
            row is not None and row.arity == 2 and row.result == "same",
            f"{kind!r} is not an elementwise op of two operands and their type",
        )
        element = type_.element_type
        expect(row and kind_of(element) in row.kinds, f"{kind} is not for {element}")
        expect_dims([self.dim.value.data], type_.get_num_dims(), "dim", ordered=True)
        expect(self.result.type == type_, "input and result types differ")


@irdl_op_definition
class RequireOp(IRDLOperation):
    """Fail with status `code` unless `condition` holds; the code is in the signature.

    `rfx.require %ok 1 : tensor<i1>`. The one op with an effect: it is never removed.
    """

    name = "rfx.require"
    condition = operand_def(TensorType)
    code = prop_def(IntegerAttr[I32])
    assembly_format = "$condition $code attr-dict `:` type($condition)"

    def verify_(self) -> None:
        expect(
            kind_of(self.condition.type) == "b" and shape_of(self.condition.type) == (),
            "the condition must be a tensor<i1>",
        )
        expect(self.code.value.data > 0, "the code must be positive")


Rfx = Dialect(
    "rfx",
    [
        *ELEMENTWISE_OPS,
        ConstantOp, FullOp, IotaOp, ConvertOp, BroadcastOp, ReshapeOp, TransposeOp,
        SliceOp, UpdateSliceOp, ConcatenateOp, PadOp, GatherOp, ScatterOp,
        DynamicSliceOp, DynamicUpdateSliceOp, DotGeneralOp, ReduceOp, ScanOp, RequireOp,
        MapOp, MapReduceOp, YieldOp, IndexOp, DimOp,
    ],
)  # fmt: skip
