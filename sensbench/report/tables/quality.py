"""How well the model predicts."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import NOT_AVAILABLE, fit, number
from sensbench.study.results import Results


class Quality(ReportTable):
    """R² and error of every output, and of its gradient where that is known."""

    name, section, order = "quality", "quality", 10

    def tables(self, results: Results) -> Sequence[Table]:
        table = quality_table(results)
        return [] if table is None else [table]


def quality_table(results: Results) -> Table | None:
    """Return how well the model predicts every output, and its gradient where that is known."""
    question = the_question(results)
    if not question.quality:
        return None
    data = pd.DataFrame(
        [(o, q.r2, q.rmse, q.gradient_error) for o, q in question.quality.items()],
        columns=["output", "r2", "rmse", "gradient_error"],
    ).astype({"r2": float, "rmse": float, "gradient_error": float})
    shown = pd.DataFrame(
        {
            "output": data["output"],
            "R²": [fit(v) for v in data["r2"]],
            "RMSE": [
                NOT_AVAILABLE if pd.isna(v) else f"{number(v)} {question.units.get(o, '')}".rstrip()
                for o, v in zip(data["output"], data["rmse"], strict=True)
            ],
        }
    )
    note = f"On {question.judged_on}. RMSE is the root mean square error."
    if data["gradient_error"].notna().any():
        shown["gradient error"] = [
            NOT_AVAILABLE if pd.isna(v) else f"{number(100 * v, 2)} %"
            for v in data["gradient_error"]
        ]
        note += (
            " Gradient error: root mean square of the network's ∂f/∂x · σ_x minus the function's "
            "own, relative to that of the function's own; 100 % is what a gradient of 0 has."
        )
    return Table("quality", "How well the model predicts", shown, data, note)
