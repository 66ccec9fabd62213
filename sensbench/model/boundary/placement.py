"""What a torch model says of the batches it takes: precision, device, width and size."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


def fixed_batch(function: Any) -> int | None:
    """Return the only batch size that a program of ``torch.export`` takes, if it has one."""
    if not isinstance(function, torch.fx.GraphModule):
        return None
    for node in function.graph.nodes:
        shape: Any = getattr(node.meta.get("val"), "shape", ())
        if node.op == "placeholder" and len(shape):
            return shape[0] if isinstance(shape[0], int) else None
    return None


def widest(modules: Sequence[Any]) -> int:
    """Return the most numbers that a layer makes of a row, as far as its weights tell."""
    made = [
        # an embedding has a row of weights for each of its words
        weights.shape[_embeds(layer)]
        for module in modules
        for layer in module.modules()
        for weights in layer.parameters(recurse=False)
        if weights.ndim == 2
    ]
    return max(made, default=1)


def _embeds(layer: nn.Module) -> bool:
    kinds = nn.Embedding, nn.EmbeddingBag
    # TorchScript's modules tell only by name what they were
    scripted = getattr(layer, "original_name", "") in [kind.__name__ for kind in kinds]
    return isinstance(layer, kinds) or scripted


def placement(modules: Sequence[Any]) -> tuple[torch.dtype, torch.device]:
    """Return in which precision and where the modules compute: as their first weights say."""
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                return tensor.dtype, tensor.device
    return torch.float64, torch.device("cpu")


def free_bytes(device: torch.device) -> int | None:
    """Return what memory a device has free; ``None`` for the processor, or where none is told."""
    if device.type != "cuda":  # ROCm's devices have this name too
        return None
    return int(torch.cuda.mem_get_info(device)[0])
