"""What a comparison says, in plain sentences."""

from sensbench.model.quality import POOR_GRADIENT, POOR_R2
from sensbench.report.consensus import headline_shares, shown_outputs, the_question
from sensbench.report.explanations import explanations
from sensbench.report.figures.agreement import pairs_of
from sensbench.report.figures.convergence import headline_errors
from sensbench.report.findings import (
    agreement_said,
    certainty,
    exact_order,
    order,
    without_shares,
)
from sensbench.report.outputs_said import model_over_outputs, said_over_outputs
from sensbench.report.over_outputs import MOST_OUTPUTS, in_detail, over_outputs
from sensbench.report.planted import planted_said
from sensbench.report.split import split_said
from sensbench.report.text import count, in_short, listed, number, one_line, quality_said
from sensbench.study.results import Results

# An index below this is too small to act on, and its sign is noise.
_SMALL = 0.01
_LEAST_ZERO = 1e-6
# With more outputs than this, each one gets its order and agreement only.
_MOST_TOLD = 3


def sentences(results: Results) -> list[str]:
    """Return the findings of one question, the most important first; long names are cut."""
    question = the_question(results)
    return in_short(_sentences(results), (*question.outputs, *question.features))


def _sentences(results: Results) -> list[str]:
    question = the_question(results)
    frame = headline_shares(results)
    outputs = shown_outputs(frame, question)
    if not outputs:
        return _nothing(results)
    silent = [o for o in question.outputs if o not in set(outputs)]
    found = _model_first(results)
    over = over_outputs(results)
    pairs = pairs_of(in_detail(results, over))
    if over is not None:
        found += said_over_outputs(results, over)
        outputs = list(over.chosen)
    elif len(outputs) > MOST_OUTPUTS:
        found.append(_no_shares(outputs, shown_outputs(frame, question, "share")))
        outputs = outputs[:MOST_OUTPUTS]
    in_full = len(outputs) <= _MOST_TOLD and over is None
    for output in outputs:
        mine = frame[frame["output"] == output]
        said = [order(mine), exact_order(results, output)]
        if in_full:
            said.append(certainty(mine))
        said.append(agreement_said(pairs[pairs["output"] == output], mine))
        if in_full:
            said += without_shares(results, output, mine)
            said += planted_said(results, output)
            said += explanations(results, output, mine)
            said += [*_no_effect(results, output), _accuracy(results, output)]
        texts = [text for text in said if text]
        several = len(question.outputs) > 1
        found += [f"Output {output}: {' '.join(texts)}"] if several else texts
    if silent:
        found.append(f"No method ranks the inputs of {listed(silent)}; see the notes.")
    return found + _not_computed(results)


def _no_shares(outputs: list[str], shared: list[str]) -> str:
    """Say that of many ranked outputs next to none has importance that is clear of noise."""
    have = f"only for {listed(shared)}" if shared else "for none of them"
    return f"{count(len(outputs), 'output')} have ranks, but shares of importance {have}."


def _nothing(results: Results) -> list[str]:
    reasons = results.cells.loc[results.cells["status"] != "ok"]
    if reasons.empty:
        return ["Nothing was computed."]
    return ["Nothing was computed.", *_not_computed(results)]


def _model_first(results: Results) -> list[str]:
    """How well the model predicts comes first: all that follows is about the model."""
    question = the_question(results)
    if not question.quality:
        return []
    if len(question.quality) > MOST_OUTPUTS:
        said = [model_over_outputs(results)]
    else:
        told = listed(f"{o} ({quality_said(quality)})" for o, quality in question.quality.items())
        said = [f"{question.model} predicts {told} on {question.judged_on}."]
    poor = [o for o, quality in question.quality.items() if not quality.r2 >= POOR_R2]
    if poor:
        said.append(
            f"Read with care: less than half of the variation of {listed(poor)} is in the model. "
            f"The importances describe the model, and say little of what the data come from."
        )
    crooked = [
        o
        for o, quality in question.quality.items()
        if o not in poor and (quality.gradient_error or 0.0) > POOR_GRADIENT
    ]
    if crooked:
        said.append(
            f"The values of {listed(crooked)} fit better than their slopes: what derivatives say "
            f"here is also about the network's errors. More rows, or sobolev training, help."
        )
    return [*said, *split_said(results)]


def _no_effect(results: Results, output: str) -> list[str]:
    """Name inputs that no total-order index sees, and those a bound proves small."""
    final = results.final()
    mine = final[(final["output"] == output) & (final["partner"] == "")]
    found = []
    total = mine[mine["measure"].isin(["total_order", "permutation_total_order"])]
    seen = (
        total.assign(none=(total["low"] <= _LEAST_ZERO) & (total["value"].abs() < _SMALL))
        .groupby("feature", sort=False)["none"]
        .all()
    )
    none = [str(feature) for feature in seen.index[seen]]
    if none:
        found.append(
            f"No effect visible: {listed(none, 6)} (the total-order interval reaches 0 and the "
            f"index is below {_SMALL:g})."
        )
    bound = mine[(mine["measure"] == "total_order_bound") & (mine["high"] < _SMALL)]
    proved = [f for f in bound["feature"] if f not in none]
    if proved:
        found.append(
            f"Negligible: {listed(proved, 6)} (the derivatives bound the total-order index below "
            f"{_SMALL:g})."
        )
    return found


def _accuracy(results: Results, output: str) -> str:
    found = headline_errors(results)
    mine = found[found["output"] == output]
    mine = mine[mine["budget"] == mine.groupby("estimator")["budget"].transform("max")]
    if mine.empty:
        return ""
    means = mine.groupby("estimator", sort=False)["relative_error"].mean()
    told = listed(f"{method} {number(100 * error, 2)} %" for method, error in means.items())
    question = the_question(results)
    if question.reference:
        return f"Distance of each method's own measure from the network's own values: {told}."
    own = ", the network's own error included" if question.training else ""
    return f"Distance from the exact values of each method's own measure{own}: {told}."


_VERBS = {
    "failed": "failed",
    "timeout": "took too long",
    "out_of_memory": "ran out of memory",
    "crashed": "crashed",
}


def _not_computed(results: Results) -> list[str]:
    found = []
    for status in ("failed", "timeout", "out_of_memory", "crashed", "skipped", "missing"):
        cells = results.cells[results.cells["status"] == status]
        for method, mine in cells.groupby("estimator", sort=False):
            n = len(mine)
            # Estimators start their messages with their own name.
            reason = _brief(str(mine["reason"].iloc[0]).removeprefix(f"{method}: "))
            where = f" in {count(n, 'cell')}" if n > 1 else ""
            verb = _VERBS.get(status, f"was {status}")
            found.append(f"{method} {verb}{where}" + (f": {reason}" if reason else "."))
    return found


def _brief(reason: str, width: int = 220) -> str:
    text = one_line(reason).rstrip(".")
    if not text:
        return ""
    return f"{text[: width - 1]}…" if len(text) > width else f"{text}."
