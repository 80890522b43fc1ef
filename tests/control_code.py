"""Functions with control flow on traced values, and arguments for them.

Each is plain Python: what it does by itself is what it must do when it is jitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from control import limited_pid, low_pass, pendulum

Case = tuple[Callable[..., Any], list[tuple[Any, ...]]]
CASES: list[Case] = []


def case(*arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Try a function on these arguments."""

    def note(function: Any) -> Any:
        CASES.append((function, list(arguments)))
        return function

    return note


RAMP = np.linspace(-2.0, 3.0, 6)
LONG = np.sin(np.arange(40.0))
TABLE = np.arange(12.0).reshape(3, 4) - 5


# ---- branches


@case((1.5,), (-1.5,), (0.0,))
def if_else(x):
    if x > 0:
        y = x * 2.0
    else:
        y = x - math.sin(x)
    return y


@case((5.0, 2.0), (-5.0, 2.0), (1.0, 2.0))
def clamp(x, top):
    if x > top:
        return top
    elif x < -top:
        return -top
    return x


@case((0.5, 1), (1.5, 2), (2.5, 3), (9.0, 4))
def if_without_else(x, k):
    if x > 1.0:
        x = x - 1.0
        k = k + 1
    if k > 2:
        k *= 10
    return x, k


@case((RAMP, 1.0), (RAMP, -1.0))
def branch_on_arrays(x, c):
    if c > 0:
        y = np.sin(x)
    else:
        y = x * 2
    return y + 1


@case((RAMP,), (-RAMP,), (RAMP * 0,))
def nested_branches(x):
    total = x.sum()
    if total > 0:
        if x[0] > 0:
            s = 1.0
        else:
            s = 2.0
        t = s + total
    elif total < 0:
        t = total
    else:
        return 0.0, x
    return t, x * t


@case((1.0, 2.0), (2.0, 1.0), (1.0, 1.0))
def conditional_expressions(a, b):
    low = a if a < b else b
    sign = 1 if a < b else -1 if a > b else 0
    return low, sign, (a if a > 1.5 else b) + 1


@case((1.0, 2.0), (0.0, 2.0), (1.0, 0.0), (0.0, 0.0))
def logic(a, b):
    both = a and b
    either = a or b
    if a > 0 and not b > 0:
        return both, either, 1.0
    if not (a or b):
        return both, either, 2.0
    return both, either, 3.0


@case((0.5,), (1.5,), (2.5,))
def chained(x):
    inside = 1.0 < x < 2.0
    if 0.0 <= x <= 1.0 < 2.0:
        return x, inside
    return -x, inside


@case((2, 3.0), (3, 3.0), (0, 3.0))
def integers_as_conditions(n, x):
    if n % 2:
        return x
    while n:
        n -= 1
        x *= 2.0
    return x


@case((np.float32(1.5),), (np.float32(-1.5),))
def mixed_types(x):
    y = 0
    if x > 0:
        y = x
    return y + 1


@case((RAMP, True), (RAMP, False))
def known_flags(x, normalize):
    if normalize:
        return x / x.sum()
    return x[:3], 1.0


@case((RAMP, 0), (RAMP, 1), (RAMP, 2))
def known_orders(x, order):
    if order == 0:
        return x
    elif order == 1:
        return np.diff(x)
    return np.diff(np.diff(x))


# ---- loops


@case((2.0,), (9.0,), (1e-3,))
def newton(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


@case((RAMP, 3), (RAMP, 0), (RAMP, 20))
def powers(x, n):
    y = np.ones_like(x)
    for _ in range(n):
        y = y * x * 0.5
    return y


@case((5,), (0,), (100,))
def triangle(n):
    total = 0
    for i in range(n):
        total += i
    return total


@case((3, 11, 2), (0, 0, 2), (11, 3, 2))
def bounds(a, b, step):
    total = 0.0
    for i in range(a, b, 2):
        total = total * 0.5 + i
    for i in range(b, a, -3):
        total = total * 0.5 - i
    return total


@case((0.3,), (1.2,))
def long_static(x):
    for i in range(100):
        x = x + 0.01 * math.cos(x) * i
    return x


@case((LONG,), (LONG[:5],))
def over_an_array(x):
    best = x[0]
    place = 0
    for i, v in enumerate(x):
        if v > best:
            best, place = v, i
    return best, place


@case((LONG, LONG[::-1].copy()))
def zipped(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total += a * b if a > b else b
    return total


@case((np.arange(40.0).reshape(20, 2),))
def rows_of_an_array(x):
    state = np.zeros(2)
    for row in x:
        state = 0.9 * state + row
    return state


@case((LONG, 0.5), (LONG, 5.0))
def first_above(x, limit):
    for i in range(x.shape[0]):
        if x[i] > limit:
            return i
    return -1


@case((LONG, 0.5), (LONG, 5.0))
def with_else(x, limit):
    for v in x:
        if v > limit:
            found = 1
            break
    else:
        found = 0
    return found


@case((LONG, 0.1), (LONG, 3.0))
def skipping(x, limit):
    total = 0.0
    for v in x:
        if abs(v) < limit:
            continue
        total += v
    return total


@case((10, 3), (3, 10), (0, 0))
def nested_loops(n, m):
    count = 0
    for i in range(n):
        for j in range(m):
            if (i * j) % 3 == 1:
                continue
            if j > i + 2:
                break
            count += i + j
    return count


@case((1.0,), (100.0,), (1e9,))
def while_true(x):
    k = 0
    while True:
        x = x / 2.0
        k += 1
        if x < 1.0:
            break
    return x, k


@case((27,), (1,), (97,))
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@case((RAMP,))
def short_static(x):
    parts = []
    for i in range(3):
        parts.append(x * i)
    return np.stack(parts)


@case((RAMP, -1.0), (RAMP, 1.0))
def short_with_exit(x, limit):
    total = 0.0
    for v in x:
        if v > limit:
            break
        total += v
    return total


@case((RAMP, 4), (RAMP, 0))
def unrolled_for_its_argument(x, n):
    parts = [x]
    for i in range(n):
        parts.append(parts[-1] * 0.5)
    return np.concatenate(parts)


@case((RAMP,), (LONG,))
def known_while(x):
    n = len(x)
    while n > 1:
        x = x * 0.5
        n //= 2
    return x


@case((RAMP, 3), (RAMP, 0))
def a_name_of_two_loops(x, n):
    for _ in range(n):
        t = x * 2.0  # not read behind the loop
        x = t + 1.0
    m = n + 1
    for _ in range(m):
        t = x * 3.0
    else:
        t = x - m
    return t


@case((0.5, 10), (0.5, 0))
def swap(a, n):
    b = 1.0
    for _ in range(n):
        a, b = b, a + b
    return a, b


@case((RAMP, RAMP[::-1].copy(), 5))
def swap_arrays(a, b, n):
    for _ in range(n):
        a, b = b, a + b
    return a, b


@case((np.float32(0.5), 3), (np.float32(0.5), 0))
def widening(x, n):
    total = 0
    for _ in range(n):
        total = total + x
    return total + 1.5


@case((1.0, 30))
def pytrees(x, n):
    state = (x, {"v": 0.0, "frame": "base"})
    for _ in range(n):
        p, other = state
        v = other["v"] - 0.1 * p
        state = (p + 0.1 * v, {"v": v, "frame": "base"})
    return state


@dataclass
class Pose:
    """A position and a speed."""

    x: Any
    v: Any


@case((1.0, 30))
def dataclasses(x, n):
    pose = Pose(x, 0.0)
    for _ in range(n):
        pose = Pose(pose.x + 0.1 * pose.v, pose.v - 0.1 * pose.x)
    return pose.x, pose.v


@case((1.0, 30), (-1.0, 3))
def objects_that_change(x, n):
    pose = Pose(x, 0.0)
    held = {"count": 0}
    for _ in range(n):
        pose.v -= 0.1 * pose.x
        pose.x += 0.1 * pose.v
        if pose.x < 0:
            held["count"] += 1
    return pose.x, pose.v, held["count"]


@case((3, 0.1), (0, 0.1))
def matrix_powers(n, h):
    a = np.array([[0.0, 1.0], [-1.0, -0.2]])
    m = np.eye(2)
    for _ in range(n):
        m = m + h * (a @ m)
    return m


# ---- what the benchmarks run


case((LONG, 0.3))(low_pass)
case((1.0, 0.0, 50), (1.0, 0.0, 0))(pendulum)
case(*((error, 4.99, 0.2, 1.0, 2.0, 3.0, 5.0) for error in (1.0, 20.0, -50.0)))(
    limited_pid
)
