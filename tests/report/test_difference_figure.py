"""The account of a difference on the page: it stands there once it was asked for."""

import pickle
import re

import pytest
import torch

import sensbench as sb
from sensbench.errors import InputError
from sensbench.findings.disagreements import Disagreement, disagreements
from sensbench.report.figures.difference import Difference
from sensbench.report.sections import blocks


def waves(x):
    # slopes count the rises and falls of a, variance its ends: the two put another input first
    return torch.sin(8 * x[:, 0]) + 1.4 * x[:, 1]


SPACE = sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)})


def compared(**options):
    return sb.compare(waves, space=SPACE, estimators=["gradient", "sobol"], budget=4000, **options)


@pytest.fixture(scope="module")
def comparison():
    comparison = compared()
    comparison.difference("gradient", "sobol", budget=20_000)
    return comparison


def test_the_page_has_what_was_asked(comparison, tmp_path, blank_figures):
    page = comparison.report(tmp_path / "page.html").read_text("utf-8")
    assert 'id="difference"' in page
    assert ">Why methods differ<" in page
    said = str(comparison.difference("gradient", "sobol", budget=20_000)).splitlines()[0]
    assert re.sub(r"\s+", " ", said) in page
    assert len(comparison.results.accounts[next(iter(comparison.results.questions))]) == 1
    assert "difference" not in [block.name for block in blocks(compared().results)]


def test_the_bars_are_the_steps(comparison):
    (figure_of,) = Difference().each(comparison.results)
    table = figure_of.data(comparison.results)
    account = figure_of.account
    by_hand = table.groupby("feature")["value"].sum()
    panels = comparison.plot("difference").axes
    assert sorted(ax.get_title() for ax in panels) == ["a", "b"]
    for ax in panels:
        feature = ax.get_title()
        ends = [bar for bar in ax.patches if bar.get_height() == pytest.approx(0.7)]
        start, end = (bar.get_width() for bar in ends)
        assert end - start == pytest.approx(by_hand[feature], abs=1e-12)
        assert end - start == pytest.approx(account.gap(feature), abs=1e-12)
    said = figure_of.alt(comparison.results)
    assert "Steps from the shares of gradient to sobol" in said
    assert f"from {account.start.shares['a']:.2f} to {account.end.shares['a']:.2f}" in said


def test_a_verdict_names_the_pair_to_explain():
    plain = compared()
    assert disagreements(plain.results) == [Disagreement("y", "gradient", "sobol")]
    explained = compared(explain=True)
    (items,) = explained.results.accounts.values()
    (account,) = items
    assert (account.start.method, account.end.method) == ("gradient", "sobol")
    assert account.n_forward + account.n_backward <= 200_000


def test_where_nothing_differs_nothing_is_asked():
    comparison = sb.compare(
        lambda x: x[:, 0] + 3 * x[:, 1], space=SPACE, budget=4000, explain=True,
        estimators=["gradient", "sobol"],
    )  # fmt: skip
    assert not any(comparison.results.accounts.values())
    with pytest.raises(InputError, match="nobody asked why two methods differ"):
        comparison.plot("difference")


def test_accounts_are_of_their_output_and_can_be_pickled(comparison):
    results = pickle.loads(pickle.dumps(comparison)).results
    (items,) = results.accounts.values()
    assert items[0].gap("a") == Difference().each(comparison.results)[0].account.gap("a")
    assert list(results.only([]).accounts.values()) == [()]
