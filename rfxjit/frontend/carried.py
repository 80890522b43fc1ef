"""What branches and loops of jitted functions carry: any value, as its arrays.

    pose = (x, {"angle": a, "frame": "base"})    ->    %x, %a      ("base" stays known)

A `TreeSlot` says how a value is taken apart: which tuples, lists, dicts and dataclasses
it is made of, and for each number or array in it the dtype, the shape and what kind of
number it stands for. All that a slot is for has one structure and the same shapes.
Dtypes join by NumPy's promotion (NEP 50: Python's numbers are weak). What is no data, a
string or a function, must be the same on all paths.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import is_
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.ir import ELEMENT_TYPES, tensor
from rfxjit.frontend.context import Trace
from rfxjit.frontend.flow import Slot, Unset
from rfxjit.frontend.kernel_types import Type, join, strong, type_of
from rfxjit.frontend.symbolic import Size, SymDim, same_shape
from rfxjit.frontend.trace import flatten
from rfxjit.frontend.tracer import Tracer, lift, sizes
from rfxjit.signature import Kind

_SHARED = (
    "cannot write to an array that may be another one, depending on a traced value"
)
_DATA = (Tracer, np.ndarray, np.generic, float, int, SymDim)


class MismatchError(Exception):
    """Values that cannot be carried in one slot; the text says why."""


@dataclass(frozen=True)
class Leaf:
    """A number or an array of a slot."""

    type: Type
    shape: tuple[Size, ...]
    kind: Kind

    def __str__(self) -> str:
        what = self.kind if not self.shape else f"array of shape {self.shape}"
        return f"{'an' if what[0] in 'ai' else 'a'} {what}"


@dataclass(frozen=True)
class Known:
    """A value of a slot that is the same on all paths."""

    value: Any


@dataclass(frozen=True, eq=False)
class TreeSlot(Slot):
    """See the module's docstring."""

    leaves: tuple[Leaf | Known, ...]
    tree: Any
    """The structure; None for a single leaf."""
    shared: bool
    """Whether its arrays may be ones that have other names: they are not written to."""


def slot_of(values: Sequence[Any], *, fixed: bool, shared: bool) -> TreeSlot:
    """The slot for all of `values`; equal numbers stay known if they are `fixed`.

    Raises MismatchError if there is none.
    """
    parts = [_apart(value) for value in values]
    (_, tree), *others = parts
    if any(other != tree for _, other in others):
        shown = " and ".join(dict.fromkeys(_structure(v) for v in values))
        raise MismatchError(f"is {shown}")
    columns = zip(*(leaves for leaves, _ in parts), strict=True)
    return _slot([_leaf(column, fixed=fixed) for column in columns], tree, shared)


def joined(slot: TreeSlot, value: Any, *, shared: bool) -> TreeSlot:
    """The slot that holds `value`, too; `slot` itself if it does."""
    leaves, tree = _apart(value)
    if tree != slot.tree:
        shown = " and ".join(_structure(v) for v in (_sample(slot), value))
        raise MismatchError(f"is {shown}")
    new = [_join(a, b) for a, b in zip(slot.leaves, leaves, strict=True)]
    shared = shared or slot.shared
    same = shared == slot.shared and all(map(is_, new, slot.leaves))
    return slot if same else _slot(new, tree, shared)


def _slot(leaves: Sequence[Leaf | Known], tree: Any, shared: bool) -> TreeSlot:
    types: list[Attribute] = []
    for leaf in leaves:
        if isinstance(leaf, Leaf):
            shape = tuple(
                n if isinstance(n, int) else DYNAMIC_INDEX for n in leaf.shape
            )
            types.append(tensor(ELEMENT_TYPES[strong(leaf.type)], shape))
    return TreeSlot(tuple(types), tuple(leaves), tree, shared)


def pack(trace: Trace, value: Any, slot: TreeSlot) -> list[SSAValue]:
    """A value as its slot carries it; zeros where it is Unset."""
    builder = trace.builder
    leaves = [leaf for leaf in slot.leaves if isinstance(leaf, Leaf)]
    if isinstance(value, Unset):
        return [
            builder.full(0, strong(leaf.type), sizes(trace, leaf.shape))
            if leaf.shape
            else builder.constant(strong(leaf.type).type(0))
            for leaf in leaves
        ]
    given = [v for v, leaf in zip(_apart(value)[0], slot.leaves, strict=True)
             if isinstance(leaf, Leaf)]  # fmt: skip
    return [
        builder.convert(lift(trace, v).value, strong(leaf.type))
        for v, leaf in zip(given, leaves, strict=True)
    ]


def unpack(trace: Trace, values: Sequence[SSAValue], slot: TreeSlot) -> Any:
    """The value that was carried, of new arrays."""
    rest = iter(values)
    leaves: list[Any] = []
    for leaf in slot.leaves:
        if isinstance(leaf, Known):
            leaves.append(leaf.value)
            continue
        new = Tracer(trace, next(rest), leaf.kind, shape=leaf.shape)
        new.frozen = _SHARED if slot.shared else None
        leaves.append(new)
    return _together(leaves, slot.tree)


def copied(value: Any) -> Any:
    """A value in containers of its own: what happens to these is not seen in it."""
    return _together(*_apart(value))


def arrays(value: Any) -> list[Tracer]:
    """The arrays in a value that could be written to."""
    if isinstance(value, (Slot, Unset, SSAValue)):
        return []
    leaves, _ = _apart(value)
    return [x for x in leaves if isinstance(x, Tracer) and x.kind == "array"]


# ---- leaves


def _apart(value: Any) -> tuple[Sequence[Any], Any]:
    if isinstance(value, _DATA) or value is None:
        return [value], None
    leaves, tree = flatten(value)
    return leaves, None if tree.is_leaf() else tree


def _together(leaves: Sequence[Any], tree: Any) -> Any:
    if tree is None:
        return leaves[0]
    import optree

    return optree.tree_unflatten(tree, leaves)


def _leaf(column: Sequence[Any], *, fixed: bool) -> Leaf | Known:
    first, *rest = column
    number = type(first) in (bool, int, float)
    same = all(v is first or (number and _same_number(first, v)) for v in rest)
    if not isinstance(first, _DATA) or (fixed and same and (number or rest)):
        leaf: Leaf | Known = Known(first)
    else:
        leaf = _data(first)
    for other in rest:
        leaf = _join(leaf, other)
    return leaf


def _same_number(a: Any, b: Any) -> bool:
    return type(a) is type(b) and repr(a) == repr(b)


def _data(value: Any) -> Leaf:
    """The leaf for a number or an array."""
    if isinstance(value, SymDim):
        return Leaf(type_of(0), (), "int")
    if isinstance(value, Tracer):
        return Leaf(type_of(value), value.shape, value.kind)
    if isinstance(value, np.ndarray):
        return Leaf(value.dtype, value.shape, "array")
    kind = "scalar" if isinstance(value, np.generic) else type(value).__name__
    return Leaf(type_of(value), (), cast("Kind", kind))


def _join(leaf: Leaf | Known, value: Any) -> Leaf | Known:
    if isinstance(leaf, Known):
        same = value is leaf.value or (
            not isinstance(value, _DATA) and type(value) is type(leaf.value)
            and value == leaf.value
        )  # fmt: skip
        if not same:
            shown = [_name(v) for v in (leaf.value, value)]
            raise MismatchError(f"is {' and '.join(shown)}")
        return leaf
    if not isinstance(value, _DATA):
        raise MismatchError(f"is {leaf} and {_name(value)}")
    other = _data(value)
    if not same_shape(leaf.shape, other.shape):
        raise MismatchError(f"is {leaf} and {other}")
    kind = leaf.kind
    type_ = join(leaf.type, other.type)
    if kind != other.kind:
        number = str(getattr(type_, "value", "scalar"))
        kind = cast("Kind", "array" if leaf.shape else number)
    return leaf if (type_, kind) == (leaf.type, leaf.kind) else replace(
        leaf, type=type_, kind=kind)  # fmt: skip


def _name(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, _DATA):
        return str(_data(value))
    return repr(value) if isinstance(value, str) else f"a {type(value).__name__}"


def _structure(value: Any) -> str:
    if isinstance(value, (tuple, list, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    return _name(value)


def _sample(slot: TreeSlot) -> Any:
    """Something with the structure of a slot, for a message."""
    if slot.tree is None:
        (leaf,) = slot.leaves
        return (
            leaf.value if isinstance(leaf, Known) else np.zeros([0] * len(leaf.shape))
        )
    return _together(range(len(slot.leaves)), slot.tree)
