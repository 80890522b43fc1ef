"""Compute the same thing once.

    %0 = rfx.sin %x : tensor<4xf32>
    %1 = rfx.sin %x : tensor<4xf32>            %0 = rfx.sin %x : tensor<4xf32>
    %2 = rfx.add %0, %1 : tensor<4xf32>   ->   %2 = rfx.add %0, %0 : tensor<4xf32>

One walk over the program with a dictionary of what is known so far. Two pure ops
without regions are the same if class, operands, properties and result types are;
constants are compared by their bits, so 0.0 and -0.0, or two payloads of NaN, differ.
Ops in a region also see what comes before it, unless the region is isolated. Constants
move out of branches and loops, so that these share them. What the second region of a
`scf.while` computes again is handed on by the first one:

    scf.while (%a = %x) ... {                  scf.while (%a = %x) ... {
      %s = rfx.mul %a, %a                        %s = rfx.mul %a, %a
      scf.condition(%c) %a                ->     scf.condition(%c) %a, %s
    } do { ^bb0(%b):                           } do { ^bb0(%b, %t):
      %t = rfx.mul %b, %b                        ...
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.tensor import DimOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import make
from rfxjit.passes.rewriting import is_pure, is_terminator

_NOTHING: Mapping[SSAValue, SSAValue] = {}


class _Numbers:
    """A number for each attribute; types are mostly interned, so hashed only once."""

    def __init__(self) -> None:
        self._by_id: dict[int, tuple[int, Attribute]] = {}
        self._by_value: dict[Attribute, int] = {}

    def __call__(self, attribute: Attribute) -> int:
        if (known := self._by_id.get(id(attribute))) is not None:
            return known[0]
        number = self._by_value.setdefault(attribute, len(self._by_value))
        # The attribute is kept, lest another one gets its id.
        self._by_id[id(attribute)] = (number, attribute)
        return number


def _key(
    op: Operation, number: _Numbers, same: Mapping[SSAValue, SSAValue] = _NOTHING
) -> Hashable:
    facts = [(name, number(a)) for name, a in op.properties.items()]
    facts += [(name, number(a)) for name, a in op.attributes.items()]
    operands: tuple[SSAValue, ...] = tuple(op.operands)
    if same:
        operands = tuple([same.get(v, v) for v in operands])
    types = tuple([number(r.type) for r in op.results])
    return type(op), operands, types, frozenset(facts) if facts else None


def _replace(op: Operation, values: Sequence[SSAValue]) -> None:
    for old, new in zip(op.results, values, strict=True):
        old.replace_all_uses_with(new)
    op.detach()
    op.erase()


def _merge(
    block: Block,
    known: dict[Hashable, Operation],
    number: _Numbers,
    outside: tuple[Operation, list[Hashable]] | None = None,
) -> None:
    """Merge equal ops; constants go in front of the op and to the keys `outside`."""
    added: list[Hashable] = []
    for op in block.ops:
        if op.regions:
            isolated = op.has_trait(IsolatedFromAbove)
            for region in op.regions:
                for inner in region.blocks:
                    if isolated:
                        _merge(inner, {}, number)
                    else:
                        _merge(inner, known, number, outside or (op, added))
            if isinstance(op, scf.WhileOp):
                _hand_on(op, number)
        elif is_pure(op) and not is_terminator(op):
            key = _key(op, number)
            first = known.setdefault(key, op)
            if first is not op:
                _replace(op, first.results)
            elif outside is not None and not op.operands and _is_constant(op):
                place, keys = outside
                op.detach()
                cast("Block", place.parent).insert_op_before(op, place)
                keys.append(key)
            else:
                added.append(key)
    for key in added:
        del known[key]


def _is_constant(op: Operation) -> bool:
    return isinstance(op, (rfx.ConstantOp, arith.ConstantOp))


def _hand_on(loop: scf.WhileOp, number: _Numbers) -> None:
    """Hand on what the second region would compute again."""
    before, after = loop.before_region.block, loop.after_region.block
    end = cast("scf.ConditionOp", before.last_op)
    known = {
        _key(op, number): op
        for op in before.ops
        if op is not end and not op.regions and is_pure(op)
    }
    same: dict[SSAValue, SSAValue] = dict(zip(after.args, end.args, strict=True))
    values = list(end.args)
    for op in after.ops:
        if op.regions or not op.operands or is_terminator(op):
            continue
        if isinstance(op, DimOp):
            continue  # Sizes are known before anything runs, and stay so.
        first = known.get(_key(op, number, same))
        if first is not None:
            argument = after.insert_arg(op.results[0].type, len(after.args))
            value = first.results[0]
            same[argument] = value
            values.append(value)
            _replace(op, (argument,))
    if len(values) == len(end.args):
        return
    end.operands = [end.condition, *values]
    regions = [loop.detach_region(0), loop.detach_region(0)]
    types = [v.type for v in values]
    new = make(scf.WhileOp, list(loop.operands), types, loop.location, regions=regions)
    new.attributes.update(loop.attributes)
    cast("Block", loop.parent).insert_op_before(new, loop)
    _replace(loop, new.results[: len(loop.results)])


@dataclass(frozen=True)
class CsePass(ModulePass):
    """See the module's docstring."""

    name = "cse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        _merge(op.body.block, {}, _Numbers())
