"""Code that writes into arrays: results and arguments are NumPy's, in two backends."""

from __future__ import annotations

import numpy as np
import pytest
from in_place_code import CODE
from numpy_same import check, fails

import rfxjit as rfx
from rfxjit.frontend import compile_call
from rfxjit.runtime.unit import Options


def arguments(seed=3):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-6, 7, (4, 6)) / 2 for _ in range(2))
    return x, y, rng.integers(-4, 5, 8) / 2, 1


def agrees(function, make=arguments, **options):
    """The results and the arguments afterwards are those of NumPy."""
    theirs = make()
    want = function(*theirs)
    mine = make()
    got = rfx.jit(function, strict=True, **options)(*mine)
    check(got, want, ulps=0)
    check(mine, theirs, ulps=0)


@pytest.mark.parametrize("name", CODE)
def test_is_numpys(name):
    agrees(CODE[name])
    agrees(CODE[name], lambda: arguments(8))


@pytest.mark.parametrize("name", CODE)
def test_the_reference_agrees(name):
    agrees(CODE[name], backend="interpreter")


def X():
    return np.arange(12.0).reshape(3, 4) - 5


REFUSED = [
    ("a result of the elements", lambda x: x[x > 0]),
    ("reshape of the elements", lambda x: x[x > 0].reshape(-1)),
    ("a use of the elements", lambda x: x[x > 0][0]),
    ("a use of the elements", lambda x: list(x[x > 0])),
    ("np.sort of the elements", lambda x: np.sort(x[x > 0])),
    ("np.add of the elements", lambda x: np.add(x[x > 0], 1, out=x[0])),
    ("sum over another axis", lambda x: x[x[:, 0] > 0].sum(axis=1)),
    ("sum with initial", lambda x: x[x > 0].sum(initial=1.0)),
    ("two different masks", lambda x: (x[x > 0] + x[x < 0]).sum()),
    ("two different masks", lambda x: x.__setitem__(x > 0, x[x > 1])),
    ("as many values as a mask", lambda x: x.__setitem__(x > 0, x[0])),
    ("only be written where", lambda x: x.__setitem__(0, x[x > 0])),
    ("cannot be an index", lambda x: x[x[x > 0].astype(int)]),
    ("together with", lambda x: x[x[:, 0] > 0, [0, 1]]),
    ("slice between", lambda x: x[None][0, :, x[0] > 0]),
    ("depends on data", lambda x: x[x[0].argmax() :]),
    ("bounds and a step", lambda x, i=1: x[i : i + 4 : 2]),
    ("assignment to .shape", lambda x: setattr(x, "shape", (4, 3))),
    ("np.multiply.at", lambda x: np.multiply.at(x, [0], 2)),
    ("np.add.at adds up", lambda x: np.add.at(x.astype("f4"), [0], x[0])),
    ("np.add.at adds up", lambda x: np.add.at(x.astype(int), [0], 1.5)),
    ("True or False", lambda x: x[True]),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_what_is_refused_says_why(case):
    reason, function = REFUSED[case]
    with pytest.raises(rfx.TraceError, match=reason):
        rfx.jit(function, strict=True)(X())


ERRORS = [
    (IndexError, lambda x: x[x[:, :2] > 0].sum()), (IndexError, lambda x: x[[3]]),
    (IndexError, lambda x: x.__setitem__((0, 0, 0), 1)),
    (IndexError, lambda x: x[..., 0, ...]), (IndexError, lambda x: x["a"]),
    (IndexError, lambda x: x[[0.5]]), (IndexError, lambda x: np.add.at(x, [9], 1)),
    (IndexError, lambda x, i=3: x.__setitem__(i, 0)),
    (IndexError, lambda x, i=-4: x[i]), (TypeError, lambda x, i=1.0: x[i : i + 1]),
    (ValueError, lambda x: x.__setitem__(0, x)),
    (ValueError, lambda x: np.diagonal(x).__setitem__(0, 1)),
    (ValueError, lambda x: np.broadcast_to(x, (2, 3, 4)).__setitem__(0, 1)),
    (ValueError, lambda x: x[x > 99].max()), (ValueError, lambda x: np.putmask(
        x, x[0] > 0, 1)),
    (OverflowError, lambda x: x.astype(np.uint8).__setitem__(0, 300)),
    (TypeError, lambda x: x.astype(int).__iadd__(0.5)),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_are_numpys(case):
    fails(*ERRORS[case], X())


def swaps(x, y, v, i):
    old = x.copy()
    x[:] = y
    y[:] = old
    return old, x.sum()


def keeps(x, y, v, i):
    x += 1
    y -= x[::-1]
    return x.T, x[0] + y[i]


def chooses(x, y, v, i):
    x[i, 0], y[:, i + 1] = y[0, i], x[:, i]
    return v[i]


@pytest.mark.parametrize("function", [swaps, keeps, chooses])
@pytest.mark.parametrize("rows", [4, 400])
def test_arguments_are_written_where_they_are(function, rows):
    def make():
        x, y, v, i = arguments()
        return np.tile(x, (rows // 4, 1)), np.tile(y, (rows // 4, 1)), v, i

    agrees(function, make)
    unit = compile_call(function, make(), {}, Options(), None)
    written = [output for output in unit.signature.outputs if output.inout is not None]
    assert len(written) == 2
    assert all(output.in_place for output in written)


def test_an_error_leaves_arguments_as_they_were():
    def function(x, i, k):
        x[i] = 1.0
        total = x.sum()
        x[k] = total

    jitted = rfx.jit(function, strict=True)
    x = np.zeros(1000)
    for i, k in ((1000, 0), (0, 1000)):
        with pytest.raises(IndexError, match="out of bounds"):
            jitted(x, i, k)
        np.testing.assert_array_equal(x, np.zeros(1000))
    jitted(x, 2, 3)
    assert (x[2], x[3]) == (1.0, 1.0)


def test_what_a_signal_may_end_is_written_in_the_end():
    def counts(x, y, v, i):
        while x[0, 0] < 9:
            x += 1

    agrees(counts)
    unit = compile_call(counts, arguments(), {}, Options(), None)
    assert not unit.signature.outputs[0].in_place


def test_a_block_that_numpy_would_cut_off_is_an_error():
    function = rfx.jit(lambda x, i: x[i : i + 2].sum(), strict=True)
    for i in (0, 1, -3):
        assert function(X(), i) == X()[i : i + 2].sum()
    for i in (2, -2 + 1, -4):
        with pytest.raises(IndexError, match=r"a slice of 2 elements .* is cut off"):
            function(X(), i)


def test_an_argument_as_a_bound_is_known():
    function = rfx.jit(lambda x, i: x[i:, :i], strict=True)
    for i in (0, 1, -2):
        check(function(X(), i), X()[i:, :i])


def test_results_do_not_share_memory():
    def several(x):
        y = x * 2
        return y, y, y.copy(), y[:], x.copy()

    for backend in ("auto", "interpreter"):
        x = X()
        same, again, *others = rfx.jit(several, strict=True, backend=backend)(x)
        assert same is again
        for k, array in enumerate((same, *others)):
            array[:] = k
        assert [a[0, 0] for a in (same, *others)] == [0, 1, 2, 3]
        np.testing.assert_array_equal(x, X())


def test_any_size_compiles_twice():
    def function(x, v):
        part = x[1:-1]
        x[0] = v
        part[:, ::2] -= 1
        x.T[1] = 3
        x[x > 2] *= 2
        x[-1] = x[0] + x[1]
        v[::-1] = v
        return part, x[:, x[0] > 0].sum(axis=1), v.reshape(1, -1)

    jitted = rfx.jit(function, strict=True)
    for n in (5, 7, 40, 9):
        x, v = np.arange(n * 6.0).reshape(n, 6) / 2 - 4, np.arange(6.0)
        mine, theirs = (x.copy(), v.copy()), (x, v)
        check(jitted(*mine), function(*theirs), ulps=0)
        check(mine, theirs, ulps=0)
    assert jitted.compile_count == 2


def test_gradients_go_through_writes():
    def function(x, i):
        y = x.copy()
        y[1:] *= y[:-1]
        y[::2, 1::2] = x[0, 0] * 2
        y[x > 0] += 1 / x[x > 0]
        np.add.at(y, [1, 1], x[:2])
        y[i, 1:3] = x[2, 1:3] ** 2
        y.T[0] -= x[:, 1]
        return (y * np.arange(12.0).reshape(3, 4)).sum()

    x, h = X() / 3 + 0.1, 1e-6
    want = np.empty_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        want[place] = (function(x + step, 1) - function(x - step, 1)) / (2 * h)
    np.testing.assert_allclose(rfx.grad(function)(x, 1), want, rtol=1e-6, atol=1e-6)


def test_a_write_of_all_elements_is_no_update():
    def function(x):
        x[...] = x * 2
        x[:, :] += 1
        x[x > 0] = 3
        x.T[:] = 4
        np.copyto(x, 5, where=x > 1)

    text = rfx.jit(function).lower(X()).text("rfx")
    assert "update_slice" not in text
    assert "scatter" not in text
    agrees(function, lambda: (X(),))


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="copy= of reshape is new"
)
def test_a_reshape_that_is_told_to_copy():
    def function(v):
        np.reshape(v, (2, 4), copy=True)[0] = 9
        return v * 1

    agrees(function, lambda: (arguments()[2],))
