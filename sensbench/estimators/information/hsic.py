from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators._p_values import p_value_estimates, p_value_names
from sensbench.extras import imported
from sensbench.inputs.rows import differ
from sensbench.problem.problem import Problem

# Kernel matrices that are held at once while the outputs are shuffled.
_AT_ONCE = 8


@dataclass(frozen=True)
class Hsic(GivenRows):
    """Dependence of y on each input by the Hilbert-Schmidt criterion, with p-values.

    Spends n rows, any rows, of which ``most_rows`` are compared with each other. OpenTURNS
    computes HSIC (Gretton et al. 2005, doi:10.1007/11564089_7) of x_i and y with Gaussian kernels,
    each as wide as the standard deviation of its variable, and R²: divided by the root of both
    variables' HSIC with themselves (Da Veiga 2015, doi:10.1080/00949655.2014.945932). It is 0 for
    independent variables only, and sees effects of any form that are not finer than the kernels.
    Few rows are enough. Inputs may be dependent: one without effect of its own scores through those
    it moves with.

    There is no interval. P-values are of independence, input by input, and adjusted for how many
    inputs there are by Holm's rule and by Benjamini & Hochberg's; a note names inputs that Holm's
    does not tell apart.

    Parameters
    ----------
    statistic
        ``"biased"``: an input without effect scores a little above 0, by about 2/n. ``"unbiased"``
        scatters around 0; OpenTURNS takes time by the cube of the rows for it.
    p_values
        ``"gamma"``: of the distribution that fits the statistic's first two moments, good from
        some hundred rows on. ``"permutation"``: of shuffled outputs, exact at any number of rows;
        always of the biased statistic.
    shuffles
        Of the outputs; the smallest p-value is one over one more, so that Holm's rule at 5 % needs
        more than 20 for each input.
    most_rows
        How many rows are compared, at most: time and memory grow with the square.
    confidence
        One less the level of the note's tests.
    """

    name = "hsic"
    measures = ("hsic_r2", *p_value_names("hsic"))
    ranks_by = "hsic_r2"
    positive_bias = True
    extra = "surrogate"

    statistic: str = "biased"
    p_values: str = "gamma"
    shuffles: int = 500
    most_rows: int = 2000
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        for field, kinds in (
            ("statistic", ("biased", "unbiased")),
            ("p_values", ("gamma", "permutation")),
        ):
            given = getattr(self, field)
            require(given in kinds, self.name, f"{field} one of {', '.join(kinds)}", given)
        for field, least in (("shuffles", 20), ("most_rows", 32)):
            given = getattr(self, field)
            whole = isinstance(given, int) and not isinstance(given, bool) and given >= least
            require(whole, self.name, f"{field} >= {least}", given)

    @property
    def needs(self) -> Needs:
        """Rows whose distances have a distribution to speak of."""
        return Needs("given", minimum_rows=32)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        ot = imported("openturns", self.extra, self.name)
        if len(X) > self.most_rows:
            some = np.sort(rng.choice(len(X), self.most_rows, replace=False))
            X, Y = X[some], Y[some]
            varies = varies & differ(Y)
        r2 = np.full((problem.o, problem.d), np.nan)
        p = np.full((problem.o, problem.d), np.nan)
        # what does not vary has no effect, and no kernel either
        moves = differ(X)
        r2[varies], p[varies] = 0.0, 1.0
        for k in np.flatnonzero(varies):
            if moves.any():
                criterion = self._criterion(ot, X[:, moves], Y[:, [k]])
                r2[k, moves] = np.array(criterion.getR2HSICIndices())
                if self.p_values == "gamma":
                    p[k, moves] = np.array(criterion.getPValuesAsymptotic())
        if self.p_values == "permutation" and moves.any():
            p[np.ix_(varies, moves)] = _by_shuffles(X[:, moves], Y[:, varies], self.shuffles, rng)
        level = 1 - self.confidence
        tests = p_value_estimates("hsic", p, level, problem.outputs, problem.features)
        return {"hsic_r2": Estimate.of(r2), **tests}

    def _criterion(self, ot: Any, X: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n 1"]) -> Any:
        widths = np.column_stack([X, y]).std(axis=0, ddof=1)
        kernels = [ot.SquaredExponential([width], [1.0]) for width in widths.tolist()]
        kind = ot.HSICVStat() if self.statistic == "biased" else ot.HSICUStat()
        return ot.HSICEstimatorGlobalSensitivity(kernels, ot.Sample(X), ot.Sample(y), kind)


def _by_shuffles(
    X: Float[np.ndarray, "n d"],
    Y: Float[np.ndarray, "n o"],
    shuffles: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "o d"]:
    """Return how often shuffled outputs score as high; the outputs as they are count as one.

    One shuffle serves all inputs and outputs. OpenTURNS' own takes minutes for 1,000 rows.
    """
    orders = [rng.permutation(len(X)) for _ in range(shuffles)]
    kernels_y = [_kernel(y) for y in Y.T]
    reached = np.ones((Y.shape[1], X.shape[1]))
    for start in range(0, X.shape[1], _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        centred = np.stack([_centred(_kernel(x)).ravel() for x in X[:, some].T])
        for k, kernel in enumerate(kernels_y):
            seen = centred @ kernel.ravel()
            for order in orders:
                reached[k, some] += centred @ kernel[np.ix_(order, order)].ravel() >= seen
    return reached / (shuffles + 1)


def _kernel(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n n"]:
    return np.asarray(np.exp(-(((x[:, None] - x) / x.std(ddof=1)) ** 2) / 2))


def _centred(kernel: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    means = kernel.mean(axis=0)
    return kernel - means - means[:, None] + means.mean()
