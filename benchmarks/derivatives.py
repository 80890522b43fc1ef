"""Gradients in reverse mode."""

from __future__ import annotations

from functools import partial

import numpy as np

import rfxjit as rfx
from rfxjit.tools.bench import (
    Race,
    Runner,
    Setup,
    installed,
    jax_arguments,
    jax_jit,
)


def loss(x):
    return np.sum(np.sin(x) ** 2 * np.exp(-x))


def by_hand(x):
    s = np.sin(x)
    return np.exp(-x) * (2 * s * np.cos(x) - s * s)


def by_hand_loop(x):
    out = np.empty_like(x)
    for i in range(x.size):
        s = np.sin(x[i])
        out[i] = np.exp(-x[i]) * (2 * s * np.cos(x[i]) - s * s)
    return out


def gradient(dtype: str, setup: Setup) -> Race:
    """grad of a sum; NumPy and numba have the derivative written by hand."""
    n = setup.parameters.size
    x = setup.rng.uniform(-1.0, 3.0, n).astype(dtype)
    runners = {"numpy": Runner(by_hand, (x,)), "rfxjit": Runner(rfx.grad(loss), (x,))}
    if installed("numba"):
        from numba import njit

        runners["numba"] = Runner(njit(by_hand_loop), (x,))
    if installed("jax"):
        runners["jax"] = Runner(jax_jit(loss, "grad"), jax_arguments((x,)))
    tolerance = 1e-5 if dtype == "f4" else 1e-12
    return Race(
        f"grad of `sum(sin(x)**2 * exp(-x))` {dtype}, {n:,}",
        runners,
        elements=n,
        rtol=tolerance,
        atol=tolerance,
        target=("jax", 0.17),
    )


RACES = {"grad-f32": partial(gradient, "f4"), "grad-f64": partial(gradient, "f8")}
