"""An account of a difference in sentences."""

from collections.abc import Sequence

from sensbench.account.account import Account, Published
from sensbench.account.chain import StepCause
from sensbench.account.steps import Step
from sensbench.account.verdict import NOTABLE, Status
from sensbench.measure import measure
from sensbench.report.text import count, in_short, listed, number, plain_symbol

# Steps that add less are not worth a sentence, nor a bar of their own.
SMALL = 0.02
_MOST_FEATURES = 3

_BECAUSE = {
    StepCause.SIGNS_CANCEL: "the slopes along {x} change sign and cancel in their mean",
    StepCause.UNEVEN_SLOPES: "{x} has effects of uneven size, and squares count the large ones "
    "more than means do",
    StepCause.DEPENDENCE: "{x} has other effects among the rows, whose inputs depend on each "
    "other, than among independent inputs",
    StepCause.WHERE: "changes of {x} pass its steep places more often, or less, than its values "
    "lie there",
    StepCause.STEEP_NARROW: "{x} is steep in narrow places, and squared slopes count these for "
    "more than they change the output",
    StepCause.JUMPS: "the output jumps along {x}, which its derivative does not see",
    StepCause.RISES_AND_FALLS: "the output rises and falls along {x}, and slopes count the whole "
    "way where a change counts what is left of it",
    StepCause.INTERACTIONS: "{x} acts together with other inputs, which total indices count and "
    "first-order ones do not",
    StepCause.OFF_ROWS: "{x} comes with inputs that depend on it in the rows, and without them "
    "off the rows",
    StepCause.MODEL_ERROR: "{x} raises the error against the targets by another amount than "
    "against the model's own output",
    StepCause.GRID: "steps between the levels of the grid show other changes along {x} than steps "
    "between any two values",
    StepCause.HARMONICS: "the output changes too often along {x} for its first harmonics",
}


def account_said(account: Account) -> list[str]:
    """Return what an account says: a paragraph for each of the inputs that differ most."""
    texts = [*_said(account), *_remarks(account)]
    return in_short(texts, (account.output, *account.features))


def largest(account: Account) -> list[str]:
    """Return the features whose published shares differ most, the largest difference first."""
    gaps = {name: abs(account.gap(name)) for name in account.features}
    order = sorted(gaps, key=lambda name: -gaps[name])
    return [name for name in order if gaps[name] >= NOTABLE][:_MOST_FEATURES]


def signed(value: float) -> str:
    """Return a difference of shares with its sign."""
    return f"{value:+.2f}".replace("-", "−")


def _said(account: Account) -> list[str]:
    status, names = account.verdict.status, " and ".join(_names(account))
    if status is Status.UNDEFINED:
        return [
            f"Why {names} differ is undefined: one of the two measures is not clear of 0 for any "
            f"input, and then has no shares."
        ]
    if status is Status.ALIKE:
        if not account.rows:
            return [
                f"{names} estimate the same here, from independent draws: what is between them "
                f"is sampling."
            ]
        return [
            f"{names} do not differ by {NOTABLE} or more of any input's share in what they "
            f"measure, beyond noise."
        ]
    shown = largest(account)
    if account.verdict.feature not in shown:
        shown = [account.verdict.feature, *shown][:_MOST_FEATURES]
    return [_of_feature(account, name) for name in shown]


def _of_feature(account: Account, name: str) -> str:
    start, end = _names(account)
    begin = (
        f"{start} gives {name} {_share(account.start, name)}, {end} {_share(account.end, name)}."
    )
    if account.verdict.status is Status.UNCLEAR and name == account.verdict.feature:
        why = (
            "fewer than ten rows decide it"
            if account.verdict.few_rows
            else "no step that way is clear of noise"
        )
        return f"{begin} Why is unclear: {why}; a larger budget may tell."
    steps = sorted(_clear(account.of(name)), key=lambda step: -abs(step.value))
    if not steps:
        return f"{begin} Of {signed(account.gap(name))}, nothing is clear of noise."
    first, *rest = (f"{signed(s.value)} {{}}because {_because(s)}" for s in steps)
    because = "; ".join([first.format("is "), *(text.format("") for text in rest)])
    return f"{begin} Of {signed(account.gap(name))}, {because}."


def _names(account: Account) -> tuple[str, str]:
    """Return the methods' labels; of one method, with its measures."""
    sides = account.start, account.end
    if account.start.method != account.end.method:
        return account.start.method, account.end.method
    first, second = (f"{s.method} ({plain_symbol(measure(s.measure).symbol)})" for s in sides)
    return first, second


def _because(step: Step) -> str:
    return _BECAUSE[step.cause].format(x=step.where)


def _clear(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.clear and abs(step.value) >= SMALL]


def _share(side: Published, name: str) -> str:
    return number(side.shares[name], 2)


def _remarks(account: Account) -> list[str]:
    remarks = []
    if account.rows:
        again = f", each changed {account.repeats} times" if account.repeats > 1 else ""
        spent = account.n_forward + account.n_backward
        remarks.append(
            f"From {count(account.rows, 'row')}{again}: {spent:,} rows through the model. "
            f"Intervals hold for all inputs and steps together ({100 * account.confidence:.0f} %)."
        )
    if account.left_out:
        remarks.append(
            f"Shares are of {count(len(account.features), 'input')}: not both methods speak of "
            f"{listed(account.left_out)}."
        )
    return remarks
