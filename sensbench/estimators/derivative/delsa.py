from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special, stats

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Interval, check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.estimators._order_statistics import ORDER_STATISTICS, ranks_below
from sensbench.estimators.derivative._applicable import at_features, differentiable, held
from sensbench.problem.problem import Problem

# The shares of so many rows, outputs and inputs are held; more rows say little more.
_NUMBERS = 2**25
_QUANTILES = {"delsa_median": 0.5, "delsa_q10": 0.1, "delsa_q90": 0.9}
# Rows within so much of a quantile's own share say how it moves with the inputs' variances.
_NEAR = 0.05


@dataclass(frozen=True)
class Delsa(Estimator):
    """DELSA: each row's own first-order indices, and how they differ over the inputs' space.

    Spends n forward rows and n backward rows per output. At a row, the linearised model divides
    its variance among the inputs: (∂f/∂x_i)²V_i / Σ_j (∂f/∂x_j)²V_j, with V_i the variance of
    x_i. Their mean is a global measure; the median and the quantiles of 10 and 90 % say whether an
    input that matters little on average leads in some places (Rakovec et al. 2014,
    doi:10.1002/2013WR014063). For a linear model every row has the total-order indices. The
    shares are of independent inputs.

    Rows at which no slope is other than 0 have no shares and are left out; a note counts them.

    Of rows of data the variances are the rows' own, and intervals allow for that. Intervals:
    Student's for the mean; for a quantile from one order statistic to another, which
    holds for any distribution (Conover 1999, ISBN 978-0-471-16068-7, section 3.2), or from 0 or to
    1 where the rows are too few for that. Inputs that take separate values only, and groups of
    inputs, have no derivative: they are left out of the sum, and their values are NaN.
    """

    name = "delsa"
    measures = ("delsa_mean", "delsa_median", "delsa_q10", "delsa_q90")
    ranks_by = "delsa_mean"
    needs = Needs(
        "either", gradient=True, groups="one feature", minimum_rows=10, cost=Cost(1, per_output=1)
    )

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        return self.needs.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        applies, columns = differentiable(problem)
        n = budget // problem.explained.rows_per_gradient
        n = min(n, max(self.needs.minimum_rows, _NUMBERS // (problem.o * len(columns))))
        if problem.uses_rows and problem.data is not None:
            n = min(n, len(problem.data))
        Y, shares = _looked(problem, n, columns, rng)
        of_variances = _of_log_variances(problem, columns)
        varies = varying(Y, self.name, problem.outputs)
        ends = np.full((len(self.measures), 3, problem.o, len(columns)), np.nan)
        left_out = []
        for k in np.flatnonzero(varies):
            known = np.isfinite(shares[:, k, 0])
            if known.sum() >= 2:
                ends[:, :, k] = self._of(shares[known, k], of_variances)
            if not known.all():
                left_out.append(f"{(~known).sum()} of {n} rows for {problem.outputs[k]!r}")
        note = f"without {', '.join(left_out[:6])}, where all slopes are 0" if left_out else ""
        if not problem.space.independent and not problem.uses_rows:
            note = "; ".join(filter(None, (note, held(problem))))
        found: dict[str, Estimate | Absent] = {}
        for name, (low, value, high) in zip(self.measures, ends, strict=True):
            method = ORDER_STATISTICS if name in _QUANTILES else "Student's t"
            of = Interval(self.confidence, method, SAMPLING)
            found[name] = Estimate(value, low, high, note * (name == self.ranks_by), of)
        return at_features(found, applies)

    def _of(
        self, shares: Float[np.ndarray, "n m"], of_variances: Float[np.ndarray, "m m"]
    ) -> Float[np.ndarray, "measures 3 m"]:
        """Return low end, value and high end of each measure of one output's shares."""
        n, mean = len(shares), shares.mean(axis=0)
        t = float(special.stdtrit(n - 1, 0.5 + self.confidence / 2))
        half = t * stats.sem(shares, axis=0)
        found = [
            (mean - half, mean, mean + half, np.repeat(np.arange(n)[:, None], len(mean), axis=1))
        ]
        order = np.argsort(shares, axis=0, kind="stable")
        ordered = np.take_along_axis(shares, order, axis=0)
        # 0 and 1 stand where the rows are too few for an end
        ordered = np.concatenate([0 * mean[None], ordered, 0 * mean[None] + 1])
        tail = (1 - self.confidence) / 2
        for share in _QUANTILES.values():
            value = np.quantile(shares, share, axis=0)
            above = n + 1 - ranks_below(tail, n, 1 - share)
            ends = ordered[ranks_below(tail, n, share)], ordered[above]
            near = slice(int((share - _NEAR) * n), int(np.ceil((share + _NEAR) * n)))
            found.append((ends[0], value, ends[1], order[near]))
        return np.stack([_wider(e[:3], t * _spread(shares, e[3], of_variances)) for e in found])


def _of_log_variances(problem: Problem, columns: Int[np.ndarray, " m"]) -> Float[np.ndarray, "m m"]:
    """Return how the logarithms of the inputs' variances vary together; 0 where these are known."""
    if not problem.uses_rows or problem.data is None:
        return np.zeros((len(columns), len(columns)))
    X = problem.data.X[:, columns]
    deviation = X - X.mean(axis=0)
    variance = (deviation**2).mean(axis=0)
    relative = deviation**2 / np.where(variance > 0, variance, 1.0) - 1
    return np.asarray(relative.T @ relative / len(X) ** 2)


def _spread(
    shares: Float[np.ndarray, "n m"],
    rows: Int[np.ndarray, "k m"],
    of_variances: Float[np.ndarray, "m m"],
) -> Float[np.ndarray, " m"]:
    """Return what the variances' errors add to each input's share at some rows, on average.

    ∂S_i/∂log V_k = S_i(1 if i = k, else 0) - S_i S_k.
    """
    if not of_variances.any():
        return np.zeros(shares.shape[1])
    spread = np.empty(shares.shape[1])
    for i, some in enumerate(rows.T):
        slope = -(shares[some, i, None] * shares[some]).mean(axis=0)
        slope[i] += shares[some, i].mean()
        spread[i] = np.sqrt(max(slope @ of_variances @ slope, 0.0))
    return spread


def _wider(
    ends: tuple[Float[np.ndarray, " m"], ...], half: Float[np.ndarray, " m"]
) -> Float[np.ndarray, "3 m"]:
    """Return ends on either side of the value within 0 and 1, with another error added to both."""
    low, value, high = ends
    down = np.hypot(np.maximum(value - low, 0), half)
    up = np.hypot(np.maximum(high - value, 0), half)
    return np.stack([np.maximum(value - down, 0), value, np.minimum(value + up, 1)])


def _looked(
    problem: Problem, n: int, columns: Int[np.ndarray, " m"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o m"]]:
    """Return the outputs and each row's shares, NaN where all slopes are 0."""
    model, sigma = problem.explained, problem.sigma()[columns]
    chunks = (rows.X for rows in problem.rows_in_chunks(n, model.chunk_rows, rng))
    outputs, shares, start = [], np.empty((n, model.o, len(columns))), 0
    with model.many_calls():
        for Y, slopes in model.values_and_slopes(chunks, columns.tolist()):
            outputs.append(Y)
            for k, slope in enumerate(slopes):
                shares[start : start + len(Y), k] = _shares(slope[:, columns] * sigma)
            start += len(Y)
    return np.concatenate(outputs), shares


def _shares(effects: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """Return each row's squares over their sum, whatever their size."""
    largest = np.abs(effects).max(axis=1, keepdims=True)
    squares = (effects / np.where(largest > 0, largest, np.nan)) ** 2
    return np.asarray(squares / squares.sum(axis=1, keepdims=True))
