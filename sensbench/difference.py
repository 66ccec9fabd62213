"""Difference: why two methods of a comparison differ, to print, to tabulate and to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sensbench.account.account import Account, Published, account
from sensbench.account.chain import Level, StepCause, level_of
from sensbench.account.grid import GridSteps
from sensbench.account.steps import Step
from sensbench.account.verdict import Verdict
from sensbench.errors import InputError, UnknownNameError
from sensbench.metrics.ranks import shares
from sensbench.problem.problem import Problem
from sensbench.study.results import Method, Results

# A method's label, or with another of its measures than the one that it ranks by.
Side = str | tuple[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Difference:
    """Why two methods give the inputs of one output different shares of importance.

    Print it for a sentence per clear step. ``account`` holds all that is known: both sides, the
    steps, the rows it took.
    """

    account: Account

    @property
    def steps(self) -> tuple[Step, ...]:
        """By cause, then by feature; they sum to the difference of the published shares."""
        return self.account.steps

    @property
    def verdict(self) -> Verdict:
        """What the largest difference is due to, or why that cannot be said."""
        return self.account.verdict

    def cause(self, feature: str) -> StepCause | None:
        """Return what the difference of a feature's shares is mostly due to.

        ``None`` where its shares do not differ clearly, or no step in that direction is clear.
        """
        if feature not in self.account.features:
            raise UnknownNameError.of("difference", "feature", feature, self.account.features)
        return self.account.causes.get(feature)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per step and feature: feature, cause, where, value, low, high, clear.

        Behind them ``level``, ``interval`` and ``covers``: what the ends hold. They hold for all
        steps and features at once, over other base rows; what ``sampling`` adds has none.
        """
        return self.account.to_frame()

    def plot(self, *, style: str = "page", width: str = "two columns") -> Any:
        """Return the figure: from one method's shares to the other's, a bar for every step.

        ``style`` and ``width`` as of :meth:`sensbench.Comparison.plot`.
        """
        from sensbench.report.plotting import looking  # seaborn takes a second to import
        from sensbench.report.waterfall import waterfall

        with looking(style, width):
            return waterfall(self.account)

    def __str__(self) -> str:
        from sensbench.report.account_said import account_said

        return "\n".join(account_said(self.account))

    def __repr__(self) -> str:
        told = self.account
        return (
            f"<Difference of {told.start.method} and {told.end.method} on {told.output}: "
            f"{told.verdict.status}{f', {told.verdict.cause}' if told.verdict.cause else ''}; "
            f"{len(told.features)} inputs, {told.n_forward + told.n_backward:,} rows>"
        )

    def _repr_html_(self) -> str:
        """Return the steps as a table, for notebooks."""
        return self.to_frame().to_html(index=False, float_format="{:.3f}".format)


def difference(
    results: Results,
    problem: Problem,
    start: Side,
    end: Side,
    output: str | None,
    budget: int,
    seed: int,
) -> Difference:
    """Return why two methods of a comparison differ; see ``Comparison.difference``."""
    who = "difference"
    if output is None:
        if problem.o > 1:
            named = ", ".join(problem.outputs[:8])
            raise InputError(f"{who}: expected output= one of {named}; got none")
        output = problem.outputs[0]
    if output not in problem.outputs:
        raise UnknownNameError.of(who, "output", output, problem.outputs)
    for name, value, least in (("budget", budget, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"{who}: expected {name} a whole number from {least}; got {value!r}")
    sides = [_side(results, one) for one in (start, end)]
    levels = [_level(problem, method, measure) for method, measure in sides]
    final = results.final()
    tables = [
        final[
            (final["estimator"] == method.label)
            & (final["measure"] == measure)
            & (final["output"] == output)
        ].dropna(subset="value")
        for method, measure in sides
    ]
    both = [f for f in problem.features if all((t["feature"] == f).any() for t in tables)]
    if len(both) < 2:
        raise InputError(
            f"{who}: expected two inputs or more that both methods speak of, for output "
            f"{output!r}; got {len(both)}; shares of one are 1"
        )
    first, last = (
        Published(method.label, measure, level, _shares(table, both, results))
        for (method, measure), level, table in zip(sides, levels, tables, strict=True)
    )
    options = {method.name: method.params for method, _ in sides}
    grid, harmonics = options.get("morris", {}), options.get("rbd_fast", {}).get("harmonics", 10)
    steps = GridSteps(**{name: grid[name] for name in ("levels", "tail") if name in grid})
    return Difference(
        account(
            problem, first, last, output, both,
            budget=budget, seed=seed, steps=steps, harmonics=harmonics,
        )
    )  # fmt: skip


def _side(results: Results, asked: Side) -> tuple[Method, str]:
    """Return the method and the measure of one side."""
    label, measure = (asked, "") if isinstance(asked, str) else asked
    if label not in results.methods:
        raise UnknownNameError.of("difference", "method of this comparison", label, results.methods)
    method = results.methods[label]
    return method, measure or method.ranks_by


def _level(problem: Problem, method: Method, measure: str) -> Level:
    targets = problem.uses_rows and problem.data is not None and problem.data.y is not None
    return level_of(method.name, measure, targets)


def _shares(table: pd.DataFrame, features: Sequence[str], results: Results) -> dict[str, float]:
    """Return the shares of some features by their published values; NaN: nothing to divide."""
    of_these = table[table["feature"].isin(features)].reset_index(drop=True)
    share = shares(of_these, results.measures).set_index("feature")["share"]
    return {name: float(share[name]) for name in features}
