"""SavedStudy: what a results file holds, as frames, findings and figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sensbench.errors import InputError
from sensbench.files import plain_yaml
from sensbench.findings import Findings, find
from sensbench.report.formats import FORMATS
from sensbench.study.columns import plain
from sensbench.study.location import results_file
from sensbench.study.results import Results
from sensbench.study.store import ResultStore

if TYPE_CHECKING:
    from xarray import DataTree


class SavedStudy:
    """A study that was run, or a comparison that was saved; see :func:`sensbench.load`."""

    def __init__(self, results: Results, path: Path):
        self.results = results
        self.path = path

    def to_frame(self) -> pd.DataFrame:
        """Return one row per number: problem, model, estimator, measure, output, feature, …."""
        return plain(self.results.frame).reset_index(drop=True)

    def cells(self) -> pd.DataFrame:
        """Return one row per cell, computed or not: its status, the reason, what it cost."""
        return self.results.cells.reset_index(drop=True)

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration; empty where no study file says it."""
        text = self.provenance.get("config", "")
        return plain_yaml.load(text, f"{self.path}: configuration") if text else {}

    @property
    def provenance(self) -> Mapping[str, Any]:
        """With what, where and by which command it was computed."""
        return self.results.provenance

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """The pairs of problem and model, in the study's order."""
        return tuple(self.results.questions)

    def of(self, problem: str, model: str) -> "SavedStudy":
        """Return the part that belongs to one problem with one model."""
        return SavedStudy(self.results.of(problem, model), self.path)

    def findings(self) -> Findings:
        """Return what the results of one question say, the most important first.

        Raises
        ------
        InputError
            There are several questions; :meth:`of` chooses one.
        """
        return find(self._one("findings"))

    def plot(
        self,
        kind: str | None = None,
        *,
        problem: str | None = None,
        model: str | None = None,
        output: str | None = None,
        ax: Any = None,
        style: str = "page",
        width: str = "two columns",
    ) -> Any:
        """Draw a figure of one problem with one model, or of all problems together.

        As :meth:`sensbench.Comparison.plot` does; :func:`sensbench.plots.names` says which kinds
        are of a study.

        Parameters
        ----------
        problem, model
            Which question, where there are several.

        Raises
        ------
        InputError
            No such question, or several.
        """
        from sensbench.report import plot  # seaborn takes a second to import
        from sensbench.report.over_problems import OVER_PROBLEMS

        if kind in OVER_PROBLEMS:
            if problem is not None or model is not None:
                raise InputError(
                    f"plot: expected no problem or model for {kind!r}, which is of all"
                )
            results = self.results
        else:
            results = self._chosen(problem, model)
        return plot(results, kind, output=output, ax=ax, style=style, width=width)

    def _chosen(self, problem: str | None, model: str | None) -> Results:
        """Return the results of the only question that has this problem and this model."""
        fitting = [(p, m) for p, m in self.questions if problem in (None, p) and model in (None, m)]
        if len(fitting) == 1:
            return self.results.of(*fitting[0])
        named = "; ".join(f"problem={p!r}, model={m!r}" for p, m in (fitting or self.questions)[:6])
        got = "none of that name" if not fitting else f"{len(fitting)}"
        raise InputError(
            f"plot: expected one question; got {got}; choose one of: {named or 'none'}"
        )

    def report(
        self,
        page: str | Path,
        *,
        files: bool = False,
        formats: Sequence[str] = FORMATS,
        fresh: bool = False,
    ) -> Path:
        """Write the page; with ``files`` also its figures, in ``formats``, and tables beside it.

        Figures that are there and would look the same are not drawn again, unless ``fresh``.
        """
        from sensbench.report import write_report

        return write_report(self.results, Path(page), files=files, formats=formats, fresh=fresh)

    def export(self, out: str | Path) -> Path:
        """Write the numbers as ``.parquet``, ``.csv`` or ``.nc``."""
        from sensbench.report.export import export

        return export(self.results, Path(out))

    def to_xarray(self) -> "DataTree":
        """Return the numbers with named axes, a group per question (needs xarray)."""
        from sensbench.report.export import to_xarray

        return to_xarray(self.results)

    def __repr__(self) -> str:
        counts = self.results.cells["status"].value_counts()
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        return f"<SavedStudy {self.results.name!r} of {len(self.questions)} questions: {told}>"

    def _one(self, who: str) -> Results:
        if len(self.questions) == 1:
            return self.results
        named = ", ".join(f"({problem!r}, {model!r})" for problem, model in self.questions[:6])
        raise InputError(
            f"{who}: expected one question; got {len(self.questions)} ({named or 'none yet'}); "
            f"choose one with of(problem, model)"
        )


def load(path: str | Path) -> SavedStudy:
    """Return what a study or a saved comparison found. Nothing is computed or changed.

    Parameters
    ----------
    path
        A results file, the folder that has one, or a study file that has been run; also while it
        runs.

    Raises
    ------
    InputError
        There are no results, or they are damaged.
    """
    file = results_file(Path(path))
    with ResultStore(file, read_only=True) as store:
        return SavedStudy(store.results(), file)
