"""
Slopes along an input
=====================

``sb.jacobian`` gives dy/dx at every row. Drawn against the input,
it shows where the model is steep.
"""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

import sensbench as sb


def model(x):
    return np.tanh(3 * x[:, 0]) + x[:, 1] ** 2


X = np.random.default_rng(0).uniform(-1, 1, size=(400, 2))
J = sb.jacobian(model, X)[:, 0, :]

figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.8), layout="constrained", sharey=True)
for i, ax in enumerate(axes):
    sns.scatterplot(x=X[:, i], y=J[:, i], s=9, ax=ax)
    ax.set(xlabel=f"x{i + 1}", ylabel="dy/dx")
