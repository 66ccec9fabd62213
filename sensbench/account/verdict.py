"""Verdict: what one difference is due to, or why that cannot be said."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sensbench.account.chain import StepCause
from sensbench.account.steps import Changes

# Shares that differ by less are not worth an account.
NOTABLE = 0.05
# Fewer rows than this decide a level: its interval means nothing.
_FEW_ROWS = 10.0


class Status(StrEnum):
    """How far a difference is accounted for."""

    EXPLAINED = "explained"
    """Its largest step is clear of noise."""
    ALIKE = "alike"
    """No shares differ by more than noise and ``NOTABLE``."""
    UNCLEAR = "unclear"
    """Shares differ, and no step that could be why is clear of noise."""
    UNDEFINED = "undefined"
    """One of the estimands is not clear of 0 for any input: there are no shares."""


@dataclass(frozen=True)
class Verdict:
    """The feature whose shares differ most, and what that is due to.

    Attributes
    ----------
    cause
        ``None`` unless explained.
    where
        The feature that the cause acts on: most often ``feature`` itself, but a share also changes
        because another feature's importance does.
    few_rows
        Whether it is unclear because fewer than ten rows decide.
    """

    status: Status
    feature: str = ""
    cause: StepCause | None = None
    where: str = ""
    few_rows: bool = False


def judge(changes: Changes, features: tuple[str, ...]) -> Verdict:
    """Return the verdict on one output's difference."""
    if not changes.divisible[[0, -1]].all():
        return Verdict(Status.UNDEFINED)
    notable = (np.abs(changes.gap) > changes.gap_half) & (np.abs(changes.gap) >= NOTABLE)
    if not notable.any():
        return Verdict(Status.ALIKE)
    i = int(np.argmax(np.where(notable, np.abs(changes.gap), 0.0)))
    k = largest_step(changes, i)
    if k is None:
        return Verdict(Status.UNCLEAR, features[i])
    where = changes.acts_on(k, i)
    if _few_rows(changes, k):
        return Verdict(Status.UNCLEAR, features[i], few_rows=True)
    return Verdict(Status.EXPLAINED, features[i], changes.causes[k], features[where])


def largest_step(changes: Changes, feature: int) -> int | None:
    """Return a feature's largest clear step in the direction of its difference."""
    toward = changes.value[:, feature] * np.sign(changes.gap[feature])
    k = int(np.argmax(toward))
    return k if toward[k] > changes.half[k, feature] else None


def _few_rows(changes: Changes, cause: int) -> bool:
    """Whether few rows decide one of the levels that the cause leads from or to."""
    at = sorted({level for edge in changes.edges_of[cause] for level in (edge, edge + 1)})
    matters = changes.share[at] >= NOTABLE
    return bool((changes.effective[at][matters] < _FEW_ROWS).any())
