"""A module that tests import, as somebody's own."""

import torch
from torch import nn


class Net(nn.Module):
    """Two outputs, with names; all of its state is in its buffers and weights."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.register_buffer("scale", torch.tensor([1.0, 2.0]))

    def forward(self, x):
        y = torch.tanh(self.layer(x)) * self.scale
        return {"price": y[:, 0], "heat": y[:, 1]}


class Needs(nn.Module):
    """Cannot be made without an argument."""

    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, 1)

    def forward(self, x):
        return self.layer(x)


class Hidden(nn.Module):
    """Has state that is not in its state dict."""

    def __init__(self):
        super().__init__()
        self.factor = 1.0

    def forward(self, x):
        return self.factor * x[:, :1] + x[:, 1:2]


def formula(x):
    return x[:, 0] + 2 * x[:, 1] ** 2 + 0 * x[:, 2]


def two_arguments(a, b):
    return a * b
