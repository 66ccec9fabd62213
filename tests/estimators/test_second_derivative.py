"""Second derivatives: closed forms, those of single rows, refusals, what they cost."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError, PartialResultWarning

A, B = 7.0, 0.1
KINDS = ("mean", "std", "rms")


def load(**params):
    return sb.estimators.load("second_derivative", **params)


def test_ishigami_in_closed_form():
    """sin x1 + A sin² x2 + B x3⁴ sin x1, uniform on (-π, π): E x^k = π^k/(k + 1) for even k."""
    pi = np.pi
    result = load().estimate(sb.problems.load("ishigami"), budget=100_000)
    rms = [
        np.sqrt((1 + 2 * B * pi**4 / 5 + B**2 * pi**8 / 9) / 2),
        2 * A * np.sqrt(0.5),
        12 * B * np.sqrt(pi**4 / 10),
    ]
    of_pair = {"abs": 4 * B * (pi**3 / 4) * (2 / pi), "rms": 4 * B * np.sqrt(pi**6 / 14)}
    np.testing.assert_allclose(result["second_derivative_rms"].value[0], rms, rtol=0.02)
    np.testing.assert_allclose(result["second_derivative_std"].value[0], rms, rtol=0.02)
    np.testing.assert_allclose(result["second_derivative_mean"].value[0], 0, atol=0.2)
    sigma_y = np.sqrt(A**2 / 8 + B * pi**4 / 5 + B**2 * pi**8 / 18 + 0.5)
    for kind, exact in of_pair.items():
        table = result[f"cross_derivative_{kind}"].value[0]
        assert table[0, 2] == pytest.approx(exact, rel=0.03)
        assert table[2, 0] == table[0, 2]
        assert not table[[0, 1], [1, 2]].any()
        standardised = result[f"cross_derivative_{kind}_standardised"].value[0, 0, 2]
        assert standardised == pytest.approx(exact * pi**2 / 3 / sigma_y, rel=0.03)


def test_means_are_those_of_each_rows_own_hessian():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    X = np.random.default_rng(1).normal(size=(300, 4)) * [1, 2, 3, 4]
    problem = sb.Problem.of(network, sb.InputSpace.from_data(X), X=X)
    result = load().estimate(problem, budget=300 * 11)
    assert (result.n_forward, result.n_backward) == (300, 300 * 2 * 5)
    H = sb.hessian(network, X)
    pure = np.einsum("noii->noi", H)
    for kind, exact in zip(
        KINDS, (pure.mean(0), pure.std(0), (pure**2).mean(0) ** 0.5), strict=True
    ):
        np.testing.assert_allclose(result[f"second_derivative_{kind}"].value, exact, rtol=1e-6)
    Y = network(torch.from_numpy(X)).detach().numpy()
    scale = X.std(axis=0)[:, None] * X.std(axis=0) / Y.std(axis=0)[:, None, None]
    off = ~np.eye(4, dtype=bool)
    rms = np.sqrt((H**2).mean(axis=0)) * scale
    found = result["cross_derivative_rms_standardised"].value
    np.testing.assert_allclose(found[:, off], rms[:, off], rtol=1e-6)
    gradient = sb.estimators.load("gradient").estimate(problem, budget=900)
    ranking = "derivative_rms_standardised"
    np.testing.assert_allclose(result[ranking].value, gradient[ranking].value, rtol=1e-6)


def test_of_a_product_the_squared_cross_derivative_is_the_second_order_index():
    """Of standard normal a·b + c: S_ab = 1/2, and the mixed derivative is 1 everywhere."""
    space = sb.InputSpace.normal({name: (0, 1) for name in "abc"})
    problem = sb.Problem.of(lambda x: x[:, 0] * x[:, 1] + x[:, 2], space)
    table = load().estimate(problem, budget=200_000)["cross_derivative_rms_standardised"].value[0]
    assert table[0, 1] ** 2 == pytest.approx(0.5, rel=0.03)
    assert table[0, 2] == table[1, 2] == 0


def test_a_network_of_kinks_is_refused_and_not_called_free_of_interactions():
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
    space = sb.InputSpace.normal({name: (0, 1) for name in "abc"})
    with pytest.raises(DerivativeError, match="0 nearly everywhere for a piecewise linear network"):
        load().estimate(sb.Problem.of(network, space), budget=1000)
    X = np.random.default_rng(0).normal(size=(100, 3))
    with pytest.warns(PartialResultWarning, match="says nothing of them, nor of interactions"):
        comparison = sb.compare(
            network, X, budget=1000, estimators=["gradient", "second_derivative"]
        )
    assert set(comparison.methods) == {"gradient"}


def test_a_function_of_arrays_has_none():
    space = sb.InputSpace.normal({name: (0, 1) for name in "ab"})
    problem = sb.Problem.of(lambda x: np.sin(x[:, 0]) * x[:, 1], space)
    with pytest.raises(DerivativeError, match="pairwise Sobol' indices"):
        load().estimate(problem, budget=1000)


def test_inputs_without_a_derivative_are_left_out_and_cost_nothing():
    space = sb.InputSpace.of({"a": (0, 1), "rooms": [1, 2, 3], "b": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] ** 2 * x[:, 1] * x[:, 2], space)
    result = load().estimate(problem, budget=400)
    assert (result.n_forward, result.n_backward) == (100, 300)
    assert np.isnan(result["second_derivative_mean"].value[0]).tolist() == [False, True, False]
    table = result["cross_derivative_abs"].value[0]
    assert table[0, 2] > 0
    assert np.isnan(table[1]).all()
    assert np.isnan(table[:, 1]).all()
    assert any("'rooms'" in note for note in result.notes)


def test_outputs_of_extreme_size_are_in_their_units():
    space = sb.InputSpace.normal({name: (0, 1) for name in "ab"})
    problem = sb.Problem.of(lambda x: 1e170 * (x[:, 0] * x[:, 1] + x[:, 0] ** 2), space)
    result = load().estimate(problem, budget=400)
    assert result["second_derivative_mean"].value[0, 0] == pytest.approx(2e170)
    assert result["cross_derivative_rms"].value[0, 0, 1] == pytest.approx(1e170)


def test_heavy_tails_have_no_interval_and_a_note():
    space = sb.InputSpace.of({"a": stats.norm(0, 3), "b": stats.norm(0, 3)})
    problem = sb.Problem.of(lambda x: (x[:, 0] + x[:, 1]).exp(), space)
    result = load().estimate(problem, budget=2000)
    assert np.isnan(result["cross_derivative_rms"].high[0, 0, 1])
    assert any("a few rows decide" in note for note in result.notes)
