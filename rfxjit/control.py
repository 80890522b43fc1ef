"""Control flow as functions: `cond`, `switch`, `while_loop`, `fori_loop`, `scan`.

    carry, ys = rfx.scan(lambda v, x: (0.9 * v + x, v), 0.0, xs)

They mean what the same functions mean in JAX. Here they are ordinary Python functions:
they run as such on arrays, and in a jitted function they are compiled like the user's
own `if`, `for` and `while`, which may be used just as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

T = TypeVar("T")


def cond(
    pred: Any, true_fun: Callable[..., T], false_fun: Callable[..., T], *operands: Any
) -> T:
    """`true_fun(*operands)` if `pred` is true, else `false_fun(*operands)`.

    In a jitted function with a traced `pred` both must return one structure of one
    shape; dtypes join by NumPy's promotion. Only one of them is computed.
    """
    if pred:
        return true_fun(*operands)
    return false_fun(*operands)


def switch(index: Any, branches: Sequence[Callable[..., T]], *operands: Any) -> T:
    """`branches[index](*operands)`; an index that is out of range is clamped.

    Raises ValueError if there are no branches.
    """
    if not branches:
        raise ValueError("switch needs at least one branch")
    for number, branch in enumerate(branches[:-1]):
        if index <= number:
            return branch(*operands)
    return branches[-1](*operands)


def while_loop(
    cond_fun: Callable[[T], Any], body_fun: Callable[[T], T], init_val: T
) -> T:
    """The first of `init_val`, `body_fun(init_val)`, ... for which not `cond_fun`."""
    value = init_val
    while cond_fun(value):
        value = body_fun(value)
    return value


def fori_loop(
    lower: Any, upper: Any, body_fun: Callable[[Any, T], T], init_val: T
) -> T:
    """`value = body_fun(i, value)` for all i in `range(lower, upper)`."""
    value = init_val
    for i in range(lower, upper):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    *,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """`carry, y = f(carry, x)` for the rows x of `xs`: the last carry, and all y.

    `xs` is an array, or arrays in tuples, lists and dicts, all of one length; None
    stands for `length` rows of None. The y are stacked along a new first axis, in the
    order of the rows, which are walked from the last one with `reverse`. Raises
    ValueError if there is no length, or two.
    """
    sizes = [x.shape[0] for x in _leaves(xs)]
    if length is not None:
        sizes.append(length)
    if not sizes:
        raise ValueError("scan needs xs or a length")
    count = sizes[0]
    for size in sizes:
        if size != count:
            raise ValueError(f"scan got arrays and a length that differ: {sizes}")
    empty = isinstance(count, int) and count == 0
    first = _map(lambda x: np.zeros(x.shape[1:], x.dtype) if empty else x[0], xs)
    sample = shape_of_call(f, init, first)[1]
    ys = _map(lambda y: np.zeros((count, *np.shape(y)), np.asarray(y).dtype), sample)
    carry = init
    for k in range(count):
        i = count - 1 - k if reverse else k
        carry, y = f(carry, _map(lambda x, i=i: x[i], xs))
        _store(ys, i, y)
    return carry, ys


def shape_of_call(f: Callable[..., Any], *args: Any) -> Any:
    """Something of the shape of `f(*args)`; while tracing, no code for it is left."""
    return f(*args)


def _leaves(tree: Any) -> list[Any]:
    if tree is None:
        return []
    if isinstance(tree, dict):
        tree = list(cast("dict[Any, Any]", tree).values())
    if isinstance(tree, (tuple, list)):
        return [leaf for item in cast("list[Any]", tree) for leaf in _leaves(item)]
    return [tree]


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    """`f` of each leaf, in the same structure."""
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {k: _map(f, v) for k, v in cast("dict[Any, Any]", tree).items()}
    if isinstance(tree, (tuple, list)):
        items = [_map(f, item) for item in cast("list[Any]", tree)]
        return items if isinstance(tree, list) else tuple(items)
    return f(tree)


def _store(ys: Any, i: Any, y: Any) -> None:
    """`ys[i] = y` of each leaf."""
    for target, value in zip(_leaves(ys), _leaves(y), strict=True):
        target[i] = value
