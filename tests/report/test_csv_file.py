import csv
import io

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.report.csv_file import as_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "  =1", "\n=1", "＝1", "-1+cmd|' /C calc'!A0"]
)
def test_text_that_would_be_computed_begins_with_an_apostrophe(text):
    table = pd.DataFrame({text: [text, "plain"], "value": [-0.5, 2.0]})
    back = pd.read_csv(io.BytesIO(as_csv(table)))
    assert back.columns[0] == f"'{text}"
    assert back.iloc[:, 0].tolist() == [f"'{text}", "plain"]
    assert back["value"].tolist() == [-0.5, 2.0]


def test_all_else_is_as_pandas_writes_it():
    table = pd.DataFrame(
        {
            "number": [-1 / 3, np.nan], "count": [-1, 2], "text": ["-0.5", "a=b"],
            "mixed": [-1.5, "x"], "category": pd.Categorical(["b", "a"]), "none": [None, "1"],
        }
    )  # fmt: skip
    assert as_csv(table) == table.to_csv(index=False, lineterminator="\n").encode()
    assert as_csv(table[:0]) == table[:0].to_csv(index=False, lineterminator="\n").encode()


def test_a_report_of_inputs_with_such_names(tmp_path, blank_figures):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["=a", "-b"])
    found = sb.compare(lambda x: -x[:, 0] + x[:, 1], X, estimators=["gradient"], budget=200)
    found.report(tmp_path / "index.html", files=True, formats=["csv"])
    (path,) = (tmp_path / "tables").glob("*-derivatives.csv")
    rows = pd.read_csv(path)
    assert set(rows["feature"]) == {"'=a", "'-b"}
    assert rows.set_index("feature").loc["'=a", "value"] == pytest.approx(-1)


def test_a_carriage_return_in_a_name_ends_no_row():
    written = as_csv(pd.DataFrame({"name": ["a\r=HYPERLINK(1)", "b"], "size": [1, 2]}))
    assert b"\r" not in written
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert [len(row) for row in rows] == [2, 2, 2]
