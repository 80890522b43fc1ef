"""Branches and loops in `@rfx.jit`: the same plain Python beside numba."""

from __future__ import annotations

import math

import numpy as np

import rfxjit as rfx
from rfxjit.tools.bench import Race, Runner, Setup, installed


def limited_pid(error, integral, last, kp, ki, kd, limit):
    integral = integral + error * 0.001
    if integral > limit:
        integral = limit
    elif integral < -limit:
        integral = -limit
    out = kp * error + ki * integral + kd * (error - last)
    if out > 10.0:
        out = 10.0
    elif out < -10.0:
        out = -10.0
    return out, integral


def pendulum(angle, speed, steps):
    """Runge and Kutta's method of order 4."""
    h = 0.001
    for _ in range(steps):
        a1, s1 = speed, -9.81 * math.sin(angle)
        a2, s2 = speed + h / 2 * s1, -9.81 * math.sin(angle + h / 2 * a1)
        a3, s3 = speed + h / 2 * s2, -9.81 * math.sin(angle + h / 2 * a2)
        a4, s4 = speed + h * s3, -9.81 * math.sin(angle + h * a3)
        angle = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        speed = speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return angle, speed


def low_pass(x, alpha):
    y = np.empty_like(x)
    last = 0.0
    for i in range(x.shape[0]):
        last = last + alpha * (x[i] - last)
        y[i] = last
    return y


def insertion_sort(given):
    x = given.copy()
    for i in range(1, x.shape[0]):
        value = x[i]
        k = i - 1
        while k >= 0 and x[k] > value:
            x[k + 1] = x[k]
            k -= 1
        x[k + 1] = value
    return x


def relaxation(given, rounds):
    """Jacobi's method on a grid."""
    u = given.copy()
    for _ in range(rounds):
        u[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
    return u


def _race(title: str, function, arguments, target: float) -> Race:
    runners = {
        "numpy": Runner(function, arguments),
        "rfxjit": Runner(rfx.jit(function, strict=True), arguments),
    }
    if installed("numba"):
        from numba import njit

        runners["numba"] = Runner(njit(function), arguments)
    return Race(title, runners, rtol=1e-12, atol=1e-12, target=("numba", target))


def pid(setup: Setup) -> Race:
    """A controller with limits: four branches on numbers."""
    arguments = (1.0, 0.1, 0.2, 1.0, 2.0, 3.0, 5.0)
    return _race("PID with limits", limited_pid, arguments, 0.25)


def rk4(setup: Setup) -> Race:
    """A loop over an argument, with 24 sines in flight."""
    return _race("pendulum, RK4, 1000 steps", pendulum, (1.0, 0.0, 1000), 1.0)


def filtered(setup: Setup) -> Race:
    """A recurrence that writes an array."""
    x = setup.rng.normal(size=10_000)
    return _race("low-pass filter of 10 000", low_pass, (x, 0.1), 1.0)


def sort(setup: Setup) -> Race:
    """A loop in a loop, its condition on an array that it writes to."""
    return _race("insertion sort of 500", insertion_sort, (setup.rng.random(500),), 1.0)


def grid(setup: Setup) -> Race:
    """A stencil, again and again."""
    u = setup.rng.random((256, 256))
    return _race("Jacobi, 256², 20 rounds", relaxation, (u, 20), 1.0)


RACES = {
    "pid-limits": pid,
    "pendulum": rk4,
    "low-pass": filtered,
    "insertion-sort": sort,
    "jacobi": grid,
}
