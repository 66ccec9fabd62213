"""Is one row's output its own, and the same every time? Without that no method means anything."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sensbench.errors import ModelError
from sensbench.model.boundary.finite_differences import Values, scale_of_some

_CANDIDATES = 256


def some_rows(X: Float[np.ndarray, "n d"], count: int) -> Float[np.ndarray, "m d"]:
    """Return ``count`` rows of ``X``, as they are; points near its one row where it has no other.

    As they are, because a model may refuse what is not a row (a one-hot code that is not one).
    """
    rows = X[np.linspace(0, len(X) - 1, min(len(X), count)).astype(int)]
    if len(rows) > 1 and len({row.tobytes() for row in rows + 0.0}) == len(rows):
        return rows
    # of a sample: to sort a million rows takes longer than to evaluate them
    rows = np.unique(X[np.linspace(0, len(X) - 1, min(len(X), _CANDIDATES)).astype(int)], axis=0)
    if len(rows) < 2:
        others = np.flatnonzero((X != X[0]).any(axis=1))
        if not len(others):
            return sample_rows(X, count, range(X.shape[1]))
        rows = X[[0, others[0]]]
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]


def sample_rows(
    X: Float[np.ndarray, "n d"], count: int, features: Sequence[int]
) -> Float[np.ndarray, "m d"]:
    """Return ``count`` rows of ``X``, moved towards other rows in ``features`` alone.

    Between rows, not at them: zeros and whole numbers in data sit on the kinks of ReLU and abs,
    where a central difference is the mean of two slopes. Other features keep their values: they
    may have no others.
    """
    rng = np.random.default_rng(0)
    start = X[np.linspace(0, len(X) - 1, count).astype(int)]
    other = X[rng.choice(len(X), count, replace=len(X) < count)]
    t = rng.uniform(0.05, 0.45, (count, 1))
    between = start + t * (other - start)
    alone = (between == start).all(axis=1, keepdims=True)
    if alone.any():
        jitter = 0.03 * scale_of_some(X) * rng.uniform(-1.0, 1.0, between.shape)
        between = np.where(alone, between + jitter, between)
    points = start.copy()
    columns = list(features)
    points[:, columns] = between[:, columns]
    return points


def near_rows(
    X: Float[np.ndarray, "n d"], count: int, features: Sequence[int]
) -> Float[np.ndarray, "m d"]:
    """Return random rows of ``X`` (at most ``count``), moved a little in ``features`` alone.

    A little, so that they stay where the rows are that something happens to; off the kinks that
    zeros and whole numbers may sit on.
    """
    rng = np.random.default_rng(4)
    rows = X[rng.choice(len(X), min(count, len(X)), replace=False)]
    t = rng.uniform(0.001, 0.01, (len(rows), 1))
    columns = list(features)
    moved = rows + t * (X[rng.integers(len(X), size=len(rows))] - rows)
    rows[:, columns] = moved[:, columns]
    return rows


def check_rows(
    values: Values,
    X: Float[np.ndarray, "n d"],
    who: str,
    outputs: Sequence[str],
    eps: float,
) -> None:
    """Check that outputs are repeatable, and do not depend on the other rows of the batch.

    Differences below 1e-3 of the outputs' spread and 100 roundings of their size are those of
    another order of summation.

    Raises
    ------
    ModelError
        Noise in the outputs; rows that are coupled.
    """
    together, again = values(X), values(X)
    if not np.isfinite(together).all():
        return  # the caller is told of NaN in the rows asked for, by name
    size = np.abs(together).max(axis=0)
    slack = 100 * eps * size
    gap = np.abs(together - again).max(axis=0)
    if (gap > slack).any():
        k = int(np.argmax(gap - slack))
        raise ModelError(
            f"{who}: expected the same outputs for the same rows; got {outputs[k]!r} up to "
            f"{gap[k]:.3g} apart in two calls (dropout or noise inside forward that eval() does "
            f"not turn off, as F.dropout(x) without training=self.training, or a state that each "
            f"call changes); make it deterministic: turn the noise off or fix it outside forward"
        )
    backwards = values(np.concatenate([X[::-1], X[:1]]))[: len(X)][::-1]
    try:
        alone = np.concatenate([values(row[None]) for row in X])
    except ModelError as error:
        raise ModelError(
            f"{who}: expected a model that can be evaluated on one row at a time; {error}"
        ) from error
    slack += 1e-3 * np.ptp(together, axis=0)
    gap = np.maximum(np.abs(alone - together), np.abs(backwards - together)).max(axis=0)
    gap = np.where(np.isnan(gap), np.inf, gap)  # the deviation of one row alone
    if (gap > slack).any():
        k = int(np.argmax(gap - slack))
        raise ModelError(
            f"{who}: expected every row's output to depend on that row alone; {outputs[k]!r} "
            f"changes by up to {gap[k]:.3g} with the other rows of the batch (batch statistics "
            f"such as x.mean(0) or F.batch_norm(training=True), attention over the batch, or "
            f"axis 0 taken for the features); make forward treat rows independently"
        )
