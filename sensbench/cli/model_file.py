"""A model from a file: the caller's own Python, or a saved program that cannot run code."""

import importlib.util
import inspect
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sensbench.errors import InputError, UnknownNameError

_SAFE_WAYS = (
    "save the state dict (safetensors, or torch.save(model.state_dict(), FILE)) and give "
    "--model FILE.py:NAME --weights FILE, or save a program with torch.export.save or "
    "torch.jit.save"
)


def load_model(target: str, weights: Path | None = None) -> Any:
    """Return the model that ``FILE.py:NAME``, ``FILE.pt2`` or a TorchScript file holds.

    A Python file is executed: it is the caller's own code. Saved files are never unpickled in a
    way that could run code.

    Raises
    ------
    InputError
        No such file or name; a file that could run code; weights that do not fit.
    """
    if Path(target).suffix in (".pt2", ".pt", ".pth", ".ts"):
        if weights is not None:
            raise InputError(f"--weights: expected none with {target!r}, which has its own")
        return _saved_program(Path(target))
    model = _from_python(target)
    if weights is not None:
        _load_weights(model, weights, target)
    return model


def _from_python(target: str) -> Any:
    path, colon, name = target.rpartition(":")
    if not colon or not path.endswith(".py") or not name:
        raise InputError(
            f"--model: expected FILE.py:NAME, FILE.pt2 or a TorchScript FILE.pt; got {target!r}"
        )
    if not Path(path).is_file():
        raise InputError(f"--model: expected a Python file; {path!r} is not there")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"--model: expected a Python file; got {path!r}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"--model: expected {path} to run; it raised {type(error).__name__}: {error}"
        ) from error
    found = vars(module).get(name)
    if found is None or not (callable(found) or hasattr(found, "predict")):
        public = [key for key, value in vars(module).items() if callable(value)]
        raise UnknownNameError.of(path, "model", name, public)
    if isinstance(found, nn.Module) or not _makes_a_model(found):
        return found
    try:
        return found()
    except Exception as error:
        raise InputError(
            f"--model: expected {name}() in {path} to make the model without arguments; it "
            f"raised {type(error).__name__}: {error}; write a function that does, and name it"
        ) from error


def _makes_a_model(found: Any) -> bool:
    """Whether it is to be called for the model: a class, or a function that needs nothing."""
    if inspect.isclass(found):
        return True
    if not inspect.isroutine(found):
        return False
    needed = [
        p
        for p in inspect.signature(found).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return not needed


def _saved_program(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"--model: expected a saved program; {str(path)!r} is not there")
    if not zipfile.is_zipfile(path):
        raise InputError(f"--model: expected a program in {path}; got something else; {_SAFE_WAYS}")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        exported = any(name.endswith("archive_format") for name in names)
        if exported:
            _refuse_pickles(path, archive)
        elif not any("/code/" in name for name in names):
            raise InputError(
                f"--model: expected a program in {path}; got a pickle, which could run any code "
                f"when it is read; {_SAFE_WAYS}"
            )
    try:
        if exported:
            return torch.export.load(path).module()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript's own future
            return torch.jit.load(str(path), map_location="cpu")
    except Exception as error:
        raise InputError(
            f"--model: expected a program of torch.export or TorchScript in {path}; reading it "
            f"raised {type(error).__name__}: {error}"
        ) from error


def _refuse_pickles(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse the parts that torch.export.load would unpickle without ``weights_only``."""
    for name in archive.namelist():
        content = archive.read(name)
        pickled = False
        if name.endswith("_config.json"):
            parts = json.loads(content).get("config", {}).values()
            pickled = any(part.get("use_pickle") for part in parts)
        elif "/data/sample_inputs/" in name and content:
            try:
                torch.load(io.BytesIO(content), weights_only=True)
            except Exception:
                pickled = True
        elif "/data/constants/" in name:
            # tensors are plain bytes; any other constant is a pickled object
            pickled = not Path(name).name.startswith("tensor_")
        if pickled:
            raise InputError(
                f"--model: expected a program of tensors only in {path}; {name} in it is a "
                f"pickle, which could run any code when it is read; {_SAFE_WAYS}"
            )


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
    except Exception as error:
        raise InputError(
            f"--weights: expected a state dict (tensors only) in {path}; reading it safely raised "
            f"{type(error).__name__}: {error}; {_SAFE_WAYS}"
        ) from error
    try:
        model.load_state_dict(state)
    except Exception as error:
        raise InputError(
            f"--weights: expected a state dict that fits {target} in {path}; "
            f"{type(error).__name__}: {error}"
        ) from error
