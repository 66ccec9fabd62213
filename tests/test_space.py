import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import sensbench as sb
from sensbench.errors import CorrelatedInputsWarning, InputError


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
