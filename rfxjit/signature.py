"""The calling contract between a compiled unit and its callers.

A *unit* is one compiled specialization of a Python function. It exports two symbols:

    i32 NAME(args..., i64 begin, i64 end, ptr workspace)
    i32 NAME_shapes(ptr in_dims, ptr out_dims)

`args` are, in order, all inputs (`Signature.inputs`) and then all outputs
(`Signature.outputs`) that are computed by the kernel:

- an input whose `kind` is by value (`float`, `int`, `bool`) is one `double`, `i64` or
  `i8` (0 or 1);
- any other input, and each output, is a data pointer, followed by one `i64` for each
  of its *dynamic* dims (those given as a symbol), in order. All arrays are
  C-contiguous, aligned and in native byte order; the caller makes it so.

`begin` and `end` are a half-open range of the unit's outermost parallel loop, which has
`extent` iterations; callers that do not split pass 0 and `extent`. `workspace` is
scratch memory of `workspace` bytes, aligned to `WORKSPACE_ALIGN`.

`NAME_shapes` reads the concatenated dims of all array inputs and writes the
concatenated dims of all outputs, then `extent`, then the workspace size in bytes. It is
exported only when one of these is not static (`Signature.static`).

Both return a status: 0, or a positive index into `Signature.failures` (1-based), or
`INTERRUPTED`.

Pure data: this module is imported by the runtime and by the compiler alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from keyword import iskeyword
from operator import index
from typing import Any, Literal, cast

import numpy as np

WORKSPACE_ALIGN = 64
INTERRUPTED = -1
"""The status of a kernel that ended because of a signal. What its handler raised is
kept by the runtime (`rfx.raise`)."""

Dim = int | str
"""A static size, or the name of a symbol: equal names are equal sizes, never 0 or 1
(those broadcast or are empty: they get units of their own)."""

Role = Literal["in", "inout", "hidden"]
"""`inout`: written through to the caller's array. `hidden`: captured, read at calls."""

Kind = Literal["array", "scalar", "float", "int", "bool"]
"""How a Python object arrives: `numpy.ndarray`; a NumPy scalar (`np.float32(1)`, passed
by pointer like a 0-d array); or exactly `float`, `int`, `bool`, passed by value."""

VALUE_KINDS: dict[str, np.dtype[Any]] = {
    "float": np.dtype(np.float64),
    "int": np.dtype(np.int64),
    "bool": np.dtype(np.bool_),
}
"""The dtype in which each by-value kind crosses into the kernel."""


@dataclass(frozen=True, init=False)
class ArraySpec:
    """An array that is not there: what `f.lower` needs to know of one.

        f.lower(rfx.ArraySpec((None, 3), "f4"), rfx.ArraySpec(("n", "n"), float))

    A size is an int; None for one that varies; or a name: sizes of one name are equal
    in all arrays of the call. Sizes that vary are 2 or more (those of 0 and 1 make
    other programs). `dtype` is anything that `np.dtype` takes.

    Raises ValueError for a size that is none of these, TypeError for a bad dtype.
    """

    shape: tuple[int | str | None, ...]
    dtype: np.dtype[Any]

    def __init__(self, shape: Any, dtype: Any) -> None:
        several = isinstance(shape, Iterable) and not isinstance(shape, str)
        sizes = tuple(map(_size, cast("Iterable[Any]", shape) if several else [shape]))
        object.__setattr__(self, "shape", sizes)
        object.__setattr__(self, "dtype", np.dtype(dtype))


def _size(size: Any) -> int | str | None:
    if size is None:
        return None
    try:
        number = index(size)
    except TypeError:
        # A name, or an object that prints as one, as the symbols of jax.export do.
        if (name := str(size)).isidentifier() and not iskeyword(name):
            return name
        raise ValueError(f"a size is an int, None or a name, not {size!r}") from None
    if number < 0:
        raise ValueError(f"negative dimensions are not allowed: {number}")
    return number


@dataclass(frozen=True)
class Path:
    """Where an object is found at call time: a root, then steps.

    Roots: `("param", i)` is the i-th parameter of the function after binding;
    `("object", j)` is `Signature.objects[j]`, captured when the unit was made (a
    globals dict, a closure cell, a helper function's namespace).
    Steps: `("attr", name)`, `("item", key)` with a constant key, `("cell",)` for the
    contents of a closure cell.
    """

    root: tuple[Literal["param", "object"], int]
    steps: tuple[tuple[Any, ...], ...] = ()

    def step(self, *step: Any) -> Path:
        return Path(self.root, (*self.steps, step))

    def fetch(self, params: tuple[Any, ...], objects: tuple[Any, ...]) -> Any:
        """The object at this path now; raises what Python raises if it is gone."""
        value = (params if self.root[0] == "param" else objects)[self.root[1]]
        for step in self.steps:
            match step:
                case ("attr", name):
                    value = getattr(value, name)
                case ("item", key):
                    value = value[key]
                case _:
                    value = value.cell_contents
        return value


@dataclass(frozen=True)
class Input:
    """One leaf that the kernel reads."""

    name: str
    path: Path
    kind: Kind
    dtype: np.dtype[Any]
    shape: tuple[Dim, ...] = ()
    role: Role = "in"

    @property
    def by_value(self) -> bool:
        return self.kind in VALUE_KINDS


@dataclass(frozen=True)
class Guard:
    """A captured or static value that tracing used concretely.

    `mode` says how the object at `path` must compare with `expected`: `is` identity,
    `eq` same type and equal, `type` exact type `expected`, `len` exact type and length
    (`expected` is the pair).
    """

    path: Path
    mode: Literal["is", "eq", "type", "len"]
    expected: Any
    reason: str = ""

    def holds(self, params: tuple[Any, ...], objects: tuple[Any, ...]) -> bool:
        try:
            return self._accepts(self.path.fetch(params, objects))
        except (AttributeError, LookupError, TypeError, ValueError):
            return False

    def _accepts(self, value: Any) -> bool:
        match self.mode:
            case "is":
                return value is self.expected
            case "eq":
                if type(value) is not type(self.expected):
                    return False
                if type(value) is float:  # by bits: -0.0 is not 0.0, and NaN is NaN
                    return value.hex() == self.expected.hex()
                return bool(value == self.expected)
            case "type":
                return type(value) is self.expected
            case "len":
                kind, length = self.expected
                return type(value) is kind and len(value) == length


@dataclass(frozen=True)
class Output:
    """One leaf of the result, computed by the kernel.

    `kind`: `array` makes a fresh ndarray; `scalar` a NumPy scalar (what NumPy returns
    for 0-d); `float`, `int`, `bool` a Python object, in the dtype of `VALUE_KINDS`.
    `inout` is the index of the input that this output is written back to, instead of
    being returned. The kernel gets a buffer of its own, which the caller copies back
    after success, unless `in_place`: then it gets the pointer of the input itself,
    which is right if each element is read before it is written, and no other.
    """

    dtype: np.dtype[Any]
    shape: tuple[Dim | None, ...] = ()
    kind: Kind = "array"
    inout: int | None = None
    in_place: bool = False


@dataclass(frozen=True)
class Alias:
    """A result leaf that is an argument object itself (`return x` returns x)."""

    path: Path


@dataclass(frozen=True)
class Constant:
    """A result leaf that does not depend on the inputs, returned as it is."""

    value: Any


@dataclass(frozen=True)
class Slot:
    """A result leaf that is `Signature.outputs[index]`."""

    index: int


Result = Slot | Alias | Constant


@dataclass(frozen=True)
class Failure:
    """What a non-zero status means: the exception class, its text and the place."""

    exception: type[Exception]
    message: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of the Python function."""

    name: str
    kind: Literal[
        "positional_only",
        "positional_or_keyword",
        "keyword_only",
        "var_positional",
        "var_keyword",
    ]
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True)
class Signature:
    """Everything a caller must know about one unit."""

    name: str
    params: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    results: tuple[Result, ...]
    treedef: Any = None
    """`optree` treedef of the result; None means the single leaf `results[0]`."""
    guards: tuple[Guard, ...] = ()
    objects: tuple[Any, ...] = ()
    extent: int | None = 1
    """Iterations of the splittable outermost loop; None if `shapes` must be asked.
    1 means that the unit cannot be split."""
    workspace: int | None = 0
    """Bytes of scratch memory; None if `shapes` must be asked."""
    failures: tuple[Failure, ...] = ()
    work: int = 0
    """Estimated nanoseconds of one call if `static`, else of one iteration of `extent`:
    used to decide whether the kernel runs without the GIL."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        slots = {r.index for r in self.results if isinstance(r, Slot)}
        returned = {i for i, o in enumerate(self.outputs) if o.inout is None}
        if slots != returned:
            raise ValueError(f"{self.name}: results {slots}, outputs {returned}")
        for output in self.outputs:
            if output.dtype != VALUE_KINDS.get(output.kind, output.dtype):
                raise ValueError(f"{self.name}: {output.kind} result {output.dtype}")
            if output.inout is not None and self.inputs[output.inout].role != "inout":
                raise ValueError(f"{self.name}: input {output.inout} is not inout")
        if self.treedef is None and len(self.results) != 1:
            raise ValueError(f"{self.name}: {len(self.results)} results, no treedef")

    @property
    def flat_tuple(self) -> bool:
        """True if the result is a plain tuple of leaves, which needs no `optree`."""
        tree = self.treedef
        return (
            tree is not None
            and tree.type is tuple
            and tree.num_children == tree.num_leaves
            and tree.num_nodes == tree.num_leaves + 1
        )

    @property
    def takes_out(self) -> bool:
        """True if `out=` may name the memory of the results: each is an array (or NumPy
        scalar) computed by the kernel, alone or in a flat tuple.
        """
        slots = {r.index for r in self.results if isinstance(r, Slot)}
        return (
            len(slots) == len(self.results)
            and all(self.outputs[i].kind in ("array", "scalar") for i in slots)
            and (self.treedef is None or self.flat_tuple)
        )

    @property
    def static(self) -> bool:
        """True if output dims, extent and workspace are all known without `shapes`."""
        return (
            self.extent is not None
            and self.workspace is not None
            and all(isinstance(d, int) for o in self.outputs for d in o.shape)
        )
