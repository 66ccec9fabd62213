"""What every method of ours measures, needs and costs, kept so that it lists at once."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sensbench.extras import missing, provider, to_install

_FILE = resources.files("sensbench.estimators") / "capabilities.json"
_ROWS = {
    "design": "points of its own",
    "given": "given rows alone",
    "either": "rows, and the model around them",
}
_COLUMNS = (
    "method", "family", "measures", "ranks by", "rows", "inputs", "needs", "groups",
    "smallest n", "cost in rows", "interval covers", "held the truth", "numbers of", "extra",
    "sources",
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
        "extra": estimator.extra,
        "library": library(estimator),
    }


def library(estimator: Any) -> str:
    """Return the package whose numbers a method gives."""
    of_extra = provider(estimator.extra) if estimator.extra else "sensbench"
    return estimator.library or of_extra


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
    extra = line.get("extra")
    unavailable = f"not available here: {to_install(extra)}" if extra and missing(extra) else ""
    return [
        *([unavailable] if unavailable else []),
        f"{', '.join(line['measures'])}; ranks by {line['ranks_by']}",
        f"{_ROWS[needs['rows']]}; {', '.join(required)}; {groups}; {needs['cost']} rows, "
        f"n ≥ {needs['minimum_rows']}",
        *_claims(line),
    ]


def _claims(line: Mapping[str, Any]) -> list[str]:
    """Return what its interval covers, how often that held, and where its numbers are from."""
    if "covers" not in line:  # a plug-in, which nobody has measured
        return []
    covers, held = line["covers"], line["held"]
    said = f"its interval covers: {covers}" if covers else "no interval"
    if covers and held:
        said += f"; it held the truth in {_share(held)}"
    sources = "; ".join(f"{name}, doi:{doi}" for name, doi in line["sources"])
    return [f"{said}; numbers of {line['library']}" + (f"; {sources}" if sources else "")]


def _share(held: Mapping[str, Any]) -> str:
    """Return the mean share over problems, and the least of them."""
    return (
        f"{100 * held['mean']:.0f} % of runs (at least {100 * held['least']:.0f} %, "
        f"{held['problems']} problems)"
    )


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
                line["covers"] or "no interval", _share(line["held"]) if line["held"] else "–",
                line["library"], line.get("extra") or "–",
                "; ".join(f"[{name}](https://doi.org/{doi})" for name, doi in line["sources"]),
            )
        )  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
