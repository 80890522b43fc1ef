"""Lowering without data: what an ArraySpec stands for, at every level and target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import rfxjit as rfx

TARGETS = ("rfx", "fused", "loops", "scalars", "vectors", "gpu", "nvvm", "llvm",
           "llvm-ir", "asm", "c", "msl", "ptx")  # fmt: skip


@dataclass
class ShapeDtype:
    """As `jax.ShapeDtypeStruct`."""

    shape: Any
    dtype: Any


@rfx.jit
def chain(x, y):
    return np.tanh(x * 2 + 1) * y


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(None, 3), (4, 3), ("rows", "columns"), (), (0, 3)])
def test_every_target(target, shape):
    spec = rfx.ArraySpec(shape, "f4")
    text = chain.lower(spec, rfx.ArraySpec(shape and shape[-1:], "f4")).text(target)
    assert "chain" in text


def test_the_text_is_that_of_arrays():
    x = np.zeros((4, 3), "f4")
    for stand_in in (rfx.ArraySpec((4, 3), np.float32), ShapeDtype((4, 3), x.dtype)):
        for level in ("rfx", "loops"):
            assert chain.lower(stand_in, 2.0).text(level) == chain.lower(x, 2.0).text(
                level
            )


def test_unknown_sizes_have_names_of_their_own():
    two = (rfx.ArraySpec((None, 3), "f4"), rfx.ArraySpec((None, None, "m"), "f4"))
    lowered = rfx.jit(lambda x, y: (x + 1, y + 1)).lower(*two)
    shapes = [spec.shape for spec in lowered.program.signature.inputs]
    assert shapes == [("x_0", 3), ("y_0", "y_1", "m")]


def test_equal_names_are_equal_sizes():
    def trace(x):
        return x @ x

    square = rfx.ArraySpec(("n", "n"), "f8")
    f = rfx.jit(trace).lower(square).compile()
    x = np.random.default_rng(0).random((5, 5))
    np.testing.assert_allclose(f(x), x @ x)
    with pytest.raises(ValueError, match=r"float64\[n, n\], not of shape \(4, 5\)"):
        f(x[:4])
    free = rfx.ArraySpec((None, None), "f8")
    with pytest.raises((ValueError, TypeError), match=r"x_0|x_1"):
        rfx.jit(trace).lower(free)


def test_numbers_and_trees_keep_their_kinds():
    def f(p, k, n):
        return p["x"] * k + n

    spec = {"x": rfx.ArraySpec((None,), "f4")}
    inputs = rfx.jit(f).lower(spec, 2.0, np.int64(3)).program.signature.inputs
    assert [s.kind for s in inputs] == ["array", "float", "scalar"]
    assert [s.shape for s in inputs] == [("p_x_0",), (), ()]


def test_one_program_runs_all_sizes():
    f = chain.lower(rfx.ArraySpec((None, 3), "f4"), 2.0).compile()
    for n in (2, 5, 67):
        x = np.linspace(-1, 1, n * 3, dtype="f4").reshape(n, 3)
        np.testing.assert_array_equal(f(x, 2.0), chain(x, 2.0))


def test_a_size_that_must_be_known_names_the_line():
    def f(x):
        parts = [0.0]
        for i in range(x.shape[0]):
            parts += [x[i]]
        return np.stack(parts)

    with pytest.raises(rfx.TraceError, match="the size x_0 must be known") as caught:
        rfx.jit(f).lower(rfx.ArraySpec((None,), "f4"))
    assert caught.value.location.line == f.__code__.co_firstlineno + 2
    assert "as an int" in caught.value.hint
    assert "memref.store" in rfx.jit(f).lower(rfx.ArraySpec(4, "f4")).text("loops")


@pytest.mark.parametrize(
    ("shape", "dtype", "error", "text"),
    [
        ((-1,), "f4", ValueError, "negative dimensions"),
        ((2.5,), "f4", ValueError, "a size is an int, None or a name, not 2.5"),
        (("a b",), "f4", ValueError, "not 'a b'"),
        (("for",), "f4", ValueError, "not 'for'"),
        ((3,), "nonsense", TypeError, "nonsense"),
    ],
)
def test_bad_specs(shape, dtype, error, text):
    with pytest.raises(error, match=text):
        rfx.ArraySpec(shape, dtype)


def test_specs_are_values():
    spec = rfx.ArraySpec(("n", np.int64(3), None), float)
    assert spec == rfx.ArraySpec(["n", 3, None], np.float64)
    assert hash(spec) == hash(rfx.ArraySpec(["n", 3, None], "f8"))
    assert repr(spec) == "ArraySpec(shape=('n', 3, None), dtype=dtype('float64'))"
    assert rfx.ArraySpec("n", "f4").shape == ("n",)


def test_unsupported_dtypes_and_calls():
    with pytest.raises(rfx.TraceError, match="complex128"):
        chain.lower(rfx.ArraySpec(3, complex), 1.0)
    with pytest.raises(rfx.TraceError, match="x_0 stands for a size that is None"):
        chain.lower(rfx.ArraySpec((None,), "f4"), rfx.ArraySpec("x_0", "f4"))
    strict = rfx.jit(chain.__wrapped__, strict=True)
    with pytest.raises(TypeError, match="ArraySpec has no data"):
        strict(rfx.ArraySpec(3, "f4"), 1.0)


def test_jax_specs():
    jax = pytest.importorskip("jax")
    spec = jax.ShapeDtypeStruct((4, 3), np.float32)
    assert "tensor<4x3xf32>" in chain.lower(spec, 2.0).text()
    from jax import export

    n = export.symbolic_shape("n, 3")
    assert "tensor<?x3xf32>" in chain.lower(ShapeDtype(n, np.float32), 2.0).text()
