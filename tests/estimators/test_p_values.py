"""Adjusted p-values, against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from sensbench.estimators._p_values import benjamini_hochberg, holm, p_value_estimates


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_adjusted_as_statsmodels_does_row_by_row(ours, theirs, rng):
    p = rng.uniform(size=(3, 12)) ** 4
    p[1, 3:6] = p[1, 2]
    by_hand = [multipletests(row, method=theirs)[1] for row in p]
    np.testing.assert_allclose(ours(p), by_hand, rtol=1e-12)


def test_what_is_not_tested_does_not_count():
    p = np.array([[0.01, np.nan, 0.04]])
    np.testing.assert_allclose(holm(p), [[0.02, np.nan, 0.04]])
    np.testing.assert_allclose(benjamini_hochberg(p), [[0.02, np.nan, 0.04]])
    assert np.isnan(holm(np.full((1, 2), np.nan))).all()


def test_a_note_names_inputs_that_are_not_told_apart():
    found = p_value_estimates("hsic", np.array([[0.001, 0.03, 0.6]]), 0.05, ["y"], ["a", "b", "c"])
    np.testing.assert_allclose(found["hsic_p_value_holm"].value, [[0.003, 0.06, 0.6]])
    note = found["hsic_p_value_holm"].note
    assert note == "not told apart from an input without effect at 0.05: b, c (output 'y')"
