"""Functions that slide, copy and place elements, beside NumPy's loops in C."""

from __future__ import annotations

from functools import partial

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup


def tiled(x):
    return np.tile(x, 4)


def rolled(x):
    return np.roll(x, 7)


def column(u):
    u[:, 0] = 1.0
    return u


def _race(setup: Setup, title: str, function, arguments, target: float) -> Race:
    runners = {
        "numpy": Runner(function, arguments),
        "rfxjit": Runner(setup.jit(function), arguments),
    }
    return Race(title, runners, rtol=1e-5, atol=1e-5, target=("numpy", target))


def convolution(dtype: str, setup: Setup) -> Race:
    """A filter of five taps."""
    n = setup.parameters.size
    x, taps = (setup.rng.normal(size=k).astype(dtype) for k in (n, 5))
    return _race(setup, f"`convolve` {dtype}, {n:,} by 5", np.convolve, (x, taps), 0.5)


def copies(function, setup: Setup) -> Race:
    """Pieces of a series, put together in another way."""
    n = setup.parameters.size
    x = setup.rng.normal(size=n).astype("f4")
    return _race(setup, f"{function.__name__} f4, {n:,}", function, (x,), 1.05)


def written(setup: Setup) -> Race:
    """One column of an argument, in its own memory."""
    u = setup.rng.random((513, 513), dtype=np.float32)
    return _race(setup, "`u[:, 0] = 1`, 513²", column, (u,), 1.0)


RACES = {
    "convolve-f32": partial(convolution, "f4"),
    "convolve-f64": partial(convolution, "f8"),
    "tile": partial(copies, tiled),
    "roll": partial(copies, rolled),
    "write-column": written,
}
