"""What one waits for: a new process, one more kernel, the import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from rfxjit.tools.bench import (
    Race,
    Runner,
    Setup,
    installed,
    jax_arguments,
    rebound,
)

PID = """
import numpy as np
one = np.ones(1)
def pid(e, i, d, kp, ki, kd):
    return kp * e + ki * i + kd * d
{setup}
print(float(np.asarray({name}(one, 2 * one, 3 * one, 2.0, 0.5, 0.1))[0]))
"""
FIRST = {
    "numpy": ("", "pid"),
    "rfxjit": ("import rfxjit\nf = rfxjit.jit(pid, strict=True, cache=False)", "f"),
    "numba": ("import numba\nf = numba.njit(pid)", "f"),
    "jax": ("import jax\nf = jax.jit(pid)", "f"),
}


def in_process(code: str) -> Callable[[], float]:
    """Run code in a new process; the number it prints. All libraries have their `.pyc`
    files, as when they are installed; so has a checkout, after the first run.
    """
    forbidden = "PYTHONDONTWRITEBYTECODE"
    environment = {k: v for k, v in os.environ.items() if k != forbidden}

    def call() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        return float(done.stdout)

    return call


def present(name: str) -> bool:
    """Whether a library is here; NumPy and rfxjit are."""
    return name in ("numpy", "rfxjit") or installed(name) is not None


def first_result(setup: Setup) -> Race:
    """From the start of Python to the first result of a PID step."""
    runners = {
        name: Runner(in_process(PID.format(setup=lines, name=function)), ())
        for name, (lines, function) in FIRST.items()
        if present(name)
    }
    return Race("new process → first PID result", runners, target=("jax", 0.5))


def import_time(setup: Setup) -> Race:
    """Python, and the import alone."""
    runners = {
        name: Runner(in_process(f"import {name}\nprint(0)"), ())
        for name in FIRST
        if present(name)
    }
    return Race("new process → imported", runners, target=("numba", 0.5))


def pid_step(e, i, d, kp, ki, kd):
    return kp * e + ki * i + kd * d


def chain_step(x, y):
    """45 operations, one after the other."""
    for _ in range(15):
        x = x * y
        x = x + y
        x = x - 0.5
    return x


def pid_arguments() -> tuple[object, ...]:
    one = np.ones(1)
    return (one, 2 * one, 3 * one, 2.0, 0.5, 0.1)


def chain_arguments() -> tuple[object, ...]:
    return (np.linspace(0.1, 0.9, 64), np.linspace(0.2, 0.8, 64))


def compile_one(
    function: Callable[..., object],
    make: Callable[[], tuple[object, ...]],
    title: str,
    target: tuple[str, float],
    setup: Setup,
) -> Race:
    """One more kernel in a process that has compiled before. NumPy: just calls."""
    arguments = make()
    compiled = setup.jit(function)

    def again(*values):
        compiled.clear_cache()
        return compiled(*values)

    runners = {
        "numpy": Runner(function, arguments),
        "rfxjit": Runner(again, arguments),
    }
    if installed("numba"):
        from numba import njit

        def by_numba(*values):
            return njit(function)(*values)

        runners["numba"] = Runner(by_numba, arguments)
    if installed("jax"):
        import jax

        # A new function each time, or jax remembers.
        def anew(*values):
            return jax.jit(rebound(function, jax.numpy))(*values)

        runners["jax"] = Runner(anew, jax_arguments(arguments))
    return Race(title, runners, target=target, rtol=1e-4)


RACES = {
    "first-result": first_result,
    "import": import_time,
    "compile": partial(
        compile_one, pid_step, pid_arguments, "compile one more PID", ("jax", 0.4)
    ),
    "compile-chain": partial(
        compile_one, chain_step, chain_arguments, "compile 45 operations", ("jax", 0.5)
    ),
}
