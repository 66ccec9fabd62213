"""Does the function change in jumps that its slope knows nothing of, as rounding makes them?

A line is walked in each feature, and where the function changes by more than its slope says, the
cell is halved until its ends are neighbouring numbers. A jump remains a jump; a narrow ramp (a
saturated tanh) does not.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.model.boundary.guards import Lie, Slopes

# of what is walked at once
_MOST_NUMBERS = 2**22


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
    d, lies = points.shape[1], list[Lie]()
    at_once = max(1, _MOST_NUMBERS // (s.lines * s.line_points * d))
    for start in range(0, len(features), at_once):
        lies += _along(s, points, low, high, list(features[start : start + at_once]))
    return lies


def _along(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    low: Float[np.ndarray, " d"],
    high: Float[np.ndarray, " d"],
    features: list[int],
) -> list[Lie]:
    start = np.repeat(points[: s.lines], s.line_points, axis=0)
    paths = np.repeat(start[None], len(features), axis=0)
    for path, i in zip(paths, features, strict=True):
        path[:, i] = np.tile(
            np.linspace(low[i], high[i], s.line_points), len(start) // s.line_points
        )
    F, P, d = paths.shape
    flat_paths = s.rounded(paths.reshape(-1, d))
    paths = flat_paths.reshape(F, P, d)
    Y = s.values(flat_paths).reshape(F, P, -1)
    also = np.repeat(points[None], F, axis=0).reshape(-1, d)
    which = np.concatenate([np.repeat(features, P), np.repeat(features, len(points))])
    slope = s.along(np.concatenate([flat_paths, also]), which)
    on_path = slope[: F * P].reshape(F, P, -1)
    at_points = slope[F * P :].reshape(F, len(points), -1)
    found = []
    for f, i in enumerate(features):
        for k in range(Y.shape[2]):
            every = np.concatenate([on_path[f, :, k], at_points[f, :, k]])
            share = float((every != 0).mean())
            flat = share == 0 if s.exact else share < 0.25
            cells = _suspected(s, paths[f][:, i], Y[f, :, k], on_path[f, :, k], flat)
            if len(cells):
                found.append((f, i, k, cells))
    if not found:
        return []
    a = np.concatenate([paths[f][cells] for f, _, _, cells in found])
    b = np.concatenate([paths[f][cells + 1] for f, _, _, cells in found])
    outputs = np.concatenate([np.full(len(cells), k) for _, _, k, cells in found])
    remain = np.split(_remain(s, a, b, outputs), np.cumsum([len(c) for *_, c in found])[:-1])
    lies = []
    for (f, i, k, cells), jump in zip(found, remain, strict=True):
        if jump.all():
            t = int(cells[0])
            y, x = Y[f, :, k], paths[f][:, i]
            change = (y[t + 1] - y[t]) / (x[t + 1] - x[t])
            lies.append(Lie(k, i, float(on_path[f, t, k]), float(change)))
    return lies


def _suspected(
    s: Slopes,
    x: Float[np.ndarray, " p"],
    y: Float[np.ndarray, " p"],
    slope: Float[np.ndarray, " p"],
    flat: bool,
) -> Int[np.ndarray, " c"]:
    """Return the cells of a line that must all hold a jump for it to count; none where none may."""
    with np.errstate(all="ignore"):
        dx, dy = np.diff(x), np.diff(y)
        rest = dy - 0.5 * (slope[1:] + slope[:-1]) * dx
        # jumps that are a small part of the change are a model's own rounding, as in bfloat16
        real = np.isfinite(rest) & (dx > 0) & (np.abs(rest) > 0.5 * np.abs(dy))
        rest = np.where(real, np.abs(rest), 0.0)
        change = np.where(np.isfinite(dy) & (dx > 0), np.abs(dy), 0.0).sum()
    noise = 1e3 * s.eps * np.abs(np.where(np.isfinite(y), y, 0.0)).max()
    spread = np.ptp(y[np.isfinite(y)]) if np.isfinite(y).any() else 0.0
    least = max(noise, 0.01 * spread)
    cells = np.argsort(-rest)[: 1 if flat else 3]
    if len(cells) < (1 if flat else 3) or (rest[cells] <= least).any():
        return cells[:0]
    if not flat and rest[rest > least].sum() < s.jump_share * change:
        return cells[:0]
    return cells


def _remain(
    s: Slopes,
    a: Float[np.ndarray, "c d"],
    b: Float[np.ndarray, "c d"],
    outputs: Int[np.ndarray, " c"],
) -> Bool[np.ndarray, " c"]:
    """Whether the changes from a to b are jumps: still there when they are next to each other."""
    a, b, each = a.copy(), b.copy(), np.arange(len(a))
    fa, fb = (s.values(z)[each, outputs] for z in (a, b))
    whole = np.abs(fb - fa)
    open_ = np.ones(len(a), bool)
    for _ in range(60):
        middle = s.rounded(0.5 * (a + b))
        open_ &= ~((middle == a).all(axis=1) | (middle == b).all(axis=1))
        at = np.flatnonzero(open_)
        if not len(at):
            break
        fm = s.values(middle[at])[np.arange(len(at)), outputs[at]]
        lower = np.abs(fm - fa[at]) >= np.abs(fb[at] - fm)
        b[at[lower]], fb[at[lower]] = middle[at[lower]], fm[lower]
        a[at[~lower]], fa[at[~lower]] = middle[at[~lower]], fm[~lower]
    size = np.maximum(np.abs(fa), np.abs(fb))
    return np.abs(fb - fa) > np.maximum(1e-3 * whole, 100 * s.eps * size)
