"""Origin: what a comparison was computed from, and the study that says the same in files."""

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from torch import nn

from sensbench import estimators as registered
from sensbench.errors import SensbenchError
from sensbench.estimator.estimator import Estimator
from sensbench.files import plain_yaml
from sensbench.inputs.plain import inputs_of
from sensbench.problem.problem import Problem
from sensbench.study.model_file import load_model
from sensbench.study.own_model import with_model_of

_CHECKED_ROWS = 16


@dataclass(frozen=True, eq=False)
class Origin:
    """What a comparison was computed from.

    Attributes
    ----------
    given
        The model as the caller passed it.
    options
        ``output``, ``arguments`` and ``derivatives``, where they were said.
    file
        ``FILE.py:NAME`` that made the model, where one did.
    noise_floor
        How many inputs were added that the model ignores.
    """

    problem: Problem
    estimators: Mapping[str, Estimator]
    budget: int
    seed: int
    given: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    noise_floor: int = 0


@dataclass(frozen=True)
class Written:
    """A comparison as a study file and the files that it names.

    Attributes
    ----------
    study
        The study's content; what is in ``files`` is named as it is there.
    inputs_missing, model_missing
        What the study would still need, to have the same inputs and methods, and the model.
    """

    study: dict[str, Any]
    files: dict[str, bytes]
    inputs_missing: str = ""
    model_missing: str = ""


def written(origin: Origin) -> Written:
    """Return the comparison as a study; what cannot be written is said."""
    of_inputs: list[str] = []
    of_model: list[str] = []
    files: dict[str, bytes] = {}
    problem = _problem(origin, files, of_inputs)
    estimators = _estimators(origin, of_inputs)
    model = _model(origin, files, of_model)
    study = {
        "name": _plain_name(origin.problem.name),
        "title": f"Which inputs matter to {origin.problem.explained_as}?",
        "problems": [problem],
        "models": [model],
        "estimators": estimators,
        "budgets": [origin.budget],
        "replicates": 1,
        "seed": origin.seed,
        "inputs": origin.problem.inputs,
        "references": None,
    }
    if origin.noise_floor:
        study["noise_floor"] = origin.noise_floor
    if origin.problem.refit is not None:
        of_model.append("how the model is trained again (refit=)")
    return Written(study, files, "; ".join(of_inputs), "; ".join(of_model))


def _problem(origin: Origin, files: dict[str, bytes], missing: list[str]) -> dict[str, Any]:
    problem = origin.problem
    space, stream = problem.space, {"stream": problem.name}
    if problem.data is None:
        inputs = inputs_of(space)
        if inputs is None:
            missing.append(
                "a distribution of the inputs that a study file can say: bounds, normal, uniform, "
                "values or probabilities, independent and without groups"
            )
        units = {"units": dict(zip(space.names, space.units, strict=True))} if space.units else {}
        return {"name": "space", "inputs": inputs or {}, **units, **stream}
    frame = pd.DataFrame(problem.data.X, columns=list(space.columns))
    targets = _target_columns(problem)
    for k, name in enumerate(targets):
        frame[name] = problem.data.y[:, k]  # type: ignore[index]
    name = f"{_plain_name(problem.name)}.parquet"
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    files[name] = buffer.getvalue()
    separate = [column for column, one in zip(space.columns, space.marginals, strict=True)
                if getattr(one, "discrete", False)]  # fmt: skip
    groups = {group.name: list(group.columns) for group in space.groups}
    return {
        "name": "table",
        "path": name,
        **({"target": targets} if targets else {}),
        "features": list(space.columns),
        "discrete": separate,
        **({"groups": groups} if groups else {}),
        **stream,
    }


def _target_columns(problem: Problem) -> list[str]:
    """Return names for the columns of targets that no input has."""
    if problem.data is None or problem.data.y is None:
        return []
    taken = set(problem.space.columns)
    names = []
    for output in problem.outputs:
        name = output
        while name in taken:
            name += "'"
        names.append(name)
        taken.add(name)
    return names


def _model(origin: Origin, files: dict[str, bytes], missing: list[str]) -> dict[str, Any]:
    problem = origin.problem
    name = problem.explained_as
    if problem.model is None:
        missing.append("a model, which rows with targets have none of (models: [mlp] trains one)")
        return {"name": name, "outputs": list(problem.outputs)}
    entry: dict[str, Any] = {
        "name": name if name != "function" else "the function",
        "outputs": list(problem.outputs),
    }
    options = dict(origin.options)
    if _is_plain(options):
        entry.update(options)
    else:
        missing.append("output= and arguments= as plain names and positions")
    file = origin.file or _file_of(origin.given)
    if not file:
        missing.append(_unnamed(origin.given))
        return entry
    entry["file"] = file
    if isinstance(origin.given, nn.Module):
        state = _state(origin.given)
        if state is None:
            missing.append("weights of the model that are tensors alone")
        elif state:
            files["weights.safetensors"] = state
            entry["weights"] = "weights.safetensors"
    return entry


def same_model(origin: Origin, entry: Mapping[str, Any]) -> str:
    """Return why the model that the study names is not the one compared; empty: it is.

    The file is executed, as a run of the study will.
    """
    weights = Path(entry["weights"]) if entry.get("weights") else None
    problem = origin.problem
    X = problem.space.sample(_CHECKED_ROWS, 0) if problem.data is None else problem.data.X
    rows = X[:_CHECKED_ROWS]
    try:
        again = with_model_of(problem, load_model(entry["file"], weights), entry)
        values = again.explained.metered()(rows)
    except SensbenchError as error:
        return f"a model that {entry['file']} makes alone: {error}"
    if not np.array_equal(values, problem.explained.metered()(rows), equal_nan=True):
        return (
            f"the state of the model: what {entry['file']} makes with its weights gives other "
            f"outputs (are there attributes that are no parameters or buffers?)"
        )
    return ""


def _file_of(given: Any) -> str:
    """Return ``FILE.py:NAME`` of a module's class or of a function; empty where there is none."""
    named = type(given) if isinstance(given, nn.Module) else given
    name = getattr(named, "__qualname__", "")
    if not (inspect.isclass(named) or inspect.isfunction(named)) or not name.isidentifier():
        return ""
    module = sys.modules.get(named.__module__)
    # a script would run again, and with it what saved the comparison
    if module is None or module.__name__ == "__main__" or getattr(module, name, None) is not named:
        return ""
    file = getattr(module, "__file__", None) or ""
    return f"{Path(file).absolute()}:{name}" if file.endswith(".py") else ""


def _unnamed(given: Any) -> str:
    what = type(given).__name__ if not inspect.isfunction(given) else given.__name__
    return (
        f"a file that makes the model {what!r}: put its class or function into a module of its "
        f"own, to be made without arguments, and import it from there"
    )


def _state(module: nn.Module) -> bytes | None:
    """Return the module's state as safetensors; ``None`` where it is not tensors alone."""
    from safetensors.torch import save

    state = module.state_dict()
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        return None
    if not state:
        return b""
    # tensors that share memory are written each for itself
    return save({key: one.detach().cpu().contiguous().clone() for key, one in state.items()})


def _estimators(origin: Origin, missing: list[str]) -> list[dict[str, Any]]:
    entries = []
    for label, estimator in origin.estimators.items():
        params = dict(estimator.params())
        try:
            again = registered.load(estimator.name, **params)
            known = type(again) is type(estimator) and _is_plain(params)
        except SensbenchError:
            known = False
        if not known:
            missing.append(f"the estimator {label!r} by name (an entry point, or a file of ours)")
        entries.append({"name": estimator.name, **params})
    return entries


def _is_plain(content: Any) -> bool:
    """Whether YAML gives back the same."""
    try:
        json.dumps(content)
        return bool(plain_yaml.load(plain_yaml.dump(content), "options") == _listed(content))
    except (TypeError, ValueError, yaml.YAMLError):
        return False


def _listed(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _listed(value) for key, value in content.items()}
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [_listed(value) for value in content]
    return content


def _plain_name(name: str) -> str:
    """Return a name that a study and a file may have."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in name)
    return (plain.lstrip("_.-") or "comparison")[:80]
