"""Control flow in functions that call functions; registered with `control_code`."""

from __future__ import annotations

import math

import numpy as np
from control_code import LONG, RAMP, TABLE, case

import rfxjit as rfx


def helper(x, limit):
    """Return early."""
    if x > limit:
        return limit
    return x


@case((0.5, 3), (5.0, 3), (5.0, 30))
def calls(x, n):
    for i in range(n):
        x = helper(x * 1.5, 4.0)
    return x


@case((0.5,), (5.0,))
def nested_function(x):
    gain = 2.0

    def limited(v):
        if v > 1.0:
            return gain
        return v * gain

    return limited(x) + limited(-x)


@case((0.5,), (5.0,))
def lambdas(x):
    f = lambda v: v if v > 1.0 else -v
    return f(x), [f(v) for v in (x, 2.0)]


@case((RAMP,))
def comprehensions(x):
    return sum(x[i] if x[i] > 0 else 0.0 for i in range(3)), [v * 2 for v in x[:2]]


@case((1.0, 0), (1.0, 9))
def static_things(x, n):
    name = "a" if n < 5 else "a"
    config = None
    for _ in range(n):
        x = x + 1.0
    if config is None and name == "a":
        return x
    return -x


# ---- exceptions


@case((1.0,), (4.0,))
def raises(x):
    if x < 0:
        raise ValueError("must not be negative")
    return math.sqrt(x)


@case((1.0,), (4.0,))
def asserts(x):
    assert x > 0, "positive"
    if x > 2:
        assert x < 100
        x = x + 1
    return x


@case((3, 2.0), (0, 2.0))
def raises_in_a_loop(n, x):
    for i in range(n):
        if x > 1e6:
            raise OverflowError("too large")
        x = x * x
    return x


# ---- explicit forms


@case((1.0,), (-1.0,))
def explicit_cond(x):
    return rfx.cond(x > 0, lambda v: v * 2.0, lambda v: -v, x)


@case((0, 3.0), (1, 3.0), (2, 3.0), (-4, 3.0), (9, 3.0))
def explicit_switch(k, x):
    return rfx.switch(k, [lambda v: v, lambda v: v * v, lambda v: -v], x)


@case((100.0,), (0.5,))
def explicit_while(x):
    return rfx.while_loop(lambda s: s[0] > 1.0, lambda s: (s[0] / 3, s[1] + 1), (x, 0))


@case((3, RAMP), (0, RAMP), (50, RAMP))
def explicit_fori(n, x):
    return rfx.fori_loop(0, n, lambda i, v: v * 0.5 + i, x)


@case((LONG, TABLE), (LONG[:1], TABLE))
def explicit_scan(x, table):
    carry, ys = rfx.scan(lambda c, v: (0.9 * c + v, c * 2), 0.0, x)
    last, (a, b) = rfx.scan(
        lambda c, row: (c + row["r"], (c, row["r"].sum())),
        np.zeros(4), {"r": table}, reverse=True,
    )  # fmt: skip
    return carry, ys, last, a, b


@case((0.5,))
def scan_without_rows(x):
    return rfx.scan(lambda c, _: (c * x, c), 1.0, length=20)
