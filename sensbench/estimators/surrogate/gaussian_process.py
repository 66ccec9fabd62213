from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import special
from scipy.stats import qmc

from sensbench.errors import TooFewRows, require
from sensbench.estimator.bootstrap import percentile
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.estimators.surrogate._gaussian_process import Process
from sensbench.estimators.surrogate._shares import poorly_fitted, settled, stacked
from sensbench.estimators.surrogate._standard import Standard
from sensbench.problem.problem import Problem

# Points in which the functions are compared, and in how many independent nets they lie.
_POINTS, _NETS = 2**8, 8
# Realisations are drawn at so many points together, which takes their third power.
_AT_ONCE, _FEWEST = 2500, 32
_METHOD = "realisations of the process"


@dataclass(frozen=True)
class GaussianProcess(Estimator):
    """Sobol' indices of a Gaussian process, with its own uncertainty of the model.

    Spends n rows, a Latin hypercube, and no more than ``rows``. A process with a Matérn covariance
    (5/2, a length per input; scikit-learn's maximum likelihood) is fitted to them, in coordinates
    that are uniform or normal. Functions drawn from it, given the rows, are what the model may be:
    each has its indices, from 2,048 points of scrambled Sobol' nets exchanged input by input, which
    cost no row of the model (Le Gratiet, Cannamela & Iooss 2014, doi:10.1137/130926869). Values
    are the indices of the process's mean. An interval holds the quantiles over the functions, which
    are as far apart as the errors of rows left out say (Bachoc 2013,
    doi:10.1016/j.csda.2013.03.016), and the error of the points. These alone are too narrow, as a
    process smooths some parts of a function more than others (on Ishigami they held a total index
    in 0 to 90 of 100 runs): it also holds all that an index can be when a function has the mean
    squared error of rows left out, wherever that error lies. With an error of share q = 1 - Q²
    that is sin²(θ ± arcsin √q) for an index of sin² θ: narrow for q of .001, of little use at .05.

    With a few hundred rows it is far ahead of any direct estimate where y is smooth. What it
    predicts of rows left out is ``surrogate_q2``; below ``least_q2`` there are no indices. For
    independent inputs.

    Parameters
    ----------
    rows
        The most rows that it takes: its cost is their third power.
    least_q2
        What the fit must predict of rows left out.
    resamples, confidence
        Of the intervals: functions that are drawn.
    """

    name = "gaussian_process"
    measures = ("first_order", "total_order", "surrogate_q2")
    ranks_by = "total_order"
    needs = Needs("design", "independent", minimum_rows=32)

    rows: int = 300
    least_q2: float = 0.8
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        least = self.needs.minimum_rows
        whole = isinstance(self.rows, int) and not isinstance(self.rows, bool)
        require(whole and self.rows >= least, self.name, f"rows >= {least}", self.rows)
        require(0 <= self.least_q2 <= 1, self.name, "least_q2 between 0 and 1", self.least_q2)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        space, d = problem.drawn_from, problem.d
        standard = Standard(space, self.name)
        if min(budget, self.rows) < 2 * (d + 1):
            raise TooFewRows(
                f"{self.name}: expected at least {2 * (d + 1)} rows for {d} inputs; got "
                f"{min(budget, self.rows)}; raise the budget and rows=, or leave {self.name} out"
            )
        n = min(budget, self.rows)
        X = space.from_unit(qmc.LatinHypercube(d, rng=rng).random(n))
        Y, Z = problem.explained(X), standard(X)
        varies = varying(Y, self.name, problem.outputs)
        found: list[Mapping[str, Estimate] | None] = []
        fit = np.full(problem.o, np.nan)
        for k in range(problem.o):
            found.append(None)
            if not varies[k]:
                continue
            process = Process(Z, (Y[:, k] - Y[:, k].mean()) / Y[:, k].std())
            squares = process.left_out[0] ** 2
            fit[k] = max(1.0 - float(squares.mean()), 0.0)
            if fit[k] >= self.least_q2:
                missed = float(squares.mean() + self._normal * squares.std() / np.sqrt(n))
                nets, variance = _of_mean(process, standard.normal, rng)
                drawn = _of_functions(process, standard.normal, self.resamples, rng)
                turned = np.arcsin(np.sqrt(min(missed / variance, 1.0)))
                found[k] = {name: self._ends(nets[name], drawn[name], turned) for name in nets}
        note = poorly_fitted(problem.outputs, fit, self.least_q2)
        together = stacked(found, d, note, self.measures[:2])
        return settled(together, Y) | {"surrogate_q2": Estimate.of(fit)}

    @property
    def _normal(self) -> float:
        return float(special.ndtri(0.5 + self.confidence / 2))

    def _ends(
        self, nets: Float[np.ndarray, "nets d"], moved: Float[np.ndarray, "r d"], turned: float
    ) -> Estimate:
        """Return an index of the process's mean, with the interval of all that it may be.

        A part of a function's variance is the squared cosine of its angle with a subspace: what is
        missed turns the function by no more than this angle.
        """
        value = nets.mean(axis=0)
        ends = percentile(value, value + moved, self.confidence, DESIGN)
        angle = np.arcsin(np.sqrt(np.clip(value, 0.0, 1.0)))
        low = np.sin(np.maximum(angle - turned, 0.0)) ** 2
        high = np.sin(np.minimum(angle + turned, np.pi / 2)) ** 2
        # the points are a sample, too
        spread = nets.std(axis=0, ddof=1) / np.sqrt(len(nets))
        half = float(special.stdtrit(len(nets) - 1, 0.5 + self.confidence / 2)) * spread
        down, up = value - np.minimum(ends.low, low), np.maximum(ends.high, high) - value
        low = np.maximum(value - np.hypot(np.maximum(down, 0), half), np.minimum(value, 0))
        high = value + np.hypot(np.maximum(up, 0), half)
        of = Interval(self.confidence, _METHOD, DESIGN, self.resamples)
        return Estimate(value, low, high, interval=of)


def _of_mean(
    process: Process, normal: Bool[np.ndarray, " d"], rng: np.random.Generator
) -> tuple[dict[str, Float[np.ndarray, "nets d"]], float]:
    """Return the indices of the process's mean from each net of points, and its variance."""
    found = [
        _indices(process.mean(_net(normal, _POINTS, rng))[:, None], normal) for _ in range(_NETS)
    ]
    first, total, variance = (np.stack(one) for one in zip(*found, strict=True))
    return {"first_order": first[:, 0], "total_order": total[:, 0]}, float(variance.mean())


def _of_functions(
    process: Process, normal: Bool[np.ndarray, " d"], count: int, rng: np.random.Generator
) -> dict[str, Float[np.ndarray, "r d"]]:
    """Return by how much the indices of realisations differ from those of the mean."""
    most = max(_FEWEST, _AT_ONCE // (len(normal) + 2))
    points = _net(normal, min(_POINTS, 1 << most.bit_length() - 1), rng)
    values = np.column_stack([process.mean(points), process.realisations(points, count, rng)])
    first, total, _ = _indices(values, normal)
    return {"first_order": first[1:] - first[0], "total_order": total[1:] - total[0]}


def _net(
    normal: Bool[np.ndarray, " d"], n: int, rng: np.random.Generator
) -> Float[np.ndarray, "k d"]:
    """Return a scrambled net A, another B, and A with one input's values of B, for each input."""
    d = len(normal)
    # a point at 0 has no normal quantile
    u = np.clip(qmc.Sobol(2 * d, rng=rng).random(n), 2.0**-40, 1 - 2.0**-40)
    A, B = np.split(np.where(np.tile(normal, 2), special.ndtri(u), 2 * u - 1), 2, axis=1)
    exchanged = np.repeat(A[None], d, axis=0)
    exchanged[np.arange(d), :, np.arange(d)] = B.T
    return np.concatenate([A, B, exchanged.reshape(-1, d)])


def _indices(
    values: Float[np.ndarray, "k functions"], normal: Bool[np.ndarray, " d"]
) -> tuple[
    Float[np.ndarray, "functions d"],
    Float[np.ndarray, "functions d"],
    Float[np.ndarray, " functions"],
]:
    """Return first order (Saltelli et al. 2010), total order (Jansen) and variance of functions."""
    a, b, *exchanged = np.split(values, len(normal) + 2)
    centre = (a.mean(axis=0) + b.mean(axis=0)) / 2
    variance = ((a - centre) ** 2 + (b - centre) ** 2).mean(axis=0) / 2
    changes = np.stack([one - a for one in exchanged], axis=-1)
    first = ((b - centre)[..., None] * changes).mean(axis=0)
    total = (changes**2).mean(axis=0) / 2
    return first / variance[:, None], total / variance[:, None], variance
