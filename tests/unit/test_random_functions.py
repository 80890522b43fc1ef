"""Random functions with control flow do as jitted functions what they do in Python.

`RFX_FUZZ=2000 pytest tests/unit/test_random_functions.py -s` is the long run, which
reports how often each construct came up.
"""

from __future__ import annotations

import itertools
import linecache
from collections import Counter
from typing import Any

import fuzzing
import numpy as np
import pytest
from hypothesis import given
from kernel_oracle import Exact, inputs
from kernel_programs import Kernel, functions, kernels

import rfxjit as rfx

fuzz = fuzzing.fuzz(40)
SEEN: Counter[str] = Counter()
NUMBERS = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    if fuzzing.LONG:
        print("\nconstructs:", dict(SEEN.most_common()))  # noqa: T201 - the report


def function_of(text: str, numpy: Any) -> Any:
    """The function in a text, with a source that can be read."""
    file = f"<random {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": numpy}
    exec(compile(text, file, "exec"), namespace)
    return namespace["f"]


def arguments(*, arrays: bool) -> list[tuple[Any, ...]]:
    rows = inputs("f8", "i8", 7)
    found = [tuple(row[k] for row in rows) for k in (0, 1, 4, 20, 40)]
    if arrays:
        rng = np.random.default_rng(5)
        found = [(*given, rng.normal(size=5)) for given in found]
    return found


def same(a: Any, b: Any) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)
    nonzero = ~np.isnan(b) if b.dtype.kind == "f" else np.True_
    np.testing.assert_array_equal(np.signbit(a[nonzero]), np.signbit(b[nonzero]))


def check(program: Kernel, *, arrays: bool) -> None:
    SEEN.update(program.constructs())
    plain = function_of(program.text, Exact())
    function = function_of(program.text, np)
    for backend in ("cpu", "interpreter"):
        jitted = rfx.jit(function, strict=True, backend=backend)
        for given_ in arguments(arrays=arrays):
            own, theirs = ([np.copy(a)[()] for a in given_] for _ in range(2))
            with np.errstate(all="ignore"):  # also of numbers that are known
                expected = [*plain(*theirs), *theirs[4:]]
                got = [*jitted(*own), *own[4:]]
            for a, b in zip(got, expected, strict=True):
                same(a, b)
        assert jitted.compile_count == 1


@fuzz
@given(kernels())
def test_of_scalars(program: Kernel) -> None:
    check(program, arrays=False)


@fuzz
@given(functions())
def test_of_arrays(program: Kernel) -> None:
    check(program, arrays=True)
