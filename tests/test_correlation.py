import numpy as np
import pytest

from sensbench.inputs.correlation import note_of, strong_pairs


def columns_of(*correlations, n=40):
    """A column, and others of exactly these correlations with it and none of chance's."""
    rng = np.random.default_rng(3)
    centred = rng.normal(size=(n, len(correlations) + 1))
    basis = np.linalg.qr(centred - centred.mean(axis=0))[0]
    first, rest = basis[:, 0], basis[:, 1:].T
    others = [
        r * first + np.sqrt(1 - r**2) * own for r, own in zip(correlations, rest, strict=True)
    ]
    return np.column_stack([first, *others])


def test_pairs_are_strong_above_seven_tenths_whatever_the_sign_and_the_worst_is_first():
    """|r| > 0.7: Dormann et al. 2013. The other columns correlate by the products, at most 0.53."""
    X = columns_of(0.69, 0.71, -0.74, -0.69)
    found = strong_pairs(X, "abcde", "abcde")
    assert [(a, b) for a, b, _ in found] == [("a", "d"), ("a", "c")]
    assert [r for *_, r in found] == pytest.approx([-0.74, 0.71])


def test_columns_of_one_feature_may_depend_on_each_other():
    X = columns_of(0.9, 0.95)
    found = strong_pairs(X, "abc", ["g", "g", "c"])
    assert [(a, b) for a, b, _ in found] == [("a", "c"), ("b", "c")]


def test_two_rows_say_nothing():
    assert strong_pairs(np.array([[0.0, 0.0], [1.0, 1.0]]), "ab", "ab") == ()
    assert len(strong_pairs(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.1]]), "ab", "ab")) == 1


def test_the_note_names_five_pairs_and_counts_the_rest():
    pairs = [(f"a{i}", f"b{i}", 0.9) for i in range(7)]
    assert "a4 and b4 (r = 0.90) and 2 more pairs;" in note_of(pairs)
    assert "more" not in note_of(pairs[:5])
