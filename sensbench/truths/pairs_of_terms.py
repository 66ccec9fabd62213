"""What two terms of a sum of products have in common, input by input."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass
class PairsOfTerms:
    """Pairs of terms that share inputs; everything is 1 (or 0 for ``cov``) at other inputs."""

    weight: Float[np.ndarray, " p"]
    shared: Bool[np.ndarray, "p d"]
    a: Float[np.ndarray, "p d"]
    p: Float[np.ndarray, "p d"]
    cov: Float[np.ndarray, "p d"]
    slopes: Float[np.ndarray, "p d"]


def others(factors: Float[np.ndarray, "p d"]) -> Float[np.ndarray, "p d"]:
    """Return the product over all inputs but one, for each; zeros are no trouble."""
    ones = np.ones((len(factors), 1))
    before = np.cumprod(np.hstack([ones, factors[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([ones, factors[:, :0:-1]]), axis=1)[:, ::-1]
    return before * after
