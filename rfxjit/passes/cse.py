"""Compute the same thing once.

    %0 = rfx.sin %x : tensor<4xf32>
    %1 = rfx.sin %x : tensor<4xf32>            %0 = rfx.sin %x : tensor<4xf32>
    %2 = rfx.add %0, %1 : tensor<4xf32>   ->   %2 = rfx.add %0, %0 : tensor<4xf32>

One walk over the program with a dictionary of what is known so far. Two pure ops
without regions are the same if class, operands, properties and result types are;
constants are compared by their bits, so 0.0 and -0.0, or two payloads of NaN, differ.
Ops in a region also see what comes before it, unless the region is isolated.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove, IsTerminator

from rfxjit.passes.rewriting import is_pure


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


def _key(op: Operation, number: _Numbers) -> Hashable:
    facts = [(name, number(a)) for name, a in op.properties.items()]
    facts += [(name, number(a)) for name, a in op.attributes.items()]
    operands: tuple[SSAValue, ...] = tuple(op.operands)
    types = tuple([number(r.type) for r in op.results])
    return type(op), operands, types, frozenset(facts) if facts else None


def _merge(block: Block, known: dict[Hashable, Operation], number: _Numbers) -> None:
    added: list[Hashable] = []
    for op in block.ops:
        if op.regions:
            isolated = op.has_trait(IsolatedFromAbove)
            for region in op.regions:
                for inner in region.blocks:
                    _merge(inner, {} if isolated else known, number)
        elif is_pure(op) and not op.has_trait(IsTerminator):
            key = _key(op, number)
            first = known.setdefault(key, op)
            if first is op:
                added.append(key)
                continue
            for old, new in zip(op.results, first.results, strict=True):
                old.replace_all_uses_with(new)
            op.detach()
            op.erase()
    for key in added:
        del known[key]


@dataclass(frozen=True)
class CsePass(ModulePass):
    """See the module's docstring."""

    name = "cse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        _merge(op.body.block, {}, _Numbers())
