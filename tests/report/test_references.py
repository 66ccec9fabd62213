"""References and the text on methods: of what ran, and of nothing else."""

import re

from sensbench.measure import MEASURES
from sensbench.report.references import as_bibtex, methods_text, named_in, references


def test_every_doi_of_a_measure_is_found():
    for measure in MEASURES.values():
        dois = re.findall(r"doi:(\S+?)[.,;]?(?:\s|$)", measure.source)
        assert [work.doi for work in named_in(measure.source)] == dois


def test_authors_years_and_brackets():
    text = (
        "as shown (Hooker, Mentch & Zhou 2021, doi:10.1007/s11222-021-10057-z); Sobol' 2001, "
        "doi:10.1016/S0378-4754(00)00270-6."
    )
    assert list(named_in(text)) == [
        ("Hooker, Mentch & Zhou", "2021", "10.1007/s11222-021-10057-z"),
        ("Sobol'", "2001", "10.1016/S0378-4754(00)00270-6"),
    ]


def test_bibtex_has_distinct_keys_and_and_between_authors():
    works = list(named_in("Owen 2014, doi:10.1137/1a; Ó & Wu 2014, doi:10.1137/2"))
    text = as_bibtex([*works, *works])
    assert len(set(re.findall(r"@misc\{(\w+),", text))) == 4
    assert text.count("{") == text.count("}")


def test_only_what_ran_is_named(ishigami_results):
    names = {work.doi for work in references(ishigami_results)}
    assert "10.1016/j.cpc.2009.09.018" in names
    assert "10.1016/j.ress.2006.04.015" not in names  # delta
    text = methods_text(ishigami_results)
    for method in ishigami_results.methods:
        assert f"\n{method}: " in text
    assert "ishigami (3 inputs, 1 output)" in text
    assert all(f"https://doi.org/{doi}" in text for doi in names)
