"""The functions that NumPy lacks: on arrays, traced, in kernels, differentiated."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import rfxjit as rfx
from rfxjit import special

UNARY = [f for f in special.PUBLIC if f is not rfx.fma]
POINTS = np.array([-3.7, -2.5, -0.3, 0.2, 0.9, 1.0, 1.5, 2.0, 2.7, 3.0, 7.4, 20.5])
EXACT = {
    "erf": mpmath.erf, "erfc": mpmath.erfc, "gamma": mpmath.gamma,
    "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)), "digamma": mpmath.digamma,
    "sinpi": mpmath.sinpi, "cospi": mpmath.cospi,
}  # fmt: skip
INF, NAN = math.inf, math.nan
SPECIAL_VALUES = {
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0), (NAN, NAN)],
    "gamma": [
        (0.0, INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN),
        (-1e17, NAN), (1.0, 1.0), (2.0, 1.0), (-5e-324, -INF), (5e-324, INF),
        (180.0, INF), (-200.5, -0.0),
        (-201.5, 0.0),
    ],
    "lgamma": [
        (0.0, INF), (-0.0, INF), (INF, INF), (-INF, INF), (NAN, NAN), (-1.0, INF),
        (-1e17, INF), (1.0, 0.0), (2.0, 0.0), (-3e38, INF), (-1.7e308, INF),
    ],
    "digamma": [
        (0.0, -INF), (-0.0, INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN),
        (-1e17, NAN),
    ],
    "sinpi": [
        (0.0, 0.0), (-0.0, -0.0), (1.0, 0.0), (-1.0, -0.0), (7.0, 0.0), (0.5, 1.0),
        (-0.5, -1.0), (1.5, -1.0), (1e300, 0.0), (-1e300, -0.0), (INF, NAN),
        (-INF, NAN), (NAN, NAN),
    ],
    "cospi": [
        (0.0, 1.0), (-0.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (0.5, 0.0), (-0.5, 0.0),
        (1.5, 0.0), (2.5, 0.0), (1e300, 1.0), (INF, NAN), (NAN, NAN),
    ],
}  # fmt: skip


def jitted(function, backend="cpu"):
    return rfx.jit(function, strict=True, backend=backend)


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_values(function, dtype):
    """On arrays, compiled and interpreted: a few ULP from mpmath."""
    x = POINTS.astype(dtype)
    exact = [float(EXACT[function.__name__](mpmath.mpf(float(v)))) for v in x]
    with np.errstate(over="ignore"):
        want = np.array(exact).astype(dtype)
    for run in (function, jitted(function), jitted(function, "interpreter")):
        got = run(x)

        assert got.dtype == dtype
        eps = float(np.finfo(dtype).eps)
        np.testing.assert_allclose(got, want, rtol=4 * eps, atol=4 * eps)


@pytest.mark.parametrize("name", SPECIAL_VALUES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values(name, dtype):
    pairs = SPECIAL_VALUES[name]
    if dtype is np.float32:
        pairs = [
            p for p in pairs if 1e-38 < abs(p[0]) < 3.1e38 or p[0] in (0.0, INF, -INF)
        ]
    x, want = np.array(pairs, dtype).T
    function = getattr(rfx, name)
    for run in (function, jitted(function)):
        got = run(np.ascontiguousarray(x))

        np.testing.assert_array_equal(got, want)
        known = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(want)[known])


@pytest.mark.parametrize("n", [1, 5, 16, 33])
@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_each_lane_computes_what_a_scalar_does(function, n):
    """Vector body, tail and a call on a number give the same bits."""
    x = np.linspace(-8.3, 30.0, n)
    run = jitted(function)

    np.testing.assert_array_equal(run(x), [run(float(v)) for v in x])


def test_gamma_at_the_ends_of_the_range():
    for dtype, top in ((np.float32, 35.04010009765625), (np.float64, 171.62437695630)):
        ends = np.array([top * 1.0001, top * 0.9999], dtype)
        got = jitted(rfx.gamma)(ends)

        assert np.isinf(got[0])
        assert np.isfinite(got[1])
    # Denormal results are rounded once.
    x = np.array([-171.5, -175.25, -177.5, -178.5])
    want = [float(mpmath.gamma(v)) for v in x]
    np.testing.assert_allclose(jitted(rfx.gamma)(x), want, rtol=1e-15, atol=1.5e-323)


def test_dtypes_follow_numpy():
    assert rfx.erf(1).dtype == np.float64
    assert rfx.erf(np.arange(3)).dtype == np.float64
    assert rfx.fma(np.float32(2), 3.0, 1).dtype == np.float32
    assert jitted(rfx.erf)(np.arange(3)).dtype == np.float64
    single = rfx.jit(lambda x: rfx.fma(x, 2.0, 1), strict=True)(np.ones(3, np.float32))
    assert single.dtype == np.float32


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="complex128"):
        rfx.erf(1j)


def test_fma_rounds_once():
    x = np.array([1.0 + 2.0**-30])
    assert rfx.fma(x, x, -x * x)[0] == 2.0**-60
    assert rfx.jit(lambda x: rfx.fma(x, x, -x * x), strict=True)(x)[0] == 2.0**-60


def test_functions_of_pythons_math_module():
    def f(x):
        return math.erf(x) + math.erfc(x) * math.gamma(x) - math.lgamma(x)

    assert rfx.jit(f, strict=True)(2.7) == pytest.approx(f(2.7), rel=1e-14)
    assert f(2.7) == f(2.7)  # untraced: Python's own


def test_in_a_kernel():
    @rfx.kernel
    def f(x: float):
        return rfx.sinpi(x) * math.lgamma(x) if x > 1.0 else rfx.digamma(x)

    x = np.array([0.3, 1.7, 4.2])
    want = np.where(x > 1.0, rfx.sinpi(x) * rfx.lgamma(x), rfx.digamma(x))
    np.testing.assert_allclose(f(x), want, rtol=1e-14)


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [-1.3, 0.4, 2.6])
def test_second_derivatives(function, x):
    """The derivative of digamma, too, is made of ops that have one."""
    second = rfx.grad(rfx.grad(function))(x)
    with mpmath.workdps(40):
        want = mpmath.diff(EXACT[function.__name__], mpmath.mpf(x), 2)

    assert second == pytest.approx(float(want), rel=1e-11)


def test_ufuncs_of_scipy_are_traced():
    scipy = pytest.importorskip("scipy.special")
    pairs = ((scipy.erf, rfx.erf), (scipy.erfc, rfx.erfc), (scipy.gamma, rfx.gamma),
             (scipy.gammaln, rfx.lgamma), (scipy.psi, rfx.digamma))  # fmt: skip
    x = np.linspace(0.1, 12.0, 50)
    for ufunc, ours in pairs:
        got = jitted(ufunc)(x)

        np.testing.assert_array_equal(got, jitted(ours)(x))
        np.testing.assert_allclose(got, ufunc(x), rtol=1e-13, atol=1e-14)


def test_a_ufunc_of_scipy_without_a_row_is_refused():
    scipy = pytest.importorskip("scipy.special")
    with pytest.raises(rfx.TraceError, match="j0"):
        jitted(scipy.j0)(np.ones(3))
