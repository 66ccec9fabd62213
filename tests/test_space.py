import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import sensbench as sb
from sensbench.errors import CorrelatedInputsWarning, InputError, UnknownNameError
from sensbench.inputs.marginal import Empirical


def test_sampling_follows_the_marginals():
    space = sb.InputSpace.of({"u": (2, 5), "n": stats.norm(1, 3), "t": stats.triang(0.5)})
    X = space.sample(20_000, 0)
    for column, marginal in zip(X.T, space.marginals, strict=True):
        assert stats.kstest(column, marginal.cdf).pvalue > 1e-4


def test_same_seed_same_bits_and_zero_is_a_seed():
    space = sb.InputSpace.uniform({"a": (0, 1)})
    assert np.array_equal(space.sample(5, 0), space.sample(5, 0))
    assert not np.array_equal(space.sample(5, 0), space.sample(5, 1))


@given(
    st.lists(st.integers(-999, 999).map(float), min_size=2, max_size=40, unique=True),
    st.floats(0, 1),
)
def test_empirical_quantiles_are_values_of_the_column(values, q):
    column = np.array(values)
    space = sb.InputSpace.from_data(column[:, None])
    (x,) = space.from_unit(np.array([[q]]))[0]
    assert x in column
    assert np.mean(column <= x) >= q - 1e-9
    assert space.std()[0] == pytest.approx(column.std())


def test_the_ends_of_the_cube_are_finite_inputs():
    space = sb.InputSpace.of({"n": stats.norm(), "e": stats.expon(), "u": (0, 2)})
    X = space.from_unit(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
    assert np.isfinite(X).all()
    assert X[:, 2].tolist() == [0.0, 2.0]


def test_correlated_columns_are_named_and_kept(rng):
    a = rng.normal(size=200)
    frame = pd.DataFrame({"a": a, "b": -a + 0.1 * rng.normal(size=200), "c": rng.normal(size=200)})
    with pytest.warns(CorrelatedInputsWarning, match=r"a and b \(r = -0.99\)"):
        space = sb.InputSpace.from_data(frame)
    assert [pair[:2] for pair in space.correlated] == [("a", "b")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb.InputSpace.from_data(frame[["a", "c"]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sb.InputSpace.uniform({"a": (1, 1)}), "low < high"),
        (lambda: sb.InputSpace.uniform({"a": (0, np.inf)}), "finite"),
        (lambda: sb.InputSpace.uniform({"a": 3}), "'a'"),
        (lambda: sb.InputSpace.uniform({}), "at least one"),
        (lambda: sb.InputSpace.of({"a": stats.norm}), r"got the family 'norm'"),
        (lambda: sb.InputSpace.of({"a": ["x", "y"]}), "list of numbers for 'a'"),
        (lambda: sb.InputSpace.of({"a": []}), "finite numbers for 'a'"),
        (lambda: sb.InputSpace.of({"a": [2, 2]}), "'a' to vary"),
        (lambda: sb.InputSpace.of({"a": (1, 2, 3)}), "a list of values"),
        (lambda: sb.InputSpace.normal({"a": (0, 0)}), "positive standard deviation"),
        (lambda: sb.InputSpace.of({"a": stats.cauchy()}), "finite mean"),
        (lambda: sb.InputSpace.of({"a": (0, 1)}, units={"b": "m"}), r"\['b'\]"),
        (lambda: sb.InputSpace.from_data(np.ones((5, 1))), "constant"),
        (lambda: sb.InputSpace.from_data(np.ones((1, 1))), "two rows"),
        (lambda: sb.InputSpace.from_data(np.array([[1.0], [np.nan]])), "finite"),
    ],
)
def test_bad_spaces_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_separate_values_are_drawn_from_their_values():
    space = sb.InputSpace.of(
        {
            "k": [1, 2, 3],
            "r": stats.randint(0, 5),
            "p": stats.poisson(2),
            "c": (0, 1),
            "two": [0, 1],
        }
    )
    assert space.continuous.tolist() == [False, False, False, True, False]
    X = space.sample(3000, 0)
    assert set(X[:, 0]) == {1, 2, 3}
    assert set(X[:, 1]) == {0, 1, 2, 3, 4}
    assert (X[:, 2] >= 0).all()
    assert (X[:, 2] == X[:, 2].round()).all()
    assert set(X[:, 4]) == {0, 1}
    for i, p in ((0, 1 / 3), (1, 1 / 5)):
        _, counts = np.unique(X[:, i], return_counts=True)
        assert (np.abs(counts / 3000 - p) < 5 * np.sqrt(p * (1 - p) / 3000)).all()
    # scipy's own quantile of 0 lies one below the smallest value
    assert space.from_unit(np.zeros((1, 5)))[0].tolist() == [1, 0, 0, 0, 0]
    assert space.describe()["k"] == "3 separate values in [1, 3]"


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame])
def test_the_dtypes_of_a_frame_say_which_columns_are_continuous(frame_of):
    frame = frame_of(
        {"whole": [1.0, 2.0, 4.0, 2.0], "rooms": [3, 1, 3, 4], "garden": [True, False, True, False]}
    )
    space = sb.InputSpace.from_data(frame)
    assert space.continuous.tolist() == [True, False, False]
    assert space.without_derivative == {
        "rooms": "which takes 3 separate values only",
        "garden": "which takes 2 separate values only",
    }
    declared = sb.InputSpace.from_data(frame, discrete=["whole"])
    assert declared.continuous.tolist() == [False, True, True]
    assert sb.InputSpace.from_data(frame, discrete=[]).continuous.all()
    # which columns, in which order, is still the caller's choice
    assert sb.InputSpace.from_data(frame, ["rooms", "whole"]).continuous.tolist() == [False, True]


def test_an_array_of_integers_is_continuous_unless_declared():
    X = np.array([[1, 5], [2, 7], [3, 5]])
    assert sb.InputSpace.from_data(X).continuous.all()
    space = sb.InputSpace.from_data(X, ["a", "b"], discrete=["b"])
    assert space.continuous.tolist() == [True, False]
    with pytest.raises(UnknownNameError, match="'rooms'"):
        sb.InputSpace.from_data(X, ["a", "b"], discrete=["rooms"])


def test_units_belong_to_features():
    space = sb.InputSpace.of(
        {"a": (0, 1), "b": (0, 1), "c": (0, 1)}, units={"c": "m"}, groups={"ab": ["a", "b"]}
    )
    assert dict(zip(space.names, space.units, strict=True)) == {"ab": "", "c": "m"}


def test_bounds_of_a_uniform_may_come_as_lists():
    space = sb.InputSpace.uniform({"a": [0, 2]})
    assert space.continuous.all()
    assert space.std()[0] == pytest.approx(2 / np.sqrt(12))


def test_quantiles_in_bulk_are_scipys_bit_by_bit(rng):
    """Uniform and normal inputs, however they were given, among others."""
    marginals = {
        "a": stats.uniform(-3.7, 0.3), "b": stats.norm(1e6, 2e-3), "c": stats.expon(scale=3),
        "d": stats.uniform(scale=7), "e": stats.norm(loc=-2), "f": stats.uniform(),
    }  # fmt: skip
    u = np.vstack([rng.random((500, 6)), np.full(6, 1 - 2.0**-53), np.full(6, 2.0**-30)])
    X = sb.InputSpace.of(marginals).from_unit(u)
    for i, marginal in enumerate(marginals.values()):
        inside = np.minimum(u[:, i], 1 - 2.0**-40) if np.isinf(marginal.support()[1]) else u[:, i]
        assert (X[:, i] == marginal.ppf(inside)).all()
    alone = sb.InputSpace.of({k: marginals[k] for k in "adf"})
    assert (alone.from_unit(u[:, [0, 3, 5]]) == X[:, [0, 3, 5]]).all()
    ends = alone.from_unit(np.array([[0.0] * 3, [1.0] * 3]))
    assert (ends == np.array([marginals[k].support() for k in "adf"]).T).all()


@pytest.mark.parametrize("d", [1, 3, 300])
def test_many_rows_are_the_same_rows_as_few(d):
    """However they are drawn: a column after the other by scipy, from one stream of uniforms."""
    names = [f"x{i}" for i in range(d)]
    n = 20_001 // d + 2
    u = np.random.default_rng(5).random((n, d))
    flat = sb.InputSpace.uniform(dict.fromkeys(names, (-1, 3))).sample(n, 5)
    np.testing.assert_array_equal(flat, stats.uniform(-1, 4).ppf(u))
    bell = sb.InputSpace.normal(dict.fromkeys(names, (-1, 3))).sample(n, 5)
    np.testing.assert_array_equal(bell, stats.norm(-1, 3).ppf(u))


def test_unbounded_draws_reach_the_quantile_of_two_to_minus_forty():
    space = sb.InputSpace.of({"n": stats.norm(), "t": stats.t(9)})
    ends = space.from_unit(np.array([[0.0, 0.0], [2.0**-39, 2.0**-39], [1.0, 1.0]]))
    low = np.array([stats.norm.ppf(2.0**-40), stats.t.ppf(2.0**-40, 9)])
    np.testing.assert_allclose(
        ends, [low, [stats.norm.ppf(2.0**-39), stats.t.ppf(2.0**-39, 9)], -low], rtol=1e-6
    )


_MANY_COLUMNS = {
    "uniform": lambda rng, n: rng.random(n),
    "one huge value": lambda rng, n: np.append(rng.normal(size=n - 1), 1e300),
    "heavy tail": lambda rng, n: np.exp(12 * rng.normal(size=n)),
    "few values": lambda rng, n: rng.integers(0, 3, n).astype(float),
    "small on a large offset": lambda rng, n: 1e8 + 1e-6 * rng.random(n),
    "beyond the range of a difference": lambda rng, n: 1.7e308 * (2 * rng.random(n) - 1),
    "subnormal": lambda rng, n: 1e-310 * rng.random(n),
}


@pytest.mark.parametrize("kind", _MANY_COLUMNS)
@pytest.mark.parametrize("asked", [500, 100_000])
def test_quantiles_of_very_many_rows_are_those_of_sorted_rows(rng, kind, asked):
    n = 150_000  # above what is sorted at once
    column = _MANY_COLUMNS[kind](rng, n)
    q = np.append(rng.random(asked), (0.0, 1.0))
    place = np.clip(np.ceil(q * n).astype(int) - 1, 0, n - 1)
    assert np.array_equal(Empirical(column).ppf(q), np.sort(column)[place])


def test_a_columns_quantiles_are_the_smallest_values_that_enough_rows_do_not_exceed():
    space = sb.InputSpace.from_data(np.array([[4.0], [1.0], [3.0], [2.0]]))
    u = np.array([[0.0], [0.25], [0.2501], [0.5], [0.75], [0.7501], [1.0]])
    assert space.from_unit(u)[:, 0].tolist() == [1, 1, 2, 2, 3, 4, 4]
    assert space.std()[0] == np.sqrt(1.25)


@pytest.mark.parametrize("n", [2, 200, 1000, 4096, 100_000])
@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7.3, 1e-9, 1e300, 0.0])
def test_a_constant_column_is_refused_at_any_number_of_rows(n, value):
    X = np.stack([np.arange(n, dtype=float), np.full(n, value)], axis=1)
    with pytest.raises(InputError, match="'x2' to vary; it is constant"):
        sb.InputSpace.from_data(X)
    # the same value, computed in two ways
    X[::2, 1] = np.nextafter(value, np.inf)
    with pytest.raises(InputError, match="'x2' to vary; it is constant"):
        sb.InputSpace.from_data(X)


@pytest.mark.parametrize(
    ("offset", "size"), [(1e9, 1e-5), (0.1, 1e-13), (0.0, 1e-200), (1e6, 1e-8), (1e100, 1e90)]
)
def test_a_small_variation_on_a_large_offset_is_taken(rng, offset, size):
    column = offset + size * rng.random(1000)
    space = sb.InputSpace.from_data(column[:, None])
    assert space.std()[0] == column.std()


def test_distributions_that_are_one_value_in_floating_point_are_refused():
    sb.InputSpace.of({"a": stats.norm(1e9, 1e-3)})
    for marginal in (stats.norm(1e9, 1e-9), [0.1 + 0.2, 0.3], {0.1 + 0.2: 0.5, 0.3: 0.5}):
        with pytest.raises(InputError, match="'a' to vary"):
            sb.InputSpace.of({"a": marginal})


def test_a_constant_column_of_a_group_correlates_with_nothing(rng):
    """The mean of 0.1 repeated is rounded, and so its standard deviation is not 0."""
    a = rng.normal(size=1000)
    X = np.stack([a, np.full(1000, 0.1), rng.normal(size=1000)], axis=1)
    assert np.corrcoef(X[:, 1], X[:, 1])[0, 1] == pytest.approx(1.0)
    space = sb.InputSpace.from_data(X, ["a", "still", "b"], groups={"g": ["a", "still"]})
    assert space.std()[1] == 0.0
    assert space.correlated == ()
