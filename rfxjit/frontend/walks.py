"""What a `for` loop of a jitted function runs over, as a count and items by number.

    for i, (a, b) in enumerate(zip(x, y)):     count = len(x), item(k) = k, (x[k], y[k])

With items by number a loop need not be unrolled: `scf.for` counts, and `item` is
traced once. Ranges, arrays, and enumerate, zip and reversed of these are such; anything
else is iterated over by Python.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np

from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.ranges import number_of, range_bounds, steps_between
from rfxjit.frontend.symbolic import Size, SymDim, same_size
from rfxjit.frontend.tracer import Tracer, lift, python_number


@dataclass(frozen=True)
class Walk:
    """Items by number."""

    count: Size | Tracer
    item: Callable[[Any], Any]
    """The item of a number, which is an int or a traced one."""

    def __iter__(self) -> Iterator[Any]:
        return (self.item(k) for k in range(int(cast("Any", self.count))))

    def __len__(self) -> int:
        return int(cast("Any", self.count))


class Lazy:
    """enumerate, zip or reversed, not yet iterated over."""

    def __init__(self, function: Any, args: Any, kwargs: Any) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self._iterator: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        if self._iterator is None:
            self._iterator = iter(self.function(*self.args, **self.kwargs))
        return self._iterator

    def __next__(self) -> Any:
        return next(iter(self))


def traced_range(trace: Trace, _: Any, *bounds: Any) -> Walk:
    """`range` of bounds that are not known yet."""

    def integer(value: Any) -> Any:
        if isinstance(value, SymDim):
            return value
        if isinstance(value, Tracer):
            if value.dtype.kind not in "iub" or value.ndim:
                kind = value.dtype if value.ndim else value.kind
                raise TypeError(f"'{kind}' object cannot be interpreted as an integer")
            return value if value.kind == "int" else python_number(value)
        return value.__index__()

    first, last, step = map(integer, range_bounds(bounds))
    if isinstance(step, (Tracer, SymDim)):
        raise refuse("the step of a range must be known", "use a while loop")
    if step == 0:
        raise ValueError("range() arg 3 must not be zero")
    traced = any(isinstance(bound, Tracer) for bound in (first, last))
    if not traced and step == 1:
        count: Any = last - first
        if isinstance(count, SymDim) and count.least() < 0:
            count = np.maximum(count.tracer(), 0)
    else:
        first, last = (lift(trace, v) if isinstance(v, SymDim) else v
                       for v in (first, last))  # fmt: skip
        low, high = (first, last) if step > 0 else (last, first)
        count = steps_between(low, high, abs(step))
    return Walk(count, partial(number_of, first, step))


def walk_of(value: Any) -> Walk | None:
    """A value as items by number, if it is of that kind."""
    if isinstance(value, Walk):
        return value
    if isinstance(value, range):
        return Walk(len(value), partial(number_of, value.start, value.step))
    if isinstance(value, Tracer) and value.ndim:
        return Walk(value.shape[0], lambda k: _row(value, k))
    if not isinstance(value, Lazy):
        return None
    parts = [walk_of(part) for part in value.args]
    if value.function is builtins.enumerate:
        start = value.kwargs.get("start", value.args[1] if len(value.args) > 1 else 0)
        walk = parts[0]
        if walk is None:
            return None
        return Walk(walk.count, lambda k: (k + start, walk.item(k)))
    walks = [walk for walk in parts if walk is not None]
    if len(walks) < len(parts) or not walks or value.kwargs:
        return None
    if value.function is builtins.reversed:
        (walk,) = walks
        last: Any = walk.count
        return Walk(walk.count, lambda k: walk.item(last - 1 - k))
    count = _least([walk.count for walk in walks])
    if count is None:
        return None
    return Walk(count, lambda k: tuple(walk.item(k) for walk in walks))


def _least(counts: list[Any]) -> Any:
    """The smallest count; None if that is not known to be one of them."""
    first, *rest = counts
    if all(isinstance(count, int) for count in counts):
        return min(counts)
    return first if all(same_size(first, count) for count in rest) else None


def _row(x: Tracer, k: Any) -> Any:
    """`x[k]`, where k is known to be inside; it cannot be written through."""
    if not isinstance(k, Tracer):
        return x[k]
    value = x.trace.here().gather(x.value, [k.value], [0])
    shape = x.shape[1:]
    row = Tracer(x.trace, value, "array" if shape else "scalar", shape=shape)
    row.frozen = "a row that a loop runs over cannot be written to here"
    return row


def lazily(_: Trace, function: Any, *args: Any, **kwargs: Any) -> Any:
    """enumerate, zip and reversed: how they are walked is found out by the loop."""
    return Lazy(function, args, kwargs)
