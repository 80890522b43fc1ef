"""Each unary ufunc of floats, and power, beside NumPy's own.

All that NumPy 2.4 has but second names of the same function: `conj`, `deg2rad`.

As a CPU with AVX2 but without AVX-512 would run both:

    export RFX_JIT_CPU=haswell
    export NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR"
    rfxjit bench --rows ufunc-
"""

from __future__ import annotations

from functools import partial

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup

DOMAINS = {
    "exp": (-80, 80), "exp2": (-100, 100), "expm1": (-80, 80), "sinh": (-80, 80),
    "cosh": (-80, 80), "tanh": (-5, 5), "log": (0.01, 100), "log2": (0.01, 100),
    "log10": (0.01, 100), "log1p": (-0.9, 100), "asinh": (-100, 100),
    "acosh": (1, 100), "atanh": (-0.99, 0.99), "sin": (-10, 10), "cos": (-10, 10),
    "tan": (-10, 10), "asin": (-1, 1), "acos": (-1, 1), "atan": (-10, 10),
    "cbrt": (-100, 100), "sqrt": (0, 100), "power": (0.01, 20),
} | dict.fromkeys(
    ("absolute", "ceil", "conjugate", "degrees", "fabs", "floor", "frexp", "isfinite",
     "isinf", "isnan", "logical_not", "modf", "negative", "positive", "radians",
     "reciprocal", "rint", "sign", "signbit", "spacing", "square", "trunc"),
    (-100, 100),
)  # fmt: skip
"""NumPy's names of 2.0 and from where the arguments are."""
GROUP = ("every unary function in f4 and f8, and `power`", 0.6)


def race(name: str, dtype: str, setup: Setup) -> Race:
    """One function alone."""
    ufunc: np.ufunc = getattr(np, name)
    n = setup.parameters.size
    low, high = DOMAINS[name]
    arguments = tuple(
        setup.rng.uniform(low, high, n).astype(dtype) for _ in range(ufunc.nin)
    )

    def unary(x):
        return ufunc(x)

    def binary(x, y):
        return ufunc(x, y)

    tolerance = 1e-5 if dtype == "f4" else 1e-13
    return Race(
        f"`{name}` {dtype}, {n:,}",
        {
            "numpy": Runner(ufunc, arguments),
            "rfxjit": Runner(setup.jit(unary if ufunc.nin == 1 else binary), arguments),
        },
        elements=n,
        rtol=tolerance,
        atol=tolerance,
        target=("numpy", 1.05),
        group=GROUP,
    )


RACES = {
    f"ufunc-{name}-f{8 * int(dtype[1])}": partial(race, name, dtype)
    for name in DOMAINS
    for dtype in ("f4", "f8")
}
