"""Why two methods differ: from the shares of one to those of the other, a bar for every step."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from sensbench.account.account import Account
from sensbench.errors import InputError
from sensbench.findings.consensus import the_question
from sensbench.report.account_said import account_said
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.waterfall import waterfall, waterfall_said
from sensbench.study.results import Results


def _accounts(results: Results) -> list[Account]:
    """Return the accounts of one question, in the order they were asked for."""
    the_question(results)
    return [account for items in results.accounts.values() for account in items]


@dataclass(frozen=True)
class Difference(ReportFigure):
    """Why two methods differ: a bar for every step; a figure per pair that was asked about."""

    name, section, order = "difference", "difference", 10
    narrow = True

    account: Account | None = None
    number: int = 0  # of the figure, where there are several

    @property
    def title(self) -> str:
        if self.account is None:
            return "Why methods differ"
        return f"{self.account.start.method} to {self.account.end.method}, {self.account.output}"

    @property
    def caption(self) -> str:  # type: ignore[override]
        said = " ".join(account_said(self.account)) if self.account is not None else ""
        return (
            f"{said} From above: the shares by the one method; a bar for every step of one cause, "
            "with its interval, pale where that holds 0; the shares by the other method. "
            "Grey: what the published shares differ by beyond the steps."
        ).strip()

    @property
    def slug(self) -> str:
        return f"difference-{self.number}" if self.number else "difference"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        accounts = _accounts(results)
        if len(accounts) == 1:
            return [Difference(accounts[0])]
        return [Difference(account, k + 1) for k, account in enumerate(accounts)] or [self]

    def applies(self, results: Results) -> Omitted | None:
        account = self._of(results)
        if account is None:
            return Omitted(
                "nobody asked why two methods differ; comparison.difference(one, other) and "
                "compare(…, explain=True) do"
            )
        return None if account.steps else Omitted(account_said(account)[0].rstrip("."))

    def draw(self, results: Results) -> Figure:
        """Return the waterfall of the three inputs whose shares differ most."""
        account = self._of(results)
        if account is None:
            raise InputError("difference: expected results with the account of a difference")
        return waterfall(account)

    def data(self, results: Results) -> pd.DataFrame:
        account = self._of(results)
        return pd.DataFrame() if account is None else account.to_frame()

    def alt(self, results: Results) -> str:
        account = self._of(results)
        return "" if account is None else waterfall_said(account)

    def _of(self, results: Results) -> Account | None:
        return self.account or next(iter(_accounts(results)), None)
