"""Comparison: what several methods say of one model, as tables, a figure and a page."""

import io
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console, RenderableType

from sensbench.errors import InputError
from sensbench.estimator.result import COLUMNS, SensitivityResult
from sensbench.findings import Findings, find
from sensbench.metrics.agreement import agreement
from sensbench.metrics.ranks import shares
from sensbench.study.results import Results


class Comparison:
    """What several methods say of one model: a study of one problem, in memory.

    Print it for tables; ``cmp["sobol"]`` is one method's :class:`SensitivityResult`.
    """

    def __init__(self, results: Results, by_method: dict[str, SensitivityResult]):
        self.results = results
        self._by_method = by_method

    def __getitem__(self, method: str) -> SensitivityResult:
        """Return one method's result.

        Raises
        ------
        KeyError
            No such method in this comparison.
        """
        if method not in self._by_method:
            raise KeyError(f"expected one of {', '.join(self._by_method)}; got {method!r}")
        return self._by_method[method]

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels of the methods that gave a result."""
        return tuple(self._by_method)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per number: problem, model, estimator, measure, output, feature, …."""
        return self.results.frame[list(COLUMNS)].reset_index(drop=True)

    def ranking(self) -> pd.DataFrame:
        """Return ranks: one row per output and feature, one column per method.

        1 is the most important, by each method's unit-free measure. ``mean_rank`` averages the
        methods, and orders the rows within an output. A method that is not applicable to some
        features ranks the others among themselves; it does not count in ``mean_rank`` unless all
        methods are such.
        """
        ranked = shares(self.results.headline(), self.results.measures)
        wide = ranked.pivot(index=["output", "feature"], columns="estimator", values="rank")
        wide = wide[[m for m in self.methods if m in wide]].rename_axis(columns=None)
        # Second among all inputs and first among the continuous ones may be the same place.
        complete = wide.notna().groupby(level="output").transform("all")
        wide["mean_rank"] = wide.where(complete).mean(axis=1).fillna(wide.mean(axis=1))
        order = {name: k for k, name in enumerate(dict.fromkeys(ranked["output"]))}
        wide = wide.reset_index()
        wide["_output"] = wide["output"].map(order)
        wide = wide.sort_values(["_output", "mean_rank"], kind="stable").drop(columns="_output")
        return wide.reset_index(drop=True)

    def agreement(self) -> pd.DataFrame:
        """Return Spearman's rho and Kendall's tau-b of every pair of methods, per output."""
        return agreement(self.results.headline(), self.results.measures).drop(
            columns=["problem", "model"]
        )

    def findings(self) -> Findings:
        """Return what the results say, the most important first: the sentences, as data.

        Each is a :class:`~sensbench.findings.Finding` with its cause, output, features, methods
        and the numbers that show it; ``findings().to_frame()`` is a table of them.
        """
        return find(self.results)

    def plot(self, output: str | None = None, ax: Any = None) -> Any:
        """Draw the importance figure, a panel per output, or one output into ``ax``.

        More than six outputs are drawn as one heat map, inputs × outputs.
        """
        from sensbench.report import plot  # seaborn takes a second to import

        return plot(self.results, output=output, ax=ax)

    def report(self, page: str | Path, *, files: bool = False) -> Path:
        """Write the page: one self-contained HTML file.

        With ``files``, its figures as PNG and PDF and its tables as CSV beside it.
        """
        from sensbench.report import write_report

        if Path(page).is_dir():
            raise InputError(f"report: expected the name of a file; got the folder {page!r}")
        return write_report(self.results, Path(page), files=files)

    def __rich__(self) -> RenderableType:
        from sensbench.report.terminal import render

        return render(self.results)

    def __str__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns
        text = io.StringIO()
        Console(file=text, color_system=None, width=max(width, 80)).print(self)
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        """Return the printed tables, for notebooks."""
        console = Console(file=io.StringIO(), record=True, width=110)
        console.print(self)
        style = "line-height:1.25;overflow-x:auto"
        code = f'<pre style="{style}"><code style="font-family:monospace">{{code}}</code></pre>'
        return console.export_html(inline_styles=True, code_format=code)

    def __repr__(self) -> str:
        question = next(iter(self.results.questions.values()))
        return (
            f"<Comparison of {', '.join(self.methods)} on {question.model}: "
            f"{len(question.outputs)} outputs, {len(question.features)} inputs>"
        )
