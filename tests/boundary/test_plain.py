"""Which forward passes are seen to be made of torch's own smooth functions, and which are not."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError
from sensbench.model.boundary.plain import PlainPass
from sensbench.model.model import Model

D = 4


class Own(nn.Module):
    """Two layers, with whatever a case does between them."""

    def __init__(self, between=lambda x: x):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Linear(D, 6), nn.Linear(6, 2)
        self.means, self.scale = torch.linspace(-1, 1, D), 2.0
        self.between = between

    def forward(self, x):
        x = (x - self.means) / self.scale
        return self.last(self.between(torch.tanh(self.first(x))))


class Exponential(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.exp()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Returned(Own):
    def forward(self, x):
        y = super().forward(x)
        return {"mean": y, "of rows": y.exp(), "rows": x.shape[0]}


class Counting(Own):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


class Quiet(Own):
    def forward(self, x):
        with torch.no_grad():
            self.first(x)
        return super().forward(x)


@torch.jit.script
def scripted(x):
    return x.detach() * 2.0


def without_grad(x):
    with torch.no_grad():
        return x * 1.0


def hooked(x):
    x.register_hook(lambda gradient: 2 * gradient)
    return x * 1.0


def of_numpy(x):
    return x + torch.from_numpy(x.detach().numpy() ** 2)


def whole(x):
    return x.half().float()


def of_module(kind):
    module = kind()
    module.register_full_backward_hook(lambda module, into, out: (into[0] * 2,))
    return module


def by_threads(z):
    """Another Python thread, which no mode follows, writes into what is known."""
    made = torch.zeros(len(z), z.shape[1])

    def write(i):
        made[i] = torch.round(4 * z[i]) / 4

    with ThreadPoolExecutor(1) as pool:
        list(pool.map(write, range(len(z))))
    return made + z


def rounded_by_a_thread(z):
    z = z * 1.0
    with ThreadPoolExecutor(1) as pool:
        pool.submit(z.round_).result()
    return z + 1.0


def packed(z):
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.bfloat16(), lambda t: t.float()):
        return z.exp()


def without_torch_functions(z):
    z = z * 1.0
    with torch._C.DisableTorchFunction():
        z.round_()
    return z + 1.0


@torch.jit.script
def written(made: torch.Tensor, z: torch.Tensor):
    made.copy_(torch.round(z * 4) / 4)


def by_a_script(z):
    made = torch.zeros(len(z), z.shape[1])
    written(made, z)
    return made + z


def of_numbers(z):
    return z + torch.tensor(deque(row for row in z[:, 0]))[:, None]


PLAIN = {
    "layers": nn.Sequential(
        nn.Linear(D, 6), nn.BatchNorm1d(6), nn.GELU(), nn.LayerNorm(6), nn.Dropout(), nn.ReLU(),
        nn.Linear(6, 2), nn.Softplus(),
    ),
    "own forward": Own(),
    "columns, powers, joins": Own(
        lambda z: torch.cat([z[:, :2] ** 2, z[:, 2:4].exp(), -z[:, 4:].abs() / 3], dim=1)
    ),
    "shapes": Own(lambda z: z.reshape(len(z), 2, z.size(1) // 2).flatten(1) * z.ndim),
    "several outputs": Returned(),
    "weights of norm 1": nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Linear(D, 6)), nn.Tanh(), nn.Linear(6, 1)
    ),
    "double": nn.Sequential(nn.Linear(D, 6), nn.SiLU(), nn.Linear(6, 1)).double(),
}  # fmt: skip
OTHERS = {
    "detach": Own(lambda z: z + z.detach()),
    "data": Own(lambda z: z + z.data),
    "no_grad": Own(lambda z: z + without_grad(z)),
    "looked at without grad": Quiet(),
    "numpy": Own(of_numpy),
    "branch": Own(lambda z: z if z.sum() > 0 else 2 * z),
    "item": Own(lambda z: z * z[0, 0].item()),
    "where": Own(lambda z: torch.where(z > 0, z, 2 * z)),
    "round": Own(lambda z: z + z.round()),
    "cast": Own(whole),
    "custom backward": Own(Exponential.apply),
    "hook of a tensor": Own(hooked),
    "hook of a module": nn.Sequential(of_module(nn.Tanh), nn.Linear(D, 1)),
    "scripted": Own(lambda z: z + scripted(z)),
    "aten": Own(lambda z: z + torch.ops.aten.detach(z)),
    "in place": Own(lambda z: z.add_(1.0)),
    "checkpointed": Own(
        lambda z: torch.utils.checkpoint.checkpoint(torch.exp, z, use_reentrant=True)
    ),
    "changes itself": Counting(),
    "half": Own().half(),
    "rounding mode": Own(lambda z: z + torch.div(z, 0.1, rounding_mode="trunc")),
    "rounding mode of a method": Own(lambda z: z + z.div(0.3, rounding_mode="floor")),
    "sign": Own(lambda z: z.abs() / z),
    "nothing to a power": Own(lambda z: 0.0 ** torch.relu(z)),
    "a power of rows": Own(lambda z: z.abs() ** z),
    "written by threads": Own(by_threads),
    "rounded by a thread": Own(rounded_by_a_thread),
    "packed for the way back": Own(packed),
    "no torch functions": Own(without_torch_functions),
    "written by a script": Own(by_a_script),
    "a tensor of numbers": Own(of_numbers),
    "a step": nn.Sequential(nn.Linear(D, 2), nn.Sigmoid()),
}
with torch.no_grad():
    OTHERS["a step"][0].weight *= 1e9


def is_plain(model, X):
    return model._function.plain_pass(X, np.ones(model.o)) is not None


@pytest.fixture
def X(rng):
    return rng.normal(size=(40, D))


@pytest.mark.parametrize("name", PLAIN)
def test_passes_of_torchs_own_functions_are_plain(name, X):
    model = Model(PLAIN[name], X)
    assert is_plain(model, X)
    differences = Model(PLAIN[name], X, derivatives="finite-difference").jacobian(X)
    # all but those whose step goes across a kink
    assert np.quantile(np.abs(model.jacobian(X) - differences), 0.8) < 2e-3
    # the pass itself, and a few rows
    assert model._checks.n_rows < 200


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_known_for_certain_is_not_plain(name, X):
    assert not is_plain(Model(OTHERS[name], X), X)


def test_functions_that_are_not_modules_are_not_plain(X):
    layer = nn.Linear(D, 1)
    assert not is_plain(Model(lambda x: layer(x.float()), X), X)


def test_a_lie_that_is_taken_to_be_plain_is_seen_at_the_rows_that_are_looked_at(X, monkeypatch):
    monkeypatch.setattr(PlainPass, "_accepts", lambda self, *call: True)
    monkeypatch.setattr(PlainPass, "depend_on_rows", lambda self, outputs: True)
    assert is_plain(Model(OTHERS["detach"], X), X)
    with pytest.raises(DerivativeError, match="autograd to agree"):
        sb.jacobian(OTHERS["detach"], X)


def test_a_module_that_was_plain_is_looked_at_again_when_it_has_changed(X):
    module = Own()
    sb.jacobian(module, X)
    module.between = lambda z: z.detach() + z[:, :1]
    with pytest.raises(DerivativeError):
        sb.jacobian(module, X)


class Cut(Own):
    """Cut off beyond so many rows, or beyond a value that is asked of the module's class."""

    most, cut = 64, False

    def forward(self, x):
        z = torch.tanh(self.first(x))
        return self.last(z.detach() if self.cut or len(x) > self.most else z) + x[:, :2]


def test_a_plain_pass_says_nothing_of_more_rows(rng):
    module = Cut()
    sb.jacobian(module, rng.normal(size=(40, D)))
    with pytest.raises(DerivativeError):
        sb.jacobian(module, rng.normal(size=(500, D)))


def test_a_plain_pass_says_nothing_of_what_changes_outside_the_module(rng, monkeypatch):
    module = Cut()
    sb.jacobian(module, rng.normal(size=(40, D)))
    monkeypatch.setattr(Cut, "cut", True)
    with pytest.raises(DerivativeError):
        sb.jacobian(module, rng.normal(size=(40, D)))


@pytest.mark.parametrize("where", ["later", "after the first rows"])
def test_a_step_is_seen_wherever_rows_lie_far_from_it(where, rng):
    class Step(Own):
        def forward(self, x):
            return torch.sigmoid(1e6 * (x[:, :1] - 0.5)) + torch.tanh(x[:, 1:]).sum(1, keepdim=True)

    wide = rng.uniform(-1, 1, (500, D))
    near = wide.copy()
    near[:, 0] = 0.5 + 9e-4 * wide[:, 0]
    module = Step()
    if where == "later":
        sb.jacobian(module, near)
    else:
        wide[:300] = near[:300]
    with pytest.raises(DerivativeError):
        sb.jacobian(module, wide)


def test_a_large_output_does_not_hide_a_lie_in_a_small_one(X, monkeypatch):
    class Both(Own):
        def forward(self, x):
            y = super().forward(x)
            return torch.cat([1e6 * y + 1e7, y.detach() + x[:, :1]], dim=1)

    monkeypatch.setattr(PlainPass, "_accepts", lambda self, *call: True)
    monkeypatch.setattr(PlainPass, "depend_on_rows", lambda self, outputs: True)
    with pytest.raises(DerivativeError):
        sb.jacobian(Both().double(), X)
