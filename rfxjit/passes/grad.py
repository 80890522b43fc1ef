"""Reverse-mode derivatives, as ops appended to the function itself.

    func.func @f(%x: tensor<4xf64>)           func.func @f(%x: tensor<4xf64>)
        -> tensor<f64> {                          -> tensor<4xf64> {
      %s = rfx.sin %x : tensor<4xf64>     ->    %s = rfx.sin %x : tensor<4xf64>
      %r = rfx.reduce "add" %s dims [0] …       %c = rfx.cos %x : tensor<4xf64>
      func.return %r : tensor<f64>              %g = rfx.mul %ones, %c : tensor<4xf64>
    }                                           func.return %g : tensor<4xf64>

The ops are walked backwards from the results. Each hands the derivative of the sum of
all results by its own result (the cotangent) on to its operands: elementwise ops by the
`partials` column of the table, the others by one rule each below. Only values between
the chosen arguments and the results take part, so nothing that is zero is computed.

`argnums` chooses arguments of the function; with `values` the original results are
returned too, before the derivatives. Integer values carry no derivative. Where maxima
tie, the tied elements share equally.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder, Size
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise import MINUS_ONE, ONE, ZERO
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import DTYPES, dtype_of, element_type, index, kind_of, shape_of

Cotangents = Sequence[tuple[SSAValue, SSAValue]]


def _is_float(value: SSAValue) -> bool:
    element = element_type(value.type)
    return element in DTYPES and element != index and kind_of(element) == "f"


class Reverse:
    """Appends the backward ops of all ops so far to a block."""

    def __init__(self, builder: Builder, wanted: Sequence[SSAValue]) -> None:
        self.forward = list(builder.block.ops)
        self.builder = builder
        self.cotangents: dict[SSAValue, SSAValue] = {}
        self.active = set(wanted)
        for op in self.forward:
            if any(v in self.active for v in op.operands):
                self.active.update(r for r in op.results if _is_float(r))

    def add(self, value: SSAValue, cotangent: SSAValue) -> None:
        """One more contribution to the cotangent of `value`."""
        if value not in self.active:
            return
        if (known := self.cotangents.get(value)) is not None:
            cotangent = self.builder.elementwise("add", known, cotangent)
        self.cotangents[value] = cotangent

    def run(self, results: Sequence[SSAValue]) -> None:
        for value in results:
            if _is_float(value):
                self.add(value, self.builder.lit(value, 1.0))
        for op in reversed(self.forward):
            if not op.results or op.results[0] not in self.cotangents:
                continue
            self.builder.location = op.location
            cotangent = self.cotangents[op.results[0]]
            if isinstance(op, Elementwise):
                self.elementwise(op, cotangent)
                continue
            rule = RULES.get(type(op))
            if rule is None:
                raise UnsupportedError("has no derivative rule", op)
            for value, part in rule(self.builder, op, cotangent):
                self.add(value, part)

    def slope(self, value: SSAValue) -> SSAValue:
        """The derivative by a wanted value, zero if the results do not depend on it."""
        return self.cotangents.get(value) or _zeros(self.builder, value)

    def elementwise(self, op: Elementwise, cotangent: SSAValue) -> None:
        b = self.builder
        for value, partial in zip(op.inputs, op.row.partials, strict=True):
            if value not in self.active or partial == ZERO:
                continue
            if partial == ONE:
                part = cotangent
            elif partial == MINUS_ONE:
                part = b.elementwise("neg", cotangent)
            elif op.row.name == "select":
                # A choice, not a product: a NaN in the other branch stays out.
                zero, chosen = b.lit(value, 0.0), value is op.inputs[1]
                pair = (cotangent, zero) if chosen else (zero, cotangent)
                part = b.elementwise("select", op.inputs[0], *pair)
            else:
                rule = cast("Callable[..., SSAValue]", partial)
                slope = rule(b, *op.inputs, op.result)
                part = b.elementwise("mul", cotangent, slope)
            self.add(value, part)


def _zeros(b: Builder, like: SSAValue) -> SSAValue:
    return b.lit(like, 0.0)


def _convert(b: Builder, op: rfx.ConvertOp, ct: SSAValue) -> Cotangents:
    return [(op.input, b.convert(ct, dtype_of(op.input.type)))]


def _broadcast(b: Builder, op: rfx.BroadcastOp, ct: SSAValue) -> Cotangents:
    kept = rfx.ints(op.dims)
    dims = [d for d in range(len(shape_of(ct.type))) if d not in kept]
    return [(op.input, b.reduce(ct, "add", dims) if dims else ct)]


def _reshape(b: Builder, op: rfx.ReshapeOp, ct: SSAValue) -> Cotangents:
    return [(op.input, b.reshape(ct, b.shape(op.input)))]


def _transpose(b: Builder, op: rfx.TransposeOp, ct: SSAValue) -> Cotangents:
    perm = rfx.ints(op.perm)
    return [(op.input, b.transpose(ct, [perm.index(d) for d in range(len(perm))]))]


def _slice(b: Builder, op: rfx.SliceOp, ct: SSAValue) -> Cotangents:
    """Put the elements back into zeros."""
    starts = _mixed(op.static_starts, op.starts)
    steps = rfx.ints(op.steps)
    static = [*starts, *shape_of(op.input.type), *shape_of(ct.type)]
    if all(step == 1 for step in steps) and all(
        isinstance(n, int) and n != DYNAMIC_INDEX for n in static
    ):
        low = rfx.ints(op.static_starts)
        sizes = zip(shape_of(op.input.type), low, shape_of(ct.type), strict=True)
        zero = b.constant(0, dtype_of(ct.type))
        return [(op.input, b.pad(ct, zero, low, [n - s - k for n, s, k in sizes]))]
    zeros = _zeros(b, op.input)
    return [(op.input, b.update_slice(zeros, ct, starts, steps))]


def _update_slice(b: Builder, op: rfx.UpdateSliceOp, ct: SSAValue) -> Cotangents:
    starts, steps = _mixed(op.static_starts, op.starts), rfx.ints(op.steps)
    kept = b.update_slice(ct, _zeros(b, op.update), starts, steps)
    part = b.slice(ct, starts, b.shape(op.update), steps)
    return [(op.input, kept), (op.update, part)]


def _mixed(static: Any, dynamic: Sequence[SSAValue]) -> list[Size]:
    rest = iter(dynamic)
    return [next(rest) if n == DYNAMIC_INDEX else n for n in rfx.ints(static)]


def _concatenate(b: Builder, op: rfx.ConcatenateOp, ct: SSAValue) -> Cotangents:
    d = op.dim.value.data
    first: Size = 0
    parts: list[tuple[SSAValue, SSAValue]] = []
    for value in op.inputs:
        shape = b.shape(value)
        starts: list[Size] = [0] * len(shape)
        starts[d] = first
        parts.append((value, b.slice(ct, starts, shape, [1] * len(shape))))
        n = shape[d]
        both = isinstance(first, int) and isinstance(n, int)
        first = cast("int", first) + cast("int", n) if both else b.index_add(first, n)
    return parts


def _pad(b: Builder, op: rfx.PadOp, ct: SSAValue) -> Cotangents:
    low, sizes = rfx.ints(op.low), b.shape(op.input)
    inner = b.slice(ct, low, sizes, [1] * len(low))
    dims = list(range(len(low)))
    around = b.elementwise(
        "sub", b.reduce(ct, "add", dims), b.reduce(inner, "add", dims)
    )
    return [(op.input, inner), (op.value, around)]


def _gather(b: Builder, op: rfx.GatherOp, ct: SSAValue) -> Cotangents:
    # A clamped index reads an element at the edge: clamp, so that it is added there.
    indices: list[SSAValue] = []
    for value, d in zip(op.indices, rfx.ints(op.dims), strict=True):
        size = shape_of(op.input.type)[d]
        if size == DYNAMIC_INDEX:
            indices.append(value)
            continue
        inside = b.elementwise("maximum", value, b.lit(value, 0))
        indices.append(b.elementwise("minimum", inside, b.lit(value, size - 1)))
    dims = rfx.ints(op.dims)
    return [(op.input, b.scatter(_zeros(b, op.input), ct, indices, dims, "add"))]


def _scatter(b: Builder, op: rfx.ScatterOp, ct: SSAValue) -> Cotangents:
    dims, indices = rfx.ints(op.dims), list(op.indices)
    updates = b.gather(ct, indices, dims)
    kept = ct
    if op.combine.data == "set":
        kept = b.scatter(ct, _zeros(b, op.updates), indices, dims)
    return [(op.input, kept), (op.updates, updates)]


def _dynamic_slice(b: Builder, op: rfx.DynamicSliceOp, ct: SSAValue) -> Cotangents:
    zeros = _zeros(b, op.input)
    return [(op.input, b.dynamic_update_slice(zeros, ct, list(op.starts)))]


def _dynamic_update_slice(
    b: Builder, op: rfx.DynamicUpdateSliceOp, ct: SSAValue
) -> Cotangents:
    starts = list(op.starts)
    kept = b.dynamic_update_slice(ct, _zeros(b, op.update), starts)
    part = b.dynamic_slice(ct, starts, shape_of(op.update.type))
    return [(op.input, kept), (op.update, part)]


def _dot_general(b: Builder, op: rfx.DotGeneralOp, ct: SSAValue) -> Cotangents:
    ab, bb = rfx.ints(op.lhs_batch), rfx.ints(op.rhs_batch)
    ac, bc = rfx.ints(op.lhs_contract), rfx.ints(op.rhs_contract)

    def side(
        mine: SSAValue, other: SSAValue,
        batch: Sequence[int], other_batch: Sequence[int],
        contract: Sequence[int], other_contract: Sequence[int],
        other_free_at: int,
    ) -> SSAValue:  # fmt: skip
        rank, other_rank = len(shape_of(mine.type)), len(shape_of(other.type))
        free = [d for d in range(rank) if d not in (*batch, *contract)]
        other_free = [
            d for d in range(other_rank) if d not in (*other_batch, *other_contract)
        ]
        shared = list(range(len(batch)))
        summed = list(range(other_free_at, other_free_at + len(other_free)))
        part = b.dot_general(ct, other, (shared, other_batch), (summed, other_free))
        # Its dims: the batch, my free dims, then the contracted ones in other's order.
        rest = sorted(other_contract)
        source: list[int] = []
        for d in range(rank):
            if d in batch:
                source.append(list(batch).index(d))
            elif d in free:
                source.append(len(batch) + free.index(d))
            else:
                theirs = other_contract[list(contract).index(d)]
                source.append(len(batch) + len(free) + rest.index(theirs))
        return part if source == list(range(rank)) else b.transpose(part, source)

    first = len(ab)
    second = first + len(shape_of(op.lhs.type)) - len(ab) - len(ac)
    return [
        (op.lhs, side(op.lhs, op.rhs, ab, bb, ac, bc, second)),
        (op.rhs, side(op.rhs, op.lhs, bb, ab, bc, ac, first)),
    ]


def _reduce(b: Builder, op: rfx.ReduceOp, ct: SSAValue) -> Cotangents:
    x, kind = op.input, op.kind.data
    gone = rfx.ints(op.dims)
    kept = [d for d in range(len(shape_of(x.type))) if d not in gone]

    def spread(value: SSAValue) -> SSAValue:
        return b.broadcast(value, kept, b.shape(x))

    if kind == "add":
        return [(x, spread(ct))]
    if kind == "mul":
        return [(x, b.elementwise("mul", spread(ct), _product_slope(b, op, spread)))]
    chosen = b.elementwise("eq", x, spread(op.result))
    ones = b.elementwise("select", chosen, b.lit(x, 1.0), b.lit(x, 0.0))
    count = b.reduce(ones, "add", gone)
    share = b.elementwise("div", ct, count)
    return [(x, b.elementwise("mul", spread(share), ones))]


def _product_slope(
    b: Builder, op: rfx.ReduceOp, spread: Callable[[SSAValue], SSAValue]
) -> SSAValue:
    """The product of all other elements, right also where elements are zero."""
    x, gone = op.input, rfx.ints(op.dims)
    one, zero = b.lit(x, 1.0), b.lit(x, 0.0)
    is_zero = b.elementwise("eq", x, zero)
    safe = b.elementwise("select", is_zero, one, x)
    zeros = spread(b.reduce(b.elementwise("select", is_zero, one, zero), "add", gone))
    rest = b.elementwise("div", spread(b.reduce(safe, "mul", gone)), safe)
    # With one zero only that element has a slope, with two or more none has.
    others = b.elementwise("sub", zeros, b.elementwise("select", is_zero, one, zero))
    alone = b.elementwise("eq", others, zero)
    return b.elementwise("select", alone, rest, zero)


def _scan(b: Builder, op: rfx.ScanOp, ct: SSAValue) -> Cotangents:
    """Of running sums: an element is in all sums from its own on."""
    if op.kind.data != "add":
        raise UnsupportedError(f'of "{op.kind.data}" has no derivative rule', op)
    d, shape = op.dim.value.data, b.shape(ct)

    def reversed_(x: SSAValue) -> SSAValue:
        starts: list[Size] = [0] * len(shape)
        n = shape[d]
        starts[d] = n - 1 if isinstance(n, int) else b.index_sub(n, 1)
        steps = [-1 if i == d else 1 for i in range(len(shape))]
        return b.slice(x, starts, shape, steps)

    if shape[d] == 0:
        return [(op.input, ct)]
    return [(op.input, reversed_(b.scan(reversed_(ct), "add", d)))]


RULES: dict[type[Operation], Callable[[Builder, Any, SSAValue], Cotangents]] = {
    rfx.ConvertOp: _convert,
    rfx.BroadcastOp: _broadcast,
    rfx.ReshapeOp: _reshape,
    rfx.TransposeOp: _transpose,
    rfx.SliceOp: _slice,
    rfx.UpdateSliceOp: _update_slice,
    rfx.ConcatenateOp: _concatenate,
    rfx.PadOp: _pad,
    rfx.GatherOp: _gather,
    rfx.ScatterOp: _scatter,
    rfx.DynamicSliceOp: _dynamic_slice,
    rfx.DynamicUpdateSliceOp: _dynamic_update_slice,
    rfx.DotGeneralOp: _dot_general,
    rfx.ReduceOp: _reduce,
    rfx.ScanOp: _scan,
}


def differentiate(
    function: func.FuncOp, wanted: Sequence[int], *, values: bool
) -> None:
    """Replace the results by derivatives by some arguments, after the values if
    `values`.
    """
    block = function.body.block
    ret = cast("func.ReturnOp", block.last_op)
    results = list(ret.arguments)
    arguments = [block.args[i] for i in wanted]
    ret.detach()
    reverse = Reverse(Builder(block), arguments)
    reverse.run(results)
    ret.erase()
    slopes = [reverse.slope(a) for a in arguments]
    reverse.builder.ret(*(results if values else ()), *slopes)
    _erase_dead(block)


def _erase_dead(block: Block) -> None:
    """Erase what only the replaced results needed."""
    for op in reversed(list(block.ops)):
        pure = op.results and not isinstance(op, (func.ReturnOp, rfx.RequireOp))
        if pure and not any(r.first_use for r in op.results):
            op.detach()
            op.erase()


@dataclass(frozen=True)
class GradPass(ModulePass):
    """See the module's docstring."""

    name = "grad"
    argnums: tuple[int, ...] = (0,)
    values: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                count = len(function.body.block.args)
                for i in self.argnums:
                    if not 0 <= i < count:
                        raise UnsupportedError(f"there is no argument {i}", function)
                    if not _is_float(function.body.block.args[i]):
                        raise UnsupportedError(f"argument {i} is not float", function)
                differentiate(function, self.argnums, values=self.values)
