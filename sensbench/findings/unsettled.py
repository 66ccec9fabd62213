"""Values that a few rows decide: of which inputs, and what it would take to settle them."""

from collections.abc import Iterator

import pandas as pd

from sensbench.estimator.tails import HEAVY, rows_to_settle
from sensbench.findings.finding import Cause, Finding, per

# Whether a value below this part of the importance is settled changes nothing that is said.
_LEAST_SHARE = 0.01


def is_unsettled(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return, of each number, whether a few rows decide it, as far as its method looked."""
    return frame["value"].notna() & (frame["tail"] > HEAVY)


def unsettled(frame: pd.DataFrame, output: str) -> Iterator[Finding]:
    """Yield each method with unsettled values of inputs that count for it, the heaviest tail first.

    Of such a number a standard error says too little, and so does an interval made from one.

    ``frame``: one output's headline shares.
    """
    counts = frame["share"].isna() | (frame["share"] >= _LEAST_SHARE)
    for method, rows in frame[is_unsettled(frame) & counts].groupby("estimator", sort=False):
        rows = rows.sort_values("tail", ascending=False, kind="stable")
        features = tuple(map(str, rows["feature"]))
        tails = rows["tail"].tolist()
        evidence: dict[str, float | str] = {
            **per("tail", features, tails),
            "largest tail": tails[0],
            "from": HEAVY,
            # to the decimal that the tail is known to
            "rows": rows_to_settle(round(tails[0], 1)),
            "intervals": int(rows["high"].notna().sum()),
        }
        yield Finding(Cause.UNSETTLED, output, features, (str(method),), evidence, True)
