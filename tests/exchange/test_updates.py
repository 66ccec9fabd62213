"""What an updated layer gives, against full rows, for ordinary models and for deceiving ones."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import BudgetExceeded, InputError
from sensbench.estimators._exchange import NOTHING, exchanged, unchanged
from sensbench.model.model import Model
from tests.exchange.networks import CHANGING, FULL, UPDATED, D, Net, whole

N = 200


@pytest.fixture
def rows(rng):
    return rng.normal(size=(N, D))


def _changes(rng, columns=range(0, D, 5), size=1.0):
    return [(np.array([j]), size * rng.normal(size=(N, 1))) for j in columns]


def _both(network, rows, changes):
    """Return the outputs both ways, and how many rows were updated."""
    auto, full = (Model(copy.deepcopy(network), rows) for _ in range(2))
    Y = {way: np.stack(list(exchanged(model, rows, changes, way)))
         for way, model in (("auto", auto), ("full", full))}  # fmt: skip
    assert auto.n_forward == full.n_forward == N * len(changes)
    assert full.n_updated == 0
    return Y["auto"], Y["full"], auto.n_updated


def _assert_close(Y, full, most=2e-5):
    """Equal in shares of the outputs' spread."""
    gap = (np.abs(Y - full) / full.std(axis=(0, 1))).reshape(-1, full.shape[-1])
    assert np.isfinite(gap).all()
    assert (gap <= most).all(), gap.max(axis=0)
    assert (np.sqrt((gap**2).mean(axis=0)) <= most / 10).all()


@pytest.mark.parametrize("name", UPDATED)
def test_a_first_layer_is_updated(rng, rows, name):
    """As exact as full rows: against the same network in double precision."""
    rows, changes = rows.astype(np.float32).astype(float), _changes(rng)
    changes = [(columns, values.astype(np.float32).astype(float)) for columns, values in changes]
    Y, full, updated = _both(UPDATED[name], rows, changes)
    assert updated == N * len(changes), name
    doubled, exact, updated = _both(copy.deepcopy(UPDATED[name]).double(), rows, changes)
    assert updated == N * len(changes), name
    _assert_close(doubled, exact, 1e-12)
    ours, theirs = (np.sqrt(((y - exact) ** 2).mean(axis=(0, 1))) for y in (Y, full))
    assert (ours <= 1.2 * theirs).all()


@pytest.mark.parametrize("name", FULL)
def test_full_rows_are_given_to_every_other_model(rng, rows, name):
    Y, full, updated = _both(FULL[name], rows, _changes(rng))
    assert updated == 0
    np.testing.assert_array_equal(Y, full)


@pytest.mark.parametrize("name", CHANGING)
def test_what_changes_between_calls_is_seen(rng, rows, name):
    """Checks meet the old and the new: the outputs are those of one or the other, not of both."""
    model, changes = Model(CHANGING[name], rows), _changes(rng)
    Y = np.stack(list(exchanged(model, rows, changes)))
    for way in ("auto", "full"):
        after = np.stack(list(exchanged(model, rows, changes, way)))
        _assert_close(Y, after)


def test_several_columns_none_and_all_may_be_exchanged(rng, rows):
    columns = [NOTHING, np.array([3]), np.array([5, 2, 7]), np.arange(20), np.arange(D)]
    changes = [(c, rng.normal(size=(N, len(c)))) for c in columns * 2]
    Y, full, updated = _both(Net(), rows, changes)
    assert updated == N * 2 * 4  # twenty columns are a product
    _assert_close(Y, full)


def test_a_column_that_does_not_matter_changes_no_bit(rng, rows):
    network = UPDATED["a slice"]
    model = Model(network, rows)
    base = unchanged(model, rows, "auto")
    for y in exchanged(model, rows, _changes(rng, [0, 5, 60, 119])):
        np.testing.assert_array_equal(y, base)
    assert model.n_updated == model.n_forward == 5 * N


def test_a_huge_value_leaves_no_trace_when_it_is_exchanged(rng, rows):
    """A Cauchy input: float32 would keep the rounding of 1e6 in every sum it is taken out of."""
    rows[7, 10], rows[8, 15] = 1e6, -3e5
    changes = _changes(rng)
    Y, full, updated = _both(Net(), rows, changes)
    assert updated == N * len(changes)
    for row, column in ((7, 10), (8, 15)):
        k = column // 5
        np.testing.assert_allclose(Y[k, row], full[k, row], atol=1e-6)


@pytest.mark.parametrize("size", [1e12, 1e30])
def test_beyond_what_doubles_hold_it_is_full_rows(rng, rows, size):
    rows[7, 10] = size
    Y, full, updated = _both(Net(), rows, _changes(rng))
    assert updated == 0
    np.testing.assert_array_equal(Y, full)


def test_an_output_that_is_not_finite_is_reported_as_ever(rng, rows):
    network = whole(lambda self, x: (self.layer(x) * 1e30).square())
    model = Model(network, np.zeros((3, D)))
    with pytest.raises(sb.errors.ModelError, match="expected finite outputs"):
        list(exchanged(model, rows, _changes(rng)))


def test_wrong_values_of_a_rare_kind_end_it(rng, rows, monkeypatch):
    """Outputs that are right at first and then are not: the block is thrown away."""
    from sensbench.model.exchange import changed_rows

    model, right = Model(Net(), rows), changed_rows.ChangedRows.affine
    assert len(list(exchanged(model, rows, _changes(rng)))) == 24
    monkeypatch.setattr(
        changed_rows.ChangedRows, "affine", lambda self, *a: right(self, *a) * 1.001
    )
    changes = _changes(rng)
    Y = np.stack(list(exchanged(model, rows, changes)))
    full = np.stack(list(exchanged(Model(Net(), rows), rows, changes, "full")))
    assert model.n_updated == 24 * N
    assert Y.shape == full.shape
    assert model.exchanges_at_once(rows) == 0
    assert model.metered().exchanges_at_once(rows) > 0


def test_parameters_may_change_between_calls(rng, rows):
    network = Net()
    model = Model(network, rows)
    changes = _changes(rng)
    list(exchanged(model, rows, changes))
    with torch.no_grad():
        network.layer.weight.mul_(3)
    Y = np.stack(list(exchanged(model, rows, changes)))
    full = np.stack(list(exchanged(model, rows, changes, "full")))
    assert model.n_updated == 2 * N * len(changes)
    _assert_close(Y, full)


def test_few_inputs_or_rows_are_full_rows(rng):
    for n, d in ((N, 99), (100, 120)):
        X = rng.normal(size=(n, d))
        assert Model(nn.Linear(d, 1), X).exchanges_at_once(X) == 0


def test_models_that_are_no_torch_are_full_rows(rng, rows):
    model = Model(lambda X: np.asarray(X).sum(axis=1), rows)
    assert model.exchanged(rows, _changes(rng)) is None
    assert model.n_forward == 0


def test_functions_of_tensors_are_updated(rng, rows):
    weights = torch.linspace(-1, 1, D, dtype=torch.float64)
    model = Model(lambda x: torch.tanh(x @ weights), rows)
    changes = _changes(rng)
    Y = np.stack(list(exchanged(model, rows, changes)))
    assert model.n_updated == N * len(changes)
    for y, (columns, values) in zip(Y, changes, strict=True):
        copied = rows.copy()
        copied[:, columns] = values
        np.testing.assert_allclose(y[:, 0], np.tanh(copied @ weights.numpy()), atol=1e-13)


def test_the_budget_holds(rng, rows):
    model = Model(Net(), rows).metered(10 * N)
    with pytest.raises(BudgetExceeded):
        list(exchanged(model, rows, _changes(rng)))


@pytest.mark.parametrize("name", ["sobol", "permutation"])
def test_estimates_are_equal_but_for_rounding(rng, name):
    torch.manual_seed(0)
    X = rng.normal(size=(1024, D))
    problem = sb.Problem.of(Net(), sb.InputSpace.from_data(X), X=X)
    budget = 122 * 1024
    options = {"repeats": 1} if name == "permutation" else {"second_order": False}
    auto, full = (
        sb.estimators.load(name, exchange=way, **options).estimate(problem, budget=budget, seed=1)
        for way in ("auto", "full")
    )
    again = sb.estimators.load(name, **options).estimate(problem, budget=budget, seed=1)
    assert auto.n_forward == full.n_forward == auto.n_updated
    assert full.n_updated == 0
    assert any("updating the first layer" in note for note in auto.notes)
    assert not any("updating" in note for note in full.notes)
    for measure, estimate in full.estimates.items():
        size = np.nanmax(np.abs(estimate.value))
        np.testing.assert_allclose(auto[measure].value, estimate.value, atol=1e-5 * size)
        np.testing.assert_array_equal(auto[measure].value, again[measure].value)


def test_another_way_is_refused():
    with pytest.raises(InputError, match="exchange 'auto' or 'full'"):
        sb.estimators.load("sobol", exchange="fast")


def test_cells_keep_their_keys_and_seeds():
    """A parameter at its default is not named: seeds follow from the names."""
    assert "exchange" not in sb.estimators.load("sobol").params()
    assert sb.estimators.load("sobol", exchange="full").params()["exchange"] == "full"
