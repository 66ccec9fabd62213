"""Which rows SALib 1.6.0's delta analysis takes of an input, drawn from the same random numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_BINS = 10
_STEP_BINS = 5

Rows = Int[np.ndarray, "_"]
Samples = Int[np.ndarray, "samples m"]


@dataclass(frozen=True)
class Draws:
    """Samples of the rows for one input; the first of each is SALib's point, the rest resample.

    Attributes
    ----------
    rows
        Plain bootstrap samples, for delta.
    changed
        Samples that change the input's distribution. ``delta_balanced``: as many rows from each
        of up to ten intervals of the input's range. ``delta_step``: half of the rows from where
        the input is at most 0, half spread over its positive range.
    first_order
        Plain bootstrap samples, for the first-order index.
    reasons
        Why one of ``changed`` is missing.
    """

    rows: Samples
    changed: Mapping[str, Samples]
    first_order: Samples
    reasons: Mapping[str, str]


def draw(
    X: Float[np.ndarray, "n d"], n_samples: int, rng: np.random.RandomState
) -> Iterator[tuple[int, Draws]]:
    """Yield each input that varies, and its samples of the rows.

    SALib gives an input up where its range cannot be cut, and goes on to the next with the same
    random numbers. Such inputs get what is missing at the end: all others get SALib's samples.
    """
    n, d = X.shape
    plain = (n_samples, n)
    given_up: list[tuple[int, Samples | None, dict[str, Samples], dict[str, str]]] = []
    for i in range(d):
        x = X[:, i]
        if x.max() == x.min():
            continue
        changed: dict[str, Samples] = {}
        try:
            changed["delta_balanced"] = _balanced(x, n_samples, rng)
        except _Uneven as error:
            reasons = {"delta_balanced": str(error), "delta_step": str(error)}
            given_up.append((i, None, changed, reasons))
            continue
        rows = rng.randint(n, size=plain)
        few = _few_on_a_side(x)
        if not few:
            try:
                changed["delta_step"] = _step(x, n_samples, rng)
            except _Uneven as error:
                given_up.append((i, rows, changed, {"delta_step": str(error)}))
                continue
        reasons = {"delta_step": few} if few else {}
        yield i, Draws(rows, changed, rng.randint(n, size=plain), reasons)
    for i, drawn, changed, reasons in given_up:
        rows = rng.randint(n, size=plain) if drawn is None else drawn
        yield i, Draws(rows, changed, rng.randint(n, size=plain), reasons)


class _Uneven(Exception):
    """The range of an input cannot be cut into intervals of enough rows."""


def _smallest_class(n: int) -> int:
    return max(int(n * 0.005), 10)


def _balanced(x: Float[np.ndarray, " n"], n_samples: int, rng: np.random.RandomState) -> Samples:
    least = _smallest_class(len(x))
    bins = _intervals(x, _BINS, least)
    _require_even(bins, len(x), least)
    return _from(bins, _even_sizes(bins, len(x)), n_samples, rng)


def _few_on_a_side(x: Float[np.ndarray, " n"]) -> str:
    least, off = _smallest_class(len(x)), int((x <= 0).sum())
    if min(off, len(x) - off) >= least:
        return ""
    return f"{off} rows at most 0 and {len(x) - off} above; {least} of each are needed"


def _step(x: Float[np.ndarray, " n"], n_samples: int, rng: np.random.RandomState) -> Samples:
    n, least = len(x), _smallest_class(len(x)) // 2
    off, on = np.flatnonzero(x <= 0), np.flatnonzero(x > 0)
    half = n // 2
    bins = [on[rows] for rows in _intervals(x[on], _STEP_BINS, least)]
    try:
        _require_even(bins, n - half, least)
    except _Uneven:
        rng.randint(len(off), size=half)  # SALib has drawn these when it gives up
        raise
    return _from([off, *bins], [half, *_even_sizes(bins, n - half)], n_samples, rng)


def _intervals(x: Float[np.ndarray, " m"], n_bins: int, least: int) -> list[Rows]:
    """Rows in equal intervals of the range, joined upwards until each has the least rows."""
    edges = np.linspace(x.min(), x.max(), n_bins + 1)
    interval = np.maximum(np.searchsorted(edges, x, side="left") - 1, 0)
    joined: list[Rows] = []
    waiting: list[Rows] = []
    for j in range(n_bins):
        waiting.append(np.flatnonzero(interval == j))
        if sum(map(len, waiting)) >= least or j == n_bins - 1:
            joined.append(np.concatenate(waiting))
            waiting = []
    return joined


def _require_even(bins: list[Rows], size: int, least: int) -> None:
    if len(bins) < 2:
        raise _Uneven("nearly all rows lie in one interval of its range")
    if size // len(bins) < least:
        raise _Uneven(f"{size} rows are too few for {len(bins)} intervals of at least {least}")


def _even_sizes(bins: list[Rows], size: int) -> list[int]:
    each, more = divmod(size, len(bins))
    # The share of an interval without rows stays undrawn.
    return [(each + (j < more)) * bool(len(rows)) for j, rows in enumerate(bins)]


def _from(
    bins: list[Rows],
    sizes: list[int],
    n_samples: int,
    rng: np.random.RandomState,
) -> Samples:
    """So many rows of each of the bins, with replacement, in the order of the bins."""
    lengths = np.array([len(rows) for rows in bins])
    start = np.repeat(np.cumsum(lengths) - lengths, sizes)
    highs = np.broadcast_to(np.repeat(lengths, sizes), (n_samples, sum(sizes)))
    return np.concatenate(bins)[start + rng.randint(0, highs)]
