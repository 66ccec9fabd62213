"""Interval: what the ends of an estimate mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sensbench.errors import require

Covers = Literal["sampling", "design", "targets", "refit"]
COVERS: tuple[Covers, ...] = get_args(Covers)

# What most intervals cover: the rows of a sample, or the points of a design.
SAMPLING: frozenset[Covers] = frozenset({"sampling"})
DESIGN: frozenset[Covers] = frozenset({"design"})


@dataclass(frozen=True)
class Interval:
    """How the ends of an estimate were found, and which of its uncertainties they hold.

    Attributes
    ----------
    level
        The share of repetitions in which the ends are to enclose the quantity, such as 0.95.
    method
        How, in the field's words: "percentile bootstrap", "delta method" …
    covers
        What was varied: the ``"sampling"`` of the rows, the points of the ``"design"``, the
        measured ``"targets"``, a ``"refit"`` of the model. What is not named is not covered.
    resamples
        How often, where something was resampled.
    """

    level: float
    method: str
    covers: frozenset[Covers]
    resamples: int | None = None

    def __post_init__(self) -> None:
        require(0 < self.level < 1, "Interval", "a level between 0 and 1", self.level)
        require(bool(self.method), "Interval", "a method in words", self.method)
        known = bool(self.covers) and set(self.covers) <= set(COVERS)
        require(known, "Interval", f"covers to be some of {', '.join(COVERS)}", self.covers)
        again = self.resamples is None or self.resamples >= 2
        require(again, "Interval", "resamples as None, or 2 or more", self.resamples)
        object.__setattr__(self, "covers", frozenset(self.covers))

    @property
    def sources(self) -> str:
        """What it covers, in the order of :data:`COVERS`: ``"sampling, targets"``."""
        return ", ".join(source for source in COVERS if source in self.covers)

    def to_plain(self) -> dict[str, Any]:
        """Return plain data that :meth:`from_plain` reads."""
        return {
            "level": self.level,
            "method": self.method,
            "covers": sorted(self.covers),
            "resamples": self.resamples,
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "Interval":
        """Return the interval that :meth:`to_plain` described."""
        return cls(**{**content, "covers": frozenset(content["covers"])})


def check_interval_options(who: str, resamples: int, confidence: float) -> None:
    """Check the two hyper-parameters that every estimator has which resamples."""
    require(isinstance(resamples, int) and resamples >= 2, who, "resamples >= 2", resamples)
    check_confidence(who, confidence)


def check_confidence(who: str, confidence: float) -> None:
    """Check the level of the intervals."""
    require(0 < confidence < 1, who, "confidence between 0 and 1", confidence)
