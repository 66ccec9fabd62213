"""What is measured: problems whose truths are known, methods, and how many rows they get."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LinearRegression

import sensbench as sb
from sensbench.problem.truth import Truth
from sensbench.truths.implied import exact_truth

Truths = Mapping[str, Truth]


class Case(NamedTuple):
    """A problem's name, how it is made, and the methods it is for; for all where none is named."""

    name: str
    problem: Callable[[], sb.Problem]
    methods: tuple[str, ...] = ()


def exponential() -> sb.Problem:
    """exp(x1 + x2/2 + x3/4) of standard normal inputs: lognormal, in closed form."""
    a = np.array([1.0, 0.5, 0.25])
    share, square = np.expm1(a**2), np.exp(2 * a @ a)
    variance = square - np.exp(a @ a)
    others = np.exp(a @ a) / np.exp(a**2)
    size = a * np.exp(a @ a / 2)
    space = sb.InputSpace.normal({f"x{k + 1}": (0, 1) for k in range(3)})
    truth = exact_truth(
        space,
        variance=variance,
        first_order=share * np.exp(a @ a) / variance,
        total_order=share * others * np.exp(a @ a) / variance,
        dgsm=a**2 * square,
        derivative_mean=size,
        derivative_abs=size,
    )
    weights = torch.tensor(a)
    return sb.Problem.of(
        lambda x: (x @ weights.to(x.dtype)).exp(), space, name="exponential", truth=truth
    )


def ties() -> sb.Problem:
    """c(1 + x) with c one of 0, 0, 1, 5 and x uniform, and an inert whole number."""
    space = sb.InputSpace.of({"c": [0, 0, 1, 5], "x": (0, 1), "inert": [1, 2, 2, 3]})
    of_c, of_x, both = 4.25 * 2.25, 2.25 / 12, 4.25 / 12
    variance = of_c + of_x + both
    truth = exact_truth(
        space,
        variance=variance,
        first_order=np.array([of_c, of_x, 0]) / variance,
        total_order=np.array([of_c + both, of_x + both, 0]) / variance,
    )
    return sb.Problem.of(lambda x: x[:, 0] * (1 + x[:, 1]), space, name="ties", truth=truth)


def network() -> sb.Problem:
    """A network of fixed weights on six normal inputs; its values are a large sample's."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = torch.nn.Sequential(
            torch.nn.Linear(6, 24), torch.nn.Tanh(), torch.nn.Linear(24, 1)
        ).double()
    with torch.no_grad():
        for weights in module.parameters():
            weights.mul_(2.5)
    space = sb.InputSpace.normal({f"x{k + 1}": (0, 1) for k in range(6)})
    return sb.Problem.of(module, space, name="network")


def taught() -> sb.Problem:
    """A line fitted to 512 noisy rows of x1 + x2/2 + x3²/4, which can be fitted again; x4 is inert.

    Judged on some of many other rows with their targets.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_512, 4))
    y = X[:, 0] + X[:, 1] / 2 + X[:, 2] ** 2 / 4 + rng.normal(size=len(X))
    fitted = LinearRegression().fit(X[:512], y[:512])
    space = sb.InputSpace.normal({f"x{k + 1}": (0, 1) for k in range(4)})
    refit = sb.Refit(LinearRegression(), X[:512], y[:512])
    return sb.Problem.of(fitted.predict, space, X=X[512:], y=y[512:], name="taught", refit=refit)


def named(name: str, **params: Any) -> Callable[[], sb.Problem]:
    return lambda: sb.problems.load(name, **params)


RETRAINED = ("loco", "drop_column")

CASES = (
    Case("linear Gaussian", named("linear_gaussian")),
    Case("Ishigami", named("ishigami")),
    Case("G (8)", named("sobol_g")),
    Case("exponential", exponential),
    Case("sulfur", named("sulfur")),
    Case("network (6)", network),
    Case("discontinuous", named("genz_discontinuous")),
    Case("inert inputs", named("friedman1")),
    Case("ties", ties),
    Case("G (20)", named("sobol_g", variant="saltelli_1995_3")),
    Case("borehole", named("borehole")),
    # inputs that depend on each other: methods of independent ones say that they are not asked
    Case("correlated linear", named("linear_gaussian", correlation=0.7)),
    Case("correlated portfolio", named("correlated_portfolio")),
    Case("causal roles", named("causal_roles", interaction=0.5)),
    # others have nothing to train again
    Case("taught", taught, RETRAINED),
)

# label, name, options, size of the small and of the large run: base rows, trajectories or rows
METHODS: tuple[tuple[str, str, dict[str, Any], tuple[int, int]], ...] = (
    ("gradient", "gradient", {"active_subspace": True}, (200, 1000)),
    ("sobol", "sobol", {}, (64, 512)),
    ("sobol (pairs)", "sobol", {"second_order": True}, (64, 512)),
    ("sobol (interactions)", "sobol", {"interactions": "pairs"}, (64, 512)),
    ("sobol (salib)", "sobol", {"interval": "salib"}, (64, 512)),
    ("morris", "morris", {}, (20, 100)),
    ("permutation", "permutation", {}, (100, 500)),
    ("delta", "delta", {}, (200, 1000)),
    ("rbd_fast", "rbd_fast", {}, (200, 1000)),
    ("pawn", "pawn", {}, (200, 1000)),
    ("kucherenko", "kucherenko", {}, (200, 1000)),
    ("shapley_effects", "shapley_effects", {}, (200, 1000)),
    ("conditional_permutation", "conditional_permutation", {}, (100, 500)),
    ("leave_one_out", "leave_one_out", {}, (100, 500)),
    ("conditional_gradient", "conditional_gradient", {}, (200, 1000)),
    ("radial", "radial", {}, (64, 512)),
    ("rank_first_order", "rank_first_order", {}, (200, 1000)),
    ("cramer_von_mises", "cramer_von_mises", {}, (200, 1000)),
    ("regression", "regression", {}, (200, 1000)),
    ("polynomial_chaos", "polynomial_chaos", {}, (200, 1000)),
    ("shap", "shap", {}, (8, 32)),
    ("gaussian_process", "gaussian_process", {}, (100, 300)),
    ("poince", "poince", {}, (50, 200)),
    ("razavi_gupta", "razavi_gupta", {}, (64, 512)),
    ("delsa", "delsa", {}, (100, 1000)),
    ("derivative_quantiles", "derivative_quantiles", {}, (100, 1000)),
    ("global_activity", "global_activity", {}, (100, 1000)),
    ("second_derivative", "second_derivative", {}, (100, 1000)),
    ("saliency", "saliency", {}, (200, 1000)),
    ("input_x_gradient", "input_x_gradient", {}, (200, 1000)),
    ("integrated_gradients", "integrated_gradients", {}, (100, 500)),
    ("expected_gradients", "expected_gradients", {}, (100, 500)),
    ("smooth_grad", "smooth_grad", {}, (100, 500)),
    ("deep_lift", "deep_lift", {}, (100, 500)),
    ("feature_ablation", "feature_ablation", {}, (200, 1000)),
    ("shapley_value_sampling", "shapley_value_sampling", {}, (100, 500)),
    ("sage", "sage", {}, (100, 500)),
    ("loco", "loco", {}, (200, 1000)),
    ("drop_column", "drop_column", {}, (200, 1000)),
)


def truths(problem: sb.Problem) -> Truths:
    """Return what is known of a problem: exactly, or of a model from a large sample."""
    return problem.truth if len(problem.truth) else sb.reference(problem, pairs=True)
