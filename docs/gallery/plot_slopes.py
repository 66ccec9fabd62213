"""
Where a model is steep
======================

The derivative at every row, a swarm per input. Colour is the input's value in that row: ``heat``
falls with low loads and rises with high ones, and what wind does depends on something else than
wind.
"""

import numpy as np

import sensbench as sb


def model(x):
    return x[:, 0] ** 2 + x[:, 1] * x[:, 2] + 0.5 * x[:, 3]


X = np.random.default_rng(0).normal(size=(1500, 4))
names = ["load", "wind", "age", "rain"]
comparison = sb.compare(model, X, features=names, outputs=["heat"], budget=4_000)
figure = comparison.plot("slopes")
