"""`rfxjit bench`: rfxjit beside NumPy, its peers and C, in one run.

    rfxjit bench                              every row of `benchmarks/`
    rfxjit bench --rows sin,pid --json-out r.json
    rfxjit bench --markdown docs/table.md --plot docs/speed.png

A *race* is one function of NumPy arrays and everybody who runs it. Each runner's result
is compared with NumPy's first; a wrong one is not timed. Then, round by round, each
runs a batch of calls in turn, so that a noisy moment meets all of them. A batch takes
20 ms or more by a nanosecond clock. The process keeps to one CPU where the system can
say so: then the pools that jax and others start have one thread, as we have. Reported
are medians and quartiles over the rounds, and the median of the ratios within each
round.

Rows live in `benchmarks/*.py`, each file with a dictionary `RACES` from names to
functions `(Setup) -> Race`. A peer that is not installed is reported as absent.
"""

from __future__ import annotations

import importlib.util
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
import timeit
import types
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import numpy as np

import rfxjit as rfx
from rfxjit.errors import ToolchainError

PEERS = ("numba", "jax", "numexpr", "torch")
C_FLAGS = (
    "-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno",
    "-fno-trapping-math", "-shared", "-fPIC",
)  # fmt: skip
BATCH_NS = 20_000_000
ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "benchmarks"


@dataclass(frozen=True)
class Parameters:
    """What the command line sets."""

    size: int = 65_536
    """Elements of the elementwise rows."""
    iterations: int = 9
    """Rounds that are timed."""
    warmup: int = 1
    """Rounds before those."""
    seed: int = 0
    backend: str = "auto"
    batch_ns: int = BATCH_NS


@dataclass(frozen=True)
class Setup:
    """What a row is built from."""

    parameters: Parameters

    @cached_property
    def limit(self) -> Any:
        """The functions of `limit.c`, or None where no C compiler makes them."""
        return c_extension(FOLDER / "limit.c")

    @cached_property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.parameters.seed)

    def jit(self, function: Callable[..., Any]) -> Any:
        """`function` compiled by rfxjit; a fallback would be an error."""
        return rfx.jit(function, backend=self.parameters.backend, strict=True)


@dataclass(frozen=True)
class Runner:
    """One way to run the row: a function and what it is called with."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Race:
    """A row: its runners by name, "numpy" and "rfxjit" among them."""

    title: str
    runners: Mapping[str, Runner]
    elements: int = 0
    """Times are per element if given, else per call."""
    rtol: float = 1e-5
    atol: float = 1e-5
    note: str = ""
    target: tuple[str, float] | None = None
    """The peer to beat, and by what ratio of times."""
    group: tuple[str, float] | None = None
    """Rows to take together, and the target of their geometric mean over NumPy."""


@dataclass(frozen=True)
class Timing:
    """One runner of one row. Times in ns per call; ratio: rfxjit's time over this."""

    name: str
    median_ns: float
    low_ns: float
    high_ns: float
    ratio: float


@dataclass(frozen=True)
class Result:
    """A row that has run."""

    name: str
    title: str
    elements: int
    timings: list[Timing]
    absent: list[str]
    wrong: dict[str, str]
    ops_before: int | None
    ops_after: int | None
    target: tuple[str, float] | None
    note: str
    group: tuple[str, float] | None = None

    def timing(self, name: str) -> Timing | None:
        return next((t for t in self.timings if t.name == name), None)


# ---- runners -----------------------------------------------------------------------


def rebound(function: Callable[..., Any], numpy: Any) -> Callable[..., Any]:
    """The same function with another module as its `np`."""
    plain: Any = function
    return types.FunctionType(
        plain.__code__,
        {**plain.__globals__, "np": numpy},
        plain.__name__,
        plain.__defaults__,
        plain.__closure__,
    )


def installed(name: str) -> str | None:
    """The version of a package that is installed, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def library(name: str) -> Any:
    """A peer's module; few of them have complete types."""
    return importlib.import_module(name)


def standard(
    setup: Setup,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    numba: Callable[..., Any] | str | None = "same",
    numexpr: str = "",
    fastmath: bool = False,
) -> dict[str, Runner]:
    """The runners of plain NumPy code: NumPy, rfxjit, and each peer that is installed.

    `numba` is another function for numba where it does not take this one, or None.
    """
    runners = {
        "numpy": Runner(function, arguments),
        "rfxjit": Runner(setup.jit(function), arguments),
    }
    if numba is not None and installed("numba"):
        source = function if isinstance(numba, str) else numba
        njit = library("numba").njit(fastmath=fastmath)
        runners["numba"] = Runner(njit(source), arguments)
    if installed("jax"):
        runners["jax"] = Runner(jax_jit(function), jax_arguments(arguments))
    if numexpr and installed("numexpr"):
        runners["numexpr"] = Runner(numexpr_runner(function, numexpr), arguments)
    if installed("torch"):
        runners["torch"] = torch_runner(function, arguments)
    return runners


def jax_jit(function: Callable[..., Any], transform: str = "") -> Callable[..., Any]:
    """`jax.jit`, or that of `jax.grad`; waits for the result."""
    jax = library("jax")
    jax.config.update("jax_enable_x64", True)
    plain = rebound(function, jax.numpy)
    compiled = jax.jit(getattr(jax, transform)(plain) if transform else plain)
    wait = jax.block_until_ready
    return lambda *arguments: wait(compiled(*arguments))


def jax_arguments(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arrays as jax arrays, on one device already."""
    put = library("jax.numpy").asarray
    return tuple(put(a) if isinstance(a, np.ndarray) else a for a in arguments)


def numexpr_runner(function: Any, expression: str) -> Callable[..., Any]:
    """The expression on one thread, with the function's parameters as names."""
    numexpr = library("numexpr")
    numexpr.set_num_threads(1)
    names = function.__code__.co_varnames
    return lambda *arguments: numexpr.evaluate(
        expression, dict(zip(names, arguments, strict=False))
    )


def torch_runner(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Runner:
    """torch.compile of the same code through its NumPy front end."""
    return Runner(library("torch").compile(function), arguments)


@cache
def c_extension(source: Path) -> Any:
    """Compile and import an extension module in C, tuned for this CPU; None if that
    fails for want of a compiler or of Python's headers.
    """
    import hashlib

    compiler = shutil.which(os.environ.get("CC", "cc"))
    headers = Path(sysconfig.get_path("include"))
    if compiler is None or not (headers / "Python.h").exists():
        return None
    flags = [*C_FLAGS, f"-I{headers}", f"-I{np.get_include()}"]
    key = hashlib.sha256(source.read_bytes() + repr([compiler, *flags]).encode())
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    built = ROOT / "build" / f"limit-{key.hexdigest()[:16]}" / f"limit{suffix}"
    if not built.exists():
        built.parent.mkdir(parents=True, exist_ok=True)
        command = [compiler, *flags, str(source), "-o", str(built), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ToolchainError(f"{shlex.join(command)}\n{done.stderr}")
    return _import("limit", built)


def _import(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# ---- running -----------------------------------------------------------------------


def _flat(result: Any) -> list[Any]:
    parts = cast("list[Any]", result if isinstance(result, tuple | list) else [result])
    return [np.asarray(part) for part in parts]


def fault(race: Race, expected: list[Any], runner: Runner) -> str:
    """Why the runner's result is not NumPy's; empty if it is."""
    try:
        got = _flat(runner.function(*runner.arguments, **runner.keywords))
        if len(got) != len(expected):
            return f"{len(got)} results instead of {len(expected)}"
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=race.rtol, atol=race.atol)
    except Exception as error:  # noqa: BLE001 - a peer may fail in any way
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{type(error).__name__}: {' '.join(lines)[:200]}"
    return ""


def _timer(runner: Runner) -> timeit.Timer:
    """A loop around a call as a user writes it: names, no unpacking of a tuple."""
    names = {f"a{i}": value for i, value in enumerate(runner.arguments)}
    keywords = [f"{name}={name}" for name in runner.keywords]
    return timeit.Timer(
        f"f({', '.join([*names, *keywords])})",
        timer=time.perf_counter_ns,
        globals={"f": runner.function, **names, **runner.keywords},
    )


def _batch(timer: timeit.Timer, batch_ns: int) -> int:
    """How many calls take `batch_ns`."""
    number = 1
    while (taken := timer.timeit(number)) < batch_ns / 4:
        number *= 2 if taken > batch_ns / 64 else 8
    return max(1, math.ceil(number * batch_ns / taken))


def measure(runners: Mapping[str, Runner], parameters: Parameters) -> list[Timing]:
    """Time all runners, interleaved."""
    timers = {name: _timer(runner) for name, runner in runners.items()}
    batches = {n: _batch(timer, parameters.batch_ns) for n, timer in timers.items()}
    rounds = [
        {n: timers[n].timeit(batches[n]) / batches[n] for n in timers}
        for _ in range(parameters.warmup + parameters.iterations)
    ]
    rounds = rounds[parameters.warmup :]
    timings: list[Timing] = []
    for name in timers:
        times = [times[name] for times in rounds]
        low, middle, high = (float(q) for q in np.quantile(times, (0.25, 0.5, 0.75)))
        ratio = statistics.median(times["rfxjit"] / times[name] for times in rounds)
        timings.append(Timing(name, middle, low, high, ratio))
    return timings


def op_counts(runner: Runner) -> tuple[int | None, int | None]:
    """The rfx ops of a function as traced, and the loop nests that fusion leaves."""
    if not hasattr(runner.function, "lower"):
        return None, None
    lowered: Any = runner.function
    lowered = lowered.lower(*runner.arguments)
    before = _tensor_ops(lowered.text("rfx"))
    return before, _tensor_ops(lowered.text("fused"))


def _tensor_ops(text: str) -> int:
    """Ops outside the regions of maps: those stand four columns in."""
    return sum(
        line.startswith("    ") and line[4] in "%r" and "rfx." in line
        for line in text.splitlines()
        if len(line) > 4
    )


def run(name: str, race: Race, parameters: Parameters) -> Result:
    """Check all runners of a race against NumPy, and time those that are right."""
    reference = race.runners["numpy"]
    expected = [
        part.copy()
        for part in _flat(
            reference.function(*reference.arguments, **reference.keywords)
        )
    ]
    faults = {n: fault(race, expected, r) for n, r in race.runners.items()}
    right = {n: r for n, r in race.runners.items() if not faults[n]}
    timed = "rfxjit" in right
    before, after = op_counts(race.runners["rfxjit"]) if timed else (None, None)
    return Result(
        name=name,
        title=race.title,
        elements=race.elements,
        timings=measure(right, parameters) if timed else [],
        absent=[peer for peer in PEERS if installed(peer) is None],
        wrong={n: text for n, text in faults.items() if text},
        ops_before=before,
        ops_after=after,
        target=race.target,
        note=race.note,
        group=race.group,
    )


def load(folder: Path = FOLDER) -> dict[str, Callable[[Setup], Race]]:
    """The races of every file of a folder, by name, in the files' order."""
    races: dict[str, Callable[[Setup], Race]] = {}
    files = sorted(folder.glob("*.py"))
    if not files:
        raise FileNotFoundError(f"no benchmarks in {folder}: run in a checkout")
    for file in files:
        races |= _import(f"rfxjit_benchmarks_{file.stem}", file).RACES
    return races


@contextmanager
def one_cpu() -> Generator[None]:
    """Keep this process, and those that it starts, to one of its CPUs."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run_all(
    parameters: Parameters,
    wanted: Sequence[str] = (),
    folder: Path = FOLDER,
    *,
    say: Callable[[Result], None],
    only: Sequence[str] = (),
) -> list[Result]:
    """Run the races whose names begin with one of `wanted`, or all; all runners, or
    `only` some.
    """
    results: list[Result] = []
    with one_cpu():
        for name, build in load(folder).items():
            if wanted and not name.startswith(tuple(wanted)):
                continue
            race = build(Setup(parameters))
            if only:
                race = replace(race, runners={n: race.runners[n] for n in only})
            result = run(name, race, parameters)
            results.append(result)
            say(result)
    if not results:
        raise ValueError(f"no row begins with {', '.join(wanted)}")
    return results
