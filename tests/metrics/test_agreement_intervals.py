"""Intervals of agreement: what both methods' intervals leave open, by enumeration."""

from itertools import permutations, product

import numpy as np
import pytest

from sensbench.metrics.agreement import agreement
from sensbench.metrics.agreement_intervals import _ends, with_intervals
from sensbench.metrics.ranks import shares
from sensbench.metrics.similarity import MEASURES
from tests.metrics.test_metrics import headline


def of(width, **values):
    frame = headline(**{name: ("total_order", v) for name, v in values.items()})
    frame = frame.assign(low=frame["value"] - width, high=frame["value"] + width)
    table = with_intervals(agreement(frame), shares(frame))
    assert len(table) == 1
    return table.iloc[0]


def test_a_settled_order_is_known():
    found = of(0.01, a=[0.6, 0.3, 0.1], b=[0.5, 0.3, 0.2])
    for name in MEASURES:
        assert (found[f"{name}_low"], found[f"{name}_high"]) == (1, 1), name
    assert (found["settled_alike"], found["settled_against"], found["above"]) == (3, 0, "")


def test_of_equal_inputs_nothing_is_known():
    found = of(0.05, a=[0.34, 0.33, 0.33], b=[0.33, 0.33, 0.34])
    assert found["spearman"] < 0.5
    assert (found["spearman_low"], found["spearman_high"]) == (-1, 1)
    assert (found["kendall_low"], found["kendall_high"]) == (-1, 1)
    assert (found["settled_alike"], found["settled_against"]) == (0, 0)


def test_what_both_settle_in_opposite_order_is_named():
    found = of(0.01, a=[0.6, 0.3, 0.1], b=[0.3, 0.6, 0.1])
    assert (found["settled_alike"], found["settled_against"]) == (2, 1)
    assert (found["above"], found["below"]) == ("x0", "x1")
    assert found["spearman_high"] == found["spearman_low"] == pytest.approx(0.5)


def test_a_method_without_intervals_has_no_ends_and_says_so():
    frame = headline(a=("total_order", [0.6, 0.3, 0.1]), b=("total_order", [0.5, 0.3, 0.2]))
    frame.loc[frame["estimator"] == "b", ["low", "high"]] = np.nan
    found = with_intervals(agreement(frame), shares(frame)).iloc[0]
    assert np.isnan(found["spearman_low"])
    assert found["no_interval"] == "b has no interval for some of the inputs"


def orders_without_contradiction(above):
    n = len(above)
    for order in permutations(range(1, n + 1)):
        ranks = np.array(order, dtype=float)
        if not (above & (ranks[:, None] > ranks[None, :])).any():
            yield ranks


@pytest.mark.parametrize("seed", range(6))
def test_ends_are_those_of_all_orders_that_go_against_nothing_settled(seed):
    rng = np.random.default_rng(seed)
    above, ranks = [], []
    for _ in range(2):
        low = rng.uniform(0, 1, 5)
        high = low + rng.uniform(0.1, 0.5, 5)
        above.append(low[:, None] > high[None, :])
        ranks.append(np.argsort(np.argsort(-(low + high))) + 1.0)
    values = {name: float(one(ranks[0][None], ranks[1][None])[0]) for name, one in MEASURES.items()}
    ends = _ends(above, ranks, values)
    pairs = product(*(list(orders_without_contradiction(one)) for one in above))
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    for name, one in MEASURES.items():
        exact = one(a, b)
        low, high = ends[f"{name}_low"], ends[f"{name}_high"]
        if name == "kendall":  # the ends of each pair by itself
            assert low <= exact.min() + 1e-9
            assert high >= exact.max() - 1e-9
        else:
            assert (low, high) == pytest.approx((exact.min(), exact.max()), abs=0.1), name
