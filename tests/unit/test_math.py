"""The math library: error bounds, special values, NumPy's own validation sets.

Errors are in ULP of the result's format at the exact value. The bounds here are what
the docstrings in `rfxjit/passes/math/` promise; none is more than 1 ULP above what
NumPy itself measures on the same points, and none is over 4.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from accuracy import PAGE, exactly
from math_cases import BY_NAME, CASES, FLOATS, Array, errors, points
from numpy_emit import evaluate

import rfxjit as rfx


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [c.name for c in CASES.values() if c.numpy])
def test_error_against_a_wider_format(name: str, dtype: Any, has_fma: bool) -> None:
    """NumPy in float64 for f32, in an 80-bit long double for f64 where there is one."""
    case = CASES[name]
    assert case.numpy is not None
    wide = np.float64 if dtype is np.float32 else np.longdouble
    if np.finfo(wide).nmant <= np.finfo(dtype).nmant + 8:
        pytest.skip("no wider format here")
    operands = points(case, dtype, 8000)
    with np.errstate(all="ignore"):
        exact = case.numpy(*(a.astype(wide) for a in operands))
        error = errors(evaluate(BY_NAME[name], *operands, has_fma=has_fma), exact)
    worst = int(np.argmax(error))

    assert error[worst] <= case.bounds[FLOATS.index(dtype)], [
        a[worst] for a in operands
    ]


def test_the_worst_inputs_of_the_page() -> None:
    """The long run over all f32 inputs found them; the suite tries a few thousand."""
    tables = PAGE.read_text(encoding="utf-8").split("\n## float")[1:]
    found = 0
    for index, table in enumerate(tables):
        for row in table.splitlines():
            cells = [cell.strip() for cell in row.split("|")]
            if len(cells) < 5 or cells[1] not in CASES:
                continue
            case, dtype = CASES[cells[1]], FLOATS[index]
            operands = tuple(dtype(number) for number in cells[4].split(", "))
            got = evaluate(BY_NAME[case.name], *operands)[0]
            error = exactly(case, operands, got)
            assert np.isnan(error) or error <= case.bounds[index], row
            found += 1
    assert found == 2 * len(CASES)


@pytest.mark.parametrize("name", ["exp", "exp2"])
def test_the_same_bits_with_ldexp(name: str) -> None:
    bits = np.random.default_rng(0).integers(0, 1 << 32, 100_000, np.uint32)
    for x in (bits.view(np.float32), np.linspace(-160, 140, 300_000, dtype=np.float32)):
        both = [evaluate(BY_NAME[name], x, has_ldexp=has) for has in (False, True)]
        np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CASES)
def test_error_against_mpmath(name: str, dtype: Any) -> None:
    """The same on fewer points, with the exact value to 60 digits and more."""
    case = CASES[name]
    operands = [a[::7] for a in points(case, dtype, 400)]
    got = evaluate(BY_NAME[name], *operands)
    info = np.finfo(dtype)
    bound = case.bounds[FLOATS.index(dtype)]
    checked = 0
    # A huge angle needs all its integer digits of pi, or its reduced value is noise.
    with mpmath.workprec(1300 if name in ("sin", "cos", "tan") else 250):
        for *arguments, result in zip(*operands, got, strict=True):
            finite = np.all(np.isfinite([*arguments, result]))
            if not finite or 0 in arguments:  # mpmath has no -0
                continue
            numbers = [mpmath.mpf(float(a)) for a in arguments]
            exact = case.exact(*numbers)
            if exact == 0:
                continue
            size = case.size(exact, *numbers)
            exponent = max(mpmath.frexp(size)[1] - 1, info.minexp)
            ulp = mpmath.ldexp(1, exponent - info.nmant)
            assert abs(float(result) - exact) <= bound * ulp, arguments
            checked += 1

    assert checked > 60


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_sine_beside_a_cosine(dtype: Any) -> None:
    """Both share the reduction: another sine than one that is alone."""
    wide = np.float64 if dtype is np.float32 else np.longdouble
    if np.finfo(wide).nmant <= np.finfo(dtype).nmant + 8:
        pytest.skip("no wider format here")
    (x,) = points(CASES["sin"], dtype, 8000)
    both = rfx.jit(lambda x: (np.sin(x), np.cos(x)), strict=True)
    for name, got in zip(("sin", "cos"), both(x), strict=True):
        with np.errstate(all="ignore"):
            error = errors(got, getattr(np, name)(x.astype(wide)))

        assert error.max() <= CASES[name].bounds[FLOATS.index(dtype)], name


@pytest.mark.parametrize("dtype", FLOATS)
def test_huge_angles(dtype: Any) -> None:
    """Arguments made to fall next to multiples of pi/2, and the ends of the range."""
    info = np.finfo(dtype)
    hard = [6381956970095103.0 * 2.0**797, 2.0**1023, 1.7976931348623157e308, 2.0**27]
    if dtype is np.float32:
        hard = [16367173.0 * 2.0**72, 2.0**127, float(info.max), 39000.0, 2.0**23]
    x = np.array([*hard, *np.negative(hard)], dtype)
    with mpmath.workprec(1300):
        for name in ("sin", "cos", "tan"):
            got = evaluate(BY_NAME[name], x)
            for argument, result in zip(x, got, strict=True):
                exact = CASES[name].exact(mpmath.mpf(float(argument)))
                error = abs(float(result) / exact - 1)
                assert error < 2.5 * float(info.eps), (name, argument)


POWERS = (
    # x^0 and 1^y are 1 whatever the other one is.
    (np.nan, 0.0, 1.0), (np.nan, -0.0, 1.0), (1.0, np.nan, 1.0), (1.0, np.inf, 1.0),
    (-1.0, np.inf, 1.0), (-1.0, -np.inf, 1.0),
    (0.0, -1.0, np.inf), (-0.0, -1.0, -np.inf), (-0.0, -2.0, np.inf),
    (-0.0, -0.5, np.inf), (0.0, -np.inf, np.inf), (-0.0, 3.0, -0.0), (-0.0, 2.0, 0.0),
    (-0.0, 0.5, 0.0), (0.0, np.inf, 0.0),
    (0.5, -np.inf, np.inf), (2.0, -np.inf, 0.0), (0.5, np.inf, 0.0),
    (-2.0, np.inf, np.inf),
    (-np.inf, -3.0, -0.0), (-np.inf, -2.0, 0.0), (-np.inf, 3.0, -np.inf),
    (-np.inf, 2.0, np.inf), (-np.inf, 0.5, np.inf), (np.inf, -1.0, 0.0),
    (np.inf, 1e-3, np.inf), (-8.0, 1 / 3, np.nan), (-8.0, 3.0, -512.0),
    (-2.0, -3.0, -0.125), (np.nan, 1.0, np.nan), (2.0, np.nan, np.nan),
)  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_powers(dtype: Any) -> None:
    """IEEE 754-2019, 9.2.1."""
    x, y, expected = np.array(POWERS, dtype).T
    got = evaluate(BY_NAME["powf"], x, y)

    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


@pytest.mark.parametrize("dtype", FLOATS)
def test_exact_results(dtype: Any) -> None:
    """Where the result is a float, these functions return it."""
    info = np.finfo(dtype)
    n = np.arange(info.minexp - info.nmant, info.maxexp)
    powers = np.ldexp(dtype(1), n)
    np.testing.assert_array_equal(evaluate(BY_NAME["exp2"], n.astype(dtype)), powers)
    np.testing.assert_array_equal(evaluate(BY_NAME["log2"], powers), n)
    cubes = np.arange(-50, 50).astype(dtype)
    np.testing.assert_array_equal(evaluate(BY_NAME["cbrt"], cubes**3), cubes)
    odd = np.array([0.0, -0.0], dtype)
    for name in ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh",
                 "expm1", "log1p", "cbrt", "erf"):  # fmt: skip
        got = evaluate(BY_NAME[name], odd)
        np.testing.assert_array_equal(np.signbit(got), [False, True], err_msg=name)
        assert not got.any()


VALIDATION = Path(np.__file__).parent / "_core" / "tests" / "data"
ALIASES = {f"arc{n}": f"a{n}" for n in ("cos", "cosh", "sin", "sinh", "tan", "tanh")}


@pytest.mark.parametrize("file", sorted(VALIDATION.glob("umath-validation-set-*.csv")))
def test_validation_set_of_numpy(file: Path) -> None:
    """Every row, within the number of floats that the row allows."""
    name = file.stem.removeprefix("umath-validation-set-")
    rows = [
        row
        for row in csv.reader(file.read_text(encoding="utf-8").splitlines())
        if row and row[0] in ("np.float32", "np.float64")
    ]
    assert rows
    for dtype in FLOATS:
        bits = np.dtype(f"u{np.dtype(dtype).itemsize}")
        chosen = [row for row in rows if row[0] == f"np.{dtype.__name__}"]
        x = np.array([int(row[1], 16) for row in chosen], bits).view(dtype)
        expected = np.array([int(row[2], 16) for row in chosen], bits).view(dtype)
        got = evaluate(BY_NAME[ALIASES.get(name, name)], x)
        nan = np.isnan(expected)
        np.testing.assert_array_equal(np.isnan(got), nan)
        allowed = np.array([int(row[3]) for row in chosen])
        # Infinities count as the float after the largest one.
        distance = np.abs(_ordinal(got[~nan]) - _ordinal(expected[~nan]))
        assert np.all(distance <= allowed[~nan])


def _ordinal(x: Array) -> Array:
    """The place of a float in the order of all of them; both zeros are 0."""
    bits = np.abs(x).view(np.dtype(f"i{x.dtype.itemsize}"))
    return np.where(np.signbit(x), -bits, bits)


def test_every_function_has_a_case() -> None:
    assert set(CASES) == set(BY_NAME)


@pytest.mark.parametrize("name", CASES)
def test_docstrings_state_the_bounds_that_are_tested(name: str) -> None:
    pairs = re.findall(r"([\d.]*\d) / ([\d.]*\d) ULP", BY_NAME[name].__doc__ or "")

    assert pairs
    assert CASES[name].bounds == tuple(
        max(map(float, column)) for column in zip(*pairs, strict=True)
    )


def test_accuracy_page_is_that_of_these_bounds() -> None:
    """Each function in both formats, no bound over 4, none exceeded when measured."""
    text = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if " | **" in line]
    assert len(rows) == 2 * len(CASES)
    for name, bound, ours, _, without_fma, numpy, *_ in rows:
        promised = float(bound)
        assert promised in CASES[name.removeprefix("| ")].bounds
        assert max(float(ours.strip("*")), float(without_fma)) <= promised <= 4
        assert not numpy.strip() or promised <= float(numpy) + 1
