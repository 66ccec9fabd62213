"""Does the function change in jumps that its slope knows nothing of, as rounding makes them?

A line is walked in each feature, and where the function changes by more than its slope says, the
cell is halved until its ends are neighbouring numbers. A jump remains a jump; a narrow ramp (a
saturated tanh) does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.model.boundary.guards import DerivativeMismatch, Slopes

# of what is walked at once
_MOST_NUMBERS = 2**22
# slopes are first taken at so many points' distance
_EVERY = 4


@dataclass(frozen=True)
class Lines:
    """Lines through some points, in each of the features.

    Attributes
    ----------
    paths
        The points of the lines, ``(features, points, d)``: a feature's lines one after the other.
    per_line
        How many points a line has.
    """

    features: list[int]
    paths: Float[np.ndarray, "f p d"]
    per_line: int

    @property
    def apart(self) -> Bool[np.ndarray, " r"]:
        """Which of the rows are ends and every fourth point of their line."""
        at = np.arange(self.paths.shape[1]) % self.per_line
        return np.tile((at % _EVERY == 0) | (at == self.per_line - 1), len(self.features))

    def of(self, some: Bool[np.ndarray, " f"]) -> "Lines":
        """Return the lines of some of the features."""
        features = [f for f, taken in zip(self.features, some, strict=True) if taken]
        return Lines(features, self.paths[some], self.per_line)

    @property
    def which(self) -> Int[np.ndarray, " r"]:
        """The feature of each row's line."""
        return np.repeat(self.features, self.paths.shape[1])

    def at_points(self, J: Float[np.ndarray, "m o d"]) -> Float[np.ndarray, "f m o"]:
        """Return the slopes at other points in each line's feature."""
        return J[:, :, self.features].transpose(2, 0, 1)

    @property
    def rows(self) -> Float[np.ndarray, "r d"]:
        """The points of the lines, one after the other."""
        return self.paths.reshape(-1, self.paths.shape[2])


def jumps(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    low: Float[np.ndarray, " d"],
    high: Float[np.ndarray, " d"],
    features: Sequence[int],
) -> list[DerivativeMismatch]:
    """Return the pairs whose function changes in jumps that its slope knows nothing of.

    Along a line in each feature from ``low`` to ``high``: one jump is enough where the slope is 0
    all along; else there must be a staircase of them, for a single threshold in a model leaves
    its slopes on either side right.
    """
    mismatches = list[DerivativeMismatch]()
    for walk in lines(s, points, low, high, features):
        F, P, d = walk.paths.shape
        also = np.repeat(points[None], F, axis=0).reshape(-1, d)
        which = np.concatenate([walk.which, np.repeat(walk.features, len(points))])
        slope = s.along(np.concatenate([walk.rows, also]), which)
        at_points = slope[F * P :].reshape(F, len(points), -1)
        mismatches += jumps_on(s, walk, s.values(walk.rows), slope[: F * P], at_points)
    return mismatches


def lines(
    s: Slopes,
    points: Float[np.ndarray, "m d"],
    low: Float[np.ndarray, " d"],
    high: Float[np.ndarray, " d"],
    features: Sequence[int],
) -> Iterator[Lines]:
    """Yield the lines of as many features as are walked at once."""
    d = points.shape[1]
    at_once = max(1, _MOST_NUMBERS // (s.lines * s.line_points * d))
    for k in range(0, len(features), at_once):
        block = list(features[k : k + at_once])
        F = len(block)
        paths = np.repeat(points[None, : s.lines, None], F, axis=0).repeat(s.line_points, axis=2)
        walked = np.linspace(low[block], high[block], s.line_points, axis=1)
        paths[np.arange(F), :, :, block] = walked[:, None]
        yield Lines(block, s.rounded(paths.reshape(-1, d)).reshape(F, -1, d), s.line_points)


def doubtful(
    s: Slopes, walk: Lines, values: Float[np.ndarray, "r o"], slopes: Float[np.ndarray, "a o"]
) -> Bool[np.ndarray, " f"]:
    """Return the features whose lines need slopes at all points, from some of the slopes.

    Between the points ``walk.apart`` the slope is taken to be a straight line. A change that it
    does not explain to twice what :func:`jumps_on` asks for is a doubt: curvature, mostly.
    """
    F, P, L = len(walk.features), walk.paths.shape[1], walk.per_line
    shape = (F * P // L, L, values.shape[1])
    x = walk.paths[np.arange(F), :, walk.features].reshape(-1, L)
    y, apart = values.reshape(shape), walk.apart[:L]
    known = slopes.reshape(shape[0], -1, shape[2])
    left = np.cumsum(apart) - 1
    right = np.minimum(left + 1, known.shape[1] - 1)
    t = (np.arange(L) - np.flatnonzero(apart)[left]) / _EVERY
    slope = known[:, left] + t[:, None] * (known[:, right] - known[:, left])
    with np.errstate(all="ignore"):
        dx, dy = np.diff(x)[:, :, None], np.diff(y, axis=1)
        rest = np.abs(dy - 0.5 * (slope[:, 1:] + slope[:, :-1]) * dx)
        least = np.maximum(1e3 * s.eps * np.abs(y).max(axis=1), 0.01 * np.ptp(y, axis=1))
        # written so that what is not finite is a doubt
        plain = (rest <= 0.5 * least[:, None]) | (rest <= 0.25 * np.abs(dy))
    return ~plain.reshape(F, -1).all(axis=1)


def jumps_on(
    s: Slopes,
    walk: Lines,
    values: Float[np.ndarray, "r o"],
    slopes: Float[np.ndarray, "r o"],
    at_points: Float[np.ndarray, "f m o"],
) -> list[DerivativeMismatch]:
    """Return the jumps on lines where values and slopes are known, each in its own feature."""
    paths, each = walk.paths, np.arange(len(walk.features))
    Y, G = (a.reshape(*paths.shape[:2], -1) for a in (values, slopes))
    x = paths[each, :, walk.features]
    share = (np.concatenate([G, at_points], axis=1) != 0).mean(axis=1)
    flat = share == 0 if s.exact else share < 0.25
    cells, count = _suspected(s, x, Y, G, flat)
    candidates = [(f, k, cells[f, : count[f, k], k]) for f, k in np.argwhere(count)]
    if not candidates:
        return []
    a = np.concatenate([paths[f][at] for f, _, at in candidates])
    b = np.concatenate([paths[f][at + 1] for f, _, at in candidates])
    outputs = np.concatenate([np.full(len(at), k) for _, k, at in candidates])
    remain = np.split(_remain(s, a, b, outputs), np.cumsum([len(at) for *_, at in candidates])[:-1])
    mismatches = []
    for (f, k, at), jump in zip(candidates, remain, strict=True):
        if jump.all():
            t = int(at[0])
            change = (Y[f, t + 1, k] - Y[f, t, k]) / (x[f, t + 1] - x[f, t])
            mismatches.append(
                DerivativeMismatch(int(k), walk.features[f], float(G[f, t, k]), float(change))
            )
    return mismatches


def _suspected(
    s: Slopes,
    x: Float[np.ndarray, "f p"],
    y: Float[np.ndarray, "f p o"],
    slope: Float[np.ndarray, "f p o"],
    flat: Bool[np.ndarray, "f o"],
) -> tuple[Int[np.ndarray, "f c o"], Int[np.ndarray, "f o"]]:
    """Return the cells of a line that must all hold a jump for it to count, and how many of them.

    None where no jump may be.
    """
    with np.errstate(all="ignore"):
        dx, dy = np.diff(x)[:, :, None], np.diff(y, axis=1)
        rest = dy - 0.5 * (slope[:, 1:] + slope[:, :-1]) * dx
        # jumps that are a small part of the change are a model's own rounding, as in bfloat16
        real = np.isfinite(rest) & (dx > 0) & (np.abs(rest) > 0.5 * np.abs(dy))
        rest = np.where(real, np.abs(rest), 0.0)
        change = np.where(np.isfinite(dy) & (dx > 0), np.abs(dy), 0.0).sum(axis=1)
    finite = np.isfinite(y)
    size = np.where(finite, np.abs(y), 0.0).max(axis=1)
    top = np.where(finite, y, -np.inf).max(axis=1)
    bottom = np.where(finite, y, np.inf).min(axis=1)
    spread = np.where(finite.any(axis=1), top - bottom, 0.0)
    least = np.maximum(1e3 * s.eps * size, 0.01 * spread)[:, None]
    cells = np.argsort(-rest, axis=1)[:, :3]
    large = np.take_along_axis(rest, cells, 1) > least
    in_jumps = np.where(rest > least, rest, 0.0).sum(axis=1)
    stairs = large.all(axis=1) & (in_jumps >= s.jump_share * change)
    return cells, np.where(flat, large[:, 0].astype(int), 3 * stairs)


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
