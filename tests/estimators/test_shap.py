import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError

shap = pytest.importorskip("shap", reason="needs the extra shap")
# shap compiles itself at its first call, which takes longer than all of these
pytestmark = pytest.mark.slow


def test_numbers_are_those_of_shap_called_by_hand(rng, monkeypatch):
    """Its exact explainer, on the rows that were explained and those they were compared with."""
    X = rng.normal(size=(30, 2))

    def function(x):
        return x[:, 0] * x[:, 1] + 2 * x[:, 0]

    others, explained = [], []
    masker, call = shap.maskers.Independent, shap.PermutationExplainer.__call__
    groups = 10

    def masked(data, **params):
        others.append(data)
        return masker(data, **params)

    def called(self, rows, **params):
        explained.append(rows)
        return call(self, rows, **params)

    monkeypatch.setattr(shap.maskers, "Independent", masked)
    monkeypatch.setattr(shap.PermutationExplainer, "__call__", called)
    space = sb.InputSpace.of({"a": stats.norm(), "b": stats.norm()})
    problem = sb.Problem.of(function, space, X=X)
    result = sb.estimators.load("shap", background=10).estimate(problem, budget=20 * 10 * 5)
    monkeypatch.undo()
    rows, background = np.concatenate(explained[:20]), np.concatenate(others)
    # the background's parts explain the same rows
    assert len(others) == groups
    np.testing.assert_array_equal(np.concatenate(explained), np.tile(rows, (groups, 1)))
    assert sorted(np.concatenate([rows, background])[:, 0]) == sorted(X[:, 0])
    assert result.n_forward <= 20 * 10 * 5
    by_hand = masker(background, max_samples=10)
    exact = np.abs(shap.explainers.Exact(function, by_hand)(rows).values).mean(axis=0)
    np.testing.assert_allclose(result["shap_abs"].value[0], exact, rtol=1e-6)
    scale = exact / function(rows).std()
    np.testing.assert_allclose(result["shap_abs_standardised"].value[0], scale, rtol=1e-6)


def test_linear_effects_have_a_closed_form():
    """Of a normal input E|φ| is β·σ·√(2/π), of a uniform one a quarter of the range."""
    space = sb.InputSpace.of({"a": stats.norm(3.0, 2.0), "b": (0.0, 4.0), "dead": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] - 3 * x[:, 1], space)
    result = sb.estimators.load("shap", background=40).estimate(problem, budget=200 * 40 * 7)
    exact = np.array([2 * np.sqrt(2 / np.pi), 3.0, 0.0])
    np.testing.assert_allclose(result["shap_abs"].value[0], exact, rtol=0.12, atol=1e-12)
    assert result.n_forward <= 200 * 40 * 7


def test_parameters_are_checked():
    with pytest.raises(InputError, match="shap: expected background >= 2; got 1"):
        sb.estimators.load("shap", background=1)
