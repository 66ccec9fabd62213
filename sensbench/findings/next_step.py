"""What to do next: how many rows until the leading order is settled, or why more do not help."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from scipy import special

from sensbench.findings.consensus import mean_shares
from sensbench.findings.finding import Cause, Finding, Findings
from sensbench.findings.settled import Settled
from sensbench.study.results import Results

# Inputs of a smaller mean share are not worth more rows for their order.
_LEADING = 0.05
# So often the order is to be settled with the rows that are named, were the gap as it seems: of
# gaps that are judged small or large by chance only the large ones are named, so that less is met.
_CHANCE = 0.9
# Times as many rows; further ahead the intervals do not tell.
_FACTORS = (1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 50, 75, 100)
_DRAWS, _LEVEL = 2000, 0.95
# What is spent of a budget below this part says that the rows given are used up.
_USED_UP = 0.75


def next_step(results: Results, output: str, frame: pd.DataFrame, findings: Findings) -> Finding:
    """Return what would settle the order of the inputs that hold a twentieth or more.

    Intervals are taken to shrink as 1/√n, and the values to move within them: the number is the
    least at which the order is settled (:class:`Settled`) in nine of ten such futures.

    Parameters
    ----------
    frame
        The headline shares of that output.
    findings
        Of that output: what is known to stand in the way.
    """
    means = mean_shares(frame).dropna()
    leading = [str(f) for f in means.index[means >= _LEADING]]
    settled = Settled(frame, [str(f) for f in means.index])
    leading = [f for f in leading if f in settled.features]
    if len(leading) < 2 and not settled.in_order():
        # of many inputs that share alike, those that may be first
        leading = settled.next_open([])
    at = {f: i for i, f in enumerate(settled.features)}
    pairs = [(at[a], at[b]) for k, a in enumerate(leading) for b in leading[k + 1 :]]
    open_pairs = [(i, j) for i, j in pairs if not (settled.before[i, j] or settled.before[j, i])]
    if not settled.features:
        return Finding(Cause.ROWS_DO_NOT_HELP, output, (), (), {"because": "nothing visible"})
    if not open_pairs:
        return Finding(Cause.NOTHING_OPEN, output, tuple(leading))
    names = tuple(f for f in leading if any(at[f] in pair for pair in open_pairs))
    together = _tied(findings, [settled.features[i] for pair in open_pairs for i in pair])
    if together:
        return Finding(
            Cause.ROWS_DO_NOT_HELP, output, together, (), {"because": "dependence"}, True
        )
    if any(settled.denied[i, j] for i, j in open_pairs):
        i, j = next((i, j) for i, j in open_pairs if settled.denied[i, j])
        both = settled.features[i], settled.features[j]
        sides = settled.telling(*both)[:1] + settled.telling(*both[::-1])[:1]
        evidence: dict[str, float | str] = {"because": "contradiction"}
        return Finding(Cause.ROWS_DO_NOT_HELP, output, both, tuple(sides), evidence, True)
    return _rows(results, output, frame, settled, names, open_pairs)


def _tied(findings: Findings, names: Iterable[str]) -> tuple[str, ...]:
    """Return two inputs that move together, of those whose order is open."""
    asked = set(names)
    for finding in findings.only(Cause.MOVE_TOGETHER):
        if len(finding.features) > 1 and set(finding.features[:2]) <= asked:
            return finding.features[:2]
    return ()


def _rows(
    results: Results, output: str, frame: pd.DataFrame, settled: Settled,
    names: tuple[str, ...], open_pairs: list[tuple[int, int]],
) -> Finding:  # fmt: skip
    """Return how many rows it takes; or that no number can be named."""
    methods = tuple(settled.ends)
    ends = np.stack([settled.ends[method] for method in methods])
    if np.isnan(ends[..., 1:][np.isfinite(ends[..., 0])]).any():
        # without an interval a method settles nothing, however many its rows
        scored = np.isfinite(ends).all(axis=-1)
        without = tuple(m for m, has in zip(methods, scored, strict=True) if not has.any())
        if without:
            evidence: dict[str, float | str] = {"because": "no interval"}
            if 2 * (len(methods) - len(without)) <= len(methods):
                return Finding(Cause.ROWS_DO_NOT_HELP, output, names, without, evidence)
    factor = _factor(ends, open_pairs)
    budget = float(frame["budget"].max())
    if factor is None:
        evidence = {"because": "too close", "rows": budget * _FACTORS[-1]}
        return Finding(Cause.ROWS_DO_NOT_HELP, output, names, (), evidence)
    of = "data rows" if _used_up(results, methods) else "budget"
    evidence = {"factor": factor, "budget": budget, "of": of}
    evidence["rows"] = float(f"{budget * factor:.2g}")
    return Finding(Cause.MORE_ROWS, output, names, methods, evidence)


def _factor(ends: Float[np.ndarray, "m d 3"], open_pairs: list[tuple[int, int]]) -> float | None:
    """Return the least factor by which more rows are likely to settle the order, if any does.

    The true shares are spread about the estimates as their intervals say, and new estimates about
    the true ones, nearer by √factor: so are their ends.
    """
    rng = np.random.default_rng(0)
    value, low, high = np.moveaxis(ends, -1, 0)
    below, above = value - low, high - value
    z = special.ndtri(0.5 + _LEVEL / 2)
    now, then = rng.normal(size=(2, _DRAWS, *value.shape))

    def moved(normal: Float[np.ndarray, "draws m d"], by: float) -> Float[np.ndarray, "draws m d"]:
        return np.where(normal < 0, below, above) * normal * by / z

    true = value + moved(now, 1.0)
    scores = np.isfinite(ends).all(axis=-1)
    for factor in _FACTORS:
        by = factor**-0.5
        at = true + moved(then, by)
        settled = _all_settled(at - below * by, at + above * by, scores, open_pairs)
        if settled.mean() >= _CHANCE:
            return factor
    return None


def _all_settled(
    low: Float[np.ndarray, "draws m d"], high: Float[np.ndarray, "draws m d"],
    scores: Bool[np.ndarray, "m d"], open_pairs: list[tuple[int, int]],
) -> Bool[np.ndarray, " draws"]:  # fmt: skip
    """Return in which futures all pairs are settled, one way or the other."""
    settled = np.ones(len(low), dtype=bool)
    for i, j in open_pairs:
        first = (low[..., i] > high[..., j]).sum(axis=1)
        second = (low[..., j] > high[..., i]).sum(axis=1)
        most = (scores[:, i] & scores[:, j]).sum() / 2
        settled &= ((first > most) & (second == 0)) | ((second > most) & (first == 0))
    return settled


def _used_up(results: Results, methods: Iterable[str]) -> bool:
    """Whether a method has looked at all rows it was given: more budget brings it no others."""
    cells = results.cells[results.cells["status"] == "ok"]
    spent = cells["n_forward"] + cells["n_backward"]
    given = cells["inputs"].astype(str).str.endswith("data rows")
    exhausted = given & (spent < _USED_UP * cells["budget"])
    return bool((exhausted & cells["estimator"].isin(list(methods))).any())
