"""Functions of one element with loops that end early: `@rfx.kernel` beside numba."""

from __future__ import annotations

import math

import numpy as np

import rfxjit as rfx
from rfxjit.tools.bench import Race, Runner, Setup, installed

SIDE, MOST = 1024, 200
COUNT = 65_536


def mandelbrot(cr: float, ci: float, most: int):
    zr = zi = 0.0
    for i in range(most):
        if zr * zr + zi * zi > 4.0:
            return i
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
    return most


def mandelbrot_loops(x, y, most, out):
    two, four = x.dtype.type(2.0), x.dtype.type(4.0)
    for row in range(y.size):
        for column in range(x.size):
            cr, ci = x[column], y[row]
            zr = zi = cr - cr
            out[row, column] = most
            for i in range(most):
                if zr * zr + zi * zi > four:
                    out[row, column] = i
                    break
                zr, zi = zr * zr - zi * zi + cr, two * zr * zi + ci
    return out


def mandelbrot_arrays(x, y, most, out):
    """As one would write it in NumPy: all points together, those inside by index."""
    c = np.add.outer(1j * y, x).astype(f"c{2 * x.itemsize}").ravel()
    counts = out.reshape(-1)
    counts[:] = most
    inside, z = np.arange(c.size), np.zeros_like(c)
    for i in range(most):
        gone = z.real * z.real + z.imag * z.imag > 4.0
        counts[inside[gone]] = i
        inside, z, c = inside[~gone], z[~gone], c[~gone]
        zr, zi = z.real, z.imag
        new = np.empty_like(z)
        new.real, new.imag = zr * zr - zi * zi + c.real, 2 * zr * zi + c.imag
        z = new
    return out


def _mandelbrot(setup: Setup, dtype: str, target: float) -> Race:
    x = np.linspace(-2.0, 1.0, SIDE, dtype=dtype)
    y = np.linspace(-1.5, 1.5, SIDE, dtype=dtype)

    def out() -> np.ndarray:
        return np.empty((SIDE, SIDE), np.int64)

    arguments = (x, y[:, None], MOST)
    runners = {
        "numpy": Runner(mandelbrot_arrays, (x, y, MOST, out())),
        "rfxjit": Runner(rfx.kernel(mandelbrot), arguments, {"out": out()}),
    }
    if installed("numba"):
        from numba import njit

        runners["numba"] = Runner(njit(mandelbrot_loops), (x, y, MOST, out()))
    return Race(
        f"Mandelbrot {SIDE}², {MOST} iterations, {dtype}",
        runners,
        target=("numba", target),
    )


def mandelbrot_f4(setup: Setup) -> Race:
    """Most points leave early, the others run to the end."""
    return _mandelbrot(setup, "f4", 1 / 12)


def mandelbrot_f8(setup: Setup) -> Race:
    """The same in f8."""
    return _mandelbrot(setup, "f8", 1 / 8)


def newton(a):
    x = a
    for _ in range(50):
        f = x * x * x - a
        if abs(f) < 1e-9:
            break
        x = x - f / (3.0 * x * x)
    return x


def newton_arrays(a):
    x = a.copy()
    going = np.arange(a.size)
    for _ in range(50):
        z = x[going]
        f = z * z * z - a[going]
        stay = ~(np.abs(f) < 1e-9)
        going, z, f = going[stay], z[stay], f[stay]
        x[going] = z - f / (3.0 * z * z)
    return x


def cube_root(setup: Setup) -> Race:
    """Newton's method, each element until it has converged."""
    a = setup.rng.uniform(0.1, 1000.0, COUNT)
    return _elementwise(
        "cube root by Newton, f8", newton, newton_arrays, (a,), rtol=1e-12
    )


def black_scholes(price, strike, time, rate, volatility):
    spread = volatility * math.sqrt(time)
    drift = (rate + 0.5 * volatility * volatility) * time
    d1 = (math.log(price / strike) + drift) / spread
    d2 = d1 - spread
    now = 0.5 * (1.0 + math.erf(d1 * 0.7071067811865476))
    then = 0.5 * (1.0 + math.erf(d2 * 0.7071067811865476))
    return price * now - strike * math.exp(-rate * time) * then


def black_scholes_arrays(price, strike, time, rate, volatility):
    from scipy.special import erf

    spread = volatility * np.sqrt(time)
    d1 = (
        np.log(price / strike) + (rate + 0.5 * volatility * volatility) * time
    ) / spread
    now = 0.5 * (1.0 + erf(d1 * 0.7071067811865476))
    then = 0.5 * (1.0 + erf((d1 - spread) * 0.7071067811865476))
    return price * now - strike * np.exp(-rate * time) * then


def options(setup: Setup) -> Race:
    """The price of a European call option."""
    uniform = setup.rng.uniform
    arguments = (
        uniform(10, 200, COUNT), uniform(10, 200, COUNT), uniform(0.1, 3, COUNT),
        np.full(COUNT, 0.02), uniform(0.1, 0.6, COUNT),
    )  # fmt: skip
    return _elementwise(
        "Black–Scholes, f8", black_scholes, black_scholes_arrays, arguments, rtol=1e-9
    )


def _elementwise(name, function, arrays, arguments, rtol) -> Race:
    runners = {
        "numpy": Runner(arrays, arguments),
        "rfxjit": Runner(rfx.kernel(function), arguments),
    }
    if installed("numba"):
        from numba import vectorize

        signature = f"f8({', '.join(['f8'] * len(arguments))})"
        runners["numba"] = Runner(vectorize([signature])(function), arguments)
    return Race(name, runners, rtol=rtol, atol=1e-9, target=("numba", 0.2))


RACES = {
    "mandelbrot-f4": mandelbrot_f4,
    "mandelbrot-f8": mandelbrot_f8,
    "newton": cube_root,
    "black-scholes": options,
}
