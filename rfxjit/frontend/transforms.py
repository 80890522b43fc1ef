"""Derivatives inside a trace: `rfx.grad` and `rfx.value_and_grad`.

    slope = rfx.grad(lambda x: np.sin(x) ** 2)
    slope(0.3)                    # 2 * sin(0.3) * cos(0.3)
    rfx.grad(slope)(0.3)          # and once more

A differentiated function is a jitted function whose trace ends here: the original is
traced on fresh names for the chosen arguments, and the reverse pass (`passes/grad.py`)
appends the derivative to the same program. So derivatives nest, may be called from
jitted functions, and may capture what these compute.
"""

# Trees of results can be anything.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import islice
from typing import Any

import optree

from rfxjit.errors import GradientError
from rfxjit.frontend.context import Trace
from rfxjit.frontend.hooks import call_function
from rfxjit.frontend.tracer import Tracer, lift


def gradient_in_trace(
    trace: Trace,
    fn: Callable[..., Any],
    argnums: int | tuple[int, ...],
    *,
    values: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """What the differentiated function gives for traced arguments.

    Raises ValueError for argnums out of range, GradientError for what has no gradient.
    """
    from rfxjit.dialects.diagnostics import UnsupportedError
    from rfxjit.passes.grad import Reverse

    bound = inspect.signature(fn).bind(*args, **kwargs)
    bound.apply_defaults()
    names = list(bound.arguments)
    chosen = (argnums,) if isinstance(argnums, int) else argnums
    keys = [names[_normal(n, len(names))] for n in chosen]
    trees: list[Any] = []
    variables: list[Tracer] = []
    for key in keys:
        leaves, tree = optree.tree_flatten(bound.arguments[key], none_is_leaf=True)
        own = [_variable(trace, leaf, key) for leaf in leaves]
        bound.arguments[key] = optree.tree_unflatten(tree, own)
        variables += own
        trees.append(tree)
    if not variables:
        raise GradientError("the argument holds no numbers to differentiate by")
    before = [v.value for v in variables]
    result = call_function(trace, fn, bound.args, bound.kwargs)
    if any(v.value is not old for v, old in zip(variables, before, strict=True)):
        raise GradientError("a function that writes to its arguments has no gradient")
    leaves, _ = optree.tree_flatten(result, none_is_leaf=True)
    ends = [leaf.value for leaf in leaves if isinstance(leaf, Tracer)]
    reverse = Reverse(trace.here(), before)
    try:
        reverse.run(ends)
    except UnsupportedError as error:
        raise error.located(GradientError) from error
    slopes = iter(
        [
            Tracer(trace, reverse.slope(v.value), v.kind, shape=v.shape)
            for v in variables
        ]
    )
    gradients = [
        optree.tree_unflatten(tree, islice(slopes, tree.num_leaves)) for tree in trees
    ]
    gradient = gradients[0] if isinstance(argnums, int) else tuple(gradients)
    return (result, gradient) if values else gradient


def _normal(number: int, count: int) -> int:
    if not -count <= number < count:
        raise ValueError(
            f"argnums has {number}, but the function takes {count} arguments"
        )
    return number % count


def _variable(trace: Trace, leaf: Any, name: str) -> Tracer:
    """An argument under a name of its own: other uses of its value are constants."""
    x = lift(trace, leaf)
    if x.dtype.kind != "f":
        raise GradientError(
            f"argument '{name}' has dtype {x.dtype}: only floats have gradients",
            hint=f"pass {name} as a float, or leave it out of argnums",
        )
    same = trace.here().same(x.value)
    return Tracer(trace, same, x.kind, shape=x.shape)
