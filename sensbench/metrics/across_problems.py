"""Methods compared over problems whose answers are known: errors, coverage and ranks."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int
from scipy import stats

_LEVEL = 0.05
# Of fewer problems no rank test says anything.
FEWEST_PROBLEMS = 3


_BY = ["estimator", "budget"]
_NUMBERS = ("relative_error", "bias", "max_error", "misordered", "covered", "claimed")
# Quantile of intervals for the coverage itself.
_QUANTILE = float(stats.norm.ppf(0.975))


def accuracy_across(errors: pd.DataFrame) -> pd.DataFrame:
    """Return one row per method and budget: the mean of every number over problems.

    Outputs of a problem count as one problem together. ``error``, ``bias_error``, ``covered_error``
    and so on are the standard errors of the means over replicates, problems fixed: what is of one
    run, such as the intervals of its inputs, is one number first, and the variances of the
    problems' means add. NaN where a problem has one replicate. ``problems``: how many there are;
    ``replicates``: the fewest of a problem.
    ``covered_low``, ``covered_high``: 95 % for the coverage, see :func:`wilson`.

    ``errors``: rows as from :func:`sensbench.metrics.accuracy.accuracy`, of one measure per method.
    """
    numbers = [name for name in _NUMBERS if name in errors]
    per_run = errors.groupby([*_BY, "problem", "replicate"], sort=False)[numbers].mean()
    of_problem = per_run.groupby([*_BY, "problem"], sort=False)
    means = of_problem.mean()
    variances = (of_problem.var(ddof=1) / of_problem.count()).where(means.notna())
    # a problem without, such as one without intervals, is no part of the mean, nor of its error
    unknown = (variances.isna() & means.notna()).groupby(_BY, sort=False).any()
    n = means.groupby(_BY, sort=False).count()
    spread = (variances.groupby(_BY, sort=False).sum().pow(0.5) / n).where(~unknown & (n > 0))
    table = means.groupby(_BY, sort=False).mean()
    for name in numbers:
        table["error" if name == "relative_error" else f"{name}_error"] = spread[name]
    table["problems"] = n["relative_error"]
    table["replicates"] = of_problem["relative_error"].count().groupby(_BY, sort=False).min()
    if "covered" in numbers:
        runs = per_run["covered"].groupby(_BY, sort=False).count()
        table["covered_low"], table["covered_high"] = wilson(
            table["covered"], table["covered_error"], runs
        )
    return table.reset_index()


def wilson(
    parts: "pd.Series[float]", errors: "pd.Series[float]", runs: "pd.Series[int]"
) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Return the ends of Wilson's 95 % intervals for parts with a standard error over runs.

    The intervals of one run are not independent: they count as so many as independent ones would
    have the given error, p(1 - p)/error². Where all runs agree the error says nothing, and each run
    counts as one: a part of 1 in ten runs is .72 or more, not 1 ± 0. NaN: the error is not known.
    (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212.)
    """
    p, se = parts.to_numpy(dtype=float), errors.to_numpy(dtype=float)
    counted = runs.reindex(parts.index).to_numpy(dtype=float)
    n = np.divide(p * (1 - p), se**2, out=counted.copy(), where=se > 1e-12)
    # fewer than one in each run is chance in the error
    n = np.where(np.isnan(se), np.nan, np.maximum(n, counted))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = _QUANTILE
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    ends = (np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0))
    low, high = (pd.Series(end, index=parts.index) for end in ends)
    return low, high


def first_budgets(errors: pd.DataFrame, most_error: float) -> pd.DataFrame:
    """Return the budgets that suffice, per method and problem; NaN where none of those tried does.

    ``accurate``: the first from which on the mean error over runs is at most ``most_error``;
    ``ordered``: from which on every run puts all inputs whose true values differ in their order.
    """
    runs = errors.groupby(["estimator", "problem", "budget"], sort=True)
    table = runs.agg(error=("relative_error", "mean"), wrong=("misordered", "max")).reset_index()
    rows = []
    for (method, problem), of in table.groupby(["estimator", "problem"], sort=False):
        budgets = of["budget"].to_numpy()
        enough = [of["error"].to_numpy() <= most_error, of["wrong"].to_numpy() == 0]
        rows.append((method, problem, *(_for_good(budgets, good) for good in enough)))
    return pd.DataFrame(rows, columns=["estimator", "problem", "accurate", "ordered"])


def _for_good(budgets: Int[np.ndarray, " b"], good: Bool[np.ndarray, " b"]) -> float:
    """Return the first budget from which on all are good."""
    lasting = np.logical_and.accumulate(good[::-1])[::-1]
    return float(budgets[lasting][0]) if lasting.any() else math.nan


def common_errors(errors: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Return mean errors at a budget, problems × methods, without gaps.

    Methods that answer few of the problems are left out, rather than the problems that they do not
    answer: so that problems × (methods - 1), the comparisons with another method, are the most.
    """
    rows = errors[errors["budget"] == budget]
    table = rows.pivot_table("relative_error", "problem", "estimator", sort=False)
    by_count = table.count().sort_values(ascending=False, kind="stable").index
    chosen = table.iloc[:0]
    for k in range(1, len(by_count) + 1):
        kept = set(by_count[:k])
        candidate = table[[m for m in table.columns if m in kept]].dropna()
        if len(candidate) and (k - 1) * len(candidate) >= (chosen.shape[1] - 1) * len(chosen):
            chosen = candidate
    return chosen


def profiles(table: pd.DataFrame) -> pd.DataFrame:
    """Return performance profiles of problems × methods of errors.

    ``part``: on which part of the problems the method's error is at most ``factor`` times the
    smallest error of any method there; one row per step of the curve (Dolan & Moré 2002,
    doi:10.1007/s101070100263).
    """
    ratios = table.div(table.min(axis=1), axis=0)
    rows = []
    for method in ratios:
        factors = np.sort(ratios[method].to_numpy())
        parts = np.arange(1, len(factors) + 1) / len(factors)
        rows.append(pd.DataFrame({"estimator": method, "factor": factors, "part": parts}))
    return pd.concat(rows, ignore_index=True)


def alike(ranks: "pd.Series[float]", critical_difference: float) -> list[tuple[str, ...]]:
    """Return the largest groups of methods no two of which are told apart, in the ranks' order."""
    ordered = ranks.sort_values(kind="stable")
    groups: list[tuple[str, ...]] = []
    last = 0
    for k in range(len(ordered)):
        near = ordered.iloc[k:] - ordered.iloc[k] < critical_difference
        end = k + int(near.sum())
        if end > last and end - k > 1:
            groups.append(tuple(map(str, ordered.index[k:end])))
        last = max(last, end)
    return groups


@dataclass(frozen=True)
class RankTest:
    """Average ranks of methods over problems, and whether they differ.

    Attributes
    ----------
    budget
        At which the methods are compared.
    ranks
        Method to its average rank; 1 is the most accurate.
    problems
        How many all methods have an error on.
    p_value
        Of Iman and Davenport's F for "all methods are alike".
    critical_difference
        Nemenyi's: average ranks further apart differ at the 5 % level.
    """

    budget: int
    ranks: "pd.Series[float]"
    problems: int
    p_value: float
    critical_difference: float

    @property
    def differ(self) -> bool:
        """Whether the methods differ at the 5 % level."""
        return self.p_value < _LEVEL


def rank_test(errors: pd.DataFrame) -> RankTest | None:
    """Return the test at the largest budget with enough problems; ``None``: there is none.

    Replicates and outputs are averaged first: they are no further problems (Demšar 2006,
    jmlr.org/papers/v7/demsar06a.html; Iman & Davenport 1980, doi:10.1080/03610928008827904).
    """
    for budget in sorted(errors["budget"].unique().tolist(), reverse=True):
        table = common_errors(errors, int(budget))
        n, k = table.shape
        if n < FEWEST_PROBLEMS or k < 3:
            continue
        ranked = table.rank(axis=1)
        means = ranked.mean()
        square = 12 * n / (k * (k + 1)) * float(((means - (k + 1) / 2) ** 2).sum())
        # without ties, as Friedman's; an F with the ties' correction where there are some
        friedman = float(stats.friedmanchisquare(*table.to_numpy().T).statistic)
        square = max(square, friedman)
        left = n * (k - 1) - square
        f = np.inf if left <= 0 else (n - 1) * square / left
        # by chance all problems give one order as often as this: no p-value is smaller
        all_alike = 1 / math.factorial(k) ** (n - 1)
        p_value = max(float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))), all_alike)
        quantile = stats.studentized_range.ppf(1 - _LEVEL, k, np.inf) / np.sqrt(2)
        critical = float(quantile * np.sqrt(k * (k + 1) / (6 * n)))
        return RankTest(int(budget), means.sort_values(kind="stable"), n, p_value, critical)
    return None
