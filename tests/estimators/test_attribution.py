"""The attribution methods: Captum's numbers, closed forms, rows counted, and what is refused."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import nn

import sensbench as sb
from sensbench.errors import InputError, NotApplicable
from sensbench.estimators.attribution import (
    _draws,
    _rows,
    expected_gradients,
    shapley_value_sampling,
    smooth_grad,
)

captum = pytest.importorskip("captum.attr", reason="needs the extra attribution")

METHODS = (
    "saliency", "input_x_gradient", "integrated_gradients", "expected_gradients", "smooth_grad",
    "deep_lift", "feature_ablation", "shapley_value_sampling",
)  # fmt: skip
FROM_BASELINE = (
    "integrated_gradients", "deep_lift", "feature_ablation", "shapley_value_sampling",
)  # fmt: skip


def network(d=4, double=True):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(d, 16), nn.Tanh(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))
    return net.double() if double else net


def over_rows(net, X):
    return sb.Problem.of(net, sb.InputSpace.from_data(X), X=X)


@pytest.fixture
def attributed(monkeypatch):
    """Rows and what they were attributed, chunk by chunk."""
    seen = []
    add = _rows.AttributionSums.add

    def adding(self, *parts):
        seen[-1].append(_rows.Attributed(*parts))
        add(self, *parts)

    def yielding(own):
        def chunks(*given):
            for rows in own(*given):
                seen.append([rows])
                yield rows

        return chunks

    for kind in (_rows.Attribution, shapley_value_sampling.ShapleyValueSampling):
        monkeypatch.setattr(kind, "_chunks", yielding(vars(kind)["_chunks"]))
    monkeypatch.setattr(_rows.AttributionSums, "add", adding)
    return seen


def by_hand(by, rows, **params):
    x = torch.tensor(rows).requires_grad_()
    found = [by.attribute(x, target=k, **params).detach().numpy() for k in range(2)]
    return np.stack(found, axis=1)


def check_means(result, phi, Y, name):
    """Means over all rows, in units and in deviations."""
    for kind, value in (
        ("abs", np.abs(phi).mean(axis=0)),
        ("mean", phi.mean(axis=0)),
        ("rms", np.sqrt((phi**2).mean(axis=0))),
    ):
        np.testing.assert_allclose(result[f"{name}_{kind}"].value, value, rtol=1e-6, atol=1e-9)
        standardised = result[f"{name}_{kind}_standardised"].value
        deviations = value / Y.std(axis=0)[:, None]
        np.testing.assert_allclose(standardised, deviations, rtol=1e-6, atol=1e-9)


def test_saliency_is_captums_and_the_gradients(rng):
    X, net = rng.normal(size=(60, 4)), network()
    result = sb.estimators.load("saliency").estimate(over_rows(net, X), budget=60 * 3)
    slopes = by_hand(captum.Saliency(net), X, abs=False)
    np.testing.assert_allclose(result["derivative_abs"].value, np.abs(slopes).mean(axis=0))
    np.testing.assert_allclose(
        result["derivative_rms"].value, np.sqrt((slopes**2).mean(axis=0)), rtol=1e-9
    )
    gradient = sb.estimators.load("gradient").estimate(over_rows(net, X), budget=60 * 3)
    for name, item in result.estimates.items():
        np.testing.assert_array_equal(item.value, gradient[name].value)
        np.testing.assert_array_equal(item.high, gradient[name].high)


def test_saliency_speaks_for_itself():
    problem = sb.Problem.of(lambda x: 0 * x[:, 0] + 1.0, sb.InputSpace.uniform({"a": (0, 1)}))
    with pytest.raises(sb.errors.ConstantOutputError, match=r"^saliency: "):
        sb.estimators.load("saliency").estimate(problem, budget=100)


@pytest.mark.parametrize(
    ("name", "method", "params"),
    [
        ("input_x_gradient", captum.InputXGradient, {}),
        (
            "integrated_gradients",
            captum.IntegratedGradients,
            {"n_steps": 32, "method": "gausslegendre"},
        ),
    ],
)
def test_ours_is_captums(name, method, params, rng, attributed):
    """Slopes by one pass for all rows and points."""
    X, net = rng.normal(1.0, 2.0, size=(60, 4)), network()
    problem = over_rows(net, X)
    result = sb.estimators.load(name).estimate(problem, budget=60 * 33 * 3)
    if name == "integrated_gradients":
        params = params | {"baselines": torch.tensor(X.mean(axis=0)[None])}
    ((rows, found),) = attributed
    # Captum rounds its steps to single precision
    phi = by_hand(method(net), rows, **params)
    np.testing.assert_allclose(found.attributions, phi, rtol=1e-6, atol=1e-8)
    check_means(result, by_hand(method(net), X, **params), problem.explained(X), name)


def test_expected_gradients_are_captums(rng, monkeypatch, attributed):
    """GradientSHAP of the same baselines at the same places of the way."""
    points, factors = [], []
    own = expected_gradients.weighted_slopes

    def seen(model, path, weights, columns, way):
        points.extend(path)
        factors.extend(way)
        return own(model, points, weights, columns, way)

    monkeypatch.setattr(expected_gradients, "weighted_slopes", seen)
    X, net = rng.normal(size=(10, 4)), network()
    sb.estimators.load("expected_gradients", samples=4).estimate(
        over_rows(net, X), budget=10 * (4 * 3 + 1)
    )
    ((rows, found),) = attributed
    baselines, method = rows - np.stack(factors), captum.GradientShap(net)
    assert set(baselines.ravel().round(9)) <= set(X.ravel().round(9))
    phi = np.empty((4, 10, 2, 4))
    for s, k in np.ndindex(4, 10):
        way = factors[s][k, 0]
        # a row may be its own baseline
        alpha = 1 - (rows - points[s])[k, 0] / (way if way else 1.0)
        monkeypatch.setattr(
            np.random, "uniform", lambda low, high, n, alpha=alpha: np.array([alpha])
        )
        start = torch.tensor(baselines[s, [k]])
        phi[s, k] = by_hand(method, rows[[k]], baselines=start, n_samples=1)[0]
    np.testing.assert_allclose(found.attributions, phi.mean(axis=0), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.quarters[1], phi[1], rtol=1e-6, atol=1e-9)


def test_smooth_grad_is_captums(rng, monkeypatch, attributed):
    """Captum's noise tunnel with the same noise."""
    points, own = [], smooth_grad.weighted_slopes

    def seen(model, path, weights, columns):
        points.extend(path)
        return own(model, points, weights, columns)

    monkeypatch.setattr(smooth_grad, "weighted_slopes", seen)
    X, net = rng.normal(size=(40, 4)) * [1, 2, 3, 4], network()
    sb.estimators.load("smooth_grad", samples=4, noise=0.3).estimate(
        over_rows(net, X), budget=40 * (4 * 3 + 1)
    )
    ((rows, found),) = attributed
    # as the tunnel repeats them: all draws of the first row, then those of the second
    noise = np.stack(points, axis=1) - rows[:, None]
    np.testing.assert_allclose(noise.std(axis=(0, 1)) / X.std(axis=0), 0.3, 0.2)
    monkeypatch.setattr(torch, "normal", lambda mean, spread: torch.tensor(noise.reshape(-1, 4)))
    tunnel = captum.NoiseTunnel(captum.Saliency(net))
    phi = by_hand(tunnel, rows, nt_samples=4, stdevs=1.0, nt_type="smoothgrad", abs=False)
    np.testing.assert_allclose(found.attributions, phi, rtol=1e-9)


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.filterwarnings("ignore:.*hooks and attributes:UserWarning")
def test_deep_lift_is_captums(double, rng, attributed):
    X, net = rng.normal(size=(50, 4)), network(double=double)
    problem = over_rows(net, X)
    result = sb.estimators.load("deep_lift").estimate(problem, budget=50 * 8)
    ((rows, found),) = attributed
    base = torch.tensor(X.mean(axis=0)[None])
    x = (lambda rows: rows) if double else (lambda rows: rows.astype(np.float32))
    base = base if double else base.float()
    phi = by_hand(captum.DeepLift(net), x(rows), baselines=base)
    np.testing.assert_allclose(found.attributions, phi, rtol=1e-12 if double else 1e-3, atol=1e-6)
    if double:
        check_means(result, by_hand(captum.DeepLift(net), X, baselines=base),
                    problem.explained(X), "deep_lift")  # fmt: skip
    assert (result.n_forward, result.n_backward) == (200, 200)


def test_feature_ablation_is_captums(rng, attributed):
    X, net = rng.normal(size=(50, 4)), network()
    problem = over_rows(net, X)
    result = sb.estimators.load("feature_ablation").estimate(problem, budget=50 * 5)
    ((rows, found),) = attributed
    base = torch.tensor(X.mean(axis=0)[None])
    phi = by_hand(captum.FeatureAblation(net), rows, baselines=base)
    np.testing.assert_allclose(found.attributions, phi, rtol=1e-12, atol=1e-14)
    phi = by_hand(captum.FeatureAblation(net), X, baselines=base)
    check_means(result, phi, problem.explained(X), "feature_ablation")


def test_shapley_value_sampling_is_captums(rng, monkeypatch, attributed):
    orders, own = [], captum.ShapleyValueSampling.attribute

    def seen(self, *given, **params):
        made = [list(order) for order in self.permutation_generator(4, params["n_samples"])]
        orders.append(made)
        self.permutation_generator = lambda d, n: made
        return own(self, *given, **params)

    monkeypatch.setattr(captum.ShapleyValueSampling, "attribute", seen)
    X, net = rng.normal(size=(40, 4)), network()
    sb.estimators.load("shapley_value_sampling").estimate(over_rows(net, X), budget=40 * 17)
    monkeypatch.undo()
    base = torch.tensor(X.mean(axis=0)[None])
    assert len(attributed) == 20  # groups of two rows, each with its own orders
    for (rows, found), made in list(zip(attributed, orders, strict=True))[:3]:
        assert len(made) == 4
        assert made[0] == made[1][::-1]
        method = captum.ShapleyValueSampling(net)
        method.permutation_generator = lambda d, n, made=made: made
        phi = by_hand(method, rows, baselines=base)
        np.testing.assert_allclose(found.attributions, phi, rtol=1e-5, atol=1e-6)
    assert orders[0] != orders[1]


def test_shapley_values_are_exact_for_pairs(rng, attributed):
    """One order there and back, for a polynomial with interactions of two inputs."""

    def function(x):
        return torch.stack([x[:, 0] * x[:, 1] + x[:, 2] ** 3, x[:, 0] - 2 * x[:, 1] * x[:, 2]], 1)

    X = rng.normal(size=(30, 3))
    estimator = sb.estimators.load("shapley_value_sampling", orders=1, baseline=[0.5, 0, -1])
    estimator.estimate(over_rows(function, X), budget=30 * 7)
    base = torch.tensor([[0.5, 0.0, -1.0]])
    for rows, found in attributed:
        exact = by_hand(captum.ShapleyValues(function), rows, baselines=base)
        np.testing.assert_allclose(found.attributions, exact, rtol=1e-5, atol=1e-6)


class Counting(nn.Module):
    """A network that counts the rows that go through it, forward and backward, of all copies."""

    forward_rows, backward_rows = 0, 0

    def __init__(self):
        super().__init__()
        self.net = network()

    def forward(self, x):
        Counting.forward_rows += len(x)
        y = self.net(x)
        if y.requires_grad:
            y.register_hook(self.count)
        return y

    @staticmethod
    def count(gradient):
        Counting.backward_rows += len(gradient)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("budget", [1001, 4000])
def test_every_row_is_counted(name, budget, rng):
    X = rng.normal(size=(200, 4))
    problem, estimator = over_rows(Counting(), X), sb.estimators.load(name)
    estimator.estimate(problem, budget=4000)  # the model is checked once, outside of any budget
    Counting.forward_rows = Counting.backward_rows = 0
    result = estimator.estimate(problem, budget=budget)
    assert result.n_forward == Counting.forward_rows
    assert result.n_backward == Counting.backward_rows
    n, cost = 200, estimator.needs.cost
    while cost(4, 2, n) > budget:
        n -= 1
    assert result.n_forward + result.n_backward == cost(4, 2, n)


def test_budgets_of_numpy_models_count_differences(rng):
    X = rng.normal(size=(100, 3))
    problem = over_rows(lambda x: np.sin(np.asarray(x)).sum(axis=1), X)
    for name, each in (("integrated_gradients", 4 * 7 + 1), ("input_x_gradient", 7)):
        options = {"steps": 4} if name == "integrated_gradients" else {}
        estimator = sb.estimators.load(name, **options)
        least = estimator.minimum_budget(problem)
        assert least == 8 * each + (name == "integrated_gradients")
        result = estimator.estimate(problem, budget=least)
        assert (result.n_forward, result.n_backward) == (least, 0)


def test_additive_functions():
    """Every attribution from a baseline is g_i(x_i) - g_i(b_i): its mean by quadrature."""
    space = sb.InputSpace.uniform({"a": (-1, 2), "b": (0, 2), "dead": (0, 1)})
    problem = sb.Problem.of(lambda x: torch.sin(2 * x[:, 0]) + x[:, 1] ** 2, space)
    a = integrate.quad(lambda x: abs(np.sin(2 * x) - np.sin(1)) / 3, -1, 2, points=[0.5])[0]
    b = integrate.quad(lambda x: abs(x**2 - 1) / 2, 0, 2, points=[1])[0]
    for name in ("integrated_gradients", "feature_ablation", "shapley_value_sampling"):
        result = sb.estimators.load(name).estimate(problem, budget=300_000)
        item = result[f"{name}_abs"]
        error = (item.high - item.low)[0] / 4
        assert (np.abs(item.value[0] - [a, b, 0]) <= 4 * error + 1e-7).all(), name
        assert item.value[0, 2] == 0


def test_products_from_zero():
    """Of x_1 x_2 x_3 a third belongs to each input; without one of them all is gone."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 2), "c": (0, 3)})
    problem = sb.Problem.of(lambda x: x.prod(dim=1), space)
    size, rms = (2 / np.pi) ** 1.5 * 6, 6.0
    for name, share in (
        ("integrated_gradients", 1 / 3), ("shapley_value_sampling", 1 / 3), ("feature_ablation", 1)
    ):  # fmt: skip
        estimator = sb.estimators.load(name, baseline="zero")
        result = estimator.estimate(problem, budget=400_000)
        # products of normals have heavy tails, and intervals that show it
        np.testing.assert_allclose(result[f"{name}_abs"].value, size * share, rtol=0.12)
        np.testing.assert_allclose(result[f"{name}_rms"].value, rms * share, rtol=0.25)


@pytest.mark.parametrize("options", [{"samples": 4}, {"samples": 20}])
def test_draws_leave_no_bias(options):
    """Of x_1 x_2, half belongs to each: E|φ| = 1/π, E φ² = 1/4, over seeds."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] * x[:, 1], space)
    estimator = sb.estimators.load("expected_gradients", **options)
    budget = 400 * estimator.needs.cost(2, 1, 1)
    found = [estimator.estimate(problem, budget=budget, seed=seed) for seed in range(30)]
    squares = np.array([result["expected_gradients_rms"].value for result in found]) ** 2
    error = squares.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(squares.mean(axis=0) - 1 / 4) < 4 * error).all()
    sizes = np.mean([result["expected_gradients_abs"].value for result in found])
    # of |φ| a part of the bias of four draws is left
    assert sizes == pytest.approx(1 / np.pi, rel=0.25 if options["samples"] == 4 else 0.025)


def test_a_note_says_where_attributions_start_and_how_they_add_up(rng):
    X, net = rng.normal(size=(60, 4)), network()
    problem = over_rows(net, X)
    for name in FROM_BASELINE:
        notes = " ".join(sb.estimators.load(name).estimate(problem, budget=7000).notes)
        assert "baseline: the mean of each input" in notes
        assert ("add up to f(x) - f(baseline)" in notes) == (name != "feature_ablation")
    coarse = sb.estimators.load("integrated_gradients", steps=1, baseline="zero")
    note = coarse.estimate(problem, budget=60 * 4 + 1).notes[0]
    assert "baseline: 0; " in note
    middle = torch.tensor(X / 2).requires_grad_()
    outputs = net(middle)
    Y, at_zero = net(torch.tensor(X)).detach().numpy(), net(torch.zeros(1, 4).double())
    missing = []
    for k in range(2):
        (slopes,) = torch.autograd.grad(outputs[:, k].sum(), middle, retain_graph=True)
        phi = slopes.numpy() * X
        change = Y[:, k] - at_zero[0, k].item()
        missing.append((phi.sum(axis=1) - change) / Y[:, k].std())
    typical = max(np.sqrt((part**2).mean()) for part in missing)
    worst = max(np.abs(part).max() for part in missing)
    assert f"within {typical:.1g} standard deviations" in note
    assert f"root mean square, {worst:.1g} at worst" in note


def test_expected_gradients_say_what_their_draws_leave_open(rng):
    problem = over_rows(network(), rng.normal(size=(60, 4)))
    few, many = (
        sb.estimators.load("expected_gradients", samples=s).estimate(problem, budget=10**6).notes[0]
        for s in (4, 400)
    )
    assert "baseline: 4 random rows for each row; " in few
    within = [float(note.split("within ")[1].split()[0]) for note in (few, many)]
    assert within[1] < within[0] / 4


def test_baselines():
    space = sb.InputSpace.of({"a": (0, 2), "n": [1, 2, 7], "b": stats.norm(3, 1)})
    problem = sb.Problem.of(lambda x: x @ torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype), space)
    estimator = sb.estimators.load("feature_ablation")
    result = estimator.estimate(problem, budget=40_000)
    # the mean of n is 10/3, and the value nearest to it is 2: 2·(1 - 2), 0 and 2·(7 - 2)
    assert result["feature_ablation_abs"].value[0, 1] == pytest.approx((2 + 0 + 10) / 3, rel=0.05)
    assert "of separate values the nearest" in result.notes[0]
    given = sb.estimators.load("feature_ablation", baseline=np.array([0.0, 7.0, 3.0]))
    assert given.params()["baseline"] == (0.0, 7.0, 3.0)
    value = given.estimate(problem, budget=40_000)["feature_ablation_mean"].value[0]
    np.testing.assert_allclose(value, [1, 2 * (10 / 3 - 7), 0], atol=0.1)
    with pytest.raises(InputError, match="feature_ablation: expected a baseline of 3 numbers"):
        sb.estimators.load("feature_ablation", baseline=(0.0,)).estimate(problem, budget=100)
    for wrong in ("median", [np.nan], [[1.0]], ["a"], []):
        with pytest.raises(InputError, match="expected a baseline of 'mean' or 'zero', or one"):
            sb.estimators.load("integrated_gradients", baseline=wrong)


def test_what_has_no_slope_stays_where_it_is(rng):
    """A model of codes: the way to a row must not leave them."""
    codes = np.eye(3)[rng.integers(0, 3, 300)]
    X = np.column_stack([rng.normal(size=300), rng.integers(0, 4, 300), codes])

    def function(x):
        assert ((x[:, 2:] == 0) | (x[:, 2:] == 1)).all()
        assert (x[:, 1] == x[:, 1].round()).all()
        return x[:, 0] * (1 + x[:, 1]) + x[:, 2:] @ torch.arange(3.0, dtype=x.dtype)

    space = sb.InputSpace.from_data(
        X, ["a", "n", "p", "q", "r"], discrete=["n"], groups={"code": ["p", "q", "r"]}
    )
    problem = sb.Problem.of(function, space, X=X)
    for name in METHODS:
        if name == "deep_lift":  # the product is no module
            continue
        result = sb.estimators.load(name).estimate(problem, budget=30_000)
        moved = np.isfinite(next(iter(result.estimates.values())).value[0])
        all_apply = name in ("feature_ablation", "shapley_value_sampling")
        assert moved.tolist() == [True, all_apply, all_apply], name
    ablated = sb.estimators.load("feature_ablation").estimate(problem, budget=30_000)
    nearest = codes[np.argmin(((codes - codes.mean(axis=0)) ** 2 / codes.var(axis=0)).sum(axis=1))]
    loss = (codes - nearest) @ np.arange(3.0)
    value = ablated["feature_ablation_abs"].value[0, 2]
    assert value == pytest.approx(np.abs(loss).mean(), rel=1e-9)


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 8).double(), nn.Linear(8, 1).double()

    def forward(self, x):
        return self.second(torch.relu(3 * self.first(x)))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 8).double(), nn.Linear(8, 8).double()
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.second(self.act(self.first(x)))).sum(dim=1)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Functional(), r"do not add up to f\(x\) - f\(baseline\), .*: 'y' \(0\."),
        (Reused(), "Captum raised RuntimeError: .*used more than once"),
        (lambda x: np.asarray(x).sum(axis=1), "expected a torch model"),
    ],
)
def test_deep_lift_refuses_what_captum_cannot_see(model, why, rng):
    problem = over_rows(model, rng.normal(size=(100, 3)))
    with pytest.raises(NotApplicable, match=f"(?s)deep_lift: expected a torch module.*{why}"):
        sb.estimators.load("deep_lift").estimate(problem, budget=1000)


def test_the_callers_network_is_left_alone(rng):
    X, net = rng.normal(size=(50, 4)), network().train()
    result = sb.estimators.load("deep_lift").estimate(over_rows(net, X), budget=400)
    assert result.n_forward == 200
    assert net.training
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    assert not any(hasattr(m, "input") for m in net.modules())


@pytest.mark.parametrize("exponent", [-520, 520])
def test_extreme_outputs_of_a_counted_module(exponent, rng):
    """DeepLIFT of a network whose outputs are near the edge of double precision."""
    X, net = rng.normal(size=(50, 4)), network()
    plain = sb.estimators.load("deep_lift").estimate(over_rows(net, X), budget=400)
    with torch.no_grad():
        net[-1].weight.mul_(2.0**exponent)
        net[-1].bias.mul_(2.0**exponent)
    edge = sb.estimators.load("deep_lift").estimate(over_rows(net, X), budget=400)
    for name in ("deep_lift_rms_standardised", "deep_lift_abs_standardised"):
        np.testing.assert_allclose(edge[name].value, plain[name].value, rtol=1e-12)
    scaled = np.ldexp(plain["deep_lift_abs"].value, exponent)
    np.testing.assert_allclose(edge["deep_lift_abs"].value, scaled, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("integrated_gradients", {"steps": 0}, "integrated_gradients: expected steps >= 1; got 0"),
        ("expected_gradients", {"samples": 6}, "expected_gradients: expected samples 4, 8, 12, …"),
        ("smooth_grad", {"noise": 0}, "smooth_grad: expected noise > 0; got 0"),
        ("shapley_value_sampling", {"orders": True}, "expected orders >= 1; got True"),
        ("deep_lift", {"confidence": 1}, "deep_lift: expected confidence between 0 and 1"),
    ],
)
def test_parameters_are_checked(name, options, match):
    with pytest.raises(InputError, match=match):
        sb.estimators.load(name, **options)


@pytest.mark.parametrize("power", [0.6, 0.8, 1.0])
def test_the_bias_that_few_draws_leave_is_in_the_interval(power):
    """Of a bias that falls with a power of the draws all is either taken off or told of."""
    exact, bias = 1.0, 0.3
    of = exact + bias * 2.0 ** (power * np.arange(3))[:, None, None]
    corrected, left = _draws.without_bias(of), _draws.bias_left(of)
    np.testing.assert_allclose(corrected - left, exact, rtol=1e-12)
    assert (left > 1e-3).all() == (power < 1)
    # no power can be seen in noise: as much may be left as was taken off
    np.testing.assert_allclose(_draws.bias_left(np.array([[[1.2]], [[1.3]], [[1.35]]])), 0.15)
