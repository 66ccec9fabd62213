"""Findings in plain sentences: those of the question here, those of one output beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from sensbench.findings import Cause, Finding, find
from sensbench.findings.consensus import the_question
from sensbench.report.outputs_said import NAME_WIDTH
from sensbench.report.text import (
    correlation,
    count,
    fit,
    in_short,
    listed,
    number,
    one_line,
    plain_symbol,
    quality_said,
    share,
    short_names,
)
from sensbench.report.wording_dependence import OF_DEPENDENCE
from sensbench.report.wording_next import OF_NEXT
from sensbench.report.wording_output import OF_OUTPUT
from sensbench.study.results import Results

_MOST_NAMED = 5
_MOST_REASON = 220

# Of consecutive findings of a kind to sentences.
Worder = Callable[[Sequence[Finding]], list[str]]


def sentences(results: Results) -> list[str]:
    """Return the findings of one question, the most important first; long names are cut."""
    question = the_question(results)
    texts = words(find(results), several=len(question.outputs) > 1)
    return in_short(texts, (*question.outputs, *question.features))


def of_the_question(results: Results) -> list[str]:
    """Return those of :func:`sentences` that are not of one of several outputs."""
    question = the_question(results)
    texts = words(f for f in find(results) if not _paragraph(f))
    return in_short(texts, (*question.outputs, *question.features))


def words(findings: Iterable[Finding], several: bool = False) -> list[str]:
    """Return findings as sentences; of ``several`` outputs, each output's in one paragraph."""
    paragraphs: list[str] = []
    for output, paragraph in groupby(findings, _paragraph):
        kinds = groupby(paragraph, lambda finding: _worder(finding.cause))
        texts = [text for worder, group in kinds for text in worder(list(group))]
        paragraphs += [f"Output {output}: {' '.join(texts)}"] if several and output else texts
    return paragraphs


def _paragraph(finding: Finding) -> str:
    """Return the output whose paragraph a finding is in; empty: it is said of the question."""
    return finding.output if finding.cause in OF_OUTPUT else ""


def _worder(cause: Cause) -> Worder:
    return OF_OUTPUT[cause] if cause in OF_OUTPUT else OF_QUESTION[cause]


def _model_fit(findings: Sequence[Finding]) -> list[str]:
    fits = listed(
        f"{f.output} ({quality_said(f.number('r2'), f.number('gradient error'))})" for f in findings
    )
    return [f"{findings[0].text('model')} predicts {fits} on {findings[0].text('judged on')}."]


def _model_fit_range(findings: Sequence[Finding]) -> list[str]:
    (one,) = findings
    lowest_in = _short([one.text("lowest in")])[0]
    return [
        f"{one.text('model')} predicts its {count(int(one.number('outputs')), 'output')} with R² "
        f"from {fit(one.number('lowest r2'))} ({lowest_in}) to {fit(one.number('highest r2'))}, "
        f"median {fit(one.number('median r2'))}, on {one.text('judged on')}."
    ]


def _poor_model(findings: Sequence[Finding]) -> list[str]:
    return [
        f"Read with care: less than half of the variation of {_outputs(findings)} is in the model. "
        f"The importances describe the model, and say little of what the data come from."
    ]


def _poor_slopes(findings: Sequence[Finding]) -> list[str]:
    return [
        f"The values of {_outputs(findings)} fit better than their slopes: what derivatives say "
        f"here is also about the network's errors. More rows, or sobolev training, help."
    ]


def _network_error(findings: Sequence[Finding]) -> list[str]:
    differences = listed(
        f"{plain_symbol(f.text('symbol'))} by {number(100 * f.number('relative error'), 2)} %"
        for f in findings
    )
    return [
        f"The network's own values differ from the function's: {differences}. No number of rows "
        f"removes this error; a better network does."
    ]


def _few_shares(findings: Sequence[Finding]) -> list[str]:
    shared = [f.output for f in findings if f.output]
    have = f"only for {listed(shared)}" if shared else "for none of them"
    ranked = count(int(findings[0].number("outputs with ranks")), "output")
    return [f"{ranked} have ranks, but shares of importance {have}."]


def _important(findings: Sequence[Finding]) -> list[str]:
    """Name the inputs that matter, the largest mean share first, and those that come first."""
    kinds = [[f for f in findings if f.cause == c] for c in (Cause.IMPORTANT, Cause.FIRST_IN)]
    named = dict(
        zip(dict.fromkeys(map(_feature, findings)), _short_features(findings), strict=True)
    )
    inputs = [
        f"{named[_feature(f)]} (mean share {share(f.number('mean share'))}) for {_of(f)}"
        for f in kinds[0]
    ]
    firsts = (f"{named[_feature(f)]} in {_of(f)}" for f in kinds[1])
    one = kinds[0][0]
    return [
        f"Over {int(one.number('of outputs')):,} outputs, with a share of "
        f"{one.number('least share'):g} or more: {listed(inputs, _MOST_NAMED)}. First place by "
        f"mean share: {listed(firsts, _MOST_NAMED)}."
    ]


def _none_important(findings: Sequence[Finding]) -> list[str]:
    (one,) = findings
    return [
        f"Over {int(one.number('of outputs')):,} outputs: no input has a share of "
        f"{one.number('least share'):g} or more in any."
    ]


def _nowhere_important(findings: Sequence[Finding]) -> list[str]:
    largest = max(f.number("largest share") for f in findings)
    have = "has" if len(findings) == 1 else "have"
    return [
        f"{listed(_short_features(findings), 6)} {have} no such share in any output; the largest "
        f"is {share(largest)}."
    ]


def _alike_outputs(findings: Sequence[Finding]) -> list[str]:
    most = number(round(100 * findings[0].number("largest part elsewhere"), 2), 2)
    return [
        f"The outputs are alike: for none does more than {most} % of the importance lie "
        f"elsewhere than for the others on average."
    ]


def _different_outputs(findings: Sequence[Finding]) -> list[str]:
    """Say which outputs differ most from the others, and in what."""
    short = _short([f.output for f in findings])
    differences, typical = [], ""
    for finding, name in zip(findings, short, strict=True):
        if finding.cause == Cause.TYPICAL_OUTPUT:
            typical = name
            continue
        more, less = _short(finding.features)
        part = 100 * finding.number("part elsewhere")
        differences.append(f"{name} ({part:.0f} %: more on {more}, less on {less})")
    return [
        f"The outputs that differ most from the others, by the part of their importance that lies "
        f"elsewhere than for the others on average: {listed(differences)}. Most like the others: "
        f"{typical}."
    ]


def _one_method(findings: Sequence[Finding]) -> list[str]:
    return ["Only one method can be compared here, so there is no agreement to judge."]


def _agreement(findings: Sequence[Finding]) -> list[str]:
    """Say for how many outputs the methods agree, and where they do the least."""
    (one,) = findings
    agreed, judged = int(one.number("same first in")), int(one.number("outputs"))
    opening = (
        f"All methods that can be compared put the same input first for "
        f"{'all' if agreed == judged else f'{agreed:,} of'} {count(judged, 'output')}"
    )
    if not one.methods:
        return [f"{opening}; rank correlations are undefined: too few inputs, or all alike."]
    low, high = (correlation(one.number(f"{e} median correlation")) for e in ("lowest", "highest"))
    between = low if low == high else f"{low} to {high}"
    return [
        f"{opening}. Spearman's ρ of two methods: median {between}; the lowest is "
        f"{correlation(one.number('lowest correlation'))} ({_short([one.text('lowest in')])[0]}: "
        f"{one.methods[0]} and {one.methods[1]})."
    ]


def _ranks_only(findings: Sequence[Finding]) -> list[str]:
    texts = []
    for method, of_method in groupby(findings, lambda finding: finding.methods[0]):
        blind = [finding.output for finding in of_method]
        texts.append(
            f"{one_line(method)} has ranks but no shares for {count(len(blind), 'output')}: "
            f"{listed(_short(blind), 4)}; it sees no importance there that is clear of noise."
        )
    return texts


def _unranked(findings: Sequence[Finding]) -> list[str]:
    return [f"No method ranks the inputs of {_outputs(findings)}; see the notes."]


def _nothing(findings: Sequence[Finding]) -> list[str]:
    return ["Nothing was computed."]


_VERBS = {
    "failed": "failed",
    "timeout": "took too long",
    "out_of_memory": "ran out of memory",
    "crashed": "crashed",
}


def _not_computed(findings: Sequence[Finding]) -> list[str]:
    texts = []
    for finding in findings:
        (method,), status = finding.methods, finding.text("status")
        n = int(finding.number("cells"))
        # Estimators start their messages with their own name.
        reason = _brief(finding.text("reason").removeprefix(f"{method}: "))
        where = f" in {count(n, 'cell')}" if n > 1 else ""
        verb = _VERBS.get(status, f"was {status}")
        texts.append(f"{method} {verb}{where}" + (f": {reason}" if reason else "."))
    return texts


def _brief(reason: str) -> str:
    text = one_line(reason).rstrip(".")
    if not text:
        return ""
    return f"{text[: _MOST_REASON - 1]}…" if len(text) > _MOST_REASON else f"{text}."


def _feature(finding: Finding) -> str:
    return finding.features[0]


def _outputs(findings: Sequence[Finding]) -> str:
    return listed(finding.output for finding in findings)


def _of(finding: Finding) -> str:
    k, n = (int(finding.number(what)) for what in ("outputs", "of outputs"))
    return f"all {n:,}" if k == n else f"{k:,}"


def _short(names: Sequence[str]) -> list[str]:
    return list(short_names(names, NAME_WIDTH).values())


def _short_features(findings: Sequence[Finding]) -> list[str]:
    return _short(list(dict.fromkeys(map(_feature, findings))))


OF_QUESTION: Mapping[Cause, Worder] = {
    **OF_DEPENDENCE,
    **OF_NEXT,
    Cause.MODEL_FIT: _model_fit,
    Cause.MODEL_FIT_RANGE: _model_fit_range,
    Cause.POOR_MODEL: _poor_model,
    Cause.POOR_SLOPES: _poor_slopes,
    Cause.NETWORK_ERROR: _network_error,
    Cause.FEW_SHARES: _few_shares,
    Cause.IMPORTANT: _important,
    Cause.FIRST_IN: _important,
    Cause.NONE_IMPORTANT: _none_important,
    Cause.NOWHERE_IMPORTANT: _nowhere_important,
    Cause.ALIKE_OUTPUTS: _alike_outputs,
    Cause.DIFFERENT_OUTPUT: _different_outputs,
    Cause.TYPICAL_OUTPUT: _different_outputs,
    Cause.ONE_METHOD_OVER_OUTPUTS: _one_method,
    Cause.AGREEMENT_OVER_OUTPUTS: _agreement,
    Cause.RANKS_ONLY: _ranks_only,
    Cause.UNRANKED_OUTPUT: _unranked,
    Cause.NOTHING_COMPUTED: _nothing,
    Cause.NOT_COMPUTED: _not_computed,
}
