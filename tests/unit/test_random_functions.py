"""Random functions with control flow do as jitted functions what they do in Python.

`RFX_FUZZ=2000 pytest tests/unit/test_random_functions.py` is the long run, which
reports how often each construct came up.
"""

from __future__ import annotations

from typing import Any

import fuzzing
import numpy as np
from fuzz_coverage import saw
from hypothesis import given
from kernel_oracle import Exact, inputs, same
from kernel_programs import Kernel, functions, kernels
from readable import run_text

import rfxjit as rfx

fuzz = fuzzing.fuzz(40)


def arguments(*, arrays: bool) -> list[tuple[Any, ...]]:
    rows = inputs("f8", "i8", 7)
    found = [tuple(row[k] for row in rows) for k in (0, 1, 4, 20, 40)]
    if arrays:
        rng = np.random.default_rng(5)
        found = [(*given, rng.normal(size=5)) for given in found]
    return found


def check(program: Kernel, *, arrays: bool) -> None:
    saw("construct", program.constructs())
    plain = run_text(program.text, {"np": Exact()})["f"]
    # NumPy runs where all is known, here too.
    function = run_text(program.text, {"np": Exact()})["f"]
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
