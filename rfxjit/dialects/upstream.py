"""Stand-ins for upstream ops that xDSL lacks; removed when xDSL catches up.

`llvm.fptosi`, `llvm.fptoui` and `llvm.uitofp`: xDSL has only `llvm.sitofp`. Each reads
and prints as upstream.
"""

from __future__ import annotations

from xdsl.dialects import llvm
from xdsl.ir import Dialect
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure


class _Cast(IRDLOperation):
    arg = operand_def()
    result = result_def()
    traits = traits_def(Pure())
    assembly_format = "$arg attr-dict `:` type($arg) `to` type($result)"


@irdl_op_definition
class FPToSIOp(_Cast):
    """Float to signed integer; poison out of range."""

    name = "llvm.fptosi"


@irdl_op_definition
class FPToUIOp(_Cast):
    """Float to unsigned integer; poison out of range."""

    name = "llvm.fptoui"


@irdl_op_definition
class UIToFPOp(_Cast):
    """Unsigned integer to float."""

    name = "llvm.uitofp"


LLVM = Dialect(
    "llvm",
    [*llvm.LLVM.operations, FPToSIOp, FPToUIOp, UIToFPOp],
    list(llvm.LLVM.attributes),
)
