"""For IR tests of kernels: the programs of a file at the level that its RUN line names.

# RUN: python %s rfx | filecheck %s --check-prefix=RFX
"""

from __future__ import annotations

import sys
from typing import Any

import rfxjit as rfx


def show(*args: Any, **options: Any) -> Any:
    """Decorator: print the kernel's program for these arguments."""

    def decorate(function: Any) -> Any:
        print(rfx.kernel(function, **options).lower(*args).text(sys.argv[1]))  # noqa: T201 - filecheck reads it
        return function

    return decorate
