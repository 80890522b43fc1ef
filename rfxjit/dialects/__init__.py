"""The dialects of the levels, by name.

`DIALECTS` maps each name to `"module:Dialect"`, as strings, so that importing this
package loads nothing. A row that points into `upstream.py` replaces xDSL's dialect of
that name by our stand-in.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from xdsl.context import Context
    from xdsl.ir import Dialect

DIALECTS: dict[str, str] = {
    "arith": "rfxjit.dialects.upstream:ARITH",
    "builtin": "xdsl.dialects.builtin:Builtin",
    "func": "xdsl.dialects.func:Func",
    "gpu": "xdsl.dialects.gpu:GPU",
    "llvm": "rfxjit.dialects.upstream:LLVM",
    "math": "xdsl.dialects.math:Math",
    "memref": "rfxjit.dialects.upstream:MEMREF",
    "rfx": "rfxjit.dialects.rfx:Rfx",
    "scf": "xdsl.dialects.scf:Scf",
    "tensor": "xdsl.dialects.tensor:Tensor",
    "vector": "xdsl.dialects.vector:Vector",
}


def load_dialect(name: str) -> Dialect:
    """The dialect called `name`, importing its module on first use."""
    module, _, attribute = DIALECTS[name].partition(":")
    return cast("Dialect", getattr(import_module(module), attribute))


def register_dialects(ctx: Context) -> None:
    """Make every dialect known to `ctx`; each loads when its first op is parsed."""
    for name in DIALECTS:
        ctx.register_dialect(name, partial(load_dialect, name))
