"""erf, erfc."""

from __future__ import annotations

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, MathEmit, format_of
from rfxjit.passes.math.exponential import exp, exp_parts, scale

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
# e^(x^2) erfc(x) = t R(u), t = 1/(x + k), u = 1 - 2 k t, from 1/2 to where erfc is 0;
# relative errors 2^-25.8 and 2^-53.2.
# fmt: off
SCALED = {
    F32: (
        1.0215827226638794, -0.6871606707572937, 0.2794704735279083,
        -0.03644200414419174, -0.021487165242433548, 0.0064725810661911964,
        0.0029746803920716047, -0.0008048719610087574, -0.000440239004092291,
    ),
    F64: (
        1.0740069070883398, -0.8833944531698832, 0.5902283571040674,
        -0.3104672619006034, 0.11952776128949166, -0.026827234623977663,
        -0.001212416681653004, 0.003034062008840914, -0.0005483090094633486,
        -0.0002767780881635435, 0.00010755658177495888, 3.0400611768246647e-05,
        -1.7449115844209766e-05, -4.762254655769064e-06, 2.707374907360248e-06,
        1.0391432904272697e-06, -3.1329995561219044e-07, -3.0597779938264676e-07,
        -3.901955062500273e-08, 1.2086701120651688e-07, 3.0700714727014605e-08,
        -3.6174758504713866e-08,
    ),
}
# fmt: on
SHIFT = {F32: 2.0, F64: 3.0}
ZERO_FROM = {F32: 10.2, F64: 27.3}


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


def erfc(m: MathEmit, x: SSAValue) -> SSAValue:
    """1 - erf(x) up to 1/2, e^(-x^2) t R(1 - 2 k t) above, t = 1/(|x| + k).

    Such a t makes e^(x^2) erfc(x) a smooth function up to infinity (M. Shepherd and
    J. Laframboise, Math. Comp. 36, 1981). Bound 4.0 / 4.0 ULP.
    """
    fmt = format_of(x)
    a = m.abs(x)
    z = m.mul(a, a)
    small = m.mad(x, m.horner(z, SMALL[fmt]), x)
    top = ZERO_FROM[fmt]
    b = m.select(m.lt(top, a), top, a)
    shift = SHIFT[fmt]
    d = m.add(b, shift)
    t = m.div(1.0, d)
    # What t has lost, relative to it: the result varies faster than t.
    minus = m.neg(t)
    rest = m.fma(minus, d, m.const(1.0, x.type))
    rest = m.mad(minus, m.sub(b, m.sub(d, shift)), rest)
    u = m.mad(t, m.const(-2.0 * shift, x.type), 1.0)
    u = m.mad(m.mul(t, rest), m.const(-2.0 * shift, x.type), u)
    factor = m.mul(t, m.horner(u, SCALED[fmt]))
    square, low = m.two_prod(b, b)
    p, n = exp_parts(m, m.neg(square))
    factor = m.mad(factor, m.sub(rest, low), factor)
    large = scale(m, fmt, m.mul(p, factor), n)
    large = m.select(m.lt(x, 0.0), m.sub(2.0, large), large)
    return m.select(m.lt(a, 0.5), m.sub(1.0, small), large)


__all__ = ["erf", "erfc"]
