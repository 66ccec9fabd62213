"""Interactions, sets of inputs and all outputs together, against closed forms and OpenTURNS."""

from itertools import combinations

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.errors import InputError, SaveWarning
from sensbench.estimators.variance import _subsets as subsets
from sensbench.estimators.variance._aggregated import with_aggregated
from sensbench.estimators.variance._pick_freeze import PickFreeze
from sensbench.estimators.variance._saltelli import Exchanged, Moments
from sensbench.estimators.variance._subsets import Subsets
from sensbench.report.tables.aggregated_measures import AggregatedMeasures
from sensbench.report.tables.set_measures import SetMeasures

Z = 5
A = np.array([0.0, 0.5, 1.0, 4.0])


def g_function():
    """The product of (|4x - 2| + a)/(1 + a): each factor has mean 1 and variance 1/3(1 + a)²."""
    a = torch.tensor(A)
    space = sb.InputSpace.uniform({f"x{k + 1}": (0, 1) for k in range(4)})
    return sb.Problem.of(lambda x: (((4 * x - 2).abs() + a) / (1 + a)).prod(1), space)


PARTS = 1 / (3 * (1 + A) ** 2)
VARIANCE = np.prod(1 + PARTS) - 1


def agrees(item, exact):
    error = (item.high - item.low) / (2 * 1.96)
    np.testing.assert_array_less(np.abs(item.value - exact), Z * error + 1e-9)


def test_a_product_has_them_in_closed_form():
    sets = (("x3", "x1"), ("x2", "x3", "x4"))
    sobol = sb.estimators.load("sobol", interactions="triples", sets=sets)
    found = sobol.estimate(g_function(), budget=40_000, seed=1)
    threes = list(combinations(range(4), 3))
    agrees(found["third_order"], [[np.prod(PARTS[list(u)]) / VARIANCE for u in threes]])
    for i, j in combinations(range(4), 2):
        both = PARTS[i] * PARTS[j] / VARIANCE
        rest = np.prod(np.delete(1 + PARTS, [i, j]))
        for name, exact in (("second_order", both), ("total_interaction", both * rest)):
            item = found[name]
            error = (item.high - item.low)[0, i, j] / (2 * 1.96)
            assert abs(item.value[0, i, j] - exact) < Z * error
    closed = [np.prod(1 + PARTS[list(u)]) - 1 for u in ((0, 2), (1, 2, 3))]
    rest = [np.prod(1 + PARTS[list(u)]) - 1 for u in ((1, 3), (0,))]
    agrees(found["closed_of_set"], [np.array(closed) / VARIANCE])
    agrees(found["total_of_set"], [1 - np.array(rest) / VARIANCE])
    frame = found.to_frame().set_index("measure")
    assert list(frame.loc["third_order", "direction"])[:2] == ["x1 & x2 & x3", "x1 & x2 & x4"]
    assert list(frame.loc["closed_of_set", "direction"]) == ["x3 & x1", "x2 & x3 & x4"]
    assert (frame.loc["third_order", "feature"] == "").all()


@pytest.mark.parametrize("name", ["ishigami", "linear_gaussian"])
def test_what_does_not_act_together_is_0_without_error(name):
    """Of the Ishigami function only x1 and x3 do, with S_13 = 8π⁸b²/225/V; of a line, none."""
    problem = sb.problems.load(name)
    found = sb.estimators.load("sobol", interactions="triples").estimate(problem, budget=4_000)
    acting = {"ishigami": [(0, 2)], "linear_gaussian": []}[name]
    for measure in ("second_order", "total_interaction"):
        item = found[measure]
        for i, j in combinations(range(problem.d), 2):
            numbers = [end[0, i, j] for end in (item.value, item.low, item.high)]
            assert all(numbers) if (i, j) in acting else not any(numbers), (measure, i, j)
    assert not found["third_order"].high.any()
    if acting:
        b = 0.1
        variance = 7**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
        exact = 8 * np.pi**8 * b**2 / 225 / variance
        for measure in ("second_order", "total_interaction"):
            assert problem.truth[measure].value[0, 0, 2] == pytest.approx(exact)
            item = found[measure]
            error = (item.high - item.low)[0, 0, 2] / (2 * 1.96)
            assert abs(item.value[0, 0, 2] - exact) < Z * error


def test_single_precision_is_told_from_an_interaction():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    module = torch.nn.Linear(2, 1)
    found = sb.estimators.load("sobol", interactions="pairs").estimate(
        sb.Problem.of(module, space), budget=2_000
    )
    assert found["total_interaction"].value[0, 0, 1] == 0.0
    tiny = sb.Problem.of(lambda x: x.sum(1) + 1e-9 * x[:, 0] * x[:, 1], space)
    seen = sb.estimators.load("sobol", interactions="pairs").estimate(tiny, budget=2_000)
    # 1e-18·Var a·Var b over Var a + Var b
    assert seen["total_interaction"].value[0, 0, 1] == pytest.approx(1e-18 / 24, rel=0.1)


@pytest.mark.parametrize("formulas", [("saltelli_2010", "jansen"), ("owen", "owen")])
def test_the_columns_are_those_of_explicit_rows(formulas):
    problem = g_function()
    base = (
        Exchanged(problem.space, False)
        if formulas[1] == "jansen"
        else PickFreeze(problem.space, *formulas, False)
    )
    design = Subsets(base, pairs=True, triples=True, whole=((0, 1, 3),))
    u = np.random.default_rng(0).random((50, 4 * base.samples))
    moments = Moments(1)
    Y = moments.centred(design.outputs(problem.explained, u))
    assert Y.shape == (1, design.points, 50)
    columns = np.empty((design.products, 50))
    design.write(Y[0], columns)
    found = subsets.indices(columns.mean(axis=1)[None], moments, design)
    X, B = u[:, :4], u[:, 4:8]

    def y(*exchanged):
        rows = X.copy()
        rows[:, exchanged] = B[:, exchanged]
        return problem.explained(rows)[:, 0]

    a, b = y(), problem.explained(B)[:, 0]
    V = np.concatenate([a, b]).var()
    shift = Y[0, 1] - b  # what all outputs are less, and then the mean of all of them
    centred = b + shift - moments.shift[0]
    for k, (i, j) in enumerate(combinations(range(4), 2)):
        contrast = y(i, j) - y(i) - y(j) + a
        assert found["second_order"][0, k] == pytest.approx(np.mean(centred * contrast) / V)
        assert found["total_interaction"][0, k] == pytest.approx(np.mean(contrast**2) / 4 / V)
    contrast = y(0, 2, 3) - y(0, 2) - y(0, 3) - y(2, 3) + y(0) + y(2) + y(3) - a
    assert found["third_order"][0, 2] == pytest.approx(np.mean(centred * contrast) / V)
    change = y(0, 1, 3) - a
    assert found["closed_of_set"][0, 0] == pytest.approx(np.mean(centred * change) / V)
    assert found["total_of_set"][0, 0] == pytest.approx(np.mean(change**2) / 2 / V)


@pytest.mark.parametrize(
    ("options", "per_row"),
    [
        ({"interactions": "pairs"}, 2 + 4 + 6),
        ({"interactions": "triples", "second_order": True}, 2 + 4 + 6 + 4),
        ({"sets": [["x1", "x2"], ["x3", "x4"]]}, 2 + 4 + 2),
        ({"sets": [["x1", "x2"]], "second_order": True}, 2 + 8 + 1),
        ({"aggregated": True}, 2 + 4),
        ({"interactions": "pairs", "total": "owen"}, 2 + 3 * 4 + 6),
        ({"interactions": "pairs", "first": "owen", "total": "saltelli"}, 2 + 3 * 4 + 6),
    ],
)
def test_rows_are_counted_as_told(options, per_row):
    sobol = sb.estimators.load("sobol", **options)
    result = sobol.estimate(g_function(), budget=64 * per_row)
    assert result.n_forward == 64 * per_row == sobol.needs.cost(4, 1, 64)
    with pytest.raises(sb.errors.BudgetTooSmall):
        sobol.estimate(g_function(), budget=8 * per_row - 1)


def outputs_of(scale):
    space = sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)})
    return sb.Problem.of(lambda x: torch.stack([x[:, 0], scale * x.prod(1)], 1), space)


def test_all_outputs_together_are_shares_of_the_sum_of_variances():
    """Var a = 1/3, Var 3ab = 1: S_1 = (1/4, 0), S_T = (1, 3/4)."""
    found = sb.estimators.load("sobol", aggregated=True).estimate(outputs_of(3.0), budget=8_000)
    agrees(found["aggregated_first_order"], [0.25, 0.0])
    agrees(found["aggregated_total_order"], [1.0, 0.75])
    frame = found.to_frame().set_index("measure").loc["aggregated_total_order"]
    assert list(frame["feature"]) == ["a", "b"]
    assert set(frame["output"]) == {""}


def test_one_output_alone_is_its_own_aggregate():
    found = sb.estimators.load("sobol", aggregated=True).estimate(g_function(), budget=6 * 256)
    for name in ("first_order", "total_order"):
        one, all_of_them = found[name], found[f"aggregated_{name}"]
        for end in ("value", "low", "high"):
            np.testing.assert_allclose(getattr(all_of_them, end), getattr(one, end)[0], atol=1e-12)


def test_openturns_weighs_outputs_alike():
    """Of the same rows, and of its own indices of each output; its variances are those of A."""
    ot = pytest.importorskip("openturns")
    X, B = np.random.default_rng(2).uniform(-1, 1, (2, 500, 2))
    rows = np.concatenate([X, B, *(np.where(np.arange(2) == i, B, X) for i in range(2))])
    Y = outputs_of(3.0).explained(rows)
    theirs = ot.JansenSensitivityAlgorithm(rows, Y, 500)
    values = {
        "variance": Y[:500].var(axis=0)[:, None],
        "first_order": np.array([theirs.getFirstOrderIndices(k) for k in range(2)]),
        "total_order": np.array([theirs.getTotalOrderIndices(k) for k in range(2)]),
    }
    found, _ = with_aggregated(values, {name: np.zeros((2, 1, 2, 2)) for name in values})
    for name, exact in (
        ("aggregated_first_order", theirs.getAggregatedFirstOrderIndices()),
        ("aggregated_total_order", theirs.getAggregatedTotalOrderIndices()),
    ):
        np.testing.assert_allclose(found[name], exact, rtol=1e-10)


def test_what_cannot_be_asked_is_refused():
    for given in ([["x1"]], [["x1", "x1"]], [["x1", "x2"], ["x2", "x1"]], ["x1", "x2"]):
        with pytest.raises(InputError, match="sobol: expected sets"):
            sb.estimators.load("sobol", sets=given)
    with pytest.raises(InputError, match=r"features of the problem .*; got z"):
        sb.estimators.load("sobol", sets=[["x1", "z"]]).estimate(g_function(), budget=1000)
    with pytest.raises(InputError, match="interactions one of none, pairs, triples"):
        sb.estimators.load("sobol", interactions="all")
    for options in ({"interactions": "pairs"}, {"aggregated": True}, {"sets": [["a", "b"]]}):
        with pytest.raises(InputError, match="SALib does not have"):
            sb.estimators.load("sobol", interval="salib", **options)
    two = sb.estimators.load("sobol", interactions="triples").estimate(outputs_of(1.0), budget=500)
    assert "no third order" in two.absent["third_order"].reason


def test_groups_of_columns_act_as_one():
    """f = a + (1 + 2b)c with a and b one feature: the two interact by 2bc."""
    space = sb.InputSpace.of(
        {"a": (-1.0, 1.0), "b": (0.0, 1.0), "c": (-1.0, 1.0)}, groups={"g": ["a", "b"]}
    )
    problem = sb.Problem.of(lambda x: x[:, 0] + (1 + 2 * x[:, 1]) * x[:, 2], space)
    found = sb.estimators.load("sobol", interactions="pairs", sets=[["g", "c"]]).estimate(
        problem, budget=10_000
    )
    both, variance = 4 / 12 / 3, 1 / 3 + 4 / 12 / 3 + 4 / 3
    assert found["total_interaction"].value[0, 0, 1] == pytest.approx(both / variance, abs=0.01)
    np.testing.assert_allclose(found["closed_of_set"].value, 1.0, atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("N", [64, 512])
def test_intervals_hold_the_truth(N):
    """In at least nine of ten runs, of every measure, over 60 seeds: 95 % are asked for."""
    sobol = sb.estimators.load(
        "sobol", interactions="triples", sets=(("x1", "x2"),), aggregated=True
    )
    problem = g_function()
    inside = {}
    pair = np.outer(PARTS, PARTS) / VARIANCE
    rest = np.prod(1 + PARTS) / np.outer(1 + PARTS, 1 + PARTS)
    exact = {
        "second_order": pair,
        "total_interaction": pair * rest,
        "third_order": [np.prod(PARTS[list(u)]) / VARIANCE for u in combinations(range(4), 3)],
        "closed_of_set": [(np.prod(1 + PARTS[:2]) - 1) / VARIANCE],
        "aggregated_first_order": PARTS / VARIANCE,
    }
    for seed in range(60):
        found = sobol.estimate(problem, budget=N * 17, seed=seed)
        for name, value in exact.items():
            item = found[name]
            within = (item.low <= value) & (value <= item.high)
            inside.setdefault(name, []).append(within[np.isfinite(item.value)])
    for name, within in inside.items():
        assert np.mean(within) > 0.9, (name, np.mean(within))


def test_sets_and_aggregates_reach_files_and_tables(tmp_path):
    problem = sb.problems.load("ishigami")
    asked = [list(problem.features[:2])]
    sobol = sb.estimators.load("sobol", interactions="triples", aggregated=True, sets=asked)
    comparison = sb.compare(problem, estimators=[sobol], budget=1000)
    (sets,) = SetMeasures().tables(comparison.results)
    (together,) = AggregatedMeasures().tables(comparison.results)
    # known values of three inputs are none of single ones
    known = {item.measure for item in next(iter(comparison.results.questions.values())).truth}
    assert "first_order" in known
    assert "third_order" not in known
    assert " & ".join(asked[0]) in set(sets.shown["inputs"])
    assert list(together.shown["input"]) == [*problem.features] * 2
    with pytest.warns(SaveWarning):  # of the function: results are all that is asked
        comparison.save(tmp_path / "two.results")
    restored = sb.Comparison.load(tmp_path / "two.results")["sobol"]
    for name, item in comparison["sobol"].estimates.items():
        assert restored[name].directions == item.directions
        pairs = np.triu(np.ones(item.value.shape[-2:]), 1) > 0 if item.value.ndim == 3 else True
        for end in ("value", "low", "high"):
            before, after = (np.where(pairs, getattr(of, end), 0) for of in (item, restored[name]))
            np.testing.assert_array_equal(after, before)
