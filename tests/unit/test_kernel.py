"""`@rfx.kernel`: each statement means what it means in Python."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_oracle import F4, F8, check

import rfxjit as rfx

# ---- branches


def test_early_returns():
    def limit(x):
        if x > np.float32(1):
            return np.float32(1)
        if x < np.float32(-1):
            return np.float32(-1)
        return x

    check(limit, F4)
    check(limit, np.linspace(-3, 3, 200, dtype="f4"))


def test_elif_and_nested_branches():
    def sign(x):
        y = x
        if x > 0.0:
            if x > 1.0:
                y = y * 2.0
            else:
                y = y + 4.0
                y = y * 4.0
            y = y + 1.0
        elif x == 0.0:
            y = x + 7.0
        else:
            y = -x
        return y * x

    check(sign, F8)


def test_logic_is_lazy_and_gives_operands():
    def f(x, y):
        a = x > 0.0 and y > 0.0
        b = x > 1.0 or y < -1.0 or x == y
        c = not a
        d = (x or y) + (x and y)
        if (a and not b) or (c and 0.0 < x <= y < 2.0):
            return d
        return d - x

    check(f, F8, F8[::-1])


def test_conditional_expressions():
    def f(x, n):
        a = x if x > 0.0 else -x
        return a if n % 2 == 0 else (a * 2.0 if n > 3 else a * 3.0)

    check(f, F8, np.arange(37))


# ---- loops


def test_collatz():
    def collatz(n):
        for steps in range(200):
            if n == 1:
                return steps
            n = n // 2 if n % 2 == 0 else 3 * n + 1
        return -1

    result = check(collatz, np.arange(1, 60))
    assert result[26] == 111


def test_loops_with_break_continue_and_else():
    def f(x, n):
        total = x
        for i in range(n):
            if i == 3:
                continue
            if total > 50.0:
                break
            total = total + x * i
        else:
            total = total - 100.0
        return total

    check(f, F8, np.arange(37))


def test_while_with_else_and_nested_loops():
    def f(x, n):
        k = n
        y = x
        while k > 0:
            for j in range(k):
                if j * j > n:
                    break
                y = y + x
            else:
                y = y * 0.5
            if y > 20.0:
                break
            k = k - 2
        else:
            y = y + 1000.0
        return y + k

    check(f, F8, np.arange(37) % 7)


def test_return_from_nested_loops():
    def f(n, m):
        for i in range(n):
            for j in range(m):
                if i * j == 12:
                    return i * 100 + j
                if i + j > 14:
                    return -i
        return -1000

    check(f, np.arange(12)[:, None], np.arange(12))


@pytest.mark.parametrize("step", [1, 2, 3, -1, -4])
def test_ranges(step):
    def f(a, b, s):
        total = a * 0
        last = a * 0 - 1
        for i in range(a, b, s):
            total = total * 3 + i
            last = i
        return total, last

    a = np.array([-7, -3, 0, 0, 5, 9, 9])
    check(f, a[:, None], np.array([-8, 0, 1, 6, 13]), step)
    steps = np.full(5, step)
    check(f, a[:, None], np.array([-8, 0, 1, 6, 13]), steps)


def test_ranges_at_the_ends_of_int64():
    def f(a, b):
        count = 0
        for _ in range(a, b, 2**62):
            count += 1
        return count

    a = np.array([-(2**63), -(2**63), 0, 2**63 - 2])
    b = np.array([2**63 - 1, -(2**63) + 1, 2**63 - 1, 2**63 - 1])
    assert rfx.kernel(f)(a, b).tolist() == [4, 1, 2, 1]


def test_enumerate_and_tuples():
    def f(x):
        a, b = x, x + 1.0
        for k, i in enumerate(range(10, 0, -3), 5):
            a, b = b * 0.5, a + i * k
        (c, d), e = (a, b), x
        return c - d * e

    check(f, F8)


def test_a_loop_variable_stays_after_the_loop():
    def f(n):
        for i in range(5):
            if i == n:
                break
        return i * 10 + n

    check(f, np.arange(9))


def test_while_true():
    def f(n):
        k = n
        while True:
            k = k * 3 % 101
            if k < 10:
                return k
            if k > 90:
                break
        return -k

    check(f, np.arange(1, 100))


def test_sequential_exits():
    def f(x, n):
        for i in range(n):
            x = x * 1.5
            if x > 30.0:
                return x
            y = x - i
            if y < -5.0:
                return y
            if i > 20:
                continue
            x = x - 0.25
        return x * 0.0

    check(f, F8, np.arange(37))


@pytest.mark.timeout(60)
def test_who_has_left_a_loop_does_not_keep_one_inside_of_it_running():
    @rfx.kernel
    def halvings(x):
        k = 0
        while x >= 1.0:
            x = x * 0.5
            k += 1
        return k

    @rfx.kernel
    def f(x):
        n = 0
        while halvings(x) < 5:  # of infinity without end
            x = x * 1e200
            n += 1
        return n

    x = np.array([1.0, 1e-100, 1e-250, 1e-300, 100.0])
    assert f(x).tolist() == [1, 1, 2, 2, 0]
