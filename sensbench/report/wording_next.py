"""What to do next, in words."""

from collections.abc import Callable, Mapping, Sequence

from sensbench.findings import Cause, Finding
from sensbench.report.text import listed, number

_MOST_NAMED = 5


def _next(findings: Sequence[Finding]) -> list[str]:
    return [_said(finding) for finding in findings]


def _said(one: Finding) -> str:
    names = listed(one.features, _MOST_NAMED)
    if one.cause == Cause.NOTHING_OPEN:
        if len(one.features) > 1:
            return "Nothing: the order of the inputs that hold 5 % or more is settled."
        who = f"{names} alone holds" if one.features else "no input holds"
        return f"Nothing: {who} 5 % or more."
    if one.cause == Cause.MORE_ROWS:
        times = number(one.number("factor"), 2 if one.number("factor") < 2 else 1)
        if one.text("of") == "data rows":
            return (
                f"About {times} times as many rows of data would settle the order of {names} "
                f"(those given are used up), if it can be settled."
            )
        return (
            f"A budget of about {one.number('rows'):,.0f} ({times} times this one) would settle "
            f"the order of {names}, if it can be settled."
        )
    return _no_help(one, names)


def _no_help(one: Finding, names: str) -> str:
    because = one.text("because")
    if because == "dependence":
        return (
            f"More rows do not help to tell {names} apart: they move together. Take them as one "
            f"group, or as the one that can be changed."
        )
    if because == "contradiction":
        start, end = one.methods
        return (
            f"More rows do not help: the methods measure different things. "
            f'difference("{start}", "{end}") says why they order {names} differently.'
        )
    if because == "no interval":
        return (
            f"The order of {names} stays open: {listed(one.methods)} "
            f"{'gives' if len(one.methods) == 1 else 'give'} no interval. Add a method that does."
        )
    if because == "nothing visible":
        return "Look at the model: no method sees an input that moves this output."
    return (
        f"{names} are too close, or the methods too noisy, to say how many rows would settle their "
        f"order: {one.number('rows'):,.0f} might not."
    )


OF_NEXT: Mapping[Cause, Callable[[Sequence[Finding]], list[str]]] = {
    Cause.MORE_ROWS: _next,
    Cause.ROWS_DO_NOT_HELP: _next,
    Cause.NOTHING_OPEN: _next,
}
