"""Tables of the site, from what problems, methods and measures say of themselves."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sensbench import problems
from sensbench.cli.listing import listing
from sensbench.truths import catalogue

FOLDER = Path(__file__).parent / "_tables"
_DOI = re.compile(r"doi:(10\.\d{4,9}/(?:[^\s,;\[\]()]|\([^\s()]*\))+)")


def write() -> None:
    """Write every table into the folder that pages include from."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in {"problems": _problems(), "measures": _measures()}.items():
        page = FOLDER / f"{name}.md"
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _problems() -> str:
    entries = catalogue.read()
    head = ("problem", "inputs → outputs", "known", "source")
    rows = []
    for name in problems.names():
        if name not in entries:  # of a file, a package or the network
            rows.append((f"`{name}`", "", "", problems.registry.summary(name)))
            continue
        line = entries[name]
        size = f"{line['inputs']} → {line['outputs']}, {line['distribution']}"
        rows.append((f"`{name}`", size, _known(line), line["source"] or ""))
    return _table(head, rows) + f"\n{catalogue.LEGEND}.\n"


def _known(line: Mapping[str, Any]) -> str:
    words = []
    for state in ("exact", "computed"):
        names = [
            short for measure, short in catalogue.LISTED.items() if measure in line.get(state, ())
        ]
        if len(names) == len(catalogue.LISTED):
            return f"all {state}"
        words += [f"{state}: {' '.join(names)}"] if names else []
    return "; ".join(words) or "rows only"


def _measures() -> str:
    lines = []
    for name, text in listing("measures"):
        definition, _, source = text.rpartition(" [")
        lines.append((f"`{name}`", definition, source.rstrip("]")))
    return _table(("measure", "definition", "source"), lines)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    text = "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)
    return text + "\n"


def _cell(text: str) -> str:
    return _DOI.sub(r"[doi:\1](https://doi.org/\1)", text.replace("|", "\\|"))
