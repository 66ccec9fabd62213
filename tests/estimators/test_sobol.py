import numpy as np
import pytest
import torch
from SALib.analyze import sobol as salib_analyze
from SALib.sample import sobol as salib_sample
from scipy import stats

import sensbench as sb
from sensbench.errors import BudgetTooSmall
from sensbench.estimators.variance._saltelli import counts

Z = 5


def test_indices_of_a_product_agree_with_integration(product_problem):
    found = sb.estimators.load("sobol", second_order=True).estimate(
        product_problem, budget=60_000, seed=0
    )
    for measure, exact in (("first_order", [0.75, 0, 0]), ("total_order", [1, 0.25, 0])):
        item = found[measure]
        se = (item.high - item.low)[0] / (2 * 1.96)
        assert (np.abs(item.value[0] - exact) < Z * se + 1e-12).all()
    pair = found["second_order"]
    assert pair.value[0, 0, 1] == pytest.approx(0.25, abs=0.02)
    assert np.isnan(pair.value[0, 1, 0])
    frame = found.to_frame()
    pairs = frame[frame["measure"] == "second_order"]
    assert list(zip(pairs["feature"], pairs["partner"], strict=True)) == [
        ("x1", "x2"), ("x1", "dead"), ("x2", "dead"),
    ]  # fmt: skip


def test_the_numbers_are_salibs_for_the_same_design():
    """SALib on its own, with its own scaling to bounds, on a function in numpy."""
    bounds = {"a": (-1, 3), "b": (2, 5)}
    space = sb.InputSpace.uniform(bounds)
    problem = sb.Problem.of(lambda x: x[:, 0] * x[:, 1].sin() + 100, space)
    ours = sb.estimators.load("sobol", interval="salib")
    found = ours.estimate(problem, budget=1100, seed=3)
    rng = np.random.default_rng(3)
    by_hand = {"num_vars": 2, "names": ["a", "b"], "bounds": [list(b) for b in bounds.values()]}
    X = salib_sample.sample(
        by_hand, 256, calc_second_order=False, seed=int(rng.integers(1, 2**31 - 1))
    )
    indices = salib_analyze.analyze(
        by_hand, X[:, 0] * np.sin(X[:, 1]) + 100, calc_second_order=False,
        seed=int(rng.integers(1, 2**31 - 1)),
    )  # fmt: skip
    for measure, key in (("first_order", "S1"), ("total_order", "ST")):
        np.testing.assert_allclose(found[measure].value[0], indices[key], atol=1e-12)
        half = (found[measure].high - found[measure].low)[0] / 2
        np.testing.assert_allclose(half, indices[f"{key}_conf"], atol=1e-12)


def test_any_marginal_can_be_sampled():
    """f = a + 2b with Var a = 4 and Var b = 1/2 (exponential, rate sqrt 2): shares 2/3, 1/3."""
    space = sb.InputSpace.of({"a": stats.norm(0, 2), "b": stats.expon(scale=np.sqrt(0.5))})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1], space)
    found = sb.estimators.load("sobol").estimate(problem, budget=30_000)["first_order"]
    se = (found.high - found.low)[0] / (2 * 1.96)
    assert (np.abs(found.value[0] - [2 / 3, 1 / 3]) < Z * se).all()


def test_every_output_has_its_own_indices():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    both = sb.Problem.of(lambda x: torch.stack([x[:, 0], 5 * x[:, 1] + 1e4], 1), space)
    found = sb.estimators.load("sobol").estimate(both, budget=4000)["total_order"].value
    np.testing.assert_allclose(found, [[1, 0], [0, 1]], atol=0.05)


def test_the_budget_decides_a_power_of_two(product_problem):
    estimator = sb.estimators.load("sobol")
    assert estimator.estimate(product_problem, budget=40).n_forward == 40
    assert estimator.estimate(product_problem, budget=159).n_forward == 80
    with pytest.raises(BudgetTooSmall, match="at least 40 rows"):
        estimator.estimate(product_problem, budget=39)
    assert (
        "not asked for"
        in estimator.estimate(product_problem, budget=40).absent["second_order"].reason
    )


@pytest.mark.parametrize("N", [8, 64, 4096])
@pytest.mark.parametrize("resamples", [2, 7, 300])
def test_resamples_are_numpys_own(N, resamples):
    """Read off the generator's bits, against the draws that SALib makes."""
    drawn = np.random.default_rng(5).integers(N, size=(N, resamples))
    exact = [np.bincount(column, minlength=N) for column in drawn.T]
    np.testing.assert_array_equal(counts(N, resamples, 5), exact)


def test_the_design_is_a_parameter_and_is_drawn():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 2)})
    for name in ("sobol", "latin_hypercube"):
        sobol = sb.estimators.load("sobol", design=name)
        assert sobol.design == name
        rows = sobol.design(space, 64)
        assert type(rows).__name__ == "Design"
        kept = sobol.params().get("design", "sobol")
        assert type(kept) is str
        assert kept == name
    assert sb.estimators.load("sobol") == sb.estimators.load("sobol", design="sobol")
