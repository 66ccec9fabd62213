"""Does what claims to be the derivative agree with how the function really changes?

Automatic differentiation returns a confident wrong number where a forward pass detaches, rounds,
casts or brings its own backward. Central differences find these:

1. On a few points in every feature, at several steps. A slope is wrong where it differs from the
   difference at the steps to be believed by more than their error and :func:`tolerance`. Rounding,
   kinks and steep places make the error larger, and the check coarser, never an alarm.
2. On many rows along one random direction each, for what is cut off on a part of the rows only. A
   row that looks wrong is then looked at as in 1, with points around it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.model.boundary.finite_differences import Values

_LARGEST_STEP, _RATIO, _MOST_STEPS = 0.25, 0.25, 14
_FEATURES_CHECKED = 64  # one by one; of more, a sample
_FEATURES_SAMPLED = 16
_FINEST = 1e-4
# A share of 5 % of the rows is among so many with probability 1 - 0.95^150 = 0.9995.
ROWS_LOOKED_AT, _ROWS_SUSPECTED, _POINTS_AROUND = 150, 3, 4
_MOST_NUMBERS = 2**22


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
        Rows and a feature for each to the slopes in it, ``(n, o)``.
    exact
        Whether a slope of 0 is exact, as from autograd; a finite difference may straddle a jump.
    lines, line_points
        How many lines are walked in each feature, and in how many points.
    jump_share
        Jumps between which the slope is not 0 count where they make up so much of the change.
    """

    values: Values
    slopes: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n o d"]]
    rounded: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n d"]]
    along: Callable[[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]], Float[np.ndarray, "n o"]]
    eps: float
    exact: bool = True
    lines: int = 2
    line_points: int = 33
    jump_share: float = 0.0


@dataclass(frozen=True)
class DerivativeMismatch:
    """One (output, feature) pair whose slope is wrong: what was claimed, what is found."""

    output: int
    feature: int
    claimed: float
    found: float


def tolerance(eps: float) -> float:
    """Return the relative error of a slope that is found in a function of precision ``eps``.

    1e-4 in float64, 1e-3 in float32, 0.1 in float16, 0.3 in bfloat16: what is left of the digits in
    the best of the differences; in float64 more, since solvers inside a model rarely go further.
    Of functions that round more than their type does, less is found.
    """
    return max(_FINEST, 3 * eps**0.5)


def wrong_slopes(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    scale: Float[np.ndarray, " d"],
    features: Sequence[int],
    here: tuple[Float[np.ndarray, "m o"], Float[np.ndarray, "m o d"]] | None = None,
) -> list[DerivativeMismatch]:
    """Return the pairs where slopes and central differences disagree at most of the points.

    With many features a random subset is checked, and random directions for the others; where
    a direction is off, all features are checked. ``here`` are values and slopes at the points.
    """
    Y, claimed = (s.values(points), s.slopes(points)) if here is None else here
    chosen = list(features)
    rng = np.random.default_rng(1)
    if len(chosen) > _FEATURES_CHECKED:
        some = some_features(chosen)
        directions = np.zeros((8, points.shape[1]))
        directions[:, chosen] = rng.choice([-1.0, 1.0], (8, len(chosen))) * scale[chosen]
        G = np.einsum("mod,fd->mfo", claimed, directions)
        if not _disagree(s, points, Y, directions, G)[0].any():
            chosen = some
    mismatches: list[DerivativeMismatch] = []
    for start in range(0, len(chosen), _FEATURES_CHECKED):
        block = chosen[start : start + _FEATURES_CHECKED]
        directions = np.zeros((len(block), points.shape[1]))
        directions[np.arange(len(block)), block] = scale[block]
        G = claimed[:, :, block].transpose(0, 2, 1) * scale[block][:, None]
        off, row, best = _staged(s, points, Y, directions, G)
        for f, k in np.argwhere(off):
            r, size = row[f, k], scale[block[f]]
            mismatches.append(
                DerivativeMismatch(int(k), block[f], G[r, f, k] / size, best[r, f, k] / size)
            )
    return mismatches


def _staged(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    here: Float[np.ndarray, "m o"],
    directions: Float[np.ndarray, "f d"],
    claimed: Float[np.ndarray, "m f o"],
) -> tuple[Bool[np.ndarray, "f o"], np.ndarray, Float[np.ndarray, "p f o"]]:
    """Compare at half of the points, and at all where these leave a doubt.

    A pair is off at more than half of the points that decide: not where half of all agree.
    """
    half = len(points) - len(points) // 2
    off, row, best, agree = _disagree(s, points[:half], here[:half], directions, claimed[:half])
    if not agree:
        off, row, best, _ = _disagree(s, points, here, directions, claimed)
    return off, row, best


def wrong_rows(
    s: Slopes,
    rows: Float[np.ndarray, "m d"],
    scale: Float[np.ndarray, " d"],
    features: Sequence[int],
    here: tuple[Float[np.ndarray, "m o"], Float[np.ndarray, "m o d"]],
) -> list[DerivativeMismatch]:
    """Return the pairs that are wrong around any of the rows, which each show one direction."""
    rng, chosen = np.random.default_rng(3), list(features)
    U = np.zeros_like(rows)
    U[:, chosen] = rng.choice([-1.0, 1.0], (len(rows), len(chosen))) * scale[chosen]
    Y, claimed = here
    G = np.einsum("mod,md->mo", claimed, U)
    # the step at which what is rounded and what is left of the curve are alike, and a longer one
    steps = s.eps ** (1 / 3) / len(chosen) ** 0.5 * np.array([4.0, 1.0])
    with np.errstate(all="ignore"):
        # the shorter one alone clears nearly every row: its error is its noise at the least
        d = _differences(s, rows, Y, U[:, None], steps[1:], s.eps)
        D, noise = d.slopes[:, 0, 0], d.noise[:, 0, 0]
        terms = np.einsum("mod,md->mo", np.abs(claimed), np.abs(U))
        allowed = 0.1 * tolerance(s.eps) * np.fmax(np.abs(D), np.abs(G)) + 100 * s.eps * terms
        gap = np.abs(D - G)
        doubted = (gap > 6 * noise + allowed).any(axis=1)
        if not doubted.any():
            return []
        rows, U, G, gap, allowed = (a[doubted] for a in (rows, U, G, gap, allowed))
        # of each: differences from either side, what they may be off by
        d = _differences(s, rows, Y[doubted], U[:, None], steps, s.eps)
        D, A, noise = (a[:, 0] for a in (d.slopes, d.bends, d.noise))
        error = np.abs(D[:, 0] - D[:, 1]) + np.abs(A[:, 1] - A[:, 0] / 4) + 2 * noise[:, 1]
        size = np.fmax(np.abs(D[:, 1]), np.abs(G))
        ratio = np.where(gap > 3 * error + allowed, gap / size, 0.0).max(axis=1)
    for r in np.argsort(-ratio)[:_ROWS_SUSPECTED]:
        if not ratio[r] > 0:
            break
        around = np.repeat(rows[r : r + 1], _POINTS_AROUND, axis=0)
        shift = 2e-3 * rng.uniform(-1.0, 1.0, (_POINTS_AROUND, len(chosen))) * scale[chosen]
        around[:, chosen] += shift
        mismatches = wrong_slopes(s, s.rounded(around), scale, chosen)
        if mismatches:
            return mismatches
    return []


def rows_to_look_at(d: int) -> int:
    """Return how many rows are looked at: fewer where they are very wide."""
    return min(ROWS_LOOKED_AT, max(4, _MOST_NUMBERS // d))


def some_features(features: Sequence[int]) -> list[int]:
    """Return all features where they are few, else a sample that is always the same."""
    if len(features) <= _FEATURES_CHECKED:
        return list(features)
    rng = np.random.default_rng(2)
    return sorted(rng.choice(list(features), _FEATURES_SAMPLED, replace=False).tolist())


@dataclass(frozen=True)
class _Differences:
    """Central differences of several steps per unit of a direction, ``(m, f, steps, o)``.

    Attributes
    ----------
    slopes
        (f(x + h) - f(x - h)) / 2h.
    bends
        (f(x + h) - f(x)) / h - (f(x) - f(x - h)) / h: goes with h, except across a kink.
    noise
        What rounding may do to a slope.
    """

    slopes: Float[np.ndarray, "m f s o"]
    bends: Float[np.ndarray, "m f s o"]
    noise: Float[np.ndarray, "m f s o"]


def _differences(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    here: Float[np.ndarray, "m o"],
    directions: Float[np.ndarray, "m f d"],
    steps: Float[np.ndarray, " s"],
    eps: float,
) -> _Differences:
    move = directions[:, :, None] * steps[:, None]
    x, shape = points[:, None, None], (*move.shape[:3], -1)
    high, low = (s.rounded(z.reshape(-1, points.shape[1])) for z in (x + move, x - move))
    norm = (directions**2).sum(axis=2)[:, :, None]
    rise, fall = s.values(np.concatenate([high, low])).reshape(2, *shape)
    y = here[:, None, None]
    with np.errstate(all="ignore"):
        # how far the rounded points really moved, in units of the direction
        up, down = (
            np.where(moved > 0, moved, np.nan)[..., None]
            for moved in (
                ((z.reshape(move.shape) - x) * sign * directions[:, :, None]).sum(-1) / norm
                for z, sign in ((high, 1.0), (low, -1.0))
            )
        )
        width = up + down
        D = (rise - fall) / width
        A = (rise - y) / up - (y - fall) / down
        noise = 4 * eps * np.maximum(np.abs(rise), np.abs(fall))
        # what is inside may round more than the type: as the differences at small steps show
        small = steps <= eps ** (1 / 3)
        if small.sum() > 1:
            apart = np.abs(np.diff(D[:, :, small], axis=2)) * width[:, :, small][:, :, 1:]
            apart = np.where(np.isfinite(apart), apart, 0.0)
            noise = np.maximum(noise, apart.max(axis=(0, 1, 2)))
        noise = noise / width
        D, A, noise = (np.where(np.isfinite(a), a, np.nan) for a in (D, A, noise))
    return _Differences(D, A, noise)


def _disagree(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    here: Float[np.ndarray, "m o"],
    directions: Float[np.ndarray, "f d"],
    claimed: Float[np.ndarray, "m f o"],
) -> tuple[Bool[np.ndarray, "f o"], np.ndarray, Float[np.ndarray, "m f o"], bool]:
    """Compare changes per unit of ``directions``, which are one spread long in each feature.

    Returns which pairs are off, the row where each is most, the best finite difference, and
    whether all slopes agree at all points.
    """
    steps = _LARGEST_STEP * _RATIO ** np.arange(_MOST_STEPS)
    steps = steps[(steps > 0.1 * s.eps**0.5) | (np.arange(_MOST_STEPS) < 2)]
    everywhere = np.broadcast_to(directions, (len(points), *directions.shape))
    d = _differences(s, points, here, everywhere, steps, s.eps)
    rtol = tolerance(s.eps)
    with np.errstate(all="ignore"):
        D, noise, G = d.slopes[:, :, 1:], d.noise[:, :, 1:], claimed[:, :, None, :]
        # the step whose neighbour says nearly the same is the one to believe: a kink between them
        # shows in the slopes, one at the point itself in how they bend
        bent = np.abs(d.bends[:, :, 1:] - _RATIO * d.bends[:, :, :-1])
        error = np.abs(np.diff(d.slopes, axis=2)) + bent + 2 * noise
        # and what a shorter step sees that this one is too long for
        for j in range(D.shape[2] - 1):
            unseen = np.abs(D[:, :, j + 1 :] - D[:, :, j, None]) - 3 * noise[:, :, j + 1 :]
            error[:, :, j] = np.fmax(error[:, :, j], np.fmax.reduce(unseen, axis=2, initial=0.0))
        error = np.where(np.isfinite(error), error, np.inf)
        at = error.argmin(axis=2)[:, :, None]
        best = np.take_along_axis(D, at, 2)[:, :, 0]
        least = np.take_along_axis(error, at, 2)[:, :, 0]
        size = np.fmax(np.abs(best), np.abs(claimed))
        gap = np.abs(best - claimed)
        negligible = min(0.05, 0.3 * s.eps**0.5) * size.max(axis=1, keepdims=True)
        apart = (least < 0.1 * size) & (gap > 3 * least + rtol * size) & (gap > negligible)
        within = gap <= 3 * least + rtol * size
    if not apart.any():  # as with nearly every model
        pairs = np.zeros(apart.shape[1:], bool)
        return pairs, np.zeros(pairs.shape, int), best, bool(within.all())
    with np.errstate(all="ignore"):
        # a step that agrees and is not itself in doubt by as much speaks for the slope
        near = np.abs(D - G) <= rtol * np.fmax(np.abs(D), np.abs(G)) + 3 * noise
        sure = np.maximum(error, 3 * noise) <= np.maximum(gap, 10 * least)[:, :, None] / 3
        agree = (near & sure).any(axis=2) | _supported(d, steps, claimed, best, s.eps)
        off = ~agree & apart
    decided = (agree | within | off).sum(axis=0)
    pairs = (off.sum(axis=0) > 0.5 * decided) & (off.sum(axis=0) >= min(2, len(points)))
    return pairs, np.where(off, gap, -1.0).argmax(axis=0), best, False


def _supported(
    d: _Differences,
    steps: Float[np.ndarray, " s"],
    claimed: Float[np.ndarray, "m f o"],
    best: Float[np.ndarray, "m f o"],
    eps: float,
) -> Bool[np.ndarray, "m f o"]:
    """Whether other steps speak for the slope claimed, against the one that looked the best.

    What rounds inside, as to bfloat16, is flat between its steps: there it is the longer steps that
    tell. What oscillates fast is told by the two shortest. In half precision any step will do.
    """
    D, G = d.slopes, claimed[:, :, None]
    with np.errstate(all="ignore"):
        nearer = np.abs(D - G) < 0.5 * np.abs(D - best[:, :, None])
        middle = (steps < 0.1) & (steps > 2e-3)
        supported = nearer[:, :, middle].mean(axis=2) > 0.5
        supported |= nearer[:, :, -2:].all(axis=2)
        far = np.abs(best - claimed) > 0.05 * np.fmax(np.abs(best), np.abs(claimed))
        h = steps[middle][:, None]
        to_claimed, to_best = (
            (np.abs(D - at)[:, :, middle] * h).sum(axis=2) for at in (G, best[:, :, None])
        )
        supported |= far & (to_claimed < 0.5 * to_best)
        if eps > 1e-4:
            # a ramp narrower than the shortest step shows by what this one sees of it
            more = (D[:, :, -1] - best) * np.sign(claimed - best)
            supported |= more > 0.5 * d.noise[:, :, -1]
            most = np.fmax(np.nanmax(np.abs(D), axis=2, keepdims=True, initial=0.0), np.abs(G))
            near = np.abs(D - G) <= tolerance(eps) * np.fmax(np.abs(D), np.abs(G)) + 3 * d.noise
            supported |= (near & (d.noise < 0.1 * most)).any(axis=2)
    return supported
