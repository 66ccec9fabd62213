"""Mutual information: scikit-learn's numbers, and closed forms of normals."""

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_regression

import sensbench as sb
from sensbench import estimators
from sensbench.errors import InputError

RHO = np.array([0.9, 0.5, 0.0])


def normals(n):
    rng = np.random.default_rng(4)
    y = rng.normal(size=n)
    return RHO * y[:, None] + np.sqrt(1 - RHO**2) * rng.normal(size=(n, 3)), y


def of_rows(name, X, y, **params):
    return sb.compare(X=X, y=y, estimators=estimators.load(name, **params))[name]


def test_mutual_information_is_that_of_normals():
    X, y = normals(4000)
    values = of_rows("mutual_information", X, y)["mutual_information"].value[0]
    np.testing.assert_allclose(values, -np.log(1 - RHO**2) / 2, atol=0.04)


def test_mutual_information_is_scikit_learns_with_separate_values_too():
    X, _ = normals(300)
    X[:, 1] = np.round(X[:, 1])
    space = sb.InputSpace.from_data(X, discrete=["x2"])
    problem = sb.Problem.of(lambda x: x @ np.array([1.0, 2.0, 0.0]), space, X=X)
    ours = estimators.load("mutual_information").estimate(problem, budget=300, seed=5)
    seed = int(np.random.default_rng(5).integers(2**31))
    theirs = mutual_info_regression(
        X, X @ np.array([1.0, 2.0, 0.0]), discrete_features=[False, True, False], random_state=seed
    )
    np.testing.assert_array_equal(ours["mutual_information"].value[0], theirs)


def test_refuses_what_it_cannot_do():
    with pytest.raises(InputError, match="expected a neighbour or more"):
        estimators.load("mutual_information", neighbours=0)
