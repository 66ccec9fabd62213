"""How far a shuffled column takes rows from the data: by the distance to the nearest real row."""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from jaxtyping import Float

from sensbench.inputs.association import Associations
from sensbench.inputs.from_rows import ranks
from sensbench.inputs.space import InputSpace

# Rows whose own distance to the others is larger than that of so many are far from the data.
LEVEL = 0.95
# Of the features that move together the most.
_MOST = 12
_FEWEST_ROWS = 60


def off_the_rows(
    X: Float[np.ndarray, "n columns"],
    space: InputSpace,
    together: Associations,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Return, per feature, the share of rows that shuffling it alone takes far from the data.

    Far: the nearest of half of the rows is further than for 95 % of the other half, by ranks, in
    the feature and those that it moves with. Without dependence it is about .05. No model is asked.
    """
    if len(X) < _FEWEST_ROWS:
        return {}
    order = rng.permutation(len(X))
    u = ranks(X)[order]
    half = len(u) // 2
    known, rows = u[:half], u[half:]
    blocks = dict(zip(space.names, space.blocks, strict=True))
    shares = {}
    for feature, partners in _partners(space.names, together).items():
        columns = np.concatenate([blocks[name] for name in (feature, *partners)])
        tree = scipy.spatial.cKDTree(known[:, columns])
        moved = rows.copy()
        moved[:, blocks[feature]] = rows[rng.permutation(len(rows))][:, blocks[feature]]
        of_rows, of_moved = (np.asarray(tree.query(part[:, columns])[0]) for part in (rows, moved))
        shares[feature] = float((of_moved > np.quantile(of_rows, LEVEL)).mean())
    return shares


def _partners(names: Sequence[str], together: Associations) -> Mapping[str, tuple[str, ...]]:
    """Return the features that each one moves with, of those that move the most."""
    partners: dict[str, dict[str, None]] = {}
    for pair in together.pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            partners.setdefault(one, {})[other] = None
    for single in together.on_others:
        partners[single.feature] = dict.fromkeys(name for name in names if name != single.feature)
    return {name: tuple(of) for name, of in list(partners.items())[:_MOST]}
