import pytest
import yaml

from sensbench.errors import InputError
from sensbench.files import plain_yaml

MEANT = {
    "0200": 200, "-007": -7, "+5": 5, "1_000": 1000, "12_345_678": 12345678,
    "0x10": 16, "0o17": 15, "0b11": 3, "!!int '0200'": 200,
    "1e-3": 0.001, "1E5": 1e5, "-2.5e+2": -250.0, ".5": 0.5, "-.5": -0.5, "5.": 5.0, "010.5": 10.5,
    ".inf": float("inf"), "-.inf": -float("inf"), "!!float 1": 1.0,
    "true": True, "True": True, "false": False, "null": None, "~": None, "": None,
    "yes": "yes", "no": "no", "on": "on", "Off": "Off", "y": "y", "tRue": "tRue",
    "12:30": "12:30", "190:20:30.15": "190:20:30.15", "2026-01-31": "2026-01-31",
    "2026-01-31 12:00:00": "2026-01-31 12:00:00", "2019_2020": "2019_2020", "1_0": "1_0",
    "=": "=", "inf": "inf", "nan": "nan", "e5": "e5", "1e": "1e", "0x": "0x", "'5'": "5",
    "!!str 5": "5", r'"\ud83d\ude00"': "😀", "[&a 1, *a]": [1, 1],
    "{yes: 1, 0200: 2, null: 3, 1e3: 4, 12:30: 5, 2026-01-31: 6}":
        {"yes": 1, "0200": 2, "null": 3, "1e3": 4, "12:30": 5, "2026-01-31": 6},
}  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), MEANT.items())
def test_values_mean_what_they_say(text, meant):
    read = plain_yaml.load(text, "who")
    assert read == meant
    assert type(read) is type(meant)


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
REFUSED = {
    "{a: 1, a: 2}": "the key 'a' stands twice",
    "{1: 1, '1': 2}": "the key '1' stands twice",
    "{a: {b: 1, b: 1}}": "the key 'b' stands twice",
    "{[a]: 1}": "a key that is no text",
    "[" * 3000: "lists inside each other",
    "{a: " * 3000: "lists inside each other",
    "- " * 3000 + "x": "lists inside each other",
    "[" * 1_000_000: "lists inside each other",
    LAUGHS: "aliases that stand for",
    "&a [*a]": "holds itself",
    "[*a]": "undefined alias",
    r'"\ud800"': "half a character",
    r'{"\udfff": 1}': "half a character",
    "\ud800": "special characters are not allowed",
    "\x00": "special characters are not allowed",
    "a\n---\nb": "another document",
    "[1": "expected YAML",
    "a: b: c": "mapping values are not allowed",
    "9" * 5000: "no whole number",
    "1e999": "a number too large",
    "!!int x": "no whole number: 'x'",
    "!!float x": "no number: 'x'",
    "!!bool yes": "neither true nor false",
    "!!python/object/apply:os.system [touch exploded]": "which is not plain",
    "!!python/object/new:os.system [touch exploded]": "which is not plain",
    "!!python/name:os.system": "which is not plain",
    "!!python/module:os": "which is not plain",
    "!!binary aGk=": "which is not plain",
    "!!timestamp 2026-01-31": "which is not plain",
    "!own x": "which is not plain",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=lambda text: text[:20])
def test_the_rest_is_refused_in_a_sentence(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refusal:
        plain_yaml.load(text, "who")
    assert str(refusal.value).startswith("who: expected YAML; got ")
    assert said in str(refusal.value)
    assert len(str(refusal.value)) < 200
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_the_place_is_told():
    with pytest.raises(InputError, match=r"stands twice \(line 3, column 1\)"):
        plain_yaml.load("a: 1\nb: 2\na: 3\n", "who")


def test_what_is_dumped_is_read_again_as_it_was():
    texts = [text for text in MEANT if "\\" not in text]
    values = [
        1,
        -1,
        1e-5,
        1e300,
        0.1,
        True,
        None,
        float("inf"),
        [],
        {},
        "a: b",
        "#",
        "é\n\tx",
        "\x1b",
    ]
    content = {"texts": texts, "values": values, **dict.fromkeys(texts, 1)}
    assert plain_yaml.load(plain_yaml.dump(content), "who") == content


def test_text_that_is_dumped_is_text_for_every_reader():
    texts = ["12:30", "0200", "1e-3", "yes", "null", "2026-01-31", "0o17"]
    assert yaml.safe_load(plain_yaml.dump(texts)) == texts
