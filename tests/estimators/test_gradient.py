import numpy as np
import pytest
import torch
from scipy import integrate, stats

import sensbench as sb
from sensbench.errors import (
    BudgetTooSmall,
    ConstantOutputError,
    DerivativeError,
    InputError,
    NotApplicable,
    TooFewRows,
)

Z = 5  # standard errors a Monte Carlo mean may be off


def curved(x):
    return torch.exp(x[:, 0]) * torch.cos(x[:, 1])


def moments(power, which):
    """E[g(∂f/∂x_i)^p] on [0, 1] x [0, 2] by adaptive quadrature of hand-written derivatives."""
    derivative = {
        0: lambda a, b: np.exp(a) * np.cos(b),
        1: lambda a, b: -np.exp(a) * np.sin(b),
    }[which]
    value, _ = integrate.dblquad(lambda b, a: power(derivative(a, b)) / 2, 0, 1, 0, 2)
    return value


@pytest.fixture(scope="module")
def estimated():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 2)})
    problem = sb.Problem.of(curved, space)
    return sb.estimators.load("gradient").estimate(problem, budget=40_000, seed=0)


@pytest.mark.parametrize(
    ("measure", "power"),
    [
        ("derivative_mean", lambda g: g),
        ("derivative_abs", abs),
        ("dgsm", lambda g: g**2),
    ],
)
def test_moments_agree_with_quadrature(estimated, measure, power):
    found = estimated[measure]
    for i in range(2):
        exact = moments(power, i)
        se = (found.high[0, i] - found.low[0, i]) / (2 * 1.96)
        assert abs(found.value[0, i] - exact) < Z * se
        assert se < 0.02 * moments(abs, i)


def test_roots_and_spreads_follow_from_the_moments(estimated):
    mean, square = estimated["derivative_mean"].value, estimated["dgsm"].value
    np.testing.assert_allclose(estimated["derivative_rms"].value ** 2, square)
    np.testing.assert_allclose(estimated["derivative_std"].value ** 2, square - mean**2, rtol=1e-9)


def test_standardised_values_of_a_linear_model_are_its_standardised_coefficients():
    """For y = β x they are β σ_x/σ_y, with σ_y² = Σ β²σ², and their squares sum to 1."""
    beta, sigma = np.array([2.0, -0.3, 50.0]), np.array([1.0, 10.0, 0.02])
    space = sb.InputSpace.normal({f"x{i}": (7 * i, s) for i, s in enumerate(sigma)})
    problem = sb.Problem.of(lambda x: x @ torch.tensor(beta), space)
    found = sb.estimators.load("gradient").estimate(problem, budget=40_000)
    exact = beta * sigma / np.linalg.norm(beta * sigma)
    got = found["derivative_mean_standardised"]
    np.testing.assert_allclose(found["derivative_mean"].value[0], beta)
    # only σ_y is estimated, from n = 20,000 rows: relative standard error 1/sqrt(2n)
    np.testing.assert_allclose(got.value[0], exact, rtol=Z / np.sqrt(2 * 20_000))
    assert ((got.low <= exact) & (exact <= got.high)).all()
    # the normal's Poincaré constant is σ²: the bound is attained
    np.testing.assert_allclose(
        found["total_order_bound"].value[0], exact**2, rtol=2 * Z / np.sqrt(2 * 20_000)
    )


@pytest.mark.parametrize(
    ("marginal", "reason"),
    [(stats.lognorm(0.5), "unbounded 'lognorm'"), (stats.gamma(3), "unbounded 'gamma'")],
)
def test_without_a_poincare_constant_the_bound_is_absent_and_says_why(marginal, reason):
    space = sb.InputSpace.of({"a": marginal, "b": (0, 1)})
    found = sb.estimators.load("gradient").estimate(sb.Problem.of(curved, space), budget=400)
    assert reason in found.absent["total_order_bound"].reason
    with pytest.raises(KeyError, match="absent: input 'a'"):
        found["total_order_bound"]


def test_with_data_the_rows_themselves_are_used(rng):
    X = rng.normal(size=(60, 2))
    problem = sb.Problem.of(curved, sb.InputSpace.from_data(X), X=X)
    found = sb.estimators.load("gradient").estimate(problem, budget=10_000)
    J = sb.jacobian(curved, X)
    np.testing.assert_allclose(found["derivative_mean"].value, J.mean(axis=0))
    assert found.inputs == "the 60 data rows"
    assert (found.n_forward, found.n_backward) == (60, 60)
    assert "data" in found.absent["total_order_bound"].reason


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_rows_that_are_never_all_held_give_the_moments_of_all(precision, rng):
    """Chunks, groups of rows and a mean far above the spread, against plain numpy."""
    n = 300_000
    X = rng.normal(size=(n, 2))
    linear = torch.nn.Linear(2, 1).to(precision)

    def function(x):
        x = x.to(precision)
        return torch.cat([(x[:, :1] * x[:, 1:]).sin() + 50 * x[:, :1], linear(x)], 1)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = linear

        def forward(self, x):
            return function(x)

    problem = sb.Problem.of(Net(), sb.InputSpace.from_data(X), X=X)
    found = sb.estimators.load("gradient").estimate(problem, budget=3 * n)
    assert (found.n_forward, found.n_backward) == (n, 2 * n)
    cosine = np.cos(X[:, 0] * X[:, 1])
    J = np.column_stack([cosine * X[:, 1] + 50, cosine * X[:, 0]])
    rtol = 2e-5 if precision is torch.float32 else 1e-9
    for measure, exact in (
        ("derivative_mean", J.mean(axis=0)),
        ("derivative_abs", np.abs(J).mean(axis=0)),
        ("dgsm", (J**2).mean(axis=0)),
        ("derivative_std", J.std(axis=0)),
    ):
        np.testing.assert_allclose(found[measure].value[0], exact, rtol=rtol, atol=rtol)
    se = (found["derivative_mean"].high - found["derivative_mean"].low)[0] / (2 * 1.96)
    np.testing.assert_allclose(se, J.std(axis=0) / np.sqrt(n), rtol=0.25)
    assert (found["derivative_std"].value[1] < 1e-6).all()


def test_one_constant_output_is_undefined_and_the_other_is_kept():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: torch.stack([x[:, 0], 0 * x[:, 0] + 3], 1), space)
    found = sb.estimators.load("gradient").estimate(problem, budget=900)
    assert np.isnan(found["derivative_rms_standardised"].value[1]).all()
    assert found["derivative_mean"].value.tolist() == [[1, 0], [0, 0]]
    assert any("'y[1]', which is constant" in note for note in found.notes)
    constant = sb.Problem.of(lambda x: 0 * x[:, 0] + 3, space)
    for name in ("gradient", "sobol", "morris", "permutation"):
        with pytest.raises(ConstantOutputError, match="y = 3"):
            sb.estimators.load(name).estimate(constant, budget=900)


def test_too_little_is_refused_with_the_figure_that_would_do(sine_problem):
    with pytest.raises(BudgetTooSmall, match="at least 4 rows for 2 inputs and 1 outputs; got 3"):
        sb.estimators.load("gradient").estimate(sine_problem, budget=3)
    with pytest.raises(InputError, match="whole rows"):
        sb.estimators.load("gradient").estimate(sine_problem, budget=0)
    X = np.array([[0, 1], [1, 3], [2, 0], [3, 2], [4, 1]])
    problem = sb.Problem.of(curved, sb.InputSpace.from_data(X), X=X)
    with pytest.raises(TooFewRows, match="at least 10 rows of data; got 5"):
        sb.estimators.load("permutation").estimate(problem, budget=5000)


def test_an_input_of_separate_values_has_no_slope_and_the_others_keep_theirs():
    """The other inputs' numbers are those that they have without the mark, to the last bit."""
    marginals = {"a": (0, 1), "k": stats.randint(0, 2), "b": (0, 2)}

    def f(x):
        return torch.exp(x[:, 0]) * torch.cos(x[:, 2]) + x[:, 1]

    problem = sb.Problem.of(f, sb.InputSpace.of(marginals))
    found = sb.estimators.load("gradient").estimate(problem, budget=4000)
    X = problem.space.sample(2000, 0)
    np.testing.assert_allclose(
        found["dgsm"].value[0, [0, 2]], (sb.jacobian(f, X)[:, 0] ** 2).mean(axis=0)[[0, 2]]
    )
    assert set(found.estimates) == set(sb.estimators.load("gradient").measures) - {"activity_score"}
    for name, item in found.estimates.items():
        for values in (item.value, item.low, item.high):
            assert np.isnan(values[0]).tolist() == [False, True, False], name
    # the bound holds for the continuous ones: 1/π² and (2/π)² are their Poincaré constants
    variance = f(torch.from_numpy(X)).numpy().var()
    exact = np.array([1, 4]) / np.pi**2 * found["dgsm"].value[0, [0, 2]] / variance
    np.testing.assert_allclose(found["total_order_bound"].value[0, [0, 2]], exact, rtol=1e-9)
    assert found.notes == ("gradient: not applicable to 'k', which takes 2 separate values only",)


def test_separate_values_alone_leave_nothing_to_differentiate():
    space = sb.InputSpace.of({"a": [0, 1], "b": stats.poisson(3)})
    problem = sb.Problem.of(lambda x: x.sum(1), space)
    with pytest.raises(NotApplicable, match="'a', which takes 2 separate values only; 'b', which"):
        sb.estimators.load("gradient").estimate(problem, budget=900)
    with pytest.warns(sb.errors.PartialResultWarning, match="leave gradient out"):
        cmp = sb.compare(problem.explained, space=space, budget=2000)
    assert cmp.methods == ("sobol", "morris", "permutation")


def test_the_order_of_the_rows_does_not_matter(rng):
    """Neither to a value nor to an interval, also where rows come sorted."""
    X = rng.normal(size=(20_000, 2))

    def estimated(X):
        problem = sb.Problem.of(curved, sb.InputSpace.from_data(X), X=X)
        return sb.estimators.load("gradient").estimate(problem, budget=10**6)

    one, other = estimated(X), estimated(X[np.argsort(X[:, 0])])
    for name in ("derivative_mean", "dgsm", "derivative_rms_standardised"):
        np.testing.assert_allclose(one[name].value, other[name].value, rtol=1e-9, atol=1e-12)
        width = [(found[name].high - found[name].low) for found in (one, other)]
        # two standard errors that are each known to 6 % or, of a heavy tail, to 15 %
        np.testing.assert_allclose(width[0], width[1], rtol=0.5)


@pytest.mark.parametrize("unit", [1e-25, 1.0, 1e25])
def test_slopes_whose_squares_single_precision_does_not_hold(unit, rng):
    """A float32 model of an input in a tiny or huge unit; one chunk, and several."""
    for n in (500, 20_000):
        X = rng.normal(size=(n, 2)).astype(np.float32)
        linear = torch.nn.Linear(2, 1)

        class Net(torch.nn.Module):
            def __init__(self, linear):
                super().__init__()
                self.linear = linear

            def forward(self, x):
                return (self.linear(x) + x[:, :1] ** 2) * unit

        problem = sb.Problem.of(Net(linear), sb.InputSpace.from_data(X), X=X)
        found = sb.estimators.load("gradient").estimate(problem, budget=2 * n)
        J = linear.weight.detach().double().numpy() + 2.0 * X[:, :1].astype(float) * [1, 0]
        np.testing.assert_allclose(found["dgsm"].value[0], (J**2).mean(axis=0) * unit**2, rtol=1e-5)
        assert found["derivative_std"].high[0, 0] < 2.5 * unit
        assert found["derivative_std"].low[0, 0] > 1.6 * unit


def test_a_slope_that_single_precision_cannot_square_far_down_the_rows(rng):
    """Found chunk by chunk, not from the first rows; against the rows that have it."""
    n, steep = 30_000, 1e25
    X = rng.uniform(size=(n, 2)).astype(np.float32)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.steep = torch.nn.Parameter(torch.tensor(steep))

        def forward(self, x):
            return x[:, 1] + self.steep * torch.relu(x[:, 0] - 0.9999)

    problem = sb.Problem.of(Net(), sb.InputSpace.from_data(X), X=X)
    found = sb.estimators.load("gradient", active_subspace=True).estimate(problem, budget=2 * n)
    rare = (X[:, 0] > np.float32(0.9999)).sum()
    assert 0 < rare < 20
    exact = rare / n * float(np.float32(steep)) ** 2
    np.testing.assert_allclose(found["dgsm"].value[0], [exact, 1], rtol=1e-6)
    assert np.isfinite(found["activity_score"].value).all()


def test_rare_rows_that_carry_a_measure_are_in_its_interval(rng):
    """A count of rare rows varies as its square root."""
    n, steep = 200_000, 1e4

    def function(x):
        return x[:, 1] + steep * torch.relu(x[:, 0] - 0.9999)

    problem = sb.Problem.of(function, sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)}))
    for seed in range(5):
        found = sb.estimators.load("gradient").estimate(problem, budget=2 * n, seed=seed)["dgsm"]
        count = found.value[0, 0] * n / steep**2
        assert count == pytest.approx(20, abs=Z * np.sqrt(20))
        relative = np.log(found.high / found.low)[0, 0] / (2 * stats.t.ppf(0.975, 127))
        # most of 128 groups have no such row, one or two: their variance has an error of 30 %
        assert relative == pytest.approx(1 / np.sqrt(count), rel=0.6)


@pytest.mark.parametrize("derivatives", ["auto", "finite-difference"])
def test_sorted_rows_do_not_hide_what_comes_after_the_first(derivatives):
    """The checks see a sample of all rows: here the first thousands are smooth."""
    X = np.column_stack([np.linspace(0, 1, 60_000), np.linspace(0, 1, 60_000)[::-1]])

    def stairs(x):
        return torch.where(x[:, 0] < 0.2, x[:, 0], torch.floor(20 * x[:, 0]) / 20) + x[:, 1]

    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(stairs, space, X=X, derivatives=derivatives)
    with pytest.raises(DerivativeError, match=r"changes in jumps|agree with finite differences"):
        sb.estimators.load("gradient").estimate(problem, budget=10**6)
