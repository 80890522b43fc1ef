"""Reductions: one number per array, or per row of a 4096 x 1024 matrix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup, library, standard

ROWS, COLUMNS = 4096, 1024


def total(x):
    return np.sum(x)


def mean_var(x):
    return np.mean(x, axis=1), np.var(x, axis=1)


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layernorm(x, gain, bias):
    d = x - np.mean(x, axis=1, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axis=1, keepdims=True) + 1e-5) * gain + bias


def logsumexp(x):
    top = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0]


# numba has no axis= for most of these: the loops that its users write.


def total_loop(x):
    result = np.float32(0.0)
    for i in range(x.size):
        result += x[i]
    return result


def mean_var_loop(x):
    rows, n = x.shape
    mean, var = np.empty(rows, x.dtype), np.empty(rows, x.dtype)
    for i in range(rows):
        s = np.float32(0.0)
        for j in range(n):
            s += x[i, j]
        m = s / np.float32(n)
        s = np.float32(0.0)
        for j in range(n):
            s += (x[i, j] - m) ** 2
        mean[i], var[i] = m, s / np.float32(n)
    return mean, var


def softmax_loop(x):
    out = np.empty_like(x)
    rows, n = x.shape
    for i in range(rows):
        top = x[i, 0]
        for j in range(n):
            top = max(top, x[i, j])
        s = np.float32(0.0)
        for j in range(n):
            out[i, j] = np.exp(x[i, j] - top)
            s += out[i, j]
        for j in range(n):
            out[i, j] /= s
    return out


def layernorm_loop(x, gain, bias):
    out = np.empty_like(x)
    rows, n = x.shape
    for i in range(rows):
        s = np.float32(0.0)
        for j in range(n):
            s += x[i, j]
        m = s / np.float32(n)
        s = np.float32(0.0)
        for j in range(n):
            s += (x[i, j] - m) ** 2
        scale = np.float32(1.0) / np.sqrt(s / np.float32(n) + np.float32(1e-5))
        for j in range(n):
            out[i, j] = (x[i, j] - m) * scale * gain[j] + bias[j]
    return out


def logsumexp_loop(x):
    rows, n = x.shape
    out = np.empty(rows, x.dtype)
    for i in range(rows):
        top = x[i, 0]
        for j in range(n):
            top = max(top, x[i, j])
        s = np.float32(0.0)
        for j in range(n):
            s += np.exp(x[i, j] - top)
        out[i] = np.log(s) + top
    return out


def whole(setup: Setup) -> Race:
    """All of 4 Mi elements."""
    x = setup.rng.random(ROWS * COLUMNS, dtype=np.float32)
    runners = standard(setup, total, (x,), numba=total_loop, fastmath=True)
    if setup.limit:
        runners["C"] = Runner(setup.limit.sum_f4, (x,))
    # numba adds in one chain per lane, whose rounding errors grow with n.
    return Race(
        "sum f4, 4 Mi", runners, elements=x.size, rtol=1e-4, target=("numba", 1.05)
    )


def rows(
    function: Callable[..., object],
    loop: Callable[..., object],
    target: tuple[str, float],
    setup: Setup,
    *,
    torch: str = "",
) -> Race:
    """One function of each row; `torch` names what torch has for it, uncompiled."""
    x = setup.rng.standard_normal((ROWS, COLUMNS), dtype=np.float32)
    vectors = setup.rng.standard_normal((2, COLUMNS), dtype=np.float32)
    arguments = (x, *vectors)[: function.__code__.co_argcount]
    runners = standard(setup, function, arguments, numba=loop, fastmath=True)
    if torch and "torch" in runners:
        own = library("torch")
        runners["torch"] = Runner(getattr(own, torch), (own.from_numpy(x), 1))
    name = f"{function.__name__}_f4"
    if limit := getattr(setup.limit, name, None):
        runners["C"] = Runner(limit, arguments)
    title = f"{function.__name__.replace('_', ' + ')} of rows f4, {ROWS} × {COLUMNS}"
    return Race(title, runners, rtol=1e-4, atol=1e-4, target=target)


RACES = {
    "sum": whole,
    "mean-var": partial(rows, mean_var, mean_var_loop, ("numba", 0.6)),
    "softmax": partial(rows, softmax, softmax_loop, ("jax", 0.46), torch="softmax"),
    "layernorm": partial(rows, layernorm, layernorm_loop, ("numba", 0.75)),
    "logsumexp": partial(rows, logsumexp, logsumexp_loop, ("jax", 0.41)),
}
