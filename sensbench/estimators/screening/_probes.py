"""Probes off the grid: an input that no step on it moves may still move the output elsewhere.

With four levels sin(3x) on (-π, π) is 0 at every point of the grid. Of the rows that are drawn
for the output's scale a few are drawn again with one input exchanged; half the mean squared
change, as a share of the variance, is an estimate of the total-order index (Jansen 1999,
doi:10.1016/S0010-4655(98)00154-4), which mu_star·σ_x/σ_y squared is about, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model

# Inputs below that share of a standard deviation are probed.
_SMALL = 0.1
# Rows for probes: up to so many of an input, and that part of the rows for the scale.
_MOST_EACH, _PART = 8, 4
# More than so many times the square of what the grid shows, that is, five times as long a step: the
# square of a linear effect's change is chi-square, and skewed effects have longer tails.
_TIMES = 25.0
# Less than that of the variance is nothing to be missed: 0.01 of mu_star·σ_x/σ_y.
_NEGLIGIBLE = 1e-4
# Where the outputs on the grid spread less, in standard deviations of the draws, it shows nothing.
_FLAT = 0.01


@dataclass(frozen=True, eq=False)
class Seen:
    """Outputs of plain draws, and what the probes say of each input they were asked about.

    Attributes
    ----------
    Y
        Outputs of the plain draws: what the scale is computed from.
    asked
        Inputs probed one by one, or all together where there were not enough rows.
    together
        Whether they were exchanged together.
    squares
        Half the mean squared change, for each of ``asked`` (once, where together).
    """

    Y: Float[np.ndarray, "n o"]
    asked: Int[np.ndarray, " q"]
    together: bool
    squares: Float[np.ndarray, "q_or_1 o"]


def hardly_moving(
    slope: Float[np.ndarray, "o d"], spread: Float[np.ndarray, " o"]
) -> Int[np.ndarray, " q"]:
    """Return the inputs whose effect on the grid is small beside the outputs' spread on it."""
    small = (slope <= _SMALL * spread[:, None]) & (spread > 0)[:, None]
    return np.flatnonzero(small.any(axis=0))


def look(
    model: Model,
    space: InputSpace,
    n: int,
    asked: Int[np.ndarray, " q"],
    rng: np.random.Generator,
) -> Seen:
    """Evaluate ``n`` rows: draws from the marginals, some of them again with inputs exchanged."""
    X = space.sample(n, rng)
    for_probes = n // _PART
    each = min(_MOST_EACH, for_probes // max(len(asked), 1))
    together = len(asked) > 0 and each < 1
    if together:
        each = min(_MOST_EACH, for_probes)
    blocks = [space.blocks[i] for i in asked.tolist()]
    if together:
        blocks = [np.concatenate(blocks)]
    kept = n - each * len(blocks)
    donors = X[kept : kept + each].copy()  # of draws that are not used otherwise
    for k, block in enumerate(blocks):
        rows = X[kept + k * each : kept + (k + 1) * each]
        rows[:] = X[:each]
        rows[:, block] = donors[:, block]
    Y = model(X)
    change = Y[kept:].reshape(len(blocks), each, Y.shape[1]) - Y[:each]
    squares = (change**2).mean(axis=1) / 2 if each else np.zeros((0, Y.shape[1]))
    return Seen(Y[:kept], asked, together, squares)


def missed(
    seen: Seen,
    standardised: Float[np.ndarray, "o d"],
    spread: Float[np.ndarray, " o"],
    varies: Bool[np.ndarray, " o"],
) -> Bool[np.ndarray, "o d"]:
    """Return which inputs move which outputs although the grid says that they do not.

    ``spread`` is the outputs' standard deviation on the grid.
    """
    shown = np.nan_to_num(standardised) ** 2
    overlooked = np.zeros(shown.shape, dtype=bool)
    of_all = seen.Y.var(axis=0)
    share = seen.squares / np.where(varies & (of_all > 0), of_all, np.inf)
    by_probes = share if not seen.together else np.repeat(share, len(seen.asked), axis=0)
    if len(seen.asked):
        overlooked[:, seen.asked] = by_probes.T > _TIMES * shown[:, seen.asked] + _NEGLIGIBLE
    if seen.together:
        # which of them is not known, but what they do together is more than the grid shows
        total = shown[:, seen.asked].sum(axis=1)
        overlooked[:, seen.asked] &= (share[0] > _TIMES * total + _NEGLIGIBLE)[:, None]
    # Beside nothing no input looks small: then none but those of other outputs were asked about.
    flat = varies & (spread < _FLAT * np.sqrt(of_all))
    others = np.isfinite(standardised)
    others[:, seen.asked] = False
    overlooked |= flat[:, None] & others
    return overlooked


def told(found: Bool[np.ndarray, "o d"], features: Sequence[str], outputs: Sequence[str]) -> str:
    """Say which inputs the grid has missed; "" where there is none."""
    parts = []
    for name, row in zip(outputs, found, strict=True):
        named = [repr(f) for f, hidden in zip(features, row, strict=True) if hidden]
        if named:
            more = f" and {len(named) - 8} more" if len(named) > 8 else ""
            parts.append(f"{', '.join(named[:8])}{more} (output {name!r})")
    if not parts:
        return ""
    return (
        f"undefined for {'; '.join(parts[:6])}: steps of the grid hardly move the output, and "
        f"draws off the grid do; mu, mu_star and sigma say nothing of such an input; take another "
        f"number of levels, or sobol"
    )
