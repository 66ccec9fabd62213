"""Write what `sensbench list` says of each problem and method, and the table of docs/methods.md.

    python -m experiments.catalogue

Run it when a problem or a method is added, or what it knows, needs or costs changes; tests compare
the files with the problems and methods themselves.
"""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LinearRegression

import sensbench as sb
from sensbench.estimator import capabilities
from sensbench.report.references import named_in
from sensbench.truths import catalogue

TOP = Path(__file__).parents[1]
PAGE = TOP / "docs" / "methods.md"
COVERAGE = TOP / "reports" / "examples" / "coverage" / "coverage.csv"
TEXT = """# Methods: what each measures, needs and costs

Written by `python -m experiments.catalogue` from what the methods say of themselves, with their
default parameters. n is the number of base rows, d that of features, o that of outputs. *Inputs*:
the joint distributions of the inputs that the answer means something for. *Needs*: a gradient,
measured targets (where there are any), or a refit of the model. *Interval covers*: what the 95 %
interval of the measure that it ranks by allows for. *Held the truth*: in how many runs it did, at
the larger of two sizes: the mean over the problems of `make coverage`, and the problem with the
least; those problems are chosen to be hard ([how intervals were validated](intervals.md)).
*Numbers of*: the package that computes them. `sensbench list estimators` prints the same, those of
installed plug-ins too; `sensbench list measures` has definitions and sources.

"""


def methods():
    names = [name for name in sb.estimators.names() if name in sb.estimators.registry.own()]
    problem = _anybody()
    held = pd.read_csv(COVERAGE)
    held = held[held["coverage"].notna()]
    entries = {}
    for name in names:
        estimator = sb.estimators.load(name)
        measured = held[(held["method"] == name) & (held["measure"] == estimator.ranks_by)]
        doc = inspect.getdoc(type(estimator)) or ""
        entries[name] = capabilities.entry(estimator) | {
            "covers": _covers(estimator, problem),
            "held": _held(measured),
            "sources": [[one.cited, one.doi] for one in dict.fromkeys(named_in(doc))],
        }
    return entries


def _anybody():
    """Return a problem that no method refuses: a small network, its rows, a way to train anew."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        model = torch.nn.Sequential(*layers).double()
    X = np.random.default_rng(0).normal(size=(4096, 2))
    y = model(torch.as_tensor(X)).detach().numpy()
    space = sb.InputSpace.normal({"x1": (0, 1), "x2": (0, 1)})
    refit = sb.Refit(LinearRegression(), X[:512], y[:512])
    return sb.Problem.of(model, space, X=X[512:], y=y[512:], refit=refit)


def _covers(estimator, problem):
    """Return what the interval of the measure it ranks by covers; None: it has none."""
    size = max(256, 8 * estimator.needs.minimum_rows)
    budget = estimator.needs.cost(problem.d, problem.o, size)
    estimate = estimator.estimate(problem, budget=budget).estimates[estimator.ranks_by]
    return estimate.interval.sources if estimate.interval else None


def _held(measured):
    """Return the share of runs whose interval held the truth; None: not measured."""
    if measured.empty:
        return None
    large = measured.loc[measured.groupby("problem")["size"].idxmax(), "coverage"]
    return {
        "mean": round(float(large.mean()), 3),
        "least": round(float(large.min()), 3),
        "problems": len(large),
    }


def main():
    entries = dict(catalogue.read())
    for name in sb.problems.names():
        try:
            entries[name] = catalogue.entry(sb.problems.load(name))
        except sb.errors.InputError as error:  # needs a file, a package or a network
            print(f"{name}: not listed anew: {error}")
    for gone in set(entries) - set(sb.problems.names()):
        del entries[gone]
    print(catalogue.write(entries))
    print(capabilities.write(methods()))
    PAGE.write_text(TEXT + capabilities.as_markdown(methods()), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
