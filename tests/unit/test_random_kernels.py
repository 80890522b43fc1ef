"""Random kernels mean the same in vectors, on scalars, interpreted, and in Python.

`RFX_FUZZ=2000 pytest tests/unit/test_random_kernels.py` is the long run, which
reports how often each construct came up.
"""

from __future__ import annotations

from typing import Any

import fuzzing
from fuzz_coverage import saw
from hypothesis import given, reject
from kernel_oracle import SEEDS, Exact, inputs, plain, same
from kernel_programs import Kernel, kernels

import rfxjit as rfx
from rfxjit.errors import KernelError
from rfxjit.interpreter import run

fuzz = fuzzing.fuzz(60)


def run_all(kernel: Kernel, dtype: str, kind: str) -> None:
    saw("construct", kernel.constructs())
    sets = [inputs(dtype, kind, seed) for seed in SEEDS]
    # Traced once: compiling is what takes the time, and running almost none.
    source = rfx.kernel_from_source(kernel.text)
    try:
        lowered = source.lower(*sets[0])
    except KernelError as error:
        # Literals that do not fit into the dtype they meet, as in NumPy.
        if "out of bounds" in str(error) or "64 bits" in str(error):
            reject()
        raise
    native = lowered.compile()
    namespace: dict[str, Any] = {"np": Exact()}
    exec(kernel.text, namespace)
    for number, arrays in enumerate(sets):
        results = native(*arrays)
        others = [run(lowered.program.module, "f", arrays)]
        if not kernel.weak:
            others.append(plain(namespace["f"], *arrays, like=results))
        for other in others:
            for a, b in zip(results, other, strict=True):
                same(a, b)
        if number == 0 and len(kernel.text) % 3 == 0:  # one compilation more
            for k in (0, 4, 40):
                scalars = source(*(a[k : k + 1] for a in arrays))
                for a, b in zip(results, scalars, strict=True):
                    same(a[k : k + 1], b)


@fuzz
@given(kernels())
def test_as_in_python(kernel: Kernel) -> None:
    run_all(kernel, "f8", "i8")


@fuzz
@given(kernels(weak=True))
def test_with_weak_numbers_and_other_dtypes(kernel: Kernel) -> None:
    run_all(kernel, "f4", "i4")
