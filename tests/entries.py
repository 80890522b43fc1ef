"""Arguments for units written by hand, in many forms, and where entries are native."""

from __future__ import annotations

import numpy as np
import pytest
from hand_written_units import F8, identity_unit

from rfxjit.runtime import capi
from rfxjit.signature import Output

native_only = pytest.mark.skipif(
    not capi.enabled(), reason="no native entries on this interpreter"
)


def gains():
    return 2.0, 0.5, 0.25


def float_unit():
    return identity_unit("float", F8, "double", Output(F8, (), "float"))


def errors():
    return [np.array([float(k)]) for k in (1, 2, 4)]


def swapped(x):
    return x.astype(x.dtype.newbyteorder())


def misaligned(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)
    result = raw[1:].view(x.dtype).reshape(x.shape)
    result[...] = x
    assert not result.flags.aligned
    return result


def strided(x):
    return np.repeat(x, 2, axis=0)[::2]


def backwards(x):
    return x[::-1].copy()[::-1]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x
