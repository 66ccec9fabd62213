"""sanity(): importances with the weights drawn anew."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import InputError
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Estimate
from sensbench.randomised import BLIND, MOVES, _randomised


@dataclass(frozen=True)
class OfTargets(sb.Estimator):
    """Squared correlations of the inputs with measured targets: the model plays no part."""

    name = "of_targets"
    measures = ("first_order",)
    ranks_by = "first_order"
    needs = Needs("either", targets=True)

    def _estimate(self, problem, budget, rng):
        X, y = problem.data.X, problem.data.y
        value = np.corrcoef(X, y, rowvar=False)[: X.shape[1], X.shape[1] :].T ** 2
        return {"first_order": Estimate.of(value)}


@pytest.fixture
def trained(rng):
    """A network of y = 3a + b that has learned it, and its rows."""
    X = rng.normal(size=(300, 4))
    y = X @ [3.0, 1.0, 0.0, 0.0]
    space = sb.InputSpace.from_data(X, list("abcd"))
    data = sb.Problem.of(lambda x: x @ np.array([3.0, 1.0, 0.0, 0.0]), space, X=X, y=y)
    network = sb.networks.load("mlp", hidden=(8,), iterations=100).train(data, 0)
    return network.module, X, y


def test_gradients_move_and_a_method_of_the_data_does_not(trained):
    module, X, y = trained
    weights = [p.clone() for p in module.parameters()]
    found = sb.sanity(
        module, X, y=y, estimators=["gradient", "permutation", OfTargets()], budget=6000, times=3
    )
    table = found.table.set_index("estimator")
    assert table.loc["gradient", "verdict"] == MOVES
    assert table.loc["gradient", "moved"] > 0.3
    assert table.loc["gradient", "by_seed"] < 0.05
    assert table.loc["of_targets", "verdict"] == BLIND
    assert table.loc["of_targets", "moved"] == 0
    assert table.loc["of_targets", "rank_correlation"] == pytest.approx(1.0)
    assert found.blind == ("of_targets",)
    assert "of_targets would say the same of any weights" in str(found)
    assert (table["times"] == 3).all()
    for before, now in zip(weights, module.parameters(), strict=True):
        assert torch.equal(before, now)


def test_a_problem_of_a_network_can_be_asked_and_seeds_repeat(trained, rng):
    module, X, _ = trained
    problem = sb.Problem.of(module, sb.InputSpace.from_data(X), X=X, name="net")
    first, again = (
        sb.sanity(problem, estimators="gradient", budget=600, times=2).table for _ in range(2)
    )
    np.testing.assert_array_equal(first["moved"], again["moved"])
    assert first["verdict"].tolist() == [MOVES]


def test_layers_are_initialised_anew_and_other_parameters_shuffled():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(6, 5)
            self.slopes = nn.Parameter(torch.arange(20.0))

    module = Own()
    with torch.no_grad():
        module.line.weight.fill_(7.0)
    anew = _randomised(module, 1)
    assert anew.line.weight.abs().max() <= 1 / np.sqrt(6)
    assert not torch.equal(anew.slopes, module.slopes)
    assert torch.equal(anew.slopes.sort().values, module.slopes)
    assert (module.line.weight == 7.0).all()
    assert torch.equal(_randomised(module, 1).line.weight, anew.line.weight)


def test_refusals(rng):
    X = rng.normal(size=(20, 2))
    with pytest.raises(InputError, match="sanity: expected a torch module with parameters"):
        sb.sanity(lambda x: x.sum(1), X)
    with pytest.raises(InputError, match="times >= 1"):
        sb.sanity(nn.Linear(2, 1), X, times=0)
