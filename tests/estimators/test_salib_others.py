"""Methods taken from SALib: its own numbers, and closed forms."""

import numpy as np
import pytest
from SALib.analyze import discrepancy, enhanced_hdmr, fast, ff, radial_ee, rsa, sobol_jansen
from SALib.sample import fast_sampler
from SALib.sample import ff as ff_sampler
from scipy import integrate, stats

import sensbench as sb

CUBE = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}


def polynomial():
    space = sb.InputSpace.uniform(dict.fromkeys("abc", (0, 1)))
    return sb.Problem.of(lambda x: 4 * x[:, 0] + x[:, 1] ** 2 + 0 * x[:, 2] + 3, space)


def outputs(X):
    return 4 * X[:, 0] + X[:, 1] ** 2 + 3


def test_efast_is_salibs_without_its_bootstrap():
    seed = int(np.random.default_rng(5).integers(1, 2**31 - 1))
    X = fast_sampler.sample(CUBE, 200, seed=seed)
    with pytest.warns(UserWarning, match="unreliable"):
        told = fast.analyze(CUBE, outputs(X), num_resamples=2)
    before = np.random.get_state()[1].tolist()
    found = sb.estimators.load("efast").estimate(polynomial(), budget=601, seed=5)
    assert np.random.get_state()[1].tolist() == before
    assert found.n_forward == 600
    np.testing.assert_allclose(found["first_order"].value[0], told["S1"], atol=1e-12)
    np.testing.assert_allclose(found["total_order"].value[0], told["ST"], atol=1e-12)
    assert found["total_order"].interval is None


def test_efast_finds_ishigamis_indices():
    case = sb.problems.load("ishigami")
    found = sb.estimators.load("efast").estimate(case, budget=9000)
    for measure in ("first_order", "total_order"):
        exact = case.truth[measure].value
        np.testing.assert_allclose(found[measure].value, exact, atol=0.03)


def test_radial_numbers_are_salibs_of_the_same_rows():
    found = sb.estimators.load("radial").estimate(polynomial(), budget=4 * 300, seed=2)
    u = np.random.default_rng(2).random((300, 2, 3))
    rows = np.repeat(u[:, 0], 4, axis=0)
    for i in range(3):
        rows[i + 1 :: 4, i] = u[:, 1, i]
    effects = radial_ee.analyze(CUBE, rows, outputs(rows), 300, num_resamples=2)
    total = sobol_jansen.analyze(CUBE, outputs(rows), 300, num_resamples=2)
    for measure, key in (("mu", "mu"), ("mu_star", "mu_star"), ("sigma", "sigma")):
        np.testing.assert_allclose(
            found[f"radial_{measure}"].value[0], effects[key], rtol=1e-6, atol=1e-6
        )
    np.testing.assert_allclose(found["total_order"].value[0], total["ST"], rtol=1e-6)
    # E[(x'² - x²)/(x' - x)] = E[x' + x] = 1; its spread is that of a sum of two uniforms
    assert found["radial_mu"].low[0, 1] < 1 < found["radial_mu"].high[0, 1]
    sigma = found["radial_sigma"]
    assert sigma.low[0, 1] < np.sqrt(1 / 6) < sigma.high[0, 1]


def test_radial_has_no_effects_per_length_of_an_unbounded_input():
    space = sb.InputSpace.of({"a": stats.norm(0, 1), "b": (0, 1)})
    case = sb.Problem.of(lambda x: x[:, 0] + x[:, 1], space)
    found = sb.estimators.load("radial").estimate(case, budget=6000)
    assert np.isnan(found["radial_mu"].value[0, 0])
    assert found["radial_mu"].value[0, 1] == pytest.approx(1)
    assert found["total_order"].low[0, 0] < 12 / 13 < found["total_order"].high[0, 0]
    assert any("undefined for a: unbounded" in note for note in found.notes)


def test_main_effects_are_salibs_and_those_of_a_linear_model():
    found = sb.estimators.load("fractional_factorial").estimate(polynomial(), budget=500)
    assert found.n_forward == 8
    X = ff_sampler.sample({**CUBE, "names": list("abc")})
    told = ff.analyze({**CUBE, "names": list("abc")}, X, outputs(X))
    np.testing.assert_allclose(found["factorial_effect"].value[0], told["ME"][:3], atol=1e-12)
    np.testing.assert_allclose(found["factorial_effect"].value[0], [2, 0.5, 0], atol=1e-12)
    np.testing.assert_allclose(found["factorial_share"].value[0], [16 / 17, 1 / 17, 0], atol=1e-12)
    assert CUBE["names"] == list("abc")


def test_discrepancies_are_salibs_of_ranks():
    X = np.random.default_rng(0).random((100, 3))
    found = sb.compare(X=X, y=outputs(X), estimators="discrepancy")["discrepancy"]
    u = (stats.rankdata(X, axis=0) - 0.5) / 100
    told = discrepancy.analyze(dict(CUBE), u, stats.rankdata(outputs(X)))["s_discrepancy"]
    np.testing.assert_allclose(found["discrepancy_share"].value[0], told, atol=1e-12)
    assert found["discrepancy_share"].value[0].argmax() == 0


def test_regions_are_salibs_and_tend_to_the_distance():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    case = sb.Problem.of(lambda x: x[:, 0] + 0 * x[:, 1], space)
    found = sb.estimators.load("rsa", bins=4).estimate(case, budget=4000)["regional_distance"]

    def apart(x, low):
        inside = np.clip((x - low) * 4, 0, 1)
        return (inside - (x - inside / 4) / 0.75) ** 2

    exact = np.mean(
        [integrate.quad(apart, 0, 1, args=(low,), points=[low, low + 0.25])[0]
         for low in (0, 0.25, 0.5, 0.75)]
    )  # fmt: skip
    assert found.value[0, 0] == pytest.approx(exact, rel=0.02)
    assert found.value[0, 1] < 0.01 * exact
    X = np.random.default_rng(0).random((400, 3))
    ours = sb.compare(X=X, y=outputs(X), estimators="rsa")["rsa"]["regional_distance"]
    told = rsa.analyze(dict(CUBE), X, outputs(X))
    scale = 20 * 380 / 400
    theirs = [np.mean(told[name]) / scale for name in "abc"]
    np.testing.assert_allclose(ours.value[0], theirs, rtol=1e-12)


def test_a_comparison_runs_no_more_methods_than_before():
    found = sb.compare(polynomial(), budget=400)
    names = set(found.to_frame()["estimator"])
    assert names == {"gradient", "sobol", "morris", "permutation"}


def test_hdmr_is_salibs():
    case = polynomial()
    found = sb.estimators.load("hdmr").estimate(case, budget=400, seed=2)
    X = case.space.sample(400, np.random.default_rng(2))
    told = enhanced_hdmr.analyze(dict(CUBE), X, outputs(X), bootstrap=1, subset=400)
    np.testing.assert_allclose(found["first_order"].value[0], told["S"][:3], atol=1e-9)
    np.testing.assert_allclose(found["total_order"].value[0], told["ST"][:3], atol=1e-9)
    assert found["total_order"].interval is None


def test_hdmr_finds_the_indices_of_a_polynomial():
    case = sb.Problem.of(
        lambda x: x[:, 0] * x[:, 1] + x[:, 0] + 0 * x[:, 2],
        sb.InputSpace.uniform(dict.fromkeys("abc", (-1, 1))),
    )
    found = sb.estimators.load("hdmr").estimate(case, budget=4000)
    # variances 1/3 of a alone and 1/9 of a with b
    np.testing.assert_allclose(found["first_order"].value[0], [0.75, 0, 0], atol=0.02)
    np.testing.assert_allclose(found["total_order"].value[0], [1, 0.25, 0], atol=0.02)
    with pytest.raises(sb.errors.TooFewRows, match="at least 780 rows"):
        sb.estimators.load("hdmr", degree=10).estimate(case, budget=300)
