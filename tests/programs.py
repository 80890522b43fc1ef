"""Random rfx programs, for tests of meaning: `programs()` is a hypothesis strategy.

A program is a list of steps over a growing pool of values. Steps are drawn by
hypothesis, so that a failing program shrinks to few ops; element values come from a
seeded generator that favours special ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree
from fuzz_coverage import saw, saw_program
from hand_written_units import param, params
from hypothesis import strategies as st
from xdsl.dialects import func
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import ELEMENT_TYPES, dtype_of, kind_of, shape_of, tensor
from rfxjit.signature import Failure, Input, Output, Signature, Slot

Array = np.ndarray[Any, Any]
DTYPES = [np.dtype(c) for c in "?bhilBHILefd"]
DIMS = (0, 1, 2, 3, 5, 8, 67)
SMALL_DIMS = (0, 1, 2, 3, 5)

EXACT = frozenset({
    "add", "sub", "mul", "div", "floor_div", "neg", "abs", "sign", "square", "sqrt",
    "floor", "ceil", "trunc", "rint", "copysign", "rem", "fmod", "minimum", "maximum",
    "fmin", "fmax", "eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "isfinite",
    "signbit", "nextafter", "ldexp", "fraction", "exponent", "gcd", "and", "or", "xor",
    "not", "shl", "shr", "select",
})  # fmt: skip
"""Ops whose native results have the bits of NumPy's, but for the sign of a NaN."""


MATH = frozenset(
    row.name for row in TABLE.values()
    if row.kinds == "f" and row.name not in EXACT and isinstance(row.numpy, np.ufunc)
)  # fmt: skip
"""Ops whose native results are a few units in the last place from NumPy's."""


class Program:
    """A module whose function `f` returns two values, and inputs for it."""

    def __init__(self, module: ModuleOp, inputs: tuple[Array, ...]) -> None:
        self.module, self.inputs = module, inputs

    def __repr__(self) -> str:
        return f"{self.module}\n{self.inputs}"


def signature_of(module: ModuleOp) -> Signature:
    """The contract of a program `f` that returns a tuple; of dynamic dims, those at
    the same place are the same size. Status k is an ArithmeticError that says k.
    """
    function = module.body.block.first_op
    assert isinstance(function, func.FuncOp)
    kind = function.function_type
    names = [f"x{i}" for i in range(len(kind.inputs))]
    inputs = tuple(
        Input(name, param(i), "array", dtype_of(type_), _dims(type_))
        for i, (name, type_) in enumerate(zip(names, kind.inputs, strict=True))
    )
    outputs = tuple(Output(dtype_of(t), _dims(t)) for t in kind.outputs)
    results = tuple(Slot(i) for i in range(len(outputs)))
    tree = optree.tree_structure(results, is_leaf=lambda x: isinstance(x, Slot))
    failures = tuple(Failure(ArithmeticError, str(k)) for k in (1, 2, 3))
    return Signature(
        "f", params(*names), inputs, outputs, results, tree, failures=failures
    )


def _dims(type_: Attribute) -> tuple[int | str, ...]:
    return tuple(
        f"n{d}" if n == DYNAMIC_INDEX else n for d, n in enumerate(shape_of(type_))
    )


def special_values(dtype: np.dtype[Any]) -> Array:
    """Values at which implementations differ."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind == "f":
        info = np.finfo(dtype)
        large: list[Any] = [info.max, info.tiny, info.smallest_subnormal, info.eps]
        both = [0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 128.0, 2.0**31, np.inf, *large]
        with np.errstate(over="ignore"):  # 2**31 is infinite in f16
            return np.array([*both, *(-v for v in both), np.nan], dtype)
    info = np.iinfo(dtype)
    small = [0, 1, 2, 3, 7, 31, 63, 64, info.max, info.max - 1, info.min, info.min + 1]
    return np.array([*small, *([-1, -2, -7] if dtype.kind == "i" else [])], dtype)


def draw_array(
    rng: np.random.Generator, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> Array:
    """Special values and small numbers, half and half."""
    special = rng.choice(special_values(dtype), shape)
    small = rng.integers(0 if dtype.kind in "bu" else -4, 5, shape)
    return np.asarray(np.where(rng.random(shape) < 0.5, special, small.astype(dtype)))


class Grower:
    """Appends drawn steps to one function."""

    def __init__(
        self,
        draw: Callable[..., Any],
        builder: Builder,
        pool: list[SSAValue],
        dims: Sequence[int],
    ) -> None:
        self.draw, self.b, self.pool, self.dims = draw, builder, pool, dims

    def pick(self, test: Callable[[SSAValue], bool] = lambda v: True) -> SSAValue:
        """A value that passes the test if there is one, or else any."""
        fit = [v for v in self.pool if test(v)]
        return self.draw(st.sampled_from(fit or self.pool))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def resized(self, x: SSAValue, shape: tuple[int, ...]) -> SSAValue:
        """x in another shape: reshaped if it fits, else its maximum, repeated."""
        have = shape_of(x.type)
        if have == shape:
            return x
        if math.prod(have) == math.prod(shape):
            return self.b.reshape(x, shape)
        first = self.b.reduce(x, "or" if kind_of(x.type) == "b" else "maximum",
                              range(len(have)))  # fmt: skip
        return self.b.broadcast(first, (), shape)

    def elementwise(self) -> SSAValue:
        x = self.pick()
        kind = kind_of(x.type)
        names = EXACT | {"pow"} if kind in "su" else EXACT
        rows = [n for n in sorted(names) if kind in TABLE[n].kinds and n != "select"]
        row = TABLE[self.draw(st.sampled_from(rows))]
        others = [x]
        while len(others) < row.arity:
            y = self.pick(lambda v: dtype_of(v.type) == dtype_of(x.type))
            y = self.b.convert(y, dtype_of(x.type))
            others.append(self.resized(y, shape_of(x.type)))
        if self.number(0, 1):
            others.reverse()
        if row.name in ("copysign", "signbit"):  # a NaN may have either sign
            y = others[-1]
            nan = self.b.isnan(y)
            others[-1] = self.b.select(nan, self.b.lit(y, 0.0), y)
        return self.b.elementwise(row.name, *others)

    def rounded(self) -> SSAValue:
        """A math function, whose last bits may differ from NumPy's."""
        x = self.pick(lambda v: kind_of(v.type) == "f")
        x = x if kind_of(x.type) == "f" else self.b.convert(x, np.float64)
        row = TABLE[self.draw(st.sampled_from(sorted(MATH)))]
        return self.b.elementwise(row.name, *[x] * row.arity)

    def select(self) -> SSAValue:
        x = self.pick()
        y = self.b.convert(self.pick(), dtype_of(x.type))
        condition = self.b.convert(self.pick(), np.bool_)
        shape = shape_of(x.type)
        return self.b.elementwise(
            "select", self.resized(condition, shape), x, self.resized(y, shape)
        )

    def convert(self) -> SSAValue:
        return self.b.convert(self.pick(), self.draw(st.sampled_from(DTYPES)))

    def broadcast(self) -> SSAValue:
        x = self.pick(lambda v: len(shape_of(v.type)) < 3)
        shape = shape_of(x.type)
        at = self.number(0, len(shape))
        size = self.draw(st.sampled_from(self.dims))
        dims = [d + (d >= at) for d in range(len(shape))]
        return self.b.broadcast(x, dims, (*shape[:at], size, *shape[at:]))

    def slice(self) -> SSAValue:
        x = self.pick(lambda v: shape_of(v.type) != ())
        starts: list[int] = []
        sizes: list[int] = []
        steps: list[int] = []
        for n in shape_of(x.type):
            step = self.draw(st.sampled_from((1, 2, 3, -1, -2)))
            start = self.number(0, max(n - 1, 0))
            room = n - start if step > 0 else start + 1
            most = 0 if n == 0 else -(-room // abs(step))
            starts.append(start)
            sizes.append(self.number(0, most))
            steps.append(step)
        return self.b.slice(x, starts, sizes, steps)

    def transpose(self) -> SSAValue:
        x = self.pick(lambda v: len(shape_of(v.type)) > 1)
        return self.b.transpose(
            x, self.draw(st.permutations(range(len(shape_of(x.type)))))
        )

    def reshape(self) -> SSAValue:
        x = self.pick()
        shape = shape_of(x.type)
        flat = (math.prod(shape),)
        return self.b.reshape(
            x, self.draw(st.sampled_from([flat, (1, *shape), (*shape, 1), (*flat, 1)]))
        )

    def concatenate(self) -> SSAValue:
        x = self.pick(lambda v: shape_of(v.type) != ())
        if shape_of(x.type) == ():
            x = self.b.reshape(x, (1,))
        dim = self.number(0, len(shape_of(x.type)) - 1)
        return self.b.concatenate([x] * self.number(1, 3), dim)

    def pad(self) -> SSAValue:
        x = self.pick()
        rank = len(shape_of(x.type))
        low, high = ([self.number(0, 2) for _ in range(rank)] for _ in range(2))
        return self.b.pad(x, self.b.constant(1, dtype_of(x.type)), low, high)

    def gather(self) -> SSAValue:
        x = self.pick(lambda v: 0 not in shape_of(v.type) != ())
        shape = shape_of(x.type)
        if not shape or 0 in shape:
            return self.elementwise()
        at = self.draw(st.lists(st.integers(-2, 9), max_size=4))
        dim = self.number(0, len(shape) - 1)
        return self.b.gather(x, [self.b.constant(at, np.int64)], [dim])

    def scatter(self) -> SSAValue:
        x = self.pick(lambda v: 0 not in shape_of(v.type) != ())
        shape = shape_of(x.type)
        if not shape:
            return self.elementwise()
        # Distinct places: the order of equal ones is not NumPy's to say.
        at = self.draw(st.lists(st.integers(-2, 9), max_size=4, unique=True))
        dim = self.number(0, len(shape) - 1)
        rest = shape[:dim] + shape[dim + 1 :]
        updates = self.b.convert(self.pick(), dtype_of(x.type))
        updates = self.resized(updates, (len(at), *rest))
        where = [self.b.constant(at, np.int64)]
        how = self.draw(st.sampled_from(("set", "add")))
        return self.b.scatter(x, updates, where, [dim], how)

    def block(self) -> SSAValue:
        x = self.pick()
        shape = shape_of(x.type)
        if shape and 0 not in shape and self.number(0, 2) == 0:
            steps = [self.number(1, 3) for _ in shape]
            sizes = [(n + s - 1) // s for n, s in zip(shape, steps, strict=True)]
            starts = [0] * len(shape)
            if self.number(0, 1):  # the same places, from the end
                last = zip(steps, sizes, strict=True)
                starts = [s * (k - 1) for s, k in last]
                steps = [-s for s in steps]
            update = self.b.convert(self.pick(), dtype_of(x.type))
            update = self.resized(update, tuple(sizes))
            return self.b.update_slice(x, update, starts, steps)
        starts = [self.b.constant(self.number(-3, 9), np.int64) for _ in shape]
        part = self.b.dynamic_slice(x, starts, [self.number(0, n) for n in shape])
        return self.b.dynamic_update_slice(x, self.b.square(part), starts) if (
            kind_of(x.type) != "b" and self.number(0, 1)
        ) else part  # fmt: skip

    def reduce(self) -> SSAValue:
        x = self.pick(lambda v: shape_of(v.type) != ())
        kind, shape = kind_of(x.type), shape_of(x.type)
        if not shape:
            return self.elementwise()
        some = st.sets(st.integers(0, len(shape) - 1), min_size=1)
        dims = sorted(self.draw(some))
        kinds = {"b": ["and", "or"], "f": ["add", "mul", "maximum", "minimum"]}
        integers = ["add", "mul", "maximum", "minimum", "and", "or"]
        # argmax and argmin are over one dim, which is not empty.
        if kind != "b" and len(dims) == 1 and shape[dims[0]]:
            integers, kinds["f"] = ["argmax", "argmin"], ["argmax", "add", "argmin"]
        how = self.draw(st.sampled_from(kinds.get(kind, integers)))
        return self.b.reduce(x, how, dims)

    def scan(self) -> SSAValue:
        x = self.pick(lambda v: shape_of(v.type) != ())
        kind, shape = kind_of(x.type), shape_of(x.type)
        if not shape:
            return self.elementwise()
        rows = [n for n in sorted(EXACT - {"copysign"})
                if kind in TABLE[n].kinds and TABLE[n].arity == 2
                and TABLE[n].result == "same"]  # fmt: skip
        how = self.draw(st.sampled_from(rows))
        return self.b.scan(x, how, self.number(0, len(shape) - 1))

    def iota(self) -> SSAValue:
        shape = self.draw(st.lists(st.sampled_from(self.dims), min_size=1, max_size=3))
        dtype = self.draw(st.sampled_from(DTYPES[1:]))
        return self.b.iota(dtype, self.number(0, len(shape) - 1), shape)

    def dot(self) -> SSAValue:
        # Integers: sums of any order have the same bits.
        x = self.b.convert(self.pick(), np.int64)
        rank = len(shape_of(x.type))
        dims = range(rank - 1, rank) if rank else ()
        return self.b.dot_general(x, x, ((), ()), (tuple(dims), tuple(dims)))

    def correlate(self) -> SSAValue:
        rows = (self.b.convert(self.pick(), np.int64) for _ in range(2))
        a, v = (self.b.reshape(x, [math.prod(shape_of(x.type))]) for x in rows)
        size = self.draw(st.sampled_from(self.dims))
        return self.b.correlate(a, v, self.number(-size, 5), size)


_STEPS = [
    "elementwise", "elementwise", "elementwise", "select", "convert", "broadcast",
    "slice", "transpose", "reshape", "concatenate", "pad", "gather", "scatter", "block",
    "reduce", "scan", "iota", "dot", "correlate",
]  # fmt: skip
MOST = 4096
"""Larger values are not used again, so that programs stay quick to interpret."""


def _bounded(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape with one large dim: the interpreter needs a second for 10 000 sines."""
    large = [d for d, n in enumerate(shape) if n > max(SMALL_DIMS)][1:]
    return tuple(2 if d in large else n for d, n in enumerate(shape))


@st.composite
def programs(
    draw: Callable[..., Any],
    steps: int = 8,
    dims: Sequence[int] = DIMS,
    *,
    rounded: bool = False,
) -> Program:
    """A program of one to `steps` steps, with inputs.

    If `rounded`, its results are those of two math functions.
    """
    shapes = st.lists(st.sampled_from(dims), max_size=3).map(_bounded)
    types = draw(
        st.lists(st.tuples(st.sampled_from(DTYPES), shapes), min_size=1, max_size=3)
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    function, arguments = new_function(
        "f", [tensor(ELEMENT_TYPES[dtype], shape) for dtype, shape in types]
    )
    b = Builder(function.body.block)
    pool = list(arguments)
    grower = Grower(draw, b, pool, dims)
    result = pool[0]
    for step in draw(st.lists(st.sampled_from(_STEPS), min_size=1, max_size=steps)):
        new = getattr(grower, step)()
        saw("step", [step])
        shape = shape_of(new.type)
        if math.prod(shape) <= MOST and len(shape) <= 4:
            pool.append(new)
            result = new
    if rounded:
        b.ret(grower.rounded(), grower.rounded())
    else:
        b.ret(result, pool[len(pool) // 2])
    module = ModuleOp([function])
    saw_program(module)
    inputs = tuple(draw_array(rng, dtype, shape) for dtype, shape in types)
    return Program(module, inputs)
