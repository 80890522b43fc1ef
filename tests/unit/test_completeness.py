"""The IR tests leave nothing out: each op is printed, each complaint provoked."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from rfxjit.dialects import rfx

ROOT = Path(__file__).parents[2]
FILECHECK = ROOT / "tests" / "filecheck"
RAISES = {"VerifyException": 0, "expect": 1}
"""Who takes the message of a verifier, and which argument it is."""


def checks(folder):
    """What the IR tests of a folder expect, each line with its spaces made one."""
    lines = "\n".join(f.read_text() for f in sorted((FILECHECK / folder).rglob("*")))
    return [" ".join(line.split()) for line in lines.splitlines() if "CHECK" in line]


def pattern(node):
    """A message of the source as a regular expression, its parts that vary open."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(pattern, node.values))
    return ".+"


def messages(text):
    """Line and pattern of each message that the verifiers in a source can give."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = RAISES.get(node.func.id)
            if place is not None and (found := pattern(node.args[place])) != ".+":
                yield node.lineno, found


MESSAGES = [
    pytest.param(found, id=f"{source}:{line}")
    for source in ("rfx.py", "map_ops.py", "elementwise_ops.py", "upstream.py")
    for line, found in messages((ROOT / "rfxjit/dialects" / source).read_text())
]
OPS = sorted(op.name for op in rfx.Rfx.operations)


def test_messages_are_found():
    source = 'expect(x, f"got {a}, not b.")\nraise VerifyException("no")'
    assert list(messages(source)) == [(1, r"got\ .+,\ not\ b\."), (2, "no")]
    assert len(MESSAGES) > 40
    assert len(OPS) > 70


@pytest.mark.parametrize("message", MESSAGES)
def test_a_negative_test_expects(message):
    lines = checks("dialects")
    assert any(re.search(message, line) for line in lines), message


@pytest.mark.parametrize("op", OPS)
def test_an_ir_test_prints(op):
    assert any(re.search(rf"{op}\b", line) for line in checks("dialects")), op


@pytest.mark.parametrize("op", OPS)
def test_an_ir_test_of_a_pass_has(op):
    files = sorted((FILECHECK / "passes").glob("*.mlir"))
    assert any(re.search(rf"{op}\b", file.read_text()) for file in files), op
