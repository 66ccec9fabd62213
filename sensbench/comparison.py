"""Comparison: what several methods say of one model, as tables, a figure and a page."""

import io
import shutil
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console, RenderableType

from sensbench.account.account import Account
from sensbench.difference import Difference, Side, difference
from sensbench.errors import InputError, NotApplicable, SaveWarning
from sensbench.estimator.result import RESULT_COLUMNS, SensitivityResult
from sensbench.findings import Findings, Verdict, find, verdict
from sensbench.findings.agreement import pairs_of
from sensbench.findings.disagreements import disagreements
from sensbench.metrics.ranks import shares
from sensbench.report.formats import FORMATS
from sensbench.study.columns import plain
from sensbench.study.location import results_file
from sensbench.study.origin import Origin
from sensbench.study.restoring import results_by_method
from sensbench.study.results import Results
from sensbench.study.store import ResultStore


class Comparison:
    """What several methods say of one model: a study of one problem, in memory.

    Print it for tables; ``cmp["sobol"]`` is one method's :class:`SensitivityResult`.
    """

    def __init__(
        self,
        results: Results,
        by_method: dict[str, SensitivityResult],
        origin: Origin | None = None,
    ):
        self.results = results
        self._by_method = by_method
        self._origin = origin

    def __getstate__(self) -> dict[str, Any]:
        """Keep the numbers: a model, which may be anything, does not go into a file."""
        return {**self.__dict__, "_origin": None}

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
        """Return one row per number: problem, model, estimator, measure, output, feature, ….

        After the value and its ends: ``direction``; ``level``, ``interval`` and ``covers``, the
        level, method and sources of uncertainty of the interval; ``tail``, see
        :class:`~sensbench.estimator.result.Estimate`.
        """
        return plain(self.results.frame[list(RESULT_COLUMNS)]).reset_index(drop=True)

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
        """Return how alike each two methods order the inputs above the noise, per output.

        Spearman's ρ, Kendall's τ-b, the weighted τ, the overlap of the first places and rank-biased
        overlap, each with the ends of its interval (``spearman_low``, …); in how many pairs of
        inputs both methods' intervals settle the same order, and the opposite one; of how many
        inputs both settle the sign, and how many of these alike. See
        :mod:`sensbench.metrics.similarity`.
        """
        return pairs_of(self.results).drop(columns=["problem", "model"])

    def findings(self) -> Findings:
        """Return what the results say, the most important first: the sentences, as data.

        Each is a :class:`~sensbench.findings.Finding` with its cause, output, features, methods
        and the numbers that show it; ``findings().to_frame()`` is a table of them.
        """
        return find(self.results)

    def verdict(self, output: str | None = None) -> Verdict:
        """Return what is settled of one output's inputs, with the alerts that qualify it."""
        return verdict(self.results, output)

    def difference(
        self,
        start: Side,
        end: Side,
        *,
        output: str | None = None,
        budget: int = 200_000,
        seed: int = 0,
    ) -> Difference:
        """Return why two methods differ: from the shares of one to those of the other, in steps.

        The steps go through a chain of estimands, all taken from the same rows and the same changes
        of one input at a time; each has one cause, and an interval that holds for all of them
        together. For each input they sum to the difference of its shares. See
        ``docs/why-methods-differ.md``. The page of this comparison shows it from then on.

        Parameters
        ----------
        start, end
            Methods of this comparison: gradient, sobol, permutation, morris, rbd_fast. A pair
            ``("sobol", "first_order")`` names another measure than the one the method ranks by.
        output
            Which output, where there are several.
        budget
            Rows through the model, at most, forward and backward alike.
        seed
            The same seed gives the same numbers.

        Raises
        ------
        NotApplicable
            A method that no chain leads to (delta, pawn), or too small a budget.
        InputError
            The comparison has no model any more; no such method, measure or output; fewer than two
            inputs that both methods speak of.
        """
        if self._origin is None:
            raise InputError(
                "difference: expected a comparison that compare() returned in this process; this "
                "one was loaded and holds numbers without the model; compare again"
            )
        found = difference(self.results, self._origin.problem, start, end, output, budget, seed)
        self._keep(found.account)
        return found

    def explain(self, *, budget: int = 200_000, seed: int = 0) -> list[Difference]:
        """Return why the methods differ that the verdicts name as differing, one pair per output.

        As :meth:`difference` of each such pair, which the page then shows. Empty where no verdict
        names one, or no chain of estimands leads from the one to the other.

        Raises
        ------
        InputError
            The comparison has no model any more.
        """
        found = []
        for output, start, end in disagreements(self.results):
            with suppress(NotApplicable):
                found.append(self.difference(start, end, output=output, budget=budget, seed=seed))
        return found

    def _keep(self, account: Account) -> None:
        """Keep an account for the page, in the place of one of the same two sides."""
        (key,) = self.results.questions
        kept = self.results.accounts.get(key, ())
        sides = account.output, account.start.method, account.end.method
        others = (a for a in kept if (a.output, a.start.method, a.end.method) != sides)
        self.results = replace(self.results, accounts={key: (*others, account)})

    def plot(
        self,
        kind: str | None = None,
        *,
        output: str | None = None,
        ax: Any = None,
        style: str = "page",
        width: str = "two columns",
    ) -> Any:
        """Draw a figure; return it, or the axes it was drawn on.

        Parameters
        ----------
        kind
            What to draw; :func:`sensbench.plots.names` lists the kinds and what each needs. By
            default importance, a panel per output; of more than six outputs one heat map, inputs ×
            outputs.
        output
            The output to draw, where there are several; by default all, or the first of a kind
            that draws one alone.
        ax
            Axes of one's own figure, for a kind of one panel.
        style
            ``"page"``, or ``"paper"``: the texts of a printed figure, and its width.
        width
            Of a paper's figure: ``"one column"`` (89 mm) or ``"two columns"`` (183 mm).

        Raises
        ------
        UnknownNameError
            No such kind; the message names the nearest.
        InputError
            No such output, style or width; nothing to draw, with the reason; ``ax`` for a figure
            of several panels.
        """
        from sensbench.report import plot  # seaborn takes a second to import

        return plot(self.results, kind, output=output, ax=ax, style=style, width=width)

    def report(
        self,
        page: str | Path,
        *,
        files: bool = False,
        formats: Sequence[str] = FORMATS,
        fresh: bool = False,
    ) -> Path:
        """Write the page: one self-contained HTML file.

        With ``files``, its figures in ``formats`` (``"svg"``, ``"pdf"``, ``"png"``; ``"csv"``:
        their numbers) and its tables as CSV and LaTeX beside it. Figures that are there from
        last time and would look the same are not drawn again, unless ``fresh``.
        """
        from sensbench.report import write_report

        if Path(page).is_dir():
            raise InputError(f"report: expected the name of a file; got the folder {page!r}")
        return write_report(self.results, Path(page), files=files, formats=formats, fresh=fresh)

    def made_by(self, file: str | None, facts: Mapping[str, str] | None = None) -> "Comparison":
        """Return it with the file that its model came from, ``FILE.py:NAME``, for :meth:`save`.

        ``facts``: what its page says of where it comes from, such as the data's file.
        """
        origin = self._origin
        if file is not None:
            origin = origin and replace(origin, file=file)
        provenance = {**self.results.provenance, **(facts or {})}
        return Comparison(replace(self.results, provenance=provenance), self._by_method, origin)

    def save(self, path: str | Path) -> Path:
        """Save as a study, which ``sensbench run`` repeats and widens; return where it is.

        A folder gets ``study.yaml``, the rows as Parquet, the weights of a torch module as
        safetensors and the results. A path that ends in ``.sqlite`` or ``.db`` is one file with all
        of it, such as a baseline for :func:`sensbench.check`.

        The model is named by its file: the one that ``sensbench analyze`` took it from, or that
        its class or function was imported from. Where it cannot be made from there, or the study
        would not have the same rows, the results are saved alone, and a ``SaveWarning`` says what
        is missing.

        Raises
        ------
        InputError
            There are results already; it cannot be written.
        """
        if self._origin is None:
            raise InputError("save: expected a comparison that was computed; got one that was read")
        from sensbench.study.saving import save  # a study's parts are for those who save one

        saved = save(Path(path), self.results, self._by_method, self._origin)
        if saved.missing:
            warnings.warn(
                f"save: the results are in {saved.path}; to compute them again a study needs "
                f"{saved.missing}",
                SaveWarning,
                stacklevel=2,
            )
        return saved.path

    @classmethod
    def load(cls, path: str | Path) -> "Comparison":
        """Return a comparison that :meth:`save` wrote; nothing is computed.

        Raises
        ------
        InputError
            There are no results, or those of more than one question, budget or replicate.
        """
        file = results_file(Path(path))
        with ResultStore(file, read_only=True) as store:
            results = store.results()
            cells = results.cells.drop_duplicates(["budget", "replicate"])
            if len(results.questions) != 1 or len(cells) != 1:
                raise InputError(
                    f"{path}: expected one question with one budget, once; got "
                    f"{len(results.questions)} with {len(cells)}; sensbench.load reads studies"
                )
            return cls(results, results_by_method(store, results))

    def __rich__(self) -> RenderableType:
        from sensbench.report.terminal import render

        return render(self.results)

    def __str__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns
        text = io.StringIO()
        Console(file=text, color_system=None, width=max(width, 80)).print(self)
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        """Return the answer, the importance figure and tables; of many outputs what is printed."""
        from sensbench.report.notebook import notebook_html

        html = notebook_html(self.results)
        if html:
            return html
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
