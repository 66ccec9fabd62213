"""Measures that belong to no input: their rows, with what each interval covers."""

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.measure import Axis
from sensbench.report.text import in_short, interval, plain_symbol
from sensbench.study.results import Results


def of_axis(results: Results, axis: Axis) -> pd.DataFrame:
    """Return the final numbers of all measures of one axis, in the order of the outputs."""
    final = results.final()
    names = [name for name, measure in results.measures.items() if measure.axis == axis]
    rows = final[final["measure"].isin(names)]
    at = {output: k for k, output in enumerate(the_question(results).outputs)}
    return rows.sort_values("output", key=lambda outputs: outputs.map(at), kind="stable")


def shown(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers for readers: output, measure, method, value, unit, what is covered."""
    question = the_question(results)
    records = rows.to_dict("records")
    measures = [results.measures[row["measure"]] for row in records]
    units = [
        measure.unit.format(y=question.units.get(row["output"]) or "unit of y", x="unit of x")
        for measure, row in zip(measures, records, strict=True)
    ]
    return pd.DataFrame(
        {
            "output": in_short([row["output"] for row in records], question.outputs),
            "measure": [plain_symbol(measure.symbol) for measure in measures],
            "method": [row["estimator"] for row in records],
            "value": [interval(row["value"], row["low"], row["high"]) for row in records],
            "unit": units,
            "the interval covers": [row["covers"] or "no interval" for row in records],
        }
    )
