"""Which columns of data depend on each other so strongly that independent draws mislead."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float

from sensbench.inputs.rows import differ, means

# Dormann et al. 2013, doi:10.1111/j.1600-0587.2012.07348.x: |r| > 0.7 is where collinearity
# begins to distort; we take the same threshold for "strongly correlated".
STRONG_CORRELATION = 0.7

_ROWS_AT_ONCE = 4096

Pair = tuple[str, str, float]


def strong_pairs(
    X: Float[np.ndarray, "n d"], columns: Sequence[str], features: Sequence[str]
) -> tuple[Pair, ...]:
    """Return strongly correlated columns of different features, with Pearson's r, worst first."""
    if X.shape[1] < 2 or len(X) < 3:
        return ()
    with np.errstate(invalid="ignore"):  # a constant column of a group correlates with nothing
        vary = differ(X)
        r = np.where(vary[:, None] & vary, _correlations(X), 0.0)
    pairs = [
        (columns[i], columns[j], float(r[i, j]))
        for i, j in combinations(range(len(columns)), 2)
        if abs(r[i, j]) > STRONG_CORRELATION and features[i] != features[j]
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair[2])))


def _correlations(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Return Pearson's r of all pairs, without a second copy of the rows."""
    centre = means(X)
    products = np.zeros((X.shape[1], X.shape[1]))
    for start in range(0, len(X), _ROWS_AT_ONCE):
        rows = X[start : start + _ROWS_AT_ONCE] - centre
        products += rows.T @ rows
    size = np.sqrt(np.diag(products))
    return np.clip(products / size / size[:, None], -1.0, 1.0)


def note_of(pairs: Sequence[Pair]) -> str:
    """Say which inputs are strongly correlated and what that means; empty if none are."""
    if not pairs:
        return ""
    named = ", ".join(f"{a} and {b} (r = {r:.2f})" for a, b, r in pairs[:5])
    more = f" and {len(pairs) - 5} more pairs" if len(pairs) > 5 else ""
    return (
        f"strongly correlated inputs: {named}{more}; Sobol', Morris and permutation importance "
        f"treat inputs as independent and so visit combinations that the data do not hold"
    )
