"""NumPy code that many tests compile: a function and its arguments for each name."""

from __future__ import annotations

import numpy as np

import rfxjit as rfx

RNG = np.random.default_rng(11)
X = RNG.standard_normal((5, 70)).astype(np.float32)
I = RNG.integers(-50, 50, (4, 9)).astype(np.int32)


@rfx.kernel
def escape(x, n):
    z = 0.0
    for i in range(n):
        if z * z > 4.0:
            return i
        z = z * z + x
    return n


@rfx.kernel
def branches(x):
    if x > 1.0:
        return np.sqrt(x)
    y = x * x if x < 0.0 else -x
    return y + 1.0 if y > 0.5 or x < -1.0 else y


@rfx.kernel
def digits(n):
    total, steps = 0, 0
    while n != 0:
        last = n % 10
        n = n // 10
        if last == 3:
            continue
        for k in range(last):
            if k > 4:
                break
            total += k
        else:
            steps += 1
    return total * 100 + steps


KERNELS = {
    "early exit": (escape, (X * 2, 30)),
    "branches": (branches, (X,)),
    "loops in loops": (digits, (abs(I) * 7919,)),
    "chain": (lambda x: np.tanh(x * 2 + 1) * np.exp(-x * x) + np.sqrt(abs(x)), (X,)),
    "powers": (lambda x: np.log(abs(x)) * np.arctan(x) + abs(x) ** x, (X,)),
    "angles": (lambda x: np.sin(x * 1e6) + np.cos(x) * np.tan(x), (X,)),
    "broadcast": (lambda x, y: x * y[:, None] + y[0], (X, X[:, 0].copy())),
    "row sums": (lambda x: x.sum(axis=1) + x.max(axis=1), (X,)),
    "softmax": (lambda x: np.exp(x - x.max(1)[:, None]) / x.sum(1)[:, None], (X,)),
    "columns": (lambda x: x.sum(axis=0), (X,)),
    "whole": (lambda x: (x * x).sum(), (X,)),
    "argmax": (lambda x: x.argmax(axis=1), (X,)),
    "matrix product": (lambda x: x @ x.T, (X,)),
    "scattered": (lambda x: x.T[::-1, ::2], (X,)),
    "integers": (lambda a: a // 7 + a % 7 - (a << 3) ^ (a >> 2), (I,)),
    "small": (lambda a: a * a + a, (I.astype(np.int8),)),
    "unsigned": (lambda a: a // 7 + (a > 9), (I.astype(np.uint16),)),
    "wide": (lambda a: a * a * a, (I.astype(np.int64) << 40,)),
    "choice": (lambda x, a: np.where(a > 0, np.floor(x[:4, :9]), 3), (X, I)),
    "half": (lambda x: np.sqrt(abs(x)) * x + 1, (X.astype(np.float16),)),
    "bool": (lambda x: (x > 0) & ~(x > 1), (X,)),
}  # fmt: skip
