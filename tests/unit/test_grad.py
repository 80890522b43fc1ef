"""Derivatives against finite differences and known formulas."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rfxjit as rfx

RNG = np.random.default_rng(3)
X = RNG.uniform(0.2, 0.9, (3, 4))
V = RNG.uniform(0.2, 0.9, 4)

FUNCTIONS = [
    lambda x: np.sin(x) ** 2,
    lambda x: np.exp(-x) * np.log(x) + np.sqrt(x) / x,
    lambda x: np.tanh(x) + np.arctan(x) - np.tan(x),
    lambda x: np.arcsin(x) * np.arccos(x) + np.cosh(x) - np.sinh(x),
    lambda x: np.log1p(x) * np.expm1(x) + np.cbrt(x) + np.exp2(x) + np.log2(x),
    lambda x: np.arctan2(x, 2.0) + np.hypot(x, 1.0) + x**3 + 2.0**x,
    lambda x: np.where(x > 0.5, x * x, -x),
    lambda x: np.maximum(x, 0.5) * np.minimum(x, 0.7) + np.abs(x - 0.5),
    lambda x: x.sum(axis=0) * x.mean(axis=0),
    lambda x: x.max(axis=1) + x.min(axis=1) + x.prod(axis=1),
    lambda x: x.T.reshape(2, 6)[:, 1:4],
    lambda x: x[::-1, ::2] * x[:, 1:3],
    lambda x: np.concatenate([x, 2 * x], axis=1) @ np.ones((8, 2)),
    lambda x: x @ x.T @ x,
    lambda x: x[np.array([0, 2, 2])] * 3.0,
    lambda x: np.stack([x[0], x[1]]) * x[2],
    lambda x: np.clip(x, 0.4, 0.6) + x.var(axis=1, keepdims=True),
    lambda x: np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1),
    lambda x: np.cumsum(x, axis=0) * np.cumsum(x * x).reshape(3, 4),
    lambda x: np.cumsum(x * 2, axis=1)[:, 1:] ** 2,
    lambda x: np.ldexp(x, 3) + np.frexp(x)[0] * np.frexp(x)[1] + np.modf(3 * x)[0],
    lambda x: np.logaddexp(x, 2 * x) + np.logaddexp2(x, x[::-1]),
    lambda x: np.einsum("ij,kj->ik", x, x) + np.tensordot(x, x.T, 1),
    lambda x: np.interp(x, V.cumsum(), V) + np.convolve(x[0], V)[2:6],
]


def differences(function, x, h=1e-6):
    """Central differences of the sum of the result."""
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        result[place] = (np.sum(function(up)) - np.sum(function(down))) / (2 * h)
    return result


@pytest.mark.parametrize("case", range(len(FUNCTIONS)))
def test_matches_finite_differences(case):
    function = FUNCTIONS[case]
    got = rfx.grad(function)(X)
    assert got.dtype == X.dtype
    np.testing.assert_allclose(got, differences(function, X), rtol=1e-6, atol=1e-7)


def test_several_arguments_and_the_value():
    def f(x, k, y):
        return (x * k + y).sum()

    value, (by_y, by_x) = rfx.value_and_grad(f, argnums=(2, 0))(V, 3.0, V)
    np.testing.assert_allclose(value, f(V, 3.0, V))
    np.testing.assert_allclose(by_x, np.full(4, 3.0))
    np.testing.assert_allclose(by_y, np.ones(4))
    assert rfx.grad(f, argnums=1)(V, 3.0, V) == pytest.approx(V.sum())


def test_trees_of_parameters():
    def loss(parameters, x):
        hidden = np.tanh(x @ parameters["w"] + parameters["b"])
        return (hidden**2).sum()

    parameters = {"w": RNG.standard_normal((4, 2)), "b": np.zeros(2)}
    slopes = rfx.grad(loss)(parameters, X)
    assert slopes.keys() == parameters.keys()
    for key, value in parameters.items():
        want = differences(lambda p, k=key: loss({**parameters, k: p}, X), value)
        np.testing.assert_allclose(slopes[key], want, rtol=1e-6, atol=1e-7)


def test_products_with_zeros():
    x = np.array([2.0, 0.0, 3.0])
    np.testing.assert_array_equal(rfx.grad(lambda x: x.prod())(x), [0.0, 6.0, 0.0])


def test_a_constant_has_no_slope_and_an_argument_has_one():
    np.testing.assert_array_equal(rfx.grad(lambda x, y: y)(V, V), np.zeros(4))
    np.testing.assert_array_equal(rfx.grad(lambda x: x)(V), np.ones(4))


@pytest.mark.parametrize(
    ("argnums", "text"), [((), "empty"), ((0, 0), "duplicates"), (3, "takes 1")]
)
def test_bad_argnums(argnums, text):
    with pytest.raises(ValueError, match=text):
        rfx.grad(lambda x: x, argnums)(V)


def test_integers_have_no_gradient():
    with pytest.raises(rfx.GradientError, match="argument 'x' has dtype int64"):
        rfx.grad(lambda x: x * 2.0)(np.arange(3))


def test_without_the_compiler_the_interpreter_differentiates(monkeypatch):
    monkeypatch.setenv("RFX_JIT", "0")
    np.testing.assert_allclose(rfx.grad(lambda x: 2 * np.sin(x))(V), 2 * np.cos(V))


def test_derivatives_nest():
    second = rfx.grad(rfx.grad(lambda x: x**4))
    assert second(2.0) == pytest.approx(48.0)

    @rfx.jit(strict=True)
    def inside(x, k):
        # What is captured is a constant, even where it is the same value.
        return rfx.grad(lambda y: (k * y**2 * x).sum())(x)

    np.testing.assert_allclose(inside(V, 3.0), 6.0 * V * V)


def test_a_jitted_function_and_its_helpers_have_derivatives():
    @rfx.jit
    def helper(x):
        return np.sin(x)

    value, slope = rfx.value_and_grad(rfx.jit(lambda x: (helper(x) ** 2).sum()))(V)
    np.testing.assert_allclose(value, (np.sin(V) ** 2).sum())
    np.testing.assert_allclose(slope, 2 * np.sin(V) * np.cos(V))


@pytest.mark.parametrize("case", range(4))
def test_any_size(case):
    function = [
        lambda x: x[1:] * x[:-1],
        lambda x: x[::-1] * x,
        lambda x: np.concatenate([x, x * x, x]) ** 2,
        lambda x: (x[::2] ** 2).sum() * x.reshape(-1, 1),
    ][case]
    slope = rfx.grad(function)
    for n in (4, 7, 8, 5):
        x = RNG.uniform(0.2, 0.9, n)
        want = differences(function, x)
        np.testing.assert_allclose(slope(x), want, rtol=1e-6, atol=1e-7)


def test_the_derivative_reads_as_a_person_would_write_it():
    text = rfx.grad(lambda x: np.sin(x) ** 2).lower(0.3).text("fused")
    body = re.findall(r"= rfx\.(?!map)(\w+)", text)
    assert sorted(body) == ["constant", "cos", "mul", "mul", "sin"], text


def test_what_has_no_derivative_is_named_with_its_line():
    with pytest.raises(rfx.GradientError, match=r"rfx.scan: of .mul.") as caught:
        rfx.grad(lambda x: np.cumprod(x) * 2.0)(V)
    assert caught.value.location.file == __file__


def test_of_several_writes_to_an_element_the_last_one_counts():
    def f(x, v):
        y = x * 1.0
        y[np.array([1, 1, 2])] = v
        return y * np.arange(1.0, 5.0)

    by_x, by_v = rfx.grad(f, (0, 1))(V, V[:3])
    np.testing.assert_array_equal(by_x, [1.0, 0.0, 0.0, 4.0])
    np.testing.assert_array_equal(by_v, [0.0, 2.0, 3.0])


def test_a_choice_between_the_same_counts_once():
    slope = rfx.grad(lambda x: np.where(x > 0.5, x, x))(V)
    np.testing.assert_array_equal(slope, np.ones(4))
