"""What of an error is the estimator's, and what the network's: a table and a sentence."""

import pandas as pd

from sensbench.metrics.error_split import error_split, relative_sizes
from sensbench.report.consensus import the_question
from sensbench.report.table import Table
from sensbench.report.text import NOT_AVAILABLE, listed, number, plain_symbol
from sensbench.study.results import Known, Question, Results

# More than this of the truth is worth a sentence.
_WORTH_TELLING = 0.01


def split_of(results: Results) -> pd.DataFrame:
    """Return every number's error in its parts, for one question; see ``metrics.error_split``."""
    question = the_question(results)
    return error_split(
        results.frame, _by_key(question, question.truth), _by_key(question, question.reference)
    )


def split_table(results: Results) -> Table | None:
    """Return the parts of each measure's error at each method's largest budget, and every number.

    None where there is no network, or not both its own values and the function's.
    """
    split = split_of(results)
    if split.empty:
        return None
    sizes = relative_sizes(split)
    last = sizes[sizes["budget"] == sizes.groupby("estimator")["budget"].transform("max")]
    by = ["output", "estimator", "measure"]
    parts = ["estimation_error", "model_error", "total_error", "reference_standard_error"]
    means = last.groupby(by, sort=False)[parts].mean().reset_index()
    shown = pd.DataFrame(
        {
            "output": means["output"],
            "method": means["estimator"],
            "measure": [plain_symbol(results.measures[m].symbol) for m in means["measure"]],
            "of the estimate": _percent(means["estimation_error"]),
            "of the network": _percent(means["model_error"]),
            "together": _percent(means["total_error"]),
            "known to": ["± " + text for text in _percent(means["reference_standard_error"])],
        }
    )
    note = (
        "Relative to the function's true values, over all inputs (Euclidean), means over runs. Of "
        "the estimate: against the network's own values, which more rows approach. Of the "
        "network: its own values against the function's, which only a better network approaches. "
        "For every input the two add up to the error together (the CSV file has each); sizes do "
        "not, as errors may cancel. Known to: standard error of the network's own values."
    )
    return Table("error-split", "Whose error: the estimate's or the network's", shown, split, note)


def split_said(results: Results) -> list[str]:
    """Say how far the network's own values are from the function's."""
    question = the_question(results)
    if not (question.reference and question.truth):
        return []
    told = []
    for name in dict.fromkeys(method.ranks_by for method in results.methods.values()):
        worst = 0.0
        for output in question.outputs:
            own, true = question.own_values(name, output), question.true_values(name, output)
            if len(own) == len(true) > 0 and float((true**2).sum()) > 0:
                off = float(((own - true) ** 2).sum() ** 0.5 / (true**2).sum() ** 0.5)
                worst = max(worst, off)
        if worst >= _WORTH_TELLING:
            told.append(
                f"{plain_symbol(results.measures[name].symbol)} by {number(100 * worst, 2)} %"
            )
    if not told:
        return []
    return [
        f"The network's own values differ from the function's: {listed(told)}. No number of rows "
        f"removes this error; a better network does."
    ]


def _by_key(
    question: Question, values: tuple[Known, ...]
) -> dict[tuple[str, str, str, str, str], tuple[float, float]]:
    at = question.problem, question.model
    return {(*at, k.measure, k.output, k.feature): (k.value, k.standard_error) for k in values}


def _percent(values: "pd.Series[float]") -> list[str]:
    return [NOT_AVAILABLE if pd.isna(v) else f"{number(100 * v, 2)} %" for v in values]
