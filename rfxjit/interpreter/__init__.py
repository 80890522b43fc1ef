"""The reference interpreter: what programs mean, on NumPy values.

    run(module, "f", inputs)          the rfx and fused levels       tensors.py
    run_loops(module, "f", inputs)    loops, scalars, vectors, gpu   loops.py

`run` is also the backend "interpreter". `run_loops` refuses what machine code would
leave undefined: places outside of a buffer, division by zero, shifts by the width.
"""

from __future__ import annotations

from rfxjit.interpreter.arithmetic import UndefinedBehaviourError
from rfxjit.interpreter.loops import run_loops
from rfxjit.interpreter.tensors import StatusError, run

__all__ = ["StatusError", "UndefinedBehaviourError", "run", "run_loops"]
