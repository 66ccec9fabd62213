"""Which order of the inputs is settled: what most methods' intervals say and none denies."""

import numpy as np
import pandas as pd
from scipy import special

from sensbench.metrics.ranks import above_floor


class Settled:
    """What is settled of the order of one output's inputs.

    A comes before B where the intervals of most methods that score both put A above B, and those
    of none put B above A.

    Attributes
    ----------
    features
        Those that rise above the noise; by mean share. Of half of the methods, or, as one of many
        intervals of noise lies above 0 by chance, of one method by more than that.
    ends
        By method: the share of each of these features and the ends of its interval.
    before
        ``before[i, j]``: feature i is settled to come before feature j.
    """

    def __init__(self, frame: pd.DataFrame, order: list[str]):
        clear = _clear(frame)
        frame = frame[frame["share"].notna()]
        self.features = [f for f in order if f in clear]
        self.ends = {
            str(method): rows.set_index("feature")[["share", "share_low", "share_high"]]
            .reindex(self.features)
            .to_numpy(dtype=float)
            for method, rows in frame.groupby("estimator", sort=False)
        }
        d = len(self.features)
        says, scores = np.zeros((d, d), dtype=int), np.zeros((d, d), dtype=int)
        for ends in self.ends.values():
            says += self._above(ends)
            scored = np.isfinite(ends[:, 0])
            scores += scored[:, None] & scored
        self.before = (2 * says > scores) & (says.T == 0)
        self.denied = (says > 0) & (says.T > 0)

    @staticmethod
    def _above(ends: np.ndarray) -> np.ndarray:
        return ends[:, 1][:, None] > ends[:, 2][None, :]

    def telling(self, first: str, second: str) -> list[str]:
        """Return the methods whose intervals put one feature above the other."""
        i, j = self.features.index(first), self.features.index(second)
        return [method for method, ends in self.ends.items() if ends[i, 1] > ends[j, 2]]

    def in_order(self) -> list[str]:
        """Return the features from the first on, each settled before all that follow."""
        left, chain = list(range(len(self.features))), []
        while left:
            leading = [i for i in left if all(self.before[i, j] for j in left if j != i)]
            if len(leading) != 1:
                break
            chain.append(self.features[leading[0]])
            left.remove(leading[0])
        return chain

    def next_open(self, chain: list[str]) -> list[str]:
        """Return the features behind a settled chain that nothing left is settled before."""
        left = [i for i, name in enumerate(self.features) if name not in chain]
        front = [i for i in left if not any(self.before[j, i] for j in left)]
        return [self.features[i] for i in front]

    def ranges(self) -> dict[str, tuple[int, int]]:
        """Return each feature's lowest and highest possible rank."""
        d = len(self.features)
        above, below = self.before.sum(axis=0), self.before.sum(axis=1)
        return {
            name: (1 + int(above[i]), d - int(below[i])) for i, name in enumerate(self.features)
        }


def _clear(frame: pd.DataFrame) -> set[str]:
    """Return the features that rise above the noise.

    One method's 95 % interval is enough where at least half of the methods with values say the
    same; else it must lie above 0 when widened (Bonferroni) for the number of intervals looked at.
    """
    frame = frame[frame["value"].notna()]
    if frame.empty:
        return set()
    seen = above_floor(frame)
    said, asked = (column.groupby(frame["feature"]).sum() for column in (seen, seen | True))
    common = set(said.index[2 * said >= asked])
    wider = special.ndtri(1 - 0.025 / len(frame)) / special.ndtri(0.975)
    share, low = frame["share"], frame["share_low"].fillna(frame["share"])
    far = seen & (share - wider * (share - low) > 0)
    return {str(f) for f in common | set(frame.loc[far, "feature"])}
