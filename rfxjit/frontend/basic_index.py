"""Views by integers, slices and new axes: `x[2]`, `x[1:-1, ::2]`, `x[i : i + 4, None]`.

Each dim of the array gives a block: where it starts, how many elements, in which steps.
Starts that are only known at run time give `dynamic_slice` and `dynamic_update_slice`;
negative ones count from the end, and one that is out of range raises IndexError, at run
time through the status. A slice with such bounds is one of a known length,
`x[i : i + 4]`, all of which lies inside: where NumPy would cut it off, it is an
IndexError. One of another length, `x[i:]`, chooses elements as a mask does.
"""

# Keys can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from xdsl.ir import SSAValue

from rfxjit.errors import TraceError
from rfxjit.frontend.context import refuse
from rfxjit.frontend.same_values import difference
from rfxjit.frontend.symbolic import Size, SymDim, least, same_shape
from rfxjit.frontend.tracer import Tracer, lift, sizes
from rfxjit.frontend.views import Strides, View

# ---- one dim -----------------------------------------------------------------------


@dataclass
class Part:
    """What is taken of one dim; `start` is a tracer if only run time knows it."""

    start: Size | Tracer
    count: Size
    step: int = 1
    kept: bool = True


def is_integer(item: Any) -> bool:
    """Whether an item of a key is one number, known or traced."""
    if isinstance(item, Tracer):
        return item.ndim == 0 and item.dtype.kind in "iu"
    return isinstance(item, (int, np.integer, SymDim)) and not isinstance(item, bool)


def _part(item: Any, n: Size, axis: int) -> Part:
    if isinstance(item, Tracer):
        return Part(wrapped(item, n, axis), 1, kept=False)
    if is_integer(item):
        return Part(_normal(item, n, axis), 1, kept=False)
    if not isinstance(item, slice):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and"
            " integer or boolean arrays are valid indices"
        )
    if (bounds := _bounds(item, n)) is not None:
        return _moving(bounds, n)
    start, count, step = _slice(item, n)
    return Part(start, count, 1 if isinstance(count, int) and count < 2 else step)


def _slice(part: slice, n: Size) -> tuple[Size, Size, int]:
    """Start, size and step of a slice of a dim of n elements."""
    step = 1 if part.step is None else int(part.step)
    if part.start is None and part.stop is None and step == 1:
        return 0, n, 1
    if isinstance(n, SymDim):
        if (symbolic := _symbolic_slice(part, n, step)) is not None:
            return symbolic
        n = int(n)
    begin, end, step = slice(part.start, part.stop, step).indices(n)
    return begin, len(range(begin, end, step)), step


def _symbolic_slice(part: slice, n: SymDim, step: int) -> tuple[Size, Size, int] | None:
    """A slice of a symbolic dim, if its bounds are known to lie inside.

    `x[3:]` is clipped where n < 3, so n is pinned; `x[1:]` never is: symbols are at
    least 2, smaller sizes being compiled for themselves.
    """
    if step < 0:
        if part.start is not None or part.stop is not None:
            return None
        return n - 1, (n - 1 - step) // -step, step
    begin, end = _bound(part.start, 0, n), _bound(part.stop, n, n)
    if begin is None or end is None or least(end - begin) < 0:
        return None
    return begin, (end - begin + step - 1) // step, step


def _bound(value: Any, default: Size, n: SymDim) -> Size | None:
    """A bound of a slice as a size between 0 and n; None where that is not known."""
    if value is None:
        return default
    if not isinstance(value, SymDim):
        value = int(value)
        value = n + value if value < 0 else value
    return value if least(value) >= 0 and least(n - value) >= 0 else None


def _normal(index: Any, n: Size, axis: int) -> Size:
    """A static index in [0, n); one that lies inside of the least n pins nothing."""
    if isinstance(n, SymDim) and isinstance(index, int):
        if 0 <= index < least(n):
            return index
        if 0 < -index <= least(n):
            return n + index
    if isinstance(index, SymDim):
        index = int(index)
    index, count = int(index), int(n)
    if not -count <= index < count:
        raise IndexError(
            f"index {index} is out of bounds for axis {axis} with size {count}"
        )
    return index + count if index < 0 else index


def wrapped(index: Tracer, n: Size, axis: int) -> Tracer:
    """Traced indices in [0, n); others are an IndexError at run time."""
    size = _number(n)
    wide: Any = index.astype(np.int64)
    moved: Any = np.where(wide < 0, wide + size, wide)
    inside: Any = np.logical_and(moved >= 0, moved < size)
    message = f"index is out of bounds for axis {axis} with size {n}"
    require(np.all(inside) if moved.ndim else inside, IndexError, message)
    return moved


def require(condition: Any, error: type[Exception], message: str) -> None:
    """Raise `error` at run time unless a traced condition holds."""
    trace = condition.trace
    trace.here().require(condition.value, trace.failure(error, message))


def _number(n: Size) -> Any:
    return n.tracer() if isinstance(n, SymDim) else n


def _bounds(part: Any, n: Size) -> list[Any] | None:
    """The bounds of a slice as int64, if one of them is traced."""
    known = (part.start, part.stop, part.step) if isinstance(part, slice) else ()
    trace = next((bound.trace for bound in known if isinstance(bound, Tracer)), None)
    if trace is None:
        return None
    if isinstance(part.step, Tracer) or (part.step is not None and int(part.step) != 1):
        raise refuse("a slice with traced bounds and a step is not traced")
    bounds: list[Any] = []
    for given, default in ((part.start, 0), (part.stop, n)):
        bound = lift(trace, default if given is None else given)
        if bound.ndim or bound.dtype.kind not in "iu":
            raise TypeError(
                "slice indices must be integers or None or have an __index__ method"
            )
        bounds.append(bound.astype(np.int64))
    return bounds


def _from_start(bounds: Sequence[Any], size: Any) -> list[Any]:
    return [np.where(np.less(v, 0), np.add(v, size), v) for v in bounds]


def known_length(part: Any, n: Size) -> Any:
    """A slice as it is, but where its length depends on data: `x[i:]`.

    Bounds that are arguments become known numbers, which are guarded; of others it is
    the mask of the elements.
    """
    bounds = _bounds(part, n)
    if bounds is None or (
        difference(bounds[1].value, bounds[0].value) is not None
        and part.start is not None
        and part.stop is not None
    ):
        return part
    from rfxjit.frontend.numpy_creation import iota

    try:
        return slice(*(v if v is None else int(v) for v in (part.start, part.stop)))
    except TraceError:
        pass

    first, last = _from_start(bounds, _number(n))
    places = iota(bounds[0].trace, n)
    inside = np.logical_and(np.greater_equal(places, first), np.less(places, last))
    return cast("Tracer", inside)


def _moving(bounds: Sequence[Any], n: Size) -> Part:
    """A slice with traced bounds, a known number of elements apart."""
    count = cast("int", difference(bounds[1].value, bounds[0].value))
    if count <= 0:
        return Part(0, 0)
    size = _number(n)
    first, last = _from_start(bounds, size)
    inside = np.logical_and(np.greater_equal(first, 0), np.less_equal(last, size))
    whole = np.equal(np.subtract(last, first), count)
    require(
        np.logical_and(inside, whole), IndexError,
        f"a slice of {count} elements with traced bounds is cut off by the end of its"
        f" axis of size {n}",
    )  # fmt: skip
    return Part(cast("Tracer", first), count)


# ---- all dims ----------------------------------------------------------------------


def view_of(x: Tracer, items: Sequence[Any], key: Any, *, read: bool = True) -> Tracer:
    """The view `x[items]`: one item per dim of x, and None for each new axis."""
    parts: list[Part] = []
    shape: list[Size] = []
    order: list[int | None] = []
    for item in items:
        if item is None:
            shape.append(1)
            order.append(None)
            continue
        part = _part(item, x.shape[d := len(parts)], d)
        if part.kept:
            shape.append(part.count)
            order.append(d)
        parts.append(part)
    block = _Block(x, parts, tuple(shape))

    def strides(base: Strides) -> Strides:
        return tuple(0 if d is None else base[d] * parts[d].step for d in order)

    view = View(x, block.read, block.write, strides, (key,))
    return x.seen_through(view, tuple(shape), read=read)


class _Block:
    """Reads and writes the elements that the parts of each dim have in common."""

    def __init__(self, x: Tracer, parts: list[Part], shape: tuple[Size, ...]) -> None:
        self.trace = x.trace
        self.parts = parts
        self.whole = x.shape
        self.shape = shape
        self.counts = tuple(p.count for p in parts)
        self.moving = [d for d, p in enumerate(parts) if isinstance(p.start, Tracer)]
        self.stepped = any(p.step != 1 for p in parts)

    def read(self, value: SSAValue) -> SSAValue:
        """The view of a value of the array."""
        trace = self.trace
        value, parts, whole = self._moved(value)
        counts = [p.count for p in parts]
        if not same_shape(counts, whole) or self.stepped:
            starts, steps = _known(parts)
            value = trace.here().slice(
                value, sizes(trace, starts), sizes(trace, counts), steps
            )
        if not same_shape(counts, self.shape):
            value = trace.here().reshape(value, sizes(trace, self.shape))
        return value

    def _moved(self, value: SSAValue) -> tuple[SSAValue, list[Part], Sequence[Size]]:
        """What is read at places known at run time, its other parts, and its shape."""
        if not self.moving:
            return value, self.parts, self.whole
        if any(self.parts[d].kept for d in self.moving):
            return self._window(value), self.parts, self._outer()
        places = [lift(self.trace, self.parts[d].start).value for d in self.moving]
        rest = [d for d in range(len(self.whole)) if d not in self.moving]
        value = self.trace.here().gather(value, places, self.moving)
        return value, [self.parts[d] for d in rest], [self.whole[d] for d in rest]

    def write(self, old: SSAValue, new: SSAValue) -> SSAValue:
        """A value of the array with a new value of the view in it."""
        trace, b = self.trace, self.trace.here()
        if not same_shape(self.counts, self.shape):
            new = b.reshape(new, sizes(trace, self.counts))
        if same_shape(self.counts, self.whole) and not (self.stepped or self.moving):
            return new
        if self.stepped:
            starts, steps = _known(self.parts)
            around = self._window(old) if self.moving else old
            new = b.update_slice(around, new, sizes(trace, starts), steps)
        if self.stepped and not self.moving:
            return new
        return b.dynamic_update_slice(old, new, self._starts())

    def _window(self, value: SSAValue) -> SSAValue:
        """The block at run-time places; where there are steps, all that is around."""
        numbers = [int(n) for n in self._outer()]
        return self.trace.here().dynamic_slice(value, self._starts(), numbers)

    def _outer(self) -> list[Size]:
        return [
            n if self.stepped and not isinstance(p.start, Tracer) else p.count
            for p, n in zip(self.parts, self.whole, strict=True)
        ]

    def _starts(self) -> list[SSAValue]:
        """Where the block, or what is around it, begins in each dim."""
        starts = [
            p.start if isinstance(p.start, Tracer) or not self.stepped else 0
            for p in self.parts
        ]
        numbers = [np.int64(s) if isinstance(s, int) else s for s in starts]
        return [lift(self.trace, s).value for s in numbers]


def _known(parts: Sequence[Part]) -> tuple[list[Size], list[int]]:
    """Starts and steps, inside of what has been moved to the start of each dim."""
    starts = [0 if isinstance(p.start, Tracer) else p.start for p in parts]
    return starts, [p.step for p in parts]
