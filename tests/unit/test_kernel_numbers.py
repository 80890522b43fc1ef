"""`@rfx.kernel`: operators, functions and types of numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kernel_oracle import F4, F8, check, same

import rfxjit as rfx
from rfxjit.errors import KernelError

I8 = np.arange(-20, 21)


def test_operators_of_integers():
    def f(a, b):
        return (
            a + b, a - b, a * b, a // b, a % b, -a, ~a, a & b, a | b, a ^ b,
            a << (b & 7), a >> (b & 7), -(a**2), a < b, +a,
        )  # fmt: skip

    check(f, I8[:, None], np.array([-7, -2, -1, 1, 2, 9]))


def test_integer_division_by_zero_is_zero_and_never_traps():
    def f(a, b):
        return a // b, a % b

    a = np.array([5, -5, 0, -(2**63)])
    q, r = rfx.kernel(f)(a, np.array([0, 0, 0, -1]))
    assert q.tolist() == [0, 0, 0, -(2**63)]
    assert r.tolist() == [0, 0, 0, 0]
    assert rfx.kernel(f)(7, 0) == (0, 0)


def test_python_operator_precedence():
    def f(x):
        return -(x**2) + 2.0**3.0**2.0 / x - x % 3.0 // 0.5 * -x

    check(f, F8[F8 != 0])


def test_weak_numbers_follow_the_arrays():
    def f(x):
        total = 0
        for i in range(3):
            total += x * i
        return total

    assert rfx.kernel(f)(np.ones(2, "f4")).dtype == np.float32
    assert rfx.kernel(f)(np.ones(2, "i2")).dtype == np.int16
    assert rfx.kernel(f)(2) == 6
    assert type(rfx.kernel(f)(2.0)) is float


def test_one_dtype_per_variable():
    def f(x, n):
        y = 0
        if n > 2:
            y = x
        return y

    result = rfx.kernel(f)(np.full(4, 1.5, "f4"), np.arange(4))
    assert result.dtype == np.float32
    assert result.tolist() == [0.0, 0.0, 0.0, 1.5]


def test_casts():
    def f(x):
        a = int(x)
        b = float(a) + 0.5
        c = bool(a)
        d = np.float32(x) + np.float32(1)
        return a, b, c, d, round(x), abs(x), min(x, 1.0), max(x, a)

    check(f, F8 * 3)
    # Of NaN and infinities Python raises; a kernel gives what NumPy's cast gives.
    whole = rfx.kernel(lambda x: int(x * 1.0))(np.array([np.nan, np.inf, 3.7]))
    assert whole.dtype == np.int64
    assert whole[2] == 3


def test_what_python_raises_of_known_numbers_is_as_of_others():
    def f(x):
        zero, nan = 0.0, np.nan
        return 1.0 / zero + x, 7 // 0, int(nan), math.sqrt(-1.0), 2.0**2000.0, 1 << -1

    known = rfx.kernel(f)(1.0)

    def g(x, zero, none, nan, two, many, minus):
        return (
            1.0 / zero + x, 7 // none, int(nan), math.sqrt(-two / 2.0), two**many,
            1 << minus,
        )  # fmt: skip

    for a, b in zip(
        known, rfx.kernel(g)(1.0, 0.0, 0, np.nan, 2.0, 2000.0, -1), strict=True
    ):
        same(a, b)


def test_functions_of_numpy_and_math():
    def f(x, y):
        return (
            np.sqrt(x) + math.sqrt(y), np.where(x > y, x, y), np.clip(x, 1.0, 2.0),
            np.maximum(x, y), np.floor(x), np.isnan(x), np.copysign(x, -y),
            math.fabs(x), pow(x, 2), x % y, x // y, math.floor(y * 3.0) + math.pi,
            math.ceil(x), math.trunc(-x * 2.0),
        )  # fmt: skip

    check(f, np.linspace(0.5, 4, 20), np.linspace(3, 1, 20))

    def g(x, y):
        whole, rest = divmod(x, y)
        return whole * 10.0 + rest

    check(g, np.linspace(0.5, 4, 20), np.linspace(3, 1, 20))


def test_annotations():
    @rfx.kernel
    def f(x: float, n: int, flag: bool = True) -> np.float32:
        return x * n if flag else x

    assert f(np.ones(3), 2).dtype == np.float32
    assert f(np.arange(3), 2).tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(TypeError, match="'n' is float64, but it is declared as int"):
        f(1.0, np.ones(3))
    with pytest.raises(TypeError, match="'flag' is int, but it is declared as bool"):
        f(1.0, 2, 3)


def test_a_literal_that_does_not_fit_has_its_place_in_an_augmented_assignment_too():
    text = "def f(x, n):\n    q = 0\n    q ^= n\n    q ^= int(np.copysign(1e15, x))\n"
    text += "    q ^= int(np.float64(1e15))\n    return q"

    with pytest.raises(KernelError, match="1000000000000000 out of bounds") as caught:
        rfx.kernel_from_source(text)(F4, np.arange(10, dtype="i4"))
    assert (caught.value.location.line, caught.value.location.col) == (5, 4)


def test_of_two_known_zeros_the_sign_decides():
    def f(x):
        a = np.maximum(np.float64(0.0), np.float64(-0.0))
        b = np.minimum(np.float64(-0.0), np.float64(0.0))
        return a, b, np.maximum(0.0 * x, -0.0 * x), np.minimum(0.0 * x, -0.0 * x)

    signs = [bool(np.signbit(r)) for r in rfx.kernel(f)(1.0)]
    assert signs == [False, True, False, True]
