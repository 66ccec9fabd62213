import re
from dataclasses import replace
from html.parser import HTMLParser
from shutil import copytree

import numpy as np
import pandas as pd
import pytest

from sensbench.metrics.ranks import shares
from sensbench.model.quality import Quality
from sensbench.report import write_report
from sensbench.report.overview import leaders

ALL = ["ishigami", "linear", "correlated", "nasty", "five", "study", "empty"]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_page_is_self_contained_and_images_speak(page_of, name):
    text = page_of(name)
    page = Page(text)
    assert "@import" not in text
    assert "url(" not in text
    assert not {"link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert [attrs for tag, attrs in page.tags if tag == "script"] == [{}]
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    for tag, attrs in page.tags:
        for key in ("src", "srcset", "href"):
            if key in attrs and (tag, key) != ("a", "href"):
                assert attrs[key].startswith("data:image/svg+xml;base64,")
            elif key in attrs and not attrs[key].startswith("https://doi.org/10."):  # a source
                assert attrs[key].startswith("#")
                assert attrs[key][1:] in ids
        if tag == "img":
            assert len(attrs["alt"]) > 40
            assert re.search(r"\d", attrs["alt"])
    images = sum(tag == "img" for tag, _ in page.tags)
    assert images == 0 if name == "empty" else images >= 4
    narrow = [attrs for tag, attrs in page.tags if tag == "source"]
    assert bool(narrow) == (name != "empty")
    assert all(attrs["media"] == "(max-width: 600px)" for attrs in narrow)
    assert all(int(attrs["width"]) <= 328 for attrs in narrow)


def test_names_are_escaped(words_of):
    text = words_of("nasty")
    assert text.count("<script") == 1
    assert "<b>" not in text
    assert "&lt;b&gt;cost_in_$_3&lt;/b&gt; &amp; a very long name of 3" in text
    assert "out_$_&lt;i&gt;" in text


@pytest.mark.slow
def test_equal_results_give_equal_bytes(page_of, ishigami_results, tmp_path):
    assert page_of("ishigami") == write_and_read(ishigami_results, tmp_path)


def test_equal_results_give_equal_words(words_of, ishigami_results, tmp_path, blank_figures):
    """That equal figures are equal files is tested where they are drawn."""
    assert words_of("ishigami") == write_and_read(ishigami_results, tmp_path)


def test_skipped_failed_absent_and_notes_are_shown(words_of):
    text = Page(words_of("correlated")).text
    for said in (
        "sobol failed: ModelError: NaN <at> row 3",
        "needs 96 rows",
        "bound of S_T is absent: the bound holds for independent inputs",
        "sensor_0 and sensor_1 are strongly correlated",
        "R² 0.41",
        "inputs: the 300 data rows",
    ):
        assert said in text
    assert "no exact values" not in text


def test_nothing_computed_says_why(words_of):
    text = Page(words_of("empty")).text
    assert "no run of any method succeeded" in text
    assert "gradient was skipped: expected a budget of at least 6 rows" in text


def test_no_question_at_all(empty_results, tmp_path):
    nothing = replace(empty_results, questions={}, cells=empty_results.cells[:0], methods={})
    text = write_report(nothing, tmp_path / "index.html", files=True).read_text()
    assert "nothing was asked" in text


@pytest.mark.parametrize(
    ("values", "width", "said"),
    [
        ([0.6, 0.3, 0.1], 0.01, "a > b > c"),
        ([0.6, 0.21, 0.19], 0.05, "a > b, c (order open)"),
        ([0.35, 0.33, 0.32], 0.05, "a, b, c (order open)"),
        ([0.6, 0.4, 0.0], 0.01, "a > b"),
    ],
)
def test_an_overview_orders_only_what_is_settled(values, width, said):
    numbers = pd.DataFrame({
        "problem": "p", "model": "m", "output": "y", "estimator": "one", "measure": "total_order",
        "feature": list("abc"), "value": values, "low": np.array(values) - width,
        "high": np.array(values) + width,
    })  # fmt: skip
    assert leaders(shares(numbers)) == said


def test_several_questions_have_an_overview(words_of):
    text = Page(words_of("study")).text
    assert "16 of 16 runs" in text
    assert "angle > pressure" in text
    assert re.search(r"x\d(, x\d)+ \(order open\)", text)
    assert "2026-01-31 12:00 UTC." in text


@pytest.mark.slow
def test_the_overview_shows_how_well_networks_predict(page_of, study_results, tmp_path):
    assert "how well" not in Page(page_of("study")).text
    questions = dict(study_results.questions)
    first = next(iter(questions))
    quality = {"y": Quality(0.93, 1.0, 0.31)}
    questions[first] = replace(questions[first], quality=quality, judged_on="unseen rows")
    text = Page(write_and_read(replace(study_results, questions=questions), tmp_path)).text
    overview = text.split("First inputs")[-1].split("16 of 16 runs")[0]
    assert "how well the model predicts" in overview
    assert "R² 0.93, gradient error 31 %" in overview


def write_and_read(results, tmp_path):
    return write_report(results, tmp_path / "index.html", files=False).read_text()


@pytest.mark.slow
def test_files(study_results, study_folder, tmp_path):
    copytree(study_folder, tmp_path, dirs_exist_ok=True)
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    for expected in (
        "figures/ishigami-importance.png",
        "figures/ishigami-convergence.pdf",
        "figures/linear-measures-2.png",
        "figures/ishigami-importance.svg",
        "figures/ishigami-importance.csv",
        "tables/ishigami-costs.tex",
        "tables/grid.csv",
        "tables/ishigami-importance-1.csv",
        "tables/linear-derivatives.csv",
        "tables/linear-costs.csv",
    ):
        assert expected in files
    kinds = (".html", ".png", ".pdf", ".csv", ".svg", ".tex", ".bib", ".txt", "/figures.json")
    assert all(name.endswith(kinds) for name in files)
    page = Page((tmp_path / "index.html").read_text())
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert {link for link in links if link.startswith(("figures/", "tables/"))} <= files
    before = {name: (tmp_path / name).read_bytes() for name in files}
    write_report(study_results, tmp_path / "index.html", files=True)
    assert before == {name: (tmp_path / name).read_bytes() for name in files}


def test_a_large_page_has_a_page_per_question(
    study_results, blank_study_folder, tmp_path, monkeypatch, blank_figures
):
    copytree(blank_study_folder, tmp_path, dirs_exist_ok=True)
    whole = (tmp_path / "index.html").read_bytes()
    assert not list(tmp_path.glob("problem-*"))
    monkeypatch.setattr("sensbench.report.page._MOST_BYTES", len(whole) - 1)
    write_report(study_results, tmp_path / "index.html", files=True)
    main = Page((tmp_path / "index.html").read_text())
    others = {path.name for path in tmp_path.glob("problem-*.html")}
    assert len(others) == len(study_results.questions)
    links = {attrs["href"] for tag, attrs in main.tags if tag == "a"}
    assert {link for link in links if link.startswith("problem-")} == others
    assert (tmp_path / "index.html").stat().st_size < len(whole)
    # what went from the page stands on theirs, with links that lead somewhere
    for name in others:
        page = Page((tmp_path / name).read_text())
        ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
        hrefs = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
        assert "index.html#problems" in hrefs
        assert {href[1:] for href in hrefs if href.startswith("#")} <= ids
        assert all((tmp_path / href).exists() for href in hrefs if href.startswith("figures/"))
        assert sum(tag == "img" for tag, _ in page.tags) >= 4


def test_provenance_and_definitions(words_of):
    text = Page(words_of("ishigami")).text
    assert "sensbench run study.yaml" in text
    assert "torch 2.13" in text
    assert "doi:10.1016/j.cpc.2009.09.018" in text
