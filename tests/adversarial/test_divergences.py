"""Every divergence of the collection against the definitions, and the identities between those that have one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings, strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import wrightomega

from genbench.adversarial.divergences import (
    Divergence,
    Scalar,
    alpha,
    examples,
    gan,
    jeffrey,
    jensen_shannon,
    kullback_leibler,
    neyman,
    pearson,
    reverse_kullback_leibler,
    squared_hellinger,
    total_variation,
    weighted_jensen_shannon,
)
from genbench.adversarial.divergences._stable import log_one_minus_exp, log_softplus, log_wright_omega, softplus
from genbench.errors import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

EVERY = pytest.mark.parametrize("d", [pytest.param(d, id=name) for name, d in examples().items()])
PARTS = pytest.mark.parametrize("part", ["activation", "composite"])
few = settings(derandomize=True, deadline=None, max_examples=25)
logits = st.floats(-6, 6)
ratios = st.floats(-4, 4).map(math.exp)
ALPHAS = st.floats(-4, 4).filter(lambda a: min(abs(a), abs(a - 1)) > 0.05)
WEIGHTS = st.floats(0.05, 0.95)
SAMPLED = {
    "alpha": ALPHAS.map(lambda a: alpha.build(alpha=a)),
    "weight": WEIGHTS.map(lambda w: weighted_jensen_shannon.build(weight=w)),
}


def values(function: Scalar, points: Sequence[float]) -> list[float]:
    return [at(function, point) for point in points]


def at(function: Scalar, point: float) -> float:
    return function(torch.tensor(point, dtype=torch.float64)).item()


def highest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the maximum of a quasi-concave function by bounded Brent, both ends included."""
    inside = minimize_scalar(lambda x: -function(x), bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return max(-inside.fun, function(low), function(high))


def derivatives(function: Scalar, v: torch.Tensor) -> list[torch.Tensor]:
    """Value, first and second derivative at each v by automatic differentiation; 0 where torch knows it is constant."""
    v = v.detach().requires_grad_()
    orders = [function(v)]
    for _ in range(2):
        last = orders[-1]
        slope = torch.autograd.grad(last.sum(), v, create_graph=True)[0] if last.requires_grad else torch.zeros_like(v)
        orders.append(slope)
    return [order.detach() for order in orders]


def supremum(d: Divergence, t: float) -> float:
    """sup over u > 0 of u t − f(u), by search over log u."""
    return highest(lambda log_u: math.exp(log_u) * t - at(d.f, math.exp(log_u)), -70, 60)


@EVERY
@few
@given(v=logits)
def test_conjugate_is_the_supremum(d: Divergence, v: float) -> None:
    t = at(d.activation, v)
    assert at(d.conjugate, t) == pytest.approx(supremum(d, t), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("option", SAMPLED)
@few
@given(data=st.data(), v=st.floats(-4, 4))
def test_conjugate_is_the_supremum_for_any_option(option: str, data: st.DataObject, v: float) -> None:
    d = data.draw(SAMPLED[option])
    t = at(d.activation, v)
    best = at(d.conjugate, t)
    assume(abs(best) < 1e6)
    assert best == pytest.approx(supremum(d, t), rel=1e-8, abs=1e-8)
    assert at(d.composite, v) == pytest.approx(best, rel=1e-9, abs=1e-9)


@EVERY
@few
@given(a=ratios, b=ratios, share=st.floats(0, 1))
def test_f_is_convex(d: Divergence, a: float, b: float, share: float) -> None:
    f_a, f_b, f_between = (at(d.f, u) for u in (a, b, share * a + (1 - share) * b))
    assert f_between <= share * f_a + (1 - share) * f_b + 1e-12 * (1 + abs(f_a) + abs(f_b))


@EVERY
def test_where_the_densities_are_equal(d: Divergence) -> None:
    assert at(d.f, 1.0) == pytest.approx(d.at_one, abs=1e-15)
    assert at(d.derivative, 1.0) == pytest.approx(d.slope, abs=1e-15)


@EVERY
@few
@given(u=ratios)
def test_derivative_is_that_of_f(d: Divergence, u: float) -> None:
    assume(abs(u - 1) > 1e-3)  # total variation has its kink at 1
    point = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(d.f(point), point)
    assert at(d.derivative, u) == pytest.approx(slope.item(), rel=1e-9, abs=1e-12)


@EVERY
@few
@given(u=ratios, v=logits)
def test_fenchel_young(d: Divergence, u: float, v: float) -> None:
    """f(u) + f*(t) ≥ u t, with equality for t = f'(u)."""
    t, tangent = at(d.activation, v), at(d.derivative, u)
    size = 1 + abs(at(d.f, u)) + abs(at(d.conjugate, t)) + abs(u * t)
    assert at(d.f, u) + at(d.conjugate, t) >= u * t - 1e-12 * size
    assert at(d.f, u) + at(d.conjugate, tangent) == pytest.approx(u * tangent, rel=1e-9, abs=1e-9)


@EVERY
@few
@given(u=st.floats(-3, 3).map(math.exp))
def test_a_free_critic_attains_f(d: Divergence, u: float) -> None:
    """max over v of u g_f(v) − f*(g_f(v)) is f(u): the activation reaches every tangent."""
    best = highest(lambda v: u * at(d.activation, v) - at(d.composite, v), -100, 40)
    assert best == pytest.approx(at(d.f, u), rel=1e-8, abs=1e-8)


@EVERY
def test_activation_increases_within_the_domain(d: Divergence) -> None:
    low, high = d.domain
    near = d.activation(torch.linspace(-15, 15, 601, dtype=torch.float64))
    assert ((near > low) & (near < high)).all()
    assert (near.diff() > 0).all()
    for dtype in (torch.float32, torch.float64):
        far = d.activation(torch.linspace(-1e4, 1e4, 4001, dtype=dtype))
        assert ((far >= low) & (far.double() <= high + 1e-7)).all()
        assert not (far.diff() < 0).any()


@EVERY
@few
@given(v=st.floats(-10, 10))
def test_composite_is_the_conjugate_of_the_activation(d: Divergence, v: float) -> None:
    direct = at(d.conjugate, at(d.activation, v))
    assert math.isfinite(direct)
    assert at(d.composite, v) == pytest.approx(direct, rel=1e-9, abs=1e-9)


PI, ALPHA = Decimal("0.2"), Decimal("0.3")
EXACT: dict[str, tuple[Divergence, Callable[[Decimal], Decimal], Callable[[Decimal], Decimal]]] = {
    # f* and g_f as the paper prints them
    "reverse_kullback_leibler": (reverse_kullback_leibler.build(), lambda t: -1 - (-t).ln(), lambda v: -(-v).exp()),
    "neyman": (neyman.build(), lambda t: 2 - 2 * (1 - t).sqrt(), lambda v: 1 - (-v).exp()),
    "squared_hellinger": (squared_hellinger.build(), lambda t: t / (1 - t), lambda v: 1 - (-v).exp()),
    "jensen_shannon": (
        jensen_shannon.build(),
        lambda t: -(2 - t.exp()).ln(),
        lambda v: Decimal(2).ln() - (1 + (-v).exp()).ln(),
    ),
    "weighted_jensen_shannon": (
        weighted_jensen_shannon.build(weight=float(PI)),
        lambda t: (1 - PI) * ((1 - PI) / (1 - PI * (t / PI).exp())).ln(),
        lambda v: -PI * PI.ln() - (1 + (-v).exp()).ln(),
    ),
    "gan": (gan.build(), lambda t: -(1 - t.exp()).ln(), lambda v: -(1 + (-v).exp()).ln()),
    "alpha": (
        alpha.build(alpha=float(ALPHA)),
        lambda t: ((1 + (ALPHA - 1) * t) ** (ALPHA / (ALPHA - 1)) - 1) / ALPHA,
        lambda v: 1 / (1 - ALPHA) - (1 + (-v).exp()).ln(),
    ),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("v", [-600, -40, -3, -0.01, 0.7, 2, 11, 40, 600])
def test_composite_far_out_against_decimals(name: str, v: float) -> None:
    d, conjugate, activation = EXACT[name]
    with localcontext(prec=1000):
        exact = float(conjugate(activation(Decimal(v))))
    assert at(d.composite, v) == pytest.approx(exact, rel=1e-12, abs=1e-14)


def far_and_near(d: Divergence) -> torch.Tensor:
    """v within |v| ≤ 1e4 and the safe interval, its ends included."""
    low, high = max(d.safe[0], -1e4), min(d.safe[1], 1e4)
    near = torch.linspace(-200, 200, 2001)
    return torch.cat([torch.linspace(low, high, 2001), near, torch.zeros(1)]).clamp(low, high)


@EVERY
@PARTS
def test_float32_is_finite_and_right_in_the_safe_interval(d: Divergence, part: str) -> None:
    single = derivatives(getattr(d, part), far_and_near(d))
    double = derivatives(getattr(d, part), far_and_near(d).double())
    for order in single:
        assert order.isfinite().all()
    for ours, truth in zip(single[:2], double[:2], strict=True):
        torch.testing.assert_close(ours.double(), truth, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("a", [-100.0, -1.0, -0.001, 0.001, 0.1, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0, 3.0, 50.0])
def test_float32_is_finite_for_any_alpha(a: float) -> None:
    d = alpha.build(alpha=a)
    for order in derivatives(d.composite, far_and_near(d)):
        assert order.isfinite().all()


@pytest.mark.parametrize("weight", [1e-6, 0.05, 0.95, 1 - 1e-6])
def test_float32_is_finite_for_any_weight(weight: float) -> None:
    d = weighted_jensen_shannon.build(weight=weight)
    for order in derivatives(d.composite, far_and_near(d)):
        assert order.isfinite().all()


@EVERY
def test_float32_overflows_to_infinity_outside_the_safe_interval(d: Divergence) -> None:
    """The rule where a value exceeds float32: an infinity of the right sign, and the interval says where it starts."""
    assert bool(d.unsafe) == any(math.isfinite(end) for end in d.safe)
    v = torch.linspace(-1e4, 1e4, 4001)
    outside = v[(v < d.safe[0]) | (v > d.safe[1])]
    for part in (d.activation, d.composite):
        single, double = part(outside), part(outside.double())
        assert not single.isnan().any()
        lost = single.isinf()
        assert (double[lost].abs() > 1e38).all()
        assert torch.equal(single[lost].sign().double(), double[lost].sign())
    for end, further in zip(d.safe, (-10, 10), strict=True):
        if math.isfinite(end):
            beyond = torch.tensor([end + further])
            assert d.activation(beyond).isinf() or d.composite(beyond).isinf()


@EVERY
@PARTS
def test_gradients_of_gradients(d: Divergence, part: str) -> None:
    """First and second derivatives against finite differences, as a gradient penalty needs them."""
    v = torch.tensor([-5.3, -2.6, -1.1, -0.2, 0.0, 0.4, 1.7, 3.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(getattr(d, part), v)
    assert torch.autograd.gradgradcheck(getattr(d, part), v)


@EVERY
@few
@given(log_p=st.floats(-6, 3), log_q=st.floats(-6, 3))
def test_integrand_is_q_times_f_of_the_ratio(d: Divergence, log_p: float, log_q: float) -> None:
    p, q = torch.tensor(log_p, dtype=torch.float64), torch.tensor(log_q, dtype=torch.float64)
    plain = q.exp() * d.f((p - q).exp())
    torch.testing.assert_close(d.integrand(p, q), plain, rtol=1e-9, atol=1e-11)


@EVERY
def test_integrand_where_a_density_vanishes(d: Divergence) -> None:
    """q f(0) where p = 0, and p lim f(u)/u where q = 0, whether or not they are finite; no NaN in the far tails."""
    zero, one = torch.tensor([-math.inf, 0.0], dtype=torch.float64)  # the logarithms of 0 and 1
    limits = (at(d.f, 1e-300), d.integrand(zero, one)), (at(d.f, 1e100) / 1e100, d.integrand(one, zero))
    for limit, value in limits:
        if value.isinf():
            assert limit > 100
        else:
            assert value.item() == pytest.approx(limit, rel=1e-6, abs=1e-6)
    tails = -torch.logspace(0, 30, 31, dtype=torch.float64)
    assert not d.integrand(tails[:, None], tails).isnan().any()


def same_f(first: Scalar, second: Scalar) -> None:
    u = torch.logspace(-3, 3, 61, dtype=torch.float64)
    torch.testing.assert_close(first(u), second(u), rtol=1e-10, atol=1e-12)


def scaled(d: Divergence, factor: float, offset: float = 0.0) -> Scalar:
    return lambda u: factor * d.f(u) + offset


def exchanged(d: Divergence) -> Scalar:
    """Return the generator of D_f(Q‖P)."""
    return lambda u: u * d.f(1 / u)


def test_identities_between_divergences() -> None:
    kl, reverse, js = kullback_leibler.build(), reverse_kullback_leibler.build(), jensen_shannon.build()
    same_f(alpha.build(alpha=2).f, scaled(pearson.build(), 0.5))
    same_f(alpha.build(alpha=0.5).f, scaled(squared_hellinger.build(), 2.0))
    same_f(alpha.build(alpha=-1).f, scaled(neyman.build(), 0.5))
    same_f(jeffrey.build().f, lambda u: kl.f(u) + reverse.f(u))
    same_f(weighted_jensen_shannon.build(weight=0.5).f, scaled(js, 0.5))
    u = torch.logspace(-3, 3, 61, dtype=torch.float64)
    torch.testing.assert_close(gan.build().f(u), js.f(u) - (1 + u) * math.log(2), rtol=1e-12, atol=1e-12)


def test_exchanging_p_and_q() -> None:
    same_f(exchanged(kullback_leibler.build()), reverse_kullback_leibler.build().f)
    same_f(exchanged(pearson.build()), neyman.build().f)
    same_f(exchanged(alpha.build(alpha=0.3)), alpha.build(alpha=0.7).f)
    same_f(exchanged(weighted_jensen_shannon.build(weight=0.2)), weighted_jensen_shannon.build(weight=0.8).f)
    for symmetric in (total_variation, squared_hellinger, jeffrey, jensen_shannon, gan):
        same_f(exchanged(symmetric.build()), symmetric.build().f)


def test_alpha_tends_to_the_kullback_leiblers() -> None:
    u = torch.linspace(0.1, 5, 50, dtype=torch.float64)
    for a, limit, sign in ((1e-6, reverse_kullback_leibler, 1), (1 - 1e-6, kullback_leibler, -1)):
        near = alpha.build(alpha=a).f(u)
        torch.testing.assert_close(near, limit.build().f(u) + sign * (u - 1), rtol=1e-5, atol=1e-5)


def test_log_wright_omega_against_scipy() -> None:
    z = np.concatenate([np.linspace(-700, 700, 1401), np.linspace(-3, 4, 701), [-1e4, 1e4, 1e8]])
    ours = log_wright_omega(torch.from_numpy(z)).numpy()
    omega = wrightomega(z)
    np.testing.assert_allclose(np.exp(ours), omega, rtol=1e-12)
    np.testing.assert_allclose(ours + np.exp(ours), z, rtol=1e-14, atol=1e-14)


def test_softplus_and_logarithms_against_decimals() -> None:
    points = [-700.0, -87.5, -30.0, -10.0001, -9.9999, -2.5, -2.0, 0.0, 3.0, 19.99, 20.01, 80.0, 700.0]
    with localcontext(prec=400):
        exact = [(1 + Decimal(x).exp()).ln() for x in points]
        logs = [float(value.ln()) for value in exact]
        ones = [float((1 - (-Decimal(x).exp()).exp()).ln()) for x in points[:9]]
    np.testing.assert_allclose(values(softplus, points), [float(value) for value in exact], rtol=1e-14)
    np.testing.assert_allclose(values(log_softplus, points), logs, rtol=1e-13)
    np.testing.assert_allclose(values(log_one_minus_exp, points[:9]), ones, rtol=1e-13)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, True, math.nan, math.inf, "0.5", None])
def test_alpha_refuses_its_limits(value: object) -> None:
    with pytest.raises(InputError, match="alpha must be a finite number other than 0 and 1") as caught:
        alpha.build(alpha=value)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [0, 1, -0.1, math.pi, math.nan, "0.5", None])
def test_weight_lies_between_0_and_1(value: object) -> None:
    with pytest.raises(InputError, match="weight must be between 0 and 1") as caught:
        weighted_jensen_shannon.build(weight=value)  # type: ignore[arg-type]
    assert repr(value) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_activation_that_leaves_its_domain_is_refused() -> None:
    with pytest.raises(InputError, match=r"activation is 1 at v = 1, not in its domain \[-inf, 0\]"):
        replace(gan.build(), activation=lambda v: v)
    with pytest.raises(InputError, match="activation is nan"):
        replace(gan.build(), activation=torch.log)
