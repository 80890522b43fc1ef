"""Lazy imports: classes mean the same, and nothing stays replaced."""

from __future__ import annotations

import dataclasses
import gc
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from xdsl import irdl
from xdsl.dialects.builtin import IntAttr, IntegerType, i32
from xdsl.ir import TypedAttribute
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.ir import make
from rfxjit.dialects.quick_import import quick_import, undefined


@pytest.fixture
def classes():
    def make():
        @dataclasses.dataclass(frozen=True, order=True)
        class Point:
            x: int
            y: list[int] = dataclasses.field(default_factory=list)

        @dataclasses.dataclass(frozen=True)
        class Place(Point):
            name: str = "here"

        return Point, Place

    with quick_import():
        lazy = make()
    return [make(), lazy]


def behaviour(point, place):
    """What dataclasses do, in an order where each method is used for the first time."""
    a, b = place(1, [2]), place(x=2, y=[], name="there")
    yield a == place(1, [2]), a == b, a != point(1, [2]), point(1) < point(2)
    yield repr(a).split(".")[-1], b.name, point(3).y, dataclasses.astuple(b)
    yield dataclasses.replace(b, x=5).x, [f.name for f in dataclasses.fields(a)]
    for wrong in (
        lambda: setattr(a, "x", 3),
        lambda: delattr(a, "x"),
        point,
        lambda: point(1, 2, 3),
        lambda: hash(point(1)),
        lambda: point(1) < a,
    ):
        with pytest.raises((AttributeError, TypeError)) as caught:
            wrong()
        yield str(caught.value).replace("test_quick_import.", "").split("<locals>.")[-1]


def test_dataclasses_behave_the_same(classes):
    real, lazy = (list(behaviour(*pair)) for pair in classes)
    assert lazy == real
    assert lazy == list(behaviour(*classes[1]))  # now with the real methods


def test_methods_are_replaced_by_real_ones(classes):
    point, place = classes[1]
    assert point(1) == point(1)
    assert repr(point(1))
    for name in ("__init__", "__eq__", "__repr__"):
        plain = vars(classes[0][0])[name]
        assert (
            getattr(point, name).__code__.co_varnames == plain.__code__.co_varnames
        ), name
    assert place.__init__ is not point.__init__


def test_all_is_as_before_afterwards():
    def replaced():
        create = getattr(dataclasses, "_create_fn", None)
        process = getattr(dataclasses, "_process_class", None)
        return create, process, irdl.irdl_op_definition, irdl.irdl_attr_definition

    before = replaced()
    assert gc.isenabled()
    inside: list[bool] = []
    with pytest.raises(ZeroDivisionError), quick_import(), quick_import():
        inside.append(1 / gc.isenabled())
    assert not inside
    assert gc.isenabled()
    assert replaced() == before
    gc.disable()
    try:
        with quick_import():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def ops():
    """An op of each way to be used for the first time, and an attribute."""

    class Base(irdl.IRDLOperation):
        traits = irdl.traits_def(Pure())
        lhs = irdl.operand_def()

    @irdl.irdl_op_definition
    class Formatted(Base):
        name = "test.formatted"
        result = irdl.result_def()
        assembly_format = "$lhs attr-dict `:` type($lhs) `,` type($result)"

    @irdl.irdl_op_definition
    class Counted(irdl.IRDLOperation):
        name = "test.counted"
        size = irdl.prop_def(IntAttr)

        def verify_(self):
            if self.size.data < 0:
                raise ValueError("negative")

    @irdl.irdl_attr_definition
    class Sized(TypedAttribute):
        name = "test.sized"
        size: IntAttr
        type: IntegerType

        def print_without_type(self, printer):
            printer.print_attribute(self.size)

    return Formatted, Counted, Sized


@pytest.fixture
def defined():
    with quick_import():
        later = ops()
    assert set(later) <= undefined.keys()
    return ops(), later


def test_ops_are_defined_by_their_first_use(defined):
    for formatted, counted, _ in defined:
        a = counted.create(properties={"size": IntAttr(1)})
        assert a.size == IntAttr(1)
        a.verify()
        with pytest.raises(ValueError, match="negative"):
            counted(properties={"size": IntAttr(-1)}).verify()
        value = make(counted, (), (i32,), a.location).results[0]
        op = make(formatted, (value,), (i32,), a.location)
        assert op.lhs is value
        assert formatted.has_trait(Pure)
        assert formatted.get_irdl_definition().assembly_format
        assert counted not in undefined


def test_attributes_are_defined_by_their_first_use():
    for first in ("make", "ask", "index"):
        with quick_import():
            sized = ops()[2]
        assert sized in undefined
        if first == "ask":
            names = [name for name, _ in sized.get_irdl_definition().parameters]
            assert names == ["size", "type"]
        if first == "index":
            assert sized.get_type_index() == 1
        a = sized(IntAttr(3), i32)
        assert a == sized.new([IntAttr(3), i32]) != sized(IntAttr(4), i32)
        assert hash(a) == hash(sized(IntAttr(3), i32))
        assert a.parameters == (IntAttr(3), i32)
        with pytest.raises(VerifyException, match="size"):
            sized(i32, i32)
        with pytest.raises(TypeError, match="final"):
            type("Derived", (sized,), {})


CODE = """
import sys
import numpy as np, rfxjit as rfx
x = np.ones(3)
f = rfx.jit(lambda x: np.sin(x) * 2, strict=True)
f(x)
{ask}
"""


def in_process(ask):
    """What a new process prints that has compiled a kernel, and nothing else."""
    code = CODE.format(ask=textwrap.dedent(ask))
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_formats_still_parse_and_print():
    text = in_process("""
        from xdsl.parser import Parser
        from rfxjit.compiler import context
        text = f.lower(x).text("llvm")
        again = str(Parser(context(), text).parse_module())
        print(again.strip() == text.strip(), "llvm.fmul" in text)
    """)
    assert text == "True True\n"


def test_a_first_result_loads_no_more_than_it_needs():
    loaded = in_process("print(*sys.modules)").split()
    assert "xdsl.dialects.llvm" in loaded
    heavy = ("optree", "logging", "subprocess", "xdsl.dialects.gpu",
             "xdsl.interpreter", "rfxjit.interpreter", "rfxjit.targets.c_family",
             "rfxjit.serialized.program", "rfxjit.passes.grad")  # fmt: skip
    assert not set(heavy) & set(loaded)


@pytest.mark.parametrize(
    "first",
    [
        "rfx.jit(f, backend='interpreter', strict=True)(x)",
        "rfx.jit(g, backend='interpreter', strict=True)(x, 3)",
        "rfx.jit(g, strict=True)(x, 3)",
        "rfx.kernel(k)(x)",
        "rfx.kernel(k, backend='interpreter')(x)",
        "rfx.grad(lambda x: (np.sin(x) * x).sum())(x)",
        "rfx.kernel(k).lower(x).text('loops')",
        *(f"rfx.jit(f).lower(x).text({level!r})" for level in
          ("rfx", "fused", "loops", "vectors", "llvm", "llvm-ir", "c", "msl", "ptx")),
    ],
)  # fmt: skip
def test_whatever_a_process_does_first(first: str, tmp_path: Path) -> None:
    """What is defined late is defined by all that may come first."""
    code = f"""
import numpy as np, rfxjit as rfx
x = np.ones(3, "f4")
def f(x): return np.where(x > 0, np.exp(x) * 2, x).sum() + x[1:]
def g(x, n):
    for i in range(n):
        if x[i] > 0.5:
            x = x * 2
    return x
def k(x):
    while x < 10:
        x = x * 2
    return x
{first}
"""
    program = tmp_path / "first.py"
    program.write_text(code)
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_classes_can_be_registered_all_the_same() -> None:
    """In a process of its own: from then on it asks `abc` for all of xDSL's classes."""
    code = """
        from abc import ABCMeta
        from rfxjit.dialects.quick_import import quick_import

        with quick_import():
            from xdsl.dialects.builtin import i32
            from xdsl.ir import Attribute, Operation

        class Foreign: pass

        assert type(Attribute) is not ABCMeta
        assert isinstance(i32, Attribute) and not isinstance(Foreign(), Attribute)
        assert not isinstance(Foreign(), Operation)
        Attribute.register(Foreign)
        assert isinstance(Foreign(), Attribute) and issubclass(Foreign, Attribute)
        assert isinstance(i32, Attribute) and not isinstance(i32, Operation)
        assert not isinstance(Foreign(), Operation)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
