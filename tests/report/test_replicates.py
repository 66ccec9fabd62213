"""Intervals over replicates: what is drawn and counted is what the runs gave."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sensbench.report.figure import Omitted
from sensbench.report.figures.replicates import Replicates


def rows_of(results, method):
    frame = results.frame
    mine = (frame["estimator"] == method) & (frame["budget"] == frame["budget"].max())
    mine &= frame["measure"] == results.methods[method].ranks_by
    return frame[mine & (frame["feature"] != "") & (frame["partner"] == "")]


@pytest.fixture
def one_misses(ishigami_results):
    """The same study, but for one interval of sobol's that ends far below the known value."""
    frame = ishigami_results.frame.copy()
    at = rows_of(ishigami_results, "sobol").query("feature == 'x2' and replicate == 1").index
    frame.loc[at, ["low", "value", "high"]] = [0.1, 0.15, 0.2]
    return replace(ishigami_results, frame=frame)


def test_the_table_has_every_run_and_counts_who_holds(one_misses):
    (figure,) = Replicates().each(one_misses)
    table = figure.data(one_misses)
    (question,) = one_misses.questions.values()
    truth = {k.feature: k.value for k in question.truth if k.measure == "total_order"}
    mine = table[table["estimator"] == "sobol"].set_index(["feature", "replicate"]).sort_index()
    given = rows_of(one_misses, "sobol").set_index(["feature", "replicate"]).sort_index()
    pd.testing.assert_frame_equal(mine[["low", "high"]], given[["low", "high"]])
    for (feature, _), row in mine.iterrows():
        assert row["known"] == pytest.approx(truth[feature])
        holds = row["low"] <= truth[feature] <= row["high"]
        assert row["holds"] == holds
    assert not mine.loc[("x2", 1), "holds"]
    assert table.loc[table["estimator"] == "morris", "holds"].isna().all()  # not known


def test_the_lines_are_the_intervals_and_a_miss_is_thick(one_misses):
    figure = Replicates("y").drawn(one_misses)
    given = rows_of(one_misses, "sobol")
    ax = next(ax for ax in figure.axes if ax.get_title().startswith("sobol"))
    drawn = np.array([
        (*segment[:, 0], width)
        for lines in ax.collections
        for segment, width in zip(
            lines.get_segments(), np.resize(lines.get_linewidth(), len(lines.get_segments())),
            strict=True,
        )
    ])  # fmt: skip
    expected = given[["low", "high"]].to_numpy()
    order, by = np.lexsort(drawn[:, 1::-1].T), np.lexsort(expected[:, ::-1].T)
    np.testing.assert_allclose(drawn[order, :2], expected[by])
    (question,) = one_misses.questions.values()
    known = given["feature"].map(question.true_values("total_order", "y"))
    holds = (given["low"] <= known) & (known <= given["high"])
    thick = drawn[drawn[:, 2] > 1, :2]
    assert sorted(thick.tolist()) == sorted(given.loc[~holds, ["low", "high"]].to_numpy().tolist())
    assert [0.1, 0.2] in thick.tolist()
    names = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    counts = dict(zip(names, (t.get_text() for t in ax.texts), strict=True))
    by_hand = holds.groupby(given["feature"]).sum()
    assert counts == {feature: f"{n}/2" for feature, n in by_hand.items()}


def test_the_words_have_the_counts(one_misses):
    said = Replicates("y").alt(one_misses)
    assert "sobol: " in said
    assert "x2 1 of 2 hold 0.442" in said
    assert "of 2 hold 0.558" in said
    morris = said.partition("morris: ")[2].partition(";")[0]
    assert "2 intervals within" in morris


def test_one_run_has_no_replicates(linear_results):
    for one in Replicates().each(linear_results):
        outcome = one.drawn(linear_results)
        assert isinstance(outcome, Omitted)
        assert outcome.reason == "it needs replicates; there is one run of each method"
