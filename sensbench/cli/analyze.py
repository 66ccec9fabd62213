"""analyze(): a model in a file, on rows in a file."""

import importlib.util
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sensbench.compare import Comparison, compare
from sensbench.errors import InputError, UnknownNameError
from sensbench.problems.table import read_frame


def analyze(
    target: str,
    data: Path,
    *,
    weights: Path | None = None,
    y: Sequence[str] = (),
    features: str | None = None,
    output: str | None = None,
    estimators: str | None = None,
    budget: int = 10_000,
    seed: int = 0,
    product: bool = False,
) -> Comparison:
    """Compare the methods on the model ``FILE.py:NAME`` and the rows of a CSV or Parquet file.

    Raises
    ------
    InputError
        A file, name or column that is not there; weights that do not fit.
    """
    model = load_model(target, weights)
    frame = read_frame(data, f"--data {data.name!r}")
    columns = list(frame.columns)
    for name in (*y, *_split(features)):
        if name not in columns:
            raise UnknownNameError.of(str(data), "column", name, columns)
    inputs = _split(features) or [column for column in columns if column not in y]
    chosen: int | str | None = output
    if output is not None and output.lstrip("-").isdigit():
        chosen = int(output)
    return compare(
        model,
        frame[inputs],
        y=frame[list(y)] if y else None,
        output=chosen,
        estimators=_split(estimators) or None,
        budget=budget,
        seed=seed,
        inputs="product" if product else "data",
    )


def load_model(target: str, weights: Path | None = None) -> Any:
    """Return the model that ``FILE.py:NAME`` names: a module, or a class or function making one.

    The file is executed: it is the caller's own code.
    """
    path, colon, name = target.rpartition(":")
    if not colon or not path.endswith(".py") or not name:
        raise InputError(
            f"--model: expected FILE.py:NAME; got {target!r}; for a saved state dict give the "
            f"Python file that defines the module here and the file as --weights"
        )
    if not Path(path).is_file():
        raise InputError(f"--model: expected a Python file; {path!r} is not there")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    except Exception as error:
        raise InputError(
            f"--model: expected {path} to run; it raised {type(error).__name__}: {error}"
        ) from error
    found = vars(module).get(name)
    if found is None:
        public = [key for key, value in vars(module).items() if callable(value)]
        raise UnknownNameError.of(path, "model", name, public)
    if not isinstance(found, nn.Module) and _makes_a_model(found):
        try:
            found = found()
        except Exception as error:
            raise InputError(
                f"--model: expected {name}() in {path} to make the model without arguments; it "
                f"raised {type(error).__name__}: {error}; write a function that does, and name it"
            ) from error
    if weights is not None:
        _load_weights(found, weights, target)
    return found


def _makes_a_model(found: Any) -> bool:
    """Whether it is to be called for the model: a class, or a function that needs nothing."""
    if inspect.isclass(found):
        return True
    needed = [
        p
        for p in inspect.signature(found).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return not needed


def _load_weights(model: Any, path: Path, target: str) -> None:
    if not isinstance(model, nn.Module):
        raise InputError(f"--weights: expected {target} to be a torch module; got {model!r}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            # weights_only: a pickle could run any code; tensors cannot
            state = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(state)
    except Exception as error:
        raise InputError(
            f"--weights: expected a state dict that fits {target} in {path}; "
            f"{type(error).__name__}: {error}; save it with torch.save(model.state_dict(), FILE)"
        ) from error


def _split(names: str | None) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()] if names else []
