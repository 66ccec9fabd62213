"""Saving a comparison: its results, and a study that repeats and widens them."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sensbench.errors import InputError, SensbenchError
from sensbench.estimator.result import SensitivityResult
from sensbench.files import plain_yaml
from sensbench.files.atomic import write_whole
from sensbench.problem.problem import Problem
from sensbench.study.cells import Cell
from sensbench.study.config import load_study
from sensbench.study.contents import question_to_text
from sensbench.study.location import RESULTS_FILE, STUDY_FILE
from sensbench.study.lock import writing
from sensbench.study.origin import Origin, Written, same_model, written
from sensbench.study.outcome import Outcome, Record
from sensbench.study.plan import Plan
from sensbench.study.planning import plan_of
from sensbench.study.results import Results
from sensbench.study.store import ResultStore
from sensbench.study.workshop import load_problem

FILE_ENDS = (".sqlite", ".db")


@dataclass(frozen=True)
class Saved:
    """Where a comparison was saved, and what a study of it would still need; empty: nothing."""

    path: Path
    missing: str


def save(
    path: Path, results: Results, by_method: Mapping[str, SensitivityResult], origin: Origin
) -> Saved:
    """Save a comparison as a folder, or as one file where the path ends as one.

    A folder gets ``study.yaml``, the rows as Parquet, weights as safetensors and the results; one
    file holds all of it.

    Raises
    ------
    InputError
        There are results of something else; it cannot be written.
    """
    alone = path.suffix in FILE_ENDS
    results_path = path if alone else path / RESULTS_FILE
    if results_path.exists():
        raise InputError(
            f"save: expected a name that is free; got {str(results_path)!r}, which is there; "
            f"remove it, or give another"
        )
    if alone and not path.absolute().parent.is_dir():
        raise InputError(f"save: expected a folder that is there; got {str(path)!r}")
    study = written(origin)
    if not alone:
        return _save(path, results_path, results, by_method, origin, study, {})
    with tempfile.TemporaryDirectory(prefix="sensbench-") as folder:
        place = Path(folder)
        return _save(place, results_path, results, by_method, origin, study, study.files)


def _save(
    folder: Path, results_path: Path, results: Results,
    by_method: Mapping[str, SensitivityResult], origin: Origin, study: Written,
    inside: Mapping[str, bytes],
) -> Saved:  # fmt: skip
    try:
        for name, content in study.files.items():
            write_whole(folder / name, content)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"save: expected a folder that can be written; got {error}") from error
    plan, config = None, ""
    of_inputs = study.inputs_missing or _other_inputs(origin, study.study, folder)
    missing = "; ".join(filter(None, [of_inputs, study.model_missing]))
    if not missing:
        path = folder / STUDY_FILE
        _write_study(path, study.study, folder)
        made = load_study(path)
        plan = plan_of(made, str(path))
        (planned,) = plan.subjects.values()
        missing = same_model(origin, planned.subject.model)
        # one file names what is in it, a folder's results where that is
        config = plain_yaml.dump(study.study) if inside else made.as_yaml()
        if missing:
            path.unlink()
            plan, config = None, ""
    asked = "" if of_inputs else plain_yaml.dump(study.study)
    facts = {"config": config, "missing": missing, "asked": asked}
    with writing(results_path, "save"), ResultStore(results_path) as store:
        _fill(store, results, by_method, plan, facts)
        for name, content in inside.items():
            store.put_file(name, content)
    return Saved(results_path if inside or not plan else folder, missing)


def _write_study(path: Path, study: dict[str, Any], folder: Path) -> None:
    models = [
        {**model, "file": _relative(model["file"], folder)} if "file" in model else model
        for model in study["models"]
    ]
    text = plain_yaml.dump({**study, "models": models})
    header = "# A comparison as a study; run it with:  sensbench run FOLDER\n"
    write_whole(path, (header + text).encode())


def _relative(file: str, folder: Path) -> str:
    path, _, name = file.rpartition(":")
    try:
        return f"{os.path.relpath(Path(path).absolute(), folder.absolute())}:{name}"
    except ValueError:  # on another drive
        return file


def problem_of(study: Mapping[str, Any], folder: Path) -> Problem:
    """Return the problem of a saved comparison, without its model; its files are in the folder."""
    (entry,) = study["problems"]
    params = {key: value for key, value in entry.items() if key not in ("name", "stream")}
    if "path" in params:
        params["path"] = str(folder / params["path"])
    problem = load_problem({"name": entry["name"], "params": params}, study["inputs"])
    return replace(problem, name=entry["stream"])


def _other_inputs(origin: Origin, study: Mapping[str, Any], folder: Path) -> str:
    """Return in what the inputs of the study are not the comparison's; empty: in nothing."""
    try:
        same = _same_inputs(problem_of(study, folder), origin.problem)
    except SensbenchError as error:
        return f"inputs that a study can read: {error}"
    if same:
        return ""
    return (
        "the distribution of the inputs, which a study file says otherwise (a space given "
        "beside the rows, dependence, or bounds that rounding changes)"
    )


def _same_inputs(a: Problem, b: Problem) -> bool:
    if a.space.columns != b.space.columns or a.space.names != b.space.names:
        return False
    if not np.array_equal(a.space.continuous, b.space.continuous):
        return False
    if (a.data is None) != (b.data is None):
        return False
    if a.data is not None and b.data is not None:
        of_a, of_b = (y if y is not None else np.empty(0) for y in (a.data.y, b.data.y))
        if not np.array_equal(a.data.X, b.data.X) or not np.array_equal(of_a, of_b):
            return False
    independent = a.space.independent and b.space.independent
    return independent and np.array_equal(a.space.sample(64, 0), b.space.sample(64, 0))


def _fill(
    store: ResultStore,
    results: Results,
    by_method: Mapping[str, SensitivityResult],
    plan: Plan | None,
    facts: Mapping[str, Any],
) -> None:
    """Write what a comparison found: under a study's keys, else under those of its own."""
    cells = list(plan.cells) if plan else _own_cells(results)
    methods = list(plan.methods) if plan else list(results.methods.values())
    labels = list(results.methods)
    store.plan(cells, methods, {**results.provenance, **facts})
    states = results.cells.set_index("estimator")
    for label, cell in zip(labels, cells, strict=True):
        if label in by_method:
            outcome = Outcome("ok", record=Record.of(by_method[label]))
        else:
            outcome = Outcome(str(states["status"][label]), str(states["reason"][label]))
        store.put(cell, outcome)
    (question,) = results.questions.values()
    store.put_question(cells[0].question, question_to_text(question))


def _own_cells(results: Results) -> list[Cell]:
    ((problem, model),) = results.questions
    seed = int(results.provenance.get("seed", 0))
    columns = results.cells[["estimator", "budget", "replicate"]]
    return [
        Cell(problem, problem, model, results.methods[label], budget, replicate, seed)
        for label, budget, replicate in columns.values.tolist()
    ]
