import numpy as np
import pandas as pd

from sensbench.measure import MEASURES
from sensbench.metrics.agreement import agreement
from sensbench.metrics.signs import with_signs
from tests.metrics.test_metrics import headline


def test_signs_are_compared_where_both_methods_settle_them():
    rank = headline(
        g=("derivative_rms_standardised", [0.6, 0.5, 0.4, 0.3]),
        m=("mu_star_standardised", [0.6, 0.5, 0.4, 0.3]),
        s=("total_order", [0.6, 0.5, 0.4, 0.3]),
    )
    # of m, the third reaches 0; the second is the other way round
    signed = headline(g=("derivative_mean", [1, 1, 1, -1]), m=("mu", [1, -1, 0.05, -1]))
    found = with_signs(agreement(rank), pd.concat([rank, signed]), MEASURES)
    by = found.set_index(["first", "second"])
    assert by.loc[("g", "m"), ["signs_alike", "signs_settled"]].tolist() == [2, 3]
    assert np.isnan(by.loc[("g", "s"), "signs_settled"])
