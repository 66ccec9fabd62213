"""Steps: the difference of two shares as a sum, each part with an interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sensbench.account.chain import Level, StepCause
from sensbench.account.levels import Levels


@dataclass(frozen=True)
class Step:
    """What one cause adds to the share of one feature, from the one method to the other.

    Attributes
    ----------
    where
        The feature that the cause acts on: a share also changes because another feature's
        importance does.
    low, high
        They hold for all features and steps of an output at once. NaN of what ``sampling`` adds:
        the methods' own intervals say how much that may be.
    clear
        Whether they exclude 0.
    """

    feature: str
    cause: StepCause
    value: float
    where: str = ""
    low: float = float("nan")
    high: float = float("nan")
    clear: bool = False


@dataclass(frozen=True, eq=False)
class Changes:
    """The steps of one output as arrays: causes × features.

    Attributes
    ----------
    causes
        In the order of the way; what one cause adds in two places is one step.
    share, of_level
        Shares at every level of the way, and the levels on the scale of variance.
    value, half
        The steps, and half the width of their simultaneous intervals.
    gap, gap_half
        The same for the whole difference of shares.
    own
        What a cause adds to a feature itself, on the scale of variance and in parts of the largest
        level: a share may change because another feature does.
    divisible
        Whether there is something to divide at each level.
    """

    causes: tuple[StepCause, ...]
    edges_of: tuple[tuple[int, ...], ...]
    order: tuple[Level, ...]
    share: Float[np.ndarray, "levels d"]
    of_level: Float[np.ndarray, "levels d"]
    value: Float[np.ndarray, "causes d"]
    half: Float[np.ndarray, "causes d"]
    gap: Float[np.ndarray, " d"]
    gap_half: Float[np.ndarray, " d"]
    own: Float[np.ndarray, "causes d"]
    divisible: Bool[np.ndarray, " levels"]
    effective: Float[np.ndarray, "levels d"]

    def acts_on(self, cause: int, feature: int) -> int:
        """Return the feature whose own change moves a feature's share most."""
        own, edges = self.own[cause], self.edges_of[cause]
        ends = [edges[0], edges[-1] + 1]
        part = np.clip(self.share[ends, feature].mean(), 0.0, 1.0)
        moved = -part * own
        moved[feature] += own[feature]
        return int(np.argmax(moved * np.sign(self.value[cause, feature])))


# Negative values of this size, relative to the positive ones, say that a level is noise.
_NOISE = 0.5
# A level is something to divide where an input is so many standard errors above 0.
_CLEAR = 3.0
# The derivative misses a jump where the way is longer than it says, by so many.
_MISSED = 4.0


def changes_of(levels: Levels, output: int, confidence: float) -> Changes:
    """Return the steps of one output, with intervals that hold for all of them together."""
    order = levels.order
    v = np.stack([levels.value[level][output] for level in order])
    resampled = np.stack([levels.resampled[level][:, output] for level in order], axis=1)
    share, shares = _shares(v), _shares(resampled)
    causes = tuple(dict.fromkeys(_causes(levels, v, resampled)))
    named = _causes(levels, v, resampled)
    edges_of = tuple(tuple(k for k, cause in enumerate(named) if cause is one) for one in causes)

    def merged(levels: Float[np.ndarray, "... levels d"]) -> Float[np.ndarray, "... causes d"]:
        steps = np.diff(levels, axis=-2)
        return np.stack([steps[..., list(at), :].sum(axis=-2) for at in edges_of], axis=-2)

    value, values = merged(share), merged(shares)
    gap, gaps = share[-1] - share[0], shares[:, -1] - shares[:, 0]
    scale = np.maximum(v, 0.0).sum(axis=-1, keepdims=True).max()
    return Changes(
        causes, edges_of, order, share, v, value, _half(value, values, confidence),
        gap, _half(gap, gaps, confidence), merged(v) / (scale if scale > 0 else np.nan),
        _divisible(v, resampled), np.stack([levels.effective[one][output] for one in order]),
    )  # fmt: skip


def _causes(
    levels: Levels, v: Float[np.ndarray, "levels d"], resampled: Float[np.ndarray, "r levels d"]
) -> list[StepCause]:
    """Return the cause of every edge; more way than the derivatives say there is, is a jump."""
    causes = [edge.cause for edge in levels.way]
    for k, edge in enumerate(levels.way):
        if edge.cause is StepCause.STEEP_NARROW:
            # a way is no longer than its mean squared slope says, wherever there are no jumps
            rise, rises = np.diff(v, axis=0)[k], np.diff(resampled, axis=1)[:, k]
            if edge.start is Level.LENGTH:
                rise, rises = -rise, -rises
            largest = int(np.argmax(np.abs(rise)))
            if rise[largest] > _MISSED * rises[:, largest].std():
                causes[k] = StepCause.JUMPS
    return causes


def _shares(v: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... d"]:
    total = np.maximum(v, 0.0).sum(axis=-1, keepdims=True)
    return v / np.where(total > 0, total, np.nan)


def _half(
    value: Float[np.ndarray, "..."], resampled: Float[np.ndarray, "r ..."], confidence: float
) -> Float[np.ndarray, "..."]:
    """Return half widths that hold for all at once: the largest |t| over the same resamples."""
    finite = np.isfinite(resampled).reshape(len(resampled), -1).all(axis=1)
    if finite.sum() < len(resampled) / 2:
        return np.full(value.shape, np.nan)
    resampled = resampled[finite]
    error = resampled.std(axis=0)
    # what only rounding moves is no step
    moving = error > 1e-9
    if not moving.any():
        return np.full(value.shape, 1e-9)
    t = np.abs(resampled - value)[:, moving] / error[moving]
    return np.where(moving, np.quantile(t.max(axis=1), confidence) * error, 1e-9)


def _divisible(
    v: Float[np.ndarray, "levels d"], resampled: Float[np.ndarray, "r levels d"]
) -> Bool[np.ndarray, " levels"]:
    positive, negative = (np.maximum(sign * v, 0.0).sum(axis=1) for sign in (1, -1))
    clear = (v > _CLEAR * resampled.std(axis=0)).any(axis=1)
    return (positive > 0) & (negative <= _NOISE * positive) & clear
