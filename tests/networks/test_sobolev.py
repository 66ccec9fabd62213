import numpy as np
import pytest
import torch

from sensbench import networks, problems
from sensbench.errors import NotApplicable
from sensbench.inputs.space import InputSpace
from sensbench.networks._fitting import error_of
from sensbench.networks._rows import split_rows
from sensbench.problem.problem import Problem


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mlp", {"hidden": (32, 32)}),
        ("fourier", {"features": 32, "hidden": (32,)}),
        ("ensemble", {"members": 2, "hidden": (24,)}),
    ],
)
def test_few_rows_teach_a_better_gradient(name, options):
    """Same rows, same first weights: for each seed the gradient's error falls by a quarter."""
    problem = problems.load("ishigami")
    for seed in range(3):
        plain, taught = (
            networks.load(name, train_rows=150, iterations=120, sobolev=weight, **options)
            .train(problem, seed)
            .quality["y"]
            for weight in (0.0, 1.0)
        )
        assert taught.gradient_error < 0.75 * plain.gradient_error
        assert taught.r2 > plain.r2


def test_the_loss_is_the_sum_of_two_relative_errors():
    """By torch.func and numpy, for two outputs and an input of separate values."""
    space = InputSpace.of({"a": InputSpace.uniform({"a": (0.0, 3.0)}).marginals[0], "n": _dice()})
    problem = Problem.of(
        lambda x: torch.stack([x[:, 0] ** 2 + x[:, 1], 5 * x[:, 0].sin() * x[:, 1]], 1), space
    )
    split = split_rows(problem, 40, np.random.default_rng(0)).with_slopes("test")
    part = split.fit
    assert part.slopes.shape == (len(part), 2, 1)
    module = networks.load("mlp", hidden=(5,)).build(2, 2, 0)
    module.standardise(part)
    loss = float(error_of(module.layers, module.standardised(part), 0.7).detach())

    x = torch.from_numpy(part.X)
    values = module(x).detach().numpy()
    J = torch.func.vmap(torch.func.jacrev(lambda r: module(r[None])[0]))(x).detach().numpy()
    a, n = part.X.T
    exact = np.stack([2 * a, 5 * np.cos(a) * n], axis=1)
    squares = (((part.y - values) / part.y.std(axis=0)) ** 2).mean()
    relative = ((J[:, :, 0] - exact) ** 2).sum(axis=0) / (exact**2).sum(axis=0)
    assert loss == pytest.approx(squares + 0.7 * relative.mean())


def _dice():
    from scipy.stats import randint

    return randint(1, 7)


def test_a_linear_function_is_learned_from_its_slopes():
    space = InputSpace.uniform({"a": (0.0, 2000.0), "b": (-1.0, 1.0)})
    problem = Problem.of(lambda x: 3 * x[:, 0] - 500 * x[:, 1], space)
    trained = networks.load("linear", sobolev=5.0, train_rows=30).train(problem, 0)
    assert trained.quality["y"].gradient_error < 1e-8


def test_numpy_functions_teach_by_finite_differences():
    space = InputSpace.uniform({"a": (0.0, 2.0), "b": (0.0, 2.0)})
    torch_ones = Problem.of(lambda x: (x**3).sum(dim=1), space)
    numpy_ones = Problem.of(lambda x: (np.asarray(x) ** 3).sum(axis=1), space)
    network = networks.load("mlp", hidden=(8,), iterations=40, train_rows=60, sobolev=1.0)
    a, b = (network.train(p, 0).quality["y"] for p in (torch_ones, numpy_ones))
    assert numpy_ones.explained.derivative_method == "central finite differences"
    assert a.gradient_error == pytest.approx(b.gradient_error, rel=0.05)


def test_what_has_no_slopes_cannot_teach_them():
    for name in ("mlp", "linear"):
        with pytest.raises(NotApplicable, match="sobolev > 0; got measured targets; leave sobolev"):
            networks.load(name, sobolev=1.0).train(problems.load("diabetes"), 0)
    space = InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    stairs = Problem.of(lambda x: (x * 8).round().sum(dim=1), space, name="stairs")
    with pytest.raises(NotApplicable, match=r"on 'stairs': .*sobolev > 0; got model"):
        networks.load("linear", sobolev=1.0).train(stairs, 0)
    dice = Problem.of(lambda x: x[:, 0] * 2.0, InputSpace.of({"n": _dice()}))
    with pytest.raises(NotApplicable, match="got inputs of separate values only"):
        networks.load("linear", sobolev=1.0).train(dice, 0)


def test_linear_solves_for_the_minimum_of_the_same_loss():
    """At its weights the gradient of the loss that other networks descend is 0."""
    space = InputSpace.uniform({"a": (0.0, 2.0), "b": (0.0, 5.0)})
    problem = Problem.of(
        lambda x: torch.stack([x[:, 0] ** 3 + x[:, 1], x[:, 1].sin() * x[:, 0]], 1), space
    )
    network = networks.load("linear", sobolev=0.6, weight_decay=0.05, train_rows=80)
    part = split_rows(problem, 80, np.random.default_rng(0)).with_slopes("test").fit
    module, _ = network.learn(part, part, 0)
    layer = module.layers[0]
    loss = error_of(module.layers, module.standardised(part), 0.6)
    (loss + 0.05 * (layer.weight**2).sum()).backward()
    assert float(loss.detach()) > 0.1
    for parameter in (layer.weight, layer.bias):
        assert float(parameter.grad.abs().max()) < 1e-12
