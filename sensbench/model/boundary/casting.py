"""Scaling constants kept as plain attributes, cast to what the module's parameters are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sensbench.model.boundary.private_copy import OWN_OF_MODULE

# Each goes further than the one before it, and is taken only where that one did not do:
# an integer array may be an index, a list of numbers the widths of layers.
STAGES = ("", "floats", "all numbers")
_OWN = OWN_OF_MODULE | {"training"}


def cast_attributes(module: nn.Module, stage: str, dtype: torch.dtype, device: Any) -> None:
    """Cast plain attributes of a private copy, also inside lists and dicts of them.

    ``floats``: float arrays, numpy scalars and tensors. ``all numbers``: also integer arrays and
    lists of numbers.
    """
    if not stage or isinstance(module, torch.jit.ScriptModule):
        return
    for part in module.modules():
        if isinstance(part, torch.jit.ScriptModule):
            continue
        for key, value in list(vars(part).items()):
            if key in _OWN or (key.startswith("_") and key.endswith("hooks")):
                continue
            part.__dict__[key] = _cast(value, stage == "all numbers", dtype, device)
        for key, buffer in part._buffers.items():
            if buffer is not None and buffer.is_floating_point():
                part._buffers[key] = buffer.to(dtype=dtype, device=device)


def _cast(value: Any, everything: bool, dtype: torch.dtype, device: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to(dtype=dtype, device=device) if value.is_floating_point() else value
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind == "f" or (everything and value.dtype.kind in "iu"):
            return torch.as_tensor(np.array(value)).to(dtype=dtype, device=device)
        return value
    if isinstance(value, Mapping) and type(value) is dict:
        return {k: _cast(v, everything, dtype, device) for k, v in value.items()}
    if type(value) in (list, tuple):
        if everything and value and all(type(v) in (int, float) for v in value):
            return torch.tensor(value, dtype=dtype, device=device)
        return type(value)(_cast(v, everything, dtype, device) for v in value)
    return value
