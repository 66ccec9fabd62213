"""What is known of every problem with its default parameters, kept so that it lists at once."""

import json
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

_FILE = resources.files("sensbench.truths") / "catalogue.json"

# What a truth can be known of, in the order of a listing, and its short name there. Measures
# that follow from these by a factor are known where these are.
LISTED = {
    "variance": "V",
    "first_order": "S",
    "total_order": "ST",
    "second_order": "Sij",
    "shapley": "Sh",
    "permutation_mse": "PI",
    "dgsm": "D²",
    "derivative_mean": "D",
    "derivative_abs": "|D|",
    "total_order_bound": "B",
    "mu_star_limit": "µ*",
}
LEGEND = (
    "V variance, S first-order, ST total-order, Sij second-order Sobol' index, Sh Shapley effect, "
    "PI permutation importance, D² DGSM, D mean derivative, |D| mean absolute derivative, "
    "B bound of ST, µ* limit of Morris's mu_star"
)


def entry(problem: Any) -> dict[str, Any]:
    """Return a problem's line of the catalogue, as plain data."""
    truth = problem.truth
    states: dict[str, list[str]] = {"exact": [], "computed": [], "missing": []}
    for name in LISTED:
        item = truth.get(name)
        state = "missing" if item is None else "exact" if item.is_exact else "computed"
        states[state].append(name)
    return {
        "inputs": problem.d,
        "outputs": len(problem.outputs),
        "distribution": _distribution(problem.space),
        "rows": 0 if problem.data is None else len(problem.data),
        **(states if problem.model is not None else {}),
        "source": problem.source,
    }


def read() -> Mapping[str, Mapping[str, Any]]:
    """Return the catalogue as shipped: problem name to its line."""
    return json.loads(_FILE.read_text(encoding="utf-8")) if _FILE.is_file() else {}


def describe(line: Mapping[str, Any]) -> list[str]:
    """Return a catalogue's line in words."""
    inputs, outputs = line["inputs"], line["outputs"]
    shape = f"{inputs} input{'s' * (inputs != 1)} ({line['distribution']})"
    shape += f", {outputs} output{'s' * (outputs != 1)}"
    if line["rows"]:
        shape += f", {line['rows']} rows"
    words = [shape]
    measures = [
        f"{state} {' '.join(LISTED[name] for name in line[state])}"
        for state in ("exact", "computed", "missing")
        if line.get(state)
    ]
    if measures:
        words.append("; ".join(measures))
    return [*words, *([line["source"]] if line["source"] else [])]


def write(entries: Mapping[str, Mapping[str, Any]]) -> Path:
    """Replace the catalogue."""
    file = Path(str(_FILE))
    lines = (
        f" {json.dumps(name)}: {json.dumps(line, ensure_ascii=False)}"
        for name, line in sorted(entries.items())
    )
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return file


def _distribution(space: Any) -> str:
    families = Counter(_family(marginal) for marginal in space.marginals)
    if len(families) == 1:
        return next(iter(families))
    return ", ".join(f"{count} {family}" for family, count in families.items())


def _family(marginal: Any) -> str:
    # scipy.stats takes a while, and lists need none
    from sensbench.inputs.marginal import label_of

    name = label_of(marginal)
    return _FAMILIES.get(name, name) or "data"


_FAMILIES = {
    "norm": "normal",
    "lognorm": "lognormal",
    "truncnorm": "truncated normal",
    "triang": "triangular",
    "gumbel_r": "Gumbel",
}
