"""Findings on one output in plain sentences."""

from collections.abc import Callable, Mapping, Sequence

from sensbench.findings import Cause, Finding
from sensbench.report.text import (
    correlation,
    count,
    fit,
    interval,
    listed,
    number,
    percent,
    plain_symbol,
)
from sensbench.report.wording_dependence import by_question, off_law

_MOST_NAMED = 5
# So many are named, rather than counted.
_FEW_METHODS = 2
# A part of the importance that two decimals do not show.
_NEXT_TO_NOTHING = 0.005


def _verdict(findings: Sequence[Finding]) -> list[str]:
    """Say what of the order is settled, and by whom."""
    texts = []
    firsts = [f for f in findings if f.cause == Cause.FIRST_BY]
    if firsts:
        by = ", ".join(f"{listed(f.features)} by {listed(f.methods)}" for f in firsts)
        others = listed(
            dict.fromkeys(m for f in firsts for m in f.text("not told by").split(", ") if m)
        )
        verb = "do" if " and " in others else "does"
        rest = f" ({others} {verb} not tell)" if others else ""
        texts.append(
            f"First place is not settled, and intervals contradict each other: {by}{rest}."
        )
    said_first = any(f.cause in (Cause.SAME_FIRST, Cause.FIRST_BY_MOST) for f in findings)
    for f in findings:
        if f.cause == Cause.NOTHING_VISIBLE:
            texts.append("Nothing rises above the noise floor.")
        elif f.cause == Cause.ONLY_ONE:
            texts.append(f"{f.features[0]} alone rises above the noise floor.")
        elif f.cause in (Cause.SAME_FIRST, Cause.FIRST_BY_MOST):
            texts.append(_first(f))
        elif f.cause == Cause.FIRST_OPEN:
            texts.append(f"First place is not settled: {_not_apart(f.features)}.")
        elif f.cause == Cause.IN_ORDER and len(f.features) == 2 and said_first:
            texts.append(f"{f.features[1]} second.")
        elif f.cause == Cause.IN_ORDER:
            texts.append(f"{listed(f.features, _MOST_NAMED)}: in this order.")
        elif f.cause == Cause.ORDER_OPEN:
            n = len(f.features)
            names = f" ({listed(f.features)})" if n <= _MOST_NAMED else ""
            texts.append(f"The order of the next {n}{names} is not settled.")
    return [" ".join(texts)]


def _not_apart(features: Sequence[str]) -> str:
    return f"no majority of intervals tells {listed(features, _MOST_NAMED)} apart"


def _first(finding: Finding) -> str:
    first, methods = finding.features[0], finding.methods
    rivals = {m: finding.text(f"rival of {m}") for m in methods}
    unsure: dict[str, list[str]] = {}
    for method, rival in rivals.items():
        if rival:
            unsure.setdefault(rival, []).append(method)
    clear = [method for method, rival in rivals.items() if not rival]
    if not unsure:
        n, of = len(methods), int(finding.number("methods"))
        who = listed(methods)
        if n > _FEW_METHODS:
            who = f"all {n} methods" if n == of else f"{n} of {of} methods"
        return f"{first} first, by {who}."
    doubt = "; ".join(
        f"{listed(who)} {'does' if len(who) == 1 else 'do'} not tell it from {rival}"
        for rival, who in unsure.items()
    )
    return f"{first} first, by {listed(clear)}; {doubt}."


def _mean_shares(findings: Sequence[Finding]) -> list[str]:
    (order,) = findings
    n_methods = len(order.methods)
    who = count(n_methods, "method")
    values, counts = (order.of(what, order.features) for what in ("mean share", "methods"))
    named = [
        f"{f} ({number(float(v), 2)}{'' if int(n) == n_methods else f', of {n}'})"
        for f, v, n in zip(order.features, values, counts, strict=True)
    ]
    reached = int(order.number("features that hold nearly all"))
    n = min(max(reached, 2), int(order.number("features with a share")), _MOST_NAMED)
    rest = len(named) - n
    part = sum(max(float(v), 0.0) for v in values[n:])
    left = f"; the rest falls to {count(rest, 'other input')}" if rest else ""
    if rest and part < _NEXT_TO_NOTHING:
        left = f"; {count(rest, 'other input')} together less than {_NEXT_TO_NOTHING:g}"
    of = f"{who} ({listed(order.methods)})" if n_methods < _MOST_NAMED else who
    return [f"Mean share of importance over {of}: {', '.join(named[:n])}{left}."]


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


def _one_method(findings: Sequence[Finding]) -> list[str]:
    only = findings[0].number("methods with ranks") < 2
    why = "has results here" if only else "can be compared here"
    return [f"Only one method {why}, so there is no agreement to judge."]


def _agreement(findings: Sequence[Finding]) -> list[str]:
    """Say how alike the methods order the inputs; who is first, the verdict says."""
    (one,) = findings
    if "orders" not in one.evidence:
        return ["Rank correlations are undefined here: too few inputs above the noise, or alike."]
    low, high = one.number("lowest correlation"), one.number("highest correlation")
    spread = correlation(low) + (f" to {correlation(high)}" if high - low >= 0.005 else "")
    rho = f"Spearman's ρ of two methods {spread}"
    if one.text("orders") == "alike":
        ends = f"their 95 % intervals from {correlation(one.number('lowest end'))} on"
        return [f"Over the inputs above the noise the orders are alike ({rho}, {ends})."]
    if one.text("orders") == "different":
        above, below, first, second = (one.text(k) for k in ("above", "below", "first", "second"))
        return [
            f"The orders differ: {first} puts {above} above {below}, {second} {below} above "
            f"{above}, both clear of their intervals ({rho})."
        ]
    if "lowest end" not in one.evidence:
        return [f"How alike the orders are is not known: no two methods have intervals ({rho})."]
    ends = " to ".join(correlation(one.number(f"{end} end")) for end in ("lowest", "highest"))
    return [
        f"How alike the orders are is not settled: no two methods' intervals, widened to hold all "
        f"at once, put two inputs in opposite order, and they leave a ρ of {ends} open ({rho})."
    ]


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
            "steep or quickly varying effects, real ones and those of a fit to noise, count more "
            "in slopes than in variance"
        )
        return [
            f"{feature} gets a larger share from {slopes} than from {variances} "
            f"({numbers}): the former measure slopes, the latter variance; {why}."
        ]
    return [
        f"{feature} gets a smaller share from {slopes} than from {variances} "
        f"({numbers}): the former measure slopes, the latter variance. Its effect is gentle over "
        f"a wide range or other inputs' effects are steeper, be they real or a fit to noise."
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
    least = max(0.0, 1 - findings[0].number("low"))
    return [
        f"Effects add up: the first-order indices sum to {_summed(findings[0])}, so interactions "
        f"carry at most {percent(least)} of the variance."
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
    ends = (finding.number(what) for what in ("sum of first-order indices", "low", "high"))
    return interval(*ends)


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


def _through_others(findings: Sequence[Finding]) -> list[str]:
    named = [f"{f.features[0]} ({number(f.number('share'), 2)})" for f in findings]
    return [
        f"Nothing of its own, given the other inputs: {listed(named, 6)}; the share of the "
        f"variance is what it tells of inputs that move with it."
    ]


def _negligible(findings: Sequence[Finding]) -> list[str]:
    texts = []
    below = f"{findings[0].number('below'):g}"
    sure, unsure = ([f for f in findings if f.sure is which] for which in (True, False))
    if sure:
        texts.append(
            f"Negligible: {listed(_features(sure), 6)} (the total-order interval ends below "
            f"{below}, and so does the bound estimated from sampled derivatives)."
        )
    if unsure:
        texts.append(
            f"Small, as far as the sampled derivatives show: {listed(_features(unsure), 6)} (the "
            f"bound of the total-order index estimated from them is below {below}; a steep place "
            f"between the rows would not be in it)."
        )
    return texts


_MOST_ROWS = 1e9


def _unsettled(findings: Sequence[Finding]) -> list[str]:
    """Say which values a few rows decide, a sentence for each method, and what settling takes."""
    texts = []
    for one in findings:
        rows = one.number("rows")
        takes = (
            f"as long as the tail stays as heavy, settling takes about {number(rows, 1)} rows"
            if rows < _MOST_ROWS
            else "with a tail as heavy, no number of rows settles it"
        )
        ends = "the intervals given may be too narrow" if one.number("intervals") else "no interval"
        tail = number(one.number("largest tail"), 3)
        texts.append(
            f"Unsettled in {one.methods[0]}: a few rows decide the mean for "
            f"{listed(one.features, 6)} (Pareto index up to {tail}; "
            f"above {one.number('from'):g} {ends}); {takes}."
        )
    return texts


_WHY = {
    "harmonics": "what varies faster than its {harmonics:.0f} harmonics is missing from the lower",
    "bias": "one of the two is biased at few rows",
}


def _estimates_apart(findings: Sequence[Finding]) -> list[str]:
    texts = []
    for f in findings:
        lower, higher = f.methods
        symbol = plain_symbol(f.text("symbol"))
        why = _WHY.get(f.text("cause"), "cause unclear: more rows tell")
        trust = f"; trust {f.text('trust')}" if f.text("trust") else ""
        if f.text("cause"):
            why = f"possibly because {why.format(harmonics=f.number('harmonics'))}"
        texts.append(
            f"{symbol} of {f.features[0]} is {number(f.number('lower'), 2)} by {lower} and "
            f"{number(f.number('higher'), 2)} by {higher}, and their intervals are apart: one of "
            f"them is wrong, {why}{trust}."
        )
    return texts


def _impossible(findings: Sequence[Finding]) -> list[str]:
    texts = []
    for f in findings:
        if f.cause == Cause.SUM_ABOVE_ONE:
            texts.append(
                f"The first-order indices of {f.methods[0]} sum to "
                f"{number(f.number('sum of first-order indices'), 2)}, above 1 beyond their "
                f"intervals, which independent inputs exclude: do not rely on them; more rows help."
            )
            continue
        index = number(f.number("total-order index"), 2)
        if f.cause == Cause.BOUND_BELOW_TOTAL:
            texts.append(
                f"The bound of {f.features[0]} by {f.methods[0]} ({number(f.number('bound'), 2)}) "
                f"lies below the index S_T by {f.methods[1]} ({index}): the sampled derivatives "
                f"missed a steep place or a jump; trust {f.methods[1]}."
            )
        elif f.cause == Cause.LOWER_BOUND_ABOVE_TOTAL:
            texts.append(
                f"The lower bound of {f.features[0]} by {f.methods[0]} "
                f"({number(f.number('bound'), 2)}) lies above the index S_T by {f.methods[1]} "
                f"({index}): the model jumps, which its derivatives do not see, or one of them is "
                f"wrong; trust {f.methods[1]} where it jumps."
            )
        else:
            texts.append(
                f"S_1 of {f.features[0]} by {f.methods[0]} "
                f"({number(f.number('first-order index'), 2)}) lies above S_T by {f.methods[1]} "
                f"({index}), which independent inputs exclude: one of them is wrong; more "
                f"rows tell."
            )
    return texts


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
    Cause.NOTHING_VISIBLE: _verdict,
    Cause.ONLY_ONE: _verdict,
    Cause.SAME_FIRST: _verdict,
    Cause.FIRST_BY: _verdict,
    Cause.FIRST_BY_MOST: _verdict,
    Cause.FIRST_OPEN: _verdict,
    Cause.IN_ORDER: _verdict,
    Cause.ORDER_OPEN: _verdict,
    Cause.MEAN_ORDER: _mean_shares,
    Cause.BY_QUESTION: by_question,
    Cause.OFF_LAW: off_law,
    Cause.ESTIMATES_APART: _estimates_apart,
    Cause.FIRST_ABOVE_TOTAL: _impossible,
    Cause.BOUND_BELOW_TOTAL: _impossible,
    Cause.LOWER_BOUND_ABOVE_TOTAL: _impossible,
    Cause.SUM_ABOVE_ONE: _impossible,
    Cause.EXACT_ORDER: _exact_order,
    Cause.ONE_METHOD: _one_method,
    Cause.AGREEMENT: _agreement,
    Cause.UNSETTLED: _unsettled,
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
    Cause.THROUGH_OTHERS: _through_others,
    Cause.DIFFERENT_INPUTS: _inputs,
    Cause.INERT: _inert,
    Cause.NEGLIGIBLE: _negligible,
    Cause.ACCURACY: _accuracy,
}
