"""The page shows every figure and table there is, in its section, and names none of them."""

from importlib.metadata import EntryPoint
from importlib.resources import files

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sensbench.report import figures, tables, write_report
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.sections import SECTIONS, blocks
from sensbench.report.table import ReportTable, Table

ROOMS = {"figure": figures.registry, "table": tables.registry}


class Added(ReportFigure):
    """What another package brings."""

    name, section, order = "added", "importance", 15
    title, caption = "Added by others", "A caption of theirs."

    def draw(self, results):
        figure = Figure()
        figure.add_subplot().plot([0, 1])
        return figure

    def alt(self, results):
        return "A line that\n rises from 0 to 1."


class Elsewhere(Added):
    section = "what_if"
    title = "Opens a section"


class Silent(Added):
    title = "Says why not"

    def applies(self, results):
        return Omitted("the moon is full")

    def draw(self, results):
        raise AssertionError


class Broken(Added):
    def draw(self, results):
        raise ValueError("no\nluck")


class Shapeless(Added):
    def draw(self, results):
        return None


class Unplaced(Added):
    order = "first"


class Rows(ReportTable):
    name, section, order = "rows", "accuracy", 99

    def tables(self, results):
        data = pd.DataFrame({"a": range(13)})
        return [Table("rows", "Rows of theirs", data, data)]


class Rowless(Rows):
    def tables(self, results):
        return [pd.DataFrame()]


class Unimportable:
    def __init__(self):
        raise ImportError("no module named left_pad")


class Entry(EntryPoint):
    """An entry point that is there without a package."""

    def load(self):
        return globals()[self.value]


@pytest.fixture
def add(monkeypatch, blank_figures):
    # few of our own are enough beside it
    for registry, few in ((ROOMS["figure"], ["ranks"]), (ROOMS["table"], ["importance", "costs"])):
        own = {name: registry._files()[name] for name in few}
        monkeypatch.setattr(registry, "_files", lambda own=own: own)

    def added(kind, what):
        registry, name = ROOMS[kind], what.lower()
        entries = {name: Entry(name, what, registry.group)}
        monkeypatch.setattr(registry, "_entry_points", lambda: entries)

    return added


def written(results, tmp_path, files=False):
    return write_report(results, tmp_path / "index.html", files=files).read_text()


def test_a_figure_of_another_package_is_on_the_page_and_in_files(add, linear_results, tmp_path):
    add("figure", "Added")
    text = written(linear_results, tmp_path, files=True)
    assert text.count("<h3>Added by others</h3>") == 1
    assert 'alt="A line that rises from 0 to 1."' in text
    assert "<figcaption>A caption of theirs. <span" in text
    # before the table of order 20, and that before the figure of order 50
    at = [text.index(part) for part in ("Added by others", "Importance, output", "<h3>Ranks<")]
    assert at == sorted(at)
    assert {p.name for p in (tmp_path / "figures").glob("*-added.*")} == {
        "linear-added.png", "linear-added.pdf", "linear-added.svg", "linear-added.csv"
    }  # fmt: skip


def test_an_unknown_section_is_opened_behind_the_known_ones(add, linear_results, tmp_path):
    add("figure", "Elsewhere")
    text = written(linear_results, tmp_path)
    assert "<h2>What if</h2>\n" in text
    at = [text.index(p) for p in ("<h3>Ranks<", "<h2>What if", "Opens a section")]
    assert at == sorted(at)
    assert text.index("Opens a section") < text.index("<summary>Costs</summary>")


def test_a_reason_stands_where_the_figure_would(add, linear_results, tmp_path):
    add("figure", "Silent")
    text = written(linear_results, tmp_path, files=True)
    assert '<p class="omitted">Says why not: not shown; the moon is full.</p>' in text
    assert not list((tmp_path / "figures").glob("*-added.*"))


@pytest.fixture(scope="module")
def counts():
    """How many images and folded tables there are without what others bring; counted once."""
    return {}


@pytest.mark.parametrize(
    ("kind", "what", "said"),
    [
        ("figure", "Broken", "figure 'broken' failed: ValueError: no luck"),
        ("figure", "Shapeless", "expected draw to return a matplotlib Figure; got NoneType"),
        ("figure", "Unplaced", "figure 'unplaced' failed: ValueError"),
        ("figure", "Unimportable", "ImportError: no module named left_pad"),
        ("table", "Rowless", "expected tables to return Table objects; got DataFrame"),
    ],
)
def test_one_that_fails_is_named_and_the_rest_is_shown(
    add, linear_results, tmp_path, caplog, counts, kind, what, said
):
    if not counts:
        whole = written(linear_results, tmp_path)
        counts.update({tag: whole.count(tag) for tag in ("<img", "<details")})
    add(kind, what)
    text = written(linear_results, tmp_path)
    told = text.replace("&#39;", "'")
    assert said in told
    # one that fails only when it is drawn has its title by then
    title = "Added by others" if what in ("Broken", "Shapeless") else what.lower()
    assert f"{title}: not shown; " in told
    assert said in caplog.text
    assert {tag: text.count(tag) for tag in counts} == counts


def test_a_table_of_another_package_folds_when_long(add, linear_results, tmp_path):
    add("table", "Rows")
    text = written(linear_results, tmp_path, files=True)
    assert "<details><summary>Rows of theirs</summary>" in text
    assert len((tmp_path / "tables" / "linear-rows.csv").read_text().splitlines()) == 14


def test_nothing_of_our_own_fails(ishigami_results, five_results):
    for results in (ishigami_results, five_results):
        for block in blocks(results):
            assert not [drawn for drawn in block.drawn if "failed" in drawn.omitted]


def test_the_page_itself_names_no_figure_and_no_table(ishigami_results):
    template = (files("sensbench.report") / "templates" / "page.html.j2").read_text()
    shown = [one for block in blocks(ishigami_results) for one in (*block.drawn, *block.tables)]
    for one in shown:
        assert f">{one.title}" not in template
    for name in ("importance", "morris", "agreement", "accuracy", "pairs", "quality", "costs"):
        assert name not in template


@pytest.mark.parametrize("kind", ROOMS)
def test_each_says_what_it_is_and_where_it_stands(kind):
    registry = ROOMS[kind]
    assert len(registry.names()) >= 7
    for name in registry.names():
        assert registry.summary(name).endswith(".")
        one = registry.load(name)
        assert one.name == name
        assert one.section in SECTIONS


def test_measures_of_outputs_and_of_directions_have_tables(ishigami_results):
    from dataclasses import replace

    from sensbench.measure import MEASURES, Measure

    frame = ishigami_results.frame
    row = frame[(frame["estimator"] == "sobol") & (frame["budget"] == 8192)].iloc[:1]
    along = Measure("along", "$a$", "Along.", "{y}²", "a", "none", "variance", axis="direction")
    more = [
        row.assign(measure="variance", feature="", partner="", direction="", value=13.8446,
                   low=13.5, high=14.1, covers="design, targets"),
        *(row.assign(measure="along", feature="", partner="", direction=name, value=value,
                     low=float("nan"), high=float("nan"), covers="", level=float("nan"),
                     interval="")
          for name, value in (("1", 2.5), ("2", 0.5))),
    ]  # fmt: skip
    results = replace(
        ishigami_results,
        frame=pd.concat([frame, *more], ignore_index=True),
        measures={**MEASURES, "along": along},
    )
    found = {table.name: table for block in blocks(results) for table in block.tables}
    (whole,) = found["output-measures"].shown.to_dict("records")
    assert whole == {
        "output": "y", "measure": "V[y]", "method": "sobol", "value": "13.8 [13.5, 14.1]",
        "unit": "unit of y²", "the interval covers": "design, targets",
    }  # fmt: skip
    directions = found["direction-measures"].shown
    assert directions["direction"].to_list() == ["1", "2"]
    assert directions["value"].to_list() == ["2.50", "0.500"]
    assert set(directions["the interval covers"]) == {"no interval"}
    assert list(found["direction-measures"].data["direction"]) == ["1", "2"]
