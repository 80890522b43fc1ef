"""Measure the math functions as machine code, and write `docs/accuracy.md`.

    python tests/accuracy.py                    all f32 near 1, else every 61st: minutes
    python tests/accuracy.py --stride 1         all 2^32 of them: `make accuracy`
    python tests/accuracy.py sin log --no-write

Errors are in ULP of the result's format at the exact value. Candidates for the worst
input are found against a wider format (NumPy's float64 for f32, the 80-bit long double
for f64); the error that is reported is that of the worst candidate by mpmath.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import erf
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from math_cases import CASES, FLOATS, Array, Case, errors, points
from xdsl.parser import Parser

from rfxjit.compiler import context, run_passes
from rfxjit.dialects.ir import DTYPES
from rfxjit.passes.math import LIBRARY
from rfxjit.runtime.cpu import Library, compile_object, host
from rfxjit.targets.llvm_ir import print_llvm_ir
from rfxjit.tools.bench_report import cpu

CHUNK = 1 << 18
SAMPLE = 400_000
DENSE = range(124, 129)
"""Exponents of f32 of which all inputs are taken: 1/8 <= |x| < 4."""
PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
KERNEL = """
func.func @f({inputs}, %out: memref<{n}x{t}>, %begin: index, %end: index,
             %ws: memref<?xi8>) -> i32 {{
  %one = arith.constant 1 : index
  "scf.parallel"(%begin, %end, %one) <{{operandSegmentSizes =
      array<i32: 1, 1, 1, 0>}}> ({{
  ^bb0(%i: index):
{loads}
    %r = math.{name} {operands} : {t}
    memref.store %r, %out[%i] : memref<{n}x{t}>
    scf.reduce
  }}) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}}
"""

TENSORS = """
func.func @f({inputs}) -> {type} {{
  %r = rfx.{name} {operands} : {type}
  func.return %r : {type}
}}
"""
"""For what has no `math` op: the lowering writes it out."""


def _flag(value: bool) -> str:
    return str(value).lower()


class Native:
    """One function compiled for arrays of up to CHUNK elements."""

    def __init__(self, name: str, arity: int, dtype: Any, *, fma: bool) -> None:
        kind = next(str(t) for t, d in DTYPES.items() if d == np.dtype(dtype))
        names = [f"%x{i}" for i in range(arity)]
        if name in LIBRARY:
            passes = "fuse,lower-to-loops,"
            text = TENSORS.format(
                name=name,
                inputs=", ".join(f"{x}: tensor<{CHUNK}x{kind}>" for x in names),
                operands=", ".join(names),
                type=f"tensor<{CHUNK}x{kind}>",
            )
        else:
            passes = ""
            text = KERNEL.format(
                name=name,
                n=CHUNK,
                t=kind,
                inputs=", ".join(f"{x}: memref<{CHUNK}x{kind}>" for x in names),
                operands=", ".join(f"%v{i}" for i in range(arity)),
                loads="\n".join(
                    f"    %v{i} = memref.load {x}[%i] : memref<{CHUNK}x{kind}>"
                    for i, x in enumerate(names)
                ),
            )
        module = Parser(context(), text).parse_module()
        width = host().vector_bytes
        wide = width == 64
        run_passes(
            module,
            f"{passes}expand-math{{fma={_flag(fma)} ldexp={_flag(fma and wide)}}},"
            f"vectorize{{bytes={width} masked={_flag(wide)}}},"
            "promote-buffers,lower-to-llvm",
        )
        self._library = Library([compile_object(print_llvm_ir(module))], ["f"])
        pointers = [ctypes.c_void_p] * (arity + 1)
        sizes = [ctypes.c_int64] * 2
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, *pointers, *sizes, ctypes.c_void_p)
        self._call = prototype(self._library.address("f"))

    def __call__(self, *operands: Array) -> Array:
        out = np.empty_like(operands[0])
        addresses = [a.ctypes.data for a in (*operands, out)]
        assert self._call(*addresses, 0, out.size, None) == 0
        return out


@dataclass
class Worst:
    """The largest error so far and the operands that have it; .5 is for no error."""

    ulp: float = 0.5
    operands: tuple[Any, ...] = ()

    def note(self, error: Array, operands: tuple[Array, ...]) -> None:
        worst = int(np.argmax(error))
        if error[worst] > self.ulp or not self.operands:
            self.ulp = float(error[worst])
            self.operands = tuple(a[worst] for a in operands)


def fast_errors(got: Array, exact: Array) -> Array:
    """As `errors`, with the few instructions that are enough for most of the values."""
    if got.dtype != np.float32:
        return errors(got, exact)
    exponent = np.maximum((exact.view(np.int64) >> 52) & 0x7FF, 1023 - 126)
    scale = ((2 * 1023 + 23 - exponent) << 52).view(np.float64)
    error = np.abs(got - exact) * scale
    rest = ~(error < 8) | (got == 0)
    error[rest] = errors(got[rest], exact[rest])
    return error


def inputs(case: Case, dtype: Any, stride: int) -> Iterator[tuple[Array, ...]]:
    """All f32 inputs of a unary function by their bits, else a dense sample."""
    if case.arity == 1 and dtype is np.float32:
        for binade in range(512):
            # Most of the worst inputs lie here, and few of them: all are taken.
            step = 1 if binade % 256 in DENSE else stride
            first, end = binade << 23, (binade + 1) << 23
            for start in range(first, end, CHUNK * step):
                bits = np.arange(start, min(start + CHUNK * step, end), step, np.uint64)
                yield (bits.astype(np.uint32).view(np.float32),)
        return
    columns = points(case, dtype, SAMPLE)
    for first in range(0, columns[0].size, CHUNK):
        yield tuple(np.ascontiguousarray(c[first : first + CHUNK]) for c in columns)


def exactly(case: Case, operands: tuple[Any, ...], got: Any) -> float:
    """The error by mpmath, where it has one; NaN elsewhere."""
    if not np.all(np.isfinite([*operands, got])) or 0 in operands:
        return float("nan")
    info = np.finfo(got.dtype)
    # A huge angle needs all its integer digits of pi.
    with mpmath.workprec(1300 if case.name in ("sin", "cos", "tan") else 250):
        numbers = [mpmath.mpf(float(a)) for a in operands]
        exact = case.exact(*numbers)
        if exact == 0:
            return float("nan")
        exponent = max(mpmath.frexp(case.size(exact, *numbers))[1] - 1, info.minexp)
        ulp = mpmath.ldexp(1, exponent - info.nmant)
        return float(abs(float(got) - exact) / ulp)


def wide_function(case: Case, dtype: Any) -> Callable[..., Array] | None:
    """The function in the wider format."""
    if case.numpy is not None:
        wide = np.float64 if dtype is np.float32 else np.longdouble
        function = case.numpy
        return lambda *a: function(*(x.astype(wide) for x in a))
    if case.name == "erf" and dtype is np.float32:
        python = np.frompyfunc(erf, 1, 1)
        return lambda x: python(x.astype(np.float64)).astype(np.float64)
    return None


@dataclass(frozen=True)
class Row:
    """What was measured of one function in one format."""

    name: str
    dtype: str
    bound: float
    count: int
    ours: float
    worst: str
    without_fma: float
    numpy: float | None


def measure(stride: int, name: str, index: int) -> Row:
    """All inputs through all implementations."""
    case, dtype = CASES[name], FLOATS[index]
    wide = wide_function(case, dtype)
    ours = {fma: Native(name, case.arity, dtype, fma=fma) for fma in (True, False)}
    runners: dict[str, Callable[..., Array]] = {"fma": ours[True], "mul": ours[False]}
    if case.numpy is not None:
        runners["numpy"] = case.numpy
    if wide is None:
        return _by_mpmath(case, dtype, index, runners)
    worst = {runner: Worst() for runner in runners}
    count = 0
    # Python's own erf is slow: a part of the inputs is enough for it.
    every = 61 if case.numpy is None else 1
    bits = np.dtype(f"u{np.dtype(dtype).itemsize}")
    with np.errstate(all="ignore"):
        for operands in islice(inputs(case, dtype, stride), 0, None, every):
            exact = wide(*operands)
            nearest = exact.astype(dtype)
            count += exact.size
            for runner, function in runners.items():
                got = function(*operands)
                # What is the nearest float, the sign of zero too, is no worse than .5.
                off = np.flatnonzero(got.view(bits) != nearest.view(bits))
                if off.size:
                    error = fast_errors(got[off], exact[off])
                    worst[runner].note(error, tuple(a[off] for a in operands))
    return _row(case, dtype, index, count, worst, ours[True])


def _by_mpmath(
    case: Case, dtype: Any, index: int, runners: dict[str, Callable[..., Array]]
) -> Row:
    operands = tuple(
        np.ascontiguousarray(c[::199]) for c in points(case, dtype, SAMPLE)
    )
    worst = {runner: Worst() for runner in runners}
    for runner, function in runners.items():
        got = function(*operands)
        error = [
            exactly(case, tuple(values), result)
            for *values, result in zip(*operands, got, strict=True)
        ]
        worst[runner].note(np.nan_to_num(error), operands)
    return _row(case, dtype, index, operands[0].size, worst, runners["fma"])


def _row(
    case: Case,
    dtype: Any,
    index: int,
    count: int,
    worst: dict[str, Worst],
    function: Callable[..., Array],
) -> Row:
    operands = worst["fma"].operands
    got = function(*(np.array([a], dtype) for a in operands))[0]
    confirmed = exactly(case, operands, got)
    ours = worst["fma"].ulp if np.isnan(confirmed) else confirmed
    return Row(
        name=case.name,
        dtype=np.dtype(dtype).name,
        bound=case.bounds[index],
        count=count,
        ours=ours,
        worst=", ".join(repr(float(a)) for a in operands),
        without_fma=worst["mul"].ulp,
        numpy=worst["numpy"].ulp if "numpy" in worst else None,
    )


HEAD = """# Accuracy

Made by `tests/accuracy.py`: the largest error of each function of the math library, in
units in the last place (ULP) of the result, as machine code on

    {cpu}
    NumPy {numpy}, {system}

and the input that has it. Unary functions of f32 are given all inputs with
1/8 <= |x| < 4 and at least every 61st of the others, the rest a dense sample that
includes the hard regions; `make accuracy` takes all 2^32. Functions that NumPy lacks
are measured on a part of that sample, by mpmath.

An error is the distance to the exact value, not to the nearest float: .5 is the best
that rounding allows. Candidates are found against a wider format (float64, or the
80-bit long double) and the worst is measured by mpmath. Zeros,
infinities, NaN and the signs of zeros count as infinitely wrong unless they are exactly
as in NumPy. "No FMA" is the same function for targets without a fused multiply-add
(`expand-math{{fma=false}}`); what has no `math` op, erfc say, uses one in any case. For
negative x, an ULP of lgamma is that of the larger of 1 and the result, and one of
digamma that of the largest of its terms, which cancel. "Bound" is what the function's
docstring promises and the test suite holds it to, without FMA as well; no bound is more
than 1 ULP above NumPy's own error or above 4. f16 is computed in f32 and rounded:
within .51 ULP.
"""


def page(rows: list[Row]) -> str:
    """The page with a table per format."""
    parts = [HEAD.format(cpu=cpu(), numpy=np.__version__, system=platform.system())]
    for dtype in ("float32", "float64"):
        parts.append(
            f"\n## {dtype}\n\n| function | bound | ours | worst input | no FMA | NumPy "
            "| inputs |\n|---|---|---|---|---|---|---|\n"
        )
        for row in rows:
            if row.dtype == dtype:
                numpy = "" if row.numpy is None else f"{row.numpy:.3f}"
                parts.append(
                    f"| {row.name} | {row.bound} | **{row.ours:.3f}** | {row.worst} | "
                    f"{row.without_fma:.3f} | {numpy} | {row.count:,} |\n"
                )
    return "".join(parts)


def main() -> int:
    """Measure, report, write the page; 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="functions, all if none is named")
    parser.add_argument("--stride", type=int, default=61, help="every n-th f32 input")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--no-write", action="store_true", help="only print")
    arguments = parser.parse_args()
    tasks = [
        (name, index)
        for name in arguments.names or CASES
        for index in range(len(FLOATS))
    ]
    rows: list[Row] = []
    with ProcessPoolExecutor(arguments.jobs) as pool:
        run = partial(measure, arguments.stride)
        for row in pool.map(run, *zip(*tasks, strict=True)):
            rows.append(row)
            over = max(row.ours, row.without_fma) > row.bound
            numpy = "" if row.numpy is None else f", NumPy {row.numpy:.3f}"
            print(f"{row.name:6} {row.dtype}: {row.ours:.3f} at {row.worst}, "
                  f"no FMA {row.without_fma:.3f}{numpy}"
                  f"{f'  OVER {row.bound}' if over else ''}", flush=True)  # fmt: skip
    if not arguments.no_write:
        PAGE.write_text(page(rows), encoding="utf-8")
    return int(any(max(r.ours, r.without_fma) > r.bound for r in rows))


if __name__ == "__main__":
    sys.exit(main())
