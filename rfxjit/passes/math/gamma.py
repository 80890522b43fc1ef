"""gamma, lgamma, digamma.

Up to 3 each is a polynomial: of the distance to 2, of which the zeros are factors. From
3 on it is Stirling's formula with a polynomial of 1/a, and the logarithm in it a sum of
two floats (see `power.py`). Negative arguments are reflected:

    gamma(-a) = -pi / (a sin(pi a) gamma(a))        digamma(-a) = digamma(a) + 1/a
                                                        + pi cot(pi a)

Next to a zero that is not at 1 or 2 the results of lgamma and digamma are exact to a
bound on the absolute error: there, numbers of about 1 cancel.
"""

from __future__ import annotations

from math import log, log2, pi, tau

from xdsl.ir import SSAValue

from rfxjit.passes.math.common import F32, F64, Format, MathEmit, format_of
from rfxjit.passes.math.exponential import EXP2, scale
from rfxjit.passes.math.logarithm import log as log_
from rfxjit.passes.math.logarithm import reduce_normal
from rfxjit.passes.math.power import log2_twice
from rfxjit.passes.math.turns import cospi, sinpi

# fmt: off
# gamma(2 + f) on [0, 1], relative errors 2^-32 and 2^-56.8.
GAMMA = {
    F32: (
        1.0, 0.42278435826301575, 0.41183939576148987, 0.08158986270427704,
        0.0741608738899231, 7.615685171913356e-05, 0.01032884232699871,
        -0.0015744760166853666, 0.0007949858554638922,
    ),
    F64: (
        1.0, 0.42278433509847013, 0.41184033042606977, 0.08157691926311914,
        0.07424901040073109, -0.0002669774286958331, 0.011154005726727112,
        -0.0028524065410152895, 0.0021029006264426217, -0.0009162741186755191,
        0.00048244457202307496, -0.00022636310056655854, 0.00010111982532410812,
        -3.838129358929758e-05, 1.1362572735388647e-05, -2.2432268895694704e-06,
        2.17197789650768e-07,
    ),
}
# gamma(a) = sqrt(tau) a^(a - 1/2) e^-a (1 + t S(t)), t = 1/a <= 1/3: 2^-27.5, 2^-57.9.
STIRLING = {
    F32: (
        0.08333282917737961, 0.003487567650154233, -0.002827879972755909,
        0.0003346773446537554,
    ),
    F64: (
        0.08333333333333606, 0.003472222221579036, -0.002681327107626681,
        -0.00022947427406173134, 0.0007840919329289173, 6.891792094817132e-05,
        -0.0005839068054722511, -0.00010826865867123652, 0.001093363677084763,
        -0.0005973585753132452, -0.001389804056098841, 0.002391875323091198,
        -0.0011960205812307785,
    ),
}
# log(1 + t S(t)) = t M(t^2), errors 2^-28.8 and 2^-59.5.
STIRLING_LOG = {
    F32: (
        0.08333317190408707, -0.0027701498474925756, 0.0006806317251175642,
    ),
    F64: (
        0.08333333333333152, -0.0027777777769715266, 0.0007936506606702246,
        -0.0005952266567482637, 0.0008411557659370733, -0.0018971813817629827,
        0.005927244414473032, -0.021212939483777483, 0.0690306090403169,
        -0.1599472238891823, 0.18387813354945423,
    ),
}
# lgamma(2 + u) = u (u + 1) R(u) on [-1, 1], relative errors 2^-25.8 and 2^-54.7.
LGAMMA = {
    F32: (
        0.42278432846069336, -0.10031726956367493, 0.032965462654829025,
        -0.012385031208395958, 0.004993498791009188, -0.0021018555853515863,
        0.0009358942625112832, -0.00042581307934597135, 0.00014711462426930666,
        -5.2388797485036775e-05, 6.325836147880182e-05, -3.8673493691021577e-05,
        5.066066933068214e-06,
    ),
    F64: (
        0.42278433509846713, -0.1003173016743539, 0.03296500062115573,
        -0.012384192193374373, 0.004998641164704086, -0.0021081308338285498,
        0.0009153769220551865, -0.0004057073999483617, 0.00018255264205165026,
        -8.30950998562589e-05, 3.8168862209921994e-05, -1.766185600842742e-05,
        8.22235068216585e-06, -3.846512155574253e-06, 1.8074484301617896e-06,
        -8.554872761646431e-07, 4.055908823241918e-07, -1.8612121705847507e-07,
        8.741183428582072e-08, -5.2052026997530066e-08, 2.6305543910967104e-08,
        -7.74347086670829e-10, -8.089937449389496e-10, -8.958707540729009e-09,
        4.95445148497529e-09, 2.4716548981572423e-09, -1.3984826216556725e-09,
        -8.193347083602262e-10, 4.2576107236322104e-10,
    ),
}
# digamma(2 + u) = (u - zero) D(u) on [-1, 1], relative errors 2^-24.8 and 2^-54.4.
DIGAMMA = {
    F32: (
        0.7853075265884399, -0.26073896884918213, 0.10899922996759415,
        -0.04955023154616356, 0.023458044975996017, -0.011347467079758644,
        0.0054900264367461205, -0.00269588571973145, 0.0015268315328285098,
        -0.0007806117064319551, 0.00010983287211274728, -3.7761365092592314e-05,
        0.00022172111494001, -0.00011596162221394479,
    ),
    F64: (
        0.7853075386041053, -0.26073895468300146, 0.10899991701762853,
        -0.04955103291766737, 0.02344730959755422, -0.01133843255356593,
        0.005552254176404887, -0.002739572878627859, 0.001358142111908541,
        -0.0006753134200452133, 0.0003364331090365585, -0.00016781483825058582,
        8.37752011357196e-05, -4.184784764289607e-05, 2.091033772659928e-05,
        -1.0435865157874351e-05, 5.2138466704609655e-06, -2.645657168725066e-06,
        1.3279071731616635e-06, -5.867747372697433e-07, 2.85401230266616e-07,
        -2.5283074650869387e-07, 1.3503675629737072e-07, 4.5632645993334203e-08,
        -2.9316338777181612e-08, -6.678745102436127e-08, 3.663388518544905e-08,
        2.0655536734557855e-08, -1.1287882769011247e-08, -5.488341812540005e-09,
        2.872189441968846e-09,
    ),
}
# digamma(a) = log(a) + t A(t), t = 1/a <= 1/3, errors 2^-29.5 and 2^-58.
DIGAMMA_LARGE = {
    F32: (
        -0.5000001788139343, -0.08332488685846329, -0.00012946510105393827,
        0.00921874400228262, -0.0028970122803002596,
    ),
    F64: (
        -0.49999999999999695, -0.08333333333417964, 8.215307916174802e-11,
        0.008333329304879544, 1.169901058728197e-07, -0.003970448113656561,
        2.795110087927779e-05, 0.003918080910281457, 0.001556227815428756,
        -0.014330997995866089, 0.019151744198265215, -0.00755274581622381,
        -0.005795343042130062, 0.005275171101362005,
    ),
}
# fmt: on
DIGAMMA_ZERO = {
    F32: (-0.5383678674697876, 1.243815006546356e-08),
    F64: (-0.5383678550316376, -1.5522348162858677e-17),
}
"""The zero of digamma, 1.4616..., less 2."""
LOG2E = {
    F32: (1.4426950216293335, 1.9259629911266175e-08),
    F64: (1.4426950408889634, 2.0355273740931033e-17),
}
LN2 = {
    F32: (0.6931471824645996, -1.904654323148236e-09),
    F64: (0.6931471805599453, 2.3190468138462996e-17),
}
LARGE = {F32: 50.0, F64: 200.0}
"""gamma is infinite from here on, and 0 below its negative."""
SMALL = 2.0**-60


def _small_gamma(m: MathEmit, fmt: Format, a: SSAValue) -> SSAValue:
    """gamma(a) for a < 3: gamma(2 + f) / a or / (a (a + 1)), f the fraction of a."""
    one, two = m.ge(a, 1.0), m.ge(a, 2.0)
    base = m.select(two, 2.0, m.select(one, m.const(1.0, a.type), 0.0))
    value = m.horner(m.sub(a, base), GAMMA[fmt])
    product = m.select(one, a, m.mad(a, a, a))
    return m.div(value, m.select(two, 1.0, product))


def _large_gamma(m: MathEmit, fmt: Format, a: SSAValue) -> tuple[SSAValue, SSAValue]:
    """(p, bits of n + magic) with gamma(a) = p 2^n for a >= 3."""
    # log2 gamma(a) = (a - 1/2) (log2 a - log2 e) + rest + log2(1 + t S(t))
    rest = log2(tau) / 2.0 - log2(2.718281828459045) / 2.0
    r = reduce_normal(m, fmt, a)
    h, low = log2_twice(m, fmt, r.e(m), r.f)
    g, g_low = m.two_sum(h, -LOG2E[fmt][0])
    g_low = m.add(g_low, m.sub(low, LOG2E[fmt][1]))
    w = m.sub(a, 0.5)
    shifted = m.add(m.mad(w, g, m.const(rest, a.type)), fmt.magic)
    n = m.sub(shifted, fmt.magic)
    f = m.add(m.fma(w, g, m.neg(n)), m.mad(w, g_low, m.const(rest, a.type)))
    p = m.mad(f, m.horner(f, EXP2[fmt]), 1.0)
    t = m.div(1.0, a)
    p = m.mad(p, m.mul(t, m.horner(t, STIRLING[fmt])), p)
    return p, m.bits(shifted)


def gamma(m: MathEmit, x: SSAValue) -> SSAValue:
    """The gamma function. Bound 4.0 / 4.0 ULP.

    gamma(+-0) = +-inf; NaN for negative integers and -inf, as C's tgamma.
    """
    fmt = format_of(x)
    a = m.abs(x)
    top = LARGE[fmt]
    b = m.select(m.lt(top, a), top, a)
    value, n = m.branch(
        m.ge(b, 3.0),
        lambda m: _large_gamma(m, fmt, b),
        lambda m: (_small_gamma(m, fmt, b), m.const(0, fmt.bits)),
        (fmt.type, fmt.bits),
    )

    def reflected(m: MathEmit) -> tuple[SSAValue, SSAValue]:
        divisor = m.mul(m.mul(sinpi(m, a), value), b)
        return m.div(m.const(-pi, x.type), divisor), m.sub(0, n)

    value, n = m.branch(
        m.lt(x, 0.0), reflected, lambda _: (value, n), (fmt.type, fmt.bits)
    )
    y = scale(m, fmt, value, n)
    y = m.select(m.lt(a, SMALL), m.div(1.0, x), y)
    # Integers below 0 have divided by zero.
    pole = m.and_(m.lt(x, 0.0), m.eq(m.trunc(x), x))
    return m.select(pole, float("nan"), y)


def _small_lgamma(m: MathEmit, fmt: Format, a: SSAValue) -> SSAValue:
    """lgamma(a) for a < 3; below 1, lgamma(a + 1) - log(a)."""
    below = m.lt(a, 1.0)
    w = m.select(below, a, m.sub(a, 1.0))
    u = m.sub(w, 1.0)
    # + 0: the result for 1 is not -0.
    y = m.mad(m.mul(u, w), m.horner(u, LGAMMA[fmt]), 0.0)
    logarithm = m.branch(
        below,
        lambda m: (log_(m, a),),
        lambda m: (m.const(0.0, a.type),),
        (a.type,),
    )[0]
    return m.sub(y, logarithm)


def _large_lgamma(m: MathEmit, fmt: Format, a: SSAValue) -> SSAValue:
    """lgamma(a) = (a - 1/2) (log a - 1) + rest + t M(t^2) for a >= 3."""
    r = reduce_normal(m, fmt, a)
    h, low = log2_twice(m, fmt, r.e(m), r.f)
    ln2, ln2_low = LN2[fmt]
    p, p_low = m.two_prod(h, ln2)
    p_low = m.mad(low, m.const(ln2, a.type), p_low)
    p_low = m.mad(h, m.const(ln2_low, a.type), p_low)
    g = m.sub(p, 1.0)
    g_low = m.add(m.sub(m.sub(p, g), 1.0), p_low)
    w = m.sub(a, 0.5)
    t = m.div(1.0, a)
    rest = m.const(log(tau) / 2.0 - 0.5, a.type)
    rest = m.mad(t, m.horner(m.mul(t, t), STIRLING_LOG[fmt]), rest)
    y = m.fma(w, g, m.mad(w, g_low, rest))
    return m.select(m.lt(a, float("inf")), y, a)


def lgamma(m: MathEmit, x: SSAValue) -> SSAValue:
    """log|gamma(x)|; inf for 0, negative integers and both infinities.

    Bound 4.0 / 4.0 ULP; for negative x, of the largest of 1 and the result.
    """
    fmt = format_of(x)
    a = m.abs(x)
    y = m.branch(
        m.ge(a, 3.0),
        lambda m: (_large_lgamma(m, fmt, a),),
        lambda m: (_small_lgamma(m, fmt, a),),
        (x.type,),
    )[0]

    def reflected(m: MathEmit) -> tuple[SSAValue]:
        product = m.mul(a, m.abs(sinpi(m, a)))
        z = m.sub(log_(m, m.div(m.const(pi, x.type), product)), y)
        # Where the sine is 0, y may be infinite as well.
        pole = m.or_(m.eq(product, 0.0), m.eq(a, float("inf")))
        z = m.select(pole, float("inf"), z)
        return (m.select(m.lt(a, SMALL), y, z),)

    return m.branch(m.lt(x, 0.0), reflected, lambda _: (y,), (x.type,))[0]


def digamma(m: MathEmit, x: SSAValue) -> SSAValue:
    """The logarithmic derivative of gamma; NaN for negative integers and -inf.

    Bound 4.0 / 4.0 ULP; for negative x, of the largest of its three terms.
    """
    fmt = format_of(x)
    a = m.abs(x)
    inverse = m.div(1.0, a)

    def large(m: MathEmit) -> tuple[SSAValue]:
        return (m.mad(inverse, m.horner(inverse, DIGAMMA_LARGE[fmt]), log_(m, a)),)

    def small(m: MathEmit) -> tuple[SSAValue]:
        below = m.lt(a, 1.0)
        u = m.sub(m.select(below, a, m.sub(a, 1.0)), 1.0)
        zero, zero_low = DIGAMMA_ZERO[fmt]
        distance = m.sub(m.sub(u, zero), zero_low)
        y = m.mul(distance, m.horner(u, DIGAMMA[fmt]))
        return (m.select(below, m.sub(y, inverse), y),)

    y = m.branch(m.ge(a, 3.0), large, small, (x.type,))[0]

    def reflected(m: MathEmit) -> tuple[SSAValue]:
        sine, cosine = sinpi(m, a), cospi(m, a)
        cotangent = m.div(m.mul(cosine, pi), sine)
        z = m.add(m.add(y, inverse), cotangent)
        return (m.select(m.eq(sine, 0.0), float("nan"), z),)

    y = m.branch(m.lt(x, 0.0), reflected, lambda _: (y,), (x.type,))[0]
    return m.select(m.lt(a, SMALL), m.div(-1.0, x), y)


__all__ = ["digamma", "gamma", "lgamma"]
