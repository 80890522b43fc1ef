"""Random programs with branches and loops on tensors: `control_programs()`.

Values are of rank 0, or arrays of the shapes (n,) and (n, m), whose sizes are static or
not. The steps are those of `programs.py` that keep to these shapes, writes of single
elements, and control flow around more steps, up to two deep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from fuzz_coverage import saw, saw_program
from hypothesis import strategies as st
from programs import Grower, Program, draw_array
from xdsl.dialects import scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.builder import Builder, Size, new_function
from rfxjit.dialects.ir import (
    ELEMENT_TYPES,
    append,
    dtype_of,
    index,
    make,
    shape_of,
    tensor,
)

DTYPES = [np.dtype(c) for c in "?lilBfd"]
SIZES = (1, 3, 4, 6, 17)
_STEPS = [
    "elementwise", "elementwise", "elementwise", "select", "convert", "scan",
    "reversed", "set_one", "set_one", "set_row", "total", "dot", "rolled",
]  # fmt: skip
_CONTROL = ["branch", "counted", "counted", "conditional", "require"]


class _ControlGrower(Grower):
    """Appends drawn steps to one block; `sizes` are those of (n, m)."""

    def __init__(
        self,
        draw: Callable[..., Any],
        builder: Builder,
        pool: list[SSAValue],
        sizes: Sequence[Size],
        depth: int = 0,
    ) -> None:
        super().__init__(draw, builder, pool, ())
        self.sizes, self.depth = sizes, depth

    # ---- steps

    def resized(self, x: SSAValue, shape: tuple[int, ...]) -> SSAValue:
        """x in another shape: rows of it, or its maximum, repeated."""
        have = shape_of(x.type)
        if have == shape:
            return x
        if have and len(have) < len(shape):
            return self.b.broadcast(x, (0,), self.sizes[: len(shape)])
        kind = "or" if dtype_of(x.type) == np.bool_ else "maximum"
        if len(have) > len(shape) == 1:
            return self.b.reduce(x, kind, [1])
        first = self.b.reduce(x, kind, range(len(have))) if have else x
        return self.b.broadcast(first, (), self.sizes[: len(shape)]) if shape else first

    def array(self) -> SSAValue:
        return self.resized_up(self.pick(lambda v: shape_of(v.type) != ()))

    def resized_up(self, x: SSAValue) -> SSAValue:
        """x as an array, whatever it is."""
        n = self.sizes[0]
        shape = shape_of(x.type) or (n if isinstance(n, int) else DYNAMIC_INDEX,)
        return self.resized(x, shape)

    def place(self) -> SSAValue:
        """A small integer of rank 0, perhaps outside of all arrays."""
        x = self.resized(self.pick(lambda v: v.type == tensor(index_type)), ())
        x = self.b.convert(x, np.int64)
        return self.b.rem(x, self.b.lit(x, 70))

    def reversed(self) -> SSAValue:
        x = self.array()
        where = self.b.iota(np.int64, 0, self.sizes[:1])
        last = self.resized(self.b.reduce(where, "maximum", [0]), shape_of(where.type))
        return self.b.gather(x, [self.b.sub(last, where)], [0])

    def rolled(self) -> SSAValue:
        x = self.array()
        n, *rest = self.b.shape(x)
        others = [0] * len(rest)
        ones = [1] * (len(rest) + 1)
        less = n - 1 if isinstance(n, int) else self.b.index_sub(n, 1)
        tail = self.b.slice(x, [1, *others], [less, *rest], ones)
        head = self.b.slice(x, [0, *others], [1, *rest], ones)
        return self.b.concatenate([tail, head], 0)

    def set_one(self) -> SSAValue:
        x = self.array()
        rank = len(shape_of(x.type))
        value = self.b.convert(self.resized(self.pick(), ()), dtype_of(x.type))
        starts = [self.place() for _ in range(rank)]
        if self.number(0, 1):
            block = self.b.reshape(value, [1] * rank)
            return self.b.dynamic_update_slice(x, block, starts)
        how = self.draw(st.sampled_from(("set", "add")))
        return self.b.scatter(x, value, starts, range(rank), how)

    def set_row(self) -> SSAValue:
        x = self.array()
        if len(shape_of(x.type)) == 1:
            return self.set_one()
        row = self.b.convert(self.pick(), dtype_of(x.type))
        kind = "or" if dtype_of(x.type) == np.bool_ else "minimum"
        row = self.b.reduce(self.resized(row, shape_of(x.type)), kind, [0])
        return self.b.scatter(x, row, [self.place()], [0])

    def total(self) -> SSAValue:
        x = self.array()
        if dtype_of(x.type) == np.bool_:
            x = self.b.convert(x, np.int64)
        dims = [0] if self.number(0, 1) else range(len(shape_of(x.type)))
        total = self.b.reduce(x, "add", dims)
        if len(shape_of(x.type)) == 2 and len(dims) == 1:  # shape (m,) is not known
            return self.b.reduce(total, "maximum", [0])
        return total

    def dot(self) -> SSAValue:
        # Integers: sums of any order have the same bits.
        x = self.b.convert(self.pick(), np.int64)
        dims = tuple(range(len(shape_of(x.type))))
        return self.b.dot_general(x, x, ((), ()), (dims, dims))

    # ---- control flow

    def inner(self, block: Block, pool: Sequence[SSAValue]) -> _ControlGrower:
        """A grower for a block inside, after some steps there."""
        new = _ControlGrower(
            self.draw, Builder(block), [*self.pool, *pool], self.sizes, self.depth + 1
        )
        new.grow(self.number(0, 3))
        return new

    def grow(self, steps: int) -> None:
        names = _STEPS + (_CONTROL * 2 if self.depth < 2 else [])
        for _ in range(steps):
            name = self.draw(st.sampled_from(names))
            saw("control step", [name])
            self.pool += getattr(self, name)() if name in _CONTROL else [
                getattr(self, name)()]  # fmt: skip

    def of_type(self, type_: Attribute) -> SSAValue:
        """A value of that very type, recent ones first."""
        fit = [v for v in self.pool if v.type == type_]
        if fit and self.number(0, 1):
            return self.draw(st.sampled_from(list(reversed(fit))))
        x = self.b.convert(self.pool[-1 - self.number(0, 1)], dtype_of(type_))
        return self.resized(x, shape_of(type_))

    def end(
        self, types: Sequence[Attribute], flag: Sequence[SSAValue] = ()
    ) -> list[SSAValue]:
        values = [self.of_type(t) for t in types]
        cls = scf.ConditionOp if flag else scf.YieldOp
        append(self.b.block, make(cls, (*flag, *values), (), self.b.location))
        return values

    def flag(self) -> SSAValue:
        return self.b.convert(self.resized(self.pick(), ()), np.bool_)

    def carried(self) -> list[SSAValue]:
        return [self.pick() for _ in range(self.number(1, 3))]

    def control(
        self, cls: type[Any], operands: Sequence[SSAValue],
        types: Sequence[Attribute], *blocks: Block,
    ) -> list[SSAValue]:  # fmt: skip
        regions = [Region(block) for block in blocks]
        op = make(cls, operands, types, self.b.location, regions=regions)
        return list(append(self.b.block, op).results)

    def branch(self) -> list[SSAValue]:
        condition = self.b.extract(self.flag())
        types = [v.type for v in self.carried()]
        blocks = [Block(), Block()]
        for block in blocks:
            self.inner(block, ()).end(types)
        return self.control(scf.IfOp, (condition,), types, *blocks)

    def counted(self) -> list[SSAValue]:
        b, starts = self.b, self.carried()
        types = [v.type for v in starts]
        count = self.draw(st.sampled_from(("constant", "dim", "computed")))
        if count == "computed":
            some = b.rem(self.place(), b.constant(5, np.int64))
            end = b.op(upstream.IndexCastOp, (b.extract(some),), index)
        elif count == "dim" and not self.depth and not isinstance(self.sizes[0], int):
            end = self.sizes[0]
        else:
            end = b.index_const(self.number(0, 4))
        block = Block(arg_types=[index, *types])
        inside = self.inner(block, block.args[1:])
        inside.pool.append(inside.b.index_tensor(block.args[0]))
        inside.grow(self.number(0, 3))
        inside.end(types)
        operands = (b.index_const(0), end, b.index_const(1), *starts)
        return self.control(scf.ForOp, operands, types, block)

    def conditional(self) -> list[SSAValue]:
        starts = [self.b.constant(0, np.int64), *self.carried()]
        types = [v.type for v in starts]
        before = Block(arg_types=types)
        head = self.inner(before, before.args)
        most = head.b.constant(self.number(0, 4), np.int64)
        going = head.b.lt(before.args[0], most)
        if self.number(0, 1):
            going = head.b.elementwise("and", going, head.flag())
        some = [self.pick(lambda v: v in before.args).type
                for _ in range(self.number(0, 2))]  # fmt: skip
        head.pool.append(before.args[-1])
        end = [before.args[0], *(head.of_type(t) for t in (*types[1:], *some))]
        if self.number(0, 1):
            end = [*before.args, *end[len(before.args) :]]
        flag = head.b.extract(going)
        append(before, make(scf.ConditionOp, (flag, *end), (), self.b.location))
        handed = [v.type for v in end]
        after = Block(arg_types=handed)
        inside = self.inner(after, after.args)
        count = inside.b.add(after.args[0], inside.b.constant(1, np.int64))
        values = [count, *(inside.of_type(t) for t in types[1:])]
        append(after, make(scf.YieldOp, values, (), self.b.location))
        return self.control(scf.WhileOp, starts, handed, before, after)

    def require(self) -> list[SSAValue]:
        most = self.b.constant(self.number(0, 70), np.int64)
        self.b.require(self.b.lt(self.place(), most), self.number(1, 3))
        return []


index_type = ELEMENT_TYPES[np.dtype(np.int64)]


@st.composite
def control_programs(
    draw: Callable[..., Any], *, dynamic: bool, sizes: Sequence[int] = SIZES
) -> Program:
    """A program with control flow, with inputs; all its results are used."""
    # A contract with symbolic dims is for sizes that differ, and are not 1.
    n, m = draw(st.permutations(sizes))[:2]
    m = m if dynamic or draw(st.booleans()) else n
    shape = tuple(max(2, size) for size in (n, m)) if dynamic else (n, m)
    static = (DYNAMIC_INDEX, DYNAMIC_INDEX) if dynamic else shape
    some = st.tuples(st.sampled_from(DTYPES), st.integers(0, 2))
    types = [(np.dtype(np.float64), 2), *draw(st.lists(some, min_size=1, max_size=3))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    function, arguments = new_function(
        "f", [tensor(ELEMENT_TYPES[dtype], static[:rank]) for dtype, rank in types]
    )
    b = Builder(function.body.block)
    grower = _ControlGrower(draw, b, list(arguments), b.shape(arguments[0]))
    grower.grow(draw(st.integers(1, 4)))
    grower.pool += getattr(grower, draw(st.sampled_from(_CONTROL)))()
    grower.grow(draw(st.integers(0, 2)))
    b.ret(*grower.pool[-3:])
    module = ModuleOp([function])
    saw_program(module)
    inputs = tuple(draw_array(rng, dtype, shape[:rank]) for dtype, rank in types)
    return Program(module, inputs)
