"""`rfx.grad` and `rfx.value_and_grad`: functions that compute derivatives.

    slope = rfx.grad(lambda x: np.sin(x) ** 2)
    slope(0.3)          # 2 * sin(0.3) * cos(0.3)

The function is traced, the pass `grad` differentiates the program, and the result is
compiled and called like any jitted function.
"""

# Trees of results can be anything.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from rfxjit.errors import GradientError
from rfxjit.runtime.unit import Options, Unit
from rfxjit.signature import Alias, Input, Output, Path, Result, Slot

Argnums = int | tuple[int, ...]


def compile_gradient(
    argnums: Argnums,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
    symbolic: frozenset[int] | None,
    *,
    values: bool,
) -> Unit:
    """Trace a call, differentiate the program, compile it.

    Raises ValueError for argnums out of range, GradientError for what has no gradient.
    """
    from rfxjit.compiler import compile_module
    from rfxjit.frontend.trace import trace
    from rfxjit.passes.grad import differentiate

    traced = trace(fn, args, kwargs, symbolic or frozenset(), options.static)
    signature = traced.signature
    chosen = (argnums,) if isinstance(argnums, int) else argnums
    numbers = [_normal(n, len(signature.params)) for n in chosen]
    if any(o.inout is not None for o in signature.outputs):
        raise GradientError("a function that writes to its arguments has no gradient")
    trees = [_structure(signature.inputs, Path(("param", n))) for n in numbers]
    wanted = [i for tree in trees for i in _leaves(tree)]
    for i in wanted:
        spec = signature.inputs[i]
        if spec.dtype.kind != "f":
            raise GradientError(
                f"argument '{spec.name}' has dtype {spec.dtype}: only floats have"
                " gradients",
                hint=f"pass {spec.name} as a float, or leave it out of argnums",
            )
    paths = [spec.path for spec in signature.inputs]
    extra = [paths.index(r.path) for r in signature.results if isinstance(r, Alias)]
    function = cast("Any", traced.module.body.block.first_op)
    differentiate(function, wanted, extra, values=values)
    kept = signature.outputs if values else ()
    slots: dict[int, Slot] = {}
    outputs: list[Output] = list(kept)
    for i in wanted:
        spec = signature.inputs[i]
        slots[i] = Slot(len(outputs))
        outputs.append(Output(spec.dtype, spec.shape, spec.kind))
    results, treedef = _results(signature, trees, slots, argnums, values=values)
    signature = replace(
        signature, outputs=tuple(outputs), results=results, treedef=treedef
    )
    unit = compile_module(traced.module, signature, options)
    return replace(unit, pins=traced.pins)


def _normal(number: int, count: int) -> int:
    if not -count <= number < count:
        raise ValueError(
            f"argnums has {number}, but the function takes {count} arguments"
        )
    return number % count


def _structure(inputs: tuple[Input, ...], path: Path) -> Any:
    """The inputs below `path` as nested containers of their numbers."""
    below = {
        spec.path.steps[len(path.steps)][1]: path.step(
            *spec.path.steps[len(path.steps)]
        )
        for spec in inputs
        if spec.path.root == path.root
        and len(spec.path.steps) > len(path.steps)
        and spec.path.steps[: len(path.steps)] == path.steps
    }
    if not below:
        found = [i for i, spec in enumerate(inputs) if spec.path == path]
        if not found:
            raise GradientError("the argument holds no numbers to differentiate by")
        return found[0]
    if all(isinstance(key, int) for key in below):
        return tuple(_structure(inputs, p) for p in below.values())
    return {key: _structure(inputs, p) for key, p in below.items()}


def _leaves(tree: Any) -> list[int]:
    if isinstance(tree, int):
        return [tree]
    items = tree.values() if isinstance(tree, dict) else tree
    return [i for item in items for i in _leaves(item)]


def _results(
    signature: Any,
    trees: list[Any],
    slots: dict[int, Slot],
    argnums: Argnums,
    *,
    values: bool,
) -> tuple[tuple[Result, ...], Any]:
    """The results and their tree: gradients alone, or a pair (values, gradients)."""
    import optree

    gradients = trees[0] if isinstance(argnums, int) else tuple(trees)
    numbers, treedef = optree.tree_flatten(gradients, none_is_leaf=True)
    own: tuple[Result, ...] = tuple(slots[i] for i in cast("list[int]", numbers))
    single = isinstance(gradients, int)
    if not values:
        return own, None if single else treedef
    leaves = list(range(len(signature.results)))
    value = leaves[0]
    if signature.treedef is not None:
        value = optree.tree_unflatten(signature.treedef, leaves)
    _, both = optree.tree_flatten((value, gradients), none_is_leaf=True)
    return (*signature.results, *own), both
