"""Truths as plain data, fit for JSON."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sensbench.errors import InputError
from sensbench.problem.truth import Truth


def to_plain(truths: Mapping[str, Truth]) -> dict[str, Any]:
    """Return truths as numbers and text."""
    return {
        name: {
            "value": truth.value.tolist(),
            "standard_error": truth.standard_error.tolist(),
            "how": truth.how,
        }
        for name, truth in truths.items()
    }


def from_plain(plain: Mapping[str, Any], how: str = "") -> dict[str, Truth]:
    """Return truths from numbers and text; ``how`` holds for those that do not say.

    Raises
    ------
    InputError
        Not what :func:`to_plain` gives.
    """
    try:
        return {
            name: Truth(
                np.array(entry["value"], dtype=np.float64),
                np.array(entry["standard_error"], dtype=np.float64),
                entry.get("how", how),
            )
            for name, entry in plain.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"truths: expected value and standard_error of each measure; got {error!r}"
        ) from error
