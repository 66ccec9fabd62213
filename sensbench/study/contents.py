"""What the results file keeps as text: plain data, and digests that tell when it was damaged."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from sensbench.estimator.interval import Interval
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import SensitivityResult, absent_to_plain
from sensbench.measure import Measure
from sensbench.model.quality import Quality
from sensbench.problem.joint_law import JointLaw
from sensbench.study.results import Known, Method, Question

# the place of a number's tail, the last of the columns of ``numbers`` but the cell
_TAIL = 8


def dump(content: Any) -> str:
    """Return plain data as text."""
    return json.dumps(content, ensure_ascii=False, default=str)


def digest_of(*parts: str | bytes) -> str:
    """Return a digest of texts and bytes, each of them whole."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:32]


def cell_digest(facts: Sequence[Any], numbers: Iterable[Sequence[Any]]) -> str:
    """Return the digest of a cell: all that is kept of it, numbers included.

    ``facts`` are the columns of ``cells`` but the digest, ``numbers`` the columns of ``numbers``
    but the cell. SQLite keeps a NaN as nothing, and the same it is here. Of a number without a tail
    nothing is said of the tail, as in files that were written before there was one.
    """
    kept = [_without_tail(number) for number in numbers]
    text = json.dumps([list(facts), kept], ensure_ascii=False)
    if "NaN" in text:
        kept = [[_kept(value) for value in number] for number in kept]
        text = json.dumps([list(facts), kept], ensure_ascii=False)
    return digest_of(text)


def _without_tail(number: Sequence[Any]) -> Sequence[Any]:
    return number if number[_TAIL:] and _kept(number[_TAIL]) is not None else number[:_TAIL]


def _kept(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


@lru_cache
def measure_to_text(measure: Measure) -> str:
    """Return a measure as text."""
    return dump(asdict(measure))


def measure_of_text(text: str) -> Measure:
    """Return the measure that :func:`measure_to_text` described."""
    return Measure(**json.loads(text))


def method_to_text(method: Method) -> str:
    """Return a method as text; its measure is kept by name."""
    return dump(
        {
            "label": method.label,
            "name": method.name,
            "params": dict(method.params),
            "ranks_by": method.ranks_by,
            "summary": method.summary,
            "needs": method.needs.to_plain() if method.needs else None,
            "positive_bias": method.positive_bias,
        }
    )


def method_of_text(text: str, measures: Mapping[str, Measure]) -> Method:
    """Return the method that :func:`method_to_text` described."""
    content = json.loads(text)
    headline, needs = measures[content.pop("ranks_by")], content.pop("needs")
    return Method(headline=headline, needs=needs and Needs.from_plain(needs), **content)


def question_to_text(question: Question) -> str:
    """Return a question as text."""
    # asdict copies what it holds number by number, which takes seconds where outputs are many
    content = asdict(replace(question, truth=(), reference=()))
    content.update(truth=question.truth, reference=question.reference)
    if not question.law:  # as it was before inputs could depend on each other
        del content["law"]
    if not question.noise_floor:
        del content["noise_floor"]
    return dump(content)


def question_of_text(text: str, problem: str, model: str) -> Question:
    """Return the question that :func:`question_to_text` described, under these labels."""
    content = json.loads(text)
    content.update(
        problem=problem, model=model,
        outputs=tuple(content["outputs"]), features=tuple(content["features"]),
        truth=tuple(Known(*entry) for entry in content["truth"]),
        reference=tuple(Known(*entry) for entry in content.get("reference", ())),
        notes=tuple(content["notes"]), noise_floor=tuple(content.get("noise_floor", ())),
        quality={o: Quality.from_plain(q) for o, q in content["quality"].items()},
        joint_law=JointLaw.from_plain(law) if (law := content.get("joint_law")) else None,
    )  # fmt: skip
    return Question(**content)


def intervals_to_text(result: SensitivityResult) -> str:
    """Return the interval of each of a result's estimates as text."""
    items = result.estimates.items()
    return dump({name: item.interval.to_plain() for name, item in items if item.interval})


def intervals_of_text(text: str) -> dict[str, Interval]:
    """Return the intervals that :func:`intervals_to_text` described, by measure."""
    return {name: Interval.from_plain(content) for name, content in json.loads(text).items()}


def absent_to_text(result: SensitivityResult) -> str:
    """Return why measures are not there, as text."""
    return dump({name: absent_to_plain(why) for name, why in result.absent.items()})
