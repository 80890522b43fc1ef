"""Elementwise functions of whole arrays: lane width, vector math, fusion, memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup, standard

BIG = 1 << 24


def add(x, y):
    return x + y


def mul(x, y):
    return x * y


def sin(x):
    return np.sin(x)


def chain(x, y):
    return np.tanh(x * 2 + 1) * np.exp(-y * y) + np.sqrt(np.abs(x))


def log_pow(x, y):
    return np.log(x) * (x * x * 0.5 + y) + np.power(x, y)


TEXTS = {
    add: "x + y",
    mul: "x * y",
    sin: "sin(x)",
    chain: "tanh(x * 2 + 1) * exp(-y * y) + sqrt(abs(x))",
    log_pow: "log(x) * (x * x * 0.5 + y) + x ** y",
}
TARGETS = {
    "add-f32": ("numpy", 1.05),
    "mul-f32": ("numpy", 1.05),
    "sin-f32": ("numpy", 0.55),
    "sin-f64": ("numpy", 0.06),
    "chain-f32": ("jax", 0.7),
    "chain-f64": ("jax", 0.7),
    "log-pow-f32": ("numpy", 0.5),
}


def race(function: Callable[..., object], dtype: str, setup: Setup) -> Race:
    """One function of one or two arrays of `--size` elements."""
    n = setup.parameters.size
    x, y = setup.rng.uniform(0.1, 3.0, (2, n)).astype(dtype)
    arguments = (x, y)[: function.__code__.co_argcount]
    name = f"{function.__name__}_{dtype}"
    runners = standard(setup, function, arguments, numexpr=TEXTS[function])
    if limit := getattr(setup.limit, name, None):
        runners["C"] = Runner(limit, arguments)
    tolerance = 1e-5 if dtype == "f4" else 1e-12
    return Race(
        f"`{TEXTS[function]}` {dtype}, {n:,}",
        runners,
        elements=n,
        rtol=tolerance,
        atol=tolerance,
        target=TARGETS.get(row_name(function, dtype)),
    )


def row_name(function: Callable[..., object], dtype: str) -> str:
    """As in `log-pow-f32`."""
    return f"{function.__name__.replace('_', '-')}-f{8 * int(dtype[1])}"


def big(setup: Setup, *, reuse: bool) -> Race:
    """Beyond every cache: the memory, and the pages of new outputs, are the cost."""
    x, y = setup.rng.random((2, BIG), dtype=np.float32)
    runners = standard(setup, add, (x, y), numexpr=TEXTS[add])
    if setup.limit:
        runners["C"] = Runner(setup.limit.add_f4, (x, y))
    if reuse:
        runners = {
            name: Runner(function, (x, y), {"out": np.empty_like(x)})
            for name, function in (
                ("numpy", np.add),
                ("rfxjit", runners["rfxjit"].function),
                *([("C", setup.limit.add_f4)] if setup.limit else []),
            )
        }
    how = "`out=`" if reuse else "new output"
    target = ("C", 1.05) if reuse else ("numpy", 0.6)
    return Race(f"`x + y` f4, {BIG:,}, {how}", runners, elements=BIG, target=target)


RACES = {
    row_name(function, dtype): partial(race, function, dtype)
    for function in TEXTS
    for dtype in ("f4", "f8")
} | {
    "add-big": partial(big, reuse=False),
    "add-big-out": partial(big, reuse=True),
}
