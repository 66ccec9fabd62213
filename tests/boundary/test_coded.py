"""Frames as people fit pipelines on them: text, dates, categories and missing values."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

import sensbench as sb
from sensbench.errors import CorrelatedInputsWarning, InputError

rng = np.random.default_rng(11)
N = 200
FRAME = pd.DataFrame(
    {
        "city": rng.choice(["oslo", "rome", "bern"], N),
        "sold": pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 5, N) * 30, "D"),
        "age": np.where(rng.random(N) < 0.2, np.nan, rng.integers(1, 5, N)),
        "size": rng.normal(size=N),
        "rooms": rng.integers(1, 4, N),
    },
    index=range(1000, 1000 + N),
)
WORTH = {"oslo": 4.0, "rome": 1.0, "bern": -2.0}
NAMES = list(FRAME.columns)
MONTHS = (FRAME["sold"] - pd.Timestamp("2024-01-01")).dt.days / 30
EFFECTS = np.column_stack(
    [
        FRAME["city"].map(WORTH),
        MONTHS,
        2 * FRAME["age"].fillna(2.5),
        3 * FRAME["size"],
        0.5 * FRAME["rooms"],
    ]
)
Y = EFFECTS.sum(axis=1)


def days(frame):
    return (frame.to_numpy("datetime64[D]").astype(float) - 19723.0) / 30


def fitted():
    columns = make_column_transformer(
        (OneHotEncoder(), ["city"]),
        (FunctionTransformer(days), ["sold"]),
        (SimpleImputer(strategy="constant", fill_value=2.5), ["age"]),
        ("passthrough", ["size", "rooms"]),
    )
    return make_pipeline(columns, LinearRegression()).fit(FRAME, Y)


PIPELINE = fitted()


def by_hand(frame):
    """The same, as a function of a frame that looks at every type."""
    assert list(frame.columns) == NAMES
    assert (frame.dtypes == FRAME.dtypes).all()
    city, age = frame["city"].map(WORTH), frame["age"].fillna(2.5)
    months = (frame["sold"] - pd.Timestamp("2024-01-01")).dt.days / 30
    return (city + months + 2 * age + 3 * frame["size"] + 0.5 * frame["rooms"]).to_numpy()


def exact_shares():
    variance = EFFECTS.var(axis=0)
    return variance / variance.sum()


@pytest.fixture(scope="module", params=[PIPELINE, by_hand], ids=["pipeline", "function"])
def found(request):
    return sb.compare(request.param, FRAME, y=Y, budget=12_000, seed=1)


def test_every_method_samples_the_rows(found):
    assert found.methods == ("gradient", "sobol", "morris", "permutation")
    for method, measure, tolerance in (
        ("sobol", "total_order", 0.08),
        ("sobol", "first_order", 0.12),
        ("permutation", "permutation_total_order", 0.1),
    ):
        value = found[method][measure].value[0]
        np.testing.assert_allclose(value, exact_shares(), atol=tolerance)
    assert found["sobol"].features == tuple(NAMES)
    assert any("city, sold, age" in note for note in found["sobol"].notes)


def test_gradients_by_them_are_not_applicable(found):
    slopes = found["gradient"]["derivative_mean"].value[0]
    assert np.isnan(slopes).tolist() == [True, True, True, False, True]
    np.testing.assert_allclose(slopes[3], 3.0, rtol=1e-6)
    assert any("not applicable to 'city'" in note for note in found["gradient"].notes)


def test_morris_is_of_the_steps_between_values(found):
    share = found["morris"]["mu_star_standardised"].value[0]
    assert (share > 0).all()
    assert share.argmax() == 3 or exact_shares().argmax() != 3


def test_every_number_is_that_of_codes_made_by_hand():
    """The methods see codes in the values' order, and a model that decodes them."""
    values = {name: np.unique(FRAME[name]) for name in NAMES[:3]}
    coded = FRAME.copy()
    for name in NAMES[:3]:
        coded[name] = np.searchsorted(values[name], FRAME[name])

    def by_hand(frame):
        decoded = {name: values[name][frame[name].astype(int)] for name in NAMES[:3]}
        return by_types(frame.assign(**decoded, rooms=frame["rooms"].astype(int)))

    by_types, methods = globals()["by_hand"], ["sobol", "morris", "permutation", "delta", "pawn"]
    one = sb.compare(by_types, FRAME, estimators=methods, budget=1500)
    two = sb.compare(by_hand, coded, estimators=methods, budget=1500)
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())


def test_permutation_is_that_of_exchanging_the_frames_own_values():
    found = sb.compare(PIPELINE, FRAME, estimators="permutation", budget=N * 51, seed=3)
    # E(f - f')² of an additive model exchanged over all pairs: twice the column's variance
    exact = 2 * EFFECTS.var(axis=0)
    np.testing.assert_allclose(found["permutation"]["permutation_mse"].value[0], exact, rtol=0.25)


def test_a_derivative_by_what_is_a_number():
    J = sb.jacobian(PIPELINE, FRAME)
    assert J.shape == (N, 1, 5)
    np.testing.assert_allclose(J[:, 0, 3:], np.tile([3.0, 0.5], (N, 1)), rtol=1e-6)
    assert np.isnan(J[:, 0, :3]).all()
    named = sb.jacobian(PIPELINE, FRAME, as_frame=True)
    assert named.index.tolist() == FRAME.index.tolist()
    np.testing.assert_array_equal(named["y"].to_numpy(), J[:, 0])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", "b", None] * 20),
        pd.Series(["a", "b", None, np.nan] * 15, dtype=object),
        pd.Series(["a", 1, 2.5] * 20, dtype=object),
        pd.Series([True, False, None] * 20, dtype=object),
        pd.Series(["low", "high"] * 30).astype(pd.CategoricalDtype(["low", "high"], ordered=True)),
        pd.Series(["a", "b", np.nan] * 20, dtype="category"),
        pd.Series([1, 2, None] * 20, dtype="Int64"),
        pd.Series([0.5, 2, None] * 20, dtype="Float64"),
        pd.Series(["a", "b", None] * 20, dtype="string"),
        pd.Series(pd.date_range("2024", periods=60, tz="Europe/Oslo")).where(
            lambda s: s.index % 5 > 0
        ),
        pd.Series(pd.to_timedelta(np.arange(60) % 7, "h")),
        pd.Series(pd.period_range("2024", periods=60, freq="D")),
    ],
    ids=lambda column: str(column.dtype),
)
def test_the_model_gets_the_values_and_types_it_was_fitted_on(column):
    frame = pd.DataFrame({"it": column, "n": np.arange(60) % 4, "x": rng.normal(size=60)})
    frame["more"] = pd.Categorical(["a", "b"] * 30)
    allowed = [(type(v), str(v)) for v in column]
    seen = []

    def function(given):
        assert (given.dtypes == frame.dtypes).all()
        seen.extend((type(v), str(v)) for v in given["it"])
        return given["x"].to_numpy() + given["it"].isna().to_numpy() + 0.1 * given["n"].to_numpy()

    before = frame.copy(deep=True)
    sb.compare(function, frame, estimators=["sobol", "permutation"], budget=700)
    assert set(seen) == set(allowed)
    pd.testing.assert_frame_equal(frame, before)


def test_polars():
    chosen = FRAME[["city", "age", "size", "rooms"]].to_dict("list")
    frame = pl.DataFrame(chosen).with_columns(pl.col("age").fill_nan(None))

    def function(given):
        assert given.schema == frame.schema
        worth = given["city"].replace_strict(WORTH, return_dtype=pl.Float64)
        return (worth + 2 * given["age"].fill_null(2.5) + 3 * given["size"]).to_numpy()

    found = sb.compare(function, frame, budget=6000, estimators=["sobol", "gradient"])
    variance = EFFECTS[:, [0, 2, 3]].var(axis=0)
    value = found["sobol"]["total_order"].value[0]
    np.testing.assert_allclose(value, [*(variance / variance.sum()), 0], atol=0.1)
    np.testing.assert_allclose(found["gradient"]["derivative_mean"].value[0, 2], 3, rtol=1e-6)


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_missing_numbers_for_a_regressor_that_takes_them(container):
    X = rng.normal(size=(N, 2))
    X[::4, 0] = np.nan
    model = make_pipeline(SimpleImputer(), LinearRegression()).fit(container(X), X[:, 1])
    found = sb.compare(model, container(X), estimators=["permutation", "sobol"], budget=3000)
    np.testing.assert_allclose(found["sobol"]["total_order"].value[0], [0, 1], atol=1e-2)
    trees = HistGradientBoostingRegressor(max_iter=5).fit(X, np.isnan(X[:, 0]) * 1.0)
    found = sb.compare(trees, X, estimators=["permutation", "sobol"], budget=3000)
    np.testing.assert_allclose(found["sobol"]["total_order"].value[0], [1, 0], atol=1e-2)


@pytest.mark.parametrize(
    "model", [torch.nn.Linear(5, 1), lambda x: x @ torch.ones(5, dtype=x.dtype)]
)
def test_other_models_are_told_to_encode(model):
    with pytest.raises(InputError, match="encode text"):
        sb.compare(model, FRAME)
    with pytest.raises(InputError, match="encode text"):
        sb.jacobian(model, FRAME)


def test_a_regressor_of_numbers_says_so_too():
    X = FRAME[["age", "size"]]
    model = LinearRegression().fit(X.dropna(), Y[X["age"].notna()])
    with pytest.raises(InputError, match=r"finite numbers.*the model raised ValueError"):
        sb.compare(model, X)
    with pytest.raises(InputError, match=r"expected the 5 columns the model was fitted with"):
        sb.compare(PIPELINE, FRAME[["city", "size"]])
    labels = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(FRAME[["city"]], Y > 0)
    with pytest.raises(InputError, match="predict_proba"):
        sb.compare(labels, FRAME[["city"]])


@pytest.mark.parametrize(
    "X", [FRAME[["age", "size"]], FRAME[["age", "size"]].to_numpy(), FRAME[["age"]].astype(object)]
)
def test_missing_numbers_are_not_for_plain_functions(X):
    """What numpy does with NaN is not what pandas does, silently."""
    with pytest.raises(InputError, match=r"finite numbers; got nan.*drop or impute"):
        sb.compare(lambda x: np.sin(x).sum(axis=1), X)


def test_columns_in_another_order_and_chosen_ones():
    turned = FRAME[NAMES[::-1]].assign(more="text")
    found = sb.compare(PIPELINE, turned, features=NAMES[::-1], estimators="sobol", budget=6000)
    np.testing.assert_allclose(
        found["sobol"]["total_order"].value[0], exact_shares()[::-1], atol=0.1
    )


def test_codes_without_an_order_are_not_called_correlated():
    city = FRAME["city"]
    frame = pd.DataFrame({"city": city, "again": city, "x": FRAME["size"], "z": FRAME["size"]})
    function = lambda f: f["x"] + f["z"] + (f["city"] == f["again"])  # noqa: E731
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sb.compare(function, frame, estimators="sobol", budget=200)
    (one,) = [w for w in caught if w.category is CorrelatedInputsWarning]
    assert "x and z" in str(one.message)
    assert "city" not in str(one.message)


def test_groups_of_coded_columns():
    found = sb.compare(
        PIPELINE, FRAME, groups={"sale": ["city", "sold"]}, estimators="sobol", budget=6000
    )
    shares = exact_shares()
    value = found["sobol"]["total_order"].value[0]
    np.testing.assert_allclose(value, [shares[:2].sum(), *shares[2:]], atol=0.12)
