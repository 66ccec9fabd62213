import dataclasses

import pytest

import sensbench as sb
from sensbench.findings import Cause, Finding, Findings, find
from sensbench.report.wording import OF_QUESTION, sentences, words
from sensbench.report.wording_output import OF_OUTPUT

SOME = Findings(
    [
        Finding(Cause.POOR_MODEL, "y", evidence={"r2": 0.2}, sure=True),
        Finding(Cause.INERT, "y", ("a",), ("sobol",), {"high": 0.02, "high of a": 0.02}),
        Finding(Cause.INERT, "z", ("b",), ("sobol",)),
    ]
)


def test_a_table_has_one_row_per_finding():
    frame = SOME.to_frame()
    assert list(frame) == ["cause", "output", "features", "methods", "sure", "evidence"]
    assert frame["cause"].tolist() == ["poor model", "no effect visible", "no effect visible"]
    assert frame["features"].tolist() == [(), ("a",), ("b",)]
    assert frame["evidence"].tolist()[0] == {"r2": 0.2}
    assert frame["sure"].tolist() == [True, False, False]
    assert frame["sure"].dtype == bool
    assert list(Findings().to_frame()) == list(frame)


def test_findings_are_a_sequence_that_can_be_narrowed():
    assert len(SOME) == 3
    assert SOME[1].features == ("a",)
    assert isinstance(SOME[1:], Findings)
    assert [f.output for f in SOME.only(Cause.INERT)] == ["y", "z"]
    assert [f.cause for f in SOME.only(output="y")] == [Cause.POOR_MODEL, Cause.INERT]
    assert set(SOME) == {SOME[0], SOME[1], SOME[2]}
    assert SOME._repr_html_().count("<tr>") == 3  # the head has a style
    assert repr(SOME) == "<3 findings: poor model, no effect visible>"


def test_evidence_is_read_by_quantity():
    assert SOME[1].number("high") == 0.02
    assert SOME[1].of("high", ["a"]) == [0.02]
    assert SOME[0].text("model") == ""
    assert SOME[0].number("rmse") != SOME[0].number("rmse")  # NaN
    with pytest.raises(dataclasses.FrozenInstanceError):
        SOME[0].sure = False


def test_every_cause_is_worded_once():
    assert set(OF_QUESTION) | set(OF_OUTPUT) == set(Cause)
    assert not set(OF_QUESTION) & set(OF_OUTPUT)


def test_a_comparison_gives_what_its_text_words():
    problem = sb.Problem.of(
        lambda x: 4 * x[:, 0] + 3 * x[:, 1], sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)})
    )
    comparison = sb.compare(problem, estimators=["gradient", "morris"], budget=400)
    found = comparison.findings()
    (first,) = found.only(Cause.MEAN_ORDER)
    # shares of a linear model are its squared weights
    assert first.features == ("a", "b")
    assert first.methods == ("gradient", "morris")
    assert first.of("mean share", first.features) == pytest.approx([0.64, 0.36], abs=1e-5)
    assert words(found) == sentences(comparison.results)
    assert found.to_frame().equals(find(comparison.results).to_frame())
