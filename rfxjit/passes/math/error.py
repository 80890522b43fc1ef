"""erf."""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, MathEmit, format_of
from rfxjit.passes.math.exponential import exp

CUT = 0.9375
# erf(x) = x + x P(x^2) up to the cut, relative errors 2^-25.6 and 2^-56.0.
SMALL = {
    F32: (
        0.12837915122509003,
        -0.3761247992515564,
        0.11281617730855942,
        -0.02675856649875641,
        0.004980693105608225,
        -0.0005925165605731308,
    ),
    F64: (
        0.12837916709551256,
        -0.3761263890318345,
        0.11283791670943005,
        -0.026866170642896835,
        0.0052239776032423635,
        -0.0008548325717935801,
        0.00012055284671842944,
        -1.4924485255403271e-05,
        1.6443559346635378e-06,
        -1.6172374806735536e-07,
        1.3532377864831774e-08,
        -7.379599134754616e-10,
    ),
}
# log(1 - erf(x)) = Q(x - 1) from the cut to 4 and 6; the absolute errors that this
# makes in erf are 2^-26.9 and 2^-55.9.
LARGE = {
    F32: (
        -1.8496055603027344,
        -2.638967514038086,
        -0.8430905342102051,
        -0.041661158204078674,
        0.010222038254141808,
        -0.0021024395246058702,
        0.0002642731706146151,
    ),
    F64: (
        -1.8496055099332482,
        -2.638967514234787,
        -0.8431072563584995,
        -0.04156109804803566,
        0.010033825446098224,
        -0.0019779029653214136,
        0.00023732362361597863,
        2.627656975172137e-05,
        -2.7161134973178707e-05,
        9.619550716286854e-06,
        -2.0803991373785024e-06,
        1.6737499779360803e-07,
        7.781109348262303e-08,
        -4.091189804735571e-08,
        1.0512377625938078e-08,
        -1.668451429437767e-09,
        1.556184936220226e-10,
        -6.554422661006155e-12,
    ),
}
ONE_FROM = {F32: 4.0, F64: 6.0}


def erf(m: MathEmit, x: SSAValue) -> SSAValue:
    """Error function: a polynomial up to the cut, 1 - e^Q above.

    Bound 1.0 / 1.0 ULP, without fma 1.1 / 1.0 ULP.
    """
    fmt = format_of(x)
    a = m.abs(x)
    z = m.mul(a, a)
    small = m.mad(a, m.horner(z, SMALL[fmt]), a)
    top = ONE_FROM[fmt]
    u = m.sub(m.select(m.lt(top, a), top, a), 1.0)
    large = m.sub(1.0, exp(m, m.horner(u, LARGE[fmt])))
    return m.copysign(m.select(m.lt(a, CUT), small, large), x)


__all__ = ["erf"]
