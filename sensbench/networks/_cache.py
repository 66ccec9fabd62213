"""NetworkCache: trained networks on disk, known by what they learned and how."""

import hashlib
import inspect
import json
import platform
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sensbench import __version__
from sensbench.errors import CacheWarning
from sensbench.files.atomic import write_whole
from sensbench.files.user_cache import VARIABLE, cache_folder
from sensbench.networks._rows import Part


@dataclass(frozen=True, eq=False)
class Kept:
    """What training gave: weights, and ``iterations`` and ``seconds``."""

    weights: Mapping[str, Tensor]
    training: Mapping[str, Any]


class NetworkCache:
    """Trained networks in a folder, one safetensors file each.

    A file that cannot be read, is damaged or is another network's counts as absent, and a folder
    that cannot be written is gone without: both warn (``CacheWarning``), and the network is
    trained. Files appear whole, so that several processes may share a folder.

    Parameters
    ----------
    folder
        By default that in the environment variable ``SENSBENCH_CACHE``, else ``sensbench`` in the
        user's cache folder (on Linux ``~/.cache``). It may be removed at any time.
    """

    def __init__(self, folder: Path | str | None = None):
        self.folder = cache_folder("networks", folder)
        self._writes = True

    def get(self, key: str, like: nn.Module | None = None) -> Kept | None:
        """Return what was kept under the key, if it is there, whole, and fits such a module."""
        path = self._path(key)
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                weights = {name: file.get_tensor(name) for name in file.keys()}
            if metadata.get("digest") != _digest(key, weights, metadata.get("training", "")):
                raise ValueError("its content is not what was written under this name")
            if like is not None and _forms(weights) != _forms(like.state_dict()):
                raise ValueError("its weights are not those of such a network")
            training = json.loads(metadata["training"])
            return Kept(weights, {name: training[name] for name in ("iterations", "seconds")})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:  # safetensors and the system each raise kinds of their own
            _warn(f"cannot read {path}: {type(error).__name__}: {error}; training again")
            return None

    def put(self, key: str, weights: Mapping[str, Tensor], training: Mapping[str, Any]) -> None:
        """Keep a network under the key, unless an earlier one could not be."""
        if not self._writes:
            return
        told = json.dumps(dict(training))
        metadata = {"training": told, "digest": _digest(key, weights, told)}
        try:
            write_whole(self._path(key), save(_plain(weights), metadata))
        except OSError as error:
            self._writes = False
            _warn(
                f"cannot write to {self.folder}: {error}; networks are not kept for other studies; "
                f"set {VARIABLE} to a folder that can be written"
            )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"


def key_of(
    kind: type, name: str, params: Mapping[str, Any], parts: Sequence[Part], seed: int
) -> str:
    """Return the content hash of all that decides the weights' bits.

    The rows stand for the problem: they change with its name, parameters, data and code, also for
    a function without a name. The code of the networks counts too, so that an edited training
    loop does not return what an earlier one learned.
    """
    said = {
        "network": [name, dict(params)],
        "seed": seed,
        "versions": [__version__, torch.__version__, platform.machine()],
        "code": [_code(Path(__file__).parent), _code(Path(inspect.getfile(kind)))],
    }
    found = hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode())
    for part in parts:
        for values in (part.X, part.y, part.slopes, part.sloping):
            if values is not None:
                found.update(f"{values.shape}{values.dtype}".encode())
                found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()[:32]


@cache
def _code(path: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
        found.update(file.read_bytes())
    return found.hexdigest()


def _digest(key: str, weights: Mapping[str, Tensor], training: str) -> str:
    """Return the hash of what is kept and of the name it is kept under."""
    told = json.dumps([key, training]).encode()
    return hashlib.sha256(save(_plain(weights)) + told).hexdigest()


def _forms(weights: Mapping[str, Tensor]) -> dict[str, tuple[Any, ...]]:
    return {name: (value.shape, value.dtype) for name, value in weights.items()}


def _plain(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().contiguous() for name, value in weights.items()}


def _warn(message: str) -> None:
    warnings.warn(f"network cache: {message}", CacheWarning, stacklevel=3)
