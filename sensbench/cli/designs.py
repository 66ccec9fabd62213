"""Rows that a method asks for, into a file; the outputs at them, back from one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sensbench import estimators as registered
from sensbench import problems
from sensbench.cli.bounds import read_bounds
from sensbench.errors import InputError
from sensbench.estimator.design import Design
from sensbench.estimator.result import SensitivityResult
from sensbench.inputs.in_json import space_to_json
from sensbench.inputs.space import InputSpace


def sample(
    space: str,
    estimator: str,
    budget: int,
    out: Path,
    seed: int = 0,
    outputs: str = "y",
    changes: Mapping[str, Any] | None = None,
) -> Design:
    """Write the rows that a method asks for; return them.

    ``space``: a file of bounds, or the name of a problem whose inputs are taken.

    Raises
    ------
    InputError
        No such space or estimator, or a space that has no words in a file.
    """
    method = registered.load(estimator, **(changes or {}))
    names = [name.strip() for name in outputs.split(",") if name.strip()]
    inputs = _space(space)
    if space_to_json(inputs) is None:
        raise InputError(
            f"--space: expected independent inputs of distributions that scipy.stats has; got "
            f"{space}, which a file has no words for; call estimator.design in Python"
        )
    design = method.design(inputs, budget, seed=seed, outputs=names)
    design.save(out)
    return design


def analyze_design(path: Path, outputs: Path) -> SensitivityResult:
    """Return what the design's own method makes of the outputs in a file.

    Raises
    ------
    InputError
        Files that are no design, or outputs that are not those of its rows.
    """
    design = Design.read(path)
    try:
        table = pd.read_csv(outputs, dtype=str)  # float() loses no bit; pandas' own may
    except (OSError, ValueError) as error:
        raise InputError(f"--outputs {outputs.name!r}: expected a CSV; {error}") from error
    own = [name for name in design.outputs if name in table.columns]
    inputs = [name for name in design.space.columns if name in table.columns]
    if len(own) == len(design.outputs):  # by name, and what else stands there is not for us
        table = table[[*inputs, *own]] if len(inputs) == design.space.d else table[own]
    try:
        numbers = table.astype(float)
    except ValueError as error:
        raise InputError(f"--outputs {outputs.name!r}: expected numbers; {error}") from error
    method = registered.load(design.estimator, **design.params)
    return method.analyze(design, numbers)


def _space(given: str) -> InputSpace:
    path = Path(given)
    if path.is_file():
        return read_bounds(path)
    if path.suffix or given not in problems.registry.names():
        raise InputError(
            f"--space: expected a file of bounds (name: [low, high]) or a problem's name; got "
            f"{given!r}; `sensbench list problems` has the names"
        )
    return problems.load(given).space
