"""What two and three factors share, of any pairs of terms: also where factors are 0."""

from itertools import combinations

import numpy as np
import pytest

from sensbench.truths.interactions import of_interactions
from sensbench.truths.pairs_of_terms import PairsOfTerms


@pytest.mark.parametrize("zeros", [0.0, 0.2, 0.6])
def test_one_by_one(rng, zeros):
    a, cov, p = rng.normal(size=(3, 40, 5))
    a[rng.uniform(size=a.shape) < zeros] = 0
    shared = rng.uniform(size=a.shape) < 0.7
    of = PairsOfTerms(rng.normal(size=40), shared, a, p, np.where(shared, cov, 0.0), 0 * a)
    found = of_interactions([of, of], 5)
    for i, j in combinations(range(5), 2):
        rest = [k for k in range(5) if k not in (i, j)]
        by_hand = 2 * sum(of.weight * of.cov[:, i] * of.cov[:, j] * a[:, rest].prod(axis=1))
        assert found["total_interaction"][i, j] == pytest.approx(by_hand, rel=1e-10, abs=1e-12)
        assert found["total_interaction"][j, i] == found["total_interaction"][i, j]
    for value, three in zip(found["third_order"], combinations(range(5), 3), strict=True):
        rest = [k for k in range(5) if k not in three]
        by_hand = 2 * sum(of.weight * of.cov[:, three].prod(axis=1) * p[:, rest].prod(axis=1))
        assert value == pytest.approx(by_hand, rel=1e-10, abs=1e-12)
