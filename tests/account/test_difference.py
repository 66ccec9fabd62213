"""Why two methods differ: the sum is exact, planted causes are named, and noise is not."""

import warnings

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench.account.chain import StepCause
from sensbench.account.verdict import Status
from sensbench.errors import BudgetTooSmall, InputError, NotApplicable, UnknownNameError

UNIT = {"a": (-1, 1), "b": (-1, 1)}
NORMAL = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
UNIFORM = sb.InputSpace.uniform(UNIT)
# most values of a around ±1.5, few between
TWO_CLUSTERS = sb.InputSpace.of(
    {
        "a": stats.rv_histogram(([50, 0.5, 0.5, 50], [-2, -1, 0, 1, 2]), density=False),
        "b": stats.norm(0, 1),
    }
)
ALL = ["gradient", "sobol", "permutation", "morris", "rbd_fast"]


def compared(function, space=UNIFORM, **options):
    return sb.compare(function, space=space, estimators=ALL, budget=4000, **options)


@pytest.fixture(scope="module")
def ishigami():
    return sb.compare(sb.problems.load("ishigami"), estimators=[*ALL, "delta", "pawn"], budget=4000)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("gradient", "sobol"),
        ("sobol", "gradient"),
        ("sobol", ("sobol", "first_order")),
        (("gradient", "derivative_abs_standardised"), "permutation"),
        ("morris", "rbd_fast"),
    ],
)
def test_steps_sum_to_the_difference_of_the_published_shares(ishigami, start, end):
    difference = ishigami.difference(start, end, budget=60_000)
    assert difference.account.n_forward + difference.account.n_backward <= 60_000
    frame = difference.to_frame()
    assert len(frame)
    for feature in ("x1", "x2", "x3"):
        total = frame.loc[frame["feature"] == feature, "value"].sum()
        assert total == pytest.approx(difference.account.gap(feature), abs=1e-12)


@pytest.mark.parametrize(
    ("function", "space", "sides", "cause"),
    [
        (
            lambda x: 2 * x[:, 0] ** 2 + x[:, 1],
            NORMAL,
            (("gradient", "derivative_mean_standardised"), "gradient"),
            StepCause.SIGNS_CANCEL,
        ),
        (
            lambda x: torch.sin(8 * x[:, 0]) + x[:, 1],
            UNIFORM,
            ("gradient", "sobol"),
            StepCause.RISES_AND_FALLS,
        ),
        (
            lambda x: torch.tanh(10 * x[:, 0]) + x[:, 1],
            UNIFORM,
            ("gradient", "sobol"),
            StepCause.STEEP_NARROW,
        ),
        (
            lambda x: 2 * x[:, 0] * x[:, 1] + x[:, 1],
            UNIFORM,
            ("sobol", ("sobol", "first_order")),
            StepCause.INTERACTIONS,
        ),
        (
            lambda x: 0.4 * x[:, 0] ** 3 + x[:, 1],
            NORMAL,
            (("gradient", "derivative_abs_standardised"), "gradient"),
            StepCause.UNEVEN_SLOPES,
        ),
        (
            lambda x: 2 * (x[:, 0] > 0.3).to(x.dtype) + x[:, 0] + 2 * x[:, 1],
            UNIFORM,
            ("gradient", "sobol"),
            StepCause.JUMPS,
        ),
        (
            lambda x: 2 * x[:, 0].clamp(-0.5, 0.5) + 0.3 * x[:, 1],
            TWO_CLUSTERS,
            ("gradient", "sobol"),
            StepCause.WHERE,
        ),
        (
            lambda x: x[:, 0] + 2 * (3 * torch.pi * x[:, 0]).cos() + 2 * x[:, 1],
            UNIFORM,
            ("sobol", "morris"),
            StepCause.GRID,
        ),
        (
            lambda x: 2 * (16 * torch.pi * x[:, 0]).sin() + x[:, 1],
            UNIFORM,
            (("sobol", "first_order"), "rbd_fast"),
            StepCause.HARMONICS,
        ),
    ],
)
def test_a_planted_cause_is_named(function, space, sides, cause):
    difference = compared(function, space).difference(*sides, budget=60_000)
    assert difference.verdict.status is Status.EXPLAINED
    assert difference.verdict.cause is cause
    assert difference.cause("a") is cause
    assert str(difference).count("because") >= 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 0] + 0.5 * x[:, 1],
        lambda x: 1e6 * x[:, 0] + 1e6 * x[:, 1],
        lambda x: x[:, 0] + 1e-3 * x[:, 1],
    ],
)
def test_of_linear_models_no_cause_is_named(function, seed):
    comparison = compared(function, seed=seed)
    for end in ("sobol", "permutation", "morris"):
        difference = comparison.difference("gradient", end, budget=20_000, seed=seed)
        assert difference.verdict.status is not Status.EXPLAINED, end
        assert not any(step.clear and abs(step.value) > 1e-6 for step in difference.steps)


def correlated(rng, r, n=3000):
    rows = rng.normal(size=(n, 3))
    rows[:, 1] = r * rows[:, 0] + np.sqrt(1 - r**2) * rows[:, 1]
    return rows


@pytest.mark.parametrize(
    ("function", "sides", "cause", "feature"),
    [
        (
            lambda x: x[:, 0] * x[:, 1] + x[:, 2],
            ("sobol", "permutation"),
            StepCause.DEPENDENCE,
            "x3",
        ),
        (
            lambda x: 2 * x[:, 0] + 0.2 * x[:, 1] + x[:, 2],
            (("sobol", "first_order"), "rbd_fast"),
            StepCause.OFF_ROWS,
            "x2",
        ),
    ],
)
def test_what_dependence_of_the_rows_does_is_named(rng, function, sides, cause, feature):
    methods = [side if isinstance(side, str) else side[0] for side in sides]
    problem_rows = correlated(rng, 0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sb.errors.CorrelatedInputsWarning)
        comparison = sb.compare(function, problem_rows, estimators=methods, budget=6000)
        difference = comparison.difference(*sides, budget=100_000)
    assert difference.verdict.status is Status.EXPLAINED
    assert difference.cause(feature) is cause


def test_a_model_that_knows_half_of_the_targets_differs_by_its_error(rng):
    X = correlated(rng, 0.0)
    y = 2 * X[:, 0] + 0.3 * rng.normal(size=len(X))
    comparison = sb.compare(
        lambda x: x.sum(1), X, y=y, estimators=["sobol", "permutation"], budget=8000
    )
    difference = comparison.difference("sobol", "permutation", budget=60_000)
    assert difference.cause("x1") is StepCause.MODEL_ERROR
    assert "against the targets" in str(difference)


def test_each_of_two_outputs_has_an_account_of_its_own():
    comparison = compared(
        lambda x: torch.stack([torch.sin(8 * x[:, 0]) + x[:, 1], x[:, 0] + 2 * x[:, 1]], 1),
        outputs=["waves", "plane"],
    )
    with pytest.raises(InputError, match="expected output= one of waves, plane"):
        comparison.difference("gradient", "sobol", budget=30_000)
    waves, plane = (
        comparison.difference("gradient", "sobol", output=name, budget=60_000)
        for name in ("waves", "plane")
    )
    assert waves.cause("a") is StepCause.RISES_AND_FALLS
    assert plane.verdict.status is Status.ALIKE


def test_a_group_is_one_input_and_has_no_slope(rng):
    """Of a group there is no gradient: the account speaks of what both methods speak of."""
    X = np.column_stack([rng.normal(size=(1000, 2)), np.eye(3)[rng.integers(3, size=1000)]])
    comparison = sb.compare(
        lambda x: 2 * x[:, 0] * x[:, 1] + x[:, 2] * x[:, 0] - 2 * x[:, 3], X,
        features=["a", "b", "r1", "r2", "r3"], groups={"region": ["r1", "r2", "r3"]},
        estimators=["gradient", "sobol"], budget=4000,
    )  # fmt: skip
    total_to_first = comparison.difference("sobol", ("sobol", "first_order"), budget=40_000)
    assert total_to_first.account.features == ("a", "b", "region")
    assert total_to_first.cause("b") is StepCause.INTERACTIONS
    of_slopes = comparison.difference("gradient", "sobol", budget=60_000)
    assert of_slopes.account.left_out == ("region",)


def test_codes_are_changed_among_their_own_values(rng):
    """A column of 0 and 1: no slope, exact shares of the rest."""
    X = np.column_stack([rng.normal(size=(1000, 2)), rng.integers(2, size=1000)])
    comparison = sb.compare(
        lambda x: x[:, 0] + 2 * x[:, 1] + 3 * x[:, 2], X, discrete=["x3"],
        estimators=["gradient", "sobol", "permutation"], budget=4000,
    )  # fmt: skip
    difference = comparison.difference("gradient", "sobol", budget=30_000)
    assert difference.account.left_out == ("x3",)
    assert difference.verdict.status is Status.ALIKE
    whole = comparison.difference("sobol", "permutation", budget=30_000)
    assert whole.account.features == ("x1", "x2", "x3")
    assert whole.verdict.status is Status.ALIKE


def test_the_same_seed_gives_the_same_numbers(ishigami):
    one, two, other = (
        ishigami.difference("gradient", "sobol", budget=20_000, seed=s).to_frame()["value"]
        for s in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_what_it_refuses(ishigami, tmp_path):
    for name in ("delta", "pawn"):
        with pytest.raises(NotApplicable, match=f"of {name}, from which no steps"):
            ishigami.difference("gradient", name)
    with pytest.raises(UnknownNameError, match="known method of this comparison; got 'shap'"):
        ishigami.difference("gradient", "shap")
    with pytest.raises(UnknownNameError, match="output"):
        ishigami.difference("gradient", "sobol", output="z")
    with pytest.raises(BudgetTooSmall, match="a budget of at least"):
        ishigami.difference("gradient", "sobol", budget=100)
    with pytest.warns(sb.errors.SaveWarning):
        compared(lambda x: x[:, 0] + x[:, 1]).save(tmp_path / "c.sqlite")
    loaded = sb.Comparison.load(tmp_path / "c.sqlite")
    with pytest.raises(InputError, match="holds numbers without the model"):
        loaded.difference("gradient", "sobol")


def test_it_is_drawn(ishigami):
    figure = ishigami.difference("gradient", "sobol", budget=20_000).plot()
    drawn = " ".join(text.get_text() for ax in figure.axes for text in ax.texts)
    titles = " ".join(ax.get_title() for ax in figure.axes)
    assert "x2" in titles + drawn
    assert len(figure.axes) == 3
