"""Every ufunc of NumPy on every dtype: its values, dtypes and errors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_same import fails, same
from programs import special_values

import rfxjit as rfx

CODES = "?bhilBHILefd"
NAMES = sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc))
ROUNDED = {
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt",
    "cos", "cosh", "exp", "exp2", "expm1", "float_power", "hypot", "log", "log10",
    "log1p", "log2", "logaddexp", "logaddexp2", "power", "sin", "sinh", "tan", "tanh",
}  # fmt: skip
"""Neither NumPy's results nor ours are the nearest floats: a few units apart."""
ZEROS = {"fmax", "fmin", "maximum", "minimum"}
"""Of two zeros NumPy takes either; ours takes -0 as the smaller one."""
CORE = {"matmul", "matvec", "vecmat", "vecdot"}


def operands(ufunc, code):
    """Special values, for two operands all pairs of them."""
    x = special_values(np.dtype(code))
    if ufunc is np.reciprocal and x.dtype.kind in "iu":
        return (x[x != 0],)  # 1 / 0 is converted to whatever the machine gives
    if ufunc.nin == 1:
        return (x,)
    a, b = (v.ravel() for v in np.meshgrid(x, x))
    if ufunc is np.power and a.dtype.kind == "i":
        a, b = a[b >= 0], b[b >= 0]  # NumPy refuses the others
    if ufunc is np.ldexp:
        return a, np.resize(np.arange(-1100, 1100, 7, dtype=np.int32), a.shape)
    return a.copy(), b.copy()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n for n in NAMES if n not in CORE])
def test_every_dtype(name):
    ufunc = getattr(np, name)
    cases, refused = {}, []
    for code in CODES:
        given = operands(ufunc, code)
        try:
            ufunc(*given)
        except TypeError:
            refused.append(given)
        else:
            cases[code] = given
    wants = {code: ufunc(*given) for code, given in cases.items()}
    function = rfx.jit(
        lambda cases: {c: ufunc(*given) for c, given in cases.items()}, strict=True
    )
    gots = function(cases) if cases else {}
    ulps = 4 if ufunc.__name__ in ROUNDED else 0
    for code, want in wants.items():
        pairs = (
            zip(gots[code], want, strict=True)
            if ufunc.nout == 2
            else [(gots[code], want)]
        )
        for got, wanted in pairs:
            try:
                same(got, wanted, ulps=ulps, zeros=name not in ZEROS)
            except AssertionError as error:
                raise AssertionError(f"{name} of {code}: {error}") from None
    for given in refused:
        with pytest.raises(TypeError):
            rfx.jit(ufunc)(*given)


RNG = np.random.default_rng(5)
M, N, V = RNG.standard_normal((2, 3, 4)), RNG.standard_normal((4, 2)), np.arange(4.0)
I = np.array([[3, -7, 12], [5, 6, -128]], np.int8)
F = np.array([1.5, -0.0, np.nan, np.inf, 2.0])
MASK = np.array([True, False, True, True, False])


def into(x, function):
    out = np.zeros_like(x)
    result = function(out)
    return result, out


METHODS = [
    lambda: np.matmul(M, N), lambda: np.matmul(M[0], V), lambda: np.vecdot(M, V),
    lambda: np.vecdot(M, M[:1], axis=1), lambda: np.matvec(M, V),
    lambda: np.vecmat(V, N), lambda: np.vecmat(M, N),
    lambda: np.add.reduce(I), lambda: np.add.reduce(I, axis=1, dtype=np.int16),
    lambda: np.multiply.reduce(I, axis=None, keepdims=True),
    lambda: np.maximum.reduce(I, initial=100), lambda: np.minimum.reduce(F),
    lambda: np.add.reduce(F, where=MASK), lambda: np.add.reduce(I, initial=3),
    lambda: np.maximum.reduce(I, axis=1, where=I > 0, initial=-1),
    lambda: np.logical_and.reduce(I, axis=1), lambda: np.logical_or.reduce(I),
    lambda: np.logical_xor.reduce(I), lambda: np.bitwise_and.reduce(I),
    lambda: np.bitwise_or.reduce(I, axis=1), lambda: np.bitwise_xor.reduce(I),
    lambda: np.subtract.reduce(F), lambda: np.subtract.reduce(I, axis=1),
    lambda: np.subtract.reduce(I, axis=1, keepdims=True),
    lambda: np.fmax.reduce(F), lambda: np.gcd.reduce(I, axis=1),
    lambda: np.gcd.reduce(I[:, :0], axis=1), lambda: np.add.accumulate(I, axis=1),
    lambda: np.multiply.accumulate(F), lambda: np.maximum.accumulate(F),
    lambda: np.logical_or.accumulate(I), lambda: np.fmin.accumulate(F),
    lambda: np.fmin.accumulate(I), lambda: np.subtract.accumulate(I, axis=-1),
    lambda: np.add.accumulate(MASK), lambda: np.bitwise_xor.accumulate(I),
    lambda: np.add.accumulate(I, dtype=np.float32), lambda: np.divide.accumulate(F),
    lambda: np.subtract.outer(F, I), lambda: np.multiply.outer(I, I),
    lambda: np.add(F, 1, where=MASK, out=F * 2), lambda: np.exp(F, dtype=np.float32),
    lambda: np.negative(F, where=MASK, out=np.zeros(5, np.float32)),
    lambda: np.add(I, 1, dtype=np.float64), lambda: np.add(I, I, casting="safe"),
    lambda: into(F, lambda out: np.sqrt(F, out=out)),
    lambda: into(F, lambda out: np.modf(F, out=(out, None))),
    lambda: into(F, lambda out: np.cumsum(F, out=out)),
    lambda: np.less(I.astype(np.int64), I.astype(np.uint64)),
    lambda: np.greater_equal(I.astype(np.uint64), I.astype(np.int64)),
    lambda: np.not_equal(I.astype(np.uint64), I.astype(np.int64)),
    lambda: I.astype(np.uint8) < 300, lambda: I > -1000, lambda: I == 4000,
    lambda: np.less(-1, I.astype(np.uint64)), lambda: I + 7, lambda: F + 7,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", range(len(METHODS)))
def test_methods_and_keywords(case):
    function = METHODS[case]
    want = function()
    got = rfx.jit(function, strict=True)()
    pairs = zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]
    for g, w in pairs:
        same(g, w, ulps=4)


U = np.ones(3, np.uint8)


@pytest.mark.parametrize(
    ("error", "function", "args"),
    [
        (OverflowError, lambda x: x + 300, (U,)),
        (OverflowError, lambda x: -1 - x, (U,)),
        (OverflowError, lambda x, n: x + n, (U, 300)),
        (OverflowError, lambda x, n: x * n, (U.astype(np.uint64), -1)),
        (ValueError, np.maximum.reduce, (U[:0],)),
        (ValueError, np.subtract.reduce, (U[:0],)),
        (ValueError, lambda x: np.minimum.reduce(x, where=x > 0), (U,)),
        (ValueError, np.sqrt.accumulate, (U,)),
        (np.exceptions.AxisError, lambda x: np.add.reduce(x, axis=1), (U,)),
        (np.exceptions.AxisError, lambda x: np.add.accumulate(x, axis=2), (U,)),
        (TypeError, lambda x: np.add(x, 1, where=x, out=x), (U,)),
        (TypeError, lambda x: np.add(x, 0.5, out=x), (U,)),
        (TypeError, lambda x: np.add(x, 0.5, dtype=np.int8), (U,)),
        (TypeError, lambda x: np.add(x, x, axis=0), (U,)),
        (TypeError, lambda x: np.subtract(x > 0, x > 1), (U,)),
        (ValueError, lambda x: np.matmul(x, 2), (U,)),
        (ValueError, lambda x: np.matvec(x, x), (U,)),
    ],
)  # fmt: skip
def test_errors_are_numpys(error, function, args):
    fails(error, function, *args)


@pytest.mark.parametrize(
    "function",
    [lambda x: np.add.reduceat(x, [0, 1]), lambda x: np.maximum.at(x, [0], 1),
     lambda x: np.matmul(x, x, axes=[0, 0, 0]),
     lambda x: np.hypot.reduce(x, initial=1.0)],
)  # fmt: skip
def test_what_is_not_traced_says_so(function):
    with pytest.raises(rfx.TraceError, match="is not traced"):
        rfx.jit(function, strict=True)(np.ones(3))


def test_a_traced_integer_that_fits_or_not():
    add = rfx.jit(lambda x, n: x + n, strict=True)
    np.testing.assert_array_equal(add(U, 254), U + 254)
    with pytest.raises(OverflowError, match="uint8"):
        add(U, 256)
    assert add.compile_count == 1
