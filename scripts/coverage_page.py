"""Renew docs/coverage.md: `python scripts/coverage_page.py`.

Every public function, ufunc and array method of NumPy is called in a jitted function,
with the calls of `tests/numpy_calls.py`; the page says which were compiled, and why the
others were not. `--check` changes nothing and fails if the page is stale.
"""

from __future__ import annotations

import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from numpy_calls import (  # noqa: E402 - found through the path above
    ARRAY_CALLS,
    METHODS,
    OUTSIDE,
    arguments,
    ufunc_call,
)

import rfxjit as rfx  # noqa: E402 - as above

PAGE = ROOT / "docs" / "coverage.md"
VERSION = ".".join(np.__version__.split(".")[:2])

TEXT = """\
# What of NumPy is compiled

Every public function, ufunc and array method of NumPy {version}, called in a function
under `@rfx.jit`. (`scripts/coverage_page.py` tries them all and renews this page.)

*Compiled* means: in one piece with the code around it, for all dtypes that rfxjit has,
with NumPy's values, dtypes and errors; `tests/unit/test_numpy_functions.py` and
`test_numpy_ufuncs.py` hold that. What is not compiled still runs under `@rfx.jit`: the
whole function then falls back to NumPy, with one `RfxFallbackWarning` that names the
line and the reason. Under `strict=True`, in `lower`, `grad` and `@kernel`, the reason
is an error.

| | compiled | not compiled |
|---|---|---|
{counts}

## Ufuncs

{ufuncs}

Of every elementwise ufunc: `out=`, `where=`, `dtype=`, `casting=`; of those with two
operands the methods `reduce`, `accumulate` and `outer`, where NumPy has them; of `add`
and `subtract` also `at`. `reduceat` is not compiled.

What can be read and written with `x[key]` is in [in_place.md](in_place.md).

## Functions

{functions}

### Not compiled

{refused}

### Nothing to compile

These compute no array from arrays. On values that are known while tracing they run as
they are.

{outside}

## Methods and attributes of arrays

{methods}

### Not compiled

{methods_refused}
"""


def reason(call: Callable[..., Any], dtype: str = "f8") -> str | None:
    """Why a call is not compiled; None if it is."""
    try:
        rfx.jit(call, strict=True)(*arguments(dtype))
    except rfx.TraceError as error:
        text = str(error).splitlines()[0]
        return text.partition(" is not traced: ")[2] or "not there yet"
    except TypeError:
        return "of numbers, NumPy itself refuses it"
    return None


def grouped(names: Iterable[str], calls: Callable[[str], Any]) -> tuple[Any, Any]:
    """The compiled names, and the others by their reasons."""
    compiled: list[str] = []
    others: dict[str, list[str]] = {}
    for name in names:
        why = next((r for c in calls(name) if (r := reason(c))), None)
        if why is None:
            compiled.append(name)
        else:
            others.setdefault(why, []).append(name)
    return compiled, others


def listed(names: Iterable[str]) -> str:
    """Names as code, in lines of the width of the page."""
    return textwrap.fill(
        ", ".join(f"`{n}`" for n in sorted(names)), 88, break_on_hyphens=False
    )


def explained(groups: dict[str, list[str]]) -> str:
    """Each group under its reason."""
    return "\n\n".join(
        f"{why[0].upper()}{why[1:]}:\n{listed(names)}"
        for why, names in sorted(groups.items())
    )


def exists(name: str) -> bool:
    """Whether this NumPy has a function of that dotted name."""
    owner: Any = np
    for part in name.split("."):
        owner = getattr(owner, part, None)
    return owner is not None


def page() -> str:
    """The text of the page."""
    names = [n for n in dir(np) if isinstance(getattr(np, n), np.ufunc)]
    ufuncs, no_ufuncs = grouped(names, lambda n: [ufunc_call(getattr(np, n))])
    functions, refused = grouped(filter(exists, ARRAY_CALLS), ARRAY_CALLS.__getitem__)
    own = [n for n in METHODS if hasattr(np.ndarray, n)]
    methods, no_methods = grouped(own, lambda n: [METHODS[n]])
    rows = {"ufuncs": (ufuncs, no_ufuncs), "functions": (functions, refused),
            "methods and attributes": (methods, no_methods)}  # fmt: skip
    counts = "\n".join(
        f"| {what} | {len(yes)} | {sum(map(len, no.values()))} |"
        for what, (yes, no) in rows.items()
    )
    shown = "\n\n".join(filter(None, (listed(ufuncs), explained(no_ufuncs))))
    return TEXT.format(
        version=VERSION, counts=counts, ufuncs=shown, functions=listed(functions),
        refused=explained(refused),
        outside=explained({k: v.split() for k, v in OUTSIDE.items()}),
        methods=listed(methods), methods_refused=explained(no_methods),
    )  # fmt: skip


def main() -> int:
    """Write the page, or check it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        text = page()
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
