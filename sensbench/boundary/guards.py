"""Does what claims to be the derivative agree with how the function really changes?

Automatic differentiation returns a confident wrong number where a forward pass detaches, rounds,
casts or brings its own backward. Two checks on a few rows find these:

1. Central differences at several steps. Agreement at any step counts: kinks, float32 and large
   offsets spoil some steps, never all.
2. Steps that the slope knows nothing of, as rounding makes them: a line is walked in each feature,
   and where the function changes by more than its slope says, the cell is halved until its ends are
   neighbouring numbers. A jump remains a jump; a narrow ramp (a saturated tanh) does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sensbench.boundary.finite_differences import Values

_LARGEST_STEP, _RATIO, _MOST_STEPS = 0.25, 0.25, 14
_FEATURES_CHECKED = 64  # one by one; of more, a sample
_FEATURES_SAMPLED = 16


@dataclass(frozen=True)
class Slopes:
    """A function of rows with what claims to be its derivative.

    Attributes
    ----------
    values, slopes
        Rows to ``(n, o)`` and to ``(n, o, d)``.
    rounded
        Rows as the function sees them, in its precision ``eps``.
    along
        Rows and a feature to the slopes in it, ``(n, o)``.
    exact
        Whether a slope of 0 is exact, as from autograd; a finite difference may straddle a jump.
    lines, line_points
        How many lines are walked in each feature, and in how many points.
    """

    values: Values
    slopes: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n o d"]]
    rounded: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n d"]]
    along: Callable[[Float[np.ndarray, "n d"], int], Float[np.ndarray, "n o"]]
    eps: float
    exact: bool = True
    lines: int = 2
    line_points: int = 33


@dataclass(frozen=True)
class Lie:
    """One (output, feature) pair whose slope is wrong: what was claimed, what is found."""

    output: int
    feature: int
    claimed: float
    found: float


def wrong_slopes(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    scale: Float[np.ndarray, " d"],
    features: Sequence[int],
) -> list[Lie]:
    """Return the pairs where slopes and central differences disagree at most of the points.

    With many features a random subset is checked, and random directions for the others; where
    a direction is off, all features are checked.
    """
    claimed = s.slopes(points)
    chosen = list(features)
    rng = np.random.default_rng(1)
    if len(chosen) > _FEATURES_CHECKED:
        some = some_features(chosen)
        directions = np.zeros((8, points.shape[1]))
        directions[:, chosen] = rng.choice([-1.0, 1.0], (8, len(chosen))) * scale[chosen]
        G = np.einsum("mod,fd->mfo", claimed, directions)
        if not _disagree(s, points, directions, G)[0].any():
            chosen = some
    lies: list[Lie] = []
    for start in range(0, len(chosen), _FEATURES_CHECKED):
        block = chosen[start : start + _FEATURES_CHECKED]
        directions = np.zeros((len(block), points.shape[1]))
        directions[np.arange(len(block)), block] = scale[block]
        G = claimed[:, :, block].transpose(0, 2, 1) * scale[block][:, None]
        off, row, best = _disagree(s, points, directions, G)
        for f, k in np.argwhere(off):
            r, size = row[f, k], scale[block[f]]
            lies.append(Lie(int(k), block[f], G[r, f, k] / size, best[r, f, k] / size))
    return lies


def some_features(features: Sequence[int]) -> list[int]:
    """Return all features where they are few, else a sample that is always the same."""
    if len(features) <= _FEATURES_CHECKED:
        return list(features)
    rng = np.random.default_rng(2)
    return sorted(rng.choice(list(features), _FEATURES_SAMPLED, replace=False).tolist())


def _disagree(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    directions: Float[np.ndarray, "f d"],
    claimed: Float[np.ndarray, "m f o"],
) -> tuple[Bool[np.ndarray, "f o"], np.ndarray, Float[np.ndarray, "m f o"]]:
    """Compare changes per unit of ``directions``, which are one spread long in each feature.

    Returns which pairs are off, the row where each is most, and the best finite difference.
    """
    steps = _LARGEST_STEP * _RATIO ** np.arange(_MOST_STEPS)
    steps = steps[(steps > 0.1 * s.eps**0.5) | (np.arange(_MOST_STEPS) < 2)]
    move = steps[:, None] * directions[:, None, :]
    shape = (len(points), *move.shape)
    high = s.rounded((points[:, None, None] + move).reshape(-1, points.shape[1]))
    low = s.rounded((points[:, None, None] - move).reshape(-1, points.shape[1]))
    norm = (directions**2).sum(axis=1)
    with np.errstate(all="ignore"):
        # how far the rounded points really moved, in units of the direction
        width = ((high - low).reshape(shape) * directions[:, None, :]).sum(-1) / norm[:, None]
        width = np.where(width > 0, width, np.nan)[..., None]
        rise, fall = (s.values(z).reshape(*shape[:3], -1) for z in (high, low))
        D = (rise - fall) / width
        noise = 4 * s.eps * np.maximum(np.abs(rise), np.abs(fall)) / width
        D, noise = (np.where(np.isfinite(a), a, np.nan) for a in (D, noise))
        G = claimed[:, :, None, :]
        most = np.fmax(np.nanmax(np.abs(D), axis=2, keepdims=True, initial=0.0), np.abs(G))
        rtol = max(1e-2, 3 * s.eps**0.5)
        informative = noise < 0.1 * most
        near = np.abs(D - G) <= rtol * np.fmax(np.abs(D), np.abs(G)) + 3 * noise
        agree = (informative & near).any(axis=2)
        # the step whose neighbour says nearly the same is the one to believe
        error = np.abs(D[:, :, :-1] - D[:, :, 1:]) + 2 * noise[:, :, 1:]
        error = np.where(np.isfinite(error), error, np.inf)
        at = error.argmin(axis=2)[:, :, None]
        best = np.take_along_axis(D[:, :, 1:], at, 2)[:, :, 0]
        error = np.take_along_axis(error, at, 2)[:, :, 0]
        size = np.fmax(np.abs(best), np.abs(claimed))
        gap = np.abs(best - claimed)
        negligible = min(0.05, 10 * s.eps**0.5) * size.max(axis=1, keepdims=True)
        off = ~agree & (error < 0.1 * size) & (gap > 3 * error + rtol * size) & (gap > negligible)
    decided = (agree | off).sum(axis=0)
    pairs = (off.sum(axis=0) > 0.5 * decided) & (off.sum(axis=0) >= min(2, len(points)))
    return pairs, np.where(off, gap, -1.0).argmax(axis=0), best


def jumps(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    low: Float[np.ndarray, " d"],
    high: Float[np.ndarray, " d"],
    features: Sequence[int],
) -> list[Lie]:
    """Return the pairs whose function changes in jumps that its slope knows nothing of.

    Along a line in each feature from ``low`` to ``high``: one jump is enough where the slope is 0
    all along; else there must be a staircase of them, for a single threshold in a model leaves
    its slopes on either side right.
    """
    lies: list[Lie] = []
    for i in features:
        path = np.repeat(points[: s.lines], s.line_points, axis=0)
        line = np.linspace(low[i], high[i], s.line_points)
        path[:, i] = np.tile(line, len(path) // len(line))
        path = s.rounded(path)
        Y = s.values(path)
        slope = np.concatenate([s.along(path, i), s.along(points, i)])
        for k in range(Y.shape[1]):
            share = float((slope[:, k] != 0).mean())
            flat = share == 0 if s.exact else share < 0.25
            lie = _staircase(s, path, Y[:, k], slope[: len(path), k], i, k, 1 if flat else 3)
            if lie is not None:
                lies.append(lie)
    return lies


def _staircase(
    s: Slopes,
    path: Float[np.ndarray, "p d"],
    y: Float[np.ndarray, " p"],
    slope: Float[np.ndarray, " p"],
    i: int,
    k: int,
    least: int,
) -> Lie | None:
    """Return the lie, if at least so many of the line's cells hold a jump."""
    with np.errstate(all="ignore"):
        dx = np.diff(path[:, i])
        rest = np.diff(y) - 0.5 * (slope[1:] + slope[:-1]) * dx
        # jumps that are a small part of the change are a model's own rounding, as in bfloat16
        real = np.isfinite(rest) & (dx > 0) & (np.abs(rest) > 0.5 * np.abs(np.diff(y)))
        rest = np.where(real, np.abs(rest), 0.0)
    noise = 1e3 * s.eps * np.abs(np.where(np.isfinite(y), y, 0.0)).max()
    spread = np.ptp(y[np.isfinite(y)]) if np.isfinite(y).any() else 0.0
    cells = np.argsort(-rest)[:least]
    if len(cells) < least or (rest[cells] <= max(noise, 0.01 * spread)).any():
        return None
    if not all(_remains(s, path[t], path[t + 1], k) for t in cells):
        return None
    t = int(cells[0])
    return Lie(k, i, float(slope[t]), float((y[t + 1] - y[t]) / dx[t]))


def _remains(s: Slopes, a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"], k: int) -> bool:
    """Whether the change from a to b is a jump: still there when they are next to each other."""
    fa, fb = (float(s.values(z[None])[0, k]) for z in (a, b))
    whole = abs(fb - fa)
    for _ in range(60):
        middle = s.rounded((0.5 * (a + b))[None])[0]
        if (middle == a).all() or (middle == b).all():
            break
        fm = float(s.values(middle[None])[0, k])
        if abs(fm - fa) >= abs(fb - fm):
            b, fb = middle, fm
        else:
            a, fa = middle, fm
    return abs(fb - fa) > max(1e-3 * whole, 100 * s.eps * max(abs(fa), abs(fb)))
