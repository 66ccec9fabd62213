"""What every method of ours measures, needs and costs, kept so that it lists at once."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

_FILE = resources.files("sensbench.estimators") / "capabilities.json"
_ROWS = {
    "design": "points of its own",
    "given": "given rows alone",
    "either": "rows, and the model around them",
}
_COLUMNS = (
    "method", "family", "measures", "ranks by", "rows", "inputs", "needs", "groups",
    "smallest n", "cost in rows",
)  # fmt: skip


def entry(estimator: Any) -> dict[str, Any]:
    """Return a method's line, as plain data, with its default parameters."""
    from sensbench.measure import MEASURES

    needs = estimator.needs
    return {
        "family": MEASURES[estimator.ranks_by].family,
        "measures": list(estimator.measures),
        "ranks_by": estimator.ranks_by,
        "needs": {**needs.to_plain(), "cost": str(needs.cost)},
        "positive_bias": estimator.positive_bias,
    }


def read() -> Mapping[str, Mapping[str, Any]]:
    """Return the lines as shipped, by the method's name."""
    return json.loads(_FILE.read_text(encoding="utf-8")) if _FILE.is_file() else {}


def write(entries: Mapping[str, Mapping[str, Any]]) -> Path:
    """Replace the lines."""
    file = Path(str(_FILE))
    lines = (f" {json.dumps(name)}: {json.dumps(line)}" for name, line in sorted(entries.items()))
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return file


def describe(line: Mapping[str, Any]) -> list[str]:
    """Return a method's line in words, for a listing."""
    needs = line["needs"]
    required = ["independent inputs" if needs["law"] == "independent" else "any inputs"]
    required += [what for what in ("gradient", "targets", "refit") if needs[what]]
    groups = "groups as one feature" if needs["groups"] == "one feature" else "no groups"
    return [
        f"{', '.join(line['measures'])}; ranks by {line['ranks_by']}",
        f"{_ROWS[needs['rows']]}; {', '.join(required)}; {groups}; {needs['cost']} rows, "
        f"n ≥ {needs['minimum_rows']}",
    ]


def as_markdown(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of all methods, for the documentation."""
    lines = [_COLUMNS, ("---",) * len(_COLUMNS)]
    for name, line in entries.items():
        needs = line["needs"]
        required = [what for what in ("gradient", "targets", "refit") if needs[what]]
        lines.append(
            (
                f"`{name}`", line["family"], ", ".join(line["measures"]), line["ranks_by"],
                _ROWS[needs["rows"]], needs["law"], ", ".join(required) or "–", needs["groups"],
                str(needs["minimum_rows"]), needs["cost"],
            )
        )  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
