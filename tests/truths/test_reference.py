"""The network's own values, and the split of an error between the estimator and the network."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from sensbench import networks, problems
from sensbench.errors import CacheWarning
from sensbench.inputs.space import InputSpace
from sensbench.metrics.error_split import error_split, relative_sizes
from sensbench.problem.problem import Problem
from sensbench.truths.reference import _written, reference


def test_a_linear_network_has_the_values_of_its_own_coefficients():
    problem = problems.load("linregnet", seed=3)
    trained = networks.load("linear", train_rows=200).train(problem, 0)
    asked = trained.problem(problem)
    J = asked.model.jacobian(problem.space.sample(1, 0))[0]
    parts = (J * problem.space.std()) ** 2
    known = reference(asked, points=2**12, scrambles=8)
    for name in ("first_order", "total_order"):
        error = np.maximum(known[name].standard_error, 1e-9)
        z = (known[name].value - parts / parts.sum(axis=1, keepdims=True)) / error
        assert np.abs(z).max() < 6
    np.testing.assert_allclose(known["dgsm"].value, J**2, rtol=1e-9)


def test_of_data_only_what_the_marginals_define():
    problem = problems.load("diabetes")
    asked = networks.load("linear").train(problem, 0).problem(problem)
    known = reference(asked, points=2**8, scrambles=4)
    assert {"first_order", "total_order"} <= set(known)
    assert not [name for name in known if name.startswith(("derivative", "permutation", "dgsm"))]


def test_kept_and_taken_from_the_folder(tmp_path):
    problem, calls = counted()
    first = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)["total_order"]
    done = len(calls)
    again = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)["total_order"]
    # Only the pilot that finds the centre runs before somebody asks.
    assert len(calls) - done < done
    assert np.array_equal(first.value, again.value)
    assert np.array_equal(first.standard_error, again.standard_error)
    assert first.how == again.how
    (file,) = tmp_path.iterdir()
    whole = json.loads(file.read_text())
    assert whole["truths"]["total_order"]["how"] == first.how


DAMAGES = {
    "text": lambda whole: "{damaged",
    "empty": lambda whole: "",
    "a list": lambda whole: "[]",
    "deep": lambda whole: "[" * 100_000,
    "a digit": lambda whole: whole.replace("0.", "1.", 1),
    "the old form": lambda whole: json.dumps(json.loads(whole)["truths"]),
    "no digest": lambda whole: json.dumps({"truths": json.loads(whole)["truths"]}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_told_and_mended(tmp_path, damage):
    problem, _ = counted()
    first = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)["total_order"]
    (file,) = tmp_path.iterdir()
    whole = file.read_text()
    assert damage(whole) != whole
    file.write_text(damage(whole))
    again = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)
    with pytest.warns(CacheWarning, match="references: cannot read .*computing again"):
        assert np.array_equal(again["total_order"].value, first.value)
    assert file.read_text() == whole


def test_another_models_file_is_not_taken(tmp_path):
    """Also where it would fit: the same inputs and outputs, and other numbers."""
    mine, _ = counted()
    other = Problem.of(lambda x: x[:, 0] * x[:, 1] ** 2, mine.space)
    first = reference(mine, points=64, scrambles=2, key="mine", folder=tmp_path)["total_order"]
    (file,) = tmp_path.iterdir()
    len(reference(other, points=64, scrambles=2, key="other", folder=tmp_path))
    (others,) = set(tmp_path.iterdir()) - {file}
    file.write_text(others.read_text())
    with pytest.warns(CacheWarning, match="not what was written under this name"):
        again = reference(mine, points=64, scrambles=2, key="mine", folder=tmp_path)["total_order"]
    assert np.array_equal(again.value, first.value)


def test_values_of_another_shape_are_not_taken(tmp_path):
    """Even where all else is as we write it."""
    problem, _ = counted()
    first = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)["total_order"]
    (file,) = tmp_path.iterdir()
    content = json.loads(file.read_text())
    wide = {"value": [[0.5, 0.5, 0.5]], "standard_error": [[0.0, 0.0, 0.0]], "how": "forged"}
    file.write_bytes(_written(content["of"], {**content["truths"], "total_order": wide}))
    with pytest.warns(CacheWarning, match="not those of 1 outputs and 2 inputs"):
        again = reference(problem, points=64, scrambles=2, key="k", folder=tmp_path)["total_order"]
    assert np.array_equal(again.value, first.value)


def test_another_sample_is_another_entry(tmp_path):
    problem, _ = counted()
    for points in (64, 128):
        len(reference(problem, points=points, scrambles=2, key="k", folder=tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


def counted():
    calls = []

    def function(x):
        calls.append(len(x))
        return torch.sin(x[:, 0]) + x[:, 0] * x[:, 1]

    return Problem.of(function, InputSpace.uniform({"a": (0, 1), "b": (0, 2)})), calls


def numbers(values):
    keys = {"problem": "p", "model": "m", "estimator": "e", "measure": "total_order",
            "output": "y", "partner": "", "budget": 10, "replicate": 0}  # fmt: skip
    return pd.DataFrame([{**keys, "feature": f, "value": v} for f, v in values.items()])


def known(values, error=0.0):
    return {("p", "m", "total_order", "y", f): (v, error) for f, v in values.items()}


def test_the_parts_add_up_and_say_whose_error_it_is():
    frame = numbers({"a": 0.7, "b": 0.2, "c": 0.1})
    split = error_split(frame, known({"a": 0.5, "b": 0.5}), known({"a": 0.6, "b": 0.4}, 0.01))
    assert list(split["feature"]) == ["a", "b"]  # c is not known
    np.testing.assert_allclose(split["estimation_error"], [0.1, -0.2])
    np.testing.assert_allclose(split["model_error"], [0.1, -0.1])
    np.testing.assert_allclose(split["total_error"], [0.2, -0.3])
    sizes = relative_sizes(split).iloc[0]
    assert sizes["estimation_error"] == pytest.approx(np.hypot(0.1, 0.2) / np.hypot(0.5, 0.5))
    assert sizes["reference_standard_error"] == pytest.approx(
        0.01 * np.sqrt(2) / np.hypot(0.5, 0.5)
    )


def test_nothing_known_nothing_split():
    assert error_split(numbers({"a": 1.0}), {}, known({"a": 1.0})).empty
    assert relative_sizes(error_split(numbers({"a": 1.0}), {}, {})).empty
