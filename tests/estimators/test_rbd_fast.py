import numpy as np
import pytest
from SALib.analyze import rbd_fast as salib

import sensbench as sb
from sensbench.errors import BudgetTooSmall, InputError

Z = 5


def test_the_numbers_are_salibs_for_the_same_rows(rng):
    """An odd number of rows, two outputs far from 0; the last input has few values."""
    X = rng.normal(size=(501, 4))
    X[:, 3] = rng.integers(0, 4, 501)

    def function(x):
        return np.stack([x[:, 0] + x[:, 1] ** 2 + 1e4, x[:, 3] * x[:, 0]], axis=1)

    space = sb.InputSpace.from_data(X)
    problem = sb.Problem.of(function, space, X=X, derivatives="finite-difference")
    options = {"harmonics": 7, "resamples": 20, "confidence": 0.9}
    found = {
        ties: sb.estimators.load("rbd_fast", shuffle_ties=ties, **options).estimate(
            problem, budget=600, seed=3
        )["first_order"]
        for ties in (True, False)
    }
    seed = int(np.random.default_rng(3).integers(1, 2**31 - 1))
    given = {"num_vars": 4, "names": list(space.names)}
    for k, y in enumerate(function(X).T):
        theirs = salib.analyze(given, X, y, M=7, num_resamples=20, conf_level=0.9, seed=seed)
        np.testing.assert_allclose(found[False].value[k], theirs["S1"], atol=1e-10)
        np.testing.assert_allclose(found[True].value[k, :3], theirs["S1"][:3], atol=1e-10)
        for ties, columns in ((True, 3), (False, 4)):
            half = (found[ties].high - found[ties].low)[k, :columns] / 2
            np.testing.assert_allclose(half, theirs["S1_conf"][:columns], atol=1e-10)


def test_first_order_indices_agree_with_integration(product_problem):
    found = sb.estimators.load("rbd_fast").estimate(product_problem, budget=8000)["first_order"]
    se = (found.high - found.low)[0] / (2 * 1.96)
    assert (np.abs(found.value[0] - [0.75, 0, 0]) < Z * se).all()
    assert (se < 0.03).all()


def test_the_order_of_a_table_is_no_effect(rng):
    """Rows sorted by the output, and dead inputs of two values: SALib gives them 0.8 and 0.9."""
    X = np.stack(
        [np.linspace(0, 1, 200), rng.integers(0, 2, 200), np.arange(200) % 50 == 7], axis=1
    )
    problem = sb.Problem.of(lambda x: x[:, 0], sb.InputSpace.from_data(X.astype(float)), X=X)
    found = sb.estimators.load("rbd_fast").estimate(problem, budget=200)["first_order"]
    # of 200 rows and 20 coefficients, chance puts some 0.1 ± 0.03 there, which is taken off
    assert (np.abs(found.value[0, 1:]) < 0.15).all()


def test_an_input_of_few_values_has_no_interval():
    """c(1 + x) with c one of 0, 0, 1, 5: jumps have harmonics beyond the tenth; S_1 is .95."""
    space = sb.InputSpace.of({"c": [0, 0, 1, 5], "x": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] * (1 + x[:, 1]), space)
    result = sb.estimators.load("rbd_fast").estimate(problem, budget=1000)
    found = result["first_order"]
    assert found.value[0, 0] < 0.93
    assert np.isnan(found.high[0, 0])
    assert np.isfinite(found.high[0, 1])
    assert any("no interval for c: of an input of few values" in note for note in result.notes)
    as_salib = sb.estimators.load("rbd_fast", shuffle_ties=False)
    assert np.isfinite(as_salib.estimate(problem, budget=1000)["first_order"].high).all()


def test_a_constant_output_has_no_numbers(rng):
    X = rng.normal(size=(100, 2))
    problem = sb.Problem.of(
        lambda x: np.stack([x[:, 0], np.ones(len(x)), (x[:, 0] == X[5, 0]) * 1.0], axis=1),
        sb.InputSpace.from_data(X), X=X, derivatives="finite-difference",
    )  # fmt: skip
    found = sb.estimators.load("rbd_fast").estimate(problem, budget=100)
    item = found["first_order"]
    assert np.isnan(item.value[1]).all()
    assert "undefined for output 'y[1]', which is constant" in " ".join(found.notes)
    # Half of the resamples miss the one row of the third output that differs.
    assert np.isfinite(item.low[[0, 2]]).all()


def test_the_bootstrap_decides_how_few_rows_will_do(product_problem):
    with pytest.raises(BudgetTooSmall, match="at least 22 rows"):
        sb.estimators.load("rbd_fast", harmonics=5).estimate(product_problem, budget=21)
    smallest = sb.estimators.load("rbd_fast", harmonics=5).estimate(product_problem, budget=22)
    assert np.isfinite(smallest["first_order"].high).all()
    with pytest.raises(InputError, match="at least one harmonic"):
        sb.estimators.load("rbd_fast", harmonics=0)
