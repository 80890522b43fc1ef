"""`rfx-opt` on damaged text: accepted, or one diagnostic; never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfxjit.tools import rfx_opt

FILES = Path(__file__).parents[1] / "filecheck" / "dialects"
TEXTS = [
    chunk
    for chunk in re.split(r"(?=func\.func)", (FILES / "rfx_ops.mlir").read_text())
    if chunk.startswith("func.func")
]
TOKEN = re.compile(r"[%@^!#]?[\w.]+|\s+|.")


@st.composite
def damaged(draw):
    """A valid function after one to four deletions, duplications or exchanges."""
    tokens = TOKEN.findall(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 4))):
        i, j = (draw(st.integers(0, len(tokens) - 1)) for _ in "ij")
        match draw(st.sampled_from(["delete", "duplicate", "swap"])):
            case "delete" if len(tokens) > 1:
                del tokens[i]
            case "swap":
                tokens[i], tokens[j] = tokens[j], tokens[i]
            case _:
                tokens.insert(i, tokens[j])
    return "".join(tokens)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damaged())
def test_damaged_text_leaves_one_diagnostic(tmp_path, capsys, text):
    file = tmp_path / "damaged.mlir"
    file.write_text(text)
    code = rfx_opt.main([str(file), "-p", "canonicalize,cse,dce"])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    if code:
        assert code == 1
        assert out == ""
        assert re.search(r"damaged\.mlir:\d+:\d+: error: ", err), err
    else:
        assert out.startswith("builtin.module")
