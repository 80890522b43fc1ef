"""A stand-in for the frontend, and functions for tests of the dispatcher."""

from __future__ import annotations

import inspect

import numpy as np
from hand_written_units import param

from rfxjit.dispatch import JitFunction
from rfxjit.runtime.policy import binder
from rfxjit.runtime.unit import Options, Unit
from rfxjit.signature import Guard, Input, Output, Parameter, Signature, Slot

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
}


class Compiler:
    """Stands in for the frontend: a unit that calls the function itself.

    Arrays among the parameters are inputs, with symbolic dims where asked; the rest is
    guarded by value. `pin` makes the dims of that parameter static all the same.
    """

    def __init__(self, pin=None):
        self.asked = []
        self.pin = pin

    def __call__(self, fn, args, kwargs, options, symbolic):
        self.asked.append(symbolic)
        given = binder(fn)(*args, **kwargs)
        parameters = inspect.signature(fn).parameters.values()
        inputs, guards, places = [], [], []
        for k, (p, value) in enumerate(zip(parameters, given, strict=True)):
            if isinstance(value, np.ndarray):
                sizes = symbolic if symbolic and k != self.pin else ()
                shape = tuple(f"n{d}" if d in sizes else d for d in value.shape)
                dtype = value.dtype.newbyteorder("=")
                inputs.append(Input(p.name, param(k), "array", dtype, shape))
                places.append(k)
            else:
                reason = f"x.py:7: {p.name} decides"
                guards.append(Guard(param(k), "eq", value, reason))

        def run(values):
            all_values = list(given)
            for k, value in zip(places, values, strict=True):
                all_values[k] = value
            return [np.asarray(fn(*all_values))]

        result = run([given[k] for k in places])[0]
        signature = Signature(
            fn.__name__,
            tuple(
                Parameter(p.name, KINDS[p.kind], p.default, p.default is not p.empty)
                for p in parameters
            ),
            tuple(inputs),
            (Output(result.dtype, (None,) * result.ndim),),
            (Slot(0),),
            guards=tuple(guards),
            extent=None,
            workspace=None,
        )
        return Unit(
            signature, run=run, pins=() if self.pin is None else ("y.py:3: len",)
        )


def make(fn, compiler=None, **options):
    return JitFunction(fn, Options(**options), compile_call=compiler or Compiler())


def total(x, scale=2.0):
    return x * scale


def pid(e, i, d, kp, ki, kd):
    return e * kp + i * ki + d * kd


def ones(*shape):
    return np.ones(shape)


def failing(error):
    def compile_call(fn, args, kwargs, options, symbolic):
        raise error

    return compile_call
