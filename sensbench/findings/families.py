"""Numbers by the kind of question their measure answers."""

from collections.abc import Callable

import pandas as pd

from sensbench.measure import Measure
from sensbench.study.results import Results

Rule = Callable[[Measure], bool]


def chosen(frame: pd.DataFrame, results: Results, rule: Rule) -> pd.DataFrame:
    """Return the numbers whose measure, as it was defined for these results, is such."""
    fitting = {name for name in frame["measure"].unique() if rule(results.measures[name])}
    return frame[frame["measure"].isin(fitting)]


def slopes(measure: Measure) -> bool:
    """Whether it is a slope whose square is on the scale of variance."""
    return measure.family == "derivative" and measure.variance_power == 2


def variances(measure: Measure) -> bool:
    """Whether it is a part of the variance, also as what shuffling costs."""
    return measure.family in ("variance", "permutation")


def steps(measure: Measure) -> bool:
    """Whether it is the effect of finite steps: between slopes and variance."""
    return measure.family == "screening" and measure.variance_power == 2


def of_features(results: Results, output: str) -> pd.DataFrame:
    """Return the final numbers of an output that belong to single features."""
    final = results.final()
    single = (final["partner"] == "") & (final["feature"] != "")
    return final[(final["output"] == output) & single]
