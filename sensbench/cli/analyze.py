"""analyze(): a model in a file, on rows in a file."""

import hashlib
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from sensbench import estimators as registered
from sensbench.cli.bounds import read_bounds
from sensbench.compare import compare
from sensbench.comparison import Comparison
from sensbench.errors import InputError, TableWarning, UnknownNameError
from sensbench.study.model_file import load_model
from sensbench.tables.cells import refuse_odd_cells, require_numbers
from sensbench.tables.reading import Reading
from sensbench.tables.table_file import TableFile, read_table

_SAVED = (".pt2", ".pt", ".pth", ".ts")
_log = logging.getLogger(__name__)


def analyze(
    target: str | None,
    data: Path | None = None,
    *,
    trust: bool = False,
    weights: Path | None = None,
    bounds: Path | None = None,
    y: Sequence[str] = (),
    features: str | None = None,
    discrete: str | None = None,
    groups: Sequence[str] = (),
    output: str | None = None,
    outputs: str | None = None,
    estimators: str | None = None,
    budget: int = 10_000,
    seed: int = 0,
    product: bool = False,
    noise_floor: bool = False,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    index: str | None = None,
    na: Sequence[str] = (),
    drop_missing: bool = False,
    explain: bool = False,
    command: str = "",
) -> Comparison:
    """Compare the methods on a model in a file, over rows of a table or bounds, or both.

    Without a model: on the rows and their measured targets.

    Raises
    ------
    InputError
        A file, name or column that is not there; weights that do not fit.
    """
    if data is None and bounds is None:
        raise InputError("analyze: expected --data or --bounds; got neither")
    if data is None and y:
        raise InputError("analyze: expected --data with --target; got --target alone")
    if target is None and not (data is not None and y):
        raise InputError(
            "analyze: expected --model, or --data with --target to explain measured rows alone; "
            "got neither"
        )
    reading = Reading(sep, decimal, encoding, index, tuple(na), option="--{} ")
    chosen_features = _distinct("--features", _split(features))
    methods = _methods(estimators)
    declared = _groups(groups)
    model = None if target is None else load_model(target, weights, trust=trust)
    space = read_bounds(bounds, chosen_features) if bounds is not None else None
    X = targets = None
    if data is not None:
        who = f"--data {data.name!r}"
        table = read_table(data, who, reading)
        rest = [column for column in table.frame.columns if column not in y]
        inputs = list(space.columns) if space is not None else chosen_features or rest
        measured = _distinct("--target", y)
        for name in (*measured, *inputs):
            if name not in table.frame.columns:
                raise UnknownNameError.of(str(data), "column", name, table.frame.columns)
        for name in measured:
            if name in inputs:
                raise InputError(f"--target: expected a column that is no input; got {name!r}")
        if not inputs:
            raise InputError(f"{who}: expected an input besides the targets; got {measured}")
        if space is None and not chosen_features:
            for sentence in table.index_warnings(inputs):
                warnings.warn(sentence, TableWarning, stacklevel=2)
        frame = _rows(table, who, model, inputs, measured, drop_missing)
        X, targets = frame[inputs], frame[measured] if measured else None
    columns = list(space.columns) if space is not None else inputs
    separate = None if discrete is None else _distinct("--discrete", _split(discrete))
    if space is not None and (declared or separate is not None):
        raise InputError(
            "--bounds: expected without --group and --discrete; got both; leave one out"
        )
    for option, names in [("--discrete", separate or ()), *declared.items()]:
        for name in names:
            if name not in columns:
                who = option if option == "--discrete" else f"--group {option}"
                raise UnknownNameError.of(who, "column", name, columns)
    chosen: int | str | None = output
    if output is not None and output.lstrip("-").isdigit():
        chosen = int(output)
    comparison = compare(
        model,
        X,
        y=targets,
        space=space,
        discrete=separate,
        groups=declared or None,
        output=chosen,
        outputs=_distinct("--outputs", _split(outputs)) or None,
        estimators=methods,
        budget=budget,
        seed=seed,
        inputs="product" if product else "data",
        explain=explain and model is not None,
        noise_floor=noise_floor,
    )
    facts = {
        "command": command,
        "model file": target or "",
        "weights": _file_facts(weights),
        "data": _file_facts(data, "" if X is None else f"{len(X):,} rows"),
        "bounds": _file_facts(bounds),
    }
    file = None if target is None or target.endswith(_SAVED) else target
    return comparison.made_by(file, {key: fact for key, fact in facts.items() if fact})


def _file_facts(file: Path | None, more: str = "") -> str:
    """Return a file's name as it was given, and what tells it from another of that name."""
    if file is None:
        return ""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ", ".join(part for part in (str(file), more, f"SHA-256 {digest[:16]}…") if part)


def _rows(
    table: TableFile,
    who: str,
    model: Any,
    inputs: list[str],
    targets: list[str],
    drop_missing: bool,
) -> pd.DataFrame:
    """Return the rows, once what the model cannot take is refused; say how they were read."""
    if drop_missing:
        table = table.without_missing([*inputs, *targets])
    for sentence in table.said:
        _log.info(sentence)
    # what is not torch may do with text and gaps: a pipeline that encodes and imputes
    tensors_only = model is None or isinstance(
        model, torch.nn.Module | torch.export.ExportedProgram
    )
    for name in inputs:
        refuse_odd_cells(table, name, who)
    require_numbers(table, [*inputs, *targets] if tensors_only else targets, who)
    return table.frame


def _methods(names: str | None) -> list[str] | None:
    chosen = _distinct("--estimators", _split(names))
    for name in chosen:
        if name not in registered.registry.names():
            raise UnknownNameError.of(
                "--estimators", "estimator", name, registered.registry.names()
            )
    return chosen or None


def _groups(declared: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of each group, of ``NAME=COLUMN,COLUMN``."""
    groups: dict[str, list[str]] = {}
    for one in declared:
        name, equals, columns = (part.strip() for part in one.partition("="))
        if not name or not equals or not _split(columns):
            raise InputError(f"--group: expected NAME=COLUMN,COLUMN,…; got {one!r}")
        if name in groups:
            raise InputError(f"--group: expected distinct names; got {name!r} twice")
        groups[name] = _distinct(f"--group {name}", _split(columns))
    return groups


def _distinct(option: str, names: Sequence[str]) -> list[str]:
    names = list(names)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{option}: expected every name once; got {twice[0]!r} twice")
    return names


def _split(names: str | None) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()] if names else []
