"""LaTeX tables: no name is a command, checked against pandas' own escaping."""

import re
import string

import pandas as pd

from sensbench.report.latex import as_latex, escaped


def of_pandas(text):
    latex = pd.DataFrame({"a": [text]}).style.format(escape="latex").to_latex()
    cell = re.search(r"^0 & (.*) \\\\$", latex, re.MULTILINE)[1]
    # pandas ends a command with a space
    return re.sub(r"(\\text\w+) ", r"\1{}", cell)


def test_ascii_is_escaped_as_pandas_does():
    for character in string.punctuation:
        # < > | are other characters in LaTeX's old fonts, where pandas leaves them
        if character not in "<>|":
            text = f"a{character}b"
            assert escaped(text) == of_pandas(text)


def test_nothing_printable_is_left_as_a_command():
    text = escaped(string.printable)
    bare = re.sub(r"\\(text\w+\{\}|[{}$&%#_])", "", text)
    assert not set("\\{}$&%#_~^<>|") & set(bare)


def test_a_line_break_or_a_control_character_ends_no_row():
    assert escaped("a\nb\tc") == "a b c"
    assert escaped("a\x00b") == "a?b"


def test_a_table_has_one_row_per_row_and_no_option_of_a_line_break():
    shown = pd.DataFrame({"input": ["[a]", "b & c", r"\input{x}"], "S_T": ["1 ± 0", "−2", "n/a"]})
    text = as_latex(shown, "50 % of y_1", "note.", "t-1").decode()
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert [line.count(" & ") for line in body] == [1, 1, 1]
    assert all(line.endswith(r" \\") for line in body)
    assert body[0].startswith("{}[a]")
    assert r"\caption{50 \% of y\_1. note.}" in text
    assert r"\input" not in text
