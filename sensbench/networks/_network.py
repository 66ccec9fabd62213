"""Network: the contract of every kind of network, and how a single one is trained."""

import contextlib
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import nn

from sensbench.errors import InputError, ModelError, require
from sensbench.model.boundary.borrowed import undisturbed
from sensbench.model.model import Model
from sensbench.model.quality import Quality, gradient_errors, qualities
from sensbench.networks._cache import NetworkCache, key_of
from sensbench.networks._fitting import fit, one_thread
from sensbench.networks._rows import VALIDATION_OF_LEARNED, Part, Split, split_rows
from sensbench.networks._standardised import Standardised
from sensbench.networks._trained import Trained
from sensbench.problem.problem import Problem

_log = logging.getLogger(__name__)


class Network(ABC):
    """A kind of network with its hyper-parameters, which trains on problems.

    Attributes
    ----------
    train_rows
        Rows drawn to learn from where the problem has no data.
    sobolev
        Weight of the gradient's squared relative error in the loss; 0: only values are learned.
    """

    name: ClassVar[str]
    train_rows: int
    sobolev: float

    @abstractmethod
    def build(self, d: int, o: int, seed: int = 0) -> nn.Module:
        """Return the untrained module, between inputs and outputs in their own units."""

    @abstractmethod
    def learn(self, rows: Part, validation: Part, seed: int) -> tuple[nn.Module, int]:
        """Return the trained module and the iterations run. All randomness comes from ``seed``."""

    @property
    def stops_early(self) -> bool:
        """Whether the validation rows say when to stop."""
        return True

    @abstractmethod
    def params(self) -> dict[str, Any]:
        """Return the hyper-parameters by name, plain values all."""

    def train(
        self,
        problem: Problem,
        seed: int | np.random.SeedSequence = 0,
        cache: NetworkCache | None = None,
    ) -> Trained:
        """Return the network trained on the problem's data, or on draws of its model.

        The same seed gives the same bits; neither the problem nor torch's global state changes.
        With a ``cache``, a network that has learned the very same rows is taken from there, and
        a new one is kept.

        Raises
        ------
        TooFewRows
            Too few rows of data.
        NotApplicable
            ``sobolev`` is above 0, and the targets have no known derivative.
        InputError
            Neither measured targets nor a model to learn from.
        """
        with undisturbed(), one_thread():
            rng = np.random.default_rng(seed)
            split = split_rows(problem, self.train_rows, rng)
            if self.sobolev > 0:
                split = split.with_slopes(f"network {self.name!r} on {problem.name!r}")
            module, training = self._learned(split, int(rng.integers(2**31)), cache, problem.name)
            module.requires_grad_(False).eval()
            training = {
                "rows": len(split.fit),
                "validation_rows": len(split.validation) if self.stops_early else 0,
                "held_out_rows": len(split.held_out),
                **training,
                "parameters": sum(p.numel() for p in module.parameters()),
            }
            quality = self._judged(problem, split, module)
        return Trained(
            self.name, module, problem.outputs, quality, training, split.held_out_rows, self
        )

    def restore(self, problem: Problem, metadata: Mapping[str, Any], weights: bytes) -> Trained:
        """Return the network that was trained on this problem, from what was kept of it.

        Raises
        ------
        InputError
            The weights are not those of a network with these hyper-parameters on this problem.
        """
        module = self.build(problem.space.d, problem.o).requires_grad_(False)
        restored = Trained.restore(self.name, module, problem.outputs, metadata, weights)
        return replace(restored, network=self)

    def again(
        self, X: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n o"], seed: int
    ) -> nn.Module:
        """Return a module that has learned these rows, some of which say when to stop."""
        with undisturbed(), one_thread():
            rng = np.random.default_rng(seed)
            order = rng.permutation(len(X))
            n_validation = max(1, int(VALIDATION_OF_LEARNED * len(X)))
            validation, rows = np.split(order, [n_validation])
            every = np.ones(X.shape[1], dtype=bool)
            learned, held = (Part(X[some], y[some], every) for some in (rows, validation))
            module, _ = self.learn(learned, held, int(rng.integers(2**31)))
        return module.requires_grad_(False).eval()

    def _learned(
        self, split: Split, seed: int, cache: NetworkCache | None, problem: str
    ) -> tuple[nn.Module, Mapping[str, Any]]:
        learned = (split.fit, split.validation)
        key = "" if cache is None else key_of(type(self), self.name, self.params(), learned, seed)
        if cache is not None:
            module = self.build(split.fit.X.shape[1], split.fit.y.shape[1], seed)
            kept = cache.get(key, module)
            if kept is not None:
                module.load_state_dict(kept.weights)
                return module, kept.training
        _log.info("training %s on %d rows of %s …", self.name, len(split.fit), problem)
        start = time.perf_counter()
        module, iterations = self.learn(split.fit, split.validation, seed)
        seconds = round(time.perf_counter() - start, 3)
        training = {"iterations": iterations, "seconds": seconds}
        if cache is not None:
            cache.put(key, module.state_dict(), training)
        return module, training

    def _judged(self, problem: Problem, split: Split, module: nn.Module) -> dict[str, Quality]:
        rows = split.held_out
        model = Model(module, rows.X, outputs=problem.outputs, name=self.name)
        errors = None
        if split.has_slopes:
            # What has no derivative has no error of it.
            with contextlib.suppress(ModelError):
                exact = split.slopes(rows)
                J = model.jacobian(rows.X)[:, :, rows.sloping]
                errors = gradient_errors(J, exact, problem.sigma()[rows.sloping])
        return qualities(rows.y, model(rows.X), problem.outputs, errors)


@dataclass(frozen=True, kw_only=True)
class Single(Network):
    """A network of one stack of layers, fitted step by step with early stopping.

    Parameters
    ----------
    weight_decay
        Weight of the squared weights in the loss on standardised outputs.
    sobolev
        Weight of the gradient's squared relative error in the loss, where the problem is a
        function with a derivative: Sobolev training, Czarnecki et al. 2017, arXiv:1706.04859.
        1: values and gradient count alike. 0: only values are learned.
    iterations
        Of L-BFGS, at most.
    patience
        Iterations without a lower error on the validation rows, after which training stops.
    train_rows
        Rows drawn to learn from where the problem has no data.
    """

    weight_decay: float = 1e-5
    sobolev: float = 0.0
    iterations: int = 600
    patience: int = 100
    train_rows: int = 2000

    def __post_init__(self) -> None:
        for option in ("weight_decay", "sobolev"):
            require_weight(self.name, option, getattr(self, option))
        for option, least in (("iterations", 1), ("patience", 1), ("train_rows", 20)):
            require_whole(self.name, option, getattr(self, option), least)

    @abstractmethod
    def build(self, d: int, o: int, seed: int = 0) -> Standardised: ...

    def learn(self, rows: Part, validation: Part, seed: int) -> tuple[nn.Module, int]:
        module = self.build(rows.X.shape[1], rows.y.shape[1], seed)
        module.standardise(rows)
        iterations = fit(
            module.layers,
            module.standardised(rows),
            module.standardised(validation),
            weight_decay=self.weight_decay,
            sobolev=self.sobolev,
            iterations=self.iterations,
            patience=self.patience,
        )
        return module, iterations

    def params(self) -> dict[str, Any]:
        return asdict(self)


def require_weight(who: str, option: str, value: object) -> None:
    """Raise an ``InputError`` unless the option is a finite number of at least 0."""
    real = isinstance(value, int | float) and math.isfinite(value) and value >= 0
    require(real, who, f"{option} >= 0", value)


def require_whole(who: str, option: str, value: object, least: int) -> None:
    """Raise an ``InputError`` unless the option is a whole number of at least that."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
    require(whole, who, f"{option} >= {least}", value)


def as_widths(who: str, hidden: object) -> tuple[int, ...]:
    """Return the widths of hidden layers; a study file has lists.

    Raises
    ------
    InputError
        Not a list of whole numbers of at least 1.
    """
    if isinstance(hidden, list | tuple) and all(
        isinstance(width, int) and not isinstance(width, bool) and width >= 1 for width in hidden
    ):
        return tuple(hidden)
    raise InputError(f"{who}: expected hidden as a list of widths, each at least 1; got {hidden!r}")
