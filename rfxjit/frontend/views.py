"""Views: tracers that see the elements of another one, and write to them.

    row = x[2]          # a View: base x, `read` is a slice, `write` a block update
    row[0] = 5.0        # x gets a new value, with the row in it
    x[:, 1] = 0.0       # x gets another one; the next use of row reads it again

State is SSA, and only arrays that are no view have it: a view is a function of what its
base is now. Views of views and of transposed arrays follow by composition.

NumPy's `reshape` is a view or a copy, as the strides have it, so these are followed as
far as they are known. Where they are not, both arrays can be read, and a write to one
of them is refused as long as the other is in use.
"""

# Indices and sizes are known to be numbers where they are used.

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from xdsl.ir import Block, SSAValue

from rfxjit.frontend.symbolic import Quotient, Size, SymDim, same_shape

if TYPE_CHECKING:
    from rfxjit.frontend.context import Trace
    from rfxjit.frontend.tracer import Tracer

Strides = tuple[int, ...]


@dataclass(eq=False)
class View:
    """What a tracer is of another one; `value` is what it was when `seen` was read."""

    base: Tracer
    read: Callable[[SSAValue], SSAValue]
    write: Callable[[SSAValue, SSAValue], SSAValue] | None
    """The base's value with the view's new one in it; None if it is read-only."""
    strides: Callable[[Strides], Strides | None] = lambda _: None
    """The view's strides from the base's, if they are known."""
    key: tuple[Any, ...] = ()
    """The index that made it, if one did."""
    seen: SSAValue | None = None
    value: SSAValue | None = None

    def now(self) -> SSAValue:
        """The value of the view."""
        current = self.base.value
        if (
            self.value is None
            or self.seen is not current
            or not _usable(self.value, self.base.trace)
        ):
            self.value, self.seen = self.read(current), current
        return self.value

    def assign(self, new: SSAValue) -> None:
        """Write all elements, in the base."""
        if self.write is None:
            raise ValueError("assignment destination is read-only")
        base = self.base
        base.assign(base.like(self.write(base.value, new)))
        self.value, self.seen = new, base.value


def _usable(value: SSAValue, trace: Trace) -> bool:
    """Whether a value belongs to the block that is traced now, or to one around it."""
    owner = value.owner
    home = owner if isinstance(owner, Block) else owner.parent_block()
    return home is trace.block or home in trace.open


# ---- axes and shapes ---------------------------------------------------------------


def transposed(a: Tracer, order: Sequence[int]) -> Tracer:
    """The view of an array with its axes in another order."""
    b = a.trace.here
    shape = tuple(a.shape[d] for d in order)
    inverse = sorted(range(len(order)), key=order.__getitem__)
    if a.kind != "array":
        return a.like(a.value)
    a.trace.any_order = True
    view = a.seen_through(
        View(
            a,
            lambda v: b().transpose(v, order),
            lambda _, new: b().transpose(new, inverse),
            lambda strides: tuple(strides[d] for d in order),
        ),
        shape,
    )
    view.c_order = False
    return view


def reshaped(a: Tracer, shape: tuple[Size, ...], *, flat: bool = False) -> Tracer:
    """As NumPy's reshape: a view where the strides allow it, or else a copy.

    `flat` writes to the array in any case, as `ndarray.flat`.
    """
    from rfxjit.frontend.tracer import Tracer, sizes

    trace = a.trace

    def to(new: tuple[Size, ...]) -> Callable[[SSAValue], SSAValue]:
        return lambda v: trace.here().reshape(v, sizes(trace, new))

    if a.kind != "array":
        kind = "array" if a.kind == "scalar" else a.kind
        return Tracer(trace, to(shape)(a.value), kind, shape=shape)
    back, known = to(a.shape), strides_of(a)
    inner = None
    if known is not None:
        inner = _regrouped(_numbers(trace, a.shape), known, _numbers(trace, shape))
    if (
        flat
        or inner is not None
        or same_shape(_without_ones(a.shape), _without_ones(shape))
    ):
        view = View(a, to(shape), lambda _, new: back(new), lambda _: inner)
        return a.seen_through(view, shape)
    made = Tracer(trace, to(shape)(a.value), "array", shape=shape, c_order=True)
    if known is None:
        a.twin(made)
    return made


def _without_ones(shape: Sequence[Size]) -> list[Size]:
    return [n for n in shape if isinstance(n, SymDim) or n != 1]


def read_only(a: Tracer, function: Callable[[Tracer], Tracer]) -> Tracer:
    """What a function gives of an array, as a view that cannot be written to."""
    now = a.value
    made = function(a.like(now))
    if a.kind != "array":
        return made
    view = View(a, lambda v: function(a.like(v)).value, None, seen=now)
    view.value = made.value
    return a.seen_through(view, made.shape)


def strides_of(a: Tracer) -> Strides | None:
    """How far apart in memory NumPy has the elements of each dim; None if unknown."""
    if (view := a.view_of) is not None:
        base = strides_of(view.base)
        return None if base is None else view.strides(base)
    if not a.c_order:
        return None
    return _dense(_numbers(a.trace, a.shape))


def _dense(shape: Sequence[int]) -> Strides:
    strides = [1]
    for n in reversed(shape[1:]):
        strides.insert(0, n * strides[0])
    return tuple(strides[: len(shape)])


def in_c_order(a: Tracer) -> Tracer:
    """As `np.ascontiguousarray`: the array itself if it is contiguous, or a copy."""
    strides = strides_of(a)
    shape = _numbers(a.trace, a.shape)
    if a.ndim == 0 or (strides is not None and all(
        n == 1 or have == want
        for n, have, want in zip(shape, strides, _dense(shape), strict=True)
    )):  # fmt: skip
        return reshaped(a, (1,)) if a.ndim == 0 else a
    made = a.copy()
    if strides is None:
        a.twin(made)
    return made


def _numbers(trace: Trace, shape: Sequence[Size]) -> tuple[int, ...]:
    """A shape where each symbol is a large prime: equal then means equal always."""
    primes = (10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093)
    order = {name: i for i, name in enumerate(trace.symbols)}

    def of_symbol(name: str) -> int:
        symbol = trace.symbols[name]
        if isinstance(symbol, Quotient):
            return number(symbol.size) // symbol.by
        return primes[order[name] % len(primes)] + 30030 * order[name]

    def number(n: Size) -> int:
        if not isinstance(n, SymDim):
            return int(n)
        return sum(
            factor * prod(map(of_symbol, monomial))
            for monomial, factor in n.terms.items()
        )

    return tuple(map(number, shape))


def _regrouped(
    old: Sequence[int], strides: Strides, new: Sequence[int]
) -> Strides | None:
    """The strides after a reshape without a copy; None if there must be one.

    Dims are taken in groups of equal size: a group can be split in any way if each of
    its dims steps over all of the next one.
    """
    if 0 in old:
        return (0,) * len(new)
    left = [(n, s) for n, s in zip(old, strides, strict=True) if n != 1]
    result: list[int] = []
    group: list[tuple[int, int]] = []
    todo = list(new)
    while todo:
        group = [left.pop(0)] if left and todo[0] != 1 else [(1, 0)]
        mine = [todo.pop(0)]
        while (have := prod(n for n, _ in group)) != (want := prod(mine)):
            if have < want and left:
                group.append(left.pop(0))
            elif todo:
                mine.append(todo.pop(0))
            else:  # sizes whose symbols do not divide evenly
                return None
        for (_, outer), (n, inner) in pairwise(group):
            if outer != n * inner:
                return None
        step = group[-1][1]
        steps: list[int] = []
        for n in reversed(mine):
            steps.insert(0, step)
            step *= n
        result += steps
    return tuple(result)
