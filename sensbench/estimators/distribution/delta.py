from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from threadpoolctl import threadpool_limits

from sensbench.errors import require
from sensbench.estimator.bootstrap import symmetric
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators.distribution._delta_rows import draw
from sensbench.estimators.distribution._delta_samples import Binned, delta_of, first_order_of
from sensbench.problem.problem import Problem

_GRID = 100
_MANY_SKIPPED = 0.35
_POINTS = ("resample", "rows")


@dataclass(frozen=True)
class Delta(GivenRows):
    """Borgonovo's delta and S_1 from given rows: distance of y's density from that with x_i known.

    Spends n rows, any rows. Borgonovo 2007, doi:10.1016/j.ress.2006.04.015; estimated in bins of
    the input: Plischke et al. 2013, doi:10.1016/j.ejor.2012.11.047, equations 26 and 30. The
    numbers are those of SALib 1.6.0's ``delta.analyze`` on the same rows with the same seed, its
    random samples included (``delta`` is its ``delta_raw``), from one table of the rows instead
    of a density estimate per bin and resample. Intervals: value ± normal quantile times the
    spread over the resamples.

    Two samples of rows never have quite the same density: delta is above 0 for an input that
    does nothing, by less the more rows there are. An input that does not vary scores 0.

    Parameters
    ----------
    variants
        Also compute ``delta_balanced`` and ``delta_step``, for which SALib gives the input other
        distributions than that of the rows.
    point
        What the resamples correct for bias: ``"resample"``, one more resample, as SALib 1.6.0 has
        it, which adds its noise and leaves the bias in; ``"rows"``, the rows themselves, as in
        equation 30. S_1 is of the same.
    resamples, confidence
        SALib's ``num_resamples`` and ``conf_level``.
    """

    name = "delta"
    measures = ("delta", "delta_balanced", "delta_step", "first_order")
    ranks_by = "delta"
    needs = Needs("given", minimum_rows=30)
    positive_bias = True

    variants: bool = False
    point: str = "resample"
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        either = isinstance(self.variants, bool)
        require(either, self.name, "variants true or false", self.variants)
        require(self.point in _POINTS, self.name, f"point one of {_POINTS}", self.point)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        varying_outputs = np.flatnonzero(varies).tolist()
        # Of each measure the point first, then the resamples.
        found = {
            name: np.full((1 + self.resamples, problem.o, problem.d), np.nan)
            for name in self.measures
        }
        for values in found.values():
            values[:, varying_outputs] = np.where(np.ptp(X, axis=0) == 0, 0.0, np.nan)
        # SALib takes 0 for no seed
        seed = int(rng.integers(1, 2**31 - 1))
        # Many small products: threads cost more than they bring, and decide the last bits.
        with threadpool_limits(1, "blas"):
            notes = self._fill(found, problem, X, Y, varying_outputs, seed)
        for name in set(found) - {"first_order"}:
            point, resampled = found[name][0], found[name][1:]
            found[name][1:] = 2 * point - resampled
            found[name][0] = _mean_of_finite(found[name][1:])
        estimates: dict[str, Estimate | Absent] = {}
        for name, values in found.items():
            estimate = symmetric(values[0], values[1:], self.confidence)
            remarks = [*dict.fromkeys(notes[name]), *filter(None, [estimate.note])]
            estimates[name] = replace(estimate, note="; ".join(remarks))
        if not self.variants:
            absent = NotAsked("variants=True")
            estimates |= {"delta_balanced": absent, "delta_step": absent}
        return estimates

    def _fill(
        self,
        found: Mapping[str, Float[np.ndarray, "samples o d"]],
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: list[int],
        seed: int,
    ) -> Mapping[str, list[str]]:
        """Compute every measure of every sample; return what is to be said of each measure."""
        notes: dict[str, list[str]] = {name: [] for name in found}
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
                    found[name][:, k, i], skipped = delta_of(Y[:, k], grids[k], binned)
                    if skipped[0] > _MANY_SKIPPED:
                        notes[name].append(_skipped(problem.outputs[k]))
            binned = Binned.of(X[:, i], self._with_point(draws.first_order), n_bins)
            for k in varies:
                found["first_order"][:, k, i] = first_order_of(Y[:, k], binned)
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
    known = np.isfinite(replicates)
    total = np.where(known, replicates, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _skipped(output: str) -> str:
    return (
        f"too low for output {output!r}: for some input, more than a third of the bins hold one "
        f"value of it, which has no density, and are left out"
    )
