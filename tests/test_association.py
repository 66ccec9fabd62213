"""Columns that move together, planted and not."""

import numpy as np
import pytest

from sensbench.inputs.association import STRONG, associations


def found(X, features=None, seed=0):
    names = features or [f"x{i + 1}" for i in range(X.shape[1])]
    return associations(X, names, np.random.default_rng(seed))


def normal(n, d, seed=1):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_a_straight_pair_is_told_by_every_statistic():
    X = normal(400, 4)
    X[:, 3] = 0.9 * X[:, 1] + (1 - 0.81) ** 0.5 * X[:, 3]
    ((pair,), others) = found(X).pairs, found(X).on_others
    assert (pair.first, pair.second, others) == ("x2", "x4", ())
    assert pair.pearson == pytest.approx(np.corrcoef(X[:, 1], X[:, 3])[0, 1])
    # of a Gaussian pair the maximal correlation is |r| (Lancaster 1957)
    assert pair.maximal == pytest.approx(0.9, abs=0.03)


def test_a_square_is_seen_though_nothing_rises_or_falls():
    X = normal(500, 2)
    X[:, 1] = X[:, 0] ** 2 + 0.3 * X[:, 1]
    (pair,) = found(X).pairs
    assert abs(pair.pearson) < 0.3
    assert abs(pair.spearman) < 0.3
    # the best function of x1 is its square: corr² = Var x1² / Var x2 = 2 / 2.09
    assert pair.maximal == pytest.approx((2 / 2.09) ** 0.5, abs=0.03)


def test_a_sum_of_four_others_is_told_though_no_pair_is():
    X = normal(500, 5)
    X[:, 4] = X[:, :4].sum(axis=1) + 0.2 * X[:, 4]
    seen = found(X)
    assert seen.pairs == ()
    first = seen.on_others[0]
    assert first.feature == "x5"
    others = np.c_[np.ones(500), X[:, :4]]
    left = X[:, 4] - others @ np.linalg.lstsq(others, X[:, 4], rcond=None)[0]
    r2 = 1 - left.var() / X[:, 4].var()
    assert first.multiple**2 == pytest.approx(1 - (1 - r2) * 499 / 495, abs=1e-6)


def test_what_one_partner_says_is_not_told_twice():
    X = normal(400, 3)
    X[:, 2] = X[:, 0] + 0.1 * X[:, 2]
    assert found(X).on_others == ()


def test_columns_of_one_feature_do_not_count_against_each_other():
    rng = np.random.default_rng(2)
    code = np.eye(3)[rng.integers(0, 3, 300)]
    assert not found(np.c_[code, rng.normal(size=300)], ["g", "g", "g", "z"])
    tied = np.c_[code, 2 * code[:, 0] + 0.3 * rng.normal(size=300)]
    (pair,) = found(tied, ["g", "g", "g", "z"]).pairs
    assert (pair.first, pair.second) == ("g", "z")


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_the_scale_of_a_column_does_not_matter(factor):
    X = normal(100, 2)
    X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
    assert found(X * [1, factor]).pairs[0].pearson == pytest.approx(found(X).pairs[0].pearson)


def test_too_little_to_tell():
    assert not found(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.1]]))
    assert not found(np.c_[np.ones(50), np.arange(50.0)])


def tables(kind, n, d, g):
    if kind == "normal":
        return g.normal(size=(n, d))
    if kind == "cauchy":
        return g.standard_cauchy((n, d))
    if kind == "rare":
        return (g.random((n, d)) < 2 / n).astype(float)
    return g.integers(0, 3, (n, d)).astype(float)


@pytest.mark.parametrize("kind", ["normal", "cauchy", "rare", "few"])
def test_independent_columns_rarely_alarm(kind):
    """At most 5 % of tables; 40 small ones of each kind, where chance is most, bear it out."""
    alarms = sum(
        bool(found(tables(kind, n, d, np.random.default_rng([n, d, k])), seed=k))
        for n, d in ((20, 5), (60, 12))
        for k in range(20)
    )
    assert alarms <= 5  # binomial(40, 0.05): more in 1 % of runs
    assert STRONG == 0.7
