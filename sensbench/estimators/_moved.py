"""Means that have a sign, moved by what was not met."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from sensbench.estimator.bootstrap import Means

# of the mean size: less is rounding
_NONE = 1e-9


def moved_either_way(
    statistics: Callable[[Means], Mapping[str, Float[np.ndarray, "..."]]],
    means: Means,
    unseen: Means,
    name: str,
    centre: Float[np.ndarray, "..."] | float = 0.0,
) -> dict[str, Float[np.ndarray, "4 ..."]]:
    """Return statistics with a mean moved up and down by ``unseen["size"]``, four of each.

    Towards a side on which values lie: where all have one sign, large ones that were not met are
    taken to have it, too. They add to the variance ``"y²"`` or not.

    Parameters
    ----------
    name, centre
        Of the mean, and what was subtracted from its values; ``means["size"]`` is that of their
        sizes.
    """
    mean, size = means[name] + centre, means["size"]
    found = []
    for sign in (1, -1):
        step = np.where(size + sign * mean > _NONE * size, sign * unseen["size"], 0.0)
        for more in (0.0, unseen["y²"]):
            found.append(statistics({**means, name: means[name] + step, "y²": means["y²"] + more}))
    return {key: np.stack([one[key] for one in found]) for key in found[0]}
