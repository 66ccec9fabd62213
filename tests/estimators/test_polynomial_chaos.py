import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable, TooFewRows

pytest.importorskip("openturns", reason="needs the extra surrogate")

RUNS = 40


def load(**params):
    return sb.estimators.load("polynomial_chaos", **params)


def test_a_polynomial_of_normal_and_uniform_inputs_is_exact():
    """y = a + 2b + ab with a normal and b uniform on [2, 8], by hand."""
    space = sb.InputSpace.of({"a": stats.norm(1.0, 2.0), "b": (2.0, 8.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1] + x[:, 0] * x[:, 1], space)
    result = load().estimate(problem, budget=60)
    # E b = 5, Var a = 4, Var b = 3: y = (1 + 5)a + (2 + 1)b + (a - 1)(b - 5) + constant
    parts = np.array([36 * 4, 9 * 3, 4 * 3])
    S = parts / parts.sum()
    np.testing.assert_allclose(result["first_order"].value[0], S[:2], rtol=1e-9)
    np.testing.assert_allclose(result["total_order"].value[0], S[:2] + S[2], rtol=1e-9)
    np.testing.assert_allclose(result["second_order"].value[0, 0, 1], S[2], rtol=1e-9)
    np.testing.assert_allclose(result["shapley"].value[0], S[:2] + S[2] / 2, rtol=1e-9)
    np.testing.assert_allclose(result["surrogate_q2"].value, 1.0, atol=1e-12)
    assert (result["total_order"].high - result["total_order"].low < 1e-9).all()


def test_a_few_hundred_rows_are_enough_for_ishigami():
    problem = sb.problems.load("ishigami")
    result = load().estimate(problem, budget=400)
    for name in ("first_order", "total_order", "shapley"):
        np.testing.assert_allclose(result[name].value, problem.truth[name].value, atol=2e-3)


def test_indices_are_those_that_openturns_reads_from_the_same_fit():
    """On rows enough to choose from, its coefficients are the least squares ones."""
    import openturns as ot

    problem = sb.problems.load("ishigami")
    result = load().estimate(problem, budget=300, seed=3)
    seen = {}

    def remember(algorithm):
        seen["result"] = algorithm.getResult()
        return seen["result"]

    original = ot.FunctionalChaosAlgorithm
    with pytest.MonkeyPatch.context() as patch:

        class Remembered(original):
            def getResult(self):
                return remember(super())

        patch.setattr(ot, "FunctionalChaosAlgorithm", Remembered)
        load().estimate(problem, budget=300, seed=3)
    theirs = ot.FunctionalChaosSobolIndices(seen["result"])
    total = [theirs.getSobolTotalIndex(i) for i in range(3)]
    first = [theirs.getSobolIndex(i) for i in range(3)]
    np.testing.assert_allclose(result["total_order"].value[0], total, atol=1e-6)
    np.testing.assert_allclose(result["first_order"].value[0], first, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 300])
def test_intervals_cover(n):
    problem = sb.problems.load("ishigami")
    covered = {"first_order": [], "total_order": []}
    for seed in range(RUNS):
        result = load().estimate(problem, budget=n, seed=seed)
        for measure, hits in covered.items():
            e, exact = result[measure], problem.truth[measure].value
            if np.isfinite(e.value).all():
                hits.append((e.low <= exact + 1e-12) & (exact <= e.high + 1e-12))
    for hits in covered.values():
        assert (np.mean(hits, axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / RUNS)).all()


def test_what_a_polynomial_does_not_fit_has_no_indices():
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(
        lambda x: (x[:, 0] * 40).sin() * (x[:, 1] * 40).sin(), space, outputs=["wave"]
    )
    result = load().estimate(problem, budget=100)
    assert np.isnan(result["total_order"].value).all()
    assert result["surrogate_q2"].value[0] < 0.8
    assert any("'wave'" in note and "Q² = 0.8" in note for note in result.notes)


def test_an_input_of_another_law_goes_through_its_distribution_function():
    """Of y = log x with x log-normal the standard coordinate is y itself."""
    space = sb.InputSpace.of({"a": stats.lognorm(0.7), "b": stats.beta(2, 3)})
    problem = sb.Problem.of(lambda x: x[:, 0].log() + 2 * x[:, 1], space)
    S = np.array([0.49, 4 * stats.beta(2, 3).var()])
    result = load().estimate(problem, budget=300)
    np.testing.assert_allclose(result["first_order"].value[0], S / S.sum(), atol=1e-3)


def test_refusals():
    space = sb.InputSpace.of({"a": (0.0, 1.0), "rooms": [1, 2, 3]})
    problem = sb.Problem.of(lambda x: x.sum(1), space)
    with pytest.raises(NotApplicable, match=r"'rooms' takes 3 separate values"):
        load().estimate(problem, budget=100)
    many = sb.InputSpace.uniform({f"x{i}": (0.0, 1.0) for i in range(40)})
    with pytest.raises(TooFewRows, match="at least 82 rows for 40 inputs"):
        load().estimate(sb.Problem.of(lambda x: x.sum(1), many), budget=50)
    for wrong in ({"degree": 0}, {"interactions": 0}, {"least_q2": 2}):
        with pytest.raises(InputError, match="polynomial_chaos"):
            load(**wrong)
