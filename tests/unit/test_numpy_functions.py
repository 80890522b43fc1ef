"""Every function of NumPy that is traced: values, dtypes, sizes and errors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_calls import ARRAY_CALLS, METHODS, OUTSIDE, arguments
from numpy_same import check, fails

import rfxjit as rfx
from rfxjit.frontend.numpy_api import FUNCTIONS, REFUSED
from rfxjit.frontend.numpy_registry import numpy_functions

AxisError = np.exceptions.AxisError
DTYPES = ("f8", "f4", "f2", "i4", "u1", "i8", "?")
pytestmark = pytest.mark.filterwarnings("ignore")


def available(name):
    return numpy_functions(name) != []


def traced(name):
    return any(f in FUNCTIONS for f in numpy_functions(name))


TRACED = [n for n in ARRAY_CALLS if available(n) and not any(
    f in REFUSED for f in numpy_functions(n))]  # fmt: skip


@pytest.mark.parametrize("name", TRACED)
def test_equals_numpy(name):
    for number, function in enumerate(ARRAY_CALLS[name]):
        for dtype in DTYPES:
            jitted = rfx.jit(function, strict=True)
            try:
                want = function(*arguments(dtype))
            except (TypeError, ValueError) as error:
                plain = TypeError if isinstance(error, TypeError) else ValueError
                with pytest.raises(plain) as caught:
                    jitted(*arguments(dtype))
                assert not isinstance(caught.value, rfx.TraceError)
                continue
            try:
                check(jitted(*arguments(dtype)), want)
            except AssertionError as error:
                raise AssertionError(f"call {number}, {dtype}: {error}") from None


@pytest.mark.parametrize("name", [n for n in ARRAY_CALLS if available(n)
                                  and n not in TRACED])  # fmt: skip
def test_what_is_not_traced_says_why_and_runs(name):
    for function in ARRAY_CALLS[name]:
        with pytest.raises(rfx.TraceError, match=r"is not traced: \w+"):
            rfx.jit(function, strict=True)(*arguments("f8"))


def test_every_public_function_has_a_call():
    # So that a new NumPy shows what is new.
    known = {*ARRAY_CALLS, *(n for names in OUTSIDE.values() for n in names.split())}
    for prefix, module in (("", np), ("linalg.", np.linalg)):
        for name in dir(module):
            value = getattr(module, name)
            if name[0] == "_" or isinstance(value, (type, np.ufunc)):
                continue
            if callable(value) and prefix + name != "linalg.test":
                assert prefix + name in known
    methods = {n for n in dir(np.ndarray) if n[0] != "_"}
    assert methods - METHODS.keys() == set()


METHODS_REFUSED = {
    "argpartition", "argsort", "base", "byteswap", "ctypes", "data", "device", "dump",
    "dumps", "flags", "getfield", "nonzero", "partition", "resize", "setfield",
    "setflags", "sort", "strides", "to_device", "tobytes", "tofile", "view",
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in METHODS if hasattr(np.ndarray, n)])
def test_methods_of_arrays(name):
    jitted = rfx.jit(METHODS[name], strict=True)
    if name in METHODS_REFUSED:
        with pytest.raises(rfx.TraceError, match=rf"{name} is not traced: \w+"):
            jitted(*arguments("f8"))
        return
    for dtype in ("f8", "f4", "i4", "?"):
        want = METHODS[name](*arguments(dtype))
        got = jitted(*arguments(dtype))
        if name == "flat":
            want = np.array(want)
        check(got, want)


SIZES = [
    lambda x: np.cumsum(x, axis=0), lambda x: np.diff(x, axis=0).sum(),
    lambda x: np.add(x, np.arange(x.shape[0])[:, None]),
    lambda x: np.concatenate([x, np.ones_like(x)]).mean(axis=0),
    lambda x: np.nansum(x, axis=1), lambda x: np.clip(x, 0, 1).std(axis=0),
    lambda x: np.einsum("ij,ik->jk", x, x), lambda x: np.where(x > 0, x, -x).max(1),
    lambda x: np.trapezoid(x, dx=0.5, axis=0), lambda x: np.stack([x, x], axis=-1),
    lambda x: np.isclose(x, 0).any(axis=1), lambda x: np.zeros((x.shape[0], 2)) + 1,
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(SIZES)))
def test_any_size_compiles_twice(case):
    function = SIZES[case]
    jitted = rfx.jit(function, strict=True)
    for n in (5, 7, 2, 300, 9):
        x = np.random.default_rng(n).standard_normal((n, 3))
        check(jitted(x), function(x), ulps=4000)
    assert jitted.compile_count == 2


def test_two_shapes_of_one_type():
    jitted = rfx.jit(lambda x: x.reshape(x.shape[1], x.shape[0]).T + 1, strict=True)
    for shape in ((2, 3), (4, 5), (3, 7)):
        x = np.arange(np.prod(shape)).reshape(shape)
        check(jitted(x), x.reshape(shape[::-1]).T + 1)


EMPTY = [
    np.cumsum, np.prod, np.any, np.nan_to_num, np.count_nonzero, np.mean, np.diag,
    np.tril, np.flip, lambda x: np.cumsum(x, axis=0), lambda x: np.sum(x, 0),
    lambda x: np.diff(x, axis=0), lambda x: np.roll(x, 2), lambda x: np.tile(x, 2),
    lambda x: np.repeat(x, 2, axis=1), lambda x: np.concatenate([x, x]),
    lambda x: np.pad(x, 1), lambda x: np.where(x, x, 1), lambda x: np.all(x, axis=1),
    lambda x: np.kron(x, x), lambda x: np.max(x, axis=1),
    lambda x: np.einsum("ij,kj->ik", x, x), lambda x: np.max(x, initial=3),
    lambda x: np.cumprod(x, axis=1), lambda x: np.searchsorted([1.0, 2], x),
    lambda x: np.interp(x, [1.0, 2], [3, 4]), lambda x: np.linspace(x[:, 0], 1, 3),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(EMPTY)))
def test_empty_arrays(case):
    for shape in ((0, 3), (3, 0)):
        for dtype in ("f8", "f4", "i4"):
            x = np.ones(shape, dtype)
            try:
                want = EMPTY[case](x)
            except (ValueError, IndexError) as error:
                with pytest.raises(type(error)):
                    rfx.jit(EMPTY[case])(x)
            else:
                check(rfx.jit(EMPTY[case], strict=True)(x), want)


SPECIAL = np.array([
    [np.nan, 1, -0.0, np.inf], [2, np.nan, -np.inf, 0], [1, 1, 1, -0.0]])  # fmt: skip
ON_SPECIAL = [
    np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.nansum, np.nanprod,
    np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.max, np.min, np.argmax, np.argmin,
    np.nanargmax, np.nan_to_num, np.round, np.diff, np.sort, np.sum, np.any, np.all,
    np.isposinf, np.isneginf, np.count_nonzero, np.ptp, np.unwrap, np.angle, np.sinc,
    lambda x: np.isclose(x, x.T[:3, :3].sum()), lambda x: np.clip(x, 0, 1),
    lambda x: np.isclose(x, x, equal_nan=True), lambda x: np.array_equal(x, x),
    lambda x: np.array_equal(x, x, equal_nan=True), lambda x: np.clip(x, np.nan, 2),
    lambda x: np.searchsorted([0.0, 1, np.inf, np.nan], x),
    lambda x: np.searchsorted([0.0, 1, np.inf, np.nan], x, side="right"),
    lambda x: np.digitize(x, [0.0, 1.0]), lambda x: np.interp(x, [0.0, 1], [3.0, 4]),
    lambda x: np.interp(x, [0.0, np.inf], [3.0, 4]), lambda x: np.convolve(x[1], x[2]),
    lambda x: np.max(x, axis=0, where=x == x, initial=-9), lambda x: np.nanmax(x, 1),
    lambda x: np.heaviside(x, 0.5), lambda x: np.logaddexp(x, x[::-1]),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ON_SPECIAL)))
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_special_values(case, dtype):
    function, x = ON_SPECIAL[case], SPECIAL.astype(dtype)
    if function is np.sort:
        with pytest.raises(rfx.TraceError):
            rfx.jit(function, strict=True)(x)
        return
    check(rfx.jit(function, strict=True)(x), function(x))


X = np.arange(12.0).reshape(3, 4)
ERRORS = [
    (AxisError, lambda x: np.concatenate([x, x], axis=2)),
    (AxisError, lambda x: np.stack([x, x], axis=4)),
    (AxisError, lambda x: np.expand_dims(x, 3)), (AxisError, lambda x: x.sum(axis=2)),
    (AxisError, lambda x: np.moveaxis(x, 2, 0)),
    (AxisError, lambda x: np.moveaxis(x, 0, -3)),
    (AxisError, lambda x: np.swapaxes(x, 0, 2)), (AxisError, lambda x: x.take([0], 2)),
    (AxisError, lambda x: np.size(x, 2)), (AxisError, lambda x: np.roll(x, 1, axis=2)),
    (AxisError, lambda x: np.transpose(x, (0, 2))),
    (AxisError, lambda x: np.flip(x, 2)),
    (AxisError, lambda x: np.cumsum(x, 2)), (AxisError, lambda x: np.repeat(x, 2, 2)),
    (AxisError, lambda x: np.diff(x, axis=2)), (AxisError, lambda x: np.squeeze(x, 2)),
    (AxisError, lambda x: np.rollaxis(x, 2)), (AxisError, lambda x: x.argmax(2)),
    (IndexError, lambda x: np.split(x, 2, axis=5)),
    (AxisError, lambda x: np.diagonal(x, 0, 0, 2)),
    (AxisError, lambda x: np.take_along_axis(x, x.argmax(1)[:, None], 2)),
    (AxisError, lambda x: np.unstack(x, axis=2)), (AxisError, lambda x: x.mean((0, 2))),
    (ValueError, lambda x: np.sum(x, axis=(0, 0))),
    (ValueError, lambda x: np.transpose(x, (0,))),
    (ValueError, lambda x: np.transpose(x, (0, 0))),
    (ValueError, lambda x: np.squeeze(x, 0)), (ValueError, lambda x: np.split(x, 2)),
    (ValueError, lambda x: np.reshape(x, (5, -1))), (ValueError, lambda x: x @ x),
    (ValueError, lambda x: np.concatenate([x, x[:, :2]])),
    (ValueError, lambda x: np.stack([x, x[0]])),
    (ValueError, lambda x: np.diag(x[None])),
    (ValueError, lambda x: np.einsum("ij,jk", x, x)),
    (ValueError, lambda x: np.einsum("ijk", x)), (ValueError, lambda x: np.dot(x, x)),
    (ValueError, lambda x: np.tensordot(x, x, 1)), (ValueError, lambda x: np.inner(
        x, x[:, :2])), (ValueError, lambda x: np.linspace(x, 1, -1)),
    (ValueError, lambda x: np.interp(x, [1.0, 2], [1.0])),
    (ValueError, lambda x: np.meshgrid(x[0], x[0], indexing="yx")),
    (ValueError, lambda x: np.select([x > 0], [x, x])), (ValueError, lambda x: np.pad(
        x, -1)), (ValueError, lambda x: np.geomspace(x, 3)),
    (ValueError, lambda x: np.digitize(x, [0.0, 2, 1])),
    (ValueError, lambda x: np.nanargmax(x * np.nan, 0)),
    (ValueError, lambda x: np.choose(x.astype(int), [x, x])),
    (ValueError, lambda x: np.convolve(x[0, :0], x[0])),
    (ValueError, lambda x: np.unravel_index(x.astype(int), (2, 2))),
    (ValueError, lambda x: np.asarray_chkfinite(x / x)),
    (ZeroDivisionError, lambda x: np.average(x, weights=x * 0)),
    (IndexError, lambda x: np.take(x, [99])), (TypeError, lambda x: np.take(x, x[0])),
    (TypeError, lambda x: np.sum(x, colour=1)), (TypeError, lambda x: np.clip()),
    (TypeError, lambda x: np.copyto(x.astype(int), x)),
    (TypeError, lambda x: np.concatenate([x, x], dtype=int)),
    (IndexError, lambda x: np.take_along_axis(x, x, 1)),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_are_numpys(case):
    fails(*ERRORS[case], X)


@pytest.mark.parametrize(
    ("function", "name"),
    [(lambda x: np.cov(x, fweights=[1, 2]), "fweights"),
     (lambda x: np.pad(x, 1, "linear_ramp", end_values=3), "end_values"),
     (lambda x: np.interp(x, [1.0], [2.0], period=3), "period")],
)  # fmt: skip
def test_other_keywords_are_refused_by_name(function, name):
    with pytest.raises(rfx.TraceError, match=name):
        rfx.jit(function, strict=True)(X)


def test_lists_of_tracers_are_arrays():
    function = rfx.jit(
        lambda a, b: (np.sum([a, b]), np.add([a, b], 1), np.max([[a, 2], [b, 0.5]])),
        strict=True,
    )
    check(function(1.5, 4.0), (np.float64(5.5), np.array([2.5, 5.0]), np.float64(4.0)))


def test_a_range_of_any_length_is_no_list_of_stores():
    function = rfx.jit(lambda x: x * np.arange(100_000) + np.eye(1, 100_000)[0])
    x = np.full(100_000, 0.5)
    np.testing.assert_array_equal(
        function(x), x * np.arange(1e5) + (np.arange(1e5) < 1)
    )
    assert len(function.lower(x).text("loops")) < 4000


def test_large_constants_are_read_from_memory():
    def weighted(x):
        table = np.array([float(i) for i in range(100)])
        table[0] = x[0]
        return (x * np.kaiser(100, 2.0) + table).sum()

    x = np.arange(100.0)
    jitted = rfx.jit(weighted, strict=True)
    for scale in (1.0, 2.0):
        check(jitted(x * scale), weighted(x * scale))
    assert jitted.compile_count == 1
    assert "memref.store" not in jitted.lower(x).text("loops").partition("scf")[0]
    want = np.kaiser(100, 2.0)
    want[0] += 1
    check(rfx.grad(weighted)(x), want)


@pytest.mark.parametrize("k", [-2, 0, 3])
def test_triangles_and_diagonals_of_any_size_are_computed(k):
    def parts(x):
        return np.tril(x, k), np.triu(x, k), np.diag(x[0], k), np.diag(x, k)

    x = np.arange(200.0 * 210).reshape(200, 210)
    jitted = rfx.jit(parts, strict=True)
    check(jitted(x), parts(x))
    assert len(jitted.lower(x).text("loops")) < 20_000


def test_python_rounds_to_integers():
    function = rfx.jit(lambda x: round(x), strict=True)  # noqa: PLW0108 - builtins are called otherwise
    assert [function(v) for v in (2.5, 3.5, -0.6)] == [2, 4, -1]
    assert type(function(2.5)) is int
