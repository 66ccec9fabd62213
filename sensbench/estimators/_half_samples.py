"""Standard errors of statistics that a bootstrap breaks: spreads over halves of the rows."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float
from scipy import special

from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.result import Estimate

METHOD = "half samples"
Statistic = Callable[[Bool[np.ndarray, " n"]], Float[np.ndarray, "some d"]]


def half_samples(
    statistic: Statistic,
    varies: Bool[np.ndarray, " o"],
    n: int,
    resamples: int,
    confidence: float,
    rng: np.random.Generator,
) -> Estimate:
    """Return a statistic of all rows, ± Student's quantile times its spread over random halves.

    A half drawn without replacement differs from all rows as these do from the population: for a
    mean of n rows both variances are σ²/n (the delete-d jackknife with d = n/2; Shao & Wu 1989,
    doi:10.1214/aos/1176347263). Resampling with replacement repeats rows, and a repeated row is
    its own neighbour; a half repeats none. Products of neighbours' errors, which are other pairs
    in every half, count up to 5/3 times: for an input without effect the interval is up to 1.3
    times as wide as needed.

    Parameters
    ----------
    statistic
        Its value from the rows where a mask is true, for those outputs that vary.
    varies
        Which outputs those are; the others' values are NaN.
    """
    value = statistic(np.ones(n, dtype=bool))
    total, squares = np.zeros_like(value), np.zeros_like(value)
    half = np.zeros(n, dtype=bool)
    half[: n // 2] = True
    for _ in range(resamples):
        deviation = statistic(rng.permutation(half)) - value
        total += deviation
        squares += deviation**2
    variance = (squares - total**2 / resamples) / (resamples - 1)
    # of n rows, n // 2 drawn: exact for a mean, an odd row too
    spread = np.sqrt(np.maximum(variance, 0.0) * (n // 2) / (n - n // 2))
    width = float(special.stdtrit(resamples - 1, 0.5 + confidence / 2)) * spread
    of = Interval(confidence, METHOD, SAMPLING, resamples)
    every = np.full((3, len(varies), *value.shape[1:]), np.nan)
    every[:, varies] = value, value - width, value + width
    return Estimate(every[0], every[1], every[2], interval=of)
