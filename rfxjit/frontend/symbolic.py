"""Sizes that are not known: `x.shape[0]` of a dim that varies from call to call.

A `SymDim` is a polynomial of input sizes and of quotients `size // k`, so that
`2 * n + 1` and `n // 2` stay symbolic and two sizes can be compared exactly. Whatever
needs a number (`range(n)`, `n > 3`) *pins* the sizes in it: the trace starts again with
these static, and remembers the reason.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import TYPE_CHECKING, Any

from xdsl.ir import SSAValue

from rfxjit.dialects.builder import Builder
from rfxjit.errors import ShapeError
from rfxjit.frontend.context import PinError, Trace, user_location

if TYPE_CHECKING:
    from rfxjit.frontend.tracer import Tracer

Terms = dict[tuple[str, ...], int]


class SymDim:
    """A size that is a polynomial of symbols; `terms` maps monomials to factors."""

    def __init__(self, trace: Trace, terms: Terms, value: SSAValue | None) -> None:
        self.trace = trace
        self.terms = terms
        self._value = value

    @classmethod
    def of_input(
        cls, trace: Trace, name: str, size: int | str, value: SSAValue, dim: int
    ) -> SymDim:
        """The dim of an input; `size` is what it is in this call, or its name."""
        trace.symbols.setdefault(name, (size, value, dim))
        return cls(trace, {(name,): 1}, None)

    def ssa(self) -> SSAValue:
        """The index value."""
        if self._value is not None:
            return self._value
        # In front of all branches and loops that are being built: it is kept.
        b = Builder(self.trace.block, self.trace.builder.location)
        total: SSAValue | int = 0
        for monomial, factor in self.terms.items():
            part: SSAValue | int = factor
            for name in monomial:
                symbol = self.trace.symbols[name]
                if isinstance(symbol, Quotient):
                    size = b.index_floordiv(symbol.size.ssa(), symbol.by)
                else:
                    size = b.dim(*symbol[1:])
                part = size if part == 1 else b.index_mul(part, size)
            total = (
                part
                if isinstance(total, int) and total == 0
                else b.index_add(total, part)
            )
        self._value = b.index_const(total) if isinstance(total, int) else total
        return self._value

    def tracer(self) -> Tracer:
        """The size as a traced Python int."""
        from rfxjit.frontend.tracer import Tracer

        value = self.trace.here().index_tensor(self.ssa())
        return Tracer(self.trace, value, "int", shape=())

    def _pin(self, why: str) -> PinError:
        return PinError(self._sizes(), why, self.trace.place or user_location())

    def _symbols(self) -> dict[str, Any]:
        known = self.trace.symbols
        return {name: known[name] for monomial in self.terms for name in monomial}

    def _sizes(self) -> frozenset[int | str]:
        """The input sizes, in this call, that the size depends on."""
        result: frozenset[int | str] = frozenset()
        for symbol in self._symbols().values():
            quotient = isinstance(symbol, Quotient)
            result |= symbol.size._sizes() if quotient else {symbol[0]}
        return result

    def least(self) -> float:
        """A bound that the size is never below; symbols are 2 or more."""
        terms: dict[tuple[str, ...], float] = dict(self.terms)
        for name, symbol in self._symbols().items():
            # p // k is at most p / k: that is what a negative multiple may be.
            factor = terms.get((name,), 0)
            if isinstance(symbol, Quotient) and factor < 0:
                del terms[name,]
                for monomial, f in symbol.size.terms.items():
                    more = factor * f / symbol.by
                    terms[monomial] = terms.get(monomial, 0) + more
        total = terms.pop((), 0)
        if any(factor < 0 for factor in terms.values()):
            return -inf
        for monomial, factor in terms.items():
            total += factor * prod(self._least_symbol(name) for name in monomial)
        return total

    def _least_symbol(self, name: str) -> float:
        symbol = self.trace.symbols[name]
        quotient = isinstance(symbol, Quotient)
        return symbol.size.least() // symbol.by if quotient else 2.0

    # ---- arithmetic stays symbolic

    def _combine(self, other: Any, sign: int) -> Any:
        terms = dict(self.terms)
        for monomial, factor in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + sign * factor
        return _simplest(self.trace, terms)

    def __add__(self, other: Any) -> Any:
        if not _is_size(other):
            return self._with(other, operator.add)
        return self._combine(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if not _is_size(other):
            return self._with(other, operator.sub)
        return self._combine(other, -1)

    def __rsub__(self, other: Any) -> Any:
        if not _is_size(other):
            return self._with(other, lambda a, b: b - a)
        return (self * -1) + other

    def __mul__(self, other: Any) -> Any:
        if not _is_size(other):
            return self._with(other, operator.mul)
        terms: Terms = {}
        for a, x in self.terms.items():
            for b, y in _terms(other).items():
                key = tuple(sorted((*a, *b)))
                terms[key] = terms.get(key, 0) + x * y
        return _simplest(self.trace, terms)

    __rmul__ = __mul__

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        """Arithmetic with a float: the size is a traced number then."""
        if isinstance(other, float):
            return operation(self.tracer(), other)
        return NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return self.tracer() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.tracer()

    # ---- everything else needs the number

    def __index__(self) -> int:
        raise self._pin("this size is used as a number")

    __int__ = __index__

    def __bool__(self) -> bool:
        raise self._pin("this size is used as a condition")

    def __float__(self) -> float:
        raise self._pin("this size is used as a number")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SymDim) and other.terms == self.terms:
            return True
        raise self._pin(f"this size is compared with {other}")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def _compare(self, other: Any) -> bool:
        raise self._pin(f"this size is compared with {other}")

    __lt__ = __le__ = __gt__ = __ge__ = _compare

    def __floordiv__(self, other: Any) -> Any:
        if not isinstance(other, int) or isinstance(other, bool) or other < 1:
            return self._divide(other)
        if not any(factor % other for factor in self.terms.values()):
            terms = {m: factor // other for m, factor in self.terms.items()}
            return _simplest(self.trace, terms)
        name = f"({self!r})//{other}"
        self.trace.symbols.setdefault(name, Quotient(self, other))
        return SymDim(self.trace, {(name,): 1}, None)

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def _divide(self, other: Any) -> Any:
        raise self._pin(f"this size is divided by {other}")

    __rfloordiv__ = __rmod__ = _divide

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.terms.items())))

    def __repr__(self) -> str:
        parts = [
            "*".join([*([] if f == 1 and m else [str(f)]), *m])
            for m, f in sorted(self.terms.items())
        ]
        return " + ".join(parts)


@dataclass(frozen=True, eq=False)
class Quotient:
    """The symbol `size // by`."""

    size: SymDim
    by: int


Size = int | SymDim


def least(size: Size) -> float:
    """A bound that a size is never below."""
    return size.least() if isinstance(size, SymDim) else size


def same_size(a: Size, b: Size) -> bool:
    """Whether two sizes are known to be equal; never pins."""
    if isinstance(a, SymDim) and isinstance(b, SymDim):
        return a.terms == b.terms
    return isinstance(a, int) and isinstance(b, int) and a == b


def same_shape(a: Sequence[Size], b: Sequence[Size]) -> bool:
    """Whether two shapes are known to be equal; never pins."""
    return a is b or (len(a) == len(b) and all(map(same_size, a, b)))


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, SymDim)) and not isinstance(value, bool)


def _terms(value: Any) -> Terms:
    return value.terms if isinstance(value, SymDim) else {(): int(value)}


def _simplest(trace: Trace, terms: Terms) -> Size:
    terms = {monomial: factor for monomial, factor in terms.items() if factor}
    if not any(terms):
        return terms.get((), 0)
    return SymDim(trace, terms, None)


def broadcast_shapes(shapes: Sequence[tuple[Size, ...]]) -> tuple[Size, ...]:
    """NumPy's broadcasting; raises ValueError with all shapes, as NumPy."""
    rank = max((len(s) for s in shapes), default=0)
    result: list[Size] = []
    for d in range(-rank, 0):
        size: Size = 1
        for shape in shapes:
            if len(shape) < -d:
                continue
            n = shape[d]
            if isinstance(n, int) and n == 1:
                continue
            if isinstance(size, int) and size == 1:
                size = n
            elif size != n:
                text = " ".join(str(s).replace(" ", "") for s in shapes)
                raise ShapeError(
                    f"operands could not be broadcast together with shapes {text}"
                )
        result.append(size)
    return tuple(result)
