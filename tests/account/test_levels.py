"""Every estimand of the chain against its closed form, for standard normal and uniform inputs."""

import numpy as np
import pytest

import sensbench as sb
from sensbench.account.chain import Level, way
from sensbench.account.contributions import cost_per_row
from sensbench.account.grid import GridSteps
from sensbench.account.levels import compute_levels

ROWS = 20_000
CHAIN = way(Level.MEAN, Level.FIRST, False)
ORDER = (CHAIN[0].start, *(edge.end for edge in CHAIN))


def levels(function, space=None, rows=ROWS):
    space = space or sb.InputSpace.normal({"a": (0, 1), "b": (0, 2)})
    problem = sb.Problem.of(function, space)
    each = cost_per_row(problem, ORDER, problem.d, False)
    computed = compute_levels(
        problem, CHAIN, problem.features,
        budget=rows * each, seed=1, steps=GridSteps(), harmonics=10, resamples=200,
    )  # fmt: skip
    assert computed.n_forward + computed.n_backward <= rows * each
    return computed


def near(computed, level, exact):
    """Within five standard errors, and never more than the twentieth of the largest."""
    value, error = computed.value[level][0], computed.resampled[level][:, 0].std(axis=0)
    np.testing.assert_array_less(np.abs(value - exact), 5 * error + 1e-9)
    assert (error < 0.03 * np.max(exact) + 0.05).all()


def test_of_a_linear_function_all_levels_are_the_same():
    """β²σ², whatever is asked."""
    computed = levels(lambda x: 2 * x[:, 0] + x[:, 1])
    for level in ORDER:
        near(computed, level, [4.0, 4.0])


def test_of_a_square():
    """x² of a standard normal: E g = 0, (E|g|)² = 8/π, E g² = 4, and S_T·V = S_1·V = 2."""
    computed = levels(lambda x: x[:, 0] ** 2 + x[:, 1])
    for level, exact in {
        Level.MEAN: 0.0, Level.SIZE: 8 / np.pi, Level.SQUARE: 4.0,
        Level.TOTAL: 2.0, Level.FIRST: 2.0,
    }.items():  # fmt: skip
        near(computed, level, [exact, 4.0])


def test_of_a_product():
    """a·b, σ = 1 and 2: both have S_T·V = 4, S_1·V = 0, and E g²σ² = 4."""
    computed = levels(lambda x: x[:, 0] * x[:, 1])
    for level, exact in {
        Level.MEAN: 0.0, Level.SIZE: 8 / np.pi, Level.SQUARE: 4.0, Level.TOTAL: 4.0,
        Level.FIRST: 0.0,
    }.items():  # fmt: skip
        near(computed, level, [exact, exact])


def test_of_ishigami():
    problem = sb.problems.load("ishigami")
    variance = problem.truth["variance"].value[0]
    computed = levels(problem.model, problem.space)
    near(computed, Level.FIRST, problem.truth["first_order"].value[0] * variance)
    near(computed, Level.TOTAL, problem.truth["total_order"].value[0] * variance)
    sigma = problem.space.std()
    near(computed, Level.SQUARE, problem.truth["dgsm"].value[0] * sigma**2)


@pytest.mark.parametrize(
    "function",
    [lambda x: (5 * x[:, 0]).sin() + x[:, 1], lambda x: (3 * x[:, 0]).tanh() * x[:, 1]],
)
def test_a_way_is_no_shorter_than_what_it_leads_to(function):
    """Mean squared slope ≥ length of the way ≥ the change ≥ what the input does alone."""
    computed = levels(function, sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)}))
    order = [Level.WAY, Level.LENGTH, Level.TOTAL, Level.FIRST]
    values = [computed.value[level][0] for level in order]
    errors = [computed.resampled[level][:, 0].std(axis=0) for level in order]
    for (larger, e), (smaller, f) in zip(
        zip(values, errors, strict=True), list(zip(values, errors, strict=True))[1:], strict=False
    ):
        assert (smaller <= larger + 4 * (e + f)).all()


@pytest.mark.parametrize(
    ("space", "second", "fourth"),
    [
        (sb.InputSpace.normal({"a": (0, 1), "b": (0, 2)}), 1.0, 3.0),
        (sb.InputSpace.uniform({"a": (-1, 1), "b": (-2, 2)}), 1 / 3, 1 / 5),
    ],
)
def test_the_way_and_its_length_of_a_square(space, second, fourth):
    """Moments of a: E ½δ²·4(x² + xx' + x'²)/3 = 4/3 E x⁴, and ½E(up + down)² = E x⁴.

    On the way from x to x' the square falls to 0 and rises where the signs differ (x² + x'²), and
    changes by |x'² - x²| where they do not: one as often as the other.
    """
    computed = levels(lambda x: x[:, 0] ** 2 + 0 * x[:, 1], space)
    for level, exact in {
        Level.SQUARE: 4 * second**2, Level.WAY: 4 / 3 * fourth, Level.LENGTH: fourth,
        Level.TOTAL: fourth - second**2,
    }.items():  # fmt: skip
        near(computed, level, [exact, 0.0])


def test_the_way_of_a_wave_by_quadrature():
    """Of sin 5a on (-1, 1): both integrals over pairs of values, on a grid."""
    computed = levels(
        lambda x: (5 * x[:, 0]).sin() + 0 * x[:, 1],
        sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)}),
    )
    x = np.linspace(-1, 1, 2001)
    x = (x[1:] + x[:-1]) / 2
    slope = 5 * np.cos(5 * x)
    squares, way = (np.cumsum(v) * 1e-3 for v in (slope**2, np.abs(slope)))
    change, apart = np.abs(way[:, None] - way), np.abs(x[:, None] - x)
    exact_way = (apart * np.abs(squares[:, None] - squares) / 2).mean()
    near(computed, Level.WAY, [exact_way, 0.0])
    near(computed, Level.LENGTH, [(change**2 / 2).mean(), 0.0])


def of_rows(function, X, start, end, y=None, rows=ROWS):
    problem = sb.Problem.of(function, sb.InputSpace.from_data(X), X=X, y=y)
    steps = way(start, end, True)
    order = [steps[0].start, *(edge.end for edge in steps)]
    each = cost_per_row(problem, order, problem.d, True)
    return compute_levels(
        problem, steps, problem.features,
        budget=rows * each, seed=1, steps=GridSteps(), harmonics=10, resamples=200,
    )  # fmt: skip


def test_against_targets_a_share_is_what_the_targets_have_of_it(rng):
    """f = 2a + b, y = a + b + noise: ½E[(e - Δ)² - e²] is 2·1·σ² = 2 of a, and 1 of b."""
    X = rng.normal(size=(ROWS, 2))
    y = (X.sum(axis=1) + 0.5 * rng.normal(size=ROWS))[:, None]
    computed = of_rows(lambda x: 2 * x[:, 0] + x[:, 1], X, Level.TOTAL, Level.ON_TARGETS, y)
    near(computed, Level.ON_TARGETS, [2.0, 1.0])
    near(computed, Level.ON_ROWS, [4.0, 1.0])


def test_of_a_product_of_dependent_inputs(rng):
    """a·b, r = .8: ½E b²(a' - a)² is ½(1 + 1 + 2r²) on the rows, 1 among independent inputs."""
    X = rng.normal(size=(ROWS, 2))
    X[:, 1] = 0.8 * X[:, 0] + 0.6 * X[:, 1]
    with pytest.warns(sb.errors.CorrelatedInputsWarning):
        computed = of_rows(lambda x: x[:, 0] * x[:, 1], X, Level.TOTAL, Level.ON_ROWS)
    near(computed, Level.TOTAL, [1.0, 1.0])
    near(computed, Level.ON_ROWS, [1.64, 1.64])


def test_pairs_and_steps_of_a_grid():
    """a² of a normal: (E|x'² - x²| / E|x' - x|)² = 4/π; on two levels of a uniform, 0."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    steps = way(Level.TOTAL, Level.ON_GRID, False)
    order = (Level.TOTAL, Level.PAIRS, Level.ON_GRID)

    def computed(space, grid):
        problem = sb.Problem.of(lambda x: x[:, 0] ** 2 + x[:, 1], space)
        return compute_levels(
            problem, steps, problem.features, budget=ROWS * cost_per_row(problem, order, 2, False),
            seed=1, steps=grid, harmonics=10, resamples=200,
        )  # fmt: skip

    near(computed(space, GridSteps()), Level.PAIRS, [4 / np.pi, 1.0])
    uniform = sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)})
    near(computed(uniform, GridSteps(levels=2)), Level.ON_GRID, [0.0, 1 / 3])


@pytest.mark.parametrize(("waves", "part"), [(4, 1.0), (16, 0.0)])
def test_the_first_ten_harmonics_hold_waves_up_to_ten(waves, part):
    """cos(πka) on (-1, 1), up and back: the harmonic 2k of the way there and back is cut at 10."""
    problem = sb.Problem.of(
        lambda x: np.sqrt(2) * (np.pi * waves * x[:, 0]).cos() + 0 * x[:, 1],
        sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)}),
    )
    steps = way(Level.FIRST, Level.SPECTRUM, False)
    computed = compute_levels(
        problem, steps, problem.features,
        budget=ROWS * cost_per_row(problem, (Level.FIRST, Level.SPECTRUM), 2, False),
        seed=1, steps=GridSteps(), harmonics=10, resamples=200,
    )  # fmt: skip
    near(computed, Level.FIRST, [1.0, 0.0])
    # chance leaves 2·10/ROWS of the variance in the harmonics, whose errors no resample shows
    np.testing.assert_allclose(computed.value[Level.SPECTRUM][0], [part, 0.0], atol=0.02)
