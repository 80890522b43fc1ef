"""The targets, by name: what `rfx-opt -t` and `lower(...).text(...)` can print.

`TARGETS` maps each name to `"module:Class"` of an `xdsl.utils.target.Target`, as
strings, so that importing this package loads no target.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from xdsl.utils.target import Target

TARGETS: dict[str, str] = {
    "c": "rfxjit.targets.c:CTarget",
    "llvm-ir": "rfxjit.targets.llvm_ir:LlvmIrTarget",
    "msl": "rfxjit.targets.msl:MslTarget",
    "ptx": "rfxjit.targets.ptx:PtxTarget",
}


def load_target(name: str) -> type[Target]:
    """The class of the target called `name`, importing its module on first use."""
    module, _, cls = TARGETS[name].partition(":")
    return cast("type[Target]", getattr(import_module(module), cls))
