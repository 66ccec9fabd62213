"""Models of 120 inputs: those whose first layer can be updated, and those it cannot be of."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

D = 120


class Net(nn.Module):
    """An MLP, and constants for its inputs; ``first`` is what others do before or in it."""

    def __init__(self, wide=D):
        super().__init__()
        self.layer = nn.Linear(wide, 24)
        self.rest = nn.Sequential(nn.Tanh(), nn.Linear(24, 2))
        self.register_buffer("mean", torch.linspace(-1, 1, D))
        self.register_buffer("scale", torch.linspace(0.5, 2, D))
        self.plain_scale = np.linspace(0.5, 2, D).astype(np.float32)
        self.norm = nn.BatchNorm1d(D)
        self.norm.running_mean.uniform_(-1, 1)
        self.norm.running_var.uniform_(0.5, 2)
        self.dropout = nn.Dropout(0.3)
        self.calls = 0

    def forward(self, x):
        return self.rest(self.layer(x))


def model(before, wide=D, net=Net):
    """Return a network with ``before(self, x)`` in front of its layer."""
    kind = type("Own", (net,), {"forward": lambda self, x: self.rest(self.layer(before(self, x)))})
    return kind(wide)


def whole(forward, wide=D):
    """Return a network with this ``forward(self, x)``."""
    return type("Own", (Net,), {"forward": forward})(wide)


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, slope):
        return slope * 2


class Itself(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, slope):
        return slope


def _in_numpy(self, x):
    x.numpy()[:, 3] = 0
    return x


def _through_data(self, x):
    x.data.sub_(self.mean)
    return x


def _in_place(self, x):
    x -= self.mean
    return x


def _in_place_later(self, x):
    y = x.clone()
    h = self.layer(y)
    y[:, 0] = 5
    return self.rest(h + self.layer(y))


def _out(self, x):
    torch.sub(x, self.mean, out=x)
    return x


def _kept(self, x):
    self.last = x
    return self.rest(self.layer(x)) + self.last[:, :2].new_ones(2)


def _slowly_other(self, x):
    self.calls += 1
    return x * (1.0 + (self.calls > 12) * 0.5)


def _weight_of_calls(self, x):
    self.calls += 1
    return self.rest(F.linear(x, self.layer.weight * (1 + (self.calls > 12))))


def _where_far(self, x):
    return self.rest(self.layer(x)) + torch.where(x[:, :2] > 30, x[:, :2], 0 * x[:, :2])


def _branch(self, x):
    return self.rest(self.layer(x)) if x[0, 0] > -50 else self.layer(x)[:, :2]


def _by_type(self, x):
    y = self.rest(self.layer(x))
    return y if type(x) is torch.Tensor else y + 1


def _autocast(self, x):
    with torch.autocast("cpu", torch.bfloat16):
        return self.rest(self.layer(x)).float()


def _weights_of_x(self, x):
    return self.rest(self.layer(x) * torch.sigmoid(x[:, :24]))


def _raises(self, x):
    if type(x) is not torch.Tensor:
        raise RuntimeError("not a plain tensor")
    return self.rest(self.layer(x))


def _embedded(self, x):
    words = torch.linspace(-1, 1, 24)
    return self.rest(self.layer(x) + words[x[:, 0].long().clamp(0, 23)][:, None])


def _in_double(self, x):
    return self.rest((x.double() @ self.layer.weight.double().T).to(x.dtype))


def _unknown_product(self, x):
    return self.rest(torch.einsum("bi,ji->bj", x, self.layer.weight))


def _weight_norm():
    net = Net()
    nn.utils.parametrizations.weight_norm(net.layer)
    return net


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.rest = nn.Conv1d(1, 2, 5), nn.Linear(2 * (D - 4), 2)

    def forward(self, x):
        return self.rest(torch.tanh(self.layer(x[:, None])).flatten(1))


# the first layer is updated
UPDATED = {
    "plain": Net(),
    "sequential": nn.Sequential(nn.Linear(D, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 2)),
    "one layer": nn.Linear(D, 2),
    "scaled": model(lambda self, x: (x - self.mean) / self.scale),
    "constants first": model(lambda self, x: 2 - self.scale * (1 + x) * 0.5),
    "one constant for all": model(lambda self, x: x * self.scale[:1] + self.mean[None]),
    "batch norm": model(lambda self, x: self.norm(x)),
    "dropout": model(lambda self, x: self.dropout(F.dropout(x, 0.5, self.training))),
    "wide and back": model(lambda self, x: x.double().to(x.dtype).contiguous()),
    "in double": whole(_in_double),
    "flattened": model(lambda self, x: x.view(x.shape[0], -1).reshape(-1, D).flatten(1)),
    "a slice": model(lambda self, x: x[:, 10:50], 40),
    "joined slices": model(lambda self, x: torch.cat([x[:, :3], x[:, 5:]], 1), D - 2),
    "a column twice": model(lambda self, x: torch.cat([x, x[:, :7] * 3], dim=-1), D + 7),
    "chosen columns": model(lambda self, x: x[..., torch.arange(D - 1, -1, -2)], D // 2),
    "split": model(lambda self, x: torch.cat(x.split([20, 100], dim=1)[::-1], 1)),
    "chunks": model(lambda self, x: torch.cat(x.chunk(3, 1)[::-1], 1)),
    "sine before": model(lambda self, x: torch.sin(3 * x)),
    "logarithm before": model(lambda self, x: torch.log1p(x.abs()).clamp(0, 3)),
    "sine after": whole(lambda self, x: torch.sin(x @ self.layer.weight.T).sum(1)),
    "a vector": whole(lambda self, x: torch.tanh(torch.mv(x, self.mean) + (x @ self.scale))),
    "addmm": whole(lambda self, x: self.rest(torch.addmm(self.layer.bias, x, self.layer.weight.T))),
    "weights computed": whole(lambda self, x: self.rest(F.linear(x, self.layer.weight.exp()))),
    "weight norm": _weight_norm(),
    "two layers of x": whole(lambda self, x: self.rest(self.layer(x)) + self.layer(x - 1)[:, :2]),
    "a gate": whole(lambda self, x: self.rest(self.layer(x) * torch.sigmoid(self.layer(-x)))),
    "new zeros": whole(lambda self, x: self.rest(self.layer(x) + x.new_zeros(len(x), 24))),
    "own backward": model(lambda self, x: Double.apply(x)),
    "kept": whole(_kept),
    "a tuple": whole(lambda self, x: (self.rest(self.layer(x)), self.layer(x)[:, 0])),
}

# what they compute changes once, at the thirteenth call
CHANGING = {
    "a constant that changes": model(_slowly_other),
    "weights that change": whole(_weight_of_calls),
}

# full rows, to the bit
FULL = {
    "written through numpy": model(_in_numpy),
    "written through data": model(_through_data),
    "in place": model(lambda self, x: _in_place(self, x.clone())),
    "in place later": whole(_in_place_later),
    "out": model(_out),
    "set": model(lambda self, x: x.clone().index_fill_(1, torch.tensor([2]), 1.0)),
    "used far out": whole(_where_far),
    "a branch": whole(_branch),
    "by type": whole(_by_type),
    "raises": whole(_raises),
    "autocast": whole(_autocast),
    "layer norm": model(lambda self, x: F.layer_norm(x, (D,))),
    "row mean": model(lambda self, x: x - x.mean(1, keepdim=True)),
    "x as weights": whole(_weights_of_x),
    "skip connection": whole(lambda self, x: self.rest(self.layer(x)) + x[:, :1] * x[:, 1:2]),
    "itself": model(lambda self, x: Itself.apply(x).relu_()),
    "embedding": whole(_embedded),
    "convolution": Convolution(),
    "unknown product": whole(_unknown_product),
    "numpy constants": model(lambda self, x: torch.as_tensor(x.numpy() / self.plain_scale)),
    "as bits": model(lambda self, x: x.view(torch.int32).view(torch.float32)),
    "rows by themselves": whole(lambda self, x: torch.vmap(lambda r: self.rest(self.layer(r)))(x)),
    "sorted": model(lambda self, x: x.sort(dim=1).values),
    "scripted": torch.jit.trace(Net().eval(), torch.zeros(2, D)),
    "itself alone": whole(lambda self, x: x[:, :2]),
}  # fmt: skip
