import json

import numpy as np
import pytest
import torch

from sensbench import networks, problems
from sensbench.errors import InputError, TooFewRows, UnknownNameError
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.networks._rows import Part
from sensbench.problem.problem import Data, Problem

QUICK = {"hidden": (8,), "iterations": 20, "train_rows": 60}


def line():
    space = InputSpace.uniform({"metres": (0.0, 2000.0), "kelvin": (280.0, 281.0)})
    return Problem.of(
        lambda x: torch.stack([x[:, 0] / 1000 + x[:, 1], 5e6 * x[:, 1]], 1), space, name="line"
    )


def bits(trained):
    return trained.metadata() | {"training": None}, trained.weights()


@pytest.mark.parametrize("name", networks.names())
def test_registered_networks_answer_a_problem(name):
    problem = line()
    few = {"members": 2} if name == "ensemble" else {}
    trained = networks.load(name, train_rows=400, **few).train(problem, 0)
    assert min(found.r2 for found in trained.quality.values()) > 0.9999
    assert trained.problem(problem).model.name == name
    assert networks.registry.summary(name)


@pytest.mark.parametrize("seed", [0, 1])
def test_ishigami(seed):
    trained = networks.load("mlp", train_rows=1000).train(problems.load("ishigami"), seed)
    assert trained.quality["y"].r2 > 0.99


def test_diabetes_is_as_good_as_linear_regression():
    problem = problems.load("diabetes")
    found = [networks.load("mlp").train(problem, s).quality for s in range(4)]
    assert np.mean([quality["disease_progression"].r2 for quality in found]) > 0.4


def test_r_squared_is_of_rows_it_was_not_trained_on():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 3)), rng.normal(size=(80, 1))
    noise = Problem("noise", InputSpace.from_data(X), data=Data(X, y), targets=("y",))
    trained = networks.load("mlp", weight_decay=0.0).train(noise, 0)
    assert trained.quality["y"].r2 < 0.2
    held_out = noise.data.take(np.array(trained.held_out_rows))
    F = trained.problem(noise).model(held_out.X)
    ours = 1 - ((held_out.y - F) ** 2).sum() / ((held_out.y - held_out.y.mean()) ** 2).sum()
    assert trained.quality["y"].r2 == pytest.approx(ours)


def test_same_seed_same_bits_whatever_the_global_state():
    problem, network, threads = line(), networks.load("mlp", **QUICK), torch.get_num_threads()
    first = bits(network.train(problem, 0))
    with torch.random.fork_rng():
        torch.manual_seed(99)
        state = torch.random.get_rng_state()
        again = bits(network.train(problem, 0))
        assert torch.equal(state, torch.random.get_rng_state())
    assert first == again
    assert first != bits(network.train(problem, 1))
    assert torch.get_num_threads() == threads
    assert first == bits(network.train(problem, np.random.SeedSequence(0)))


def test_the_problem_is_left_alone():
    problem = problems.load("diabetes")
    before = problem.data.X.tobytes(), problem.data.y.tobytes()
    networks.load("mlp", **QUICK).train(problem, 0)
    assert before == (problem.data.X.tobytes(), problem.data.y.tobytes())
    analytic = line()
    networks.load("mlp", **QUICK).train(analytic, 0)
    assert (analytic.model.n_forward, analytic.model.n_backward) == (0, 0)


def test_a_problem_of_data_keeps_its_held_out_rows_and_its_space():
    problem = problems.load("diabetes")
    trained = networks.load("mlp", **QUICK).train(problem, 0)
    asked = trained.problem(problem)
    rows = np.array(trained.held_out_rows)
    assert trained.training["held_out_rows"] == len(rows) == len(asked.data) == 110
    assert np.array_equal(asked.data.X, problem.data.X[rows])
    assert asked.space is problem.space
    assert asked.quality == trained.quality
    assert "; 110 others are explained" in asked.notes[-1]
    parts = trained.training["rows"], trained.training["validation_rows"], len(rows)
    assert sum(parts) == 442


def test_scaling_is_of_the_training_rows_only():
    X = np.concatenate([np.arange(99.0), [1e6]])[:, None]
    problem = Problem("far", InputSpace.from_data(X), data=Data(X, X), targets=("y",))
    means = {}
    for seed in range(12):
        trained = networks.load("mlp", **QUICK).train(problem, seed)
        means[99 in trained.held_out_rows] = float(trained.module.x_mean)
    assert means[True] < 100 < means[False]


def test_truth_stays_with_an_analytic_problem():
    problem = problems.load("ishigami")
    asked = networks.load("mlp", **QUICK).train(problem, 0).problem(problem)
    assert asked.truth is problem.truth
    assert asked.data is None
    assert asked.outputs == ("y",)


@pytest.mark.parametrize("load", [line, lambda: problems.load("diabetes")])
def test_restored_from_json_and_bytes(load):
    problem, network = load(), networks.load("mlp", **QUICK)
    trained = network.train(problem, 3)
    kept = json.loads(json.dumps(trained.metadata()))
    again = network.restore(problem, kept, trained.weights())
    assert bits(again) == bits(trained)
    X = problem.space.sample(50, 0)
    a, b = (t.problem(problem) for t in (trained, again))
    assert np.array_equal(a.model(X), b.model(X))
    assert (a.quality, a.notes) == (b.quality, b.notes)


def test_weights_of_another_network_are_refused():
    problem = line()
    trained = networks.load("mlp", **QUICK).train(problem, 0)
    other = networks.load("mlp", **{**QUICK, "hidden": (9,)})
    with pytest.raises(InputError, match="expected the weights of a network with these"):
        other.restore(problem, trained.metadata(), trained.weights())


def test_another_problem_is_refused():
    trained = networks.load("mlp", **QUICK).train(line(), 0)
    with pytest.raises(InputError, match="the problem it was trained on"):
        trained.problem(problems.load("diabetes"))


def test_module_standardises_inside():
    module = networks.load("mlp", hidden=(4,)).build(2, 1, seed=1)
    X, y = np.array([[0.0, 5.0], [10.0, 5.0]]), np.array([[1.0], [3.0]])
    rows = Part(X, y, np.array([True, False]), np.array([[[0.5]], [[0.25]]]))
    module.standardise(rows)
    assert module.x_std.tolist() == [5.0, 1.0]
    seen = module.standardised(rows)
    assert seen.x.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    # dy/dx of 0.5 is 2.5 standard deviations of y (1) per standard deviation of x (5)
    assert seen.slopes.values.tolist() == [[[2.5]], [[1.25]]]
    assert seen.slopes.size.tolist() == [(2.5**2 + 1.25**2) / 2]
    X = X + 0.1
    inner = module.layers(torch.from_numpy((X - [5.0, 5.0]) / [5.0, 1.0])).detach().numpy()
    np.testing.assert_allclose(Model(module, X)(X), inner + 2.0)


def test_a_constant_output_has_no_quality():
    space = InputSpace.uniform({"x": (0.0, 1.0)})
    problem = Problem.of(lambda x: {"moves": x[:, 0], "stays": 0 * x[:, 0] + 3}, space, name="half")
    trained = networks.load("mlp", **QUICK).train(problem, 0)
    assert set(trained.quality) == {"moves"}
    assert trained.problem(problem).model(space.sample(4, 0))[:, 1] == pytest.approx(3, abs=0.2)


def test_too_few_rows_and_nothing_to_learn():
    X = np.arange(19.0)[:, None]
    with pytest.raises(TooFewRows, match="at least 20 rows of data; got 19"):
        networks.load("mlp").train(
            Problem("few", InputSpace.from_data(X), data=Data(X, X), targets=("y",))
        )
    with pytest.raises(InputError, match="expected a model to explain"):
        networks.load("mlp").train(Problem("none", InputSpace.from_data(X), targets=("y",)))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"hidden": (0,)}, "each at least 1"),
        ({"weight_decay": -1.0}, "weight_decay >= 0"),
        ({"iterations": 0}, "iterations >= 1"),
        ({"patience": 0}, "patience >= 1"),
        ({"train_rows": 19}, "train_rows >= 20"),
    ],
)
def test_parameters_that_make_no_network(params, match):
    with pytest.raises(InputError, match=match):
        networks.load("mlp", **params)


def test_unknown_activation_has_a_hint():
    with pytest.raises(UnknownNameError, match="did you mean 'tanh'"):
        networks.load("mlp", activation="tanhh")


@pytest.mark.parametrize("activation", ["silu", "softplus", "relu"])
def test_other_activations_learn(activation):
    network = networks.load("mlp", activation=activation, hidden=(16,), iterations=60)
    assert network.train(line(), 0).quality["y[0]"].r2 > 0.999
