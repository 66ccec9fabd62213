import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from torch import nn

import sensbench as sb

# A busy machine must not fail a test: no deadlines, and the same examples in every run.
settings.register_profile(
    "any_speed",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any_speed")


class TwoOutputs(nn.Module):
    """Four inputs, two outputs, own scaling as plain attributes, a tuple returned."""

    def __init__(self, x_means, x_deviations, y_means, y_deviations):
        super().__init__()
        self.x_means, self.x_deviations = x_means, x_deviations
        self.y_means, self.y_deviations = y_means, y_deviations
        self.linear1 = nn.Linear(4, 2)

    def forward(self, x):
        x = (x - self.x_means) / self.x_deviations
        y_scaled = self.linear1(x)
        y_descaled = y_scaled * self.y_deviations + self.y_means
        return y_descaled, y_scaled


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory):
    """Networks that tests train stay out of the cache of whoever runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENSBENCH_CACHE", str(folder))
        # what tests patch is in this process; those of workers ask for them. Pages are drawn in it
        # too: another process takes longer to start than most pages to draw
        patch.setenv("SENSBENCH_WORKERS", "0")
        yield folder


@pytest.fixture
def blank_figures(monkeypatch):
    """Pages get empty figures."""
    from sensbench.report import draughtsmen
    from tests.blank import blank

    monkeypatch.setattr(draughtsmen, "draw_here", blank)


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


@pytest.fixture
def two_outputs(rng):
    """A person's module with float32 tensors as scaling, its rows, and its exact derivatives."""
    x_means, x_deviations = rng.normal(0, 50, 4), rng.uniform(0.01, 100, 4)
    y_means, y_deviations = rng.normal(0, 50, 2), rng.uniform(0.1, 10, 2)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = TwoOutputs(
            *(
                torch.tensor(a, dtype=torch.float32)
                for a in (x_means, x_deviations, y_means, y_deviations)
            )
        )
    W = module.linear1.weight.detach().double().numpy()
    scaled = W / x_deviations
    exact = np.concatenate([y_deviations[:, None] * scaled, scaled])
    X = x_means + x_deviations * rng.normal(size=(400, 4))
    return module, X, exact


def product_function(x):
    """x1 (1 + x2): an interaction whose indices are easy to integrate, for any distribution."""
    return x[:, 0] * (1 + x[:, 1]) + 0.0 * x[:, 2]


@pytest.fixture
def product_problem():
    """E x1 = 0, Var x1 = 1/3, E x2 = 0, Var x2 = 1/3 on [-1, 1]; x3 is dead.

    Var f = E[x1²] E[(1 + x2)²] = 1/3 · 4/3 = 4/9; V1 = Var(x1) = 1/3; V2 = 0;
    V12 = Var(x1 x2) = 1/9. So S = (3/4, 0, 0), ST = (1, 1/4, 0).
    """
    space = sb.InputSpace.uniform({"x1": (-1, 1), "x2": (-1, 1), "dead": (0, 5)})
    return sb.Problem.of(product_function, space, name="product")


@pytest.fixture
def sine_problem():
    space = sb.InputSpace.uniform({"a": (0, math.pi), "b": (0, 1)})
    return sb.Problem.of(lambda x: x[:, 0].sin() + x[:, 1] ** 2, space, name="sine")
