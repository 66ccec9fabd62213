"""The range of each input, from a YAML or CSV file."""

import math
from collections.abc import Sequence
from pathlib import Path

import yaml

from sensbench.errors import InputError, UnknownNameError
from sensbench.files import plain_yaml
from sensbench.inputs.space import InputSpace
from sensbench.tables.table_file import read_table

_LOOKS = "name: [low, high]"


def read_bounds(path: Path, features: Sequence[str] = ()) -> InputSpace:
    """Return uniform inputs from a YAML file of ``name: [low, high]``, or a CSV with a header.

    The CSV has the columns name, low and high. ``features`` selects and orders the inputs.

    Raises
    ------
    InputError
        Unreadable, a name that stands twice, or bounds that are not two numbers in order.
    """
    who = f"--bounds {path.name!r}"
    suffixes = {suffix.lower() for suffix in path.suffixes}
    pairs = _of_csv(path, who) if suffixes & {".csv", ".tsv"} else _of_yaml(path, who)
    bounds: dict[str, tuple[float, float]] = {}
    for name, given in pairs:
        if name in bounds:
            raise InputError(f"{who}: expected every input once; got {name!r} twice")
        bounds[name] = _bound(who, name, given)
    for name in features:
        if name not in bounds:
            raise UnknownNameError.of(who, "input", name, bounds)
    return InputSpace.uniform({name: bounds[name] for name in (features or bounds)})


def _bound(who: str, name: str, given: Sequence[str]) -> tuple[float, float]:
    try:
        low, high = (float(text) for text in given)
    except ValueError:
        low = high = math.nan
    if not name.strip() or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(
            f"{who}: expected a name and two numbers, the lower first, as in {_LOOKS}; "
            f"got {name}: [{', '.join(given)}]"
        )
    return low, high


def _of_csv(path: Path, who: str) -> list[tuple[str, list[str]]]:
    frame = read_table(path, who).frame
    if any(column not in frame for column in ("name", "low", "high")):
        raise InputError(f"{who}: expected columns name, low, high; got {list(frame.columns)}")
    rows = zip(frame["name"], frame["low"], frame["high"], strict=True)
    return [(str(name).strip(), [str(low), str(high)]) for name, low, high in rows]


def _of_yaml(path: Path, who: str) -> list[tuple[str, list[str]]]:
    """Return names and bounds as they are written: ``no`` is a name here, ``1e-3`` a number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{who}: expected YAML of {_LOOKS}; got {error}") from error
    plain_yaml.load(text, who, f"YAML of {_LOOKS}")  # refuses what is not plain
    node = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise InputError(f"{who}: expected lines of {_LOOKS}; got {_kind(node)}")
    entries = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise InputError(f"{who}: expected names in {_LOOKS}; got {_kind(key)} in line {line}")
        if not isinstance(value, yaml.SequenceNode) or not all(
            isinstance(item, yaml.ScalarNode) for item in value.value
        ):
            raise InputError(
                f"{who}: expected {_LOOKS}; got {_kind(value)} for {key.value!r} in line {line}"
            )
        entries.append((str(key.value), [str(item.value) for item in value.value]))
    return entries


def _kind(node: yaml.Node | None) -> str:
    if node is None:
        return "nothing"
    if isinstance(node, yaml.ScalarNode):
        return repr(str(node.value)[:40])
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
