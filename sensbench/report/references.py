"""The sources of what ran: as BibTeX, and as a text on the methods for a paper."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from sensbench import estimators
from sensbench.report.text import count, listed, one_line
from sensbench.study.results import Results

# "Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018", as measures and estimators name theirs
_CITED = re.compile(
    r"(?P<authors>\w[\w'’-]*(?:(?:, | & )[A-Z][\w'’-]*)*(?: et al\.)?),? (?P<year>\d{4}),"
    r" doi:(?P<doi>10\.\d{4,9}/[^\s,;]+)"
)


class Reference(NamedTuple):
    """A work as the register names it: authors, year and DOI."""

    authors: str
    year: str
    doi: str

    @property
    def cited(self) -> str:
        """How a text names it."""
        return f"{self.authors} {self.year}"


def named_in(text: str) -> Iterator[Reference]:
    """Iterate the works that a text gives with their DOI."""
    for match in _CITED.finditer(one_line(text)):
        doi = match["doi"].rstrip(".:")
        # a bracket belongs to a DOI only where it opens in it
        while doi.endswith(")") and doi.count(")") > doi.count("("):
            doi = doi[:-1].rstrip(".:")
        yield Reference(match["authors"], match["year"], doi)


def references(results: Results) -> list[Reference]:
    """Return the sources of the measures, methods and data of these results, each once."""
    shown = set(results.frame["measure"].dropna())
    texts = [measure.source for name, measure in results.measures.items() if name in shown]
    for method in results.methods.values():
        texts.append(method.summary)
        # of another package's, which may not be here, the summary is what there is
        if method.name in estimators.registry.names():
            try:
                texts.append(str(estimators.registry.load(method.name).__doc__))
            except Exception:  # another package's code may raise anything
                continue
    texts += [question.source for question in results.questions.values()]
    first: dict[str, Reference] = {}
    for text in texts:
        for work in named_in(text or ""):
            first.setdefault(work.doi.lower(), work)
    return sorted(first.values())


def as_bibtex(works: list[Reference]) -> str:
    """Return BibTeX entries; titles and journals are not kept here: the DOI leads to them."""
    lines = ["% Authors as the methods name them, year and DOI; a title is at https://doi.org/DOI."]
    taken: set[str] = set()
    for work in works:
        first = re.split(r",| & | et al", work.authors)[0]
        plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
        key = start = f"{re.sub(r'[^a-z]', '', plain.lower())}{work.year}"
        letter = ord("b")
        while key in taken:
            key, letter = f"{start}{chr(letter)}", letter + 1
        taken.add(key)
        names = work.authors.replace(" et al.", " and others")
        authors = re.sub(r", | & ", " and ", names)
        lines += [
            f"@misc{{{key},",
            f"  author = {{{authors}}},",
            f"  year = {{{work.year}}},",
            f"  doi = {{{work.doi}}},",
            "}",
        ]
    return "\n".join(lines) + "\n"


def methods_text(results: Results) -> str:
    """Return what was done, for the part on methods of a paper: only what ran."""
    cells, facts = results.cells, results.provenance
    version = facts.get("versions", {}).get("sensbench", "")
    budgets = listed(f"{b:,}" for b in sorted(set(cells["budget"].tolist())))
    replicates = int(cells["replicate"].nunique())
    asked = listed(
        f"{problem} ({count(len(q.features), 'input')}, {count(len(q.outputs), 'output')})"
        if problem == model
        else f"{problem} as {model} ({count(len(q.features), 'input')}, "
        f"{count(len(q.outputs), 'output')})"
        for (problem, model), q in results.questions.items()
    )
    lines = [
        f"Sensitivity was computed with sensbench{f' {version}' if version else ''} for {asked}, "
        f"at a budget of {budgets} model rows per method, forward and backward rows counted alike, "
        f"{'once' if replicates == 1 else f'{replicates} times with independent seeds'} (seed "
        f"{facts.get('seed', 'not recorded')}).",
        "",
    ]
    for label, method in results.methods.items():
        own = cells[cells["estimator"] == label]
        done = int((own["status"] == "ok").sum())
        measure = method.headline
        level = results.frame.loc[results.frame["estimator"] == label, "level"].max()
        options = ", ".join(f"{key} = {value}" for key, value in method.params.items())
        lines.append(
            f"{label}: {one_line(method.summary)} Inputs are ranked by {measure.name}: "
            f"{one_line(measure.definition)} ({one_line(measure.source)})."
            + (f" Intervals: {100 * level:g} %." if level == level else "")
            + (f" Options: {options}." if options else "")
            + (f" {done:,} of {len(own):,} runs gave a result." if done < len(own) else "")
        )
    works = references(results)
    lines += ["", "References", ""]
    lines += [f"{work.cited}. https://doi.org/{work.doi}" for work in works]
    return "\n".join(lines) + "\n"
