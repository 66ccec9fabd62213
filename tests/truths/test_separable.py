"""Sums of products by one-dimensional integrals, against grids over all inputs at once."""

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import roots_genlaguerre

import sensbench as sb
from sensbench.errors import InputError
from sensbench.truths import separable as module
from sensbench.truths.line import Line
from sensbench.truths.separable import separable
from tests.problems.quadrature import between, by_quadrature, close, hermite, panels, quantiles

FUNCTIONS = {
    "itself": lambda x: x,
    "square": lambda x: x**2 - 0.3 * x,
    "sin": torch.sin,
    "decay": lambda x: torch.exp(-x),
    "kinked": lambda x: torch.abs(x - 0.4),
    "ramp": lambda x: torch.clamp(x, max=0.4) + 2.0,
    "one": lambda x: torch.ones_like(x),
}


def lognormal(degree):
    nodes, weights = hermite(0.0, 0.4, degree)
    return np.exp(nodes), weights


def exponential(degree):
    nodes, weights = roots_genlaguerre(degree, 0.0)
    return nodes * 0.5, weights


def of_two(ends, first, second):
    """A density of two smooth pieces on panels between its ends."""
    nodes, weights = between(ends, 24)
    density = np.where(nodes < ends[1], first(nodes), second(nodes)) * (ends[-1] - ends[0])
    return nodes, weights * density / (weights @ density)


# Marginals with nodes made for each, none by way of a standard normal; smooth functions only.
SMOOTH = {
    "uniform": ((-1.0, 2.0), lambda: panels(-1.0, 2.0, 3, 20)),
    "normal": (stats.norm(0.5, 0.6), lambda: hermite(0.5, 0.6, 40)),
    "lognormal": (stats.lognorm(0.4), lambda: lognormal(60)),
    "triangular": (
        stats.triang(0.25, 0.0, 2.0),
        lambda: of_two([0.0, 0.5, 2.0], lambda x: 3 * x, lambda x: 2 - x),
    ),
    "truncated": (
        stats.truncnorm(-2, 2, 0.5, 0.5),
        lambda: of_two([-0.5, 0.5, 1.5], *2 * [lambda x: np.exp(-2 * (x - 0.5) ** 2)]),
    ),
    "exponential": (stats.expon(scale=0.5), lambda: exponential(60)),
    "laplace": (
        stats.laplace(1.0, 0.2),
        lambda: of_two(
            [-7, -3, -1, 0, 0.5, 1, 1.5, 2, 3, 5, 9],
            *2 * [lambda x: np.exp(-np.abs(x - 1.0) / 0.2)],
        ),
    ),
    "beta": (
        stats.beta(2, 3),
        lambda: of_two([0.0, 0.5, 1.0], *2 * [lambda x: x * (1 - x) ** 2]),
    ),
}


def random_terms(d, n, rng, names):
    functions = [FUNCTIONS[name] for name in names]
    terms = []
    for _ in range(n):
        members = rng.choice(d, rng.integers(0, d + 1), replace=False)
        factors = {int(i): functions[rng.integers(len(functions))] for i in members}
        terms.append((float(rng.normal()), factors))
    return terms


def function_of(*outputs):
    def function(x):
        columns = []
        for terms in outputs:
            y = torch.zeros(len(x), dtype=x.dtype)
            for c, factors in terms:
                term = torch.full((len(x),), c, dtype=x.dtype)
                for i, g in factors.items():
                    term = term * g(x[:, i])
                y = y + term
            columns.append(y)
        return torch.stack(columns, dim=1)

    return function


def agree(space, outputs, axes, rtol=1e-8, sizes=1e-3, **options):
    """All truths that are there; E|∂| and its like as well as a grid can integrate a kink."""
    problem = sb.Problem.of(
        function_of(*outputs), space, truth=separable(space, *outputs, **options)
    )
    found = by_quadrature(problem, axes)
    assert {"shapley", "second_order", "total_order", "first_order"} <= set(problem.truth)
    for name in set(problem.truth) & set(found):
        rough = name.startswith(("derivative_abs", "mu_star_limit"))
        close(name, problem.truth[name], found[name], sizes if rough else rtol)
    return problem


@pytest.mark.parametrize("seed", range(len(SMOOTH)))
def test_random_sums_of_products(seed):
    rng = np.random.default_rng(seed)
    kinds = np.roll(list(SMOOTH), seed)[:3]  # each of them three times
    space = sb.InputSpace.of({f"x{i}": SMOOTH[kind][0] for i, kind in enumerate(kinds)})
    names = ["itself", "square", "sin", "decay"]
    outputs = [[*random_terms(3, 4, rng, names), (1.0, {k: torch.sin})] for k in range(2)]
    agree(space, outputs, [SMOOTH[kind][1]() for kind in kinds])


@pytest.mark.parametrize("seed", range(4))
def test_kinks_and_inert_inputs(seed):
    rng = np.random.default_rng(100 + seed)
    space = sb.InputSpace.uniform({name: (0.0, 1.0) for name in "abcd"})
    # the last input is inert, and the second output knows the first input only
    outputs = [random_terms(3, 5, rng, FUNCTIONS), [(2.0, {0: FUNCTIONS["kinked"]})]]
    outputs[0].append((1.0, {0: FUNCTIONS["kinked"], 1: torch.sin}))
    axes = [between([0.0, 0.4, 1.0], 10)] * 3 + [panels(0.0, 1.0, 1, 2)]
    problem = agree(space, outputs, axes, 1e-11, 1e-2, kinks={i: [0.4] for i in range(3)})
    for name in ("total_order", "dgsm", "shapley"):
        assert (problem.truth[name].value[:, 3] == 0).all()
        assert (problem.truth[name].value[1, 1:] == 0).all()


@pytest.mark.parametrize("kind", ["triangular", "truncated", "beta"])
def test_kinks_where_the_density_is_not_flat(kind):
    marginal, _ = SMOOTH[kind]
    low, high = marginal.support()
    nodes, w = between(sorted({low, 0.4, 0.5, high}), 40)
    w = w * marginal.pdf(nodes)
    space = sb.InputSpace.of({"x": marginal, "z": (0.0, 1.0)})
    outputs = [[(1.0, {0: FUNCTIONS["kinked"], 1: torch.exp}), (1.0, {0: torch.sin})]]
    axes = [(nodes, w / w.sum()), panels(0.0, 1.0, 1, 12)]
    problem = agree(space, outputs, axes, 1e-10, 1e-2, kinks={0: [0.4]})
    # x itself is uniform on its range in the limit of small steps: by a plain fine grid
    fine = [between([low, 0.4, high], 400), panels(0.0, 1.0, 40, 4)]
    grid = np.stack(np.meshgrid(*(n for n, _ in fine), indexing="ij"), -1).reshape(-1, 2)
    slopes = np.abs(problem.model.metered().jacobian(grid)[:, 0, 0])
    weights = np.multiply.outer(fine[0][1], fine[1][1]).ravel()
    if "mu_star_limit" in problem.truth:
        known = problem.truth["mu_star_limit"].value[0, 0]
        np.testing.assert_allclose(known, weights @ slopes * (high - low), rtol=1e-2)


def test_the_limit_of_mu_star_knows_the_kinks():
    """|x - 0.4| has slopes of size 1 everywhere: 0.4 inside a panel would spoil 1 in 48."""
    space = sb.InputSpace.of({"x": stats.beta(2, 3), "z": (0.0, 1.0)})
    steep = lambda x: torch.where(x < 0.4, 0.0 * x, 5.0 * (x - 0.4))  # noqa: E731
    truth = separable(space, [(1.0, {0: steep, 1: torch.exp})], kinks={0: [0.4]})
    expected = 5.0 * 0.6 * (np.e - 1.0)
    np.testing.assert_allclose(truth["mu_star_limit"].value[0, 0], expected, rtol=1e-12)


def test_values_from_a_list():
    values = [0.0, 1.0, 1.0, 4.0]
    space = sb.InputSpace.of({"count": values, "x": (-1.0, 1.0), "z": stats.norm(1, 2)})
    terms = [(1.5, {0: FUNCTIONS["square"], 1: torch.exp}), (-0.5, {0: torch.sin, 2: torch.cos})]
    nodes, counts = np.unique(values, return_counts=True)
    axes = [(nodes, counts / 4), panels(-1, 1, 1, 20), hermite(1, 2, 60)]
    truth = separable(space, terms, kinks={0: [1.0]})
    assert not any(name.startswith(("derivative", "dgsm", "mu_star")) for name in truth)
    smooth = sb.InputSpace.of({"count": (0.0, 4.0), "x": (-1.0, 1.0), "z": stats.norm(1, 2)})
    found = by_quadrature(sb.Problem.of(function_of(terms), smooth), axes)
    for name in ("mean", "variance", "first_order", "total_order", "second_order", "shapley"):
        close(name, truth[name], found[name], 1e-10)


def test_jumps_keep_what_slopes_can_say():
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    step = lambda x: torch.where(x > 0.3, x + 2.0, x)  # noqa: E731
    outputs = [[(1.0, {0: step, 1: torch.exp})]]
    axes = [between([0.0, 0.3, 1.0], 4), panels(0.0, 1.0, 1, 14)]
    problem = agree(space, outputs, axes, 1e-12, jumps={0: [0.3]})
    assert {"dgsm", "derivative_abs"} <= set(problem.truth)
    assert not {"total_order_bound", "mu_star_limit"} & set(problem.truth)
    flat = lambda x: (x > 0.3).to(x.dtype)  # noqa: E731
    truth = separable(space, [(1.0, {0: flat, 1: torch.exp})], jumps={0: [0.3]})
    assert {"total_order", "shapley"} <= set(truth)
    assert not any(name.startswith(("derivative", "dgsm")) for name in truth)


@pytest.mark.parametrize(
    ("marginal", "factor"),
    [
        (stats.t(4.5), lambda x: x**3),  # infinite variance, finite mean
        (stats.lognorm(1.0), torch.exp),  # infinite mean
        (stats.norm(0, 1), lambda x: torch.exp(x**2 / 3)),
        (stats.uniform(0, 1), lambda x: x**-0.6),
        (stats.uniform(0, 1), torch.sqrt),  # an infinite DGSM
        (stats.uniform(0, 1), lambda x: (x > 0.31).to(x.dtype)),  # a jump not named
    ],
)
def test_what_is_not_finite_or_not_smooth_raises(marginal, factor):
    space = sb.InputSpace.of({"x": marginal, "z": (0.0, 1.0)})
    with pytest.raises(
        InputError, match=r"integrals that converge.*name the kinks|a finite mean and variance"
    ):
        module._truths(space, [[(1.0, {0: factor}), (1.0, {1: torch.sin})]], {}, {}, {})


def test_refuses():
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    with pytest.raises(InputError, match="positions of 2 inputs"):
        separable(space, [(1.0, {2: torch.sin})])
    with pytest.raises(InputError, match="an output that varies"):
        module._truths(space, [[(1.0, {})]], {}, {}, {})
    grouped = sb.InputSpace.of({"a": (0.0, 1.0), "b": (0.0, 1.0)}, groups={"g": ["a", "b"]})
    with pytest.raises(InputError, match="a space without groups"):
        separable(grouped, [(1.0, {0: torch.sin})])


@pytest.mark.parametrize("marginal", [kind[0] for kind in SMOOTH.values()])
def test_lines_integrate_moments(marginal):
    frozen = sb.InputSpace.of({"x": marginal}).marginals[0]
    line = Line(frozen)
    for power in range(1, 5):
        np.testing.assert_allclose(line.weights @ line.x**power, frozen.moment(power), rtol=1e-9)


def test_quantile_nodes_of_the_oracle():
    nodes, w = quantiles(stats.beta(2, 3), 60, 8)
    np.testing.assert_allclose(w @ nodes, 0.4, rtol=1e-9)


@pytest.mark.slow
def test_a_thousand_factors():
    """Products of 1 + (x_i - 1/2)·a: S_T and E|∂f/∂x_i| in closed form."""
    d, a = 1000, 0.1
    space = sb.InputSpace.uniform({f"x{i}": (0.0, 1.0) for i in range(d)})
    truth = separable(space, [(1.0, dict.fromkeys(range(d), lambda x: 1.0 + a * (x - 0.5)))])
    v = a**2 / 12
    total = v * (1 + v) ** (d - 1) / np.expm1(d * np.log1p(v))
    np.testing.assert_allclose(truth["total_order"].value, total, rtol=1e-11)
    np.testing.assert_allclose(truth["derivative_abs"].value, a, rtol=1e-11)
