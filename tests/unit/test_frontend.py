"""Programs through the front door: NumPy = interpreter = native code."""

from __future__ import annotations

import functools
import math
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

import rfxjit as rfx

RNG = np.random.default_rng(7)
X = RNG.standard_normal((5, 7))
Y = RNG.standard_normal(7)


def helper(a):
    return a * 2 + np.sin(a)


def rotation(a):
    c, s = math.cos(a), math.sin(a)
    matrix = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    z = np.zeros(3)
    z[0] = s
    z[1:] += c
    return matrix @ z, {"c": float(c)}, z[::-1].sum()


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def horner(x):
    result = np.zeros_like(x)
    for i, c in enumerate([1.0, 2.0, 3.0]):
        result = result * x + c * (i + 1)
    return result


def listed(x):
    return [v + 1 for v in x], (x.shape[0], len(x))


PROGRAMS = [
    (lambda x: helper(x) - 1, (X,)),
    (lambda x, y: np.tanh(x * 2 + 1) * np.exp(-y * y) + np.sqrt(np.abs(x)), (X, Y)),
    (rotation, (0.3,)),
    (softmax, (X,)),
    (horner, (X,)),
    (listed, (Y[:3],)),
    (lambda x: x[1:4, ::-2], (X,)),
    (lambda x: x[..., None, 0].T, (X,)),
    (lambda x, i: x[i], (Y, np.array([0, -1, 3]))),
    (lambda x, y: x @ y, (X, Y)),
    (lambda x: x.T @ x, (X,)),
    (lambda x: np.stack([x, -x], axis=1).reshape(2, -1), (Y,)),
    (lambda x: np.concatenate([x[:2], x]), (X,)),
    (lambda x: (x.mean(axis=0), x.var(), np.std(x, axis=1)), (X,)),
    (lambda x: np.where(x > 0, x, 0.0), (X,)),
    (lambda x: np.clip(x, -0.5, 0.5), (X,)),
    (
        lambda a, b: (a // b, a % b, a & b, a << 2),
        (np.arange(-5, 5), np.arange(10) - 4),
    ),
    (lambda a, b: a // b, (X, np.abs(X) + 0.5)),
    (lambda a: (a + 1, a * 2.5, -a), (np.arange(6, dtype=np.int8),)),
    (
        lambda a, b: (a | b, a + b, ~a),
        (np.array([True, False]), np.array([True, True])),
    ),
    (lambda x: (x.argmax(), x.argmin(axis=1), (x > 0).any(), (x > -9).all()), (X,)),
    (lambda x: (x.sum(axis=0), x.prod(axis=1), x.max(), np.min(x, axis=0)), (X,)),
    (lambda a, b: np.arctan2(a, b) + np.hypot(a, b), (2.0, 3.0)),
    (lambda a: a * 2 + 1, (3,)),
    (
        lambda x: (
            np.linalg.norm(x, axis=1) + np.cross(x[:3, :3], x[1:4, :3])[:, 0].sum()
        ),
        (X,),
    ),
    (lambda x: x.astype(np.float32).sum() + np.float32(1), (X,)),
    (lambda x: x * np.pi / x.shape[0], (X,)),
]


def equal(got, want):
    assert type(got) is type(want)
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            equal(g, w)
    elif isinstance(want, dict):
        assert got.keys() == want.keys()
        for key, value in want.items():
            equal(got[key], value)
    else:
        got, want = np.asarray(got), np.asarray(want)
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        rtol = 4e-7 if want.dtype == np.float32 else 1e-14
        np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("backend", ["cpu", "interpreter"])
@pytest.mark.parametrize("case", range(len(PROGRAMS)))
def test_program(case, backend):
    function, arguments = PROGRAMS[case]
    jitted = rfx.jit(function, backend=backend, strict=True)
    with np.errstate(all="ignore"):
        want = function(*arguments)
    equal(jitted(*arguments), want)


GAIN = 2.0
TABLE = np.array([1.0, 2.0])


def test_a_captured_gain_is_read_at_each_call():
    global GAIN  # noqa: PLW0603 - a captured value that changes
    jitted = rfx.jit(lambda x: GAIN * x, strict=True)
    GAIN = 2.0
    assert jitted(3.0) == 6.0
    GAIN = 5.0
    assert jitted(3.0) == 15.0
    assert jitted.compile_count == 1


def test_a_captured_array_is_read_at_each_call():
    jitted = rfx.jit(lambda x: TABLE * x, strict=True)
    before = TABLE.copy()
    equal(jitted(3.0), TABLE * 3.0)
    TABLE[0] = 9.0
    equal(jitted(3.0), TABLE * 3.0)
    TABLE[:] = before


@dataclass
class Gains:
    kp: float
    on: bool = True


def test_attributes_of_captured_objects_and_guards():
    gains = Gains(2.0)

    @rfx.jit(strict=True)
    def control(error):
        if gains.on:
            return gains.kp * error
        return 0.0 * error

    assert control(1.0) == 2.0
    gains.kp = 4.0
    assert control(1.0) == 4.0
    assert control.compile_count == 1
    gains.on = False
    assert control(1.0) == 0.0
    assert control.compile_count == 2


class Controller:
    def __init__(self):
        self.gain = 3.0

    @rfx.jit(strict=True)
    def step(self, error, scale=2.0):
        return self.gain * error * scale


def test_a_method_with_a_default():
    controller = Controller()
    assert controller.step(1.0) == 6.0
    controller.gain = 1.0
    assert controller.step(1.0, scale=5.0) == 5.0


def test_in_place_writes_reach_the_caller():
    @rfx.jit(strict=True)
    def update(x):
        x += 1
        x[0] = 5
        return x

    x = np.zeros(4)
    assert update(x) is x
    np.testing.assert_array_equal(x, [5, 1, 1, 1])


def test_writes_through_a_reshape_that_may_be_a_copy_are_refused():
    def reshaped(x):
        flat = x.reshape(-1)
        flat[0] = 5
        return x + 1

    def computed(x):
        y = x * 2
        flat = y.ravel()
        y += 1
        return flat, y

    def contiguous(x):
        y = np.ascontiguousarray(x)
        y[0] = 1
        return x

    def behind(x):
        y = x.ravel()
        x[0] = 5
        return y + 1

    def chosen(x):
        y = x.copy()[:, [1, 0]]  # NumPy's own has the order of columns
        flat = y.reshape(-1)
        y[0, 0] = 5
        return flat

    for function in (reshaped, computed, contiguous, behind, chosen):
        with pytest.raises(rfx.TraceError, match="a view or a copy"):
            rfx.jit(function, strict=True)(np.ones((2, 2)))
        for order in "CF":
            mine, theirs = np.ones((2, 2), order=order), np.ones((2, 2), order=order)
            with pytest.warns(rfx.RfxFallbackWarning):
                equal(rfx.jit(function)(mine), function(theirs))
            equal(mine, theirs)


def test_new_sizes_compile_at_most_twice():
    jitted = rfx.jit(lambda x: (x * 2 + 1).sum(), strict=True)
    for n in range(3, 23):
        assert jitted(np.arange(float(n))) == (np.arange(float(n)) * 2 + 1).sum()
    assert jitted.compile_count <= 2


def test_long_sums_follow_the_lane_tree():
    x = RNG.standard_normal(10_001).astype(np.float32)
    native = rfx.jit(lambda x: x.sum(), strict=True)(x)
    reference = rfx.jit(lambda x: x.sum(), strict=True, backend="interpreter")(x)
    assert native.tobytes() == reference.tobytes()
    assert abs(float(native) - x.astype(np.float64).sum()) < 1e-3


def test_an_index_out_of_range_is_an_index_error():
    jitted = rfx.jit(lambda x, i: x[i], strict=True)
    with pytest.raises(IndexError, match="out of bounds"):
        jitted(Y, np.array([0, 7]))


@pytest.mark.parametrize(
    ("function", "arguments", "error", "text"),
    [
        (lambda x, y: x + y, (np.ones(3), np.ones(4)), ValueError, r"\(3,\) \(4,\)"),
        (lambda x, y: x @ y, (np.ones(3), np.ones(4)), ValueError, "mismatch"),
        (lambda x: x if x[0] > 0 else x[1:], (np.ones(3),), TypeError,
         "this expression is an array"),
        (lambda x: x[x > 0], (np.ones(3),), TypeError, "mask"),
        (lambda x: x + 1, (np.ones(3, complex),), TypeError,
         "'x' has dtype complex128"),
        (lambda x: x + 1, (np.array(["a"]),), TypeError, "'x' has dtype"),
    ],
)  # fmt: skip
def test_refusals(function, arguments, error, text):
    with pytest.raises(error, match=text):
        rfx.jit(function, strict=True)(*arguments)


def test_a_refusal_names_the_line():
    def branch(x):
        if x[0] > 0:
            return x
        return x[1:]

    with pytest.raises(rfx.TraceError) as caught:
        rfx.jit(branch, strict=True)(np.ones(3))
    assert "test_frontend.py" in str(caught.value)
    assert "return x[1:]" in str(caught.value)
    with pytest.warns(rfx.RfxFallbackWarning):
        np.testing.assert_array_equal(rfx.jit(branch)(np.ones(3)), np.ones(3))


def test_a_write_to_a_captured_array_is_refused():
    def spoil(x):
        TABLE[0] = x

    with pytest.raises(TypeError, match="captured"):
        rfx.jit(spoil, strict=True)(1.0)


def test_text_at_each_level():
    jitted = rfx.jit(lambda x: np.sin(x) * 2)
    lowered = jitted.lower(np.ones(3))
    for level, mark in {
        "rfx": "rfx.sin", "fused": "rfx.map", "loops": "scf.parallel",
        "llvm": "llvm.func", "llvm-ir": "define i32",
    }.items():  # fmt: skip
        assert mark in lowered.text(level)
    with pytest.raises(ValueError, match="levels are"):
        lowered.text("assembly")


@pytest.mark.parametrize("n", [1, 2, 3, 17, 70])
def test_sums_of_negative_zero(n):
    x = np.full(n, -0.0)
    native = rfx.jit(lambda x: x.sum(), strict=True)(x)
    reference = rfx.jit(lambda x: x.sum(), strict=True, backend="interpreter")(x)
    assert native.tobytes() == reference.tobytes()


def test_a_sum_over_no_axis_is_the_array():
    np.testing.assert_array_equal(rfx.jit(lambda x: np.sum(x, axis=()))(Y), Y)


def test_symbolic_results_and_workspaces():
    def f(x, y):
        e = np.exp(x - x.max())
        return e / e.sum() + np.concatenate([y, y])[: x.shape[0]], x.shape[0] * 2.0

    def g(x):
        return np.tanh(x) * 2, x[::-1] + x

    for function, count in ((f, 2), (g, 1)):
        jitted = rfx.jit(function, strict=True)
        for n in (5, 9, 400, 3000):
            arguments = [RNG.standard_normal(n) for _ in range(count)]
            equal(jitted(*arguments), function(*arguments))


def test_python_numbers_divide_as_python():
    jitted = rfx.jit(lambda a, b: a / b, strict=True)
    assert jitted(1, 4) == 0.25
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        jitted(1, 0)


def test_each_of_several_lambdas_in_a_line_is_itself():
    fs = [("a", lambda x: x + 1), ("b", lambda x: x * 2), ("c", lambda x, y: x - y),
          ("d", lambda x: (lambda z: z * x)(x + 10.0))]  # fmt: skip  # noqa: PLC3002 - one in another
    x = np.arange(3.0)
    for _, f in fs[:2] + fs[3:]:
        jitted = rfx.jit(f, strict=True)
        np.testing.assert_array_equal(jitted(x), f(x))
    np.testing.assert_array_equal(rfx.jit(fs[2][1], strict=True)(x, x), x - x)


@dataclass(frozen=True)
class Pose:
    position: np.ndarray
    heading: float


def test_dataclasses_are_returned():
    @rfx.jit(strict=True)
    def moved(pose, step):
        return Pose(pose.position + step, pose.heading * 2.0), {"at": pose.heading}

    pose, extra = moved(Pose(np.arange(3.0), 0.5), 1.0)
    assert type(pose) is Pose
    np.testing.assert_array_equal(pose.position, [1.0, 2.0, 3.0])
    assert (pose.heading, extra) == (1.0, {"at": 0.5})


def test_any_number_of_arguments():
    @rfx.jit(strict=True)
    def total(first, *rest, scale=1.0, **named):
        return scale * (first + sum(rest)) + named.get("offset", 0.0)

    x = np.arange(3.0)
    np.testing.assert_array_equal(total(x), x)
    np.testing.assert_array_equal(total(x, x, x), 3 * x)
    np.testing.assert_array_equal(total(x, x, scale=2.0, offset=1.0), 4 * x + 1)


def test_callables_that_are_no_functions():
    x = np.linspace(0.1, 0.9, 5)
    np.testing.assert_allclose(rfx.jit(np.sin, strict=True)(x), np.sin(x))
    shifted = functools.partial(np.add, 1.0)
    np.testing.assert_array_equal(rfx.jit(shifted, strict=True)(x), x + 1)
    assert rfx.jit(math.sin, strict=True)(0.5) == pytest.approx(math.sin(0.5))

    class Gain:
        gain = 2.0

        @rfx.jit(strict=True)
        def apply(self, x):
            return self.gain * x

    np.testing.assert_array_equal(rfx.jit(Gain().apply, strict=True)(x), 2 * x)


@pytest.mark.parametrize(
    "case",
    [lambda x: x[1:] - x[:-1], lambda x: x[::2], lambda x: x[1:-1] * 2,
     lambda x: x[len(x) // 2 :], lambda x: x[: x.shape[0] // 3] + 1, lambda x: x[::-2],
     lambda x: np.zeros(len(x)) + x, lambda x: x[-2:], lambda x: x[1::3].sum()],
)  # fmt: skip
def test_slices_of_any_size_compile_twice(case):
    jitted = rfx.jit(case, strict=True)
    for n in (5, 6, 2, 9, 31, 3):
        x = np.arange(float(n))
        np.testing.assert_array_equal(jitted(x), case(x))
    assert jitted.compile_count == 2


def test_a_slice_that_may_be_clipped_pins_the_size():
    jitted = rfx.jit(lambda x: x[3:], strict=True)
    for n in (5, 2, 7):
        x = np.arange(float(n))
        np.testing.assert_array_equal(jitted(x), x[3:])
    assert jitted.compile_count == 3
    assert "this size is used as a number" in jitted.explain()


COMPOSITES = [np.deg2rad, np.degrees, np.fabs, np.reciprocal,
              lambda x: np.heaviside(x, x), lambda x: np.logaddexp(x, x),
              lambda x: np.float_power(x, x)]  # fmt: skip


@pytest.mark.parametrize("dtype", list("?bBhHilefd"))
@pytest.mark.parametrize("function", COMPOSITES)
def test_composed_ufuncs_have_numpys_dtypes(function, dtype):
    x = np.array([1, 2, 3]).astype(dtype)
    try:
        want = function(x)
    except TypeError:
        with pytest.raises(TypeError):
            rfx.jit(function, strict=True)(x)
        return
    got = rfx.jit(function, strict=True)(x)
    assert got.dtype == want.dtype
    tolerance = 2e-3 if want.dtype == np.float16 else 1e-6
    np.testing.assert_allclose(got.astype("d"), want.astype("d"), rtol=tolerance)


@pytest.mark.parametrize(
    "function",
    [lambda x: np.reciprocal(x.astype(int)), lambda x: np.add.reduce(x, axis=1),
     lambda x: np.argmax(x, keepdims=True), lambda x: np.var(x, ddof=99),
     lambda x: np.add(x, 1, dtype="f4"), lambda x: np.vdot(x, x),
     lambda x: np.linalg.norm(x, axis=1)],
)  # fmt: skip
def test_keywords_mean_what_they_mean_in_numpy(function):
    x = np.arange(1.0, 7.0).reshape(2, 3) * [1, -1, 1]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = np.asarray(function(x))
    got = np.asarray(rfx.jit(function, strict=True)(x))
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [lambda x: np.linalg.norm(x, axis=(0, 1), ord=2), lambda x: x.astype("c16"),
     lambda x: np.zeros_like(x, order="F"),
     lambda x: np.add(x, 1, signature="dd->d")],
)  # fmt: skip
def test_keywords_that_are_not_traced_are_refused(function):
    with pytest.raises(rfx.TraceError):
        rfx.jit(function, strict=True)(np.ones((2, 3)))
