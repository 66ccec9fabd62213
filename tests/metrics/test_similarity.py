"""Measures of how alike two orders are, against other implementations and by enumeration."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from sensbench.metrics import similarity
from sensbench.metrics.similarity import MEASURES, rank_biased_overlap, top_overlap


def random_ranks(rng, k, n, distinct):
    return stats.rankdata(rng.integers(0, distinct, (k, n)), method="min", axis=1).astype(float)


@pytest.mark.parametrize("distinct", [4, 1000])
def test_correlations_are_scipys(rng, distinct):
    a, b = (random_ranks(rng, 20, 7, distinct) for _ in range(2))
    for name, one in (
        ("spearman", stats.spearmanr), ("kendall", stats.kendalltau),
        ("weighted_tau", lambda x, y: stats.weightedtau(-x, -y)),
    ):  # fmt: skip
        expected = [one(x, y).statistic for x, y in zip(a, b, strict=True)]
        np.testing.assert_allclose(MEASURES[name](a, b), expected, atol=1e-12)


@pytest.mark.parametrize("name", list(MEASURES))
def test_the_same_order_is_1_and_chance_is_0(rng, name):
    a = np.array([[1.0, 2, 2, 4, 5]])
    alike = MEASURES[name]
    # a tie at the border of the first places is overlap in part
    if name != "top_overlap":
        assert alike(a, a)[0] == pytest.approx(1)
    if name == "weighted_tau":  # ties are broken by the other order, which is not chance
        a = np.array([[1.0, 2, 3, 4, 5]])
    b = np.array(list(permutations([1.0, 2, 3, 4, 5])))
    assert alike(np.repeat(a, len(b), axis=0), b).mean() == pytest.approx(0, abs=1e-12)


def rbo_b(x, y, p):
    """RBO with ties, variant b, of two orders of the same items, as sums over sets."""
    n = sum(map(len, x))

    def parts(order, depth):
        part, before = {}, 0
        for group in order:
            for item in group:
                part[item] = min(max((depth - before) / len(group), 0), 1)
            before += len(group)
        return part

    total = 0.0
    for depth in range(1, n + 1):
        a, b = parts(x, depth), parts(y, depth)
        norms = np.sqrt(sum(v**2 for v in a.values()) * sum(v**2 for v in b.values()))
        total += (1 - p) * p ** (depth - 1) * sum(a[i] * b[i] for i in a) / norms
    return total + p**n


def test_rank_biased_overlap_is_that_of_the_paper_less_chance():
    """Chance by enumeration: the mean over all ways to give the items their places."""
    x, y = [["a"], ["b", "c"], ["d"], ["e"]], [["b"], ["a"], ["c", "e"], ["d"]]
    p, items = similarity.persistence(5), "abcde"
    mean = np.mean([
        rbo_b(x, [[dict(zip(items, of, strict=True))[i] for i in g] for g in y], p)
        for of in permutations(items)
    ])  # fmt: skip
    expected = (rbo_b(x, y, p) - mean) / (1 - mean)
    ranks = np.array([[1.0, 2, 2, 4, 5]]), np.array([[2.0, 1, 3, 5, 3]])
    assert rank_biased_overlap(*ranks)[0] == pytest.approx(expected)


def test_the_overlap_of_the_first_places_less_chance():
    a, b = np.array([[1.0, 2, 3, 4, 5, 6]]), np.array([[3.0, 1, 6, 2, 4, 5]])
    # two of three where chance gives half
    assert top_overlap(a, b)[0] == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))
