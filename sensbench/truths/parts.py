"""Truths put together from the truths of parts: of some outputs, of the inputs that matter."""

import math
from collections.abc import Mapping

import numpy as np

from sensbench.measure import measure
from sensbench.problem.truth import Truth, Truths, with_inert_inputs


def by_output(whole: Truths, parts: Mapping[int, Truths]) -> Truths:
    """Return the truths of several outputs, with better ones of some.

    Parameters
    ----------
    whole
        Of all outputs.
    parts
        An output's position to truths of that output alone (o = 1).
    """

    def make() -> dict[str, Truth]:
        merged = {}
        for name, item in whole.items():
            value, error = item.value.copy(), item.standard_error.copy()
            better: dict[str, list[str]] = {}
            for k, part in parts.items():
                if name in part:
                    value[k], error[k] = part[name].value[0], part[name].standard_error[0]
                    better.setdefault(part[name].how, []).append(str(k + 1))
            which = [f"; output {', '.join(outputs)} {how}" for how, outputs in better.items()]
            merged[name] = Truth(value, error, item.how + "".join(which))
        return merged

    return Truths(make)


def with_inert(truths: Truths, n: int) -> Truths:
    """Return the same truths with ``n`` more inputs that do nothing: exactly 0 in every measure."""

    def padded(name: str, values: np.ndarray) -> np.ndarray:
        return with_inert_inputs(values, measure(name).axis, n)

    def make() -> dict[str, Truth]:
        found = {
            name: Truth(padded(name, truth.value), padded(name, truth.standard_error), truth.how)
            for name, truth in truths.items()
        }
        pairs = truths.get("total_interaction")
        if pairs is not None and pairs.value.shape[-1] < 3:
            # of fewer than three inputs there was no three to have a value; now each holds 0
            nothing = np.zeros((len(pairs.value), math.comb(pairs.value.shape[-1] + n, 3)))
            found |= {"third_order": Truth(nothing, nothing, pairs.how)} if nothing.size else {}
        return found

    return Truths(make)
