from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import special
from threadpoolctl import threadpool_limits

from sensbench.errors import require
from sensbench.estimator.bootstrap import symmetric
from sensbench.estimator.interval import SAMPLING, Interval, check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators.distribution._copula import Chance, distances
from sensbench.estimators.distribution._delta_rows import draw
from sensbench.estimators.distribution._delta_samples import Binned, delta_of, first_order_of
from sensbench.problem.problem import Problem

_GRID = 100
_MANY_SKIPPED = 0.35
_POINTS = ("resample", "rows")


_METHODS = ("copula", "salib")
_SMOOTHED = "smoothed ranks"


@dataclass(frozen=True)
class Delta(GivenRows):
    """Borgonovo's delta from given rows: distance of y's distribution from that with x_i known.

    Spends n rows, any rows. Borgonovo 2007, doi:10.1016/j.ress.2006.04.015.

    By default from a smoothed density of the ranks of x_i and y, which does not change when either
    is replaced by a monotone function of it; values that many rows share are exact. The kernels
    are as wide as an estimate of the squared error says, and the interval holds what narrower ones
    would still change. ``delta_floor`` is what an input without effect scores by chance: in 95 %
    of samples all such inputs stay below it, and a value up to it is not told apart from 0.
    A distribution that the rows do not resolve (y follows one input alone, or jumps in it) leaves
    a lower bound only: the interval ends at what repeated values allow, at most 1, and a note
    says so. An input that does not vary scores 0.

    With ``method="salib"`` the numbers are those of SALib 1.6.0's ``delta.analyze`` on the same
    rows with the same seed, its random samples included (``delta`` is its ``delta_raw``), and
    S_1: estimated in bins of the input (Plischke et al. 2013, doi:10.1016/j.ejor.2012.11.047,
    equations 26 and 30), from one table of the rows instead of a density estimate per bin and
    resample. Its intervals, value ± normal quantile times the spread over the resamples, hold
    neither the bias nor the noise of the point; its delta of an input without effect is above 0,
    and may be above 1 for an output with heavy tails.

    Parameters
    ----------
    method
        ``"copula"``, the smoothed density of ranks, or ``"salib"``.
    variants
        Also compute ``delta_balanced`` and ``delta_step``, for which SALib gives the input other
        distributions than that of the rows. Of ``method="salib"``.
    point
        What SALib's resamples correct for bias: ``"resample"``, one more resample, as SALib 1.6.0
        has it, which adds its noise and leaves the bias in; ``"rows"``, the rows themselves, as
        in equation 30. S_1 is of the same. Of ``method="salib"``.
    resamples
        SALib's ``num_resamples``; nothing is resampled by default.
    confidence
        Level of the intervals and of the floor.
    """

    name = "delta"
    measures = ("delta", "delta_floor", "delta_balanced", "delta_step", "first_order")
    ranks_by = "delta"
    needs = Needs("given", minimum_rows=30)
    positive_bias = True

    method: str = "copula"
    variants: bool = False
    point: str = "resample"
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        known = self.method in _METHODS
        require(known, self.name, f"method one of {_METHODS}", self.method)
        either = isinstance(self.variants, bool)
        require(either, self.name, "variants true or false", self.variants)
        require(self.point in _POINTS, self.name, f"point one of {_POINTS}", self.point)
        if self.method != "salib":
            salib = 'method="salib", whose option it is'
            require(not self.variants, self.name, f"variants with {salib}", self.method)
            require(self.point == "resample", self.name, f"point with {salib}", self.method)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        # Many small products: threads cost more than they bring, and decide the last bits.
        with threadpool_limits(1, "blas"):
            if self.method == "copula":
                return self._smoothed(problem, X, Y, varies, rng)
            return self._salib(problem, X, Y, varies, rng)

    def _smoothed(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        value, low, high, floor = np.full((4, problem.o, problem.d), np.nan)
        chance = Chance(problem.d, self.confidence, int(rng.integers(2**31)))
        quantile = float(special.ndtri(0.5 + self.confidence / 2))
        notes = []
        for k in np.flatnonzero(varies).tolist():
            value[k] = low[k] = high[k] = floor[k] = 0.0
            limited = []
            for i, distance, by_chance in distances(X, Y[:, k], chance, quantile):
                value[k, i], low[k, i], high[k, i] = distance.value, distance.low, distance.high
                floor[k, i] = by_chance
                if distance.limited:
                    limited.append(problem.features[i])
            if limited:
                notes.append(_limited(problem.outputs[k], limited))
        of = Interval(self.confidence, _SMOOTHED, SAMPLING)
        salib = NotAsked('method="salib"')
        return {
            "delta": Estimate(value, low, high, "; ".join(notes), of),
            "delta_floor": Estimate.of(floor),
            **dict.fromkeys(("delta_balanced", "delta_step", "first_order"), salib),
        }

    def _salib(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        varying_outputs = np.flatnonzero(varies).tolist()
        # Of each measure the point first, then the resamples.
        samples = {
            name: np.full((1 + self.resamples, problem.o, problem.d), np.nan)
            for name in self.measures
            if name != "delta_floor"
        }
        for values in samples.values():
            values[:, varying_outputs] = np.where(np.ptp(X, axis=0) == 0, 0.0, np.nan)
        # SALib takes 0 for no seed
        seed = int(rng.integers(1, 2**31 - 1))
        notes = self._fill(samples, problem, X, Y, varying_outputs, seed)
        for name in set(samples) - {"first_order"}:
            point, resampled = samples[name][0], samples[name][1:]
            samples[name][1:] = 2 * point - resampled
            samples[name][0] = _mean_of_finite(samples[name][1:])
        estimates: dict[str, Estimate | Absent] = {"delta_floor": NotAsked('method="copula"')}
        for name, values in samples.items():
            estimate = symmetric(values[0], values[1:], self.confidence)
            remarks = [*dict.fromkeys(notes[name]), *filter(None, [estimate.note])]
            estimates[name] = replace(estimate, note="; ".join(remarks))
        if not self.variants:
            absent = NotAsked("variants=True")
            estimates |= {"delta_balanced": absent, "delta_step": absent}
        return estimates

    def _fill(
        self,
        replicates: Mapping[str, Float[np.ndarray, "samples o d"]],
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: list[int],
        seed: int,
    ) -> Mapping[str, list[str]]:
        """Compute every measure of every sample; return what is to be said of each measure."""
        notes: dict[str, list[str]] = {name: [] for name in replicates}
        n_bins = _n_bins(len(X))
        grids = {k: np.linspace(Y[:, k].min(), Y[:, k].max(), _GRID) for k in varies}
        for i, draws in draw(X, 1 + self.resamples, np.random.RandomState(seed)):
            samples = {"delta": self._with_point(draws.rows)}
            if self.variants:
                # Samples that change the input's distribution have no counterpart in the rows.
                samples |= draws.changed
                for name, reason in draws.reasons.items():
                    notes[name].append(f"undefined for {problem.features[i]!r}: {reason}")
            for name, drawn in samples.items():
                binned = Binned.of(X[:, i], drawn, n_bins)
                for k in varies:
                    replicates[name][:, k, i], skipped = delta_of(Y[:, k], grids[k], binned)
                    if skipped[0] > _MANY_SKIPPED:
                        notes[name].append(_skipped(problem.outputs[k]))
            binned = Binned.of(X[:, i], self._with_point(draws.first_order), n_bins)
            for k in varies:
                replicates["first_order"][:, k, i] = first_order_of(Y[:, k], binned)
        return notes

    def _with_point(self, samples: Int[np.ndarray, "samples n"]) -> Int[np.ndarray, "samples n"]:
        if self.point == "resample":
            return samples
        return np.concatenate([np.arange(samples.shape[1])[None], samples[1:]])


def _n_bins(n: int) -> int:
    """Bins of as many rows each: Plischke et al. 2013, in SALib's rounding."""
    exponent = 2.0 / (7.0 + np.tanh((1500.0 - n) / 500.0))
    return int(np.round(min(int(np.ceil(n**exponent)), 48)))


def _mean_of_finite(replicates: Float[np.ndarray, "r o d"]) -> Float[np.ndarray, "o d"]:
    finite = np.isfinite(replicates)
    total = np.where(finite, replicates, 0.0).sum(axis=0)
    return np.where(finite.any(axis=0), total / np.maximum(finite.sum(axis=0), 1), np.nan)


def _limited(output: str, features: list[str]) -> str:
    named = ", ".join(features[:8]) + (f" and {len(features) - 8} more" if features[8:] else "")
    return (
        f"a lower bound only for output {output!r} and {named}: so many rows do not resolve how "
        f"narrowly the output follows the input"
    )


def _skipped(output: str) -> str:
    return (
        f"too low for output {output!r}: for some input, more than a third of the bins hold one "
        f"value of it, which has no density, and are left out"
    )
