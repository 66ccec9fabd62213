from itertools import product

import numpy as np
import pytest
import torch
from SALib.analyze import morris as analysis
from SALib.sample import morris as design
from scipy import stats

import sensbench as sb
from sensbench.estimator.varying import varying, varying_in_either
from sensbench.estimators.screening._trajectories import trajectories

Z = 5


def test_moments_agree_with_a_full_enumeration_of_the_grid():
    """All starting points of the 4-level design, every step up (a step down is the same pair)."""
    bounds = [(-2.0, 1.0), (0.0, 3.0)]

    def f(a, b):
        return np.exp(a) * b**2

    levels, delta = [0, 1 / 3], 2 / 3
    effects = {0: [], 1: []}
    for i in (0, 1):
        other_levels = [0, 1 / 3, 2 / 3, 1]
        for start, other in product(levels, other_levels):
            u0, u1 = np.empty(2), np.empty(2)
            u0[i], u1[i] = start, start + delta
            u0[1 - i] = u1[1 - i] = other
            x0, x1 = (
                [lo + u * (hi - lo) for u, (lo, hi) in zip(v, bounds, strict=True)]
                for v in (u0, u1)
            )
            effects[i].append((f(*x1) - f(*x0)) / delta)
    space = sb.InputSpace.uniform(dict(zip("ab", bounds, strict=True)))
    problem = sb.Problem.of(lambda x: x[:, 0].exp() * x[:, 1] ** 2, space)
    found = sb.estimators.load("morris").estimate(problem, budget=30_000)
    for measure, exact in (
        ("mu", [np.mean(effects[i]) for i in (0, 1)]),
        ("mu_star", [np.mean(np.abs(effects[i])) for i in (0, 1)]),
        ("sigma", [np.std(effects[i]) for i in (0, 1)]),
    ):
        se = (found[measure].high - found[measure].low)[0] / (2 * 1.96)
        assert (np.abs(found[measure].value[0] - exact) < Z * se).all(), measure


@pytest.mark.parametrize(
    "marginals",
    [
        {"a": (0, 1), "b": (-50, 900)},
        {"a": stats.norm(3, 0.1), "b": stats.expon(scale=7)},
    ],
)
def test_standardised_mu_star_of_a_linear_model_is_the_standardised_coefficient(marginals):
    space = sb.InputSpace.of(marginals)
    beta = np.array([3.0, -0.2])

    def outputs(x):
        y = x @ torch.tensor(beta)
        return torch.stack([y, 1e3 * y], 1)

    found = sb.estimators.load("morris").estimate(sb.Problem.of(outputs, space), budget=20_000)
    exact = np.abs(beta) * space.std() / np.linalg.norm(beta * space.std())
    item = found["mu_star_standardised"]
    se = (item.high - item.low) / (2 * 1.96)
    assert (np.abs(item.value - exact) < Z * se).all()
    assert (se < 0.04).all()
    np.testing.assert_allclose(item.value[0], item.value[1], rtol=1e-9)


@pytest.mark.parametrize(("d", "levels"), [(1, 4), (3, 4), (20, 6), (7, 2)])
@pytest.mark.parametrize("most", [1, 5, 1000])
def test_the_trajectories_are_salibs_bit_by_bit(d, levels, most):
    bounds = {f"x{i}": (0, 1) for i in range(d)}
    ours = [w.u for w in trajectories(sb.InputSpace.uniform(bounds), 13, levels, 5, most)]
    theirs = design.sample(
        {"num_vars": d, "names": list(bounds), "bounds": [[0, 1]] * d}, 13, levels, seed=5
    )
    assert (np.concatenate(ours).reshape(-1, d) == theirs).all()


def test_the_trajectories_of_groups_are_salibs_bit_by_bit():
    names, groups = list("abcde"), ["g", "b", "g", "h", "h"]
    space = sb.InputSpace.of(
        dict.fromkeys(names, (0, 1)), groups={"h": ["d", "e"], "g": ["a", "c"]}
    )
    (ours,) = trajectories(space, 30, 4, 6, 100)
    given = {"num_vars": 5, "names": names, "groups": groups, "bounds": [[0, 1]] * 5}
    assert (ours.u.reshape(-1, 5) == design.sample(given, 30, 4, seed=6)).all()


@pytest.mark.parametrize("chunk_bytes", [1, 2**25])
def test_the_numbers_are_salibs_for_the_same_design(monkeypatch, chunk_bytes):
    """Every output's mu, mu_star and sigma, by SALib's own analysis."""
    monkeypatch.setattr("sensbench.estimators.screening.morris._CHUNK_BYTES", chunk_bytes)
    d, r = 6, 50
    weights = np.random.default_rng(0).normal(size=(d, 2))

    def f(x):
        return torch.sin(x @ torch.from_numpy(weights)) + x[:, :1] * x[:, 1:2] + 1e3

    bounds = {f"x{i}": (-1, i + 1) for i in range(d)}
    problem = sb.Problem.of(f, sb.InputSpace.uniform(bounds))
    found = sb.estimators.load("morris").estimate(problem, budget=r * 7 * 5 // 4 + 1, seed=9)
    given = {"num_vars": d, "names": list(bounds), "bounds": [list(b) for b in bounds.values()]}
    seed = int(np.random.default_rng(9).integers(1, 2**31 - 1))
    X = design.sample(given, r, seed=seed)
    Y = f(torch.from_numpy(X)).numpy()
    for k in range(2):
        theirs = analysis.analyze(given, X, Y[:, k], num_resamples=2, seed=1)
        for measure in ("mu", "mu_star", "sigma"):
            np.testing.assert_allclose(found[measure].value[k], theirs[measure], rtol=1e-9)


def test_a_two_valued_column_of_data_can_be_stepped(rng):
    X = np.column_stack([rng.integers(0, 2, 300), rng.normal(size=300)])
    problem = sb.Problem.of(lambda x: 2 * x[:, 0] + x[:, 1], sb.InputSpace.from_data(X), X=X)
    found = sb.estimators.load("morris").estimate(problem, budget=5000)
    item = found["mu_star_standardised"].value[0]
    np.testing.assert_allclose(
        item,
        np.array([2 * X[:, 0].std(), X[:, 1].std()])
        / np.sqrt((2 * X[:, 0].std()) ** 2 + X[:, 1].var()),
        rtol=0.1,
    )
    assert found.inputs == "the product of the marginals (each column's values)"


def test_an_input_that_no_step_moved_is_undefined_and_named():
    """P(k = 0) = 0.999: of the grid's quantiles none but 0 is ever visited."""
    space = sb.InputSpace.of({"k": stats.poisson(0.001), "a": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] + x[:, 1], space)
    found = sb.estimators.load("morris").estimate(problem, budget=500)
    assert np.isnan(found["mu_star_standardised"].value).tolist() == [[True, False]]
    assert "morris: mu_star_standardised: undefined for k: no step moved it" in found.notes[0]


def test_the_budget_is_kept_and_mostly_spent(sine_problem):
    for budget in (32, 33, 100, 1001):
        found = sb.estimators.load("morris").estimate(sine_problem, budget=budget)
        assert budget - 3 < found.n_forward <= budget


@pytest.mark.parametrize(
    "wrong", [{"levels": 3}, {"scale_share": 0}, {"tail": 0.7}, {"resamples": 1}, {"confidence": 1}]
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(sb.errors.InputError, match="morris: expected"):
        sb.estimators.load("morris", **wrong)


@pytest.mark.parametrize(("options", "tail"), [({}, 0.005), ({"tail": 0.05}, 0.05)])
def test_the_grid_ends_at_the_tails_quantile_where_a_marginal_is_unbounded(options, tail):
    seen = []

    def function(x):
        seen.append(x.numpy())
        return x.sum(1)

    space = sb.InputSpace.of({"n": stats.norm(), "e": stats.expon(), "u": (0, 1)})
    problem = sb.Problem.of(function, space)
    sb.estimators.load("morris", **options).estimate(problem, budget=400)
    rows = np.concatenate(seen)
    ends = [
        (0, stats.norm.ppf(tail)), (0, stats.norm.isf(tail)), (1, 0.0), (1, stats.expon.isf(tail)),
        (2, 0.0), (2, 1.0),
    ]  # fmt: skip
    for column, end in ends:
        # steps, and so rows at the grid's end, come in numbers; draws hit a point never
        assert np.isclose(rows[:, column], end, rtol=1e-9, atol=1e-12).sum() > 20, (column, end)


HIDDEN = {"x1": (-np.pi, np.pi), "x2": (-1, 1), "x3": (0, 1)}


@pytest.mark.parametrize("budget", [40, 200, 1000])
@pytest.mark.parametrize(
    ("function", "hidden"),
    [
        (lambda x: (3 * x[:, 0]).sin() + 0.1 * x[:, 1], [0]),
        (lambda x: (3 * x[:, 0]).sin() * (2 + x[:, 1]) + 0 * x[:, 2], [0, 1]),
        (lambda x: (3 * x[:, 0]).sin() * (1.5 * np.pi * x[:, 1]).sin(), [0, 1]),
        (lambda x: x[:, 0] + 0.01 * x[:, 1], []),
    ],
)
def test_an_input_that_only_draws_off_the_grid_see_move_is_not_called_dead(
    function, hidden, budget
):
    """With four levels sin(3x) on (-π, π) is 0 at every point of the grid."""
    problem = sb.Problem.of(function, sb.InputSpace.uniform(HIDDEN))
    found = sb.estimators.load("morris").estimate(problem, budget=budget)
    assert found.n_forward <= budget
    value = found["mu_star_standardised"].value[0]
    assert np.isnan(value[hidden]).all()
    assert np.isfinite(found["mu_star"].value).all()
    note = " ".join(found.notes)
    assert ("draws off the grid do" in note) == bool(hidden)
    if len(hidden) == 1:
        assert "undefined for 'x1' (output 'y')" in note
    if not hidden:
        assert np.isfinite(value).all()


def test_the_only_input_may_be_hidden():
    space = sb.InputSpace.uniform({"x": (-np.pi, np.pi)})
    found = sb.estimators.load("morris").estimate(
        sb.Problem.of(lambda x: (3 * x[:, 0]).sin(), space), budget=200
    )
    assert found["mu_star"].value[0, 0] < 1e-12
    assert np.isnan(found["mu_star_standardised"].value[0, 0])


def test_a_hidden_input_among_many_inert_ones_for_few_rows():
    """Too few rows to probe one by one: none of those is called dead."""
    space = sb.InputSpace.uniform({f"x{i}": (-np.pi, np.pi) for i in range(40)})
    problem = sb.Problem.of(lambda x: (3 * x[:, 0]).sin() + x[:, 1], space)
    found = sb.estimators.load("morris").estimate(problem, budget=250)
    value = found["mu_star_standardised"].value[0]
    assert np.isnan(value[0])
    assert value[1] > 0.5
    inert = sb.Problem.of(lambda x: x[:, 1] + 0 * x[:, 0], space)
    found = sb.estimators.load("morris").estimate(inert, budget=250)
    assert np.isfinite(found["mu_star_standardised"].value).all()


def test_intervals_of_few_trajectories_cover_on_the_g_function():
    """60 runs of 8 inputs; the percentile bootstrap alone covers 0.87 (standardised) and 0.90."""
    problem = sb.problems.load("sobol_g")
    runs = [sb.estimators.load("morris").estimate(problem, budget=200, seed=s) for s in range(60)]
    many = sb.estimators.load("morris", resamples=2).estimate(problem, budget=100_000, seed=7)
    for measure in ("mu_star_standardised", "sigma", "mu_star"):
        exact = many[measure].value[0]
        inside = [(r[measure].low[0] <= exact) & (exact <= r[measure].high[0]) for r in runs]
        assert np.mean(inside) > 0.91, measure


def test_few_trajectories_that_carry_the_effects_give_no_interval():
    """A pulse that one walk in ten meets: the others say 0, and so would an interval."""
    space = sb.InputSpace.uniform({name: (0, 1) for name in "abc"})
    problem = sb.Problem.of(lambda x: ((x[:, 0] > 0.9) & (x[:, 1] > 0.9)) * 100.0 + x[:, 2], space)
    morris = sb.estimators.load("morris", levels=8)
    result = morris.estimate(problem, budget=20 + 4 * 20)
    for name in morris.measures:
        assert np.isnan(result[name].high[0, :2]).all()
        assert np.isfinite(result[name].high[0, 2])
    assert any("few trajectories carry the effects" in note for note in result.notes)


@pytest.mark.slow
def test_twenty_trajectories_cover():
    """G's effects, against very many trajectories."""
    problem, morris, runs = sb.problems.load("sobol_g"), sb.estimators.load("morris"), 60
    exact = morris.estimate(problem, budget=200_000, seed=1000)
    found = [morris.estimate(problem, budget=20 * 9 + 45, seed=seed) for seed in range(runs)]
    for name in morris.measures:
        truth = exact[name].value
        held = np.array([(f[name].low <= truth) & (truth <= f[name].high) for f in found])
        assert held.mean() >= 0.93
        assert held.mean(axis=0).min() >= 0.9 - 3 * np.sqrt(0.09 / runs)


def test_what_varies_in_either_sample_is_what_varies_in_both_together(rng):
    one, other = rng.normal(size=(30, 4)), rng.normal(size=(7, 4))
    one[:, 1] = other[:, 1] = 0.1  # constant
    one[:, 2], other[:, 2] = 1.0, 2.0  # each constant by itself
    one[:, 3], other[:, 3] = 1e9, 1e9 + 1e-4  # beyond rounding, and no more
    spreads = one.std(axis=0), other.std(axis=0)
    names = ["a", "b", "c", "d"]
    found = varying_in_either((one, other), spreads, "test", names)
    np.testing.assert_array_equal(found, varying(np.concatenate([one, other]), "test", names))
    np.testing.assert_array_equal(found, [True, False, True, False])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_effects_have_no_tail_in_what_rounding_leaves_between_them(dtype):
    """A linear model: every effect is the coefficient's, whatever its last bits are."""
    means, deviations = [20.0, 1013.0, 0.4, 250.0], [8.0, 12.0, 0.15, 90.0]
    layer = torch.nn.Linear(4, 1, dtype=dtype)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[0.9, 0.05, -0.3, 0.02]])

    def model(x):
        x = x.to(dtype)
        return layer((x - torch.tensor(means, dtype=dtype)) / torch.tensor(deviations, dtype=dtype))

    laws = zip(means, deviations, strict=True)
    marginals = {f"x{i}": stats.norm(*law) for i, law in enumerate(laws)}
    problem = sb.Problem.of(model, sb.InputSpace.of(marginals))
    found = sb.estimators.load("morris").estimate(problem, budget=10_000)
    rounding = 200 * torch.finfo(dtype).eps * 5
    for item in (found["mu"], found["mu_star"]):
        assert (item.high - item.low < rounding).all()
    assert (found["sigma"].high < rounding).all()
    assert not found.notes
