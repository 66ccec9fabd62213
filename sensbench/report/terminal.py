"""A comparison for the terminal, with rich."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sensbench.findings.agreement import pairs_of
from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.findings.over_outputs import MOST_OUTPUTS, in_detail, over_outputs
from sensbench.findings.unsettled import is_unsettled
from sensbench.findings.verdict import verdict
from sensbench.printable import printable
from sensbench.report.answer_said import Row, in_question, output_rows, shared_rows
from sensbench.report.intervals import intervals_said
from sensbench.report.table import Table as Numbers
from sensbench.report.tables.costs import cost_table
from sensbench.report.tables.derivatives import signed, unit
from sensbench.report.tables.outputs import agreement_table, inputs_table
from sensbench.report.tables.questions import questions_tables
from sensbench.report.text import (
    NOT_AVAILABLE,
    UNSETTLED,
    correlation,
    count,
    few_notes,
    in_short,
    interval,
    plain_symbol,
    short_names,
)
from sensbench.report.wording import sentences, words
from sensbench.report.wording_dependence import beside
from sensbench.study.results import Results

_MOST_FEATURES = 20
# Of many outputs, two are shown, with the inputs of the largest shares.
_MOST_FEATURES_OF_MANY = 3
_MOST_PAIRS = 15
_MOST_SHORT = 26
_MORE = (
    "To see more: to_frame() has every number and ranking() the order of the inputs, of all "
    "outputs; plot(output=…) draws one; report(…) writes a page; output=… asks for some only."
)
_NAME_WIDTH = 24
# Outputs in the columns of one table.
_MOST_COLUMNS = 4


def render(results: Results) -> RenderableType:
    """Return everything a terminal shows of each question, the verdicts first."""
    parts: list[RenderableType] = []
    for problem, model in results.questions:
        parts += _question(results.of(problem, model))
    return Printable(Group(*parts))


class Printable:
    """What it holds, with the control characters of names and notes made visible."""

    def __init__(self, content: RenderableType):
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for part in console.render(self._content, options):
            yield part if part.control else Segment(printable(part.text), part.style)


def _question(part: Results) -> list[RenderableType]:
    question = the_question(part)
    frame = headline_shares(part)
    named = (
        question.problem
        if question.problem == question.model
        else (f"{question.problem}: {question.model}")
    )
    shape = f"{count(len(question.features), 'input')}, {count(len(question.outputs), 'output')}"
    parts: list[RenderableType] = [Text.assemble((named, "bold"), f"  {shape}"), Text()]
    parts += _verdicts(part)
    over = over_outputs(part)
    few = in_detail(part, over)
    most = _MOST_FEATURES if over is None else _MOST_FEATURES_OF_MANY
    if over is not None:
        inputs = inputs_table(over)
        parts += _titled(inputs.title, _plain(inputs, _MOST_FEATURES))
    detailed = shown_outputs(frame, the_question(few)) if over is None else list(over.chosen)[:2]
    for output in detailed:
        table = _importance(part, frame[frame["output"] == output], most)
        table.show_edge = over is None
        why = "" if over is None else f" ({over.chosen[output]})"
        parts += _titled(f"Importance for {_named(output)}{why}", table)
    for questions in questions_tables(few) if over is None else ():
        parts += [*_titled(questions.title, _plain(questions, most)), Text(questions.note, "dim")]
        parts.append(Text())
    ends = intervals_said(part)
    parts += [Text(ends, style="dim"), Text()] if ends else []
    if over is None:
        parts += [*_slopes(few, list(mean_shares(frame).index)), *_agreement(few)]
    else:
        pairs = agreement_table(over)
        parts += _titled(pairs.title, _plain(pairs, _MOST_PAIRS))
    costs = _costs(part)
    costs.show_edge = over is None
    parts += [*_titled("Costs", costs), *_measured(part), Text()]
    # A hanging indent keeps wrapped sentences apart.
    parts += [_item(sentence) for sentence in sentences(part)]
    if len(the_question(few).outputs) < len(question.outputs):
        parts.append(_item(_MORE))
    method_notes = (note for notes in part.notes.values() for note in notes)
    notes = few_notes(list(dict.fromkeys((*question.notes, *method_notes))))
    parts += [_item(n) for n in in_short(notes, (*question.outputs, *question.features))]
    if question.source:
        terms = f"; licence: {question.licence}" if question.licence else ""
        parts.append(_item(f"Data: {question.source}{terms}."))
    parts.append(Text())
    return parts


def _verdicts(part: Results) -> list[RenderableType]:
    """Return the answer of every output, with what qualifies it; of many, the table says it."""
    question = the_question(part)
    outputs = shown_outputs(headline_shares(part), question)
    if len(question.outputs) > MOST_OUTPUTS:
        return []
    lines: list[RenderableType] = [_item(_labelled(row)) for row in shared_rows(part)]
    lines += [Text()] if lines else []
    for output in outputs:
        of = verdict(part, output)
        start = f"{_named(output)}: " if len(question.outputs) > 1 else ""
        lines.append(
            Text.assemble((start + " ".join(in_question(words(of.lines), question)), "bold"))
        )
        lines += [_item(_labelled(row)) for row in output_rows(of, question)]
        lines.append(Text())
    return lines


def _labelled(row: Row) -> str:
    return f"{row.label}: {' '.join(row.texts)}"


def _table(edge: bool = True) -> Table:
    return Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left",
        show_edge=edge,
    )  # fmt: skip


def _titled(title: str, table: Table) -> list[RenderableType]:
    """Return the table under a title that wraps with the terminal, not with the table."""
    return [Text(title, style="bold"), table, Text()]


def _named(output: str) -> str:
    return next(iter(short_names([output], 60).values()))


def _plain(numbers: Numbers, most: int) -> Table:
    """Return a page's table as it is, its first rows."""
    table = _table(edge=False)
    for k, head in enumerate(numbers.shown.columns):
        table.add_column(Text(head), justify="right" if k else "left", overflow="fold")
    names = short_names([str(name) for name in numbers.shown.iloc[:, 0]], _MOST_SHORT)
    for first, *cells in numbers.shown.head(most).itertuples(index=False, name=None):
        table.add_row(Text(names[str(first)]), *(Text(str(cell)) for cell in cells))
    rest = len(numbers.shown) - most
    if rest > 0:
        table.caption = Text(f"{count(rest, 'more row')} not shown")
    return table


def _importance(part: Results, frame: pd.DataFrame, most: int) -> Table:
    """Return features × methods: value and rank, the interval below."""
    order = list(mean_shares(frame).index)
    names = short_names(order, _NAME_WIDTH)
    methods = in_method_order(part, frame["estimator"])
    table = _table()
    table.add_column("input", overflow="fold")
    for method in methods:
        symbol = plain_symbol(part.methods[method].headline.symbol)
        head = "\n".join(filter(None, (method, symbol, beside(part, method))))
        table.add_column(Text(head), justify="right")
    for feature in order[:most]:
        by_method = frame[frame["feature"] == feature].set_index("estimator")
        cells = []
        for method in methods:
            ranked = method in by_method.index and pd.notna(by_method.loc[method, "rank"])
            rank = f" #{by_method.loc[method, 'rank']:.0f}" if ranked else ""
            cells.append(_cell(by_method, method, rank, "bold" if rank == " #1" else ""))
        table.add_row(Text(names[feature]), *cells)
    rest = len(order) - most
    if rest > 0:
        table.caption = Text(f"{count(rest, 'more input')} of smaller mean share not shown")
    return table


def _cell(
    rows: pd.DataFrame, key: str, after: str = "", style: str = "", sign: bool = False
) -> Text:
    """Return a value with its interval on the line below."""
    if key not in rows.index:
        return Text(NOT_AVAILABLE, style="dim")
    ends = rows.loc[key, ["value", "low", "high"]].to_numpy(dtype=float)
    value, _, between = (signed if sign else interval)(*ends.tolist()).partition(" ")
    unsettled = UNSETTLED if bool(is_unsettled(rows)[key]) else ""
    lines = (between.replace(" ", "\N{NO-BREAK SPACE}"), unsettled)
    below = "".join(f"\n{line}" for line in lines if line)
    return Text.assemble((value + after, style), (below, "dim"))


def _slopes(part: Results, order: list[str]) -> list[RenderableType]:
    """Return the signed mean derivatives with their units, a column per output."""
    question = the_question(part)
    final = part.final()
    numbers = final[(final["measure"] == "derivative_mean") & final["value"].notna()]
    outputs = [o for o in question.outputs if o in set(numbers["output"])]
    if not outputs:
        return []
    names = short_names(order, _NAME_WIDTH)
    method = str(numbers["estimator"].iloc[0])
    numbers = numbers[numbers["estimator"] == method]
    table = _table()
    table.add_column("input", overflow="fold")
    for name in list(short_names(outputs, 14).values())[:_MOST_COLUMNS]:
        table.add_column(Text(f"∂{name}/∂x"), justify="right")
    for feature in order[:_MOST_FEATURES]:
        rows = numbers[numbers["feature"] == feature].set_index("output")
        cells = (
            _cell(rows, o, f" {unit(question, o, feature)}".rstrip(), sign=True)
            for o in outputs[:_MOST_COLUMNS]
        )
        table.add_row(Text(names[feature]), *cells)
    left = ((len(outputs) - _MOST_COLUMNS, "output"), (len(order) - _MOST_FEATURES, "input"))
    more = [count(rest, f"more {what}") for rest, what in left if rest > 0]
    if more:
        table.caption = Text(f"{' and '.join(more)} not shown")
    return _titled(f"Mean derivative by {method}: direction and size, not a ranking", table)


def _agreement(part: Results) -> list[RenderableType]:
    """Return Spearman's rho and Kendall's tau-b of every pair; a column per output if few."""
    pairs = pairs_of(part)
    if pairs["spearman"].isna().all():
        return []
    table = _table()
    outputs = list(pairs["output"].unique())[:_MOST_COLUMNS]
    table.add_column("methods")
    for name in short_names(outputs, 14).values():
        table.add_column(Text(name), justify="right")
    for (first, second), rows in pairs.groupby(["first", "second"], sort=False):
        by = rows.set_index("output")
        cells = [_correlated(by.loc[o].to_dict()) if o in by.index else "" for o in outputs]
        table.add_row(Text(f"{first}, {second}"), *cells)
    return _titled("Agreement: Spearman ρ [what intervals leave open] (Kendall τ-b)", table)


def _correlated(pair: Mapping[Any, Any]) -> str:
    low, high = (correlation(pair.get(f"spearman_{end}", float("nan"))) for end in ("low", "high"))
    ends = f" [{low}, {high}]" if NOT_AVAILABLE not in (low, high) else ""
    return f"{correlation(pair['spearman'])}{ends} ({correlation(pair['kendall'])})"


def _costs(part: Results) -> Table:
    table = _table()
    shown = cost_table(part).shown
    for head in shown.columns:
        table.add_column(Text(head), justify="left" if head in ("method", "runs") else "right")
    for row in shown.itertuples(index=False, name=None):
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def _measured(part: Results) -> list[RenderableType]:
    """Say what each method measured, a line each."""
    lines: list[RenderableType] = [Text("What the methods measured", style="bold")]
    for label in in_method_order(part, part.frame["estimator"]):
        headline = part.methods[label].headline
        sentence = headline.definition.split(". ")[0].split("; ")[0].rstrip(".")
        lines.append(_item(f"{label}, {plain_symbol(headline.symbol)}: {sentence}."))
    return lines if len(lines) > 1 else []


def _item(text: str) -> Table:
    """Return a list item whose wrapped lines are indented."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_row("•", Text(text))
    return grid
