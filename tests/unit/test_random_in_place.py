"""Random programs that write into arrays do what they do in NumPy, to the last bit.

`RFX_FUZZ=2000 pytest tests/unit/test_random_in_place.py` is the long run.
"""

from __future__ import annotations

import itertools
import warnings

import fuzzing
import numpy as np
from hypothesis import given
from in_place_programs import in_place_programs, start
from numpy_same import check
from readable import run_text

import rfxjit as rfx

REFUSED = (
    "a view or a copy", "with a slice between", "together with",
    # The length of a slice is known, where its bounds are not: refused when it runs.
    "is cut off by the end of its axis",
    # One of rows, one of elements: whether they fit together depends on data.
    "two different masks",
)  # fmt: skip
NUMBERS = itertools.count()
fuzz = fuzzing.fuzz(60)


@fuzz
@given(in_place_programs())
def test_as_in_numpy(text: str) -> None:
    function = run_text(text, {"np": np, "__name__": "program"})["f"]
    theirs, mine = start(), start()
    backend = "interpreter" if next(NUMBERS) % 4 else "auto"
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = function(**theirs)
    try:
        got = rfx.jit(function, strict=True, backend=backend)(**mine)
    except (rfx.TraceError, IndexError) as error:
        if not any(reason in str(error) for reason in REFUSED):
            raise
        return
    check(got, want, ulps=0)
    check(list(mine.values()), list(theirs.values()), ulps=0)
