"""A study's own answer: what was computed, which methods are accurate, whose intervals hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from sensbench.findings.accuracy import headline_accuracy
from sensbench.metrics.across_problems import (
    RankTest,
    accuracy_across,
    common_errors,
    first_budgets,
    profiles,
    rank_test,
)
from sensbench.report.across_figures import claimed, coverage_figure, profiles_figure, ranks_figure
from sensbench.report.across_said import (
    computed_rows,
    coverage_rows,
    coverage_verdict,
    error_rows,
    error_verdict,
    not_judged,
    ranks_said,
)
from sensbench.report.across_tables import (
    accuracy_over_problems,
    errors_table,
    first_budget_table,
    grid_table,
    networks_table,
    stability_table,
)
from sensbench.report.answer import Row
from sensbench.report.sections import Block, Drawn
from sensbench.report.table import Table
from sensbench.report.text import count
from sensbench.study.results import Results

_FUNCTION = "function"
# A first budget is one from which on the error is at most this.
_ACCURATE = 0.05


@dataclass(frozen=True)
class Column:
    """One of a study's questions with its answer."""

    title: str
    aside: str
    verdict: str
    rows: Sequence[Row]
    table: Table | None = None
    drawn: Drawn | None = None


@dataclass(frozen=True)
class Across:
    """What a study says over its problems.

    Attributes
    ----------
    computed
        What was computed and what not.
    columns
        The first screen's; none where fewer than two problems have known values.
    blocks
        The sections below.
    """

    computed: Sequence[Row]
    columns: Sequence[Column]
    blocks: Sequence[Block]

    def __iter__(self) -> Iterator[Block]:
        """Iterate all that has files, also what stands on the first screen."""
        items = [item for column in self.columns for item in (column.table, column.drawn)]
        yield Block("answer", [item for item in items if item is not None])
        yield from self.blocks


def across(results: Results) -> Across | None:
    """Return the comparison over questions; ``None`` where there is one.

    Of a problem's models, errors are of its own function where the study has it, else of a network:
    each problem counts once.
    """
    if len(results.questions) < 2:
        return None
    blocks = [Block("grid", [grid_table(results)], "What was computed")]
    columns: list[Column] = []
    errors = known_errors(results)
    if errors["problem"].nunique() > 1:
        levels = results.frame.groupby("estimator", observed=True)["level"].max()
        levels.index = levels.index.astype(str)
        means = accuracy_across(errors)
        means["level"] = means["estimator"].map(levels).astype(float)
        test = rank_test(errors)
        columns = _columns(results, errors, means, test)
        blocks += _accuracy(results, errors, means, test)
    networks = [t for t in (networks_table(results), stability_table(results)) if t is not None]
    if networks:
        blocks.append(Block("networks", networks, "Networks"))
    return Across(computed_rows(results), columns, blocks)


def known_errors(results: Results) -> pd.DataFrame:
    """Return the errors of each method's own measure, for every problem with known values once."""
    chosen: dict[str, pd.DataFrame] = {}
    for problem, model in sorted(results.questions, key=lambda q: q[1] != _FUNCTION):
        rows = headline_accuracy(results.of(problem, model))
        if len(rows) and problem not in chosen:
            chosen[problem] = rows
    return (
        pd.concat(chosen.values(), ignore_index=True) if chosen else pd.DataFrame({"problem": []})
    )


def _columns(
    results: Results, errors: pd.DataFrame, means: pd.DataFrame, test: RankTest | None
) -> list[Column]:
    problems = int(errors["problem"].nunique())
    accurate = Column(
        "Which is most accurate", f"{count(problems, 'problem')} with known values",
        error_verdict(errors, means, test),
        [*not_judged(results, errors, means, test), *error_rows(means, test)],
        table=errors_table(results, means),
    )  # fmt: skip
    hold = Column(
        "Whose intervals hold", f"{claimed(means)} claimed", coverage_verdict(means, test),
        coverage_rows(means, test), drawn=coverage_figure(results, means),
    )  # fmt: skip
    return [accurate, hold]


def _accuracy(
    results: Results, errors: pd.DataFrame, means: pd.DataFrame, test: RankTest | None
) -> list[Block]:
    budgets = sorted(errors["budget"].unique().tolist())
    reached = first_budgets(errors, _ACCURATE)
    tables = [accuracy_over_problems(means), first_budget_table(reached, budgets, _ACCURATE)]
    problems = int(errors["problem"].nunique())
    blocks = [Block("accuracy", tables, "Accuracy", place="accuracy-over-problems")]
    drawn: list[Drawn | Table] = []
    if test is not None:
        common = common_errors(errors, test.budget)
        drawn = [
            ranks_figure(results, test),
            profiles_figure(results, profiles(common), test.budget, len(common)),
        ]
    return [
        *blocks,
        Block("average_ranks", drawn, "Ranks and profiles", ranks_said(test, problems)),
    ]
