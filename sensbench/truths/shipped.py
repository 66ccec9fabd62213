"""Truths that were computed once and are shipped; ``experiments/truths.py`` makes the files."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from sensbench.truth import Truth, Truths

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
        found = content["entries"].get(key_of(params), {})
        return {
            name: Truth(
                np.array(entry["value"], dtype=np.float64),
                np.array(entry["standard_error"], dtype=np.float64),
                content["how"],
            )
            for name, entry in found.items()
        }

    return Truths(make)


def key_of(params: Mapping[str, Any]) -> str:
    """Return parameters as the key of a file's entry."""
    return json.dumps(params, sort_keys=True, default=list)
