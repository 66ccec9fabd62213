"""Designs: the same result as with the model at hand, and nothing that does not belong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

import sensbench as sb
from sensbench import estimators
from sensbench.cli import main
from sensbench.errors import InputError, NotApplicable

SPACE = sb.InputSpace.of(
    {"a": (-1.0, 2.0), "b": stats.norm(0.1, 0.7), "c": [1, 2, 5], "d": stats.lognorm(s=0.4)}
)
BUDGET, SEED = 700, 3
NO_DESIGN = {"gradient", "conditional_gradient", "morris"}


def model(X):
    a, b, c, d = X.T
    return np.stack([np.sin(a) + a * b + 0.1 * c, d * b + c], axis=1)


def same(one, other):
    columns = ["measure", "output", "feature", "partner", "value", "low", "high", "model"]
    pd.testing.assert_frame_equal(
        one.to_frame()[columns], other.to_frame()[columns], rtol=0, atol=0
    )
    assert (one.notes, one.n_forward, one.params) == (other.notes, other.n_forward, other.params)


@pytest.fixture(scope="module")
def sobol():
    method = estimators.load("sobol")
    design = method.design(SPACE, BUDGET, seed=SEED, outputs=["u", "v"])
    return method, design, model(design.X)


@pytest.mark.parametrize(
    "name", ["sobol", "sobol_salib", "permutation", "rank_first_order", "kucherenko"]
)
def test_same_result_as_with_the_model_to_the_bit(name):
    method = estimators.load(name)
    design = method.design(SPACE, BUDGET, seed=SEED, outputs=["u", "v"])
    problem = sb.Problem.of(model, SPACE, outputs=["u", "v"], name="model")
    told = method.analyze(design, model(design.X))
    same(told, method.estimate(problem, budget=BUDGET, seed=SEED))
    assert told.n_forward == len(design) <= BUDGET


@pytest.mark.parametrize("name", sorted(NO_DESIGN))
def test_refuses_methods_whose_rows_cannot_be_told_before(name):
    with pytest.raises(NotApplicable, match=r"derivatives of the model|before any output is known"):
        estimators.load(name).design(SPACE, BUDGET)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"seed": -1}, "a seed of 0 or more"), ({"budget": 2}, "a budget of at least")],
)
def test_refuses_what_is_no_question(wrong, why):
    with pytest.raises((InputError, NotApplicable), match=why):
        estimators.load("sobol").design(SPACE, **{"budget": BUDGET, **wrong})


def test_groups_and_dependence_stay_in_python(tmp_path: Path):
    space = sb.InputSpace.normal({"x": (0, 1), "z": (0, 1)}, correlation={("x", "z"): 0.5})
    method = estimators.load("kucherenko")
    design = method.design(space, BUDGET)
    path = design.save(tmp_path / "design.csv")
    with pytest.raises(InputError, match="expected its space"):
        sb.Design.read(path)
    again = sb.Design.read(path, space)
    y = again.X.sum(axis=1)
    same(method.analyze(again, y), method.analyze(design, y))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda Y: Y[:-1], "rows of outputs, one for each"),
        (lambda Y: np.where(np.arange(len(Y))[:, None] == 5, np.nan, Y), r"finite|NaN"),
        (lambda Y: Y[:, 0], "expected 2 outputs"),
        (lambda Y: Y[:, :, None], "shape|table"),
        (lambda Y: pd.DataFrame(Y[:, ::-1], columns=["v", "u"]), "in the order u, v"),
    ],
)
def test_refuses_outputs_that_do_not_belong(sobol, change, why):
    method, design, Y = sobol
    with pytest.raises(InputError, match=why):
        method.analyze(design, change(Y))


def test_refuses_another_methods_design_and_changed_rows(sobol):
    method, design, Y = sobol
    with pytest.raises(InputError, match=r"expected a design of sobol with .*'second_order': True"):
        estimators.load("sobol", second_order=not method.second_order).analyze(design, Y)
    with pytest.raises(InputError, match="expected a design of permutation"):
        estimators.load("permutation").analyze(design, Y)
    frame = design.to_frame().assign(u=Y[:, 0], v=Y[:, 1])
    same(method.analyze(design, frame), method.analyze(design, Y))
    frame.loc[7, "b"] += 1e-12
    with pytest.raises(InputError, match="row 7 is another"):
        method.analyze(design, frame)


def test_files_keep_every_bit_and_tell_a_change(sobol, tmp_path: Path):
    method, design, Y = sobol
    path = design.save(tmp_path / "design.csv")
    again = sb.Design.read(path)
    assert np.array_equal(again.X, design.X)
    same(method.analyze(again, Y), method.analyze(design, Y))
    lines = path.read_text().splitlines()
    lines[3], lines[9] = lines[9], lines[3]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match="expected the rows that sobol asks for"):
        method.analyze(sb.Design.read(path), Y)
    path.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(InputError, match=f"expected its {len(design)} rows"):
        sb.Design.read(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match="beside it"):
        sb.Design.read(path)


def test_from_the_shell(tmp_path: Path):
    (tmp_path / "bounds.yaml").write_text("a: [0, 1]\nb: [-1, 3]\n")
    design, outputs, numbers = (tmp_path / f"{one}.csv" for one in ("design", "y", "numbers"))
    args = ["--estimator", "sobol", "--budget", "256", "--seed", "2", "--out", str(design)]
    run = CliRunner().invoke(main, ["sample", "--space", str(tmp_path / "bounds.yaml"), *args])
    assert run.exit_code == 0, run.output
    rows = pd.read_csv(design, dtype=str).astype(float)
    (rows["a"] + 2 * rows["b"]).rename("y").to_csv(outputs, index=False)
    how = ["analyze", "--design", str(design), "--outputs", str(outputs)]
    run = CliRunner().invoke(main, [*how, "--out", str(numbers)])
    assert run.exit_code == 0, run.output
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (-1, 3)})
    problem = sb.Problem.of(lambda X: X[:, 0] + 2 * X[:, 1], space, name="model")
    direct = estimators.load("sobol").estimate(problem, budget=256, seed=2).to_frame()
    told = pd.read_csv(numbers, dtype={"value": str})
    np.testing.assert_array_equal(told["value"].astype(float), direct["value"])
    rows.iloc[:-1, 0].rename("y").to_csv(outputs, index=False)
    run = CliRunner().invoke(main, how)
    assert run.exit_code == 2
    assert "rows of outputs, one for each of its rows" in run.output
    run = CliRunner().invoke(main, ["sample", "--space", "nowhere", *args])
    assert run.exit_code == 2
    assert "expected a file of bounds" in run.output
