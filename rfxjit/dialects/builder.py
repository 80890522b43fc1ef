"""Build rfx programs in Python, op by op.

    function, (x, y) = new_function("f", [tensor(f32, (4,)), tensor(f32, (4,))])
    b = Builder(function.body.block)
    b.ret(b.elementwise("add", b.elementwise("sin", x), y))

Values go in and come out as SSA values; shapes mix integers and `index` values. Nothing
is broadcast or converted implicitly. Types are worked out here, so what is built right
verifies; `rfxjit.dialects.diagnostics.verify` checks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    FunctionType,
    LocationAttr,
    StringAttr,
    TensorType,
    UnknownLoc,
)
from xdsl.dialects.tensor import DimOp as TensorDimOp
from xdsl.dialects.tensor import ExtractOp, FromElementsOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.dense_text import from_array
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.elementwise_ops import BY_NAME, result_type
from rfxjit.dialects.ir import (
    ELEMENT_TYPES,
    append,
    dtype_of,
    element_type,
    i32,
    i32s,
    i64,
    index,
    integer_attr,
    like,
    make,
    scalar_attr,
    shape_of,
    tensor,
)
from rfxjit.dialects.op_parts import int_list

Size = int | SSAValue
UNKNOWN = UnknownLoc()


def new_function(
    name: str, inputs: Sequence[Attribute]
) -> tuple[func.FuncOp, tuple[SSAValue, ...]]:
    """An empty function and its arguments; `Builder.ret` sets its result types."""
    block = Block(arg_types=inputs)
    function = func.FuncOp(name, FunctionType.from_lists(inputs, []), Region(block))
    return function, tuple(block.args)


def split(sizes: Sequence[Size]) -> tuple[tuple[int, ...], list[SSAValue]]:
    """A mixed list as integers with markers, and the values."""
    static = tuple(s if isinstance(s, int) else DYNAMIC_INDEX for s in sizes)
    return static, [s for s in sizes if not isinstance(s, int)]


class Builder:
    """Appends rfx ops to `block` at `location`, which may be set at any time."""

    def __init__(self, block: Block, location: LocationAttr = UNKNOWN) -> None:
        self.block = block
        self.location = location
        self._index_constants: dict[int, SSAValue] = {}

    def op(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        **properties: Attribute,
    ) -> SSAValue:
        """Append any op with one result."""
        return append(
            self.block, make(cls, operands, (type_,), self.location, properties)
        ).results[0]

    # ---- creation

    def constant(self, value: Any, dtype: Any = None) -> SSAValue:
        """An array (or number, of rank 0) as a constant tensor."""
        array = np.asarray(value, dtype)
        type_ = tensor(ELEMENT_TYPES[array.dtype], array.shape)
        return self.op(rfx.ConstantOp, (), type_, value=from_array(array, type_))

    def lit(self, like_: SSAValue, value: float) -> SSAValue:
        """A constant of the type of another value, also of dynamic shape."""
        element = element_type(like_.type)
        if element == like_.type:
            attr = scalar_attr(value, element)
            return self.op(rfx.ConstantOp, (), element, value=attr)
        if DYNAMIC_INDEX not in shape_of(like_.type):
            array = np.full(shape_of(like_.type), value, dtype_of(element))
            type_ = cast("TensorType[Any]", like_.type)
            return self.op(rfx.ConstantOp, (), type_, value=from_array(array, type_))
        return self.full(value, dtype_of(element), self.shape(like_))

    def full(self, value: float, dtype: Any, shape: Sequence[Size]) -> SSAValue:
        """One number everywhere."""
        element = ELEMENT_TYPES[np.dtype(dtype)]
        static, dynamic = split(shape)
        return self.op(
            rfx.FullOp,
            dynamic,
            tensor(element, static),
            value=scalar_attr(value, element),
            static_sizes=int_list(static),
        )

    def iota(self, dtype: Any, dim: int, shape: Sequence[Size]) -> SSAValue:
        """0, 1, 2, … along `dim`."""
        static, dynamic = split(shape)
        return self.op(
            rfx.IotaOp,
            dynamic,
            tensor(ELEMENT_TYPES[np.dtype(dtype)], static),
            dim=integer_attr(dim, i64),
            static_sizes=int_list(static),
        )

    # ---- elements

    def elementwise(self, name: str, *operands: SSAValue) -> SSAValue:
        """The op of that row of the table; all operands of one type."""
        type_ = result_type(TABLE[name], operands[-1].type)
        return self.op(BY_NAME[name], operands, type_)

    def __getattr__(self, name: str) -> Any:
        """`b.add(x, y)` is `b.elementwise("add", x, y)`, for derivative rules."""
        if name not in TABLE:
            raise AttributeError(name)
        return partial(self.elementwise, name)

    def convert(self, x: SSAValue, dtype: Any) -> SSAValue:
        """Another dtype; x itself if it has it already."""
        element = ELEMENT_TYPES[np.dtype(dtype)]
        if element_type(x.type) == element:
            return x
        return self.op(rfx.ConvertOp, (x,), like(x.type, element))

    # ---- structure

    def broadcast(
        self, x: SSAValue, dims: Sequence[int], shape: Sequence[Size]
    ) -> SSAValue:
        """Dim i of x becomes dim `dims[i]` of the result."""
        static, dynamic = split(shape)
        return self.op(
            rfx.BroadcastOp,
            (x, *dynamic),
            tensor(element_type(x.type), static),
            dims=int_list(dims),
            static_sizes=int_list(static),
        )

    def reshape(self, x: SSAValue, shape: Sequence[Size]) -> SSAValue:
        """The same elements in row-major order."""
        static, dynamic = split(shape)
        return self.op(
            rfx.ReshapeOp,
            (x, *dynamic),
            tensor(element_type(x.type), static),
            static_sizes=int_list(static),
        )

    def transpose(self, x: SSAValue, perm: Sequence[int]) -> SSAValue:
        """Dim i of the result is dim `perm[i]` of x."""
        shape = shape_of(x.type)
        type_ = tensor(element_type(x.type), tuple(shape[p] for p in perm))
        return self.op(rfx.TransposeOp, (x,), type_, perm=int_list(perm))

    def slice(
        self,
        x: SSAValue,
        starts: Sequence[Size],
        sizes: Sequence[Size],
        steps: Sequence[int],
    ) -> SSAValue:
        """`sizes[d]` elements of each dim d, from `starts[d]` in `steps[d]`."""
        from0, dynamic_starts = split(starts)
        static, dynamic = split(sizes)
        return self.op(
            rfx.SliceOp,
            (x, *dynamic_starts, *dynamic),
            tensor(element_type(x.type), static),
            static_starts=int_list(from0),
            steps=int_list(steps),
            static_sizes=int_list(static),
            operandSegmentSizes=i32s(1, len(dynamic_starts), len(dynamic)),
        )

    def update_slice(
        self,
        x: SSAValue,
        update: SSAValue,
        starts: Sequence[Size],
        steps: Sequence[int],
    ) -> SSAValue:
        """A copy of x with the elements replaced that `slice` would give."""
        static, dynamic = split(starts)
        lists = {"static_starts": int_list(static), "steps": int_list(steps)}
        return self.op(rfx.UpdateSliceOp, (x, update, *dynamic), x.type, **lists)

    def concatenate(self, xs: Sequence[SSAValue], dim: int) -> SSAValue:
        """Join along one dim."""
        shape = list(shape_of(xs[0].type))
        parts = [shape_of(x.type)[dim] for x in xs]
        shape[dim] = DYNAMIC_INDEX if DYNAMIC_INDEX in parts else sum(parts)
        type_ = tensor(element_type(xs[0].type), tuple(shape))
        return self.op(rfx.ConcatenateOp, xs, type_, dim=integer_attr(dim, i64))

    def pad(
        self, x: SSAValue, value: SSAValue, low: Sequence[int], high: Sequence[int]
    ) -> SSAValue:
        """Surround by `value`, of rank 0."""
        shape = tuple(
            n if n == DYNAMIC_INDEX else n + a + b
            for n, a, b in zip(shape_of(x.type), low, high, strict=True)
        )
        type_ = tensor(element_type(x.type), shape)
        return self.op(
            rfx.PadOp, (x, value), type_, low=int_list(low), high=int_list(high)
        )

    def gather(
        self, x: SSAValue, indices: Sequence[SSAValue], dims: Sequence[int]
    ) -> SSAValue:
        """`x[i0, i1, …]`; the indices' shape comes first."""
        rest = tuple(n for d, n in enumerate(shape_of(x.type)) if d not in dims)
        type_ = tensor(element_type(x.type), (*shape_of(indices[0].type), *rest))
        return self.op(rfx.GatherOp, (x, *indices), type_, dims=int_list(dims))

    def scatter(
        self,
        x: SSAValue,
        updates: SSAValue,
        indices: Sequence[SSAValue],
        dims: Sequence[int],
        combine: str = "set",
    ) -> SSAValue:
        """A copy of x with `x[i0, i1, …]` set or added to."""
        return self.op(
            rfx.ScatterOp,
            (x, *indices, updates),
            x.type,
            combine=StringAttr(combine),
            dims=int_list(dims),
        )

    def dynamic_slice(
        self, x: SSAValue, starts: Sequence[SSAValue], sizes: Sequence[int]
    ) -> SSAValue:
        """A block of x from run-time starts, which are integer tensors of rank 0."""
        type_ = tensor(element_type(x.type), tuple(sizes))
        return self.op(rfx.DynamicSliceOp, (x, *starts), type_)

    def dynamic_update_slice(
        self, x: SSAValue, update: SSAValue, starts: Sequence[SSAValue]
    ) -> SSAValue:
        """A copy of x with a block replaced."""
        return self.op(rfx.DynamicUpdateSliceOp, (x, update, *starts), x.type)

    def dot_general(
        self,
        a: SSAValue,
        b: SSAValue,
        batch: tuple[Sequence[int], Sequence[int]],
        contract: tuple[Sequence[int], Sequence[int]],
    ) -> SSAValue:
        """Products summed over the contracted dims: batch, free of a, free of b."""
        sa, sb = shape_of(a.type), shape_of(b.type)
        shape = (
            *(sa[d] for d in batch[0]),
            *(n for d, n in enumerate(sa) if d not in (*batch[0], *contract[0])),
            *(n for d, n in enumerate(sb) if d not in (*batch[1], *contract[1])),
        )
        return self.op(
            rfx.DotGeneralOp,
            (a, b),
            tensor(element_type(a.type), shape),
            lhs_batch=int_list(batch[0]),
            rhs_batch=int_list(batch[1]),
            lhs_contract=int_list(contract[0]),
            rhs_contract=int_list(contract[1]),
        )

    def correlate(self, a: SSAValue, v: SSAValue, start: Size, size: Size) -> SSAValue:
        """Sums of products of v with a from `start` on, `size` of them."""
        static, dynamic = split([start, size])
        counts = (int(n == DYNAMIC_INDEX) for n in static)
        return self.op(
            rfx.CorrelateOp,
            (a, v, *dynamic),
            tensor(element_type(a.type), static[1:]),
            static_starts=int_list(static[:1]),
            static_sizes=int_list(static[1:]),
            operandSegmentSizes=i32s(1, 1, *counts),
        )

    def reduce(self, x: SSAValue, kind: str, dims: Sequence[int]) -> SSAValue:
        """Reduce over `dims`; see `rfx.reduce` for the kinds."""
        shape = tuple(n for d, n in enumerate(shape_of(x.type)) if d not in dims)
        element = i64 if kind.startswith("arg") else element_type(x.type)
        return self.op(
            rfx.ReduceOp,
            (x,),
            tensor(element, shape),
            kind=StringAttr(kind),
            dims=int_list(dims),
        )

    def scan(self, x: SSAValue, kind: str, dim: int) -> SSAValue:
        """All partial results of an elementwise op along one dim, in order."""
        properties = {"kind": StringAttr(kind), "dim": integer_attr(dim, i64)}
        return self.op(rfx.ScanOp, (x,), x.type, **properties)

    def require(self, condition: SSAValue, code: int) -> None:
        """Fail with status `code` at run time unless the condition holds."""
        append(
            self.block,
            make(
                rfx.RequireOp,
                (condition,),
                (),
                self.location,
                {"code": integer_attr(code, i32)},
            ),
        )

    # ---- sizes

    def index_const(self, value: int) -> SSAValue:
        """An index constant, one per value and block."""
        if value not in self._index_constants:
            self._index_constants[value] = self.op(
                arith.ConstantOp, (), index, value=integer_attr(value, index)
            )
        return self._index_constants[value]

    def dim(self, x: SSAValue, i: int) -> SSAValue:
        """The size of dim i of a tensor, as an index value."""
        return self.op(TensorDimOp, (x, self.index_const(i)), index)

    def shape(self, x: SSAValue) -> list[Size]:
        """The shape of x: integers where static, values where dynamic."""
        return [
            self.dim(x, i) if n == DYNAMIC_INDEX else n
            for i, n in enumerate(shape_of(x.type))
        ]

    def _index(self, cls: type[Operation], a: Size, b: Size) -> SSAValue:
        lhs, rhs = (self.index_const(v) if isinstance(v, int) else v for v in (a, b))
        wraps = {"overflowFlags": arith.IntegerOverflowAttr("none")}
        properties = {} if cls is arith.FloorDivSIOp else wraps
        return self.op(cls, (lhs, rhs), index, **properties)

    def index_add(self, a: Size, b: Size) -> SSAValue:
        """`a + b` of sizes."""
        return self._index(arith.AddiOp, a, b)

    def index_sub(self, a: Size, b: Size) -> SSAValue:
        """`a - b` of sizes."""
        return self._index(arith.SubiOp, a, b)

    def index_mul(self, a: Size, b: Size) -> SSAValue:
        """`a * b` of sizes."""
        return self._index(arith.MuliOp, a, b)

    def index_floordiv(self, a: Size, b: Size) -> SSAValue:
        """`a // b` of sizes; b must not be 0."""
        return self._index(arith.FloorDivSIOp, a, b)

    def index_tensor(self, value: SSAValue) -> SSAValue:
        """An index value as an int64 tensor of rank 0."""
        number = self.op(upstream.IndexCastOp, (value,), i64)
        return self.op(FromElementsOp, (number,), tensor(i64))

    def extract(self, x: SSAValue) -> SSAValue:
        """The element of a tensor of rank 0, for a condition or the end of a loop."""
        return self.op(ExtractOp, (x,), element_type(x.type))

    def same(self, x: SSAValue) -> SSAValue:
        """x under another name, until it is simplified: a conversion to its dtype."""
        return self.op(rfx.ConvertOp, (x,), x.type)

    # ---- the end

    def ret(self, *values: SSAValue) -> None:
        """Return, and give the function around its result types."""
        append(self.block, make(func.ReturnOp, values, (), self.location))
        function = self.block.parent_op()
        if isinstance(function, func.FuncOp):
            function.properties["function_type"] = FunctionType.from_lists(
                [a.type for a in self.block.args], [v.type for v in values]
            )
