"""What a kernel can call: NumPy's ufuncs, `math`, casts, index variables, kernels."""

# Callees are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rfxjit import special
from rfxjit.dialects import upstream
from rfxjit.dialects.evaluate import evaluate
from rfxjit.dialects.ir import i64, index, integer_attr
from rfxjit.dialects.map_ops import DimOp, IndexOp
from rfxjit.frontend.hooks import call_function
from rfxjit.frontend.tracer import Tracer, python_number

if TYPE_CHECKING:
    from rfxjit.frontend.kernel_expressions import Expressions

_BUILTINS = (float, int, bool, abs, min, max, round, pow, divmod)
_FUNCTIONS = (np.where, np.clip, np.round, np.around, np.nan_to_num, np.isclose)
_REDUCTIONS = frozenset(
    ("sum", "prod", "mean", "std", "var", "any", "all", "argmax", "argmin", "amin",
     "amax", "min", "max", "dot", "cumsum", "cumprod", "median", "linalg")
)  # fmt: skip
_VARIABLE = re.compile(r"_(?:i(\d)|n(\d)|ndim|flat_idx|global_linear_idx)")


def call(flow: Expressions, node: ast.Call) -> Any:
    """The value of a call."""
    callee = flow.evaluate(node.func)
    refuse = flow.source.refuse
    text = ast.unparse(node.func)
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        raise refuse(node, "a kernel cannot spread *arguments")
    args = [flow.number(flow.evaluate(a), a) for a in node.args]
    kwargs = {
        str(k.arg): flow.number(flow.evaluate(k.value), k.value) for k in node.keywords
    }
    flow.at(node)
    if (name := _INDEX.get(getattr(callee, "__name__", ""))) is not None and (
        getattr(callee, "__module__", "") == "rfxjit.kernels"
    ):
        return _index_call(flow, node, name, args)
    if getattr(callee, "kernel", None) is not None:
        from rfxjit.frontend.kernel import inline

        return inline(flow, node, callee, args, kwargs)
    if callee is round and len(args) == 1 and not kwargs:
        return _integer(np.rint(args[0]))
    if callee is pow and len(args) == 2:
        return args[0] ** args[1]
    if callee is divmod:
        return args[0] // args[1], args[0] % args[1]
    numeric = (
        isinstance(callee, np.ufunc)
        or callee in _BUILTINS
        or callee in _FUNCTIONS
        or (isinstance(callee, type) and issubclass(callee, np.generic))
        or getattr(math, getattr(callee, "__name__", ""), None) is callee
        or callee in special.PUBLIC
    )
    if not numeric:
        if getattr(callee, "__name__", "") in _REDUCTIONS:
            raise refuse(
                node,
                f"{text} is a reduction, and a kernel sees one element",
                "reduce the result of the kernel: np.sum(kernel(x)), in @rfx.jit",
            )
        raise refuse(
            node,
            f"a kernel cannot call {text}",
            "it can call np.*, math.* and functions with @rfx.kernel",
        )
    try:
        value = call_function(flow.trace, callee, tuple(args), kwargs)
    except (ValueError, ArithmeticError):
        if any(isinstance(a, Tracer) for a in (*args, *kwargs.values())):
            raise
        # Of numbers that are known, as of those that are not: `int` of a NaN.
        lifted = tuple(flow.lifted(a) for a in args)
        value = call_function(flow.trace, callee, lifted, kwargs)
    if callee in (np.minimum, np.maximum) and isinstance(value, np.floating):
        # NumPy may give either of two zeros.
        known = [np.asarray(a, value.dtype) for a in args]
        value = evaluate(callee.__name__, *known)
    if isinstance(value, np.ndarray):  # of numbers that are all known
        value = value[()]
    return flow.checked(value) if not isinstance(value, tuple) else value


def _integer(x: Any) -> Any:
    """A rounded number as Python's `round` gives it: an int."""
    if isinstance(x, Tracer):
        return python_number(x.astype(np.int64))
    return int(x)


# ---- index variables -----------------------------------------------------------------

_INDEX = {"index": "i", "size": "n", "ndim": "ndim", "flat_index": "flat"}


def _index_call(flow: Expressions, node: ast.Call, name: str, args: list[Any]) -> Any:
    """`rfx.index(axis)`, `rfx.size(axis)`, `rfx.ndim()`, `rfx.flat_index()`."""
    axis = args[0] if args else 0
    if len(args) > (name in "in") or type(axis) is not int:
        raise flow.source.refuse(node, "the axis must be a literal integer")
    rank = len(flow.nest.shape)
    if name in "in" and not -rank <= axis < rank:
        raise flow.source.refuse(
            node, f"axis {axis} is out of bounds: there are {rank} axes"
        )
    return _variable(flow, name, axis % rank if rank else 0)


def index_variable(flow: Expressions, name: str) -> Any:
    """The value of `_i0`, `_n0`, `_ndim`, `_flat_idx`; None for another name.

    An axis that the arrays do not have has the index 0 and the size 1.
    """
    match = _VARIABLE.fullmatch(name)
    if match is None:
        return None
    i, n = match.groups()
    if i is None and n is None:
        return _variable(flow, "ndim" if name == "_ndim" else "flat", 0)
    axis = int(i or n)
    if axis >= len(flow.nest.shape):
        return 0 if i else 1
    return _variable(flow, "i" if i else "n", axis)


def _variable(flow: Expressions, name: str, axis: int) -> Any:
    rank = len(flow.nest.shape)
    if name == "ndim":
        return rank
    if name == "flat":
        flat: Any = 0
        for d in range(rank):
            flat = flat * _variable(flow, "n", d) + _variable(flow, "i", d)
        return flat
    nest = flow.nest
    if name == "n" and nest.sizes is not None:
        return _same(flow, nest.sizes[axis])
    builder = flow.trace.builder
    cls = IndexOp if name == "i" else DimOp
    value = builder.op(cls, (), index, loop=integer_attr(axis, i64))
    number = builder.op(upstream.IndexCastOp, (value,), i64)
    here: Any = Tracer(flow.trace, number, cast("Any", "int"), shape=())
    return here if nest.sizes is None else here + _same(flow, nest.origin[axis])


def _same(flow: Expressions, number: Any) -> Any:
    """A number from outside of the map, which may be known."""
    if isinstance(number, Tracer):
        return flow.nest.uniform(number)
    return flow.lifted(number)
