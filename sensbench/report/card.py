"""A problem's card for the terminal: formula, inputs, main effects, and what is known of it."""

import inspect
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sensbench.measure import MEASURES
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth
from sensbench.report.main_effects import main_effects
from sensbench.report.terminal import Printable
from sensbench.report.text import count, one_line, plain_symbol
from sensbench.truths.catalogue import LISTED

# An odd number: no effect is the block in the middle.
_BLOCKS = "▁▂▃▄▅▆▇"
_MOST_INPUTS, _MOST_OUTPUTS, _MOST_PAIRS = 40, 6, 10
_BINS = 24


def card(problem: Problem, made_by: Any, width: int) -> RenderableType:
    """Return what is known of a problem, as wide as that.

    ``made_by`` is the plug-in, for its description.
    """
    shape = f"{count(problem.d, 'input')}, {count(len(problem.outputs), 'output')}"
    parts: list[RenderableType] = [
        Text.assemble((problem.name, "bold"), f"  {shape}"),
        Text(),
        Text(_description(made_by, min(width, 100))),
        Text(),
    ]
    if problem.data is not None:
        parts.append(Text(f"{len(problem.data)} rows of data; targets: {_targets(problem)}"))
    parts += [Text(note) for note in problem.notes]
    parts += [Text("Inputs", style="bold"), _inputs(problem)]
    for k in range(min(len(problem.outputs), _MOST_OUTPUTS)):
        if problem.truth:
            parts += [_truth_title(problem, k), *_truth(problem, k, width)]
            parts += _pairs(problem, k)
    rest = len(problem.outputs) - _MOST_OUTPUTS
    if rest > 0:
        parts.append(Text(f"{count(rest, 'more output')} not shown"))
    parts += [Text(line) for line in _how(problem)]
    if problem.source:
        parts.append(Text(f"Source: {problem.source}"))
    return Printable(Group(*parts))


def _description(made_by: Any, width: int) -> str:
    """Return the docstring without its errors, its lines as long as the reader's."""
    text = inspect.cleandoc(getattr(made_by, "__doc__", "") or "").partition("\nRaises\n")[0]
    lines: list[str] = []
    for (indent, is_prose), group in groupby(text.rstrip().split("\n"), key=_kind):
        whole = list(group)
        if is_prose:
            prose = " ".join(line.strip() for line in whole)
            whole = textwrap.wrap(prose, width, initial_indent=indent, subsequent_indent=indent)
        lines += whole
    return "\n".join(lines)


def _kind(line: str) -> tuple[str, bool]:
    """Return the indentation of a line, and whether it runs on into its neighbours."""
    alone = not line.strip() or set(line) == {"-"} or line == "Parameters"
    return line[: len(line) - len(line.lstrip())], not alone


def _targets(problem: Problem) -> str:
    return ", ".join(one_line(name) for name in problem.outputs)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left")


def _inputs(problem: Problem) -> Table:
    """Return inputs × (distribution, main effect on each output)."""
    space = problem.space
    effects = None if problem.model is None else main_effects(problem, _BINS).effect
    table = _table()
    table.add_column("input", overflow="fold")
    table.add_column("distribution")
    units = dict(zip(space.names, space.units, strict=False))
    outputs = problem.outputs[:_MOST_OUTPUTS] if effects is not None else ()
    for output in outputs:
        table.add_column(
            Text("main effect" if problem.o == 1 else f"main effect on {one_line(output)}")
        )
    lines = space.describe()
    for name, block in list(zip(space.names, space.blocks, strict=True))[:_MOST_INPUTS]:
        unit = f" {units[name]}" if units.get(name) else ""
        drawn = [
            _sparkline(effects[:, k, block[0]], effects[:, k]) if len(block) == 1 else ""
            for k in range(len(outputs))
            if effects is not None
        ]
        table.add_row(Text(name), Text(lines[name] + unit), *drawn)
    rest = len(space.names) - _MOST_INPUTS
    if rest > 0:
        table.caption = Text(f"{count(rest, 'more input')} not shown")
    return table


def _sparkline(values: np.ndarray, of_all: np.ndarray) -> str:
    """Return the values as blocks, on the scale that all inputs of an output share."""
    middle = len(_BLOCKS) // 2
    size = float(np.abs(of_all).max()) or 1.0
    return "".join(_BLOCKS[i] for i in np.round(middle * (1 + values / size)).astype(int))


def _truth_title(problem: Problem, k: int) -> Text:
    parts = [f"{problem.outputs[k]}" if problem.o > 1 else "Known values"]
    for name, label in (("mean", "mean"), ("variance", "variance")):
        if name in problem.truth:
            parts.append(f"{label} {_value(problem.truth[name], (k,))}")
    return Text("; ".join(parts), style="bold")


def _truth(problem: Problem, k: int, width: int) -> list[Table]:
    """Return inputs × measures, in as many tables as the width asks for: no number is cut."""
    features = problem.features[:_MOST_INPUTS]
    columns = [
        (
            plain_symbol(MEASURES[name].symbol),
            [_value(problem.truth[name], (k, i)) for i in range(len(features))],
        )
        for name in LISTED
        if name in problem.truth and problem.truth[name].value.ndim == 2
    ]
    names = max(len(feature) for feature in features) + 4
    tables: list[list[tuple[str, list[str]]]] = []
    left = 0
    for head, cells in columns:
        wide = max(map(len, [head, *cells])) + 2
        if not tables or wide > left:
            tables.append([])
            left = width - names
        tables[-1].append((head, cells))
        left -= wide
    return [_measured(features, columns) for columns in tables]


def _measured(features: Sequence[str], columns: Sequence[tuple[str, list[str]]]) -> Table:
    table = _table()
    table.add_column("input", no_wrap=True)
    for head, _ in columns:
        table.add_column(Text(head), justify="right", no_wrap=True)
    for i, feature in enumerate(features):
        table.add_row(Text(feature), *(cells[i] for _, cells in columns))
    return table


def _pairs(problem: Problem, k: int) -> list[RenderableType]:
    truth = problem.truth.get("second_order")
    if truth is None:
        return []
    value, error = truth.value[k], truth.standard_error[k]
    i, j = np.triu_indices(problem.d, 1)
    real = np.flatnonzero(value[i, j] > np.maximum(3 * error[i, j], 1e-9))
    largest = real[np.argsort(-value[i, j][real])]
    if not len(largest):
        return [Text("No two inputs interact.")]
    shown = ", ".join(
        f"{problem.features[i[p]]}·{problem.features[j[p]]} {_value(truth, (k, i[p], j[p]))}"
        for p in largest[:_MOST_PAIRS]
    )
    more = f" and {len(largest) - _MOST_PAIRS} more" if len(largest) > _MOST_PAIRS else ""
    return [Text(f"Interactions (S_ij): {shown}{more}")]


def _value(truth: Truth, at: tuple[Any, ...]) -> str:
    """Return a value with as many digits as its standard error leaves it, and that error."""
    value, error = float(truth.value[at]), float(truth.standard_error[at])
    if error <= 1e-12 * abs(value):
        return f"{value:.6g}"
    digits = max(0, 1 - int(np.floor(np.log10(error))))
    if abs(value) >= 1e6 or digits > 9:
        return f"{value:.6g} ± {error:.1g}"
    return f"{value:.{digits}f} ± {error:.1g}"


def _how(problem: Problem) -> list[str]:
    """Return how the values were obtained, each way with what it was used for."""
    by: dict[str, list[str]] = {}
    for name in LISTED:
        if name in problem.truth:
            by.setdefault(problem.truth[name].how, []).append(plain_symbol(MEASURES[name].symbol))
    missing = [plain_symbol(MEASURES[n].symbol) for n in LISTED if n not in problem.truth]
    lines = [f"{', '.join(symbols)}: {how}" for how, symbols in by.items()]
    if missing and problem.model is not None:
        lines.append(f"Not known: {', '.join(missing)}")
    return lines
