"""Reverse-mode derivatives, as ops appended to the function itself.

    func.func @f(%x: tensor<4xf64>)           func.func @f(%x: tensor<4xf64>)
        -> tensor<f64> {                          -> tensor<4xf64> {
      %s = rfx.sin %x : tensor<4xf64>     ->    %s = rfx.sin %x : tensor<4xf64>
      %r = rfx.reduce "add" %s dims [0] …       %c = rfx.cos %x : tensor<4xf64>
      func.return %r : tensor<f64>              %g = rfx.mul %ones, %c : tensor<4xf64>
    }                                           func.return %g : tensor<4xf64>

The ops are walked backwards from the results. Each hands the derivative of the sum of
all results by its own result (the cotangent) on to its operands: elementwise ops by the
`partials` column of the table, those that move data by a rule each (`grad_rules.py`),
branches and loops by a branch or a loop of their own (`grad_control.py`), maps by a map
(`grad_map.py`). Only values between the chosen arguments and the results take part, so
nothing that is zero is computed.

`argnums` chooses arguments of the function; with `values` the original results are
returned too, before the derivatives. Integer values carry no derivative. Where maxima
tie, the tied elements share equally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import func, scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.builder import Builder
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise import MINUS_ONE, ONE, ZERO
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import DTYPES, element_type, index, kind_of
from rfxjit.dialects.map_ops import LoopNest, MapOp, MapReduceOp
from rfxjit.passes.dce import sweep
from rfxjit.passes.grad_control import branch, counted, unbounded
from rfxjit.passes.grad_map import nest
from rfxjit.passes.grad_rules import READS, RULES
from rfxjit.passes.handed_on import handed_on


def _is_float(value: SSAValue) -> bool:
    element = element_type(value.type)
    return element in DTYPES and element != index and kind_of(element) == "f"


def _handed_on(op: Operation) -> Iterable[tuple[SSAValue, SSAValue]]:
    """Which value becomes which other one, at the borders of an op's regions."""
    match op:
        case scf.IfOp() | scf.ForOp() | scf.WhileOp():
            for given, taken in handed_on(op):
                yield from product(given, taken)
        case LoopNest():
            end = cast("Operation", op.body.block.last_op)
            yield from zip(op.inputs, op.body.block.args, strict=True)
            yield from zip(end.operands, op.outputs, strict=True)
        case _:
            raise UnsupportedError("has no derivative rule", op)


def _activate(ops: Iterable[Operation], active: set[SSAValue]) -> None:
    """Add the floats that depend on what is in `active`, those in regions included."""
    for op in ops:
        if not op.regions:
            if any(v in active for v in op.operands):
                active.update(r for r in op.results if _is_float(r))
            continue
        before = -1
        while before < len(active):
            before = len(active)
            for source, target in _handed_on(op):
                if source in active and _is_float(target):
                    active.add(target)
            for region in op.regions:
                for block in region.blocks:
                    _activate(block.ops, active)


class Reverse:
    """Appends the backward ops of all ops so far to a block.

    `in_map` says that the block is in the region of a map, where values are scalars.
    """

    def __init__(
        self, builder: Builder, wanted: Sequence[SSAValue], *, in_map: bool = False
    ) -> None:
        self.forward = list(builder.block.ops)
        self.builder = builder
        self.in_map = in_map
        self.cotangents: dict[SSAValue, SSAValue] = {}
        self.active = set(wanted)
        _activate(self.forward, self.active)

    def child(
        self, block: Block, wanted: Sequence[SSAValue], *, in_map: bool = False
    ) -> Reverse:
        """The same for a block of a region of the op at hand."""
        builder = Builder(block, self.builder.location)
        return Reverse(builder, wanted, in_map=in_map or self.in_map)

    def add(self, value: SSAValue, cotangent: SSAValue) -> None:
        """One more contribution to the cotangent of `value`."""
        if value not in self.active:
            return
        if (known := self.cotangents.get(value)) is not None:
            cotangent = self.builder.elementwise("add", known, cotangent)
        self.cotangents[value] = cotangent

    def run(self, results: Sequence[SSAValue]) -> None:
        """Differentiate the sum of the results."""
        for value in results:
            if _is_float(value):
                self.add(value, self.builder.lit(value, 1.0))
        self.walk(self.forward)

    def again(self, block: Block, same: Mapping[SSAValue, SSAValue]) -> None:
        """Go through ops that compute results anew instead of those they came from."""
        ops = list(block.ops)
        for op in ops:
            op.detach()
            self.builder.block.add_op(op)
        _activate(ops, self.active)
        for old, new in same.items():
            if old in self.cotangents:
                self.add(new, self.cotangents[old])
        self.walk(ops)

    def walk(self, ops: Sequence[Operation]) -> None:
        """Hand the cotangents so far on to what they come from."""
        for op in reversed(ops):
            if any(r in self.cotangents for r in op.results):
                self.builder.location = op.location
                self.hand_on(op)

    def hand_on(self, op: Operation) -> None:
        """From the results of an op to its operands."""
        if isinstance(op, Elementwise):
            self.elementwise(op, self.cotangents[op.result])
        elif (control := CONTROL.get(type(op))) is not None:
            control(self, op)
        elif (read := READS.get(type(op))) is not None:
            if (source := op.operands[0]) in self.active:
                cotangent = self.cotangents[op.results[0]]
                known = self.slope(source)
                self.cotangents[source] = read(self.builder, op, cotangent, known)
        elif (rule := RULES.get(type(op))) is not None:
            cotangent = self.cotangents[op.results[0]]
            for value, part in rule(self.builder, op, cotangent):
                self.add(value, part)
        else:
            raise UnsupportedError("has no derivative rule", op)

    def slope(self, value: SSAValue) -> SSAValue:
        """The derivative by a value, zero if the results do not depend on it."""
        return self.cotangents.get(value) or self.builder.lit(value, 0.0)

    def outside(self, op: Operation) -> list[SSAValue]:
        """What takes part of the values that the regions of `op` read from outside."""
        inner: set[SSAValue] = set()
        found: dict[SSAValue, None] = {}
        for o in (o for region in op.regions for o in region.walk()):
            inner.update(o.results, *(b.args for r in o.regions for b in r.blocks))
            found.update((v, None) for v in o.operands if v in self.active)
        inner.update(*(b.args for r in op.regions for b in r.blocks))
        return [v for v in found if v not in inner]

    def elementwise(self, op: Elementwise, cotangent: SSAValue) -> None:
        b = self.builder
        for i, partial in enumerate(op.row.partials):
            value = op.inputs[i]
            if value not in self.active or partial == ZERO:
                continue
            if partial == ONE:
                part = cotangent
            elif partial == MINUS_ONE:
                part = b.elementwise("neg", cotangent)
            elif op.row.name == "select":
                # A choice, not a product: a NaN in the other branch stays out.
                zero = b.lit(value, 0.0)
                pair = (cotangent, zero) if i == 1 else (zero, cotangent)
                part = b.elementwise("select", op.inputs[0], *pair)
            else:
                rule = cast("Callable[..., SSAValue]", partial)
                slope = rule(b, *op.inputs, op.result)
                part = b.elementwise("mul", cotangent, slope)
            self.add(value, part)


CONTROL: dict[type[Operation], Callable[[Reverse, Any], None]] = {
    scf.IfOp: branch,
    scf.ForOp: counted,
    scf.WhileOp: unbounded,
    MapOp: nest,
    MapReduceOp: nest,
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
    sweep(block)


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
