"""The function that tells callers of a lowered one what they must know before.

    func.func @f_shapes(%in: memref<2xi64>, %out: memref<4xi64>) -> i32

From the dims of all inputs: the dims of all results, the extent, which callers may
split, and the bytes of the workspace. It repeats only the arithmetic on sizes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType
from xdsl.ir import Block, Region, SSAValue

from rfxjit.dialects.ir import append, i32, i64, index, make, shape_of
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import ALIGNMENT, load, store
from rfxjit.passes.sizes import Dim, Sizes

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering


def shapes_function(state: FunctionLowering) -> func.FuncOp:
    """Build it for a function that has been lowered."""
    old = state.old
    first: dict[SSAValue, int] = {}
    count = 0
    for argument in old.body.block.args:
        if argument in state.buffers:
            first[argument] = count
            count += len(shape_of(argument.type))

    total_dims = sum(len(shape_of(v.type)) for v in state.returned) + 2
    types = [memref_type(i64, (n,)) for n in (count, total_dims)]
    block = Block(arg_types=types)
    m = Emit(block, old.location)

    def argument_dim(value: SSAValue, dim: int) -> SSAValue:
        where = m.const(first[value] + dim, index)
        return m.index_cast(load(m, block.args[0], [where]), index)

    sizes = Sizes(m, argument_dim)
    for op in old.body.block.ops:
        sizes.learn(op)
    numbers = [d for v in state.returned for d in sizes.of(v)]
    numbers.append(_extent(state, sizes))
    total: Dim = 0
    for value in state.buffers.workspace:
        total = sizes.add(total, sizes.bytes(value, ALIGNMENT))
    numbers.append(total)
    for k, number in enumerate(numbers):
        value = m.index_cast(sizes.value(number), i64)
        store(m, value, block.args[1], [m.const(k, index)])
    append(block, make(func.ReturnOp, (m.const(0, i32),), (), m.location))
    signature = FunctionType.from_lists(types, [i32])
    new = func.FuncOp(f"{old.sym_name.data}_shapes", signature, Region(block))
    new.location = old.location
    return new


def _extent(state: FunctionLowering, sizes: Sizes) -> Dim:
    """The extent again, from the loops that were joined to make it."""
    if isinstance(state.extent, int):
        return state.extent
    nest, loops = state.extent_loops
    shape = sizes.of(nest.outputs[0])
    product: Dim = 1
    for loop in loops:
        product = sizes.mul(product, shape[nest.out_maps[0].index(loop)])
    return product
