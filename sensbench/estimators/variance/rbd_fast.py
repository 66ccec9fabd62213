from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.errors import require
from sensbench.estimator.bootstrap import symmetric
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.problem.problem import Problem

_CHUNK = 4_000_000


@dataclass(frozen=True)
class RbdFast(GivenRows):
    """First-order Sobol' index from given rows: the slow part of y's spectrum along the input.

    Spends n rows, any rows. Sorted along the input, up over every other row and back over the
    others, the output is a periodic signal; the input's effect is in its first harmonics
    (Tarantola et al. 2006, doi:10.1016/j.ress.2005.06.003; for any rows: Plischke 2010,
    doi:10.1016/j.ress.2009.11.005), corrected for what noise puts there (Tissot & Prieur 2012,
    doi:10.1016/j.ress.2012.06.010). The numbers are those of SALib's ``rbd_fast.analyze`` on the
    same rows with the same seed. Intervals: value ± normal quantile times the spread over
    bootstrap samples of half as many rows, which makes them wide. An input of no more values than
    harmonics has none: y jumps along it, the index comes out low, and no spread tells by how much.

    Parameters
    ----------
    harmonics
        How many count as the input's effect: SALib's ``M``.
    shuffle_ties
        Rows of equal input come in random order. ``False``: as SALib, which leaves their order to
        the sort: in a table ordered by y, an input of few values that does nothing then scores
        high. Inputs without equal values are not touched by it.
    resamples, confidence
        As SALib's ``num_resamples`` and ``conf_level``.
    """

    name = "rbd_fast"
    measures = ("first_order",)
    ranks_by = "first_order"

    harmonics: int = 10
    shuffle_ties: bool = True
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        whole = isinstance(self.harmonics, int) and self.harmonics >= 1
        require(whole, self.name, "at least one harmonic", self.harmonics)
        either = isinstance(self.shuffle_ties, bool)
        require(either, self.name, "shuffle_ties true or false", self.shuffle_ties)

    @property
    def needs(self) -> Needs:
        """The bootstrap's half samples must hold twice as many rows as there are harmonics."""
        return Needs("given", minimum_rows=4 * self.harmonics + 2)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        n, d = X.shape
        value = np.full((problem.o, d), np.nan)
        resampled = np.full((self.resamples, problem.o, d), np.nan)
        resampling = np.random.default_rng(int(rng.integers(1, 2**31 - 1)))
        shuffled = rng.permutation(n)
        Y = Y[:, varies]
        for i in range(d):
            x = X[:, i]
            if self.shuffle_ties:
                order = shuffled[np.argsort(x[shuffled], kind="stable")]
            else:
                order = np.argsort(x)
            value[varies, i] = self._first_order(Y[None, _there_and_back(order)])[0]
            resampled[:, varies, i] = self._resampled(x, Y, resampling)
        estimate = symmetric(value, resampled, self.confidence)
        cut = np.array([len(np.unique(X[:, i])) <= self.harmonics for i in range(d)])
        if not self.shuffle_ties or not cut.any():  # without, all is as SALib has it
            return {"first_order": estimate}
        low, high = (np.where(cut, np.nan, end) for end in (estimate.low, estimate.high))
        note = _cut_said(
            [name for name, c in zip(problem.features, cut.tolist(), strict=True) if c]
        )
        remarks = "; ".join(filter(None, [estimate.note, note]))
        return {"first_order": replace(estimate, low=low, high=high, note=remarks)}

    def _resampled(
        self, x: Float[np.ndarray, " n"], Y: Float[np.ndarray, "n o"], rng: np.random.Generator
    ) -> Float[np.ndarray, "resamples o"]:
        size = len(x) // 2
        resampled, left = [], self.resamples
        while left:
            some = min(left, max(1, _CHUNK // (size * Y.shape[1])))
            rows = rng.integers(len(x), size=(some, size))
            # The default sort, of equal values in no order: SALib's.
            order = _there_and_back(np.argsort(x[rows], axis=1))
            resampled.append(self._first_order(Y[np.take_along_axis(rows, order, axis=1)]))
            left -= some
        return np.concatenate(resampled)

    def _first_order(self, signals: Float[np.ndarray, "r n o"]) -> Float[np.ndarray, "r o"]:
        """Share of the first harmonics in the power; the noise's part of them taken out."""
        n = signals.shape[1]
        signals = signals - signals.mean(axis=1, keepdims=True)
        harmonics = np.fft.rfft(signals, axis=1)[:, 1 : self.harmonics + 1]
        # Twice: a real signal has each harmonic at a negative frequency too. The power is the
        # sum of all harmonics (Parseval), the highest included.
        power = n * (signals**2).sum(axis=1)
        share = 2 * (np.abs(harmonics) ** 2).sum(axis=1) / np.where(power > 0, power, np.nan)
        by_chance = 2 * self.harmonics / n
        return share - by_chance / (1 - by_chance) * (1 - share)


def _cut_said(features: list[str]) -> str:
    more = f" and {len(features) - 8} more" if features[8:] else ""
    return (
        f"no interval for {', '.join(features[:8])}{more}: of an input of few values the output "
        f"jumps, and what lies in higher harmonics is missed"
    )


def _there_and_back(order: Int[np.ndarray, "... n"]) -> Int[np.ndarray, "... n"]:
    return np.concatenate([order[..., ::2], order[..., 1::2][..., ::-1]], axis=-1)
