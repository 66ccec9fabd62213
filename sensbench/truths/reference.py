"""A reference: what a measure of the very model that is explained converges to."""

import hashlib
import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensbench.errors import CacheWarning, InputError
from sensbench.files.atomic import write_whole
from sensbench.inputs.dependence import ConditionalDependence
from sensbench.measure import Measure, measure
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truths
from sensbench.truths.plain import from_plain, to_plain
from sensbench.truths.sampled import sampled
from sensbench.truths.sampled_law import sampled_law

_log = logging.getLogger(__name__)


def reference(
    problem: Problem,
    *,
    points: int = 2**14,
    scrambles: int = 8,
    seed: int = 0,
    pairs: bool = False,
    key: str = "",
    folder: Path | None = None,
) -> Truths:
    """Return a model's own value of every measure, from a large sample, with standard errors.

    Against it an estimate has the error of its estimator only; it and the truth of the function
    that a network learned differ by the network's error. How: ``sensbench.truths.sampled``.

    Of a problem of data rows, only what is defined on the product of the marginals is returned:
    Sobol' indices, Shapley effects and the limit of mu_star. Of inputs that depend on each other:
    what their law says (``sensbench.truths.sampled_law``).

    Parameters
    ----------
    points, scrambles, seed, pairs
        As for ``sampled``.
    key
        What the model and its inputs are known by. With a ``folder`` the reference is kept there
        under it, and taken from there the next time.

    Raises
    ------
    InputError
        The problem has no model, or its inputs are drawn from a law without conditional draws.
    """
    law = problem.drawn_from
    if law.independent:
        truths = sampled(
            problem.explained, law, points=points, scrambles=scrambles, seed=seed, pairs=pairs
        )
    elif isinstance(law.dependence, ConditionalDependence):
        truths = sampled_law(problem.explained, law, points=points, scrambles=scrambles, seed=seed)
    else:
        raise InputError(
            f"reference of {problem.name!r}: expected independent inputs, or a law that draws "
            f"inputs given the others; got inputs that are {law.dependence.describe()}; leave it "
            f"out, or ask for inputs='product', which draws every input by itself"
        )
    of_product = problem.uses_rows
    known_by = [key, points, scrambles, seed, pairs, of_product]
    if not law.independent:
        known_by.append("law")
    settings = json.dumps(known_by)
    file = (
        folder / f"{hashlib.sha256(settings.encode()).hexdigest()[:32]}.json"
        if folder is not None and key
        else None
    )

    def make() -> Truths:
        kept = None if file is None else _read(file, settings, problem)
        if kept is not None:
            return kept
        _log.info("computing reference values of %s on %s …", problem.explained.name, problem.name)
        computed = {
            name: truths[name] for name in truths if not (of_product and _on_rows(measure(name)))
        }
        if file is not None:
            try:
                write_whole(file, _written(settings, to_plain(computed)))
            except OSError:
                pass  # a cache is not worth a failed study
        return Truths.of(computed)

    return Truths(make)


def _on_rows(meaning: Measure) -> bool:
    """Whether it is taken on the data rows, where a problem has them: another distribution."""
    return (
        meaning.family in ("derivative", "permutation", "conditional") or meaning.axis == "output"
    )


def _written(settings: str, truths: Mapping[str, Any]) -> bytes:
    content = {"of": settings, "truths": truths}
    return json.dumps({"digest": _digest(content), **content}).encode()


def _read(file: Path, settings: str, problem: Problem) -> Truths | None:
    """Return what was kept; what is damaged or another model's is told, and made again."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        content = {"of": settings, "truths": kept["truths"]}
        if kept["digest"] != _digest(content):
            raise ValueError("its content is not what was written under this name")
        truths = from_plain(content["truths"])
        o, d = len(problem.outputs), problem.d
        if any(truth.value.shape not in ((o,), (o, d), (o, d, d)) for truth in truths.values()):
            raise ValueError(f"its values are not those of {o} outputs and {d} inputs")
        return Truths.of(truths)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        warnings.warn(
            f"references: cannot read {file}: {type(error).__name__}: {error}; computing again",
            CacheWarning,
            stacklevel=2,
        )
        return None


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
