"""The agreement experiment: a small part of it, and that it judges right."""

import pandas as pd
import pytest

from experiments.agreement.__main__ import CASES, judged, run
from sensbench.metrics.similarity import MEASURES

OF = dict(CASES)


@pytest.mark.parametrize("case", ["equal inputs", "two ties", "Ishigami"])
def test_intervals_hold_the_agreement_of_the_true_orders(case):
    lines = pd.DataFrame(run(OF[case], seed=5))
    assert len(lines) == 3
    assert not (lines["said"] & ~lines["true"]).any()
    held = lines[list(MEASURES)].stack().dropna().astype(bool)
    assert held.all()
    # of equal inputs the agreement of true orders is no number but for the first places
    assert lines["spearman"].isna().all() == (case == "equal inputs")


def test_what_does_not_hold_is_counted():
    line = {"case": "one", "pair": "a, b", "said": True, "true": False}
    of = {name: True for name in MEASURES} | {f"{name} width": 0.5 for name in MEASURES}
    table = judged(pd.DataFrame([line | of, line | of | {"kendall": False, "said": False}]))
    by = table.set_index("measure")
    assert by.loc["kendall", ["intervals", "coverage"]].tolist() == [2, 0.5]
    assert by.loc["spearman", "coverage"] == 1
    assert by.loc["spearman", "opposite, falsely"] == "1 of 2"
