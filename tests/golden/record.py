"""The golden record: how numbers and words are taken, kept and compared.

Only names that anybody may use are called, and the documented columns are read, so that the record
outlives what is inside.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import sensbench as sb
from sensbench.errors import SensbenchError
from sensbench.metrics.agreement import agreement
from sensbench.metrics.ranks import shares
from sensbench.study.results import Results
from sensbench.study.runner import run_study

from .cases import CASES, Case, linregnet, studies

FILE = Path(__file__).with_name("record.csv")
FULL = "full "  # how the runs begin that only `make` and an exact comparison compute

_SAME = "="

# Rounding differs between processors and versions of their libraries.
DOUBLE, SINGLE = 1e-9, 1e-5
# What is this small beside the largest number of its unit is rounding itself, as is the spread of
# the slopes of a linear model: the root of a difference of two equal squares.
_ROUNDING = 1e-6


class Key(NamedTuple):
    """Where a number belongs: which run, method and measure, and where in it."""

    run: str
    method: str
    measure: str
    output: str = ""
    feature: str = ""
    partner: str = ""


Ends = tuple[float, float, float]  # value, low, high


class Record(NamedTuple):
    """Numbers by key; words (notes, and reasons of what is absent or failed) by key."""

    numbers: dict[Key, Ends]
    words: dict[Key, tuple[str, ...]]

    def part(self, full: bool) -> "Record":
        """Return the runs of the full studies, or all others."""
        mine = (
            {key: found for key, found in kept.items() if key.run.startswith(FULL) == full}
            for kept in self
        )
        return Record(*mine)

    def add(self, other: "Record") -> None:
        for mine, found in zip(self, other, strict=True):
            twice = set(mine) & set(found)
            if twice:
                raise ValueError(f"record: expected every number once; got {sorted(twice)[:3]}")
            mine.update(found)


def of_cases(cases: Iterable[Case] = CASES) -> Record:
    """Return what every method says of every problem, on one thread."""
    record = Record({}, {})
    with sb.threads.limited(1):
        for case in cases:
            problem = case.problem()
            for name, params in case.methods:
                told = ", ".join(f"{key}={value}" for key, value in params.items())
                label = f"{name}({told})" if told else name
                record.add(_of_estimate(case, problem, label, sb.estimators.load(name, **params)))
    return record


def _of_estimate(case: Case, problem: sb.Problem, label: str, estimator: sb.Estimator) -> Record:
    try:
        found = estimator.estimate(problem, budget=case.budget, seed=case.seed)
    except SensbenchError as error:
        told = f"{type(error).__name__}: {error}"
        return Record({}, {Key(case.name, label, "refused"): (told,)})
    numbers = {
        Key(case.name, label, row.measure, row.output, row.feature, row.partner): (
            row.value, row.low, row.high,
        )
        for row in found.to_frame().itertuples()
    }  # fmt: skip
    for rows in ("n_forward", "n_backward"):
        numbers[Key(case.name, label, rows)] = _alone(getattr(found, rows))
    words = {Key(case.name, label, name): (str(why),) for name, why in found.absent.items()}
    words[Key(case.name, label, "notes")] = found.notes
    words[Key(case.name, label, "inputs")] = (found.inputs,)
    return Record(numbers, words)


def of_studies(folder: Path, *, small: bool) -> Record:
    """Return what the studies that ship find, on one thread: every cell, or the pages' averages."""
    record = Record({}, {})
    with sb.threads.limited(1):
        for study in studies(small):
            results, _ = run_study(study, folder / study.name)
            record.add(_of_study(study.name if small else FULL + study.name, results, small))
        if small:
            record.add(_of_study("linregnet.py", linregnet(), True))
    return record


def _of_study(name: str, results: Results, every: bool) -> Record:
    numbers: dict[Key, Ends] = {}
    rows = results.frame if every else results.final()
    for row in rows.itertuples():
        run = f"{name}: {row.problem}, {row.model}, {row.budget}"
        run = f"{run} #{row.replicate}" if every else run
        key = Key(run, row.estimator, row.measure, row.output, row.feature, row.partner)
        numbers[key] = (row.value, row.low, row.high)
        for counted in ("n_forward", "n_backward") if every else ():
            numbers[Key(run, row.estimator, counted)] = _alone(getattr(row, counted))
    ranked = shares(results.headline())
    for row in ranked.itertuples():
        at = (f"{name}: {row.problem}, {row.model}", row.estimator)
        place = (row.output, row.feature)
        numbers[Key(*at, "share", *place)] = (row.share, row.share_low, row.share_high)
        numbers[Key(*at, "rank", *place)] = _alone(row.rank)
    for row in agreement(results.headline()).itertuples():
        at = (f"{name}: {row.problem}, {row.model}", f"{row.first} and {row.second}")
        numbers[Key(*at, "spearman", row.output)] = _alone(row.spearman)
        numbers[Key(*at, "kendall", row.output)] = _alone(row.kendall)
    words: dict[Key, tuple[str, ...]] = {}
    for (problem, model), question in results.questions.items():
        run = f"{name}: {problem}, {model}"
        for kind in ("truth", "reference"):
            for known in getattr(question, kind):
                key = Key(run, kind, known.measure, known.output, known.feature)
                error = known.standard_error
                numbers[key] = (known.value, known.value - error, known.value + error)
        for output, quality in question.quality.items():
            for measure in ("r2", "rmse", "gradient_error"):
                value = getattr(quality, measure)
                if value is not None:
                    numbers[Key(run, "quality", measure, output)] = _alone(value)
        words[Key(run, "question", "notes")] = question.notes
        words[Key(run, "question", "inputs")] = tuple(question.inputs.values())
        words[Key(run, "question", "judged_on")] = (question.judged_on,)
    for (problem, model, method, measure), why in results.absent.items():
        words[Key(f"{name}: {problem}, {model}", method, measure)] = (str(why),)
    for (problem, model, method), notes in results.notes.items():
        words[Key(f"{name}: {problem}, {model}", method, "notes")] = tuple(notes)
    for cell in results.cells.itertuples():
        if cell.status != "ok":
            run = f"{name}: {cell.problem}, {cell.model}, {cell.budget} #{cell.replicate}"
            words[Key(run, cell.estimator, cell.status)] = (cell.reason,)
    return Record(numbers, words)


def _alone(value: float) -> Ends:
    return (float(value), math.nan, math.nan)


def write(record: Record, file: Path = FILE) -> None:
    """Write a line per number and a line per text; floats in full, ``=``: as in the line above."""
    above: tuple[str, ...] = ()
    with file.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow([*Key._fields, "value", "low", "high", "text"])

        def line(key: Key, *rest: str) -> None:
            nonlocal above
            told = [_SAME if k < len(above) and above[k] == v else v for k, v in enumerate(key)]
            lines.writerow([*told, *rest])
            above = key

        for key, ends in record.numbers.items():
            line(key, *("" if math.isnan(end) else repr(float(end)) for end in ends))
        for key, texts in record.words.items():
            for text in texts:
                line(key, "", "", "", text)


def read(file: Path = FILE) -> Record:
    numbers: dict[Key, Ends] = {}
    words: defaultdict[Key, tuple[str, ...]] = defaultdict(tuple)
    above: tuple[str, ...] = ()
    with file.open(encoding="utf-8", newline="") as stream:
        for line in list(csv.reader(stream))[1:]:
            told, ends, text = line[: len(Key._fields)], line[len(Key._fields) :][:3], line[-1]
            key = Key(*(above[k] if cell == _SAME else cell for k, cell in enumerate(told)))
            if len(line) == len(Key._fields) + 3:
                value, low, high = (float(end or "nan") for end in ends)
                numbers[key] = (value, low, high)
            else:
                words[key] += (text,)
            above = key
    return Record(numbers, dict(words))


def differences(old: Record, new: Record, *, exact: bool) -> list[str]:
    """Return a line per number that is gone, new or another one."""
    said = list(_missing(old.numbers, new.numbers))
    sizes = _sizes(old)
    for key, ends in old.numbers.items():
        found = new.numbers.get(key, ends)
        nothing = _ROUNDING * sizes[_in_unit(key)]
        if not exact and max(abs(ends[0]), abs(found[0])) < nothing:
            continue
        for name, before, after in zip(("value", "low", "high"), ends, found, strict=True):
            size = max(abs(before), sizes[key._replace(feature="", partner="")])
            if not (
                before == after
                or (math.isnan(before) and math.isnan(after))
                or (not exact and abs(before - after) <= _tolerance(key) * size)
            ):
                said.append(f"{_place(key)}, {name}: was {before!r}, is {after!r}")
    return said


def _sizes(record: Record) -> defaultdict[Key, float]:
    """Return the largest value of each measure and output, and of the measures of one unit."""
    sizes: defaultdict[Key, float] = defaultdict(float)
    for key, (value, _, _) in record.numbers.items():
        if math.isfinite(value):
            for of in (key._replace(feature="", partner=""), _in_unit(key)):
                sizes[of] = max(sizes[of], abs(value))
    return sizes


def _in_unit(key: Key) -> Key:
    unit = sb.MEASURES[key.measure].unit if key.measure in sb.MEASURES else key.measure
    return key._replace(measure=f"in {unit}", feature="", partner="")


def other_words(old: Record, new: Record) -> list[str]:
    """Return lines on every text that is gone, new or another one."""
    said = []
    # a method without notes has no line in the file
    for key in dict.fromkeys([*old.words, *new.words]):
        before, after = old.words.get(key, ()), new.words.get(key, ())
        if before != after:
            said.append(f"{_place(key)}:\n  was {list(before)}\n  is  {list(after)}")
    return said


def _missing(old: Iterable[Key], new: Iterable[Key]) -> Iterator[str]:
    old, new = dict.fromkeys(old), dict.fromkeys(new)
    yield from (f"{_place(key)}: is gone" for key in old if key not in new)
    yield from (f"{_place(key)}: is new" for key in new if key not in old)


def _place(key: Key) -> str:
    parts = (key.output, " × ".join(filter(None, (key.feature, key.partner))))
    return " / ".join(filter(None, (key.run, key.method, key.measure, *parts)))


_CASES = {case.name: case for case in CASES}


def _tolerance(key: Key) -> float:
    """Return how far a number may be off, of the largest of its measure and output."""
    case = _CASES.get(key.run)
    if case is not None and case.ties and key.method.startswith("rbd_fast"):
        return math.inf  # numpy's default sort leaves equal inputs in an order of the processor's
    if case is None or case.single:
        return SINGLE  # the studies train networks
    # Poincaré constants by finite elements: eigenvalues of 2000 equations
    return 1e-6 if key.measure == "total_order_bound" else DOUBLE
