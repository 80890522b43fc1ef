"""The IR tests leave nothing out: every op, and everything a verifier says."""

from __future__ import annotations

import re

import pytest

from rfxjit.dialects import load_dialect

STRING = re.compile(r'"([^"]*)"')
RAISED = re.compile(r'VerifyException\(\s*((?:f?"[^"]*"\s*)+)')
OPS = [op.name for op in load_dialect("rfx").operations]


def lit(root, folder):
    files = sorted((root / "tests/filecheck" / folder).glob("*.mlir"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def messages(root):
    """The longest fixed part of each message."""
    for file in sorted((root / "rfxjit/dialects").glob("*.py")):
        for match in RAISED.finditer(file.read_text(encoding="utf-8")):
            text = "".join(STRING.findall(match.group(1)))
            yield max(re.split(r"\{[^}]*\}", text), key=len).strip()


@pytest.mark.parametrize("folder", ["dialects", "passes"])
def test_every_op_is_read_and_lowered(root, folder):
    text = lit(root, folder)
    assert [op for op in OPS if not re.search(rf"{re.escape(op)}\b", text)] == []


def test_every_message_of_a_verifier_is_expected(root):
    text = lit(root, "dialects")
    found = list(messages(root))
    assert len(found) > 25
    assert [message for message in found if message not in text] == []
