"""What every kind of network promises, and each by a route that is not its own."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge
from torch import nn

from sensbench import networks, problems
from sensbench.errors import InputError, UnknownNameError
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.networks._rows import Part, split_rows
from sensbench.networks._standardised import Residual, Standardised
from sensbench.problem.problem import Data, Problem

QUICK = {
    "mlp": {"hidden": (8, 8), "residual": True},
    "fourier": {"features": 8, "hidden": (8,)},
    "linear": {},
    "ensemble": {"members": 3, "hidden": (8,)},
}


def quick(name, **changes):
    steps = {} if name == "linear" else {"iterations": 20}
    return networks.load(name, **QUICK[name], **{**steps, "train_rows": 60, **changes})


def bits(trained):
    return trained.quality, trained.weights(), trained.training["iterations"]


def test_every_kind_is_tried():
    assert set(QUICK) == set(networks.names())


@pytest.mark.parametrize("sobolev", [0.0, 1.0])
@pytest.mark.parametrize("name", QUICK)
def test_same_seed_same_bits_and_the_callers_state_stays(name, sobolev):
    problem, network = problems.load("ishigami"), quick(name, sobolev=sobolev)
    first = bits(network.train(problem, 0))
    threads, generator = torch.get_num_threads(), np.random.get_state()[1].tolist()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        state = torch.random.get_rng_state()
        with torch.inference_mode():
            assert bits(network.train(problem, 0)) == first
        assert torch.equal(state, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads
    assert np.random.get_state()[1].tolist() == generator
    assert bits(network.train(problem, 1)) != first
    assert (problem.model.n_forward, problem.model.n_backward) == (0, 0)


@pytest.mark.parametrize("name", QUICK)
def test_restored_from_what_was_kept(name):
    problem, network = problems.load("ishigami"), quick(name)
    trained = network.train(problem, 3)
    again = network.restore(problem, trained.metadata(), trained.weights())
    assert bits(again) == bits(trained)
    X = problem.space.sample(20, 0)
    a, b = (Model(t.module, X) for t in (trained, again))
    assert np.array_equal(a(X), b(X))
    assert np.array_equal(a.jacobian(X), b.jacobian(X))


@pytest.mark.parametrize("name", QUICK)
def test_derivatives_are_how_the_module_changes(name):
    problem = problems.load("ishigami")
    module = quick(name).train(problem, 0).module
    X = problem.space.sample(30, 1)
    exact = Model(module, X).jacobian(X)
    h, steps = 1e-6, np.eye(3)
    with torch.no_grad():
        for i in range(3):
            up, down = (torch.from_numpy(X + s * h * steps[i]) for s in (1, -1))
            change = ((module(up) - module(down)) / (2 * h)).numpy()
            np.testing.assert_allclose(exact[:, :, i], change, rtol=1e-6, atol=1e-7)


def correlated(rng, n=300):
    X = rng.normal(size=(n, 4)) * [1.0, 50.0, 0.01, 3.0] + [5.0, -100.0, 2.0, 0.0]
    X[:, 3] += 0.05 * X[:, 1]
    y = np.stack([X @ [1.0, 0.2, 70.0, -1.0], X[:, 0] ** 2], axis=1)
    y += rng.normal(size=y.shape) * [3.0, 1.0]
    return Problem("rows", InputSpace.from_data(X), data=Data(X, y), targets=("a", "b"))


@pytest.mark.filterwarnings("ignore::sensbench.errors.CorrelatedInputsWarning")
def test_linear_is_least_squares(rng):
    problem = correlated(rng)
    trained = networks.load("linear").train(problem, 0)
    learned = split_rows(problem, 0, np.random.default_rng(0)).fit
    found = LinearRegression().fit(learned.X, learned.y)
    X = problem.data.X
    model = Model(trained.module, X)
    np.testing.assert_allclose(model(X), found.predict(X), rtol=1e-10)
    np.testing.assert_allclose(model.jacobian(X)[7], found.coef_, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::sensbench.errors.CorrelatedInputsWarning")
def test_linear_with_weight_decay_is_ridge_regression(rng):
    problem, decay = correlated(rng), 0.3
    trained = networks.load("linear", weight_decay=decay).train(problem, 0)
    learned = split_rows(problem, 0, np.random.default_rng(0)).fit
    z = (learned.X - learned.X.mean(0)) / learned.X.std(0)
    t = (learned.y - learned.y.mean(0)) / learned.y.std(0)
    # Ridge adds alpha |w|² to the sum over rows; ours is the mean over rows and two outputs
    found = Ridge(alpha=decay * len(z) * 2).fit(z, t)
    weight = trained.module.layers[0].weight.numpy()
    np.testing.assert_allclose(weight, found.coef_, rtol=1e-9)


def test_of_columns_that_determine_each_other_linear_takes_the_smallest_weights():
    hot = np.eye(3)[np.arange(90) % 3]
    y = hot @ [[1.0], [4.0], [-2.0]]
    problem = Problem("hot", InputSpace.from_data(hot), data=Data(hot, y), targets=("y",))
    trained = networks.load("linear").train(problem, 0)
    learned = split_rows(problem, 0, np.random.default_rng(0)).fit
    z = (learned.X - learned.X.mean(0)) / learned.X.std(0)
    t = (learned.y - learned.y.mean(0)) / learned.y.std(0)
    smallest = np.linalg.lstsq(z, t, rcond=None)[0].T
    weight = trained.module.layers[0].weight.numpy()
    np.testing.assert_allclose(weight, smallest, rtol=1e-9, atol=1e-12)


def test_residual_layers_add_to_what_they_are_given():
    module = networks.load("mlp", hidden=[7, 7, 7], residual=True).build(3, 2, seed=0)
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert module(x).shape == (5, 2)
    kinds = [type(layer) for layer in module.layers]
    assert kinds == [nn.Linear, nn.Tanh, Residual, Residual, nn.Linear]
    h = torch.tanh(module.layers[0](x))
    for layer in module.layers[2:4]:
        h = h + torch.tanh(h @ layer.linear.weight.T + layer.linear.bias)
    torch.testing.assert_close(module(x), module.layers[-1](h))
    with pytest.raises(InputError, match="one width with residual"):
        networks.load("mlp", hidden=[8, 4], residual=True)
    with pytest.raises(InputError, match="one width with residual"):
        networks.load("mlp", hidden=[], residual=True)


def test_fourier_features_approximate_a_gaussian_kernel():
    """E cos((x - z)·w) over normal w of deviation s/√d is exp(-s²|x - z|²/2d)."""
    d, scale = 3, 1.7
    module = networks.load("fourier", features=20_000, scale=scale, hidden=()).build(d, 1, 0)
    x = torch.randn(6, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    waves = module.layers[0](x)[:, d:]
    kernel = waves @ waves.T / 20_000
    distance = torch.cdist(x, x) ** 2
    exact = torch.exp(-(scale**2) * distance / (2 * d))
    # each entry is a mean of 20,000 cosines of variance at most 1/2: 5 standard errors
    assert float((kernel - exact).abs().max()) < 5 * (0.5 / 20_000) ** 0.5


def test_an_ensemble_is_the_mean_of_its_members_and_so_are_its_derivatives():
    problem = problems.load("ishigami")
    module = quick("ensemble").train(problem, 0).module
    X = problem.space.sample(40, 2)
    members = [Model(member, X) for member in module.members]
    values = np.stack([member(X) for member in members])
    assert not np.allclose(values[0], values[1])
    whole = Model(module, X)
    np.testing.assert_allclose(whole(X), values.mean(axis=0), rtol=1e-12)
    slopes = np.mean([member.jacobian(X) for member in members], axis=0)
    np.testing.assert_allclose(whole.jacobian(X), slopes, rtol=1e-10, atol=1e-12)
    spread = module.spread(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(spread, values.std(axis=0, ddof=1), rtol=1e-12)


def test_an_ensemble_errs_less_than_its_members():
    """Strictly so for any convex error, unless the members are equal: Jensen's inequality."""
    problem = problems.load("ishigami")
    module = quick("ensemble").train(problem, 0).module
    X = problem.space.sample(500, 3)
    y, x = problem.explained.metered()(X), torch.from_numpy(X)
    with torch.no_grad():
        errors = [((m(x).numpy() - y) ** 2).mean() for m in module.members]
        assert ((module(x).numpy() - y) ** 2).mean() < np.mean(errors)


def test_an_ensemble_hands_options_to_its_members():
    ensemble = networks.load("ensemble", of="fourier", members=3, features=5, sobolev=1.0)
    assert ensemble.member == networks.load("fourier", features=5, sobolev=1.0)
    assert ensemble.params()["features"] == 5
    assert ensemble.params()["of"] == "fourier"
    with pytest.raises(UnknownNameError, match="did you mean 'hidden'"):
        networks.load("ensemble", hiden=[4])
    with pytest.raises(InputError, match="a single network's name"):
        networks.load("ensemble", of="ensemble")
    with pytest.raises(InputError, match="members >= 2"):
        networks.load("ensemble", members=1)


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        ("fourier", {"features": 0}, "features >= 1"),
        ("fourier", {"scale": 0.0}, "scale > 0"),
        ("fourier", {"hidden": (8, 0)}, "hidden as a list of widths"),
        ("linear", {"sobolev": -1.0}, "sobolev >= 0"),
        ("fourier", {"iterations": True}, "iterations >= 1"),
        ("mlp", {"sobolev": float("nan")}, "sobolev >= 0"),
    ],
)
def test_parameters_that_make_no_network(name, params, match):
    with pytest.raises(InputError, match=match):
        networks.load(name, **params)


def test_notes_say_what_rows_were_used_for():
    problem = problems.load("diabetes")
    for name, said in (
        ("mlp", "266 rows (and stopped by 66); 110 others"),
        ("linear", "266 rows; 110"),
    ):
        network = networks.load(name) if name == "linear" else quick(name)
        note = network.train(problem, 0).problem(problem).notes[-1]
        assert note.startswith(f"{name} was trained on {said}")


def test_constant_columns_keep_their_scale_whatever_their_mean_is_rounded_to():
    """The standard deviation of 0.1 repeated is a rounding, and not a scale to divide by."""
    values = np.stack([np.arange(1000.0), np.full(1000, 0.1)], axis=1)
    assert values.std(axis=0)[1] > 0
    module = Standardised(2, 2, nn.Identity())
    module.standardise(Part(values, values, np.ones(2, dtype=bool)))
    expected = [float(values[:, 0].std()), 1.0]
    assert module.x_std.tolist() == module.y_std.tolist() == expected
