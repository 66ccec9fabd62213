"""The figure of agreement: a line per pair where there is enough to see, else a sentence."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sensbench.findings.agreement import pairs_of
from sensbench.report.figures.agreement import Agreement, _sentence
from sensbench.report.figures.ranks import _groups
from sensbench.report.sections import blocks
from sensbench.report.text import correlation


def dependent(results):
    """The same, of inputs that are said to move together."""
    changed = {key: replace(q, law="a copula") for key, q in results.questions.items()}
    return replace(results, questions=changed)


def test_a_line_per_pair_with_its_interval(nasty_results):
    pairs = pairs_of(nasty_results)
    assert pairs["n"].max() >= 8
    ax = Agreement().drawn(nasty_results).axes[0]
    named = [t.get_text().split(" – ") for t in ax.get_yticklabels()]
    assert sorted(map(tuple, named)) == sorted(
        pairs[["first", "second"]].itertuples(index=False, name=None)
    )
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    found = pairs.set_index(["first", "second"])
    for mark, pair in zip(marks, named, strict=True):
        assert mark.get_xdata()[0] == pytest.approx(found.loc[tuple(pair), "spearman"])
        assert to_hex(mark.get_markerfacecolor()) != "#ffffff"
    spans = {tuple(np.round(line.get_xdata(), 9)) for line in ax.lines if len(line.get_xdata()) > 1}
    for _, row in pairs[pairs["spearman_low"].notna()].iterrows():
        assert (round(row["spearman_low"], 9), round(row["spearman_high"], 9)) in spans


def test_pairs_that_ask_different_questions_are_hollow_and_come_last(nasty_results):
    ax = Agreement().drawn(dependent(nasty_results)).axes[0]
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    hollow = [to_hex(mark.get_markerfacecolor()) == "#ffffff" for mark in marks]
    mixed = ["permutation" in t.get_text() for t in ax.get_yticklabels()]
    assert hollow == mixed == sorted(mixed)
    assert 0 < sum(mixed) < len(mixed)
    assert "hollow: the two ask different questions" in " ".join(
        ax.get_figure().get_supxlabel().split()
    )


def test_ranks_part_the_same_methods(nasty_results):
    methods = list(nasty_results.methods)
    assert list(_groups(nasty_results, methods).values()) == [methods]
    parted = list(_groups(dependent(nasty_results), methods).values())
    assert ["permutation"] in parted
    assert sorted(m for several in parted for m in several) == sorted(methods)


def test_of_few_inputs_a_sentence_says_it(linear_results):
    said = Agreement().applies(linear_results)
    assert said.is_the_answer
    pairs = pairs_of(linear_results)["spearman"].dropna()
    for end in (pairs.min(), pairs.max()):
        assert f" {correlation(end)}" in said.reason
    (drawn,) = [one for block in blocks(linear_results) for one in block.drawn
                if one.slug == "agreement"]  # fmt: skip
    assert drawn.said == said.reason


def test_pairs_that_agree_alike_are_not_told_apart():
    pairs = pd.DataFrame(
        {"n": 4, "first": ["a", "a"], "second": ["b", "c"], "spearman": 1.0, "alike": True}
    )
    assert "Spearman's ρ is 1.00 of every pair; so few" in _sentence(pairs)
    apart = _sentence(pairs.assign(spearman=[1.0, 0.5]))
    assert "ρ is from a and c 0.50 to a and b 1.00; so few" in apart
