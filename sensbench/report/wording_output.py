"""Findings on one output in plain sentences."""

from collections.abc import Callable, Mapping, Sequence

from sensbench.findings import Cause, Finding
from sensbench.report.text import correlation, count, fit, listed, number, percent

_MOST_NAMED = 5


def _order(found: Sequence[Finding]) -> list[str]:
    """Say the order of the inputs; first of all whether the methods agree on it."""
    *firsts, told = found
    if told.cause == Cause.NOTHING_VISIBLE:
        return ["No input has a visible effect."]
    who = count(len(told.methods), "method")
    shares = told.of("mean share", told.features)
    named = [f"{f} ({number(float(v), 2)})" for f, v in zip(told.features, shares, strict=True)]
    if told.cause == Cause.ONLY_ONE:
        return [f"Only {named[0]} matters (mean share of importance over {who})."]
    reached = int(told.number("features that hold nearly all"))
    n = min(max(reached, 2), int(told.number("features with a share")), _MOST_NAMED)
    rest = len(named) - n
    left = f"; the rest falls to {count(rest, 'other input')}" if rest else ""
    if told.cause == Cause.SAME_FIRST:
        then = f", then {listed(named[1:n])}" if n > 1 else ""
        return [f"{named[0]} matters most{then} (mean share of importance over {who}){left}."]
    by = ", ".join(f"{listed(f.features)} by {listed(f.methods)}" for f in firsts)
    differ = f"The methods do not agree on the first place: {by}. " if by else ""
    return [f"{differ}By mean share of importance over {who}: {', '.join(named[:n])}{left}."]


def _exact_order(found: Sequence[Finding]) -> list[str]:
    (one,) = found
    shown = one.features[:_MOST_NAMED]
    values, places = (one.of(what, shown) for what in ("total-order index", "place"))
    text = ""
    for k, (feature, value) in enumerate(zip(shown, values, strict=True)):
        text += (" = " if places[k] == places[k - 1] else " > ") if k else ""
        text += f"{feature} ({number(float(value), 2)})"
    rest = len(one.features) - len(shown)
    return [f"By exact total-order indices: {text}{f' > {rest} more' if rest else ''}."]


def _certainty(found: Sequence[Finding]) -> list[str]:
    """Say which methods tell the first place from the second one."""
    clear, unclear = (
        [f.methods[0] for f in found if f.cause == cause]
        for cause in (Cause.FIRST_CLEAR, Cause.FIRST_UNCLEAR)
    )
    if not unclear:
        everyone = len(clear) == int(found[0].number("methods")) > 1
        who = "Every method tells" if everyone else f"{listed(clear)} {_tell(clear)}"
        return [f"{who} first and second place apart: their intervals do not overlap."]
    if not clear:
        who = "No method tells" if len(unclear) > 1 else f"{unclear[0]} does not tell"
        return [f"{who} first and second place apart: their intervals overlap."]
    return [
        f"{listed(clear)} {_tell(clear)} first and second place apart; "
        f"in {listed(unclear)} their intervals overlap."
    ]


def _tell(methods: Sequence[str]) -> str:
    return "tells" if len(methods) == 1 else "tell"


def _one_method(found: Sequence[Finding]) -> list[str]:
    only = found[0].number("methods with ranks") < 2
    why = "has results here" if only else "can be compared here"
    return [f"Only one method {why}, so there is no agreement to judge."]


_ORDERS = {
    "alike": "the orders are alike",
    "similar": "the orders are similar",
    "different": "the orders differ",
}


def _agreement(found: Sequence[Finding]) -> list[str]:
    """Say how alike the methods order the inputs."""
    (one,) = found
    everyone = len(one.methods) == int(one.number("methods"))
    all_of = "All" if everyone else listed(one.methods)
    top = f"{all_of} put {one.features[0]} first; " if one.features else ""
    if "orders" not in one.evidence:
        told = "rank correlations are undefined here: too few inputs, or all alike."
        return [top + told if top else told[0].upper() + told[1:]]
    low, high = one.number("lowest correlation"), one.number("highest correlation")
    spread = correlation(low) + (f" to {correlation(high)}" if high - low >= 0.005 else "")
    how = _ORDERS[one.text("orders")]
    return [f"{top}{how if top else f'Over all inputs {how}'} (Spearman's ρ {spread})."]


_WITHOUT = {
    "zero": "every value is 0",
    "negative values": "negative values of a similar size say that the positive ones are noise",
    "intervals": "no interval lies above 0",
}


def _no_shares(found: Sequence[Finding]) -> list[str]:
    said = []
    for one in found:
        why = _WITHOUT[one.text("because")]
        if "r2" in one.evidence:
            r2 = fit(one.number("r2"))
            why += f"; shuffling does not worsen a prediction that is not good (R² {r2})"
        method = one.methods[0]
        said.append(f"{method}: no visible importance: {why}. It has ranks but no shares.")
    return said


def _constant_targets(found: Sequence[Finding]) -> list[str]:
    return [
        f"{one.methods[0]}: no value, because the targets {one.output} are constant: there is no "
        f"prediction that shuffling could worsen."
        for one in found
    ]


def _noise(found: Sequence[Finding]) -> list[str]:
    fooled = [f for f in found if f.cause == Cause.NOISE_ABOVE]
    if not fooled:
        who = "Every method ranks" if len(found) > 1 else f"{found[0].methods[0]} ranks"
        return [f"{who} all real inputs above the planted noise."]
    told = listed(
        f"{f.number('real inputs not above noise'):.0f} of {f.number('real inputs'):.0f} by "
        f"{f.methods[0]}"
        for f in fooled
    )
    return [
        f"Planted noise ranks as high as real inputs, or higher: {told} are not put above it, "
        f"and so are not told from noise."
    ]


def _credit(found: Sequence[Finding]) -> list[str]:
    parts: dict[tuple[str, ...], list[float]] = {}
    for finding in found:
        parts.setdefault(finding.features, []).append(finding.number("part of the copy"))
    told = []
    for (original, copy), of in parts.items():
        low, high = percent(min(of)), percent(max(of))
        between = low if low == high else f"{low} to {high}"
        told.append(f"{copy} takes {between} of what it and {original} get together")
    return [f"Credit is split with planted copies: {listed(told)}."]


def _slopes_and_variances(found: Sequence[Finding]) -> list[str]:
    """Explain the input on which slope-based and variance-based shares differ the most."""
    (one,) = found
    kinds = dict(zip(one.methods, one.of("kind", one.methods), strict=True))
    slopes, variances = (
        listed(method for method, kind in kinds.items() if kind == which)
        for which in ("slopes", "variances")
    )
    by = (number(one.number(f"share by {which}"), 2) for which in ("slopes", "variances"))
    numbers = " against ".join(by)
    feature = one.features[0]
    if one.text("larger by") == "slopes":
        why = (
            "steep or quickly varying effects count more in slopes than in variance, so this is "
            "a difference of the question and not an error"
        )
        return [
            f"{feature} gets a larger share from {slopes} than from {variances} "
            f"({numbers}): the former measure slopes, the latter variance; {why}."
        ]
    return [
        f"{feature} gets a smaller share from {slopes} than from {variances} "
        f"({numbers}): the former measure slopes, the latter variance. Its effect is gentle over "
        f"a wide range or other inputs' effects are steeper; neither method is wrong."
    ]


def _prediction(found: Sequence[Finding]) -> list[str]:
    (one,) = found
    by = (number(one.number(what), 2) for what in ("share", "mean share of others"))
    return [
        f"{one.methods[0]} differs from all other methods, the most on {one.features[0]} "
        f"({' against '.join(by)}): it measures how much an input helps to predict the targets, "
        f"the others what moves the model's output. With R² {fit(one.number('r2'))} these "
        f"are two questions."
    ]


def _additive(found: Sequence[Finding]) -> list[str]:
    return [
        f"Effects add up: the first-order indices sum to {_summed(found[0])}, "
        f"so interactions carry next to nothing."
    ]


def _interactions(found: Sequence[Finding]) -> list[str]:
    one, *only = found
    pairs = listed(
        f"{f.features[0]} (S₁ {number(f.number('first_order'), 2)}, "
        f"S_T {number(f.number('total_order'), 2)})"
        for f in only
    )
    through = f"; {pairs} almost only in this way" if pairs else ""
    return [
        f"Inputs interact: the first-order indices sum to {_summed(one)}, the rest of the "
        f"variance comes from inputs acting together{through}."
    ]


def _summed(finding: Finding) -> str:
    return number(finding.number("sum of first-order indices"), 2)


def _cancelling(found: Sequence[Finding]) -> list[str]:
    return [
        f"Rises and falls cancel for {listed(_features(found))}: the mean derivative is about 0, "
        f"the typical slope is not."
    ]


def _inputs(found: Sequence[Finding]) -> list[str]:
    told = listed(f"{listed(f.methods)} used {f.text('inputs')}" for f in found)
    return [f"Not all methods saw the same inputs, which alone can make them differ: {told}."]


def _inert(found: Sequence[Finding]) -> list[str]:
    return [
        f"No effect visible: {listed(_features(found), 6)} (the total-order interval reaches 0 "
        f"and the index is below {found[0].number('below'):g})."
    ]


def _negligible(found: Sequence[Finding]) -> list[str]:
    return [
        f"Negligible: {listed(_features(found), 6)} (the derivatives bound the total-order index "
        f"below {found[0].number('below'):g})."
    ]


_AGAINST = {
    "network": "Distance of each method's own measure from the network's own values",
    "exact values": "Distance from the exact values of each method's own measure",
    "exact values, network included": (
        "Distance from the exact values of each method's own measure, the network's own error "
        "included"
    ),
}


def _accuracy(found: Sequence[Finding]) -> list[str]:
    told = listed(f"{f.methods[0]} {number(100 * f.number('relative error'), 2)} %" for f in found)
    return [f"{_AGAINST[found[0].text('against')]}: {told}."]


def _features(found: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.features[0] for finding in found))


OF_OUTPUT: Mapping[Cause, Callable[[Sequence[Finding]], list[str]]] = {
    Cause.NOTHING_VISIBLE: _order,
    Cause.ONLY_ONE: _order,
    Cause.SAME_FIRST: _order,
    Cause.FIRST_BY: _order,
    Cause.MEAN_ORDER: _order,
    Cause.EXACT_ORDER: _exact_order,
    Cause.FIRST_CLEAR: _certainty,
    Cause.FIRST_UNCLEAR: _certainty,
    Cause.ONE_METHOD: _one_method,
    Cause.AGREEMENT: _agreement,
    Cause.NO_SHARES: _no_shares,
    Cause.CONSTANT_TARGETS: _constant_targets,
    Cause.NOISE_ABOVE: _noise,
    Cause.NOISE_BELOW: _noise,
    Cause.CREDIT_SPLIT: _credit,
    Cause.SLOPES_AND_VARIANCES: _slopes_and_variances,
    Cause.PREDICTION: _prediction,
    Cause.ADDITIVE: _additive,
    Cause.INTERACTIONS: _interactions,
    Cause.ONLY_INTERACTIONS: _interactions,
    Cause.CANCELLING: _cancelling,
    Cause.DIFFERENT_INPUTS: _inputs,
    Cause.INERT: _inert,
    Cause.NEGLIGIBLE: _negligible,
    Cause.ACCURACY: _accuracy,
}
