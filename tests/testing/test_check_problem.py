"""Every rule of check_problem, broken once: a check that cannot fail checks nothing."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from sensbench import networks, problems
from sensbench.errors import ConformanceError
from sensbench.inputs.space import InputSpace
from sensbench.model.quality import Quality
from sensbench.problem.problem import Data, Problem
from sensbench.problem.truth import Truth, Truths
from sensbench.testing import check_problem

SPACE = InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 4.0)})


def plane(x):
    return x[:, 0] + x[:, 1]


def of(function, **options):
    return Problem.of(function, SPACE, name="broken", **options)


def with_truth(**truth):
    return of(plane, truth={name: np.array([values]) for name, values in truth.items()})


def broken(problem, name):
    with pytest.raises(ConformanceError, match=name) as caught:
        check_problem(problem)
    assert "problem 'broken'" in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def flickering():
    calls = []

    def function(x):
        calls.append(None)
        return plane(x) + len(calls)

    return function


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (flickering(), "deterministic"),
        (lambda x: plane(x) - plane(x).mean(), "on that row alone"),
        (lambda x: plane(x).cumsum(0), "on that row alone"),
        (lambda x: torch.log(x[:, 0] - 0.5), "evaluates on draws"),
        (lambda x: 0.0 * plane(x), "an output varies"),
        (lambda x: plane(x).detach(), "the derivative can be computed"),
        (lambda x: x[:, 0] + x[:, 1].detach(), "differences to .*; it does not for ∂y/∂b"),
        (lambda x: plane(x) + (x[:, 1] * 100).round(), "changes in jumps"),
    ],
)
def test_models(function, name):
    broken(of(function), name)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"name": " "}, "has a name"),
        ({"output_units": ("m", "s")}, "one unit per output"),
        ({"quality": {"z": Quality(0.9)}}, "quality of outputs"),
        ({"truth": Truths.of({"mystery": np.ones((1, 2))})}, "truth of measures"),
        ({"truth": Truths.of({"dgsm": np.ones((1, 2))})}, "truth says of what"),
    ],
)
def test_names(change, name):
    with pytest.raises(ConformanceError, match=name):
        check_problem(replace(of(plane), **change))


@pytest.mark.parametrize(
    ("X", "y", "targets", "name"),
    [
        ([[1.0, np.nan], [0.0, 1.0]], [[1.0], [2.0]], ("y",), "finite data"),
        ([[1.0, 2.0], [0.0, 1.0]], [[1.0], [np.inf]], ("y",), "finite data"),
        ([[1.0, 2.0], [0.0, 1.0]], [[1.0], [2.0]], ("y", "z"), "one target column per output"),
        ([[1.0, 2.0], [0.0, 1.0]], [[1.0], [2.0]], (), "has outputs"),
        ([[1.0, 2.0], [0.0, 1.0]], [[1.0, 1.0], [2.0, 1.0]], ("y", "y"), "distinct outputs"),
        ([[1.0, 2.0], [0.0, 1.0]], None, ("y",), "has targets or a model"),
        (None, None, ("y",), "has a model or data"),
    ],
)
def test_data(X, y, targets, name):
    rows = None if X is None else Data(np.array(X), None if y is None else np.array(y))
    broken(Problem("broken", SPACE, data=rows, targets=targets), name)


def test_a_target_is_missing():
    rows = Data(np.ones((2, 2)), np.ones((2, 1)))
    # The annotations of Data refuse this where they are checked, which is in these tests only.
    object.__setattr__(rows, "y", np.ones((1, 1)))
    broken(Problem("broken", SPACE, data=rows, targets=("y",)), "one target per row")


# plane: variances 1/12 and 16/12, slopes 1
RIGHT = {
    "first_order": [1 / 17, 16 / 17],
    "total_order": [1 / 17, 16 / 17],
    "dgsm": [1.0, 1.0],
    "derivative_std": [0.0, 0.0],
    "total_order_bound": [12 / 17 / np.pi**2, 16 * 12 / 17 / np.pi**2],
}


def test_right_truth_passes():
    check_problem(with_truth(**RIGHT))


@pytest.mark.parametrize(
    ("truth", "name"),
    [
        ({"dgsm": [1.0, np.nan]}, "finite truth"),
        ({"dgsm": [-1.0, 1.0]}, "unsigned truth"),
        ({"first_order": [0.2, 0.1], "total_order": [0.1, 0.1]}, "first_order is at most"),
        ({"total_order": [0.2, 0.1], "total_order_bound": [0.1, 0.1]}, "total_order is at most"),
        ({"derivative_abs": [2.0, 1.0], "derivative_rms": [1.0, 1.0]}, "derivative_abs is at most"),
        ({"first_order": [0.9, 0.2]}, "first orders sum"),
        ({"total_order": [0.9, 1.2]}, "total orders are at most 1"),
        ({"first_order": [0.04, 16 / 17]}, "first_order of y by a is given as 0.04"),
        ({"total_order": [1 / 17, 0.9]}, "total_order of y by b"),
        ({"permutation_mse": [1 / 12, 16 / 12]}, "permutation_mse"),
        ({"dgsm": [1.0, 1.001]}, "dgsm of y by b"),
        ({"derivative_mean": [1.0, -1.0]}, "derivative_mean of y by b"),
        ({"derivative_abs_standardised": [1.0, 1.0]}, "derivative_abs_standardised"),
        ({"derivative_std": [0.0, 0.1]}, "derivative_std of y by b"),
        ({"total_order_bound": [1.0, 1.0]}, "total_order_bound"),
    ],
)
def test_truths(truth, name):
    broken(with_truth(**truth), name)


@pytest.mark.parametrize(
    ("name", "params", "measure"),
    [
        ("ishigami", {}, "first_order"),
        ("ishigami", {}, "total_order"),
        ("linear_gaussian", {}, "first_order"),
        ("linear_gaussian", {"coefficients": [[1.0, 4.0], [2.0, -1.0]]}, "total_order"),
        ("otl_circuit", {}, "first_order"),
        ("wing_weight", {}, "first_order"),
        ("quadratic_gaussian", {}, "first_order"),
        ("cantilever_beam", {}, "first_order"),
    ],
)
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_lone_index_is_5_per_cent_off(name, params, measure, factor):
    """Its largest value alone, with nothing else known that could contradict it."""
    problem = problems.load(name, **params)
    value = problem.truth[measure].value.copy()
    check_problem(replace(problem, truth=Truths.of({measure: value})), derivatives=False)
    value[0, value[0].argmax()] *= factor
    rules = f"the truth is true of the model.*{measure} of|first orders sum to at most 1"
    with pytest.raises(ConformanceError, match=rules):
        check_problem(replace(problem, truth=Truths.of({measure: value})), derivatives=False)


@pytest.mark.parametrize("error", [0.5, 0.05, 0.006])
@pytest.mark.parametrize("measure", ["first_order", "total_order", "dgsm", "variance"])
def test_a_standard_error_is_no_excuse(measure, error):
    """Swapped values, and right ones: what is known so badly is not known."""
    right = {**RIGHT, "variance": 17 / 12}[measure]
    for values in [right[::-1], right] if measure != "variance" else [17 / 12]:
        value = np.atleast_1d(values) if measure == "variance" else np.array([values])
        known = Truth(value, np.full(value.shape, error * np.abs(value).max()), "guessed")
        broken(of(plane, truth={measure: known}), f"standard error is small.*{measure} of y")


def test_a_standard_error_like_the_samples_own_is_none_too_large():
    """A mean derivative of 0 has no size to compare its standard error with."""
    truth = {"derivative_mean": Truth(np.zeros((1, 2)), np.array([[1e-4, 0.0]]), "from points")}
    check_problem(of(lambda x: (x[:, 0] - 0.5) ** 2 + 0.0 * x[:, 1], truth=truth))
    truth = {"derivative_mean": Truth(np.zeros((1, 2)), np.array([[0.1, 0.0]]), "from points")}
    broken(of(lambda x: (x[:, 0] - 0.5) ** 2 + 0.0 * x[:, 1], truth=truth), "error is small")


@pytest.mark.parametrize(
    ("name", "measure", "factor"),
    [
        ("ishigami", "first_order", 1.1),
        ("ishigami", "derivative_abs", 1.05),
        ("sobol_g", "total_order", 1.1),
        ("linregnet", "dgsm", 1.001),
    ],
)
def test_a_slightly_wrong_truth_of_a_real_problem(name, measure, factor):
    problem = problems.load(name)
    wrong = {measure: problem.truth[measure].value * factor}
    with pytest.raises(ConformanceError, match=f"{measure} of"):
        check_problem(replace(problem, truth=Truths.of(wrong)), truth_rows=2**16)


def test_a_network_is_not_held_against_the_truth_of_the_function():
    problem = problems.load("ishigami")
    network = networks.load("mlp", hidden=(4,), iterations=10)
    check_problem(network.train(problem, 0).problem(problem))


def test_a_kink_is_not_a_wrong_derivative():
    check_problem(of(lambda x: (x[:, 0] - 0.5).abs() + x[:, 1]))


@pytest.mark.parametrize(
    ("measure", "factor", "name"),
    [
        ("variance", 1.0001, "permutation importance is 2·Var·S_T"),
        ("permutation_mse", 0.9999, "permutation importance is 2·Var·S_T"),
        ("second_order", 1.001, "an input and its pairs are part of its total order"),
        ("derivative_mean", 1.001, "the spread of a derivative follows from its moments"),
    ],
)
def test_exact_truths_that_contradict_each_other(measure, factor, name):
    """Far less than a sample could see."""
    problem = problems.load("quadratic_gaussian")
    truth = {known: problem.truth[known] for known in problem.truth}
    truth[measure] = Truth.exact(truth[measure].value * factor)
    with pytest.raises(ConformanceError, match=re.escape(name)):
        check_problem(replace(problem, truth=Truths.of(truth)))
