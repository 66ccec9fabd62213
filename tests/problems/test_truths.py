"""Every exact value against quadrature of the function itself; derivatives by autograd."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench import problems
from sensbench.errors import InputError
from sensbench.truths.separable import separable
from tests.problems.quadrature import agree, hermite, panels, quantiles

PI = math.pi


@pytest.mark.parametrize(("a", "b"), [(7.0, 0.1), (7.0, 0.05), (-2.0, 1.0), (0.0, 0.1), (5.0, 0.0)])
def test_ishigami(a, b):
    # kinks of |cos x1|, |sin 2x2| and |x3³|: multiples of π/2
    agree(problems.load("ishigami", a=a, b=b), [panels(-PI, PI, 4, 12)] * 3)


@pytest.mark.parametrize("a", [(0, 1, 4.5, 9), (0, 0, 0), (99,), (1e4, 2e4)])
def test_sobol_g(a):
    agree(problems.load("sobol_g", a=a), [panels(0, 1, 2, 3)] * len(a))


def test_sobol_g_by_default():
    agree(problems.load("sobol_g"), [panels(0, 1, 2, 2)] * 8)


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_linregnet(seed):
    problem = problems.load("linregnet", seed=seed)
    marginals = [(float(m.mean()), float(m.std())) for m in problem.space.marginals]
    agree(problem, [hermite(mean, std, 3) for mean, std in marginals])


@pytest.mark.parametrize("a", [(), [-0.5], [1.0, float("nan")]])
def test_sobol_g_refuses(a):
    with pytest.raises(InputError, match="sobol_g: expected a as n finite numbers"):
        problems.load("sobol_g", a=a)


@pytest.mark.parametrize("params", [{"b": float("nan")}, {"a": float("inf")}])
def test_ishigami_refuses(params):
    with pytest.raises(InputError, match="ishigami: expected"):
        problems.load("ishigami", **params)


def test_any_marginals():
    space = sb.InputSpace.of({"a": stats.beta(2, 3), "b": stats.truncnorm(-2, 2, 5, 0.5)})
    truth = separable(space, [(1.0, {0: torch.exp, 1: torch.square}), (1.0, {1: torch.log})])
    problem = sb.Problem.of(
        lambda x: x[:, 0].exp() * x[:, 1] ** 2 + x[:, 1].log(), space, truth=truth
    )
    agree(problem, [quantiles(marginal, 60, 8) for marginal in space.marginals])


def test_inert_inputs_and_means_of_zero():
    space = sb.InputSpace.uniform({name: (-1.0, 1.0) for name in ("a", "inert", "c")})
    truth = separable(space, [(1.0, {0: torch.sin, 2: torch.sin})])
    problem = sb.Problem.of(lambda x: x[:, 0].sin() * x[:, 2].sin(), space, truth=truth)
    agree(problem, [panels(-1, 1, 2, 16)] * 3)
    np.testing.assert_allclose(problem.truth["second_order"].value[0, 0], [0, 0, 1], atol=1e-15)
