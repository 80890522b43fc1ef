"""Results that are written past the cache are right, wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx

SIZE = (8 << 20) // 4 + 7


@rfx.jit
def scaled(x, y):
    return x * 2 + y


def test_new_and_given_results_at_any_address() -> None:
    x = np.arange(SIZE, dtype="f4")
    y = np.ones(SIZE, "f4")
    expected = x * 2 + y
    for _ in range(3):  # the second size is compiled for all sizes
        np.testing.assert_array_equal(scaled(x, y), expected)
        for shift in (0, 1, 13, 16):
            memory = np.full(SIZE + 16, -1, "f4")
            out = memory[shift : shift + len(x)]
            assert scaled(x, y, out=out) is out
            np.testing.assert_array_equal(out, expected)
            assert (memory[:shift] == -1).all()
            assert (memory[shift + len(x) :] == -1).all()
        x, y, expected = x[:-3], y[:-3], expected[:-3]


def test_a_result_over_an_argument() -> None:
    x = np.arange(SIZE, dtype="f4")
    expected = x * 2 + x
    scaled(x, x, out=x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("width", [1024, 1000, 37, 5])
def test_rows(width: int) -> None:
    @rfx.jit
    def centred(x):
        return x - x.max(axis=1, keepdims=True)

    x = np.random.default_rng(0).normal(size=(SIZE // width, width)).astype("f4")
    np.testing.assert_array_equal(centred(x), x - x.max(axis=1, keepdims=True))


def test_kernels_and_small_dtypes() -> None:
    @rfx.kernel
    def parity(n):
        even = n % 2 == 0
        return even, np.int8(1 if even else -1)

    n = np.arange(8 * SIZE // 4, dtype="i4")
    even, sign = parity(n)
    np.testing.assert_array_equal(even, n % 2 == 0)
    np.testing.assert_array_equal(sign, np.where(n % 2 == 0, 1, -1))
