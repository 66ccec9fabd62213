"""Data sets that scikit-learn fetches over the network and keeps."""

import warnings
from collections.abc import Callable
from typing import Any

from sklearn.datasets import get_data_home

from sensbench.errors import InputError


def fetched(fetch: Callable[..., Any], who: str, **params: Any) -> Any:
    """Return what a scikit-learn ``fetch_…`` function returns; kept files need no network.

    Raises
    ------
    InputError
        The network or the server does not answer, or there is no such data set.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*[Rr]etry")  # the error says it all
            return fetch(as_frame=True, n_retries=2, **params)
    except (OSError, ValueError) as error:
        # URLError and its kin are OSErrors; an unknown name or id is a ValueError
        network = isinstance(error, OSError)
        expected = "a network to fetch it with, once" if network else "a data set that is there"
        hint = (
            f"try again with a network, or copy scikit-learn's folder from a machine that has "
            f"one (here {get_data_home()!r}; SCIKIT_LEARN_DATA names another)"
            if network
            else "check its name, version or number"
        )
        raise InputError(
            f"{who}: expected {expected}; got {type(error).__name__}: {error}; {hint}"
        ) from error
