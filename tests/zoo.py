"""Models as people have them: each with its exact derivative, or the error it must meet.

Most wrap the same core, f(x) = V tanh(W x + b) + c, whose derivative is written out by hand.
"""

import threading
import warnings
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from torch import nn

from sensbench.errors import DerivativeError, InputError, ModelError

D = 3
X = np.random.default_rng(5).normal(size=(20, D))
SHIFT, SCALE = np.array([0.5, -1.0, 2.0]), np.array([2.0, 0.5, 3.0])
Pair = namedtuple("Pair", ["mean", "text"])


@dataclass
class Out:
    low: torch.Tensor
    high: torch.Tensor


@dataclass(frozen=True)
class Animal:
    name: str
    build: Callable[[], Any]
    exact: Callable[[Any, np.ndarray], np.ndarray] | None = None
    error: tuple[type[Exception], str] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    rtol: float = 1e-5
    X: np.ndarray = field(default_factory=lambda: X)


ZOO: dict[str, Animal] = {}


def animal(name, exact=None, error=None, rtol=1e-5, X=X, **options):
    def keep(build):
        assert name not in ZOO
        ZOO[name] = Animal(name, build, exact, error, options, rtol, X)
        return build

    return keep


class Core(nn.Module):
    """V tanh(W x + b) + c with plain attributes as given."""

    def __init__(self, o=1, d=D, **plain):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.first, self.last = nn.Linear(d, 6), nn.Linear(6, o)
        for name, value in plain.items():
            setattr(self, name, value)

    def core(self, x):
        return self.last(torch.tanh(self.first(x)))

    def forward(self, x):
        return self.core(x)


def numbers(core):
    return (
        p.detach().double().numpy() for p in (core.first.weight, core.first.bias, core.last.weight)
    )


def core_exact(core, X):
    W, b, V = numbers(core)
    return np.einsum("oh,nh,hd->nod", V, 1 - np.tanh(X @ W.T + b) ** 2, W)


def scaled_exact(core, X):
    return core_exact(core, (X - SHIFT) / SCALE) / SCALE


def of_core(get):
    return lambda model, X: core_exact(get(model), X)


# --- plain attributes -----------------------------------------------------------------------


class Scaled(Core):
    def forward(self, x):
        return self.core((x - self.shift) / self.scale)


for kind, keep in {
    "numpy": lambda a: a,
    "float64 tensor": torch.tensor,
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "integer array": None,
    "non-leaf tensor": lambda a: torch.tensor(a, requires_grad=True) * 1.0,
    "parameter elsewhere": lambda a: torch.tensor(a, requires_grad=True),
}.items():
    if keep is not None:
        animal(f"scaling kept as {kind}", scaled_exact)(
            lambda keep=keep: Scaled(shift=keep(SHIFT), scale=keep(SCALE))
        )
animal("scaling in float64, weights in bfloat16", scaled_exact, rtol=0.1)(
    lambda: Scaled(shift=SHIFT, scale=torch.tensor(SCALE)).bfloat16()
)
animal("numpy scalars", lambda m, X: core_exact(m, (X - 0.5) / 2) / 2)(
    lambda: Scaled(shift=np.float64(0.5), scale=np.float32(2.0))
)
animal("integer array", lambda m, X: core_exact(m, (X - [1, 2, 3]) / 2) / 2)(
    lambda: Scaled(shift=np.array([1, 2, 3]), scale=2)
)


class InContainers(Core):
    def forward(self, x):
        return self.core((x - self.kept["shift"]) / self.kept["more"][0])


@animal("scaling in nested containers", scaled_exact)
def _():
    return InContainers(kept={"shift": SHIFT, "more": [torch.tensor(SCALE)]})


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Scaled(shift=SHIFT, scale=torch.tensor(SCALE)), Core()])
        self.index = np.array([0, 2])

    def forward(self, x):
        return self.blocks[0](x) + self.blocks[1](x) + x[:, self.index].sum(1, keepdim=True)


@animal(
    "nested submodules with an index array",
    lambda m, X: scaled_exact(m.blocks[0], X) + core_exact(m.blocks[1], X) + [1.0, 0.0, 1.0],
)
def _():
    return Nested()


for kind, make in {
    "lock": threading.Lock,
    "generator": lambda: (i for i in range(3)),
    "lambda": lambda: lambda x: x,
    "random generator": lambda: torch.Generator().manual_seed(1),
    "module of Python": lambda: np,
}.items():
    animal(f"an attribute that is a {kind}", core_exact)(lambda make=make: Core(extra=[make()]))


class NoCopy(Core):
    def __deepcopy__(self, memo):
        raise RuntimeError("not to be copied")


animal("deepcopy refused", core_exact)(NoCopy)


@animal("old weight_norm: a non-leaf weight", lambda m, X: np.broadcast_to(
    m.weight.detach().double().numpy(), (len(X), 1, D)))  # fmt: skip
def _():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = nn.utils.weight_norm(nn.Linear(D, 1))
    module(torch.zeros(2, D))
    return module


# --- precision, modes, hooks ----------------------------------------------------------------

for dtype, rtol in (("float16", 1e-2), ("bfloat16", 0.1), ("float32", 1e-5), ("float64", 1e-12)):
    animal(f"{dtype} weights", core_exact, rtol=rtol)(
        lambda dtype=dtype: Core(2).to(getattr(torch, dtype))
    )


class Modes(Core):
    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(D), nn.Dropout(0.5)
        self.norm.running_mean += torch.tensor(SHIFT)
        self.norm.running_var.copy_(torch.tensor(SCALE) ** 2)
        self.norm.eps = 0.0
        self.register_buffer("calls", torch.zeros(1))
        self.history = []

    def forward(self, x):
        self.calls += 1
        self.history.append(len(x))
        return self.core(self.drop(self.norm(x)))


@animal("BatchNorm, dropout, counters, mixed modes, hooks", scaled_exact)
def _():
    module = Modes()
    module.drop.eval()
    module.first.weight.requires_grad_(False)
    module.register_forward_hook(lambda m, args, out: out)
    module.last.register_full_backward_hook(lambda m, grads, out: None)
    return module


animal("a function around a module in train mode", lambda f, X: scaled_exact(f.held, X))(
    lambda: _around(Modes())
)


def _around(module):
    def function(x):
        return module(x).squeeze()

    function.held = module
    return function


class InPlace(Core):
    def forward(self, x):
        x -= torch.tensor(SHIFT, dtype=x.dtype)
        x /= torch.tensor(SCALE, dtype=x.dtype)
        return self.core(x)


animal("in-place operations", scaled_exact)(InPlace)


@animal("weights made under inference_mode", core_exact)
def _():
    with torch.inference_mode():
        return Core()


# --- compiled, scripted, exported ---------------------------------------------------------------

animal("torch.compile", of_core(lambda m: m._orig_mod))(lambda: torch.compile(Core()))


class Holder(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


animal("a compiled submodule", of_core(lambda m: m.inner._orig_mod))(
    lambda: Holder(torch.compile(Core()))
)


def _quietly(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


animal("TorchScript by script", core_exact)(lambda: _quietly(lambda: torch.jit.script(Core())))
animal("TorchScript by trace", core_exact)(
    lambda: _quietly(lambda: torch.jit.trace(Core(), torch.zeros(4, D)))
)
animal("torch.export, any batch", core_exact)(
    lambda: torch.export.export(
        Core(), (torch.zeros(4, D),), dynamic_shapes=({0: torch.export.Dim("n")},)
    ).module()
)
animal("torch.export, a batch of 4", core_exact)(
    lambda: torch.export.export(Core(), (torch.zeros(4, D),)).module()
)

# --- outputs ------------------------------------------------------------------------------------


class Returns(Core):
    def forward(self, x):
        return self.how(self.core(x))


for kind, how, chosen in (
    ("(n,)", lambda y: y[:, 0], [0]),
    ("(n, o)", lambda y: y, [0, 1]),
    ("tuple", lambda y: (y[:, 1], y), [1, 0, 1]),
    ("list", lambda y: [y[:, :1], None, y[:, 1]], [0, 1]),
    ("dict", lambda y: {"a": y[:, 0], "b": y[:, 1]}, [0, 1]),
    ("named tuple", lambda y: Pair(y[:, 1], "text"), [1]),
    ("dataclass", lambda y: Out(y[:, 0], y[:, 1]), [0, 1]),
    ("nested", lambda y: {"a": (y[:, 1], {"b": y}), "c": None}, [1, 0, 1]),
    ("squeezed", lambda y: y[:, :1].squeeze(), [0]),
):
    animal(f"returns {kind}", lambda m, X, chosen=chosen: core_exact(m, X)[:, chosen])(
        lambda how=how: Returns(2, how=how)
    )
animal("a scalar loss beside the output", of_core(lambda m: m), output=0)(
    lambda: Returns(how=lambda y: (y, y.square().mean()))
)

# --- several inputs -----------------------------------------------------------------------------


class Separate(nn.Module):
    def forward(self, x1, x2, x3):
        return 3 * x1**3 - x2**2 * x3


def separate_exact(model, X):
    x1, x2, x3 = X.T
    return np.stack([9 * x1**2, -2 * x2 * x3, -(x2**2)], axis=1)[:, None]


class Columns(Core):
    def forward(self, a, b, c):
        return self.core(torch.cat([a, b, c], dim=1))


class Blocks(Core):
    def forward(self, left, right, *, scale=1.0):
        return self.core(torch.cat([right[:, None], left], dim=1)) * scale


animal("one argument per feature, (n,)", separate_exact)(Separate)
animal("one argument per feature, (n, 1)", core_exact)(Columns)
animal("blocks by position", lambda m, X: core_exact(m, X[:, [2, 0, 1]])[:, :, [1, 2, 0]],
       arguments=[[0, 1], 2])(Blocks)  # fmt: skip
animal("blocks by name", lambda m, X: core_exact(m, X[:, [2, 0, 1]])[:, :, [1, 2, 0]],
       arguments={"right": 2, "left": [0, 1]})(Blocks)  # fmt: skip
animal("keyword-only features", separate_exact)(
    lambda: lambda *, x1, x2, x3: 3 * x1**3 - x2**2 * x3
)
animal("blocks nobody named", error=(InputError, "arguments="))(Blocks)
animal("a feature left out", error=(InputError, "left out"), arguments=[[0, 1]])(Blocks)

# --- branches, kinks, jumps ---------------------------------------------------------------------


class Relu(Core):
    def core(self, x):
        return self.last(torch.relu(self.first(x)))


def relu_exact(core, X):
    W, b, V = numbers(core)
    return np.einsum("oh,nh,hd->nod", V, (X @ W.T + b > 0).astype(float), W)


animal("ReLU", relu_exact)(Relu)
animal("ReLU in float32 at an offset of 1e4", lambda f, X: relu_exact(f.held, X - 1e4), rtol=1e-2,
       X=X + 1e4)(lambda: _offset(Relu()))  # fmt: skip
animal("tiny inputs", core_exact, X=X * 1e-8)(Core)
animal("huge inputs", lambda m, X: core_exact(m, X / 1e8) / 1e8, X=X * 1e8)(
    lambda: Scaled(shift=0.0, scale=1e8)
)


def _offset(module):
    def function(x):
        return module(x - 1e4) + 1e4

    function.held = module
    return function


class ByRow(Core):
    def forward(self, x):
        return torch.stack([self.core(r) * (2.0 if r.sum().item() > 0 else 1.0) for r in x])


animal(
    "item() and a branch per row",
    lambda m, X: core_exact(m, X) * np.where(X.sum(1) > 0, 2, 1)[:, None, None],
)(ByRow)
animal(
    "a dead input", lambda m, X: np.stack([2 * X[:, 0], 0 * X[:, 0], 0 * X[:, 0] + 1], 1)[:, None]
)(lambda: lambda x: x[:, 0] ** 2 + 0 * x[:, 1] + x[:, 2])
for kind, spoil in {
    "detach": lambda c: c.detach(),
    "a numpy round trip": lambda c: torch.tensor(c.detach().numpy()),
    "item() by row": lambda c: torch.stack([torch.tensor(v.item(), dtype=c.dtype) for v in c]),
    "data": lambda c: c.data * 2,
}.items():
    animal(f"a column through {kind}", error=(DerivativeError, r"∂y/∂x2.*autograd 0.*real change"))(
        lambda spoil=spoil: lambda x: x[:, 0].sin() + x[:, 0] * 0.1 + spoil(x[:, 1]) * x[:, 2]
    )
    animal(
        f"a column through {kind}, by differences",
        lambda f, X, k=kind: np.stack(
            [
                np.cos(X[:, 0]) + 0.1,
                (2 if k == "data" else 1) * X[:, 2],
                (2 if k == "data" else 1) * X[:, 1],
            ],
            1,
        )[:, None],
        derivatives="finite-difference",
        rtol=1e-6,
    )(lambda spoil=spoil: lambda x: x[:, 0].sin() + x[:, 0] * 0.1 + spoil(x[:, 1]) * x[:, 2])
for kind, spoil in {
    "round": torch.round,
    "floor": torch.floor,
    "long": lambda c: c.long().to(c.dtype),
    "a threshold": lambda c: (c > 0).to(c.dtype),
    "fine rounding": lambda c: (c * 200).round() / 200,
}.items():
    animal(f"a column through {kind}", error=(DerivativeError, r"jumps.*∂y/∂x2"))(
        lambda spoil=spoil: lambda x: x[:, 0].sin() + spoil(x[:, 1])
    )


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad


animal("a custom backward that is wrong", error=(DerivativeError, "custom backward"))(
    lambda: lambda x: Half.apply(x).sum(1)
)


class UnderMode(Core):
    def forward(self, x):
        with self.mode():
            return self.core(x)


for kind, mode in {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode}.items():
    animal(f"{kind} inside", error=(DerivativeError, f"cut off.*{kind}"))(
        lambda mode=mode: UnderMode(mode=mode)
    )

# --- rows and noise -----------------------------------------------------------------------------

animal("dropout left on", error=(ModelError, "same outputs for the same rows.*dropout"))(
    lambda: lambda x: F.dropout(x, 0.5).sum(1)
)
animal("noise", error=(ModelError, "noise"))(lambda: lambda x: (x + torch.randn_like(x)).sum(1))
animal("batch statistics", error=(ModelError, "other rows of the batch"))(
    lambda: lambda x: ((x - x.mean(0)) / x.std(0)).sum(1)
)
animal("attention over the batch", error=(ModelError, "attention over the batch"))(
    lambda: lambda x: (torch.softmax(x @ x.T, 1) @ x).sum(1)
)
animal("a function of one row", error=(ModelError, "one row of output per row"))(
    lambda: lambda x: x[0] ** 2 + x[1]
)


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 1)

    def forward(self, x):
        return self.table(x).sum((1, 2))


animal("an embedding", error=(ModelError, r"whole numbers.*x\.long\(\)"), X=np.abs(X))(Embedded)


class Broken(Modes):
    def forward(self, x):
        super().forward(x)
        raise ValueError("half way")


animal("it raises half way", error=(ModelError, "ValueError: half way"))(Broken)

# --- not torch ----------------------------------------------------------------------------------


def numpy_exact(model, X):
    return np.stack([np.cos(X[:, 0]), 2 * X[:, 1], 0 * X[:, 2]], 1)[:, None]


animal("numpy", numpy_exact, rtol=1e-7)(lambda: lambda x: np.sin(x[:, 0]) + x[:, 1] ** 2)
animal("numpy that works in place", numpy_exact, rtol=1e-7)(lambda: _numpy_in_place)
animal("a data frame", numpy_exact, rtol=1e-7)(
    lambda: lambda frame: np.sin(frame["x1"]) + frame["x2"] ** 2
)
animal("numpy, one argument per feature", numpy_exact, rtol=1e-7)(
    lambda: lambda x1, x2, x3: np.sin(x1) + x2**2
)
animal("numpy in float32", numpy_exact, rtol=1e-3)(
    lambda: lambda x: (np.sin(x[:, 0]) + x[:, 1] ** 2).astype(np.float32)
)
animal("numpy, autograd insisted on", error=(DerivativeError, "torch model"),
       derivatives="autograd")(lambda: lambda x: np.sin(x[:, 0]))  # fmt: skip


def _numpy_in_place(x):
    np.sin(x[:, 0], out=x[:, 0])
    return x[:, 0] + x[:, 1] ** 2


animal(
    "a fitted pipeline", lambda m, X: np.broadcast_to(m[-1].coef_ / m[0].scale_, (len(X), 1, D))
)(lambda: make_pipeline(StandardScaler(), LinearRegression()).fit(X, X @ [1.0, 2.0, 3.0]))
for regressor in (
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(10, random_state=0),
    GradientBoostingRegressor(random_state=0),
):
    animal(type(regressor).__name__, error=(DerivativeError, "jumps.*trees.*Sobol"))(
        lambda regressor=regressor: regressor.fit(X, X @ [1.0, 2.0, 3.0])
    )
animal("a regressor of other features", error=(InputError, "2 features it was fitted on"))(
    lambda: LinearRegression().fit(X[:, :2], X[:, 0])
)
