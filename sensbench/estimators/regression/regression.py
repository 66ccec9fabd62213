from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from sensbench.errors import TooFewRows
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, Impossible
from sensbench.estimator.tails import SquaredTail
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators._half_samples import half_samples
from sensbench.problem.problem import Problem

# Of a correlation matrix: directions with less variance than this are rounding.
_NO_VARIANCE = 1e-10
# A fit that leaves less than this part of the variance leaves rounding: nothing correlates with it.
_EXACT = 1e-12
_OF_INPUTS, _OF_RANKS = ("src", "pcc", "r2"), ("srrc", "prcc", "r2_ranks")


@dataclass(frozen=True)
class Regression(GivenRows):
    """Standardised and partial regression coefficients from given rows, of values and of ranks.

    Spends n rows, any rows. The least squares fit of y on all inputs (Saltelli et al. 2008,
    doi:10.1002/9780470725184) and of its ranks on theirs (Iman & Conover 1979,
    doi:10.1080/00401706.1979.10489820), with the share of variance that each explains: where that
    is low, the coefficients say little. Unlike a correlation, a coefficient holds the
    other inputs fixed, so that inputs may depend on each other. Inputs that the others determine
    exactly, such as all columns of a one-hot code, have none: NaN, and a note names them. Partial
    correlations are undefined where the fit leaves nothing unexplained.

    Parameters
    ----------
    ranks
        ``False``: without the measures of ranks, which take most of the time.
    resamples, confidence
        Of the intervals: spread over random halves of the rows; of values longer towards 0 by what
        outputs far out that were not met may add to the variance, as their tail tells.
    """

    name = "regression"
    measures = (*_OF_INPUTS, *_OF_RANKS)
    ranks_by = "src"

    ranks: bool = True
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)

    @property
    def needs(self) -> Needs:
        """Rows for halves that determine a slope; of many inputs four times as many as these."""
        return Needs("given", minimum_rows=32)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        least = 4 * (X.shape[1] + 2)
        if len(X) < least:
            raise TooFewRows(
                f"{self.name}: expected at least {least} rows for {X.shape[1]} inputs; got "
                f"{len(X)}; give more rows, or leave {self.name} out"
            )
        outputs = Y[:, varies]
        determined = _determined(X)

        def of_rows(rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "some k"]:
            return _fit(X[rows], outputs[rows], determined)

        def of_ranks(rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "some k"]:
            x, y = (stats.rankdata(part[rows], axis=0) for part in (X, outputs))
            return _fit(x, y, determined)

        options = varies, len(X), self.resamples, self.confidence, rng
        names = [problem.features[i] for i in np.flatnonzero(determined)]
        note = f"no coefficient where the other inputs determine one: {', '.join(names)}"
        estimates = _parts(half_samples(of_rows, *options), _OF_INPUTS, note if names else "")
        of_y, of_rest = np.ones((2, problem.o, 1))
        of_y[varies, 0], of_rest[varies, 0] = _may_grow(X, outputs)
        for name, smaller in (
            ("src", lambda r: r / np.sqrt(of_y)),
            # r² = s²/(s² + u), and u grows
            ("pcc", lambda r: r / np.sqrt(r**2 + (1 - r**2) * of_rest)),
        ):
            of = estimates[name].value
            ends = np.stack([of, smaller(of)])
            estimates[name] = estimates[name].with_unseen(ends.min(axis=0), ends.max(axis=0))
        if not self.ranks:
            return estimates | {name: Impossible("ranks=False") for name in _OF_RANKS}
        return estimates | _parts(half_samples(of_ranks, *options), _OF_RANKS, "")


def _fit(
    X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n o"], determined: Bool[np.ndarray, " d"]
) -> Float[np.ndarray, "o k"]:
    """Return standardised coefficients, partial correlations and R², side by side."""
    x, y = _standardised(X), _standardised(Y)
    within, across = x.T @ x / len(x), x.T @ y / len(x)
    within[np.diag_indices_from(within)] = 1.0  # an input that does not vary, too
    inverse = np.linalg.pinv(within, rcond=_NO_VARIANCE, hermitian=True)
    slopes = (inverse @ across).T
    explained = np.einsum("oi,io->o", slopes, across)
    unexplained = np.maximum(1.0 - explained, 0.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        partial = slopes / np.sqrt(slopes**2 + np.diag(inverse) * unexplained)
    partial = np.where(unexplained > _EXACT, partial, np.nan)
    for values in (slopes, partial):
        values[:, determined] = np.nan
    return np.concatenate([slopes, partial, explained[:, None]], axis=1)


def _may_grow(
    X: Float[np.ndarray, "n d"], Y: Float[np.ndarray, "n o"]
) -> tuple[Float[np.ndarray, " o"], Float[np.ndarray, " o"]]:
    """Return by which factors outputs far out, not met yet, may raise what is divided by.

    That is the variance of y, and of what the fit leaves of it.
    """
    x, y = _standardised(X), _standardised(Y)
    left = y - x @ np.linalg.lstsq(x, y, rcond=_NO_VARIANCE)[0]
    factors = []
    for values in (y, left):
        tail = SquaredTail(Y.shape[1], len(Y))
        tail.add(values)
        mean = (values**2).mean(axis=0)
        factors.append(1 + tail.unseen / np.where(mean > _EXACT, mean, np.inf))
    return factors[0], factors[1]


def _parts(together: Estimate, names: tuple[str, str, str], note: str) -> dict[str, Estimate]:
    """Return coefficients, partial correlations and R² apart, cut to where they can be."""
    d = (together.value.shape[1] - 1) // 2
    places: tuple[Any, ...] = (np.s_[:, :d], np.s_[:, d : 2 * d], np.s_[:, -1])
    parts = {}
    for name, place in zip(names, places, strict=True):
        value, low, high = (end[place] for end in (together.value, together.low, together.high))
        if name.startswith("p"):
            low, high = np.clip(low, -1, 1), np.clip(high, -1, 1)
            exact = "undefined where the fit leaves nothing unexplained"
            parts[name] = Estimate(
                value, low, high, exact if np.isnan(value).all(axis=1).any() else "",
                interval=together.interval,
            )  # fmt: skip
        elif name.startswith("r2"):  # skewed, and biased by d/n: no interval of these halves holds
            parts[name] = Estimate.of(np.clip(value, 0, 1))
        else:
            parts[name] = Estimate(value, low, high, note, interval=together.interval)
    return parts


def _determined(X: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, " d"]:
    """Whether an input is a linear function of the others, up to rounding."""
    x = _standardised(X)
    within = x.T @ x / len(x)
    within[np.diag_indices_from(within)] = 1.0
    variances, directions = np.linalg.eigh(within)
    none = directions[:, variances < _NO_VARIANCE * len(within)]
    return (none**2).sum(axis=1) > 1e-6


def _standardised(columns: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Return columns of mean 0 and variance 1; zeros where nothing varies beyond rounding."""
    deviation = columns - columns.mean(axis=0)
    spread = deviation.std(axis=0)
    varies = spread > 1e-12 * np.abs(columns).max(axis=0)
    return np.where(varies, deviation / np.where(varies, spread, 1.0), 0.0)
