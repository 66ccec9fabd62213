"""
Effects along each input
========================

How the output and its derivative go along each input. ``load`` and ``wind`` move together: their
curves are accumulated local effects, the others' partial dependences. The band is the middle 80 %
of the rows' own curves, which part where inputs act together.
"""

import warnings

import numpy as np

import sensbench as sb


def model(x):
    return np.sin(2 * x[:, 0]) + x[:, 1] + x[:, 2] * x[:, 3]


X = np.random.default_rng(0).normal(size=(1500, 4))
X[:, 1] = 0.8 * X[:, 0] + 0.6 * X[:, 1]
warnings.simplefilter("ignore", sb.errors.CorrelatedInputsWarning)
names = ["load", "wind", "age", "rain"]
comparison = sb.compare(model, X, features=names, outputs=["heat"], budget=6_000)
figure = comparison.plot("effects")
