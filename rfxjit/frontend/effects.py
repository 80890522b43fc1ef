"""Effects of a piece of program other than on its variables: found, undone, redone.

    if c:                        %y = scf.if %c -> (tensor<4xf32>) { %1 = ... update %x
        x[0] = 1.0        ->       yield %1 } else { yield %x }     and then x is %y

An array changes in place by its handle taking a new value (`Tracer.assign`), which the
journal of the trace notes. A list, a dict or an object is compared with what it held
before. Each place that has changed is a `Place`: a branch or a loop carries what it
holds like a variable. An object must hold as many things behind a branch as before.
"""

# Values of the user's program can be anything.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rfxjit.frontend.context import Trace
from rfxjit.frontend.tracer import Tracer

_ATOMS = (str, bytes, int, float, complex, np.ndarray, np.generic, type(None), type)


class GrownError(Exception):
    """A container has got or lost items where it must not."""


@dataclass(frozen=True)
class Place:
    """Where a value is held: in an array's handle, or under a key of a container."""

    number: int
    """The identity of the owner."""
    key: Any
    owner: Any = field(compare=False)

    def get(self) -> Any:
        """What is held now; of an array, its value in a handle of its own."""
        owner = self.owner
        if isinstance(owner, Tracer):
            return owner.like(owner.value)
        return _items(owner)[self.key]

    def set(self, value: Any) -> None:
        """Let the owner hold something else."""
        owner = self.owner
        if isinstance(owner, Tracer):
            owner.overwrite(value.value)
        elif isinstance(owner, (list, dict)):
            owner[self.key] = value
        else:
            object.__setattr__(owner, self.key, value)


def place(owner: Any, key: Any = None) -> Place:
    """The place in `owner`."""
    return Place(id(owner), key, owner)


class Snapshot:
    """What can be reached from some values, and what it holds."""

    def __init__(self, trace: Trace, values: Iterable[Any]) -> None:
        self.trace = trace
        self.mark = len(trace.journal)
        self.time = trace.time
        self.held: dict[int, tuple[Any, dict[Any, Any]]] = {}
        for value in values:
            self._visit(value)

    def _visit(self, value: Any) -> None:
        if isinstance(value, (Tracer, *_ATOMS)) or id(value) in self.held:
            return
        if isinstance(value, (tuple, set, frozenset)):
            for item in value:
                self._visit(item)
        elif isinstance(value, (list, dict)) or self._is_object(value):
            items = _items(value)
            self.held[id(value)] = value, items
            for item in items.values():
                self._visit(item)

    def _is_object(self, value: Any) -> bool:
        """Whether a value is an object that the program has made itself."""
        module: str = type(value).__module__
        known = module.partition(".")[0] in ("rfxjit", "numpy", "builtins", "xdsl")
        captured = id(value) in self.trace.owners  # and never written to
        return hasattr(value, "__dict__") and not (known or captured or callable(value))

    def is_outer(self, array: Tracer) -> bool:
        """Whether an array was there before."""
        return array.born <= self.time

    def contained(self) -> set[int]:
        """The identities of all that containers hold."""
        held = (items.values() for _, items in self.held.values())
        return {id(value) for values in held for value in values}

    def changes(self) -> dict[Place, Any]:
        """The places that have changed since, with what they held before.

        Raises GrownError if a container has got or lost items.
        """
        found: dict[Place, Any] = {}
        for handle, old in self.trace.journal[self.mark :]:
            if self.is_outer(handle):
                found.setdefault(place(handle), old)
        for owner, old in self.held.values():
            now = _items(owner)
            if now.keys() != old.keys():
                raise GrownError(f"a {type(owner).__name__} gets or loses items")
            for key, value in old.items():
                if now[key] is not value:
                    found[place(owner, key)] = value
        return found

    def restore(self) -> None:
        """Undo all effects since on what was there, also of containers that have grown.

        Arrays that are newer keep their values: they may be held by variables.
        """
        journal = self.trace.journal
        for handle, old in reversed(journal[self.mark :]):
            if self.is_outer(handle):
                handle.revert(old)
        del journal[self.mark :]
        for owner, old in self.held.values():
            if isinstance(owner, list):
                owner[:] = old.values()
            elif isinstance(owner, dict):
                owner.clear()
                owner.update(old)
            else:
                owner.__dict__.clear()
                owner.__dict__.update(old)


def _items(owner: Any) -> dict[Any, Any]:
    """What a container holds, by index, key or attribute."""
    if isinstance(owner, list):
        return dict(enumerate(owner))
    return dict(owner if isinstance(owner, dict) else vars(owner))
