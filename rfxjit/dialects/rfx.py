"""The rfx dialect: NumPy programs on tensors, as pure SSA.

Every op has one plain NumPy meaning; broadcasts and dtype conversions are ops of their
own. Sizes in square brackets mix integers and `index` values, one for each `?` of the
result type. The elementwise ops are in `elementwise_ops.py`, their facts in
`elementwise.py`; those that move data are in `structure_ops.py`, the two loop nests of
the fused level, `rfx.map` and `rfx.map_reduce`, in `map_ops.py`. Here are the ops that
create data, convert and reduce it.
"""

from __future__ import annotations

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
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.utils import DynamicIndexList
from xdsl.ir import Attribute, Dialect
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
    REDUCTIONS,
    DimOp,
    IndexOp,
    MapOp,
    MapReduceOp,
    YieldOp,
)
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
from rfxjit.dialects.structure_ops import (
    BroadcastOp,
    ConcatenateOp,
    DynamicSliceOp,
    DynamicUpdateSliceOp,
    GatherOp,
    PadOp,
    ReshapeOp,
    ScatterOp,
    SliceOp,
    TransposeOp,
    UpdateSliceOp,
)


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
class CorrelateOp(IRDLOperation):
    """Sums of products of `v` with the elements of `a` that it lies over.

    `rfx.correlate %a, %v starts [-2] [6] : tensor<4xf32>, tensor<3xf32> to …`
    Element i is the sum over k of `a[start + i + k] * v[k]`, in the order of k from 0
    on; what hangs over an end of `a` is left out.
    """

    name = "rfx.correlate"
    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    starts = var_operand_def(IndexType)
    sizes = var_operand_def(IndexType)
    static_starts = prop_def(DenseArrayBase)
    static_sizes = prop_def(DenseArrayBase)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "$lhs `,` $rhs `starts` custom<DynamicIndexList>($starts, $static_starts)"
        " custom<DynamicIndexList>($sizes, $static_sizes) attr-dict"
        " `:` type($lhs) `,` type($rhs) `to` type($result)"
    )
    custom_directives = (DynamicIndexList,)

    def verify_(self) -> None:
        result = cast("TensorType[Any]", self.result.type)
        expect_sizes(result, ints(self.static_sizes), self.sizes)
        expect_same_element(self.lhs.type, self.rhs.type, result)
        for type_ in (self.lhs.type, self.rhs.type, result):
            expect(len(shape_of(type_)) == 1, f"{type_} must have rank 1")
        starts = ints(self.static_starts)
        expect_count(1, "start", len(starts))
        expect_count(starts.count(DYNAMIC_INDEX), "dynamic starts", len(self.starts))


@irdl_op_definition
class ReduceOp(IRDLOperation):
    """Reduce over dims, which disappear: `rfx.reduce "add" %x dims [1] : … to …`.

    "add" and "mul" of floats run along the fixed tree of `interpreter/`. "maximum"
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
        DynamicSliceOp, DynamicUpdateSliceOp, DotGeneralOp, CorrelateOp, ReduceOp,
        ScanOp, RequireOp, MapOp, MapReduceOp, YieldOp, IndexOp, DimOp,
    ],
)  # fmt: skip
