"""Joint laws of the inputs, against closed forms, quadrature and repeated draws."""

import pickle

import numpy as np
import pytest
from scipy import integrate, stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable, TooFewRows
from sensbench.inputs import law_fit, nearest_correlation
from sensbench.inputs.from_rows import ranks

Space = sb.InputSpace
Z = 5  # standard errors
INDEFINITE = [[1, 0.9, 0], [0.9, 1, 0.9], [0, 0.9, 1]]


def normal(rho=0.9):
    return Space.normal({"a": (1, 1), "b": (0, 2)}, correlation={("a", "b"): rho})


@pytest.mark.parametrize("of", ["values", "ranks"])
def test_draws_have_the_correlations_that_were_asked(of):
    marginals = {"a": (0, 1), "b": stats.expon(), "c": stats.lognorm(1.0), "d": stats.beta(2, 5)}
    asked = np.array([[1, 0.8, 0.3, 0], [0.8, 1, 0.5, 0], [0.3, 0.5, 1, -0.4], [0, 0, -0.4, 1]])
    X = Space.of(marginals, correlation=asked, correlation_of=of).sample(200_000, 0)
    columns = X if of == "values" else ranks(X)
    np.testing.assert_allclose(np.corrcoef(columns, rowvar=False), asked, atol=0.02)
    for column, name in zip(X.T, marginals, strict=True):
        law = stats.uniform(0, 1) if name == "a" else marginals[name]
        assert stats.kstest(column[:5000], law.cdf).pvalue > 1e-3


def test_correlation_of_values_against_closed_forms():
    """Uniform: 6 asin(r/2)/π. Lognormal: (exp(r s t) - 1) / √((exp s² - 1)(exp t² - 1))."""
    uniform = Space.uniform({"a": (0, 1), "b": (-3, 5)}, correlation={("a", "b"): 0.7})
    assert uniform.dependence.correlation[0, 1] == pytest.approx(2 * np.sin(np.pi * 0.7 / 6))
    pair = {"a": stats.lognorm(0.8), "b": stats.lognorm(0.5)}
    r = Space.of(pair, correlation={("a", "b"): 0.6}).dependence.correlation[0, 1]
    spread = np.sqrt((np.exp(0.64) - 1) * (np.exp(0.25) - 1))
    assert (np.exp(r * 0.4) - 1) / spread == pytest.approx(0.6, abs=1e-7)
    assert normal(0.5).dependence.correlation[0, 1] == 0.5


def test_correlation_of_separate_values_against_the_bivariate_normal():
    """Of two inputs of 0 and 1: P(both 1) - P(a = 1) P(b = 1), over their deviations."""
    space = Space.of({"a": {0: 0.7, 1: 0.3}, "b": [0, 1]}, correlation={("a", "b"): 0.5})
    r = space.dependence.correlation[0, 1]
    upper = [-stats.norm.ppf(0.7), 0.0]
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(upper)
    assert (both - 0.15) / np.sqrt(0.21 * 0.25) == pytest.approx(0.5, abs=1e-4)


def test_conditional_draws_are_those_of_a_normal_vector():
    R = np.array([[1, 0.6, 0.3], [0.6, 1, -0.2], [0.3, -0.2, 1]])
    space = Space.normal({"a": (1, 2), "b": (0, 1), "c": (5, 3)}, correlation=R)
    X = np.repeat([[2.0, 99.0, 4.0]], 100_000, axis=0)
    drawn = space.conditional(X, ["a", "c"], 0)
    assert drawn[:, [0, 2]].tolist() == X[:, [0, 2]].tolist()
    slopes = np.linalg.solve(R[np.ix_([0, 2], [0, 2])], R[[0, 2], 1])
    mean, variance = slopes @ [0.5, -1 / 3], 1 - slopes @ R[[0, 2], 1]
    error = np.sqrt(variance / len(X))
    assert abs(drawn[:, 1].mean() - mean) < Z * error
    assert drawn[:, 1].var() == pytest.approx(variance, rel=Z * np.sqrt(2 / len(X)))


def test_rows_drawn_anew_in_part_follow_the_law():
    space = Space.of({"a": (0, 1), "b": stats.expon()}, correlation={("a", "b"): 0.7})
    X = space.sample(50_000, 0)
    for given in (["a"], ["b"], []):
        drawn = space.conditional(X, given, 0)
        assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.7, abs=0.03)
        assert (drawn != X).any(axis=0).tolist() == [name not in given for name in "ab"]


def test_the_density_is_that_of_the_normal_vector_and_integrates_to_1():
    X = normal().sample(50, 0)
    exact = stats.multivariate_normal([1, 0], [[1, 1.8], [1.8, 4]]).logpdf(X)
    np.testing.assert_allclose(normal().log_density(X), exact, atol=1e-9)
    space = Space.of({"a": (0, 2), "b": stats.beta(2, 3)}, correlation={("a", "b"): 0.5})

    def density(b, a):
        return float(np.exp(space.log_density([[a, b]]))[0])

    mass = integrate.dblquad(density, 1e-9, 2 - 1e-9, 1e-9, 1 - 1e-9, epsabs=1e-4)[0]
    assert mass == pytest.approx(1, abs=2e-3)
    with pytest.raises(InputError, match="expected inputs with densities; got 'a'"):
        Space.of({"a": [1, 2], "b": (0, 1)}).log_density([[1, 0.5]])


def test_without_correlation_draws_keep_their_bits():
    plain, none = Space.normal({"a": (1, 1), "b": (0, 2)}), normal(0.0)
    assert none.independent
    assert plain.sample(64, 7).tobytes() == none.sample(64, 7).tobytes()
    assert normal().product().sample(64, 7).tobytes() == plain.sample(64, 7).tobytes()


def test_spaces_with_laws_are_plain_data():
    again = pickle.loads(pickle.dumps(normal()))
    assert again.sample(20, 0).tobytes() == normal().sample(20, 0).tobytes()


@pytest.mark.parametrize(
    ("given", "of", "words"),
    [
        (INDEFINITE, "values", r"positive definite.*smallest eigenvalue is -0.27.*the nearest"),
        (np.eye(2), "values", r"shape \(3, 3\), one row and column per input"),
        ([[1, 0.2, 0], [0.3, 1, 0], [0, 0, 1]], "values", "symmetric.*0.2 for.*0.3 for"),
        (np.diag([4.0, 1, 1]), "values", "expected 1 on the diagonal.*divide a covariance"),
        ({("a", "b"): 0.2, ("b", "a"): 0.3}, "values", "one correlation per pair; got 0.2 and 0.3"),
        ({("a", "z"): 0.2}, "values", "expected a known input; got 'z'"),
        ({("a", "a"): 0.5}, "values", "correlation of two inputs"),
        ({("a", "b"): 1.0}, "values", "between -1 and 1; got 1"),
        ({("a", "b"): "high"}, "values", "expected a number"),
        ({"a": 0.3}, "values", r"pairs \(name, name\); got 'a'"),
        ("high", "values", "a matrix of numbers"),
        (np.full((3, 3), np.nan), "values", "finite correlations"),
        ({("a", "c"): 0.99}, "values", "that a and c can have, below 0.1723"),
        ({("a", "c"): 0.2}, "ranks", "'c', which takes separate values, whose ranks are tied"),
        ({("a", "b"): 0.2}, "kendall", "correlation_of 'values' or 'ranks'"),
    ],
)
def test_what_is_no_correlation_is_refused(given, of, words):
    marginals = {"a": (0, 1), "b": (0, 1), "c": {0: 0.99, 1: 0.01}}
    with pytest.raises(InputError, match=f"InputSpace.*{words}"):
        Space.of(marginals, correlation=given, correlation_of=of)


def test_correlation_with_a_constant_is_refused():
    groups = {"g": ["a", "b"]}
    with pytest.raises(InputError, match="no correlation with 'a', which is constant"):
        Space.of({"a": [3.0], "b": (0, 1)}, groups=groups, correlation={("a", "b"): 0.5})


def test_the_nearest_matrix_is_one_and_is_nearest():
    """Higham 2002, section 4: of the 3 × 3 example with 1 beside the diagonal."""
    nearest = nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    expected = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    np.testing.assert_allclose(nearest, expected, atol=1e-4)
    Space.normal({n: (0, 1) for n in "abc"}, correlation=nearest)
    fine = np.array([[1, 0.5], [0.5, 1]])
    np.testing.assert_allclose(nearest_correlation(fine), fine, atol=1e-9)


def frank(n, theta=8.0, seed=0):
    """Draws of Frank's copula by its conditional inverse, with normal marginals: no tails."""
    u, w = np.random.default_rng(seed).random((2, n))
    shrunk = np.expm1(-theta) * w / (w + (1 - w) * np.exp(-theta * u))
    return stats.norm.ppf(np.column_stack([u, -np.log1p(shrunk) / theta]))


@pytest.mark.parametrize("dependence", ["gaussian", "vine", "rows"])
def test_laws_of_rows_keep_how_the_columns_move(dependence):
    if dependence == "vine":
        pytest.importorskip("pyvinecopulib")
    X = normal().sample(3000, 3)
    space = Space.from_data(X, ["a", "b"], dependence=dependence)
    drawn = space.sample(20_000, 0)
    assert np.isin(drawn, X).all()
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.9, abs=0.015)
    for given in "ab":
        again = space.conditional(drawn, [given], 0)
        other = "ab".index(given) ^ 1
        assert np.corrcoef(again.T)[0, 1] == pytest.approx(0.9, abs=0.02)
        # independent of what was there before, given the rest
        assert np.corrcoef(again[:, other], drawn[:, other])[0, 1] == pytest.approx(0.81, abs=0.03)
    assert space.product().independent


@pytest.mark.slow
def test_three_columns_by_a_vine_whatever_is_given():
    pytest.importorskip("pyvinecopulib")
    R = np.array([[1, 0.7, 0.2], [0.7, 1, 0.5], [0.2, 0.5, 1]])
    X = Space.normal({n: (0, 1) for n in "abc"}, correlation=R).sample(4000, 0)
    space = Space.from_data(X, list("abc"), dependence="vine")
    drawn = space.sample(8000, 1)
    for given in (["a"], ["b"], ["c"], ["a", "b"], ["b", "c"], ["a", "c"], []):
        again = space.conditional(drawn, given, 2)
        np.testing.assert_allclose(np.corrcoef(again.T), R, atol=0.05)
        free = [i for i, n in enumerate("abc") if n not in given]
        kept = [i for i, n in enumerate("abc") if n in given]
        explained = R[np.ix_(free, kept)] @ np.linalg.solve(R[np.ix_(kept, kept)], R[kept][:, free])
        before = [np.corrcoef(again[:, i], drawn[:, i])[0, 1] for i in free]
        np.testing.assert_allclose(before, np.diag(explained), atol=0.06)
    assert pickle.loads(pickle.dumps(space)).sample(5, 0).tolist() == space.sample(5, 0).tolist()


def test_fit_of_a_law_as_data():
    X = frank(4000)
    wrong = law_fit(Space.from_data(X, ["a", "b"], dependence="gaussian"), X)
    assert [pair.statistic for pair in wrong] == ["rank correlation", "lower tail", "upper tail"]
    assert not any(pair.fits for pair in wrong[1:])  # Frank's copula has lighter tails
    assert all(pair.data < pair.law for pair in wrong[1:])
    Y = normal(0.6).sample(2000, 5)
    right = law_fit(Space.from_data(Y, ["a", "b"], dependence="gaussian"), Y)
    assert all(pair.fits for pair in right)
    exact = 6 / np.pi * np.arcsin(0.3)
    assert right[0].law == pytest.approx(exact, abs=0.03)
    assert right[0].to_plain()["fits"] is True


def test_a_vine_fits_what_a_gaussian_copula_does_not():
    pytest.importorskip("pyvinecopulib")
    X = frank(4000)
    fit = law_fit(Space.from_data(X, ["a", "b"], dependence="vine"), X)
    assert all(pair.fits for pair in fit)


def test_rows_hold_groups_and_separate_values():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 500)
    X = np.column_stack([np.eye(3)[kind], kind + rng.normal(0, 0.1, 500)])
    space = Space.from_data(
        X, ["r", "g", "b", "x"], groups={"colour": ["r", "g", "b"]}, dependence="rows"
    )
    drawn = space.sample(400, 1)
    assert (drawn[:, :3].sum(axis=1) == 1).all()
    whole = {tuple(row) for row in X}
    assert all(tuple(row) in whole for row in drawn)


@pytest.mark.parametrize("dependence", ["gaussian", "vine"])
def test_rows_that_no_copula_fits_are_refused(dependence):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    fit = {"dependence": dependence}
    with pytest.raises(TooFewRows, match=f"at least 20 rows to fit dependence='{dependence}'"):
        Space.from_data(X[:12], **fit)
    with pytest.raises(InputError, match="expected no groups with dependence"):
        Space.from_data(X, groups={"g": ["x1", "x2"]}, **fit)
    with pytest.raises(InputError, match=r"'x2', which takes separate values; ask for.*'rows'"):
        Space.from_data(X, discrete=["x2"], **fit)
    zeros = np.where(X > 0, X, 0.0)
    with pytest.raises(InputError, match=r"'x1', which has one in .*% of rows"):
        Space.from_data(zeros, **fit)
    with pytest.raises(InputError, match=r"none of which the others determine; got \['x1', 'x2'\]"):
        Space.from_data(np.column_stack([X[:, 0], X[:, 0] * 2, X[:, 1]]), **fit)
    with pytest.raises(InputError, match="'x3', which is constant"):
        Space.from_data(np.column_stack([X[:, :2], np.ones(100)]), **fit)
    with pytest.raises(InputError, match="dependence one of independent, gaussian, vine, rows"):
        Space.from_data(X, dependence="clayton")


def test_a_vine_without_its_library_is_refused(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyvinecopulib", None)
    with pytest.raises(InputError, match="pip install pyvinecopulib"):
        Space.from_data(np.random.default_rng(0).normal(size=(50, 2)), dependence="vine")


def test_conditioning_on_what_never_occurs_is_refused():
    space = Space.uniform({"a": (0, 1), "b": (0, 1)}, correlation={("a", "b"): 0.5})
    with pytest.raises(InputError, match=r"values of 'a' that occur .uniform on .0, 1..; got 7"):
        space.conditional([[7.0, 0.5]], ["a"], 0)
    with pytest.raises(InputError, match="expected a known feature; got 'z'"):
        space.conditional([[0.5, 0.5]], ["z"], 0)
    separate = Space.of({"a": [0, 1], "b": (0, 1)}, correlation={("a", "b"): 0.5})
    with pytest.raises(NotApplicable, match="continuous inputs to condition on; got a,"):
        separate.conditional([[0.0, 0.5]], ["b"], 0)


def test_a_law_of_another_number_of_inputs_is_refused():
    three = Space.normal({n: (0, 1) for n in "abc"}, correlation={("a", "b"): 0.5}).dependence
    with pytest.raises(InputError, match="expected a dependence of 2 inputs"):
        Space(normal().columns, normal().marginals, dependence=three)
