"""What must work on every version of Python: the only tests that need pytest alone."""

import subprocess
import sys

MODULE = """func.func @f(%a: tensor<4xf64>) -> tensor<4xf64> {
  func.return %a : tensor<4xf64>
}
"""


def test_package_imports():
    import rfxjit

    assert rfxjit.__doc__


def test_rfx_opt_round_trip():
    command = [sys.executable, "-m", "rfxjit.tools.rfx_opt"]
    once = subprocess.run(
        command, input=MODULE, capture_output=True, text=True, check=True
    )
    assert "func.func @f(%a: tensor<4xf64>)" in once.stdout
    twice = subprocess.run(
        command, input=once.stdout, capture_output=True, text=True, check=True
    )
    assert twice.stdout == once.stdout


def test_jit():
    import numpy as np

    import rfxjit as rfx

    kernel = rfx.jit(lambda x, k: np.sin(x) * k + x.sum(), strict=True)
    x = np.arange(5.0)
    np.testing.assert_allclose(kernel(x, 2.0), np.sin(x) * 2.0 + x.sum(), rtol=1e-14)
    assert kernel.compile_count == 1


WARM = """
import sys
import numpy as np
import rfxjit as rfx

kernel = rfx.jit(lambda x, k: np.sin(x) * k, strict=True)
slope = rfx.grad(lambda x: (x * x).sum())
x = np.arange(8.0)
out = np.empty(8)
for _ in range(2):
    kernel(x, 2.0), kernel(x, 3.0, out=out), slope(x)

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("xdsl", "llvmlite", "rfxjit", "optree"):
            raise AssertionError(f"a warm call imports {name}")

before = set(sys.modules)
for name in [n for n in sys.modules if n.partition(".")[0] in ("xdsl", "llvmlite")]:
    del sys.modules[name]
sys.meta_path.insert(0, Watch())
for _ in range(3):
    kernel(x, 2.0), kernel(x + 1, 3.0, out=out), slope(x[::1])
assert not [n for n in sys.modules if n.partition(".")[0] in ("xdsl", "llvmlite")]
"""


def test_a_warm_call_loads_no_xdsl():
    done = subprocess.run([sys.executable, "-c", WARM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
