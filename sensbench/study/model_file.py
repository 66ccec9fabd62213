"""A model from a file: the caller's own Python, or a saved program that the caller trusts."""

import importlib.util
import inspect
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sensbench.errors import InputError, UnknownNameError

_SAVED = (".pt2", ".pt", ".pth", ".ts")
_SAFE_WAY = (
    "save the state dict (safetensors, or torch.save(model.state_dict(), FILE)) and give "
    "--model FILE.py:NAME --weights FILE"
)


def load_model(target: str, weights: Path | None = None, *, trust: bool = False) -> Any:
    """Return the model that ``FILE.py:NAME``, ``FILE.pt2`` or a TorchScript file holds.

    A Python file is executed: it is the caller's own code. So is a saved program, which the caller
    must say to trust: torch evaluates expressions in a .pt2 and may unpickle parts of it, and
    TorchScript has operators that write files. Weights are read without running anything.

    Raises
    ------
    InputError
        No such file or name; a saved program without ``trust``; weights that do not fit.
    """
    if Path(target).suffix.lower() in _SAVED:
        if weights is not None:
            raise InputError(f"--weights: expected none with {target!r}, which has its own")
        return _saved_program(Path(target), trust)
    model = _from_python(target)
    if weights is not None:
        _load_weights(model, weights, target)
    return model


def _from_python(target: str) -> Any:
    path, colon, name = target.rpartition(":")
    if not colon or not path.endswith(".py") or not name:
        raise InputError(
            f"--model: expected FILE.py:NAME, or --trust with FILE.pt2 or a TorchScript FILE.pt; "
            f"got {target!r}"
        )
    if not Path(path).is_file():
        raise InputError(f"--model: expected a Python file; {path!r} is not there")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"--model: expected a Python file; got {path!r}")
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    _ran(lambda: loader.exec_module(module), f"--model: expected {path} to run; it")
    named = vars(module).get(name)
    if named is None or not (callable(named) or hasattr(named, "predict")):
        public = [key for key, value in vars(module).items() if callable(value)]
        raise UnknownNameError.of(path, "model", name, public)
    if isinstance(named, nn.Module) or not _makes_a_model(named):
        return named
    return _ran(
        named,
        f"--model: expected {name}() in {path} to make the model without arguments; it",
        "write a function that does, and name it",
    )


def _makes_a_model(value: Any) -> bool:
    """Whether it is to be called for the model: a class, or a function that needs nothing."""
    if inspect.isclass(value):
        return True
    if not inspect.isroutine(value):
        return False
    needed = [
        p
        for p in inspect.signature(value).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return not needed


def _saved_program(path: Path, trust: bool) -> Any:
    if not path.is_file():
        raise InputError(f"--model: expected a saved program; {str(path)!r} is not there")
    if not trust:
        raise InputError(
            f"--model: expected --trust with the saved program {path}: code in it is executed, as "
            f"if you ran it; got no --trust; if you do not know where the file comes from, "
            f"{_SAFE_WAY}"
        )
    model = _ran(
        lambda: _program(path),
        f"--model: expected a program of torch.export or TorchScript, or a pickled model, in "
        f"{path}; reading it",
    )
    if isinstance(model, torch.export.ExportedProgram):
        return model.module()
    if not callable(model) and not hasattr(model, "predict"):
        raise InputError(
            f"--model: expected a model in {path}; got {type(model).__name__}; weights alone go "
            f"with the code of their model: --model FILE.py:NAME --weights {path}"
        )
    return model


def _program(path: Path) -> Any:
    """Return what a trusted file holds, by what is in it."""
    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    exported = any(name.endswith(("archive_format", "serialized_exported_program.json"))
                   for name in names)  # fmt: skip
    if exported or path.suffix.lower() == ".pt2":
        return torch.export.load(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript's own future
        if any("/code/" in name for name in names):
            return torch.jit.load(str(path), map_location="cpu")
        return torch.load(path, map_location="cpu", weights_only=False)


def _load_weights(model: Any, path: Path, target: str) -> None:
    if not isinstance(model, nn.Module):
        raise InputError(f"--weights: expected {target} to be a torch module; got {model!r}")
    state = _ran(
        lambda: _state(path),
        f"--weights: expected a state dict (tensors only) in {path}; reading it safely",
        _SAFE_WAY,
    )
    _ran(
        lambda: model.load_state_dict(state),
        f"--weights: expected a state dict that fits {target} in {path}; loading it",
    )


def _state(path: Path) -> Any:
    """Return the tensors of a file without running anything that is in it."""
    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    if tarfile.is_tarfile(path):
        # torch before 2.6 unpickled this layout in full even with weights_only
        raise ValueError("it is in the layout of torch 0.1, a tar archive")
    if zipfile.is_zipfile(path):
        _require_plain(path)
    # weights_only: a pickle could run any code; tensors cannot
    return torch.load(path, map_location="cpu", weights_only=True)


def _require_plain(path: Path) -> None:
    """Refuse what torch.save never writes: programs, and parts that unfold to more than is there.

    Nothing of an archive is written to disk by torch, so the names of its parts are harmless.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if any("/code/" in part.filename or part.filename.endswith("constants.pkl") for part in parts):
        raise ValueError("it is a TorchScript program")
    declared = sum(part.file_size for part in parts)
    if declared > path.stat().st_size:
        raise ValueError(f"its parts unfold to {declared:,} bytes, more than the file has")


def _ran(call: Callable[[], Any], expected: str, advice: str = "") -> Any:
    """Run what is the caller's; whatever it raises, sys.exit too, is an error in our words."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = " ".join(str(error).split()) or "nothing said"
        raise InputError(
            f"{expected} raised {type(error).__name__}: {message}{advice and f'; {advice}'}"
        ) from error
