"""Calls of kernels: arrays, other kernels, text; what is refused, and where."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from kernel_oracle import same

import rfxjit as rfx
from rfxjit.errors import KernelError

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
        return x * 0 + (_i0 * 100 + _i1 * 10 + _n0 + _n1 * 1000 + _flat_idx * 10**5)  # noqa: F821 - every kernel knows them

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
        return _i0 * 10 + _i1 if _i1 != 1 else -1  # noqa: F821 - as above

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
