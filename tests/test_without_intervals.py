"""Values that have no interval go through everything that reads intervals, from end to end."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from torch import nn

import sensbench as sb
from sensbench.findings import Label

METHODS = ["gradient", "permutation", "conditional_permutation", "leave_one_out"]


class Exponential(nn.Module):
    """exp(2 x1 + 1.5 x2 + x3): a few rows decide every mean."""

    def forward(self, x):
        return (2 * x[:, :1] + 1.5 * x[:, 1:2] + x[:, 2:]).exp()


@pytest.fixture(scope="module")
def comparison():
    X = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)
    return sb.compare(Exponential(), X, estimators=METHODS, budget=2500)


def test_tables_verdict_and_agreement_read_what_has_no_ends(comparison):
    frame = comparison.to_frame()
    heavy = frame[frame["tail"] > 0.7]
    assert set(heavy["estimator"]) == set(METHODS)
    assert heavy["value"].notna().all()
    assert heavy[["low", "high"]].isna().all(axis=None)
    assert "unsettled" in str(comparison)
    assert comparison.verdict().alert(Label.UNSETTLED_TAIL) is not None
    agreement = comparison.agreement()
    assert len(agreement) == 6
    # without ends nothing is settled, and it says why there is no interval of an agreement
    assert agreement["settled_alike"].sum() == agreement["settled_against"].sum() == 0
    assert agreement["spearman_low"].isna().all()
    assert (agreement["no_interval"] != "").all()
    assert len(comparison.findings()) > 0


def test_figures_draw_them(comparison):
    assert isinstance(comparison.plot("importance"), Figure)


def test_a_check_settles_no_order_by_them(comparison, tmp_path):
    path = comparison.save(tmp_path / "baseline.sqlite")
    again = sb.Comparison.load(path).to_frame()
    pd.testing.assert_frame_equal(again, comparison.to_frame())
    found = sb.check(Exponential(), path)
    assert found.ok
    assert found.settled == 0


@pytest.mark.slow
def test_the_page_says_it(comparison, tmp_path):
    text = comparison.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "unsettled" in text
    assert "a few rows decide" in text
    assert ">nan<" not in text.lower()
