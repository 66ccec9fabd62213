"""The line that says what intervals cover."""

import sensbench as sb
from sensbench.report.intervals import intervals_said


def test_methods_alike_are_told_together_and_what_they_cover():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1)})
    found = sb.compare(
        lambda x: x[:, 0] + x[:, 1] ** 2, space=space, budget=2000,
        estimators=["gradient", "permutation", "sobol"],
    ).results  # fmt: skip
    assert intervals_said(found) == (
        "Intervals. gradient and permutation: 95 %, delta method, covers which rows were drawn; "
        "sobol: 95 %, two scrambled nets, moderated t, covers which points the design has. "
        "What is not named is not covered."
    )
    assert intervals_said(found, ["sobol"]).startswith("Intervals. sobol: 95 %, two scrambled")


def test_a_method_without_intervals_has_none_and_alone_no_line():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1)})
    found = sb.compare(
        lambda x: x[:, 0] + x[:, 1] ** 2, space=space, budget=64, estimators=["gradient", "sobol"]
    ).results
    assert "; sobol: none." in intervals_said(found)
    assert intervals_said(found, ["sobol"]) == ""


def test_the_line_is_under_the_table_and_on_the_terminal():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1)})
    found = sb.compare(lambda x: x[:, 0] + x[:, 1], space=space, budget=400, estimators=["sobol"])
    from sensbench.report.tables.importance import importance_tables

    (table,) = importance_tables(found.results)
    assert intervals_said(found.results) in table.note
    assert "which points the design has" in " ".join(str(found).split())
