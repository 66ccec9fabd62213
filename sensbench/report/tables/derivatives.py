"""Mean derivatives, signed, in their units."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.consensus import headline_shares, mean_shares, the_question
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import in_short, interval, short_names
from sensbench.study.results import Question, Results


class Derivatives(ReportTable):
    """The mean derivative of every output by every input, with its unit."""

    name, section, order = "derivatives", "importance", 30

    def tables(self, results: Results) -> Sequence[Table]:
        table = derivative_table(results)
        return [] if table is None else [table]


def derivative_table(results: Results) -> Table | None:
    """Return the mean derivative of every output by every input, signed, with its unit."""
    question = the_question(results)
    final = results.final()
    numbers = final[final["measure"] == "derivative_mean"]
    if numbers.empty:
        return None
    method = str(numbers["estimator"].iloc[0])
    numbers = numbers[numbers["estimator"] == method]
    order = list(mean_shares(headline_shares(results)).index) or list(question.features)
    shown = pd.DataFrame({"input": in_short(order, order)})
    heads = short_names(question.outputs, 40)
    for output in question.outputs:
        rows = numbers[numbers["output"] == output].set_index("feature").reindex(order)
        shown[f"∂{heads[output]}/∂x"] = [
            f"{signed(r['value'], r['low'], r['high'])} {unit(question, output, f)}".rstrip()
            for f, r in zip(order, rows.to_dict("records"), strict=True)
        ]
    note = (
        "How much the output rises per unit of the input, on average. These numbers have units: "
        "they say the direction and the size of an effect and do not rank inputs that are measured "
        "in different units."
    )
    return Table("derivatives", f"Mean derivatives ({method})", shown, numbers, note)


def signed(value: float, low: float, high: float) -> str:
    """Return an interval with the sign of its value written out."""
    text = interval(value, low, high)
    return f"+{text}" if value > 0 else text


def unit(question: Question, output: str, feature: str) -> str:
    """Return the unit of a derivative, where both units are known."""
    y, x = question.units.get(output, ""), question.units.get(feature, "")
    return f"{y}/{x}" if x and y else ""
