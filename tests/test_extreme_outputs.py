"""Outputs at the edge of floating point: answers as at scale 1."""

import numpy as np
import pytest
import torch

import sensbench as sb

METHODS = [
    ("gradient", {"active_subspace": True}), ("sobol", {"second_order": True}),
    ("sobol_salib", {}), ("morris", {}), ("permutation", {}), ("delta", {}),
    ("delta", {"method": "salib", "variants": True, "resamples": 5}), ("rbd_fast", {}),
    ("pawn", {"resamples": 5}), ("input_x_gradient", {}), ("integrated_gradients", {"steps": 3}),
    ("expected_gradients", {"samples": 4}), ("smooth_grad", {"samples": 4}),
]  # fmt: skip
SPACE = {"a": (0, 1), "b": (-1, 2), "c": (0, 3)}


def problem(exponent, targets=False, arrays=False):
    """Two outputs; the second is of ordinary size."""

    def function(x):
        y = x[:, 0] * x[:, 1] + x[:, 2] ** 2
        pair = [y * 2.0**exponent, y + x[:, 0]]
        return np.stack(pair, 1) if arrays else torch.stack(pair, 1)

    space = sb.InputSpace.uniform(SPACE)
    rows = targets_of = None
    if targets:
        rng = np.random.default_rng(0)
        rows = space.sample(200, rng)
        own = rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2 + 0.1 * rng.normal(size=200)
        targets_of = np.stack([own * 2.0**exponent, own], 1)
    return sb.Problem.of(function, space, X=rows, y=targets_of, name="edge")


@pytest.mark.parametrize("exponent", [-520, 520])
@pytest.mark.parametrize(("name", "options"), METHODS)
@pytest.mark.parametrize("kind", ["", "targets", "arrays"])
def test_answers_are_those_at_scale_1(name, options, exponent, kind):
    estimator = sb.estimators.load(name, **options)
    plain, edge = (
        estimator.estimate(problem(e, kind == "targets", kind == "arrays"), budget=400)
        for e in (0, exponent)
    )
    assert plain.n_forward == edge.n_forward
    assert set(plain.estimates) == set(edge.estimates)
    for measure, item in plain.estimates.items():
        power = sb.MEASURES[measure].output_power
        for end in ("value", "low", "high"):
            at_1, found = getattr(item, end), getattr(edge[measure], end)
            np.testing.assert_array_equal(found[1], at_1[1])
            with np.errstate(over="ignore", under="ignore"):
                there = np.ldexp(at_1[0], power * exponent)
            there = np.where(np.isinf(there), np.nan, there)
            np.testing.assert_array_equal(found[0], there, err_msg=f"{measure} {end}")


@pytest.mark.parametrize("size", [1e-156, 1e-162, 1e160])
def test_sizes_that_were_refused(size):
    space = sb.InputSpace.uniform(SPACE)
    found = sb.compare(lambda x: x[:, 0] * size + x[:, 1] * size, space=space, budget=600)
    ranked = found.results.headline()
    assert np.isfinite(ranked["value"]).all()
    top = ranked.loc[ranked.groupby("estimator")["value"].idxmax(), "feature"]
    assert set(top) == {"b"}


def test_what_no_double_holds_is_undefined_and_said():
    found = sb.estimators.load("gradient").estimate(problem(600), budget=400)
    assert np.isnan(found["dgsm"].value[0]).all()
    assert "dgsm: undefined where it is beyond the largest number" in " ".join(found.notes)
    assert np.isfinite(found["derivative_rms"].value).all()
