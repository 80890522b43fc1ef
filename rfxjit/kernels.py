"""`@rfx.kernel`: a function of one element, broadcast over arrays like a ufunc.

    @rfx.kernel
    def collatz(n: int, most: int = 1000):
        for steps in range(most):
            if n == 1:
                return steps
            n = n // 2 if n % 2 == 0 else 3 * n + 1
        return -1

    collatz(np.arange(1, 10))          # array([0, 1, 7, 2, 5, 8, 16, 3, 19])

As `dispatch.py` this loads nothing heavy: the frontend comes by name when it is needed.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast, overload

import numpy as np

from rfxjit.dispatch import JitFunction, switched_off
from rfxjit.errors import KernelError, RfxError
from rfxjit.jit import options_of
from rfxjit.runtime.native_type import vectorcall
from rfxjit.runtime.unit import Options


@vectorcall
class KernelFunction(JitFunction):
    """A kernel that is compiled when it is called; see `kernel`."""

    def __init__(self, given: Callable[..., Any] | str, options: Any) -> None:
        self.kernel = given
        self.source: Any = None
        """What the frontend has read of it."""
        if isinstance(given, str):
            self.source = source_from_text(given)
            given = cast("Callable[..., Any]", self.source.function)
        names = inspect.signature(given).parameters
        own = ("shape", "block") if "shape" not in names else ()
        self.own = tuple(name for name in own if name not in names)
        """The arguments that a call has beside those of the function."""
        super().__init__(_with(self.own, given) if self.own else given, options)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Serve a call that no native entry accepts."""
        sized = self.sized(kwargs)
        if sized is not kwargs:
            return self(*args, **sized)  # now one may
        return super().__call__(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The program of a call at each level, as text."""
        return super().lower(*args, **self.sized(kwargs))

    def sized(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call with `shape` and `block` as arrays without elements.

        Only their sizes count: so these are symbols where those of arrays are.

            shape=(1000, 1000)         ->   shape=np.empty((1000, 1000, 0))
            block=np.s_[0:9, 20:50]    ->   block=(np.empty((9, 30, 0)), (0, 20))

        Raises ValueError, IndexError and TypeError for what is no shape, or no block of
        it. A shape of traced sizes stays as it is.
        """
        shape, block = (
            kwargs.get(name) if name in self.own else None
            for name in ("shape", "block")
        )
        if getattr(shape, "dtype", None) == np.bool_:
            return kwargs  # it is one already, or stands for one
        if shape is None:
            if block is not None:
                raise ValueError("block= is a part of shape=, which is not given")
            return kwargs
        several = isinstance(shape, Iterable)
        items = tuple(cast("Iterable[Any]", shape)) if several else (shape,)
        if block is None and any(hasattr(n, "ssa") for n in items):
            return kwargs
        sizes = tuple(map(_size, items))
        given = {**kwargs, "shape": _empty(sizes)}
        if block is not None:
            parts = _block(sizes, block)
            extents = _empty([stop - start for start, stop in parts])
            given["block"] = extents, tuple(start for start, _ in parts)
        return given

    @property
    def _program(self) -> Callable[..., Any]:
        return self

    def __repr__(self) -> str:
        return f"<rfx.kernel {self._name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickled by source if it was made from text, else by name as a function."""
        if isinstance(self.kernel, str):
            return _from_text, (self.kernel, self.options)
        return super().__reduce__()


def source_from_text(text: str) -> Any:
    """The checked source of a kernel from text; raises KernelError."""
    module = importlib.import_module("rfxjit.frontend.kernel_source")
    return module.from_text(text, sys.modules["rfxjit"])


def _from_text(text: str, options: Any) -> KernelFunction:
    return KernelFunction(text, options)


def _empty(sizes: Iterable[int]) -> Any:
    return np.empty((*sizes, 0), np.bool_)


def _size(given: Any) -> int:
    try:
        size = operator.index(given)
    except TypeError:
        raise TypeError(f"shape= takes integers, not {type(given).__name__}") from None
    if size < 0:
        raise ValueError(f"shape= has a negative size: {size}")
    return size


def _block(sizes: tuple[int, ...], given: Any) -> list[tuple[int, int]]:
    """Where a block begins and ends along each axis of the whole."""
    parts: tuple[Any, ...] = (given,)
    if isinstance(given, tuple):
        parts = cast("tuple[Any, ...]", given)
    if len(parts) > len(sizes):
        raise IndexError(
            f"block= has {len(parts)} slices, but shape= {len(sizes)} axes"
        )
    parts += (slice(None),) * (len(sizes) - len(parts))
    found: list[tuple[int, int]] = []
    for axis, (part, size) in enumerate(zip(parts, sizes, strict=True)):
        if not isinstance(part, slice):
            raise TypeError(
                f"block= is made of slices, as in np.s_[0:8, 16:24], not {part!r}"
            )
        bounds = cast("Any", part)
        first, last, step = bounds.start, bounds.stop, bounds.step
        if step not in (None, 1):
            raise ValueError(f"block= takes every item, it has no step: {part}")
        start = 0 if first is None else operator.index(first)
        stop = size if last is None else operator.index(last)
        if not 0 <= start <= stop <= size:
            raise IndexError(
                f"block= has {start}:{stop} for axis {axis}, which has size {size}"
            )
        found.append((start, stop))
    return found


def _with(names: Iterable[str], function: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in with more parameters."""

    @functools.wraps(function)
    def kernel(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a kernel does not run as plain Python")

    signature = inspect.signature(function)
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = (inspect.Parameter(name, keyword, default=None) for name in names)
    parameters = [*signature.parameters.values(), *more]
    cast("Any", kernel).__signature__ = signature.replace(parameters=parameters)
    return kernel


def _options(
    backend: str | None, fastmath: bool | Iterable[str], max_iters: int | None
) -> Options:
    backend = "interpreter" if switched_off() else backend
    return options_of(backend, fastmath, strict=True, max_iters=max_iters)


@overload
def kernel(
    fn: Callable[..., Any],
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    max_iters: int | None = None,
) -> KernelFunction: ...
@overload
def kernel(
    fn: None = None,
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    max_iters: int | None = None,
) -> Callable[[Callable[..., Any]], KernelFunction]: ...
def kernel(
    fn: Callable[..., Any] | None = None,
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    max_iters: int | None = None,
) -> KernelFunction | Callable[[Callable[..., Any]], KernelFunction]:
    """Compile a function of one element; called on arrays, it is broadcast over them.

    The function may contain assignments, `if`, `while`, `for` over `range`, `break`,
    `continue`, `return` anywhere, Python's operators, `np.*` and `math.*` of numbers,
    and calls of other kernels. It returns a number or a tuple of numbers; the results
    are arrays of the broadcast shape, or numbers if all arguments are. `out=` writes
    into an array, `shape=` gives the shape where the arguments have none. With
    `block=np.s_[0:8, 16:24]` only that part of `shape` is computed: the arguments and
    the result have the shape of the part, index and size those of the whole.

    A variable has one dtype: the NumPy promotion (NEP 50) of all that is assigned to
    it, where Python's numbers are weak. Annotations `float`, `int`, `bool` demand a
    kind, `np.float32` converts. Integers wrap around; a division of integers by 0 gives
    0, as NumPy's does.

    With `max_iters`, a `while` that is about to run its body more often, for any
    element, raises RunawayError. `backend` and `fastmath` are as in `rfx.jit`. What
    cannot be compiled raises KernelError with the line; there is no fallback to Python.
    With `RFX_JIT=0` the reference interpreter runs.
    """
    options = _options(backend, fastmath, max_iters)

    def decorate(function: Callable[..., Any]) -> KernelFunction:
        if isinstance(function, KernelFunction):
            function = inspect.unwrap(function)
        if not isinstance(function, FunctionType):
            raise TypeError(
                f"rfx.kernel needs a Python function, not {type(function).__name__}"
            )
        return KernelFunction(function, options)

    return decorate if fn is None else decorate(fn)


def kernel_from_source(
    text: str,
    *,
    backend: str | None = None,
    fastmath: bool | Iterable[str] = False,
    max_iters: int | None = None,
) -> KernelFunction:
    """A kernel from text that holds exactly one function. Nothing of it is executed.

    The text sees `np`, `math`, `rfx` and Python's numeric builtins. Such a kernel can
    be pickled and sent to another process. The options are those of `kernel`. Raises
    KernelError for any other text.
    """
    options = _options(backend, fastmath, max_iters)
    return KernelFunction(text, options)


@dataclass(frozen=True)
class Validation:
    """What `validate` has found; true where the kernel is valid."""

    valid: bool
    error: str | None
    """The message, without place and hint."""
    line: int | None
    """From 1, in the file or the text."""
    column: int | None
    """From 1."""
    hint: str | None
    inputs: tuple[str, ...]
    """The names of the parameters."""
    compiled: bool
    """Whether machine code was made; False on the interpreter, too."""

    def __bool__(self) -> bool:
        return self.valid


def validate(given: Callable[..., Any] | str, *args: Any) -> Validation:
    """Check a kernel, a function or a text, without running it.

    It is compiled for `args`. Without these, it is for arrays of the declared kinds,
    and of float64 or else int64 where nothing is declared.
    """
    inputs: tuple[str, ...] = ()
    backend = "cpu"
    try:
        if isinstance(given, str):
            function = kernel_from_source(given)
        elif isinstance(given, KernelFunction):
            function = given
        else:
            function = kernel(given)
        backend = function.options.backend
        parameters = inspect.signature(inspect.unwrap(function)).parameters
        inputs = tuple(parameters)
        tries = [args] if args else _examples(function)
        for number, example in enumerate(tries, 1):
            try:
                function.lower(*example).text("asm")
                break
            except (RfxError, TypeError, ValueError):
                if number == len(tries):
                    raise
    except (RfxError, TypeError, ValueError) as error:
        place = getattr(error, "location", None)
        message, hint = getattr(error, "message", str(error)), None
        if isinstance(error, RfxError):
            hint = error.hint
        line, column = (place.line, place.col + 1) if place else (None, None)
        return Validation(False, message, line, column, hint, inputs, False)
    compiled = backend != "interpreter"
    return Validation(True, None, None, None, None, inputs, compiled)


def _examples(function: KernelFunction) -> list[tuple[Any, ...]]:
    """Arguments of the declared kinds: with floats, then integers for the others."""
    source = importlib.import_module("rfxjit.frontend.kernel").source_of(function)
    tries: list[tuple[Any, ...]] = []
    for default in (np.float64, np.int64):
        kinds = [getattr(p.kind, "value", p.kind) or default for p in source.parameters]
        tries.append(tuple(np.zeros(2, kind) for kind in kinds))
    return tries


def _only_inside(name: str) -> KernelError:
    return KernelError(
        f"rfx.{name}() has a value inside of a kernel only",
        hint="call it in a function with @rfx.kernel",
    )


def index(axis: int = 0) -> int:  # noqa: ARG001 - for a reader, and for help()
    """In a kernel: the index of the element along `axis`."""
    raise _only_inside("index")


def size(axis: int = 0) -> int:  # noqa: ARG001 - as above
    """In a kernel: the size of the broadcast shape along `axis`."""
    raise _only_inside("size")


def ndim() -> int:
    """In a kernel: the number of axes of the broadcast shape."""
    raise _only_inside("ndim")


def flat_index() -> int:
    """In a kernel: the number of the element in row-major order."""
    raise _only_inside("flat_index")
