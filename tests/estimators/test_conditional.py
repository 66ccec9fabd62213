"""Methods for inputs of any law, against exact truths and over seeds."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable
from sensbench.estimators.conditional._orders import orders

DESIGNS = ("kucherenko", "shapley_effects", "conditional_permutation", "leave_one_out")
Z = 5  # standard errors of the mean over seeds


def load(name, **more):
    return sb.problems.load(name, **more)


def over_seeds(estimator, problem, budget, seeds=40):
    return [estimator.estimate(problem, budget=budget, seed=seed) for seed in range(seeds)]


def correlated_sum():
    space = sb.InputSpace.normal(
        {"a": (0, 1), "b": (0, 1), "c": (0, 2)}, correlation={("b", "c"): 0.9}
    )
    return sb.Problem.of(lambda x: x.sum(1), space, name="sum")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*DESIGNS, "conditional_gradient"])
def test_it_keeps_every_rule(name):
    sb.testing.check_estimator(sb.estimators.load(name))


@pytest.mark.slow
def test_of_neighbours_it_keeps_every_rule():
    sb.testing.check_estimator(sb.estimators.load("shapley_effects", method="neighbours"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*DESIGNS, "conditional_gradient"])
@pytest.mark.parametrize(
    ("problem", "more"),
    [
        ("linear_gaussian", {"correlation": 0.7}),
        ("quadratic_gaussian", {"correlation": {"x1, x2": 0.6, "x3, x4": -0.5}}),
        ("causal_roles", {"interaction": 0.5}),
        ("hooker_2021", {}),
        ("ishigami", {}),
    ],
)
def test_means_over_seeds_are_the_truth_and_intervals_cover(name, problem, more):
    known = load(problem, **more)
    results = over_seeds(sb.estimators.load(name), known, 6000)
    compared = set(results[0].estimates) & set(known.truth)
    if problem.endswith("gaussian") or name in ("kucherenko", "shapley_effects"):
        assert compared
    for measure in compared:
        exact = known.truth[measure].value
        values, low, high = (
            np.stack([getattr(r[measure], end) for r in results])
            for end in ("value", "low", "high")
        )
        largest = np.abs(exact).max()
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        # ratios have a bias of order 1/n
        off = np.abs(values.mean(axis=0) - exact) - Z * error
        assert (off <= 0.01 * largest).all(), (measure, values.mean(axis=0), exact)
        given = np.isfinite(low)
        inside = (low - 1e-9 <= exact) & (exact <= high + 1e-9)
        # 95 %: of all inputs together, with what 40 seeds and skewness leave
        assert inside[given].mean() > 0.9, (measure, inside[given].mean())


def test_the_published_example():
    """Var 9.6 of a + b + c, c with deviation 2 and correlation .9 with b."""
    problem, budget = correlated_sum(), 60_000
    shapley = sb.estimators.load("shapley_effects").estimate(problem, budget=budget)["shapley"]
    np.testing.assert_allclose(shapley.value[0], [0.104, 0.418, 0.478], atol=0.015)
    assert shapley.value.sum() == pytest.approx(1)
    total = sb.estimators.load("kucherenko").estimate(problem, budget=budget)["total_order"]
    np.testing.assert_allclose(total.value[0], [0.104, 0.020, 0.079], rtol=0.1)


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
def test_conditional_permutation_and_leaving_out(rho):
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)}, correlation={("a", "b"): rho})
    problem = sb.Problem.of(lambda x: x.sum(1), space, name="sum")
    for name, measure, exact in [
        ("conditional_permutation", "conditional_permutation_mse", 2 * (1 - rho**2)),
        ("leave_one_out", "leave_one_out_mse", 1 - rho**2),
    ]:
        estimate = sb.estimators.load(name).estimate(problem, budget=40_000)[measure]
        half = (estimate.high - estimate.low) / 2
        assert (np.abs(estimate.value - exact) < 3 * half).all()
        assert (half < 0.1 * exact).all()


@pytest.mark.slow
def test_twenty_inputs_that_correlate():
    """Of interchangeable inputs each has a twentieth; the orders are random ones."""
    problem = load("linear_gaussian", coefficients=[1.0] * 20, correlation=0.5)
    effects = sb.estimators.load("shapley_effects").estimate(problem, budget=42_000)["shapley"]
    assert effects.value.sum() == pytest.approx(1)
    half = (effects.high - effects.low) / 2
    assert (np.abs(effects.value - 0.05) < 3 * half).all()
    assert (half < 0.02).all()


@pytest.mark.parametrize("other", [stats.expon(), stats.uniform(0, 2), stats.norm(1, 3)])
def test_the_slope_along_the_conditional_mean(other):
    """E[d/da E[f(a, b)|a]] by quadrature over normal scores, of f = a b."""
    space = sb.InputSpace.of({"a": stats.norm(0, 2), "b": other}, correlation={("a", "b"): 0.6})
    r = space.dependence.correlation[0, 1]
    z, w = np.polynomial.hermite_e.hermegauss(40)
    w = w / w.sum()

    def mean_of_b(a):
        score = r * a[:, None] / 2 + np.sqrt(1 - r**2) * z
        return other.ppf(np.clip(stats.norm.cdf(score), 1e-16, 1 - 1e-16)) @ w

    a, step = 2 * z, 1e-4
    slope = (mean_of_b(a + step) - mean_of_b(a - step)) / (2 * step)
    exact = w @ (mean_of_b(a) + a * slope)  # ∂f/∂a = b, ∂f/∂b = a
    problem = sb.Problem.of(lambda x: x[:, 0] * x[:, 1], space)
    result = sb.estimators.load("conditional_gradient").estimate(problem, budget=40_000)
    found = result["derivative_following"]
    assert abs(found.value[0, 0] - exact) < 1.5 * (found.high - found.low)[0, 0]
    fixed = sb.estimators.load("gradient").estimate(problem, budget=40_000)["derivative_mean"]
    assert fixed.value[0, 0] == pytest.approx(other.mean(), abs=0.1)


def test_slopes_along_other_laws_are_refused():
    X = np.random.default_rng(0).normal(size=(100, 2))
    for dependence, words in [("rows", "joined by a Gaussian copula"), ("gaussian", "densities")]:
        space = sb.InputSpace.from_data(X, dependence=dependence)
        problem = sb.Problem.of(lambda x: x.sum(1), space)
        with pytest.raises(NotApplicable, match=words):
            sb.estimators.load("conditional_gradient").estimate(problem, budget=1000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem", "more"),
    [
        ("linear_gaussian", {"correlation": 0.7}),
        ("quadratic_gaussian", {"correlation": {"x1, x2": 0.6, "x3, x4": -0.5}}),
        ("correlated_portfolio", {}),
    ],
)
def test_full_and_independent_indices_and_proportional_effects(problem, more):
    known = load(problem, **more)
    kucherenko = sb.estimators.load("kucherenko", full_and_independent=True)
    for estimator, added in [
        (kucherenko, ("total_order_full", "first_order_independent")),
        (sb.estimators.load("shapley_effects"), ("pme",)),
    ]:
        results = over_seeds(estimator, known, 6000)
        for measure in added:
            exact = known.truth[measure].value
            values, low, high = (
                np.stack([getattr(r[measure], end) for r in results])
                for end in ("value", "low", "high")
            )
            error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
            assert (np.abs(values.mean(axis=0) - exact) <= Z * error + 0.005).all(), measure
            given = np.isfinite(low)
            inside = (low - 1e-9 <= exact) & (exact <= high + 1e-9)
            # 40 seeds of inputs that share their rows: .05 is twice their error
            assert inside[given].mean() > 0.88, measure


def test_what_is_added_to_kucherenko_leaves_the_rest_and_is_refused_without_residuals():
    problem = correlated_sum()
    plain = sb.estimators.load("kucherenko")
    assert plain.params() == {"confidence": 0.95}
    result = plain.estimate(problem, budget=700)
    assert result.n_forward == 700
    assert "full_and_independent=True" in result.absent["total_order_full"].reason
    more = sb.estimators.load("kucherenko", full_and_independent=True)
    assert more.estimate(problem, budget=1300).n_forward == 1300
    X = problem.space.sample(200, 0)
    rows = sb.Problem.of(lambda x: x.sum(1), sb.InputSpace.from_data(X, dependence="rows"))
    with pytest.raises(NotApplicable, match="a Gaussian copula for full_and_independent; got"):
        more.estimate(rows, budget=1300)


def test_proportional_effects_say_where_they_are_not():
    many = load("linear_gaussian", coefficients=[1.0] * 6, correlation=0.5)
    result = sb.estimators.load("shapley_effects").estimate(many, budget=2000)
    assert "up to 5 inputs" in result.absent["pme"].reason
    few = sb.estimators.load("shapley_effects").estimate(load("linear_gaussian"), budget=50)
    assert "raise the budget" in few.absent["pme"].reason


def test_orders_are_equally_frequent_or_random():
    rng = np.random.default_rng(0)
    three = orders(600, 3, rng)
    assert np.unique(three, axis=0, return_counts=True)[1].tolist() == [100] * 6
    many = orders(4000, 9, rng)
    assert (np.sort(many, axis=1) == np.arange(9)).all()
    assert 500 < len(np.unique(many, axis=0)) <= 512  # two may be the same by chance


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_shapley_effects_of_rows_alone(rho):
    known = load("linear_gaussian", correlation=rho)
    X = known.space.sample(3000, 0)
    rows = sb.Problem.of(
        known.model, sb.InputSpace.uniform({n: (-9, 9) for n in known.features}), X=X
    )
    given = sb.estimators.load("shapley_effects", method="neighbours").estimate(rows, budget=3000)
    np.testing.assert_allclose(given["shapley"].value, known.truth["shapley"].value, atol=0.03)
    assert given["shapley"].value.sum() == pytest.approx(1)
    assert any("no interval" in note for note in given.notes)
    assert given.n_forward == 3000


def test_rows_of_data_get_a_law_of_their_own():
    """Least squares on rows whose inputs correlate by .8: the law is fitted to the rows."""
    known = load("linear_gaussian", coefficients=[1.0, 1.0], correlation=0.8)
    X = known.space.sample(4000, 1)
    y = X.sum(axis=1) + np.random.default_rng(2).normal(0, 0.5, 4000)
    space = sb.InputSpace.uniform({"x1": (-9, 9), "x2": (-9, 9)})
    problem = sb.Problem.of(lambda x: x.sum(1), space, X=X, y=y)
    for name, exact in [("conditional_permutation", 2 * 0.36), ("leave_one_out", 0.36)]:
        result = sb.estimators.load(name).estimate(problem, budget=40_000)
        mse = result[f"{name}_mse"]
        assert (np.abs(mse.value - exact) < 3 * (mse.high - mse.low) / 2 + 0.02).all()
        assert mse.interval.covers == {"sampling", "targets"}
        assert any("Gaussian copula fitted to 4000 rows" in note for note in result.notes)
    rows = sb.estimators.load("conditional_permutation", dependence="rows")
    near = rows.estimate(problem, budget=40_000)["conditional_permutation_mse"].value
    np.testing.assert_allclose(near, 0.72, atol=0.08)


def test_laws_of_rows_with_separate_values_and_groups():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 400)
    X = np.column_stack([np.eye(3)[kind], kind + rng.normal(0, 0.5, 400)])
    names, groups = ["r", "g", "b", "x"], {"colour": ["r", "g", "b"]}
    space = sb.InputSpace.from_data(X, names, groups=groups, dependence="rows")
    problem = sb.Problem.of(lambda x: x[:, 1] + 2 * x[:, 2] + x[:, 3], space)
    first = sb.estimators.load("kucherenko").estimate(problem, budget=8000)["first_order"]
    effects = sb.estimators.load("shapley_effects").estimate(problem, budget=8000)["shapley"]
    assert (first.value > 0.6).all()
    assert effects.value.sum() == pytest.approx(1)
    with pytest.raises(NotApplicable, match="expected single inputs; got groups under inputs"):
        sb.estimators.load("leave_one_out").estimate(problem, budget=8000)


def test_what_cannot_be_asked_is_said():
    separate = sb.InputSpace.of({"a": [0, 1], "b": (0, 1)}, correlation={("a", "b"): 0.5})
    problem = sb.Problem.of(lambda x: x.sum(1), separate)
    for name in DESIGNS:
        with pytest.raises(NotApplicable, match=f"{name}: expected continuous inputs to condition"):
            sb.estimators.load(name).estimate(problem, budget=1000)
    X = np.round(np.random.default_rng(0).normal(size=(100, 2)))
    rows = sb.Problem.of(lambda x: x.sum(1), sb.InputSpace.from_data(X), X=X)
    with pytest.raises(NotApplicable, match=r"no law of the rows: .*ask for dependence='rows'"):
        sb.estimators.load("conditional_permutation").estimate(rows, budget=1000)
    alone = sb.Problem.of(lambda x: x[:, 0], sb.InputSpace.uniform({"a": (0, 1)}))
    with pytest.raises(NotApplicable, match="at least two features to divide"):
        sb.estimators.load("shapley_effects").estimate(alone, budget=1000)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("shapley_effects", {"method": "exact"}, "method 'orders' or 'neighbours'"),
        ("shapley_effects", {"neighbours": 1}, "neighbours >= 2"),
        ("conditional_permutation", {"draws": 0}, "draws >= 1"),
        ("leave_one_out", {"draws": 1}, "draws >= 2"),
        ("leave_one_out", {"dependence": "independent"}, "dependence one of gaussian, vine, rows"),
        ("kucherenko", {"confidence": 1.0}, "confidence between 0 and 1"),
    ],
)
def test_options_that_mean_nothing_are_refused(name, options, words):
    with pytest.raises(InputError, match=words):
        sb.estimators.load(name, **options)


def test_a_t_copula_by_a_vine():
    """Of x1 + x2 with a t copula of normal marginals: nearest rows say nearly the same."""
    pytest.importorskip("pyvinecopulib")
    t = stats.multivariate_t(shape=[[1, 0.7], [0.7, 1]], df=3).rvs(4000, random_state=0)
    X = stats.norm.ppf(stats.t(3).cdf(t))
    totals = []
    for dependence in ("vine", "rows"):
        space = sb.InputSpace.from_data(X, ["a", "b"], dependence=dependence)
        problem = sb.Problem.of(lambda x: x.sum(1), space, name=dependence)
        result = sb.estimators.load("kucherenko").estimate(problem, budget=20_000)
        totals.append(result["total_order"].value[0])
    np.testing.assert_allclose(totals[0], totals[1], atol=0.03)
