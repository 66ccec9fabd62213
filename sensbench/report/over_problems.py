"""Figures over all problems of a study, by name: what each shows and needs, how to draw it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from sensbench.metrics.across_problems import (
    FEWEST_PROBLEMS,
    RankTest,
    accuracy_across,
    common_errors,
    profiles,
    rank_test,
)
from sensbench.report.across import known_errors
from sensbench.report.across_figures import coverage_figure, profiles_figure, ranks_figure
from sensbench.report.figure import Omitted
from sensbench.report.sections import Drawn
from sensbench.study.results import Results


class _Judged(NamedTuple):
    """Errors of every problem with known values, their means, and the test over problems."""

    errors: pd.DataFrame
    means: pd.DataFrame
    test: RankTest | None


@dataclass(frozen=True)
class OverProblems:
    """A figure over all problems of a study."""

    name: str
    shows: str
    needs: str
    drawing: Callable[[Results, _Judged], Drawn | None]

    def drawn(self, results: Results) -> Figure | Omitted:
        """Return the drawing, or why there is none."""
        errors = known_errors(results)
        n = int(errors["problem"].nunique())
        if n < 2:
            return Omitted(f"it needs {self.needs}; the study has {n} with known values")
        means = accuracy_across(errors)
        means["level"] = means["estimator"].map(results.frame.groupby("estimator")["level"].max())
        found = self.drawing(results, _Judged(errors, means, rank_test(errors)))
        if found is None or found.drawing is None:
            return Omitted(f"it needs {self.needs}; the study has {n} with known values")
        return found.drawing.draw(*found.drawing.arguments)


def _ranks(results: Results, judged: _Judged) -> Drawn | None:
    return None if judged.test is None else ranks_figure(results, judged.test)


def _profiles(results: Results, judged: _Judged) -> Drawn | None:
    if judged.test is None:
        return None
    common = common_errors(judged.errors, judged.test.budget)
    return profiles_figure(results, profiles(common), judged.test.budget, len(common))


_TESTED = f"{FEWEST_PROBLEMS} problems with known values that all of three methods answer"
OVER_PROBLEMS = {
    one.name: one
    for one in (
        OverProblems(
            "average_ranks", "Average ranks of the methods' errors, and which are told apart.",
            _TESTED, _ranks,
        ),
        OverProblems(
            "coverage", "Which part of each method's intervals holds the known value.",
            "two problems with known values, and methods with intervals",
            lambda results, judged: coverage_figure(results, judged.means),
        ),
        OverProblems(
            "profiles", "On which part of the problems a method is nearly the most accurate.",
            _TESTED, _profiles,
        ),
    )
}  # fmt: skip
