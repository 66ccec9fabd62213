import numpy as np
import pytest

import sensbench as sb
from sensbench.errors import TooFewRows

pytestmark = pytest.mark.filterwarnings("ignore::sensbench.errors.CorrelatedInputsWarning")

RUNS = 100


def given(X, function):
    space = sb.InputSpace.from_data(X)
    return sb.Problem.of(function, space, X=X, derivatives="finite-difference")


def test_the_numbers_are_those_of_openturns(rng):
    ot = pytest.importorskip("openturns", reason="needs the extra bench")
    X = rng.normal(size=(300, 4))
    X[:, 3] += X[:, 0]

    def function(x):
        return 1e3 * (x[:, 0] + np.exp(x[:, 1]) + 0.3 * x[:, 2] * x[:, 3])

    result = sb.estimators.load("regression").estimate(given(X, function), budget=300)
    theirs = ot.CorrelationAnalysis(ot.Sample(X), ot.Sample(function(X)[:, None]))
    for name in ("SRC", "SRRC", "PCC", "PRCC"):
        expected = np.array(getattr(theirs, f"compute{name}")())
        np.testing.assert_allclose(result[name.lower()].value[0], expected, atol=1e-10)


def test_a_linear_function_of_correlated_inputs(rng):
    """src = β·σ_x/σ_y whatever the correlation; r2 is 1, and nothing is left to correlate with."""
    X = rng.multivariate_normal([0, 5, 0], [[1, 0.9, 0], [0.9, 4, 0], [0, 0, 1]], size=200)
    result = sb.estimators.load("regression").estimate(
        given(X, lambda x: 3 * x[:, 0] - x[:, 1]), budget=200
    )
    y = 3 * X[:, 0] - X[:, 1]
    np.testing.assert_allclose(
        result["src"].value[0], np.array([3, -1, 0]) * X.std(axis=0) / y.std(), atol=1e-9
    )
    assert result["r2"].value[0] == pytest.approx(1.0)
    assert np.isnan(result["pcc"].value).all()
    assert "undefined where the fit leaves nothing unexplained" in " ".join(result.notes)


@pytest.mark.slow
def test_intervals_cover():
    """y = a + exp(b/2) of standard normals: the slope by b is E[b·exp(b/2)] = exp(1/8)/2."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] + (x[:, 1] / 2).exp(), space)
    variance, slope = 1 + np.exp(0.25) * (np.exp(0.25) - 1), np.exp(0.125) / 2
    exact = np.array([1, slope, 0]) / np.sqrt(variance)
    estimator = sb.estimators.load("regression", ranks=False)
    results = [estimator.estimate(problem, budget=400, seed=s) for s in range(RUNS)]
    inside = [(r["src"].low[0] <= exact) & (exact <= r["src"].high[0]) for r in results]
    assert (np.mean(inside, axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / RUNS)).all()
    explained = np.mean([r["r2"].value[0] for r in results])
    assert explained == pytest.approx((1 + slope**2) / variance, abs=0.005)


def test_inputs_that_the_others_determine_have_no_coefficient(rng):
    """All three columns of a one-hot code, beside a column of its own."""
    codes = np.eye(3)[rng.integers(0, 3, 120)]
    X = np.column_stack([codes, rng.normal(size=120)])
    result = sb.estimators.load("regression").estimate(
        given(X, lambda x: x[:, 0] + x[:, 3] ** 3), budget=120
    )
    values = result["src"].value[0]
    assert np.isnan(values[:3]).all()
    alone = X[:, 3] ** 3 + X[:, 0]
    design = np.column_stack([X[:, :4]])
    slope = np.linalg.lstsq(design, alone, rcond=None)[0][3]
    assert values[3] == pytest.approx(slope * X[:, 3].std() / alone.std())
    assert "the other inputs determine one: x1, x2, x3" in " ".join(result.notes)


def test_too_few_rows_for_so_many_inputs(rng):
    X = rng.normal(size=(40, 12))
    with pytest.raises(TooFewRows, match="at least 56 rows for 12 inputs; got 40"):
        sb.estimators.load("regression").estimate(given(X, lambda x: x[:, 0]), budget=40)
