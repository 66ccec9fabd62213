import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from sensbench.errors import InputError, UnknownNameError
from sensbench.tables.cells import require_numbers
from sensbench.tables.reading import Reading
from sensbench.tables.table_file import read_table

ROWS = {"a": [0.5, 1.25, -3.0, 0.1], "größe": [1, 5, 2, 7], "y": [1e-3, 20.0, 4.0, 1 / 3]}


@pytest.fixture
def frame():
    return pd.DataFrame(ROWS)


@pytest.fixture
def read(tmp_path):
    def read(content, name="rows.csv", **said):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return read_table(tmp_path / name, "--data", Reading(**said, option="--{} "))

    return read


def same(table, frame):
    pd.testing.assert_frame_equal(table.frame, frame, check_exact=True)


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_same_rows_however_they_are_written(frame, read, sep, decimal, encoding, end):
    text = frame.to_csv(index=False, sep=sep, decimal=decimal, lineterminator=end)
    table = read(text.encode(encoding))
    same(table, frame)
    said = " ".join(table.said)
    assert ("as separator" in said) == (sep != ",")
    assert ("',' as decimal mark" in said) == (decimal == ",")
    assert ("read as" in said) == (encoding not in ("utf-8", "utf-8-sig"))
    assert table.lines.tolist() == [2, 3, 4, 5]
    if "utf-8" in encoding and decimal == ".":
        assert not read(text.encode(encoding), sep=sep).said


def test_odd_beginnings_and_ends(frame, read):
    text = frame.to_csv(index=False, sep=";")
    same(read("sep=;\n" + text), frame)
    same(read("\n;;\n\n" + text + ";;\n\n;;\n"), frame)
    same(read(text.replace("\n", ";\n")), frame)
    same(read(text.replace("\n", ";;\n")), frame)
    same(read(text.replace("a;", '"a";').replace("y\n", '" y "\n')), frame)
    same(read(text.replace("\n", "\r")), frame)
    same(read(gzip.compress(text.encode()), "rows.csv.gz"), frame)
    table = read(text.replace("\n1.25", "\n\n;;\n1.25"))
    same(table, frame)
    assert table.lines.tolist() == [2, 5, 6, 7]
    spaced = read("a größe y\n" + "".join(f"{a} {b}   {y}\n" for a, b, y in zip(*ROWS.values())))  # noqa: B905
    same(spaced, frame)
    assert "spaces as separator" in spaced.said[0]


def test_savetxt_with_a_header(read):
    stream = io.StringIO()
    np.savetxt(stream, [[1, 2.5], [3, 4.5]], header="a b")
    same(read(stream.getvalue()), pd.DataFrame({"a": [1.0, 3.0], "b": [2.5, 4.5]}))
    with pytest.raises(InputError, match=r"a header.*got numbers in line 1 \(1\.0"):
        read("1.0,2.5\n3.0,4.5\n")


@pytest.mark.parametrize("index", [[0, 1, 2, 3], [1, 2, 3, 4], [8, 3, 5, 0], list("wxyz")])
def test_an_index_column_is_left_out_and_told(frame, read, index):
    text = frame.set_axis(index).to_csv()
    table = read(text)
    same(table, frame)
    told = f"as an index ({index[0]} … {index[-1]}); pass --index 'none' to keep it"
    assert told in table.said[0]
    kept = read(text, index="none")
    assert list(kept.frame) == ["Unnamed: 0", *ROWS]
    assert kept.frame["Unnamed: 0"].tolist() == index
    # read and written once more: its name is a text now, behind another index
    twice = pd.read_csv(io.StringIO(text)).to_csv()
    same(read(twice), frame)
    # R leaves the index out of the header
    same(read(text.removeprefix(",")), frame) if index != [8, 3, 5, 0] and index[0] != 0 else None


def test_columns_that_look_like_an_index(frame, read):
    text = frame.assign(id=[4, 9, 1, 3], t=[7, 8, 9, 10]).to_csv(index=False)
    table = read(text)
    first, second = table.index_warnings(list(table.frame))
    assert first == (
        "rows.csv: the column 'id' differs in every row, like an index, and is taken as an input; "
        "pass --index 'id' to leave it out or --index 'none' if it is one"
    )
    assert "'t' counts up by one in every row" in second
    assert list(read(text, index="id").frame) == [*ROWS, "t"]
    assert read(text, index="none").index_warnings(["id", "t"]) == []
    with pytest.raises(UnknownNameError, match="did you mean 'id'"):
        read(text, index="ids")


def test_names(read):
    with pytest.raises(InputError, match="got 'a' in columns 1 and 3"):
        read("a,b, a\n1,2,3\n4,5,6\n")
    assert list(read("0,1,2\n5,2,3\n4,5,6\n").frame) == ["0", "1", "2"]
    table = read("2001,2005\n5,2\n4,5\n")
    assert "whole numbers only (2001, 2005 …)" in table.said[0]
    with pytest.raises(InputError, match="a header"):
        read("3,3\n5,2\n4,5\n")
    table = read("a,,y\n1,2,3\n4,5,7\n")
    assert list(table.frame) == ["a", "Unnamed: 1", "y"]
    assert "column 2 has no name" in table.said[0]


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ('a,y\n"1,234.5",1\n"12,345,678",2\n', [1234.5, 12345678.0], "',' between thousands"),
        ("a;y\n1.234,5;1\n2,25;2\n", [1234.5, 2.25], "',' as decimal mark"),
        ("a;y\n1.234;1\n2.500;2,5\n", [1234, 2500], "',' as decimal mark"),
        ("a;y\n1,234;1,5\n2,345;2\n", [1.234, 2.345], "',' as decimal mark"),
        ("a;y\n1 234,5;1\n2\u00a0000,25;2\n", [1234.5, 2000.25], "',' as decimal mark"),
        ("a;y\n1'234.5;1\n2'000;2\n", [1234.5, 2000.0], "gaps between thousands"),
        ("a;y\n-1,5e-3;1\n\u22122,5;2\n", [-1.5e-3, -2.5], "',' as decimal mark"),
    ],
)
def test_numbers_in_other_notations(read, text, values, said):
    table = read(text)
    assert table.frame["a"].tolist() == values
    assert said in table.said[-1]


def test_numbers_that_can_be_read_in_two_ways(read):
    text = 'a,y\n"1,234",1\n"2,345",2\n'
    told = "got '1,234' in line 2, column 'a'; pass --decimal ',' or --decimal '.'"
    with pytest.raises(InputError, match=told):
        read(text)
    assert read(text, decimal=".").frame["a"].tolist() == [1234, 2345]
    assert read(text, decimal=",").frame["a"].tolist() == [1.234, 2.345]
    with pytest.raises(InputError, match=r"'1,5' in line 2, column 'a' and '2\.5' in line 3"):
        read("a;y\n1,5;1\n2,5;2.5\n")
    dates = read("a;when\n1,5;01.02.2024\n2,5;02.03.2024\n")
    assert dates.frame["when"].tolist() == ["01.02.2024", "02.03.2024"]


def test_rows_that_are_longer_than_the_header(read):
    told = r"rows of 2 cells, as in the header \(line 1\).*got 3 in line 3"
    with pytest.raises(InputError, match=told):
        read("a,b\n1,2\n3,4,5\n")
    with pytest.raises(InputError, match=r"got 3 in line 2; .*pass --sep"):
        read("a,b\n1,5,2\n7,5,3\n")


def test_a_few_cells_that_are_no_numbers_are_named(read):
    text = "a,y\n1,1\n\n?,2\n3,3\n4,4\n-,5\n6,6\n"
    told = r"of column 'a'; got '\?', '-' in lines 4, 7 \(2 of 6 rows\); pass --na '\?' if it means"
    with pytest.raises(InputError, match=told):
        require_numbers(read(text), ["a", "y"], "--data")
    table = read(text, na=("?", "-"))
    with pytest.raises(InputError, match=r"\['a'\], lines 4, 7 .*with --drop-missing"):
        require_numbers(table, ["a", "y"], "--data")
    whole = table.without_missing(["a"])
    assert whole.frame["a"].tolist() == [1, 3, 4, 6]
    assert whole.lines.tolist() == [2, 5, 6, 8]
    require_numbers(whole, ["a", "y"], "--data")
    with pytest.raises(InputError, match=r"\['a'\] \(dates, for example \['2024-01-31'\]"):
        require_numbers(read("a,y\n2024-01-31,1\n2024-02-29,2\n"), ["a"], "--data")
    with pytest.raises(InputError, match=r"\['a'\] \(text, for example \['x'\]"):
        require_numbers(read("a,y\nx,1\nz,2\n"), ["a"], "--data")


@pytest.mark.parametrize("name", ["rows.xlsx", "rows.csv"])
def test_a_workbook_is_told(read, name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(
        InputError, match=r"got an Excel workbook \(\.xlsx\); save its sheet as CSV"
    ):
        read(stream.getvalue(), name)
    with pytest.raises(InputError, match=r"\(\.xls\)"):
        read(b"\xd0\xcf\x11\xe0 and so on", name)


def test_the_index_of_a_parquet_file_is_told(frame, tmp_path):
    frame.set_index("größe").to_parquet(tmp_path / "rows.parquet")
    table = read_table(tmp_path / "rows.parquet", "table")
    assert (list(table.frame), table.said) == (
        ["a", "y"],
        ("rows.parquet: left out its index 'größe'",),
    )
