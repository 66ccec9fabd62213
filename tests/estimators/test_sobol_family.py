"""The literature's estimators of Sobol' indices, against their formulas on explicit matrices."""

import itertools

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.estimators.variance import _formulas as formulas
from sensbench.estimators.variance import _indices
from sensbench.estimators.variance._nets import NetSums
from sensbench.estimators.variance._pick_freeze import FIRST, TOTAL, PickFreeze
from sensbench.estimators.variance._replicates import ReplicateSums
from sensbench.estimators.variance._saltelli import Exchanged, Moments

PAIRS = [*itertools.zip_longest(FIRST, TOTAL, fillvalue="owen")]
DESIGNS = ("sobol", "latin_hypercube", "monte_carlo")


def problem(names="abc"):
    """Three outputs: an offset, an interaction and an input that none depends on."""

    def function(x):
        y = x[:, 0] * x[:, 1].exp() + x[:, 1]
        return torch.stack([y + 20, x[:, 0] - x[:, 1], y.sin()], 1)

    return sb.Problem.of(function, sb.InputSpace.uniform({n: (-1, 2) for n in names}))


def by_hand(model, A, B, C):
    """The formulas as their papers print them, of every feature; outputs less their mean."""
    d = A.shape[1]

    def swapped(to, source):
        for i in range(d):
            X = to.copy()
            X[:, i] = source[:, i]
            yield model(X)

    def outputs(*kinds):
        """Those of A, B and some exchanges, less the mean of them all."""
        given = {"A": A, "B": B, "C": C}
        rows = [model(A), model(B), *(y for k in kinds for y in swapped(given[k[0]], given[k[1]]))]
        centred = np.array(rows) - np.mean(rows, axis=(0, 1))
        return centred[0], centred[1], *(centred[2 + d * k :][:d] for k in range(len(kinds)))

    def variance(a, b):
        return np.concatenate([a, b]).var(axis=0)

    def pearson(x, y):
        return np.array([np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(x.shape[1])])

    def janon(x, y):
        m = ((x + y) / 2).mean(axis=0)
        return ((x * y).mean(axis=0) - m**2) / (((x**2 + y**2) / 2).mean(axis=0) - m**2)

    a, b, ab = outputs("AB")
    V, f0 = variance(a, b), np.concatenate([a, b]).mean(axis=0)
    first = {
        "saltelli_2010": (b * (ab - a)).mean(axis=1) / V,
        "mauntz": (b * (ab - a)).mean(axis=1) / V,
        "jansen": (V - ((b - ab) ** 2).mean(axis=1) / 2) / V,
        "janon": np.array([janon(b, y) for y in ab]),
        "martinez": np.array([pearson(b, y) for y in ab]),
    }
    total = {
        "jansen": ((a - ab) ** 2).mean(axis=1) / 2 / V,
        "homma_saltelli": (V - (a * ab).mean(axis=1) + f0**2) / V,
        "sobol_2007": (a * (a - ab)).mean(axis=1) / V,
        "janon": np.array([1 - janon(a, y) for y in ab]),
        "glen_isaacs": np.array([1 - pearson(a, y) for y in ab]),
    }
    a, b, ba, ac = outputs("BA", "AC")
    first["owen"] = ((a - ac) * (ba - b)).mean(axis=1) / variance(a, b)
    a, b, ba, cb = outputs("BA", "CB")
    total["owen"] = 1 - ((b - cb) * (ba - a)).mean(axis=1) / variance(a, b)
    a, b, ba, _ = outputs("BA", "AC")
    f0 = np.concatenate([a, b]).mean(axis=0)
    total["saltelli"] = 1 - ((b * ba).mean(axis=1) - f0**2) / variance(a, b)
    a, b, ab, ba = outputs("AB", "BA")
    four = ((a - b) ** 2 + (ba - ab) ** 2).sum(axis=1)
    first["azzini"] = 2 * ((ba - b) * (a - ab)).sum(axis=1) / four
    total["azzini_rosati"] = ((b - ba) ** 2 + (a - ab) ** 2).sum(axis=1) / four
    return first, total


def indices_of(design, u, model):
    """What the estimator computes from these points of the unit cube."""
    moments = Moments(model.o)
    means = np.empty((model.o, design.products))
    for k, y in enumerate(moments.centred(design.outputs(model, u))):
        columns = np.empty((design.products, len(u)))
        design.write(y, columns)
        means[k] = columns.mean(axis=1)
    return formulas.indices(means, moments, design)


@pytest.mark.parametrize(("first", "total"), PAIRS)
def test_every_formula_is_that_of_its_paper_on_explicit_matrices(first, total):
    space, model = problem().space, problem().explained
    u = np.random.default_rng(0).random((200, 9))
    design = PickFreeze(space, first, total, second_order=False)
    found = indices_of(design, u[:, : 3 * design.samples], model)
    A, B, C = (space.from_unit(part) for part in np.split(u, 3, axis=1))
    exact_first, exact_total = by_hand(lambda X: model(X), A, B, C)
    np.testing.assert_allclose(found["first_order"].T, exact_first[first], atol=1e-12)
    np.testing.assert_allclose(found["total_order"].T, exact_total[total], atol=1e-12)


def test_openturns_has_the_same_correlations_and_numerators():
    """Of the same rows; its variance is that of A, where ours is that of A and B."""
    ot = pytest.importorskip("openturns")
    case = sb.problems.load("ishigami")
    u = np.random.default_rng(1).random((500, 6))
    A, B = case.space.from_unit(u[:, :3]), case.space.from_unit(u[:, 3:])
    rows = [A, B, *(np.where(np.arange(3) == i, B, A) for i in range(3))]
    Y = case.explained(np.concatenate(rows))
    V = Y[:1000].var() / Y[:500].var()
    for theirs, first, total, scale in (
        (ot.MartinezSensitivityAlgorithm, "martinez", "glen_isaacs", 1.0),
        (ot.MauntzKucherenkoSensitivityAlgorithm, "mauntz", "sobol_2007", V),
    ):
        told = theirs(np.concatenate(rows), Y, 500)
        design = PickFreeze(case.space, first, total, second_order=False)
        found = indices_of(design, u, case.explained)
        np.testing.assert_allclose(
            scale * found["first_order"][0], told.getFirstOrderIndices(), rtol=5e-3, atol=1e-6
        )
        np.testing.assert_allclose(
            scale * found["total_order"][0], told.getTotalOrderIndices(), rtol=5e-3, atol=1e-6
        )


@pytest.mark.parametrize("second_order", [False, True])
def test_the_default_formulas_agree_with_the_kernel_they_are_in_otherwise(second_order):
    case = problem()
    model, rng = case.explained, np.random.default_rng
    ours = PickFreeze(case.space, "saltelli_2010", "jansen", second_order)
    before = Exchanged(case.space, second_order)
    new, old = NetSums(ours, 256, model, rng(2)), NetSums(before, 256, model, rng(2))
    kinds = ("first_order", "total_order", *(["second_order"] if second_order else []))
    value = formulas.indices(new.means.mean(axis=(0, 1)), new.moments, ours)
    known = _indices.indices(old.means.mean(axis=(0, 1)), old.moments, 3)
    added = formulas.influences(new.means, new.moments, ours)
    known_added = _indices.influences(old.means, old.moments, 3)
    for kind in kinds:
        shaped = _indices.in_shape(kind, value[kind], 3)
        np.testing.assert_allclose(shaped, known[kind], atol=1e-12)
        # the mean of A and B is taken as it is on the one side, and moves with them on the other
        np.testing.assert_allclose(added[kind], known_added[kind], atol=1e-11)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("first", "total"), PAIRS)
def test_closed_forms_are_within_the_errors(cases, first, total, design):
    estimator = sb.estimators.load("sobol", first=first, total=total, design=design)
    for case in cases if design == "sobol" else cases[:1]:
        _within_the_errors(estimator, case)


@pytest.fixture(scope="module")
def cases():
    return [sb.problems.load(name) for name in ("ishigami", "sobol_g", "linear_gaussian")]


def _within_the_errors(estimator, case):
    found = estimator.estimate(case, budget=estimator.needs.cost(case.d, case.o, 1024), seed=4)
    for measure in ("first_order", "total_order"):
        item, exact = found[measure], case.truth[measure].value
        half = (item.high - item.low) / 2
        assert (np.abs(item.value - exact) <= 2.5 * half + 1e-9).all()
        assert (half < 0.5).all()


@pytest.mark.parametrize(("first", "total"), PAIRS)
def test_rows_are_counted_and_are_what_the_needs_say(first, total):
    samples = {*FIRST[first], *TOTAL[total]}
    for design in DESIGNS:
        estimator = sb.estimators.load("sobol", first=first, total=total, design=design)
        found = estimator.estimate(problem(), budget=64 * (2 + 3 * len(samples)))
        assert found.n_forward == 64 * (2 + 3 * len(samples))
        assert estimator.needs.cost(3, 1, 64) == found.n_forward


def test_pairs_cost_no_more_where_the_rows_are_there():
    estimator = sb.estimators.load(
        "sobol", first="azzini", total="azzini_rosati", second_order=True
    )
    case = sb.problems.load("ishigami")
    found = estimator.estimate(case, budget=8 * 4096)["second_order"]
    assert found.value[0, 0, 2] == pytest.approx(
        case.truth["second_order"].value[0, 0, 2], abs=0.02
    )
    low, high = found.low[0], found.high[0]
    for j, k in ((0, 1), (1, 2)):
        assert low[j, k] < 0 < high[j, k]


@pytest.mark.parametrize(("first", "total"), PAIRS)
def test_an_offset_changes_nothing(first, total):
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    estimator = sb.estimators.load("sobol", first=first, total=total)
    near, far = (
        estimator.estimate(
            sb.Problem.of(lambda x, by=by: x[:, 0] * x[:, 1] + by, space), budget=3000
        )
        for by in (0, 1e6)
    )
    for measure in ("first_order", "total_order"):
        np.testing.assert_allclose(near[measure].value, far[measure].value, atol=1e-6)
        np.testing.assert_allclose(near[measure].high, far[measure].high, atol=1e-5)


@pytest.mark.parametrize(("first", "total"), PAIRS)
def test_a_constant_output_is_undefined_and_groups_are_one_feature(first, total):
    space = sb.InputSpace.of({n: (0, 1) for n in "abcd"}, groups={"both": ["a", "b"]})
    case = sb.Problem.of(
        lambda x: torch.stack([x.sum(1), torch.full((len(x),), 3.0, dtype=x.dtype)], 1), space
    )
    found = sb.estimators.load("sobol", first=first, total=total).estimate(case, budget=20_000)
    for measure in ("first_order", "total_order"):
        item = found[measure]
        np.testing.assert_allclose(item.value[0], [0.5, 0.25, 0.25], atol=0.06)
        assert np.isnan([item.value[1], item.low[1], item.high[1]]).all()


@pytest.mark.parametrize("design", DESIGNS[1:])
def test_few_rows_of_independent_samples_have_no_interval(design):
    estimator = sb.estimators.load("sobol", design=design)
    found = estimator.estimate(problem(), budget=5 * 20)
    assert found.n_forward == 5 * 20
    assert np.isfinite(found["total_order"].value).all()
    assert found["total_order"].interval is None
    assert all("16 samples of 2" in note and "160 rows" in note for note in found.notes)
    some = estimator.estimate(problem(), budget=5 * 40)
    assert some.n_forward == 5 * 32
    assert some["total_order"].interval.method == "replicates, Student's t"


def test_a_latin_hypercube_has_one_value_in_every_cell():
    points_seen = []

    class Kept(PickFreeze):
        def outputs(self, model, u):
            points_seen.append(u)
            return super().outputs(model, u)

    design = Kept(problem().space, "jansen", "jansen", second_order=False)
    ReplicateSums(design, 640, problem().explained, np.random.default_rng(0), "latin_hypercube")
    assert len(points_seen) == 16
    for u in points_seen:
        cells = np.sort(np.floor(u * 40), axis=0)
        np.testing.assert_array_equal(cells, np.tile(np.arange(40.0)[:, None], (1, 6)))


@pytest.mark.parametrize(
    "params",
    [
        {"first": "sobol"},
        {"total": "none"},
        {"design": "halton"},
        {"interval": "salib", "first": "janon"},
        {"interval": "salib", "design": "monte_carlo"},
    ],
)
def test_unknown_formulas_are_refused(params):
    with pytest.raises(sb.errors.InputError, match="sobol: expected"):
        sb.estimators.load("sobol", **params)


def test_defaults_keep_a_cells_key():
    assert not {"first", "total", "design"} & set(sb.estimators.load("sobol").params())
    assert sb.estimators.load("sobol", total="janon").params()["total"] == "janon"
