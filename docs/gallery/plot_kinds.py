"""
Every kind of figure
====================

``comparison.plot(kind)`` draws one kind, ``sb.plots.names()`` lists them all with what each needs.
A study has the same: ``sb.load("out").plot(kind, problem="ishigami")``. ``output=`` chooses one
output, ``ax=`` draws into a figure of one's own, and ``style="paper"`` with
``width="one column"`` (89 mm) or ``"two columns"`` (183 mm) is for print.

A function of ten inputs, five of which do nothing, and seven methods.
"""

from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np

import sensbench as sb
from sensbench.study.config import check_study
from sensbench.study.runner import run_study

friedman = sb.problems.load("friedman1")
methods = ["gradient", "sobol", "morris", "permutation", "rbd_fast", "delta", "pawn"]
comparison = sb.compare(friedman, estimators=methods, budget=6_000)
print(sb.plots.names())

# %%
# Importance
# ----------
#
# Each method's shares with their intervals; black ticks are exact values. Inputs whose marks would
# all stand on 0 are counted in the last row.

importance = comparison.plot("importance")

# %%
# Importance, logarithmic
# -----------------------
#
# All inputs, the small shares too.

importance_log = comparison.plot("importance_log")

# %%
# Ranks
# -----
#
# A line per input; bars are the ranks that a method's intervals allow, grey bands hold ties, and
# strong lines are inputs that two methods put in places whose bars do not meet.

ranks = comparison.plot("ranks")

# %%
# Agreement
# ---------

agreement = comparison.plot("agreement")

# %%
# Morris's plane
# --------------
#
# Size of the elementary effects, with intervals, against their spread.

morris_plane = comparison.plot("morris_plane")

# %%
# All measures
# ------------
#
# A panel per measure, in its own unit, with every method that gives it.

measures = comparison.plot("measures")

# %%
# One method's result
# -------------------
#
# Its own measures, in the width of a journal's column.

result = comparison["sobol"].plot(style="paper", width="one column")

# %%
# One's own axes
# --------------
#
# Kinds of one panel can stand beside other things.

beside, axes = plt.subplots(1, 2, figsize=(8.2, 3.6), layout="constrained")
comparison.plot("agreement", ax=axes[0])
comparison["sobol"].plot("importance", ax=axes[1])

# %%
# Many outputs
# ------------
#
# Inputs × outputs.


def profile(x):
    """Return twelve places along a rod that is heated at one end."""
    places = np.linspace(0, 1, 12)
    return x[:, :1] * np.exp(-3 * x[:, 1:2] * places) + x[:, 2:] * places**2


rows = np.random.default_rng(0).uniform(0.2, 1, size=(400, 3))
along = sb.compare(
    profile,
    rows,
    features=["heat", "loss", "air"],
    estimators=["sobol", "permutation"],
    budget=2_000,
)
outputs = along.plot()

# %%
# Of a study
# ----------
#
# Several budgets and problems: error against rows, values against rows, and figures over all
# problems together. A study is written in YAML (``sensbench run study.yaml``) or, as here, in
# Python.

content = {
    "name": "small",
    "problems": ["ishigami", "sobol_g", "friedman1"],
    "models": ["function"],
    "estimators": ["gradient", "sobol", "morris", "permutation"],
    "budgets": [500, 2_000, 8_000],
    "replicates": 3,
}
out = Path(mkdtemp())
run_study(check_study(content, "small"), out)
study = sb.load(out)
convergence = study.plot("convergence", problem="ishigami")

# %%
# Did the budget suffice?
# -----------------------
#
# Values and intervals by budget. Dashes are exact values; the figure needs none.

budget = study.plot("budget", problem="ishigami")

# %%
# Which methods are accurate
# --------------------------
#
# Over all problems with known values.

average_ranks = study.plot("average_ranks")

# %%

profiles = study.plot("profiles")

# %%
# Whose intervals hold
# --------------------

coverage = study.plot("coverage")
