"""How alike each two methods order the inputs."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.agreement import pairs_of
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import NOT_AVAILABLE, correlation, listed
from sensbench.study.results import Results

_MORE = {"weighted τ": "weighted_tau", "first places": "top_overlap", "RBO": "rbo"}


class Agreement(ReportTable):
    """Rank correlations of each two methods, and how far both settle the order."""

    name, section, order = "agreement", "agreement", 20

    def tables(self, results: Results) -> Sequence[Table]:
        table = agreement_table(results)
        return [] if table is None else [table]


def agreement_table(results: Results) -> Table | None:
    """Return rank correlations of all pairs of methods."""
    pairs = pairs_of(results)
    if pairs.empty:
        return None
    shown = pd.DataFrame(
        {
            "output": pairs["output"],
            "methods": pairs["first"].astype(str) + " and " + pairs["second"].astype(str),
            "inputs": pairs["n"].astype(str),
            "Spearman ρ": _shown(pairs, "spearman"),
            "Kendall τ-b": _shown(pairs, "kendall"),
        }
    )
    if "spearman_low" in pairs:
        for head, name in _MORE.items():
            shown[head] = _shown(pairs, name)
        shown["pairs settled alike"] = pairs["settled_alike"].astype(str)
        shown["in opposite order"] = pairs["settled_against"].astype(str)
    if "signs_settled" in pairs and pairs["signs_settled"].notna().any():
        counts = zip(pairs["signs_alike"], pairs["signs_settled"], strict=True)
        shown["signs alike"] = [
            NOT_AVAILABLE if not n > 0 else f"{same:.0f} of {n:.0f}" for same, n in counts
        ]
    shown["same first"] = ["yes" if same else "no" for same in pairs["same_top"]]
    return Table("agreement", "Agreement of each pair", shown, pairs, _note(pairs))


def _shown(pairs: pd.DataFrame, name: str) -> list[str]:
    """Return values with the ends of their intervals below, where there are any."""
    values = [correlation(v) for v in pairs[name]]
    if f"{name}_low" not in pairs:
        return values
    ends = zip(values, pairs[f"{name}_low"], pairs[f"{name}_high"], strict=True)
    return [
        value if low != low else f"{value}\n[{correlation(low)}, {correlation(high)}]"
        for value, low, high in ends
    ]


def _note(pairs: pd.DataFrame) -> str:
    if "no_interval" not in pairs:
        return ""
    reasons = [why for why in dict.fromkeys(pairs["no_interval"]) if why]
    without = f" No interval: {listed(reasons)}." if reasons else ""
    return (
        f"Over the inputs above the noise. Ends: the least and largest agreement of orders that go "
        f"against nothing that both methods' 95 % intervals settle together; they are wide where "
        f"little is settled. Weighted τ, the first places and RBO count the first places more; the "
        f"last two are 0 by chance.{without}"
    )
