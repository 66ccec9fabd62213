"""Findings on one output in plain sentences."""

from collections.abc import Callable, Mapping, Sequence

from sensbench.findings import Cause, Finding
from sensbench.report.text import correlation, count, fit, listed, number, percent

_MOST_NAMED = 5


def _order(findings: Sequence[Finding]) -> list[str]:
    """Say the order of the inputs; first of all whether the methods agree on it."""
    *firsts, order = findings
    if order.cause == Cause.NOTHING_VISIBLE:
        return ["No input has a visible effect."]
    who = count(len(order.methods), "method")
    shares = order.of("mean share", order.features)
    named = [f"{f} ({number(float(v), 2)})" for f, v in zip(order.features, shares, strict=True)]
    if order.cause == Cause.ONLY_ONE:
        return [f"Only {named[0]} matters (mean share of importance over {who})."]
    reached = int(order.number("features that hold nearly all"))
    n = min(max(reached, 2), int(order.number("features with a share")), _MOST_NAMED)
    rest = len(named) - n
    left = f"; the rest falls to {count(rest, 'other input')}" if rest else ""
    if order.cause == Cause.SAME_FIRST:
        then = f", then {listed(named[1:n])}" if n > 1 else ""
        return [f"{named[0]} matters most{then} (mean share of importance over {who}){left}."]
    by = ", ".join(f"{listed(f.features)} by {listed(f.methods)}" for f in firsts)
    differ = f"The methods do not agree on the first place: {by}. " if by else ""
    return [f"{differ}By mean share of importance over {who}: {', '.join(named[:n])}{left}."]


def _exact_order(findings: Sequence[Finding]) -> list[str]:
    (one,) = findings
    shown = one.features[:_MOST_NAMED]
    values, places = (one.of(what, shown) for what in ("total-order index", "place"))
    text = ""
    for k, (feature, value) in enumerate(zip(shown, values, strict=True)):
        text += (" = " if places[k] == places[k - 1] else " > ") if k else ""
        text += f"{feature} ({number(float(value), 2)})"
    rest = len(one.features) - len(shown)
    return [f"By exact total-order indices: {text}{f' > {rest} more' if rest else ''}."]


def _certainty(findings: Sequence[Finding]) -> list[str]:
    """Say which methods tell the first place from the second one."""
    clear, unclear = (
        [f.methods[0] for f in findings if f.cause == cause]
        for cause in (Cause.FIRST_CLEAR, Cause.FIRST_UNCLEAR)
    )
    if not unclear:
        everyone = len(clear) == int(findings[0].number("methods")) > 1
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


def _one_method(findings: Sequence[Finding]) -> list[str]:
    only = findings[0].number("methods with ranks") < 2
    why = "has results here" if only else "can be compared here"
    return [f"Only one method {why}, so there is no agreement to judge."]


_ORDERS = {
    "alike": "the orders are alike",
    "similar": "the orders are similar",
    "different": "the orders differ",
}


def _agreement(findings: Sequence[Finding]) -> list[str]:
    """Say how alike the methods order the inputs."""
    (one,) = findings
    everyone = len(one.methods) == int(one.number("methods"))
    all_of = "All" if everyone else listed(one.methods)
    top = f"{all_of} put {one.features[0]} first; " if one.features else ""
    if "orders" not in one.evidence:
        undefined = "rank correlations are undefined here: too few inputs, or all alike."
        return [top + undefined if top else undefined[0].upper() + undefined[1:]]
    low, high = one.number("lowest correlation"), one.number("highest correlation")
    spread = correlation(low) + (f" to {correlation(high)}" if high - low >= 0.005 else "")
    how = _ORDERS[one.text("orders")]
    return [f"{top}{how if top else f'Over all inputs {how}'} (Spearman's ρ {spread})."]


_WITHOUT = {
    "zero": "every value is 0",
    "negative values": "negative values of a similar size say that the positive ones are noise",
    "intervals": "no interval lies above 0",
}


def _no_shares(findings: Sequence[Finding]) -> list[str]:
    texts = []
    for one in findings:
        why = _WITHOUT[one.text("because")]
        if "r2" in one.evidence:
            r2 = fit(one.number("r2"))
            why += f"; shuffling does not worsen a prediction that is not good (R² {r2})"
        method = one.methods[0]
        texts.append(f"{method}: no visible importance: {why}. It has ranks but no shares.")
    return texts


def _constant_targets(findings: Sequence[Finding]) -> list[str]:
    return [
        f"{one.methods[0]}: no value, because the targets {one.output} are constant: there is no "
        f"prediction that shuffling could worsen."
        for one in findings
    ]


def _noise(findings: Sequence[Finding]) -> list[str]:
    fooled = [f for f in findings if f.cause == Cause.NOISE_ABOVE]
    if not fooled:
        who = "Every method ranks" if len(findings) > 1 else f"{findings[0].methods[0]} ranks"
        return [f"{who} all real inputs above the planted noise."]
    outranked = listed(
        f"{f.number('real inputs not above noise'):.0f} of {f.number('real inputs'):.0f} by "
        f"{f.methods[0]}"
        for f in fooled
    )
    return [
        f"Planted noise ranks as high as real inputs, or higher: {outranked} are not put above it, "
        f"and so are not told from noise."
    ]


def _credit(findings: Sequence[Finding]) -> list[str]:
    parts: dict[tuple[str, ...], list[float]] = {}
    for finding in findings:
        parts.setdefault(finding.features, []).append(finding.number("part of the copy"))
    splits = []
    for (original, copy), of in parts.items():
        low, high = percent(min(of)), percent(max(of))
        between = low if low == high else f"{low} to {high}"
        splits.append(f"{copy} takes {between} of what it and {original} get together")
    return [f"Credit is split with planted copies: {listed(splits)}."]


def _slopes_and_variances(findings: Sequence[Finding]) -> list[str]:
    """Explain the input on which slope-based and variance-based shares differ the most."""
    (one,) = findings
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


def _prediction(findings: Sequence[Finding]) -> list[str]:
    (one,) = findings
    by = (number(one.number(what), 2) for what in ("share", "mean share of others"))
    return [
        f"{one.methods[0]} differs from all other methods, the most on {one.features[0]} "
        f"({' against '.join(by)}): it measures how much an input helps to predict the targets, "
        f"the others what moves the model's output. With R² {fit(one.number('r2'))} these "
        f"are two questions."
    ]


def _additive(findings: Sequence[Finding]) -> list[str]:
    return [
        f"Effects add up: the first-order indices sum to {_summed(findings[0])}, "
        f"so interactions carry next to nothing."
    ]


def _interactions(findings: Sequence[Finding]) -> list[str]:
    one, *only = findings
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


def _cancelling(findings: Sequence[Finding]) -> list[str]:
    return [
        f"Rises and falls cancel for {listed(_features(findings))}: the mean derivative is about "
        f"0, the typical slope is not."
    ]


def _inputs(findings: Sequence[Finding]) -> list[str]:
    uses = listed(f"{listed(f.methods)} used {f.text('inputs')}" for f in findings)
    return [f"Not all methods saw the same inputs, which alone can make them differ: {uses}."]


def _inert(findings: Sequence[Finding]) -> list[str]:
    return [
        f"No effect visible: {listed(_features(findings), 6)} (the total-order interval reaches 0 "
        f"and the index is below {findings[0].number('below'):g})."
    ]


def _negligible(findings: Sequence[Finding]) -> list[str]:
    return [
        f"Negligible: {listed(_features(findings), 6)} (the derivatives bound the total-order "
        f"index below {findings[0].number('below'):g})."
    ]


_AGAINST = {
    "network": "Distance of each method's own measure from the network's own values",
    "exact values": "Distance from the exact values of each method's own measure",
    "exact values, network included": (
        "Distance from the exact values of each method's own measure, the network's own error "
        "included"
    ),
}


def _accuracy(findings: Sequence[Finding]) -> list[str]:
    errors = listed(
        f"{f.methods[0]} {number(100 * f.number('relative error'), 2)} %" for f in findings
    )
    return [f"{_AGAINST[findings[0].text('against')]}: {errors}."]


def _features(findings: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.features[0] for finding in findings))


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
