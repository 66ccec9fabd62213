"""Figures are drawn where they would look different, in any number of processes the same."""

import importlib
import json
import os
import pickle
import re
import subprocess
import sys
import threading
from collections import deque
from dataclasses import replace
from shutil import copytree

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.report import draughtsmen, write_report
from sensbench.report.draughtsmen import Order, draw_all, draw_here
from sensbench.report.drawings import Drawing, content_digest
from sensbench.report.figures.importance import Importance
from sensbench.report.figures.ranks import Ranks
from tests.blank import blank


def counting(monkeypatch, draw):
    names = []

    def counted(order):
        names.append(order.drawing.draw.__qualname__)
        return draw(order)

    monkeypatch.setattr(draughtsmen, "draw_here", counted)
    monkeypatch.setattr(draughtsmen, "_ENOUGH", 10**6)
    return names


@pytest.fixture
def drawn(monkeypatch):
    """The names of drawings as they are drawn, all of them in this process."""
    return counting(monkeypatch, draw_here)


@pytest.fixture
def drawn_blank(monkeypatch):
    """The same, of empty figures."""
    return counting(monkeypatch, blank)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(results, folder, page="index.html", **how):
    return write_report(results, folder / page, files=True, **how)


@pytest.mark.slow
def test_what_would_look_the_same_is_not_drawn_again(study_results, tmp_path, drawn):
    write(study_results, tmp_path, formats=["svg"])
    assert len(drawn) > 12
    first = contents(tmp_path)
    drawn.clear()
    # as they come from another process, and with another provenance
    again = pickle.loads(pickle.dumps(study_results))
    again = replace(again, provenance={**again.provenance, "more": "said nowhere"})
    write(again, tmp_path, formats=["svg"])
    assert not drawn
    assert contents(tmp_path) == first
    write(study_results, tmp_path, formats=["svg"], fresh=True)
    assert len(drawn) > 12
    assert contents(tmp_path) == first


@pytest.mark.slow
def test_only_the_figures_of_what_changed_are_drawn(study_results, tmp_path, drawn):
    write(study_results, tmp_path / "a", formats=["svg"])
    frame = study_results.frame.copy()
    of_linear = (frame["problem"] == "linear") & (frame["estimator"] == "sobol")
    frame.loc[of_linear, "value"] *= 0.9
    changed = replace(study_results, frame=frame)
    first = contents(tmp_path / "a")
    drawn.clear()
    write(changed, tmp_path / "a", formats=["svg"])
    n_changed = len(drawn)
    write(changed, tmp_path / "b", formats=["svg"])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert 0 < n_changed < len(drawn) - n_changed
    now = contents(tmp_path / "a")
    differ = {path.name for path in now if now[path] != first[path] and path.suffix == ".svg"}
    assert differ
    assert all(name.startswith(("linear-", "profiles", "coverage")) for name in differ)


@pytest.mark.slow
def test_a_file_that_is_not_as_it_was_is_drawn_again(
    linear_results, blank_linear_folder, tmp_path, drawn_blank
):
    copytree(blank_linear_folder, tmp_path, dirs_exist_ok=True)
    first = contents(tmp_path)
    (tmp_path / "figures" / "linear-ranks.png").write_bytes(b"half a fil")
    (tmp_path / "figures" / "linear-importance.pdf").unlink()
    drawn_blank.clear()
    write(linear_results, tmp_path)
    assert len(drawn_blank) == 2
    assert contents(tmp_path) == first
    # without the page its images are drawn, and without a record that can be read all is
    for path in ("index.html", "figures/figures.json"):
        n_drawn = len(drawn_blank)
        (tmp_path / path).write_text("{")
        write(linear_results, tmp_path)
        assert len(drawn_blank) > n_drawn + 4
        assert contents(tmp_path) == first


def test_formats_on_request(linear_results, blank_linear_folder, tmp_path, drawn_blank):
    copytree(blank_linear_folder, tmp_path, dirs_exist_ok=True)
    first = contents(tmp_path)
    kept = tmp_path / "figures" / "mine.png"
    kept.write_bytes(b"mine")
    drawn_blank.clear()
    text = write(linear_results, tmp_path, formats=["png", "svg"]).read_text()
    assert not drawn_blank
    kinds = {path.suffix for path in (tmp_path / "figures").iterdir()}
    assert kinds == {".svg", ".png", ".json"}
    assert 'href="figures/linear-ranks.svg">SVG</a> <a href="figures/linear-ranks.png">' in text
    assert "linear-ranks.pdf" not in text
    assert "linear-ranks.csv" not in text
    assert 'href="tables/' in text
    write(linear_results, tmp_path, formats=["csv"])
    assert not drawn_blank
    assert {p.suffix for p in (tmp_path / "figures").iterdir()} == {".csv", ".json", ".png"}
    assert kept.read_bytes() == b"mine"
    kept.unlink()
    write(linear_results, tmp_path)
    assert contents(tmp_path) == first
    with pytest.raises(InputError, match="expected some of svg, pdf, png, csv; got 'gif'"):
        write(linear_results, tmp_path, formats=["svg", "gif"])


def test_what_went_from_the_page_goes_and_nothing_else(
    study_results, blank_study_folder, tmp_path, drawn_blank
):
    ishigami, linear = (study_results.of(*key) for key in study_results.questions)
    copytree(blank_study_folder, tmp_path, dirs_exist_ok=True)
    figures = tmp_path / "figures"
    (figures / "ishigami-ranks.png").write_bytes(b"changed by hand")
    write(linear, tmp_path)
    left = {path.name for path in figures.iterdir()}
    assert {name for name in left if name.startswith("ishigami")} == {"ishigami-ranks.png"}
    assert "linear-ranks.png" in left
    # a page beside it has figures of its own, and leaves those of this one
    write(ishigami, tmp_path, page="other.html")
    record = json.loads((figures / "figures.json").read_text())["figures"]
    assert {at["page"] for at in record.values()} == {"index.html", "other.html"}
    assert left < {path.name for path in figures.iterdir()}
    drawn_blank.clear()
    write(linear, tmp_path)
    write(ishigami, tmp_path, page="other.html")
    assert not drawn_blank


def orders_of(results):
    kinds = [Importance(), Ranks(), Importance("lift")]
    return {str(k): Order(Drawing(kind.drawn, (results,)), ("svg", "pdf", "png"))
            for k, kind in enumerate(kinds)}  # fmt: skip


def test_another_process_draws_the_same_bytes(linear_results):
    orders, by_helper = orders_of(linear_results), {}
    mine = {**orders, "3": Order(Drawing(lambda: Figure(), ()), ("svg",))}
    with matplotlib.rc_context({"axes.axisbelow": True, "lines.solid_joinstyle": "miter"}):
        helper = draughtsmen._Helper(mine, deque(mine), by_helper)
        helper.start()
        helper.join()
        # what cannot be pickled is left to this process
        assert set(by_helper) == set(orders)
        assert by_helper == {name: draw_here(order) for name, order in orders.items()}


@pytest.mark.slow
def test_two_processes_leave_nothing_out(linear_results):
    orders = {**orders_of(linear_results), "3": Order(Drawing(lambda: Figure(), ()), ("svg",))}
    sheets = draw_all(orders, processes=2)
    assert list(sheets) == list(orders)
    assert sheets == draw_all(orders, processes=1)
    assert sheets["3"].files["svg"].startswith(b"<?xml")


@pytest.mark.parametrize(
    ("workers", "enough", "processors", "helped"),
    [("", 2, 2, True), ("4", 2, 2, True), ("0", 2, 2, False), ("1", 2, 2, False),
     ("", 3, 2, False), ("", 2, 1, False)],
)  # fmt: skip
def test_two_processes_draw_where_it_pays_and_is_allowed(
    monkeypatch, workers, enough, processors, helped
):
    asked = []

    class Helper:
        def __init__(self, *parts):
            asked.append(parts)
            self.no_more = threading.Event()

        def start(self):
            pass

        def join(self):
            pass

    monkeypatch.setattr(draughtsmen, "_Helper", Helper)
    monkeypatch.setattr(draughtsmen, "_ENOUGH", enough)
    monkeypatch.setattr(draughtsmen, "processors", lambda: processors)
    monkeypatch.setenv("SENSBENCH_WORKERS", workers)
    orders = {name: Order(Drawing(Figure, ()), ()) for name in "ab"}
    assert list(draw_all(orders)) == ["a", "b"]
    assert bool(asked) == helped


def test_where_no_process_can_be_started_this_one_draws(linear_results, monkeypatch):
    monkeypatch.setattr(draughtsmen, "_TARGET", "no.such.module:at_all")
    orders = orders_of(linear_results)
    assert set(draw_all(orders, processes=2)) == set(orders)


THEIRS = """
from matplotlib.figure import Figure

def draw(n):
    figure = Figure()
    figure.add_subplot().plot(range(n))
    return figure
"""


def test_a_digest_is_of_all_that_decides(linear_results, ishigami_results, tmp_path, monkeypatch):
    def digest(results=linear_results, kind=Importance):
        return Drawing(kind().drawn, (results,)).digest

    assert digest() == digest()
    others = [
        digest(ishigami_results),
        digest(kind=Ranks),
        Drawing(Importance("lift").drawn, (linear_results,)).digest,
    ]
    cells = linear_results.cells.assign(inputs="others")
    others.append(digest(replace(linear_results, cells=cells)))
    with matplotlib.rc_context({"lines.dash_capstyle": "round"}):
        others.append(digest())
    assert len({digest(), *others}) == len(others) + 1
    moved = replace(linear_results, provenance={"command": "another"})
    assert digest(moved) == digest()

    file = tmp_path / "their_drawing.py"
    file.write_text(THEIRS)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("their_drawing")
    before = Drawing(module.draw, (3,)).digest
    assert before == Drawing(module.draw, (3,)).digest != Drawing(module.draw, (4,)).digest
    file.write_text(THEIRS.replace("range(n)", "range(n)[::-1]"))
    assert Drawing(module.draw, (3,)).digest != before
    # of what nobody can look into there is no second time
    assert content_digest(re.compile("a")) != content_digest(re.compile("a"))


def test_a_digest_is_the_same_in_every_process(study_results, tmp_path):
    (tmp_path / "results").write_bytes(pickle.dumps(study_results))
    text = "import pickle, sys; from sensbench.report.drawings import content_digest; " \
           "print(content_digest(pickle.load(open(sys.argv[1], 'rb'))))"  # fmt: skip
    words = [sys.executable, "-c", text, str(tmp_path / "results")]
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    said = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == content_digest(study_results)


def test_text_is_the_same_as_categories(linear_results):
    frame = linear_results.frame
    texts = frame.select_dtypes(["object", "str"]).columns
    as_categories = frame.astype(dict.fromkeys(texts, "category"))
    assert not as_categories.dtypes.equals(frame.dtypes)
    assert content_digest(as_categories) == content_digest(frame)
    assert content_digest(frame.iloc[::-1]) != content_digest(frame)
    assert content_digest(pd.DataFrame({"a": [1.0]})) != content_digest(pd.DataFrame({"b": [1.0]}))


def test_the_command_knows_formats(tmp_path):
    from click.testing import CliRunner

    from sensbench.cli import main

    page, rows = str(tmp_path / "page.html"), str(tmp_path / "rows.csv")
    words = ["analyze", "--data", rows, "--target", "y", "--out"]
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n")
    refused = CliRunner().invoke(main, [*words, page, "--formats", "svg"])
    assert refused.exit_code == 2
    assert "--formats: expected --out FOLDER" in refused.output
    refused = CliRunner().invoke(main, [*words, str(tmp_path), "--formats", "svg,gif"])
    assert refused.exit_code == 2
    assert "--formats: expected some of svg, pdf, png, csv; got 'gif'" in refused.output
