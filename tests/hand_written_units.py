"""Units written by hand, so that the runtime is tested without the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfxjit.runtime.entry import Entry
from rfxjit.runtime.native_type import NativeCallable, set_entry, vectorcall
from rfxjit.runtime.unit import Unit
from rfxjit.signature import (
    Alias,
    Failure,
    Input,
    Output,
    Parameter,
    Path,
    Result,
    Signature,
    Slot,
)

F8 = np.dtype(np.float64)
I8 = np.dtype(np.int64)
B1 = np.dtype(np.bool_)


def param(i: int) -> Path:
    return Path(("param", i))


def params(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, "positional_or_keyword") for name in names)


def one_result(
    name: str,
    parameters: tuple[Parameter, ...],
    inputs: tuple[Input, ...],
    output: Output,
    text: str,
    result: Result | None = None,
    **more: Any,
) -> Unit:
    """A unit with one output and one result, the output unless said otherwise."""
    results = (Slot(0) if result is None else result,)
    signature = Signature(name, parameters, inputs, (output,), results, **more)
    return Unit(signature, llvm_ir=text)


def pid_unit() -> Unit:
    """`kp * e + ki * i + kd * d` on arrays (1,) and floats."""
    arrays = [Input(n, param(k), "array", F8, (1,)) for k, n in enumerate("eid")]
    gains = ("kp", "ki", "kd")
    floats = [Input(n, param(3 + k), "float", F8) for k, n in enumerate(gains)]
    text = """
define i32 @pid(ptr noalias %e, ptr noalias %i, ptr noalias %d, double %kp, double %ki,
                double %kd, ptr noalias %out, i64 %begin, i64 %end, ptr %workspace) {
  %ev = load double, ptr %e
  %iv = load double, ptr %i
  %dv = load double, ptr %d
  %p = fmul double %ev, %kp
  %q = fmul double %iv, %ki
  %r = fmul double %dv, %kd
  %pq = fadd double %p, %q
  %sum = fadd double %pq, %r
  store double %sum, ptr %out
  ret i32 0
}
"""
    names = params("e", "i", "d", "kp", "ki", "kd")
    return one_result("pid", names, (*arrays, *floats), Output(F8, (1,)), text)


def saxpy_unit(work: int = 0) -> Unit:
    """`a * x + y` on f64 vectors of one symbolic size; begin and end are used."""
    inputs = (
        Input("a", param(0), "float", F8),
        Input("x", param(1), "array", F8, ("n",)),
        Input("y", param(2), "array", F8, ("n",)),
    )
    text = """
define i32 @saxpy(double %a, ptr noalias %x, i64 %n, ptr noalias %y, i64 %n2,
                  ptr noalias %out, i64 %n3, i64 %begin, i64 %end, ptr %workspace) {
entry:
  br label %loop
loop:
  %i = phi i64 [ %begin, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %body, label %done
body:
  %xp = getelementptr double, ptr %x, i64 %i
  %xv = load double, ptr %xp
  %yp = getelementptr double, ptr %y, i64 %i
  %yv = load double, ptr %yp
  %ax = fmul double %a, %xv
  %sum = fadd double %ax, %yv
  %op = getelementptr double, ptr %out, i64 %i
  store double %sum, ptr %op
  %next = add i64 %i, 1
  br label %loop
done:
  ret i32 0
}
define i32 @saxpy_shapes(ptr %in, ptr %out) {
  %n = load i64, ptr %in
  store i64 %n, ptr %out
  %extent = getelementptr i64, ptr %out, i64 1
  store i64 %n, ptr %extent
  %bytes = getelementptr i64, ptr %out, i64 2
  store i64 0, ptr %bytes
  ret i32 0
}
"""
    output = Output(F8, ("n",))
    names = params("a", "x", "y")
    return one_result("saxpy", names, inputs, output, text, extent=None, work=work)


def scale_unit(*, in_place: bool) -> Unit:
    """`x *= a` on f64 (4,): reads backwards from x, writes forwards if not in place."""
    inputs = (
        Input("x", param(0), "array", F8, (4,), role="inout"),
        Input("a", param(1), "array", F8, (1,)),
    )
    text = """
define i32 @scale(ptr %x, ptr %a, ptr %out, i64 %begin, i64 %end, ptr %workspace) {
  %v = load <4 x double>, ptr %x, align 8
  %s = load double, ptr %a
  %bad = fcmp oeq double %s, 0.0
  %one = insertelement <4 x double> poison, double %s, i64 0
  %all = shufflevector <4 x double> %one, <4 x double> poison, <4 x i32> zeroinitializer
  %r = fmul <4 x double> %v, %all
  store <4 x double> %r, ptr %out, align 8
  %status = zext i1 %bad to i32
  ret i32 %status
}
"""
    return one_result(
        "scale",
        params("x", "a"),
        inputs,
        Output(F8, (4,), inout=0, in_place=in_place),
        text,
        Alias(param(0)),
        failures=(Failure(ZeroDivisionError, "scale by zero"),),
    )


def identity_unit(kind: Any, dtype: np.dtype[Any], ir: str, out: Output) -> Unit:
    """Store a by-value or scalar argument to the output."""
    load = f"  %v = load {ir}, ptr %x\n" if kind == "scalar" else ""
    value = "%v" if kind == "scalar" else "%x"
    text = f"""
define i32 @identity({"ptr" if kind == "scalar" else ir} %x, ptr %out, i64 %b, i64 %e,
                     ptr %w) {{
{load}  store {ir} {value}, ptr %out
  ret i32 0
}}
"""
    spec = Input("x", param(0), kind, dtype)
    return one_result("identity", params("x"), (spec,), out, text)


@vectorcall
class Called(NativeCallable):
    """A native entry, or the portable one, without the dispatcher."""

    def __init__(self, unit: Unit, *, native: bool) -> None:
        self.entry = Entry(unit, native=native)
        self.misses = 0
        if native:
            assert self.entry.address
            set_entry(self, self.entry.address)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.misses += 1
        out = kwargs.pop("out", None)
        given = self.entry.unit.signature.params[len(args) :]
        values = [kwargs.get(p.name, p.default) for p in given]
        return self.entry.call((*args, *values), out)
