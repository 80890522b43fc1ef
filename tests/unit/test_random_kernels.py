"""Random kernels mean the same in vectors, on scalars, interpreted, and in Python.

`RFX_FUZZ=2000 pytest tests/unit/test_random_kernels.py -s` is the long run, which
reports how often each construct came up.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from kernel_oracle import plain, same
from kernel_programs import Kernel, kernels

import rfxjit as rfx
from rfxjit.errors import KernelError
from rfxjit.interpreter import run

RUNS = int(os.environ.get("RFX_FUZZ", "60"))
fuzz = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize="RFX_FUZZ" not in os.environ,
    # Shrinking a kernel means compiling it a thousand times: minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SEEDS = (7, 8, 9)
SEEN: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    if "RFX_FUZZ" in os.environ:
        print("\nconstructs:", dict(SEEN.most_common()))  # noqa: T201 - the report


def inputs(dtype: str, kind: str, seed: int) -> list[np.ndarray]:
    """Ordinary and special values; more than one vector, and not a whole number."""
    rng = np.random.default_rng(seed)
    size = 43
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e-30]
    floats = [rng.normal(size=size) * 3 for _ in "xy"]
    floats[0][: len(special)] = special
    floats[1][3 : 3 + len(special)] = special
    info = np.iinfo(kind)
    whole = [rng.integers(-9, 9, size) for _ in "nm"]
    whole[0][:3] = info.max, info.min, 0
    whole[1][1:4] = -1, 0, info.min
    if seed != SEEDS[0]:  # the special values meet others
        rng.shuffle(floats[1])
        rng.shuffle(whole[1])
    return [*(f.astype(dtype) for f in floats), *(w.astype(kind) for w in whole)]


class Exact:
    """NumPy, but of two zeros the sign decides: NumPy's answer depends on the CPU."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def maximum(self, a: Any, b: Any) -> Any:
        return a + b if a == b == 0 else np.maximum(a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return -(-a + -b) if a == b == 0 else np.minimum(a, b)


def run_all(kernel: Kernel, dtype: str, kind: str) -> None:
    SEEN.update(kernel.constructs())
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
