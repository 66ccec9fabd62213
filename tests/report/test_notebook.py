"""What a notebook shows, and what a repr says."""

from html.parser import HTMLParser

import numpy as np

import sensbench as sb
from sensbench.report.notebook import notebook_html


def test_a_notebook_has_a_verdict_a_figure_and_a_real_table(correlated_results):
    html = notebook_html(correlated_results)
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(html)
    question = next(iter(correlated_results.questions.values()))
    assert "pre" not in tags
    assert tags.count("table") == tags.count("img") == len(question.outputs)
    assert all(name in html for name in question.features)


def test_names_in_a_notebook_are_escaped(nasty_results):
    html = notebook_html(nasty_results)
    assert "<b>cost_in" not in html
    assert "&lt;b&gt;cost_in" in html


def test_a_space_and_a_problem_say_what_they_are():
    problem = sb.problems.load("ishigami")
    assert repr(problem.space).startswith("<InputSpace of 3 inputs, independent: x1: uniform on [")
    assert "ishigami" in repr(problem)
    assert "3 inputs and 1 outputs" in repr(problem)
    wide = sb.InputSpace.uniform({f"x{k}": (0, 1) for k in range(300)})
    assert repr(wide).endswith("; … and 294 more>")
    rows = sb.InputSpace.from_data(np.random.default_rng(0).normal(size=(60, 2)))
    assert "of 2 inputs" in repr(rows)
