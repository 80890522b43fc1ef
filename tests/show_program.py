"""For IR tests of the frontend: the programs of a file at the level of its RUN line.

# RUN: python %s rfx | filecheck %s --check-prefix=RFX
"""

from __future__ import annotations

import sys
from typing import Any

import rfxjit as rfx


def show(*args: Any, compiler: Any = rfx.kernel, **options: Any) -> Any:
    """Decorator: print the program of a kernel (or `rfx.jit`) for these arguments."""

    def decorate(function: Any) -> Any:
        sys.stdout.write(compiler(function, **options).lower(*args).text(sys.argv[1]))
        return function

    return decorate
