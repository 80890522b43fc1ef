"""NumPy's functions on tracers: where `__array_function__` and the hooks arrive.

The rules are in the files by theme, which register themselves when they are imported:

    numpy_ufuncs      calls of ufuncs, and their methods     numpy_composed
    numpy_reductions  sums, extremes, moments, running sums  numpy_nan
    numpy_shapes      shapes, axes            numpy_joins    numpy_picking
    numpy_choice      where, clip, round, tests              numpy_creation
    numpy_products    dot, matmul, einsum, norms             numpy_series
    numpy_placing     writes, places                         numpy_rows

What is in none of them is refused by name, and `@jit` then runs the original function.
"""

from __future__ import annotations

from rfxjit.frontend import (
    numpy_choice,
    numpy_creation,
    numpy_joins,
    numpy_nan,
    numpy_picking,
    numpy_placing,
    numpy_products,
    numpy_reductions,
    numpy_rows,
    numpy_series,
    numpy_shapes,
)
from rfxjit.frontend.numpy_registry import FUNCTIONS, REFUSED, not_traced
from rfxjit.frontend.numpy_registry import call as call_function
from rfxjit.frontend.numpy_ufuncs import call_ufunc

RULES = (
    numpy_choice, numpy_creation, numpy_joins, numpy_nan, numpy_picking,
    numpy_placing, numpy_products, numpy_reductions, numpy_rows, numpy_series,
    numpy_shapes,
)  # fmt: skip

not_traced(
    "the shape of its result depends on data",
    "nonzero", "argwhere", "flatnonzero", "extract", "unique", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "union1d", "intersect1d",
    "setdiff1d", "setxor1d", "trim_zeros", "histogram_bin_edges",
)  # fmt: skip
not_traced(
    "its result's shape depends on data, or on which coefficients are zero",
    "bincount", "polymul", "polydiv", "histogram2d", "histogramdd",
)  # fmt: skip
not_traced("results are arrays in C order", "asfortranarray", "require")
not_traced("a traced array has no memory of its own", "may_share_memory",
           "shares_memory")  # fmt: skip
not_traced("it plans a computation, and computes nothing", "einsum_path")
not_traced("its series is not there yet", "i0")
not_traced(
    "sorting is not there yet",
    "sort", "argsort", "lexsort", "partition", "argpartition", "sort_complex",
    "median", "percentile", "quantile", "nanmedian", "nanpercentile", "nanquantile",
)  # fmt: skip
not_traced(
    "factorizations are not there yet",
    "linalg.inv", "linalg.solve", "linalg.det", "linalg.slogdet", "linalg.cholesky",
    "linalg.qr", "linalg.svd", "linalg.svdvals", "linalg.eig", "linalg.eigh",
    "linalg.eigvals", "linalg.eigvalsh", "linalg.pinv", "linalg.lstsq",
    "linalg.matrix_rank", "linalg.cond", "linalg.tensorinv", "linalg.tensorsolve",
    "polyfit", "roots", "poly",
)  # fmt: skip

__all__ = ["FUNCTIONS", "REFUSED", "RULES", "call_function", "call_ufunc"]
