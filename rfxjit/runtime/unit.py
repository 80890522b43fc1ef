"""What the compiler hands to the runtime: one compiled specialization, as data.

The dispatcher (`rfxjit.dispatch`) asks for one when no existing unit accepts a call:

    compile_call(fn, args, kwargs, options, symbolic) -> Unit

`symbolic` is None for a unit of exactly these shapes. Otherwise it is the set of
*sizes* that have been seen to vary: each dim of an array input (hidden ones included)
whose size is in the set becomes a symbol, and equal sizes become equal symbols. A dim
that tracing needs concretely stays an integer in `Signature.inputs[i].shape`; the
reason, with the line that needed it, goes to `Unit.pins`. Sizes 0 and 1 are never in
the set.

`compile_call` raises `TraceError` if the call cannot be compiled (the original Python
then runs), `ShapeError` where NumPy would raise as well (the user gets it), and
anything else only for a fault.

    unit = Unit(Signature("saxpy", ...), llvm_ir="define i32 @saxpy(...) {...}")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rfxjit.signature import Signature


@dataclass(frozen=True)
class Options:
    """The options of `rfx.jit`, all resolved: no None, no "auto"."""

    backend: str = "cpu"
    fastmath: bool | frozenset[str] = False
    strict: bool = False
    cache: bool = True
    static: frozenset[str] = frozenset()
    """Names of parameters that are traced as constants and guarded by value."""
    max_iters: int | None = None
    """How often a `while` may run its body before it is an error."""


@dataclass(frozen=True)
class Unit:
    """One specialization: its contract and the code that fulfils it.

    Exactly one of `llvm_ir` and `run` is given. `llvm_ir` is the text of a module that
    defines `@NAME` and, unless `signature.static`, `@NAME_shapes`, where NAME is
    `signature.name`. Names that begin with `NAME.` belong to the runtime. `run` serves
    the other backends: it takes the flat inputs in order (arrays C-contiguous, aligned
    and in native byte order; values of kind float, int, bool as they are) and returns
    one array for each of `signature.outputs`.
    """

    signature: Signature
    llvm_ir: str | None = None
    run: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    passes: tuple[str, ...] = ()
    """LLVM IR passes to run before code generation; ("O2",) is the whole pipeline."""
    pins: tuple[str, ...] = ()
    """Why dims of a symbolic unit are static all the same: `file:line: reason`."""
    artefacts: Mapping[str, str | bytes] = field(default_factory=dict[str, str | bytes])
    """Level name to text or bytes, in order, for whoever wants to look."""

    def __post_init__(self) -> None:
        if (self.llvm_ir is None) == (self.run is None):
            raise ValueError("a Unit has either llvm_ir or run")


class CompileCall(Protocol):
    """The callback that the dispatcher is given (`rfxjit.frontend.compile_call`)."""

    def __call__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options,
        symbolic: frozenset[int] | None,
    ) -> Unit: ...
