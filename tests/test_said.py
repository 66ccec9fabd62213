"""What objects say of themselves, and names that stay with the numbers."""

import numpy as np
import pandas as pd
import polars as pl
import torch

import sensbench as sb
from sensbench.estimators.variance.sobol import Sobol
from sensbench.problem.problem import Data, Problem

X = np.random.default_rng(0).normal(size=(6, 2))


def two(x):
    a, b = x[:, 0] ** 2, x[:, 0] * x[:, 1]
    return a, b


def test_a_model_says_what_it_is():
    model = sb.Model(two, pd.DataFrame(X, columns=["age", "size"]), name="house")
    model(X)
    model.jacobian(X)
    assert repr(model) == (
        "<Model 'house': 2 inputs (age, size), 2 outputs (a, b); derivatives by automatic "
        "differentiation; 12 forward and 12 backward rows>"
    )
    wide = repr(sb.Model(torch.nn.Linear(50, 40), np.zeros((2, 50))))
    assert "50 inputs (x1, x2, x3, x4, x5, x6, …), 40 outputs" in wide


def test_derivatives_with_names():
    J = sb.jacobian(two, X)
    frame = pd.DataFrame(X, columns=["age", "size"], index=list("pqrstu"))
    for given, features, index in (
        (frame, ["age", "size"], list("pqrstu")),
        (pl.DataFrame(X, schema=["age", "size"]), ["age", "size"], list(range(6))),
        (X, ["x1", "x2"], list(range(6))),
    ):
        named = sb.jacobian(two, given, as_frame=True)
        assert named.index.tolist() == index
        assert named.columns.names == ["output", "feature"]
        assert named.columns.tolist() == [(o, f) for o in "ab" for f in features]
        np.testing.assert_array_equal(named.to_numpy().reshape(J.shape), J)
        np.testing.assert_allclose(named[("b", features[0])], X[:, 1])
    model = sb.Model(two, frame, output="b")
    assert sb.jacobian(model, X, as_frame=True).columns.tolist() == [("b", "age"), ("b", "size")]


def test_a_problem_that_is_fine_says_what_was_checked():
    found = sb.testing.check_problem(sb.problems.load("ishigami"), truth_rows=512)
    said = repr(found)
    assert said.startswith("problem 'ishigami' keeps every rule; checked:\n  names")
    for word in ("deterministic", "central differences", "against 512 base rows", "total_order"):
        assert word in said
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    alone = Problem("rows", space, data=Data(np.abs(X) / 5, X[:, :1]), targets=("y",))
    assert "6 finite rows" in repr(sb.testing.check_problem(alone))
    assert sb.testing.check_problem(alone).left_out == (
        "the model: there is none yet", "truths: there are none",
    )  # fmt: skip
    no_slopes = sb.testing.check_problem(Problem.of(two, space), derivatives=False)
    assert no_slopes.left_out == ("the derivative: derivatives=False", "truths: there are none")


def test_an_estimator_that_is_fine_says_what_was_checked():
    found = sb.testing.check_estimator(Sobol(resamples=20))
    assert repr(found).startswith("estimator 'sobol' keeps every rule; checked:")
    assert len(found.checked) == 9
