"""Control flow on traced values: as plain Python does it, on every executor."""

from __future__ import annotations

import copy
from typing import Any

import control_functions  # noqa: F401 - registers its cases
import control_in_place  # noqa: F401
import numpy as np
import pytest
from control_code import CASES

import rfxjit as rfx

X = np.ones(3)


def flat(value: Any) -> list[Any]:
    """The numbers and arrays in a result."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in flat(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flat(item)]
    return [value]


@pytest.mark.parametrize("backend", ["interpreter", "cpu"])
@pytest.mark.parametrize(
    ("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES]
)
def test_as_python(function: Any, arguments: Any, backend: str) -> None:
    jitted = rfx.jit(function, strict=True, backend=backend)
    for given in arguments:
        own, theirs = copy.deepcopy(given), copy.deepcopy(given)
        expected, got = function(*theirs), jitted(*own)
        assert type(got) in (type(expected), np.float64, np.float32, np.int64, np.bool_)
        pairs = zip(flat([got, own]), flat([expected, theirs]), strict=True)
        for a, b in pairs:
            assert np.shape(a) == np.shape(b)
            if isinstance(b, (str, type(None))):
                assert a == b
            else:
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


# ---- what cannot be compiled is refused, with the line and the way out


def unset(x):
    if x > 0:
        y = 1.0
    return y


def unset_after_a_loop(n):
    for i in range(int(n)):
        y = i * 2
    return y


def two_shapes(x):
    if x[0] > 0:
        y = x
    else:
        y = x[1:]
    return y + 1


def two_structures(x):
    if x[0] > 0:
        return x
    return x, x


def falls_off(x):
    if x[0] > 0:
        return x


def two_strings(x):
    return "a" if x[0] > 0 else "b"


def grows(x):
    out = []
    while x[0] < 5:
        out.append(x)
        x = x * 2
    return out


def grows_on_one_side(x):
    out = [x]
    if x[0] > 0:
        out.append(x)
    return out


def writes_to_either(x):
    y = np.zeros(3)
    if x[0] > 0:
        y = x
    y[0] = 5
    return y


def writes_to_either_in_a_loop(x):
    y = x
    while x[0] > 0:
        y[0] = 5
        y = y - 1
    return y


def tries(x):
    try:
        if x[0] > 0:
            return x
    except ValueError:
        pass
    return -x


def uses_an_iterator_up(x):
    numbers = iter([1.0, 2.0])
    if x[0] > 0:
        for v in numbers:
            x = x + v
    return x


def recurses(n):
    if n[0] <= 1:
        return n
    return n * recurses(n - 1)


def never_ends(x):
    while True:
        x = x + 1


REFUSED = [
    (unset, 1.0, "'y' has no value on some paths", 3),
    (unset_after_a_loop, np.float64(3.0), "'y' has no value on some paths", 3),
    (two_shapes, X, r"'y' is an array of shape \(3,\) and an array of shape \(2,\)", 4),
    (two_structures, X, "the result is an array of shape .* and a tuple of 2", 3),
    (falls_off, X, "the result is an array of shape .* and None", 1),
    (two_strings, X, "this expression is 'a' and 'b'", 1),
    (grows, X, "a list gets or loses items in a loop", 4),
    (grows_on_one_side, X, "a list gets or loses items in a branch", 3),
    (writes_to_either, X, "cannot write to an array that may be another one", 4),
    (writes_to_either_in_a_loop, X, "cannot write to an array that may be", 3),
    (tries, X, "as a condition: tries has try", 2),
    (uses_an_iterator_up, X, "an iterator would be used up", 3),
    (recurses, X, "recurses calls itself", 1),
    (never_ends, X, "this loop never ends", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "argument", "text", "line"),
    REFUSED,
    ids=[f.__name__ for f, *_ in REFUSED],
)
def test_refusals(function: Any, argument: Any, text: str, line: int) -> None:
    with pytest.raises(rfx.TraceError, match=text) as caught:
        rfx.jit(function, strict=True)(argument)
    place = caught.value.location
    assert place is not None
    assert place.line == function.__code__.co_firstlineno + line
    assert caught.value.hint


def test_without_source_a_branch_is_refused() -> None:
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    if x > 0: return x\n    return -x\n", namespace)
    with pytest.raises(rfx.TraceError, match="the source cannot be read"):
        rfx.jit(namespace["f"], strict=True)(1.0)
    with pytest.warns(rfx.RfxFallbackWarning):
        assert rfx.jit(namespace["f"])(-1.0) == 1.0


def test_rows_of_a_long_loop_cannot_be_written_to() -> None:
    def rows(x):
        for row in x:
            row[0] = 1.0

    # The loop is unrolled instead: rows are views there.
    x = np.zeros((30, 2))
    rfx.jit(rows, strict=True)(x)
    np.testing.assert_array_equal(x[:, 0], np.ones(30))


# ---- failures at run time


def negative(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(x)


def in_a_loop(x):
    total = 0.0
    for i in range(30):
        if x > 100.0 + i:
            raise OverflowError("too large")
        x = x * 2.0
        total += x
    return total


def asserted(x):
    if x > -10:
        assert x > 0, "positive"
    return x


def wrong_on_one_side(x):
    table = [1.0, 2.0]
    if x > 0:
        return x + table[1]
    return x + table[2]


def wrong_shapes_on_one_side(x):
    if x < 0:
        return np.sum(np.ones(3) + np.ones(4))
    return x


@pytest.mark.parametrize("backend", ["interpreter", "cpu"])
@pytest.mark.parametrize(
    ("function", "good", "bad", "error"),
    [
        (negative, 4.0, -4.0, ValueError("negative")),
        (in_a_loop, -1.0, 1.0, OverflowError("too large")),
        (asserted, 4.0, -4.0, AssertionError("positive")),
        (wrong_on_one_side, 4.0, -4.0, IndexError("list index out of range")),
        (wrong_shapes_on_one_side, 4.0, -4.0, ValueError("operands could not be .*")),
    ],
)
def test_exceptions_are_raised_at_run_time(
    function: Any, good: float, bad: float, error: Exception, backend: str
) -> None:
    jitted = rfx.jit(function, strict=True, backend=backend)
    assert jitted(good) == function(good)
    with pytest.raises(type(error), match=f"^{error}$"):
        jitted(bad)
    assert jitted(good) == function(good)
    assert jitted.compile_count == 1


def in_a_known_round(x):
    for i in range(3):
        if i == 2:
            raise ValueError("no")
        x = x + 1
    return x


def on_both_sides(x):
    if x > 0:
        raise ValueError("positive")
    else:
        raise KeyError("negative")


def until_it_fails(x):
    while True:
        x = x * 2
        if x > 100:
            raise OverflowError("big")


def at_the_end(x):
    if x > 0:
        return x
    raise ValueError("negative")


def on_one_of_three(x):
    if x > 0:
        y = x
    elif x < -5:
        raise ValueError("low")
    else:
        y = -x
    return y


def in_nested_loops(x):
    for i in range(30):
        for j in range(30):
            if x > i * j + 500:
                raise OverflowError("far")
        x = x * 2
    return x


def outcome(function: Any, x: float) -> Any:
    """What a call gives, or what it raises."""
    try:
        return function(x)
    except (ValueError, KeyError, OverflowError) as error:
        return type(error), error.args


@pytest.mark.parametrize("backend", ["interpreter", "cpu"])
@pytest.mark.parametrize(
    "function",
    [in_a_known_round, on_both_sides, until_it_fails, at_the_end, on_one_of_three,
     in_nested_loops],
)  # fmt: skip
def test_raises_where_python_does(function: Any, backend: str) -> None:
    jitted = rfx.jit(function, strict=True, backend=backend)
    for x in (3.0, -3.0, -7.0):
        if function is until_it_fails and x < 0:
            continue
        assert outcome(jitted, x) == outcome(function, x)


@pytest.mark.parametrize("backend", ["interpreter", "cpu"])
def test_a_runaway_loop_is_an_error(backend: str) -> None:
    @rfx.jit(max_iters=1000, strict=True, backend=backend)
    def f(x):
        while x > 0:
            x = x + 1.0
        return x

    assert f(-1.0) == -1.0
    with pytest.raises(rfx.RunawayError, match="max_iters=1000"):
        f(1.0)


# ---- how often is compiled


def test_integers_and_sizes_do_not_compile_anew() -> None:
    @rfx.jit(strict=True)
    def f(x, n):
        total = 0.0
        for i in range(n):
            for v in x:
                total += v * i
        return total

    for size in (3, 5, 17, 40, 80):
        for n in range(6):
            x = np.arange(float(size))
            assert f(x, n) == f.__wrapped__(x, n)
    # Sizes up to 16 are unrolled where they are static, which the first one is.
    assert f.compile_count == 2


def test_a_known_argument_compiles_once_for_each_value() -> None:
    @rfx.jit(strict=True)
    def f(x, order):
        return x if order == 0 else x[:order]

    x = np.arange(5.0)
    for order in (0, 1, 2, 0, 1, 2):
        np.testing.assert_array_equal(f(x, order), f.__wrapped__(x, order))
    assert f.compile_count == 3
