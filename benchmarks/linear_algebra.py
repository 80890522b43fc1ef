"""Products of matrices: small ones, where the call counts, and large ones."""

from __future__ import annotations

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup, installed, standard


def product(a, b):
    return a @ b


def linear(x, w, b):
    return np.maximum(x @ w + b, 0)


def small(setup: Setup) -> Race:
    """6 x 6 into a given array, as for a robot's Jacobian."""
    a, b = setup.rng.standard_normal((2, 6, 6))
    runners = {
        "numpy": Runner(np.matmul, (a, b), {"out": np.empty((6, 6))}),
        "rfxjit": Runner(setup.jit(product), (a, b), {"out": np.empty((6, 6))}),
    }
    if installed("numba"):
        from numba import njit

        def loops(a, b, out):
            for i in range(6):
                for j in range(6):
                    s = 0.0
                    for k in range(6):
                        s += a[i, k] * b[k, j]
                    out[i, j] = s
            return out

        runners["numba"] = Runner(njit(loops), (a, b, np.empty((6, 6))))
    return Race(
        "`a @ b` f8, 6 × 6, `out=`",
        runners,
        rtol=1e-12,
        atol=1e-12,
        target=("numba", 0.35),
    )


def large(setup: Setup) -> Race:
    """1024 x 1024."""
    a, b = setup.rng.standard_normal((2, 1024, 1024), dtype=np.float32)
    runners = standard(setup, product, (a, b), numba=None)
    target = ("numpy", 1.05)
    return Race("`a @ b` f4, 1024³", runners, rtol=1e-3, atol=1e-3, target=target)


def layer(setup: Setup) -> Race:
    """Linear, bias, relu."""
    x, w = setup.rng.standard_normal((2, 512, 512), dtype=np.float32)
    b = setup.rng.standard_normal(512, dtype=np.float32)
    runners = standard(setup, linear, (x, w, b), numba=None)
    target = ("jax", 1.0)
    return Race("`max(x @ w + b, 0)` f4, 512³", runners, rtol=1e-3, atol=1e-3,
                target=target)  # fmt: skip


RACES = {"matmul-6": small, "matmul-1024": large, "linear-relu": layer}
