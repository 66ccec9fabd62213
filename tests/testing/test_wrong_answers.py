"""Methods that keep every form and whose numbers are wrong: caught by the rule they break."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest

from sensbench import estimators
from sensbench.errors import ConformanceError
from sensbench.estimator.bootstrap import Bootstrap, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Estimate
from sensbench.measure import MEASURES
from sensbench.problem.problem import Data
from sensbench.testing import _known, check_estimator
from sensbench.testing._answers import check_answers


def ends(value, low, high):
    return Estimate(value, low, high, interval=Interval(0.95, "made up", SAMPLING))


@dataclass(frozen=True)
class Right(Estimator):
    """Standardised rms derivative; the subclasses are wrong in one way each."""

    name = "right"
    measures = ("derivative_rms_standardised", "dgsm")
    ranks_by = "derivative_rms_standardised"

    needs = Needs("either", gradient=True, minimum_rows=10, cost=Cost(1, per_output=1))

    def _estimate(self, problem, budget, rng):
        Y, J = problem.explained.values_and_jacobian(self.rows(problem, budget, rng))
        interval = Bootstrap({"square": J**2, **centred("y", Y)}, rng, 200, 0.95)
        sigma = self.sigma(problem)
        found = {
            "dgsm": interval(lambda m: m["square"]),
            self.ranks_by: interval(
                lambda m: np.sqrt(m["square"] / variance(m, "y")[..., None]) * sigma
            ),
        }
        return self.change(found, problem, rng)

    def rows(self, problem, budget, rng):
        return problem.rows(budget // problem.explained.rows_per_gradient, rng).X

    def sigma(self, problem):
        return problem.sigma()

    def change(self, found, problem, rng):
        return found


class UsesDataOfProduct(Right):
    def rows(self, problem, budget, rng):
        return super().rows(replace(problem, inputs="data"), budget, rng)


class UsesDeviationsOfProduct(Right):
    def sigma(self, problem):
        return problem.sigma() if problem.data is None else problem.data.std


class DrawsThoughThereAreData(Right):
    def rows(self, problem, budget, rng):
        return problem.space.sample(budget // problem.explained.rows_per_gradient, rng)


class DeviationsOfMarginals(Right):
    def sigma(self, problem):
        return problem.space.std()


class DesignOnData(Right):
    needs = replace(Right.needs, rows="design")


class Prints(Right):
    def change(self, found, problem, rng):
        print("done")
        return found


class Warns(Right):
    def change(self, found, problem, rng):
        warnings.warn("few rows", stacklevel=2)
        return found


class DividesByZero(Right):
    def change(self, found, problem, rng):
        np.array([1.0]) / np.array([0.0])
        return found


class NamesMatter(Right):
    """Inputs are sorted by name for ties, and one word is special."""

    def change(self, found, problem, rng):
        factor = np.array([1.0 + 1e-9 * (name == "x1") for name in problem.features])
        return {name: item.map(lambda v: v * factor) for name, item in found.items()}


class OutputNamesMatter(Right):
    def change(self, found, problem, rng):
        factor = np.array([[1.0 + 1e-9 * name.startswith("y")] for name in problem.outputs])
        return {name: item.map(lambda v: v * factor) for name, item in found.items()}


class ConstantButDead(Right):
    def change(self, found, problem, rng):
        noise = 1 + 1e-6 * rng.random()
        value = noise * np.array([[float(f != "dead") for f in problem.features]] * problem.o)
        return dict.fromkeys(found, ends(value, 0.9 * value, 1.1 * value))


class ConstantButSmall(Right):
    """The same, knowing which input is dead from the numbers."""

    def change(self, found, problem, rng):
        noise = 1 + 1e-6 * rng.random()
        return {n: item.map(lambda v: noise * (v > 1e-6)) for n, item in found.items()}


class FirstOutputForAll(Right):
    def change(self, found, problem, rng):
        return {n: item.map(lambda v: np.repeat(v[:1], len(v), 0)) for n, item in found.items()}


class Twice(Right):
    def change(self, found, problem, rng):
        return {name: item.map(lambda v: 2 * v) for name, item in found.items()}


class RawIsTwice(Right):
    def change(self, found, problem, rng):
        return found | {"dgsm": found["dgsm"].map(lambda v: 2 * v)}


class HalfOfInteractions(Right):
    def change(self, found, problem, rng):
        curved = np.array([[0.7 if name in ("joint", "y3") else 1.0] for name in problem.outputs])
        return {name: item.map(lambda v: v * curved) for name, item in found.items()}


class ZeroWidth(Right):
    def change(self, found, problem, rng):
        return {n: ends(i.value, i.value, i.value) for n, i in found.items()}


class TenthOfWidth(Right):
    def change(self, found, problem, rng):
        return {
            n: ends(i.value, i.value - (i.value - i.low) / 10, i.value + (i.high - i.value) / 10)
            for n, i in found.items()
        }


class MillionWide(Right):
    def change(self, found, problem, rng):
        return {n: ends(i.value, i.value - 1e6, i.value + 1e6) for n, i in found.items()}


class AlwaysHalf(Right):
    """As wide with many rows as with few."""

    def change(self, found, problem, rng):
        return {n: ends(i.value, i.value - 0.5, i.value + 0.5) for n, i in found.items()}


class ReadsTruth(Right):
    def change(self, found, problem, rng):
        known = problem.truth.get("dgsm")
        return found if known is None else found | {"dgsm": ends(*3 * (known.value,))}


class HidesThatItReadsTruth(Right):
    def change(self, found, problem, rng):
        try:
            known = problem.truth["dgsm"].value
        except Exception:
            return found
        return found | {"dgsm": ends(known, known, known)}


class OfOutputs(Right):
    """Measures of an output as a whole beside the one that ranks."""

    measures = ("derivative_rms_standardised", "mean", "variance")

    def _estimate(self, problem, budget, rng):
        Y, J = problem.explained.values_and_jacobian(self.rows(problem, budget, rng))
        columns = {"square": J**2, "value": Y, **centred("y", Y)}
        interval = Bootstrap(columns, rng, 200, 0.95)
        sigma = self.sigma(problem)
        found = {
            "mean": interval(lambda m: m["value"]),
            "variance": interval(lambda m: variance(m, "y")),
            self.ranks_by: interval(
                lambda m: np.sqrt(m["square"] / variance(m, "y")[..., None]) * sigma
            ),
        }
        return self.change(found, problem, rng)


class DeviationForVariance(OfOutputs):
    def change(self, found, problem, rng):
        return found | {"variance": found["variance"].map(np.sqrt)}


class OneOutputsVarianceForAll(OfOutputs):
    def change(self, found, problem, rng):
        first = found["variance"].map(lambda v: np.full_like(v, v[0]))
        return found | {"variance": first}


class MeansWithoutWidth(OfOutputs):
    def change(self, found, problem, rng):
        value = found["mean"].value
        return found | {"mean": replace(found["mean"], low=value, high=value)}


class RanksByOutput(OfOutputs):
    ranks_by = "variance"


def test_the_right_one_passes():
    check_estimator(Right())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (UsesDataOfProduct, "inputs='product' leaves the data out"),
        (UsesDeviationsOfProduct, "inputs='product' leaves the data out"),
        (DrawsThoughThereAreData, "rows of data are the inputs"),
        (DeviationsOfMarginals, "rows of data are the inputs"),
        (DesignOnData, "a design leaves the data out"),
        (Prints, "prints nothing.*done"),
        (Warns, "warns of nothing.*few rows"),
        (DividesByZero, "warns of nothing.*divide by zero"),
        (NamesMatter, "names decide nothing"),
        (OutputNamesMatter, "names decide nothing"),
        (ConstantButDead, "names decide nothing"),
        (ConstantButSmall, "a larger effect scores higher"),
        (FirstOutputForAll, "every output has its own numbers"),
        (Twice, "the numbers are right.*the mean of 8 seeds"),
        (RawIsTwice, "the numbers are right.*dgsm of"),
        (HalfOfInteractions, "the numbers are right.*of joint by"),
        (ZeroWidth, "intervals are as wide as the spread between seeds"),
        (TenthOfWidth, "intervals are as wide as the spread between seeds"),
        (MillionWide, "intervals are not wider than the values"),
        (AlwaysHalf, "intervals narrow with more rows"),
        (ReadsTruth, "the truth is not used"),
        (HidesThatItReadsTruth, "the truth is not used"),
    ],
)
def test_wrong_ones_are_caught(kind, name):
    with pytest.raises(ConformanceError, match=f"(?s)estimator.*breaks the rule .*{name}"):
        check_estimator(kind())


def test_right_measures_of_outputs_as_a_whole_pass():
    check_estimator(OfOutputs())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (DeviationForVariance, "the numbers are right.*variance of strong is 4"),
        (OneOutputsVarianceForAll, "every output has its own numbers.*variance"),
        (MeansWithoutWidth, "intervals are as wide as the spread.*mean"),
        (RanksByOutput, "ranks by a measure of the inputs.*variance belongs to the output"),
    ],
)
def test_wrong_measures_of_outputs_as_a_whole_are_caught(kind, name):
    with pytest.raises(ConformanceError, match=f"(?s)estimator.*breaks the rule .*{name}"):
        check_estimator(kind())


WITHOUT_CLOSED_FORM = ("delta", "discrepancy", "pawn", "rsa", "shap")


# the others take minutes together
FAST = ("gradient", "permutation", "sobol")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST))
        for name in estimators.names()
        if name not in WITHOUT_CLOSED_FORM
    ],
)
def test_twice_the_numbers_of_our_own(name):
    """Of every family with a closed form."""
    own = estimators.load(name)

    class Doubled(type(own)):
        def _estimate(self, problem, budget, rng):
            found = super()._estimate(problem, budget, rng)
            twice = {n: i.map(lambda v: 2 * v) for n, i in found.items() if isinstance(i, Estimate)}
            return {**found, **twice}

    with pytest.raises(ConformanceError, match="the numbers are right"):
        check_estimator(Doubled())


def changed(name, change):
    """Return one of our own estimators with every estimate changed."""
    own = estimators.load(name)

    class Changed(type(own)):
        def _estimate(self, problem, budget, rng):
            found = super()._estimate(problem, budget, rng)
            return {n: change(i) if isinstance(i, Estimate) else i for n, i in found.items()}

    return Changed()


def third_of_the_width(item):
    low, high = (item.value + (end - item.value) * 0.33 for end in (item.low, item.high))
    return replace(item, low=low, high=high)


def upwards_only(item):
    return replace(item, low=np.minimum(item.value, item.high))


def downwards_only(item):
    return replace(item, high=np.maximum(item.value, item.low))


@pytest.mark.parametrize("name", ["gradient", "permutation", "morris"])
def test_intervals_of_a_third_of_the_width_are_caught(name):
    with pytest.raises(ConformanceError, match="as wide as the spread between seeds"):
        check_estimator(changed(name, third_of_the_width))


@pytest.mark.parametrize("change", [upwards_only, downwards_only])
@pytest.mark.parametrize("name", ["gradient", "sobol"])
def test_intervals_of_one_side_are_caught(name, change):
    # half of an interval may be caught as too narrow before
    with pytest.raises(ConformanceError, match=r"reach to both sides|as wide as the spread"):
        check_estimator(changed(name, change))


def test_a_delta_that_is_a_third_too_large_is_caught():
    with pytest.raises(ConformanceError, match="the numbers are right"):
        check_answers(changed("delta", lambda item: item.map(lambda v: 1.3 * v)), "delta")


def test_answers_over_rows_are_those_of_many_rows():
    """Correlations, and permutation by its definition, from a sample of their own."""
    problem, answers = _known.data(0), _known.data_answers()
    rng = np.random.default_rng(1)
    rows = rng.multivariate_normal(np.zeros(4), _known._CORRELATION, 200_000) * _known._STRETCH
    y = rows @ _known.EFFECTS.T
    correlation = np.corrcoef(y, rows, rowvar=False)[:2, 2:]
    assert np.allclose(answers["first_order"], correlation**2, atol=0.01)
    assert np.allclose(answers["variance"], y.var(axis=0), rtol=0.02)
    centre = problem.data.X.mean(axis=0)
    assert np.allclose(answers["mean"], centre @ _known.EFFECTS.T, atol=1.5)
    for i in range(4):
        shuffled = rows.copy()
        shuffled[:, i] = rng.permutation(rows[:, i])
        rise = ((shuffled @ _known.EFFECTS.T - y) ** 2).mean(axis=0)
        assert np.allclose(answers["permutation_mse"][:, i], rise, rtol=0.02)
    assert isinstance(problem.data, Data)
    assert np.allclose(problem.data.std, _known._STRETCH, rtol=0.1)
    assert set(answers) | set(_known.product_answers()) <= set(MEASURES)


@pytest.mark.parametrize(("correlation", "delta"), [(0.0, 0.0), (0.6, 0.2280), (0.99, 0.8365)])
def test_delta_of_two_normals(correlation, delta):
    """Against the integral of |p(x, y) - p(x) p(y)|/2 on a grid."""
    y = np.linspace(-8, 8, 3201)
    x, step = y[:, None], y[1] - y[0]
    own = np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi)
    s = np.sqrt(1 - correlation**2)
    given = np.exp(-(((y - correlation * x) / s) ** 2) / 2) / s / np.sqrt(2 * np.pi)
    integral = (np.abs(given - own).sum(axis=1) * step * own).sum() * step / 2
    assert _known._delta_of_normals(correlation) == pytest.approx(integral, abs=2e-3)
