"""How many features a model takes, where it cannot be called on those it was given."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.errors import InputError, ModelError
from sensbench.model.boundary.borrowed import modules_within

_MOST_TRIED, _WIDEST = 12, 4096


class WidthError(InputError, ModelError):
    """The model takes another number of features than the rows have columns."""


def require_width(
    model: Any,
    example: Float[np.ndarray, "n d"],
    features: Sequence[str],
    who: str,
    works: Callable[[Float[np.ndarray, "n w"]], object],
    error: ModelError,
) -> None:
    """Raise a ``WidthError`` if the model can be called on rows of another width.

    Tried are the widths of its layers and of its constants, and the numbers in the error that it
    raised.

    Raises
    ------
    WidthError
        With the number of features that it takes.
    """
    d = example.shape[1]
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    widths = dict.fromkeys([*_widths(model), *_numbers(f"{error} {cause}")])
    tried = [w for w in widths if 1 <= w <= _WIDEST and w != d][:_MOST_TRIED]
    for width in sorted(tried, key=lambda w: w == 1):  # everything broadcasts with 1
        try:
            works(example[:, np.arange(width) % d])
        except Exception:
            continue
        named = ", ".join(features[:8]) + (", …" if d > 8 else "")
        do = "leave out those that are not its inputs" if width < d else "pass all its inputs"
        raise WidthError(
            f"{who}: expected the {width} feature{'s' if width > 1 else ''} that the model takes; "
            f"X has {d} column{'s' if d > 1 else ''} ({named}); {do}, in the model's order (with "
            f"{d}, calling it raised {type(cause).__name__}: {str(cause).splitlines()[0][:200]})"
        ) from error


def _widths(model: Any) -> Iterator[int]:
    """Yield the widths that the layers and constants of a model speak of, in their order."""
    for module in [model] if isinstance(model, nn.Module) else modules_within(model):
        for part in module.modules():
            for name in ("in_features", "num_features", "input_size", "normalized_shape"):
                size = getattr(part, name, None)
                last = size[-1] if isinstance(size, tuple) and size else size
                if isinstance(last, int):
                    yield last
            for value in [*vars(part).values(), *part.buffers(recurse=False)]:
                if isinstance(value, np.ndarray | Tensor) and value.ndim == 1:
                    yield len(value)


def _numbers(text: str) -> Iterator[int]:
    """Yield the whole numbers in an error's text, and the one that an index is short of."""
    numbers = [int(one) for one in re.findall(r"(?<![\w.])\d{1,4}(?![\w.])|(?<=x)\d{1,4}\b", text)]
    yield from numbers
    yield from (int(one) + 1 for one in re.findall(r"index (\d{1,4}) is out of", text))
