"""Inputs that depend on each other, in plain sentences."""

from collections.abc import Callable, Mapping, Sequence

from sensbench.findings import Cause, Finding
from sensbench.findings.consensus import the_question
from sensbench.findings.laws import Asked, Law, asked_by, depends
from sensbench.report.text import correlation, listed, number
from sensbench.study.results import Results

_MOST_NAMED = 4
ASKED: Mapping[str, str] = {
    Asked.TOGETHER: "if inputs vary as they do",
    Asked.APART: "if they varied independently",
    Asked.ALONE: "if one moved and the others stayed",
}
# Behind a method's name, where it does not ask for inputs as they vary.
_BESIDE = {Asked.APART: "inputs independent", Asked.ALONE: "others held"}


def beside(results: Results, method: str) -> str:
    """Say in a word that a method asks another question of dependent inputs than how they vary."""
    question = the_question(results)
    if not depends(question):
        return ""
    return _BESIDE.get(asked_by(results.methods[method], question), "")


def _dependence(findings: Sequence[Finding]) -> list[str]:
    """Say which inputs depend on each other, what it changes, and what each method makes of it."""
    of = {cause: [f for f in findings if f.cause == cause] for cause in OF_DEPENDENCE}
    parts = [_pair(f) for f in of[Cause.MOVE_TOGETHER]]
    singles = [
        f"{f.features[0]} with the others together (R = "
        f"{correlation(f.number('multiple correlation'))}, variance inflation "
        f"{number(f.number('variance inflation'), 2)})"
        for f in of[Cause.TOLD_BY_OTHERS]
    ]
    ratios = _ratios(of[Cause.VARIANCE_RATIO])
    kinds = [listed(kind, _MOST_NAMED) for kind in (parts, singles) if kind]
    if kinds:
        first = f"Inputs move together in the rows: {'; '.join(kinds)}."
    else:
        first = "Inputs depend on each other in the rows, in no pair visibly."
    (laws,) = of[Cause.LAWS]
    methods = _methods(laws, _off_rows(of[Cause.OFF_ROWS]))
    unsettled = "How importance splits among inputs that move together, the rows do not settle."
    return [text for text in (f"{first}{ratios}", methods, unsettled) if text]


def _pair(finding: Finding) -> str:
    first, second = finding.features
    r, rank, bent = (finding.number(what) for what in ("pearson", "spearman", "maximal"))
    if bent > max(abs(r), abs(rank)) + 0.1:
        return (
            f"{first} with {second} (not in a straight line: r = {correlation(r)}, maximal "
            f"correlation {correlation(bent)})"
        )
    if abs(rank) > abs(r) + 0.1:
        return f"{first} with {second} (rank correlation {correlation(rank)})"
    return f"{first} with {second} (r = {correlation(r)})"


def _ratios(findings: Sequence[Finding]) -> str:
    """Say how the variance of independent draws compares, for the outputs where it is another."""
    changed = [f for f in findings if f.sure]
    if changed:
        times = listed(
            (f"{f.output} {number(f.number('variance ratio'), 2)} times" for f in changed),
            _MOST_NAMED,
        )
        return f" Drawn independently they give {times} the variance that it has on the rows."
    return ""


def _off_rows(findings: Sequence[Finding]) -> str:
    """Say how many rows a shuffled column takes to where there is no data."""
    if not findings:
        return ""
    by_size = sorted(findings, key=lambda f: -f.number("share"))
    named = listed((f"{f.features[0]} {f.number('share'):.0%}" for f in by_size), _MOST_NAMED)
    chance = f"{findings[0].number('by chance'):.0%}"
    return f" (further out than all but {chance} of the rows: {named})"


def off_law(findings: Sequence[Finding]) -> list[str]:
    """Say what shuffling makes of inputs that are drawn given the others otherwise."""
    shuffled, drawn = findings[0].methods
    named = listed(
        (
            f"{f.features[0]} {number(f.number('shuffled'), 2)} against "
            f"{number(f.number('drawn'), 2)}"
            for f in findings
        ),
        _MOST_NAMED,
    )
    return [
        f"Shuffled alone ({shuffled}) and drawn given the others ({drawn}), inputs change the "
        f"output differently: {named}. The difference is made by combinations that do not occur."
    ]


def _methods(finding: Finding, off_rows: str) -> str:
    """Say where each method asks the model; ``off_rows``: how far out a shuffled column takes."""
    by: dict[str, list[str]] = {}
    laws = finding.of("law", finding.methods)
    for method, law in zip(finding.methods, laws, strict=True):
        by.setdefault(str(law), []).append(method)
    says = []
    if drawn := by.get(Law.PRODUCT):
        one = len(drawn) == 1
        verb, indices = ("asks", "its index is") if one else ("ask", "their indices are")
        says.append(
            f"{listed(drawn)} {verb} also about combinations that the rows do not hold, so "
            f"{indices} not of the rows"
        )
    if shuffled := by.get(Law.SHUFFLED):
        verb = "leaves" if len(shuffled) == 1 else "leave"
        says.append(f"{listed(shuffled)} {verb} the rows by one shuffled column{off_rows}")
    if rows := by.get(Law.ROWS):
        verb = "stays" if len(rows) == 1 else "stay"
        says.append(f"{listed(rows)} {verb} at the rows")
    return f"By method: {'; '.join(says)}." if says else ""


def by_question(findings: Sequence[Finding]) -> list[str]:
    """Say the order of the inputs by each question, the one that was answered above first."""
    foremost, *others = findings
    says = [
        f"The order above is what inputs are worth {ASKED[foremost.text('asked')]} (by "
        f"{listed(foremost.methods)})"
    ]
    for finding in others:
        shares = finding.of("mean share", finding.features)
        named = [
            f"{f} ({number(float(s), 2)})" for f, s in zip(finding.features, shares, strict=True)
        ]
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        says.append(
            f"{ASKED[finding.text('asked')]} (by {listed(finding.methods)}): "
            f"{', '.join(named[:_MOST_NAMED])}{more}"
        )
    return [f"{'; '.join(says)}."]


OF_DEPENDENCE: Mapping[Cause, Callable[[Sequence[Finding]], list[str]]] = {
    Cause.MOVE_TOGETHER: _dependence,
    Cause.TOLD_BY_OTHERS: _dependence,
    Cause.VARIANCE_RATIO: _dependence,
    Cause.OFF_ROWS: _dependence,
    Cause.LAWS: _dependence,
}
