"""When a call that no unit accepts gets a new one, and of what kind.

Calls fall into *families*: equal types, dtypes and ranks of all arguments, and an equal
pattern of sizes (which dims are 0 or 1, and which are equal). Within a family

1. the first unit is for exactly these sizes;
2. the second is symbolic in the sizes that differ, if it is sizes. Other sizes stay
   numbers: rows of a length that is known are worked on one by one, in the cache;
3. the third is symbolic in all sizes. It accepts the whole family, but for dims that
   tracing had to pin;
4. after `MOST` units the family runs in Python. Only programs that pin sizes or values
   come here, and the warning says which line did it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from inspect import Parameter, signature
from types import FunctionType
from typing import Any, cast

import numpy as np

from rfxjit.runtime.entry import Entry
from rfxjit.signature import Signature

MOST = 8


@dataclass
class Family:
    """The units made for calls of one family."""

    entries: list[Entry] = field(default_factory=list[Entry])
    error: Exception | None = None
    """Why these calls run in Python."""

    def symbolic(
        self, params: tuple[Any, ...], sizes: frozenset[int]
    ) -> frozenset[int] | None:
        """The sizes that shall be symbols in the next unit; None for a static one.

        Those that differ, also of captured arrays, and `sizes` of all arguments if
        others had differed before.
        """
        signatures = [entry.unit.signature for entry in self.entries]
        differ = [_sizes_that_differ(signature, params) for signature in signatures]
        if not any(differ) and not any(map(_is_symbolic, signatures)):
            return None
        if len(signatures) > 1:
            differ.append(set(sizes))
        return frozenset[int]().union(*differ) - {0, 1} or None

    def pins(self) -> list[str]:
        """What made so many units necessary, most telling first."""
        units = [entry.unit for entry in reversed(self.entries)]
        reasons = [pin for unit in units for pin in unit.pins]
        reasons += [g.reason for unit in units for g in unit.signature.guards]
        return list(dict.fromkeys(reason for reason in reasons if reason))


def classify(params: tuple[Any, ...]) -> tuple[Hashable, frozenset[int]]:
    """The family of a call, and the sizes in it that may become symbols."""
    sizes: dict[int, int] = {}

    def kind(value: Any) -> Hashable:
        cls = cast("Any", type(value))
        if cls is np.ndarray:
            # 0 and 1 as they are, other sizes by the place where they come up first.
            dims = [
                d if d < 2 else ~sizes.setdefault(d, len(sizes)) for d in value.shape
            ]
            return value.dtype.newbyteorder("="), tuple(dims)
        if cls is tuple or cls is list:
            return cls, tuple(map(kind, value))
        if cls is dict:
            return cls, tuple((key, kind(item)) for key, item in value.items())
        return cls

    return tuple(map(kind, params)), frozenset(sizes)


def _is_symbolic(signature: Signature) -> bool:
    return any(isinstance(dim, str) for spec in signature.inputs for dim in spec.shape)


def _sizes_that_differ(signature: Signature, params: tuple[Any, ...]) -> set[int]:
    """The sizes for which alone a unit refuses a call; empty if there is more to it."""
    if not all(g.holds(params, signature.objects) for g in signature.guards):
        return set()
    sizes: set[int] = set()
    for spec in signature.inputs:
        try:
            value = spec.path.fetch(params, signature.objects)
        except (AttributeError, LookupError, TypeError, ValueError):
            return set()
        if spec.kind == "array":
            if type(value) is not np.ndarray or value.ndim != len(spec.shape):
                return set()
            pairs = zip(value.shape, spec.shape, strict=True)
            sizes |= {size for size, dim in pairs if size != dim}
    return sizes


def binder(fn: Callable[..., Any]) -> FunctionType:
    """A function with the parameters of `fn` that returns them as a tuple.

    Calling it is the quickest way to bind arguments, and wrong ones raise what Python
    itself raises for `fn`, name included.
    """
    try:
        parameters = list(signature(fn).parameters.values())
    except ValueError as error:  # some builtins
        raise TypeError(f"{fn!r} has no signature") from error
    text: list[str] = []
    for i, parameter in enumerate(parameters):
        before = parameters[i - 1].kind if i else None
        kind = parameter.kind
        if before is Parameter.POSITIONAL_ONLY != kind:
            text.append("/")
        if kind is Parameter.KEYWORD_ONLY and before not in (
            Parameter.KEYWORD_ONLY,
            Parameter.VAR_POSITIONAL,
        ):
            text.append("*")
        stars = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
        default = "" if parameter.default is Parameter.empty else "=None"
        text.append(stars.get(kind, "") + parameter.name + default)
    if parameters and parameters[-1].kind is Parameter.POSITIONAL_ONLY:
        text.append("/")
    names = "".join(f"{parameter.name}, " for parameter in parameters)
    made: dict[str, Any] = {}
    exec(f"def bind({', '.join(text)}): return ({names})", made)  # noqa: S102
    bind = made["bind"]
    given = [p for p in parameters if p.default is not Parameter.empty]
    keyword = {p.name: p.default for p in given if p.kind is Parameter.KEYWORD_ONLY}
    bind.__defaults__ = tuple(p.default for p in given if p.name not in keyword)
    bind.__kwdefaults__ = keyword
    bind.__name__ = getattr(fn, "__name__", "function")
    bind.__qualname__ = getattr(fn, "__qualname__", bind.__name__)
    return bind
