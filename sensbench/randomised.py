"""sanity(): whether an importance changes when the model's weights are drawn anew."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy import stats
from torch import nn

from sensbench.calls import explained
from sensbench.compare import compare
from sensbench.comparison import Comparison
from sensbench.errors import InputError, PartialResultWarning, SensbenchError, require
from sensbench.estimator.estimator import Estimator
from sensbench.model.boundary.private_copy import private_copy
from sensbench.model.model import Model
from sensbench.problem.problem import Problem

BLIND, NOISE, MOVES = "does not depend on the weights", "within its own noise", "moves"
COLUMNS = ["estimator", "output", "times", "moved", "by_seed", "rank_correlation", "verdict"]
# Shares that differ by less are the same number, but for rounding.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Sanity:
    """How far each method's shares move when the weights are drawn anew.

    Attributes
    ----------
    table
        One row per method and output: how many models were ranked (``times``); ``moved``, half the
        sum of the absolute changes of the shares (0: none, 1: all importance is elsewhere), on
        average over models with weights drawn anew; ``by_seed``, the largest such change of the
        same model by another seed of the method; ``rank_correlation``, Spearman's between
        the inputs' scores, on average; and the ``verdict``.
    """

    table: pd.DataFrame

    @property
    def blind(self) -> tuple[str, ...]:
        """Methods whose numbers are the same whatever the weights, for every output."""
        by = self.table.groupby("estimator", sort=False)["verdict"]
        return tuple(str(name) for name, verdicts in by if (verdicts == BLIND).all())

    def __str__(self) -> str:
        lines = ["sanity: shares of importance with the model's weights drawn anew"]
        for row in self.table.to_dict("records"):
            lines.append(
                f"  {row['estimator']}, {row['output']}: {row['verdict']} (moved "
                f"{row['moved']:.2f} over {row['times']} models; another seed "
                f"{row['by_seed']:.2f}; rank correlation {row['rank_correlation']:.2f})"
            )
        if self.blind:
            lines.append(f"{', '.join(self.blind)} would say the same of any weights.")
        return "\n".join(lines)


@explained
def sanity(
    model: Any,
    X: Any = None,
    *,
    estimators: Sequence[str | Estimator] | str | Estimator | None = None,
    budget: int = 10_000,
    seed: int = 0,
    times: int = 5,
    **options: Any,
) -> Sanity:
    """Ask whether an importance changes when the weights of the model are drawn anew.

    An importance that stays says nothing of what the model learned (Adebayo et al. 2018,
    arXiv:1810.03292). All layers are initialised anew (``reset_parameters``); parameters of modules
    that do not know how are shuffled. The rows stay, and so do the random numbers of the method: a
    method whose shares are the same to rounding does not depend on the weights. One whose shares
    move no more than by another seed is within its own noise. A method of the data alone, such as a
    correlation with measured targets, or of training, such as ``drop_column``, does not depend on
    them rightly, as it does not explain this model.

    Parameters
    ----------
    model
        A torch module, or a :class:`Problem` of one.
    X, options
        Rows, and all else that :func:`sensbench.compare` takes.
    estimators, budget, seed
        As for :func:`sensbench.compare`.
    times
        How many models with weights drawn anew; the methods run 2·times + 1 times.

    Raises
    ------
    InputError
        Not a torch module, or one without parameters.
    """
    whole = isinstance(times, int) and not isinstance(times, bool) and times >= 1
    require(whole, "sanity", "times >= 1", times)
    module = _module_of(model)
    rng = np.random.default_rng(seed)

    def shares(of: Any, seed: int) -> dict[tuple[str, str], Float[np.ndarray, " d"]]:
        with warnings.catch_warnings():
            # weights drawn anew may leave a method nothing to say; that is counted
            warnings.simplefilter("ignore", PartialResultWarning)
            found = compare(of, X, estimators=estimators, budget=budget, seed=seed, **options)
        return _shares(found)

    first = shares(model, seed)
    seeds = rng.integers(1, 2**31 - 1, size=(2, times)).tolist()
    again = [shares(model, other) for other in seeds[0]]
    anew = []
    for other in seeds[1]:
        try:
            anew.append(shares(_with_weights(model, _randomised(module, other)), seed))
        except SensbenchError:  # a model of such weights that no method can be asked about
            continue
    if not anew:
        raise InputError(
            "sanity: expected a model that runs with its weights drawn anew; no method ran on any"
        )
    rows = [_row(key, value, again, anew) for key, value in first.items()]
    return Sanity(pd.DataFrame(rows, columns=COLUMNS))


def _row(
    key: tuple[str, str],
    first: Float[np.ndarray, " d"],
    again: Sequence[dict[tuple[str, str], Float[np.ndarray, " d"]]],
    anew: Sequence[dict[tuple[str, str], Float[np.ndarray, " d"]]],
) -> tuple[Any, ...]:
    """Return what becomes of one method's shares of one output."""
    others = [found[key] for found in anew if key in found]
    moved = [float(np.abs(first - other).sum() / 2) for other in others]
    by_seed = max((float(np.abs(first - s[key]).sum() / 2) for s in again if key in s), default=0.0)
    correlations = [_correlation(first, other) for other in others]
    mean = float(np.mean(moved)) if moved else np.nan
    verdict = MOVES if mean > by_seed else NOISE
    if moved and max(moved) <= _SAME:
        verdict = BLIND
    correlation = float(np.mean(correlations)) if correlations else np.nan
    return (*key, len(others), mean, by_seed, correlation, verdict)


def _correlation(a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"]) -> float:
    """Return Spearman's correlation; 0 where one of both says the same of all inputs."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(stats.spearmanr(a, b).statistic)


def _shares(found: Comparison) -> dict[tuple[str, str], Float[np.ndarray, " d"]]:
    """Return the sizes of each method's headline numbers, divided by their sum."""
    headline, measures = found.results.headline(), found.results.measures
    shares = {}
    for key, rows in headline.groupby(["estimator", "output"], sort=False):
        power = measures[str(rows["measure"].iloc[0])].variance_power or 1
        sizes = np.nan_to_num(np.abs(rows["value"].to_numpy(dtype=float))) ** power
        total = sizes.sum()
        shares[(str(key[0]), str(key[1]))] = sizes / total if total > 0 else sizes
    return shares


def _module_of(model: Any) -> nn.Module:
    module = model
    if isinstance(model, Problem):
        # a problem's model that is no module has none; one of arrays says so itself
        module = getattr(model.explained.as_torch(), "module", None)
    if not isinstance(module, nn.Module) or not any(True for _ in module.parameters()):
        raise InputError(
            f"sanity: expected a torch module with parameters, whose weights can be drawn anew; "
            f"got {type(model).__name__}; of another model train several, and compare them with "
            f"sensbench.check"
        )
    return module


def _with_weights(model: Any, module: nn.Module) -> Any:
    if not isinstance(model, Problem):
        return module
    example, name = model.space.sample(2, 0), model.explained_as
    return replace(model, model=Model(module, example, outputs=model.outputs, name=name))


def _randomised(module: nn.Module, seed: int) -> nn.Module:
    """Return a copy with every weight initialised anew, or shuffled where nobody knows how."""
    copied = private_copy(module)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for parameter in copied.parameters():  # a private copy shares the memory of its weights
            parameter.data = parameter.detach().clone()
        known: set[int] = set()
        for layer in copied.modules():
            reset = getattr(layer, "reset_parameters", None)
            if callable(reset):
                reset()
                known |= {id(p) for p in layer.parameters(recurse=False)}
        for parameter in copied.parameters():
            if id(parameter) not in known:
                order = torch.randperm(parameter.numel())
                parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return copied
