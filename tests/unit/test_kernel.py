"""`@rfx.kernel`: each statement means what it means in Python."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from kernel_oracle import check, same

import rfxjit as rfx
from rfxjit.errors import KernelError

F4 = np.array([-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 2.5, np.inf, -np.inf, np.nan], "f4")
F8 = np.linspace(-3.0, 3.0, 37)
I8 = np.arange(-20, 21)


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


# ---- operators and types


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


# ---- arrays


def test_broadcasting_layouts_and_out():
    @rfx.kernel
    def f(x, y):
        return x if x > y else y - x

    x = np.arange(12.0).reshape(3, 4)
    y = np.array([[5.0], [1.0], [9.0]])
    expected = np.where(x > y, x, y - x)
    same(f(x, y), expected)
    same(f(np.asfortranarray(x), y[::-1][::-1]), expected)
    same(f(x[:, ::2], y), expected[:, ::2])
    out = np.empty((3, 4))
    assert f(x, y, out=out) is out
    same(out, expected)
    same(f(x[:0], y[:0]), expected[:0])
    with pytest.raises(ValueError, match="broadcast"):
        f(x, np.ones(3))
    assert f.compile_count <= 8


def test_new_sizes_compile_twice():
    f = rfx.kernel(lambda x: x if x > 0.0 else -x)
    for n in range(2, 30):
        x = np.arange(n) - 4.0
        same(f(x), np.where(x > 0.0, x, -x))
    assert f.compile_count == 2


def test_index_variables():
    @rfx.kernel
    def f(x):
        return x * 0 + (_i0 * 100 + _i1 * 10 + _n0 + _n1 * 1000 + _flat_idx * 10**5)  # noqa: F821

    @rfx.kernel
    def g(x):
        i, j = rfx.index(0), rfx.index(-1)
        return x * 0 + (
            i * 100 + j * 10 + rfx.size(0) + rfx.size(1) * 1000
        ) + rfx.flat_index() * 10**5 + (rfx.ndim() - 2)  # fmt: skip

    x = np.zeros((3, 5), np.int64)
    i, j = np.indices((3, 5))
    expected = i * 100 + j * 10 + 3 + 5000 + (i * 5 + j) * 10**5
    for kernel in (f, g):
        same(kernel(x), expected)
        same(kernel(x.T.copy().T), expected)
    with pytest.raises(KernelError, match="inside of a kernel"):
        rfx.index(0)


def test_no_inputs_but_a_shape():
    @rfx.kernel
    def f():
        return _i0 * 10 + _i1 if _i1 != 1 else -1  # noqa: F821

    assert f(shape=(2, 3)).tolist() == [[0, -1, 2], [10, -1, 12]]
    assert f(shape=4).tolist() == [0, 10, 20, 30]
    g = rfx.kernel(lambda x: x + 1)
    assert g(2, shape=(2,)).tolist() == [3, 3]
    with pytest.raises(ValueError, match="shape"):
        g(np.ones(3), shape=(2,))


def test_captured_numbers_are_read_at_each_call():
    gain = 2.0

    @rfx.kernel
    def f(x):
        return x * gain if x > 0.0 else x

    assert f(np.ones(2)).tolist() == [2.0, 2.0]
    gain = 3.0
    assert f(np.ones(2)).tolist() == [3.0, 3.0]
    assert f.compile_count == 1


def test_kernels_call_kernels():
    @rfx.kernel
    def clamp(x, low, high=1.0):
        if x < low:
            return low
        return min(x, high)

    @rfx.kernel
    def both(x):
        return clamp(x, -1.0) + clamp(x * 2.0, 0.0, high=3.0)

    x = np.linspace(-3, 3, 50)
    same(both(x), np.clip(x, -1, 1) + np.clip(2 * x, 0, 3))

    @rfx.kernel
    def forever(x):
        return again(x)

    @rfx.kernel
    def again(x):
        return forever(x)

    with pytest.raises(KernelError, match="calls itself"):
        forever(1.0)


def test_inside_of_jit():
    @rfx.kernel
    def relu(x):
        return max(0.0, x)

    @rfx.jit(strict=True)
    def f(x, w):
        return np.sum(relu(x * w) + 1.0)

    x = np.linspace(-1, 1, 11)
    assert f(x, 2.0) == pytest.approx(np.sum(np.maximum(x * 2, 0) + 1))


def test_kernels_from_text():
    text = """
        import numpy as np

        def f(x, n: int = 3):
            '''Powers.'''
            y = 1.0
            for _ in range(n):
                y *= x
            return y
    """
    f = rfx.kernel_from_source(text)
    same(f(np.arange(4.0)), np.arange(4.0) ** 3)
    again = pickle.loads(pickle.dumps(f))
    same(again(np.arange(4.0), 2), np.arange(4.0) ** 2)


# ---- refusals

REFUSED = {
    "sum_": ("def f(x):\n    return np.sum(x)", "reduction", 2, 12),
    "name": ("def f(x):\n    return x + y", "'y' is not defined", 2, 16),
    "path": ("def f(x):\n    if x > 0:\n        return x", "every path", 2, 5),
    "unset": ("def f(x):\n    if x > 0:\n        y = x\n    return y",
              "some paths", 4, 12),
    "maybe": (
        "def f(n):\n    for i in range(n):\n        y = i\n    return y",
        "some paths", 4, 12),
    "attribute": ("def f(x):\n    return x.T", "cannot read .T", 2, 12),
    "item": ("def f(x):\n    return x[0]", "cannot contain x[0]", 2, 12),
    "write": ("def f(x):\n    x[0] = 1\n    return x", "cannot assign to x[0]", 2, 5),
    "call": ("def f(x):\n    return open('a')", "'a' is no number", 2, 17),
    "open": ("def f(x):\n    return open(x)", "cannot call open", 2, 12),
    "loop": ("def f(x):\n    for i in x:\n        pass\n    return x", "range", 2, 14),
    "step": ("def f(x):\n    for i in range(1, 2, 0):\n        x += i\n    return x",
             "zero", 2, 14),
    "bound": ("def f(x):\n    for i in range(1.5):\n        x += i\n    return x",
              "integer", 2, 20),
    "huge": ("def f(x):\n    return x + 2**70", "64 bits", 2, 16),
    "forever": ("def f(x):\n    return x + 10**10**10", "64 bits", 2, 16),
    "text": ("def f(x):\n    return 'a'", "no number", 2, 12),
    "default": ("def f(x, y=np.pi):\n    return x", "default", 1, 12),
    "star": ("def f(*x):\n    return x", "fixed number", 1, 8),
    "with_": ("def f(x):\n    with x:\n        return x", "'with'", 2, 5),
    "import_": ("def f(x):\n    import os\n    return x", "'import'", 2, 5),
    "count": ("def f(x):\n    if x > 0:\n        return x, x\n    return x",
              "returns 1 values here, but 2", 4, 5),
    "nothing": ("def f(x):\n    return", "for each element", 2, 5),
    "endless": ("def f(x):\n    while True:\n        x += 1\n    return x",
                "never ends", 2, 5),
    "matmul": ("def f(x):\n    return x @ x", "no @", 2, 12),
    "shift": ("def f(x):\n    return x << 1.5", "not supported", 2, 12),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_line_and_column(case):
    text, message, line, column = REFUSED[case]
    with pytest.raises(KernelError) as info:
        rfx.kernel_from_source(text)(np.ones(3) if case != "maybe" else 3)
    assert message in str(info.value)
    place = info.value.location
    assert (place.line, place.col + 1) == (line, column)
    assert text.splitlines()[line - 1].strip() in str(info.value)


def test_text_is_never_executed(capsys):
    for text in (
        "print('x')\ndef f(x):\n    return x",
        "def f(x):\n    return x\ndef g(x):\n    return x",
        "def f(x=print('x')):\n    return x",
        "@print\ndef f(x):\n    return print(x)",
        "x = 1",
        "def f(x:\n",
    ):
        with pytest.raises(KernelError):
            rfx.kernel_from_source(text)(1.0)
    assert capsys.readouterr().out == ""


def test_captured_arrays_and_containers_are_refused():
    table = np.ones(3)
    sizes = {"a": 1}
    with pytest.raises(KernelError, match="cannot read the array table"):
        rfx.kernel(lambda x: x + table)(1.0)
    with pytest.raises(KernelError, match="cannot use sizes, a dict"):
        rfx.kernel(lambda x: x + sizes)(1.0)


def test_types_that_are_no_functions_are_refused():
    with pytest.raises(TypeError, match="needs a Python function"):
        rfx.kernel(np.sin)
    with pytest.raises(TypeError, match="missing"):
        rfx.kernel(lambda x, y: x)(1.0)


def test_validate():
    good = rfx.validate("def f(x, n: int):\n    return x * n")
    assert good
    assert (good.inputs, good.compiled, good.error) == (("x", "n"), True, None)
    assert rfx.validate("def f(a, b):\n    return a & b")
    bad = rfx.validate("def f(x):\n    y = 1\n    return np.sum(x) + y")
    assert not bad
    assert "reduction" in bad.error
    assert "reduce the result" in bad.hint
    assert (bad.line, bad.column, bad.inputs) == (3, 12, ("x",))
    assert not rfx.validate("def f(x):\n    return open(x)")
    assert not rfx.validate("def f(x:")
    assert not rfx.validate(lambda x: x & 1, np.ones(3))
    assert rfx.validate(lambda x: x & 1, np.arange(3))
    # Nothing runs, so that a kernel without end is no danger here.
    assert rfx.validate("def f(x):\n    while x >= 0:\n        x = x + 1\n    return x")


def test_jit_of_a_kernel_and_of_a_derivative():
    f = rfx.kernel(lambda x: x * x if x > 0.0 else x)
    x = np.linspace(-2, 2, 9)
    same(rfx.jit(f)(x), f(x))
    slope = rfx.jit(rfx.grad(lambda x: np.sum(x * x * x)))
    same(slope(x), 3 * x * x)


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
