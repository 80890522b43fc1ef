"""What rfxjit adds to xDSL's own tools, found through the `xdsl.universe` entry point.

`xdsl-opt`, `xdsl-run` and `xdsl-gui` know the rfx dialect, and every pass and target
under the prefix `rfx-`:

    xdsl-opt -p canonicalize,rfx-fuse -t rfx-c chain.mlir

The prefix is there because names must be unique among all universes, and xDSL has its
own `canonicalize`, `cse` and `dce`. In `rfx-opt` the names are plain.

Everything here is a factory: nothing of rfxjit is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from xdsl.universe import Universe

from rfxjit.dialects import load_dialect
from rfxjit.passes import PASSES, load_pass
from rfxjit.targets import TARGETS, load_target

PREFIX = "rfx-"

T = TypeVar("T")


def _prefixed(load: Callable[[str], type[T]], name: str) -> type[T]:
    """The class called `name`, under the name that xDSL's tools know it by.

    xDSL compares a class's `name` with the name it was registered under, hence a
    subclass; it adds no field, so `@dataclass` need not run again.
    """
    cls = load(name)
    fields = {"name": PREFIX + name, "__doc__": cls.__doc__}
    return cast("type[T]", type(cls.__name__, (cls,), fields))


UNIVERSE = Universe(
    all_dialects={"rfx": partial(load_dialect, "rfx")},
    all_passes={PREFIX + n: partial(_prefixed, load_pass, n) for n in PASSES},
    all_targets={PREFIX + n: partial(_prefixed, load_target, n) for n in TARGETS},
)
