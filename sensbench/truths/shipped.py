"""Truths that were computed once and are shipped; ``experiments/truths.py`` makes the files."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from sensbench.problem.truth import Truth, Truths
from sensbench.truths.plain import from_plain

_DATA = resources.files("sensbench.truths") / "data"


def shipped(problem: str, **params: Any) -> Truths:
    """Return what is shipped for a problem with these parameters; nothing for others.

    Parameters
    ----------
    params
        All parameters of the problem, by name, those with default values too.
    """

    def make() -> Mapping[str, Truth]:
        file = _DATA / f"{problem}.json"
        if not file.is_file():
            return {}
        content = json.loads(file.read_text(encoding="utf-8"))
        return from_plain(content["entries"].get(key_of(params), {}), content["how"])

    return Truths(make)


def key_of(params: Mapping[str, Any]) -> str:
    """Return parameters as the key of a file's entry."""
    return json.dumps(params, sort_keys=True, default=list)
