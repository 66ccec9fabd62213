"""Known values of sets of inputs and of all outputs together, against products in closed form."""

from itertools import combinations

import numpy as np
import pytest

import sensbench as sb
from sensbench.errors import InputError
from sensbench.findings.accuracy import errors
from sensbench.truths.separable import separable
from sensbench.truths.together import aggregated, of_sets


def itself(x):
    return x


# Π (1 + x_i) less 1 of standard normal inputs: the part of a set is of one unit, whatever it is
d = 4
SPACE = sb.InputSpace.normal({f"x{i}": (0, 1) for i in range(d)})
TERMS = [
    (1.0, dict.fromkeys(u, itself)) for r in range(1, d + 1) for u in combinations(range(d), r)
]
SUBSETS = [u for r in range(1, d + 1) for u in combinations(range(d), r)]


@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_all_sets_of_a_product(r):
    truth = separable(SPACE, TERMS)
    sets = list(combinations(range(d), r))
    found = of_sets(truth, SPACE.names, [[f"x{i}" for i in one] for one in sets])
    whole = len(SUBSETS)
    for k, one in enumerate(sets):
        inside = sum(set(u) <= set(one) for u in SUBSETS) / whole
        touched = sum(bool(set(u) & set(one)) for u in SUBSETS) / whole
        assert found["closed_of_set"].value[0, k] == pytest.approx(inside, abs=1e-12)
        assert found["total_of_set"].value[0, k] == pytest.approx(touched, abs=1e-12)


def test_sobol_finds_them():
    problem = sb.problems.load("ishigami")
    sets = (("x1", "x2"), ("x1", "x3"), ("x2", "x3"))
    known = of_sets(problem.truth, problem.features, sets)
    found = sb.estimators.load("sobol", sets=sets).estimate(problem, budget=2**15, seed=0)
    for name, item in known.items():
        np.testing.assert_allclose(found[name].value, item.value, atol=0.02)


def test_what_is_not_known_is_left_out():
    problem = sb.problems.load("sobol_g")  # of eight inputs
    assert of_sets(problem.truth, problem.features, [["x1", "x2", "x3", "x4"]]) == {}
    assert set(of_sets(problem.truth, problem.features, [["x1", "x2"]])) == {
        "closed_of_set", "total_of_set",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"expected sets of x1, .*; got z"):
        of_sets(problem.truth, problem.features, [["x1", "z"]])


def test_all_outputs_together_are_weighted_by_their_variances():
    problem = sb.problems.load("two_outputs", scale=1.0)
    found = aggregated(problem.truth)
    X = problem.space.sample(200_000, 0)
    Y = np.asarray(problem.explained.metered()(X))
    variance = Y.var(axis=0)
    for name in ("first_order", "total_order"):
        exact = variance @ problem.truth[name].value / variance.sum()
        np.testing.assert_allclose(found[f"aggregated_{name}"].value, exact, rtol=0.02, atol=1e-3)


def test_studies_judge_them():
    problem = sb.problems.load("two_outputs", scale=1.0)
    sobol = sb.estimators.load("sobol", aggregated=True)
    found = sb.compare(problem, estimators=sobol, budget=3000)
    rows = errors(found.results)
    rows = rows[rows["measure"].str.startswith("aggregated")]
    assert list(rows["output"]) == ["", ""]
    assert (rows["relative_error"] < 0.2).all()
    assert str(found.findings())
