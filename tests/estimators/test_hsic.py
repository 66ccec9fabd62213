"""HSIC: against OpenTURNS by hand, sums written out, closed forms, and false positives."""

import numpy as np
import pytest

import sensbench as sb
from sensbench import estimators
from sensbench.errors import InputError
from sensbench.testing import _known

ot = pytest.importorskip("openturns", reason="needs the extra surrogate")

RUNS = 200


def rows(n, rng, d=3):
    X = rng.normal(size=(n, d))
    return X, X[:, 0] + X[:, 1] ** 2 + 0.1 * rng.normal(size=n)


def of_rows(X, y, **params):
    return sb.compare(X=X, y=y, estimators=estimators.load("hsic", **params))["hsic"]


def unbiased(K, L):
    """Song et al. 2012, JMLR 13:1393-1434, equation 5, entry by entry."""
    n = len(K)
    K, L = K - np.diag(np.diag(K)), L - np.diag(np.diag(L))
    cross = K.sum(axis=0) @ L.sum(axis=0)
    total = np.trace(K @ L) + K.sum() * L.sum() / ((n - 1) * (n - 2)) - 2 * cross / (n - 2)
    return total / (n * (n - 3))


def gram(v):
    return np.exp(-((v[:, None] - v[None]) ** 2) / (2 * v.var(ddof=1)))


def biased(K, L):
    """Gretton et al. 2005: the mean of the products of centred entries."""
    H = np.eye(len(K)) - 1 / len(K)
    return np.trace(K @ H @ L @ H) / len(K) ** 2


@pytest.mark.parametrize("statistic", [biased, unbiased])
def test_values_are_those_of_sums_written_out(statistic, rng):
    X, y = rows(80, rng)
    L, own = gram(y), statistic
    exact = [own(gram(x), L) / np.sqrt(own(gram(x), gram(x)) * own(L, L)) for x in X.T]
    found = of_rows(X, y, statistic=statistic.__name__)
    np.testing.assert_allclose(found["hsic_r2"].value[0], exact, rtol=1e-9)


def test_p_values_are_openturns_called_by_hand(rng):
    X, y = rows(60, rng)
    scales = [*X.std(axis=0, ddof=1), y.std(ddof=1)]
    kernels = [ot.SquaredExponential([float(s)], [1.0]) for s in scales]
    by_hand = ot.HSICEstimatorGlobalSensitivity(
        kernels, ot.Sample(X), ot.Sample(y[:, None]), ot.HSICVStat()
    )
    found = of_rows(X, y)
    np.testing.assert_allclose(found["hsic_p_value"].value[0], list(by_hand.getPValuesAsymptotic()))
    np.testing.assert_allclose(found["hsic_r2"].value[0], list(by_hand.getR2HSICIndices()))


def test_normals_have_a_closed_form():
    result = estimators.load("hsic").estimate(_known.data(3), budget=800)
    exact = _known.data_answers()["hsic_r2"]
    np.testing.assert_allclose(result["hsic_r2"].value, exact, atol=0.06)


def test_shuffled_and_fitted_p_values_agree(rng):
    X = rng.normal(size=(150, 4))
    y = 0.18 * X[:, 0] + 0.12 * X[:, 1] + rng.normal(size=150)
    fitted = of_rows(X, y)["hsic_p_value"].value
    shuffled = of_rows(X, y, p_values="permutation", shuffles=2000)["hsic_p_value"].value
    assert (fitted > 1e-4).all()
    error = np.sqrt(fitted * (1 - fitted) / 2000)
    assert (np.abs(shuffled - fitted) < 5 * error + 0.02).all()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "n"), [("gamma", 100), ("permutation", 40)])
def test_false_positives_are_as_many_as_the_level_says(kind, n):
    """Six of eight inputs without effect: six tests a study, and Holm's over the study."""
    alone, together = [], []
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        X = rng.uniform(size=(n, 8))
        y = np.sin(6 * X[:, 0]) + X[:, 1] + 0.3 * rng.normal(size=n)
        found = of_rows(X, y, p_values=kind, shuffles=99)
        alone.append(found["hsic_p_value"].value[0, 2:] < 0.05)
        together.append((found["hsic_p_value_holm"].value[0, 2:] < 0.05).any())
    assert abs(np.mean(alone) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 6 * RUNS)
    assert np.mean(together) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / RUNS)


def test_a_constant_input_has_no_effect_and_many_rows_are_thinned(rng):
    X, y = rows(200, rng)
    X[:, 2] = 0.5
    space = sb.InputSpace.uniform(dict.fromkeys("abc", (0.0, 1.0)))
    hsic = estimators.load("hsic", most_rows=50, p_values="permutation", shuffles=99)
    found = sb.compare(X=X, y=y, space=space, estimators=hsic)["hsic"]
    assert found["hsic_r2"].value[0, 2] == 0.0
    assert found["hsic_p_value"].value[0, 2] == 1.0
    assert found["hsic_p_value"].value[0, 1] == pytest.approx(1 / 100)
    assert any("at 0.05: c (output 'y')" in note for note in found.notes)


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("statistic", "u"),
        ("p_values", "normal"),
        ("shuffles", 1),
        ("most_rows", 2),
        ("confidence", 1),
    ],
)
def test_refusals(option, wrong):
    with pytest.raises(InputError, match="hsic: expected"):
        estimators.load("hsic", **{option: wrong})
