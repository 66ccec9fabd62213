"""Problem: a model over a distribution of inputs, with data and known truth where there is any."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import InputError, NotApplicable
from sensbench.inputs.marginal import Empirical, is_continuous
from sensbench.inputs.names import Names, ordered
from sensbench.inputs.rows import (
    as_rows,
    as_targets,
    differ,
    standard_deviations,
    target_names,
)
from sensbench.inputs.space import InputSpace
from sensbench.measure import MEASURES
from sensbench.model.boundary.arguments import Arguments
from sensbench.model.boundary.columns import Selector
from sensbench.model.model import Derivatives, Model
from sensbench.model.quality import Quality
from sensbench.problem.refit import Refit
from sensbench.problem.truth import Truth, Truths

Inputs = Literal["data", "product"]
# What a model's outputs are called for want of a name: y, out1, and anything by position.
_NO_NAME = re.compile(r"y|out\d+|.+\[\d+(,\d+)*\]")
OutputsOf = Literal["model", "targets"]
# What is explained where there is no model: the targets as they were measured.
MEASURED = "data"


@dataclass(frozen=True, eq=False)
class Data:
    """Real rows, and the targets measured with them where there are any."""

    X: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n o"] | None = None

    def __post_init__(self) -> None:
        # sums over rows are rounded by the layout: the same numbers, from a frame or a file, are
        # to give the same bits
        object.__setattr__(self, "X", np.ascontiguousarray(self.X))
        if self.y is not None:
            object.__setattr__(self, "y", np.ascontiguousarray(self.y))

    def __len__(self) -> int:
        return len(self.X)

    @cached_property
    def std(self) -> Float[np.ndarray, " d"]:
        """Standard deviation of each column over the rows."""
        return np.where(differ(self.X), standard_deviations(self.X), 0.0)

    def take(self, rows: Int[np.ndarray, " k"]) -> "Data":
        """Return some of the rows."""
        y = None if self.y is None else self.y.take(rows, axis=0)
        return Data(self.X.take(rows, axis=0), y)


class Sample(NamedTuple):
    """Rows and their outputs."""

    X: Float[np.ndarray, "n d"]
    outputs: Float[np.ndarray, "n o"]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is explained: a model, what its inputs are, and what is known of the answer.

    Attributes
    ----------
    model
        ``None`` for data that no model has been trained on yet.
    space
        The inputs' marginals, and how they depend on each other: what designs sample from.
    data
        Real rows. With ``inputs="data"`` estimators that need no design use these very rows.
    truth
        Measure name to what is known of it, under the law of ``space``: value, standard error and
        how it was obtained. Worked out when somebody asks.
    reference
        Measure name to what the model's own value is known to be: the truth, for the function
        that it is the truth of; a large sample's for a trained network
        (:func:`sensbench.reference`).
    truth_of
        What the truth is true of: the function itself, also when ``model`` is a network that was
        trained on it.
    inputs
        ``"data"`` or ``"product"``: the latter makes every method use the product of the
        marginals, for a like-for-like comparison.
    quality
        Output name to how well the model predicts it, where there are targets to judge it by.
    judged_on
        The rows that ``quality`` was measured on, in words.
    notes
        What a reader of the results should know.
    source, licence
        Who described the function or measured the data, with DOI; the terms the data may be used
        under.
    planted
        Planted feature to the feature it is a copy of; ``""``: noise (:func:`sensbench.plant`).
    refit
        How the model is trained again, for methods that take a column away from its training;
        networks of :data:`sensbench.networks` know it.
    noise_floor
        Inputs that were added and that the model ignores: what does not score above them is not
        told apart from an input without effect.
    """

    name: str
    space: InputSpace
    model: Model | None = None
    data: Data | None = None
    truth: Truths | Mapping[str, Truth] = field(default_factory=dict)
    truth_of: str = ""
    reference: Truths | Mapping[str, Truth] = field(default_factory=dict)
    inputs: Inputs = "data"
    quality: Mapping[str, Quality] = field(default_factory=dict)
    judged_on: str = ""
    output_units: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    source: str = ""
    licence: str = ""
    planted: Mapping[str, str] = field(default_factory=dict)
    refit: Refit | None = None
    noise_floor: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.inputs not in ("data", "product"):
            raise InputError(
                f"problem {self.name!r}: expected inputs='data' or 'product'; got {self.inputs!r}"
            )
        if self.model is not None and self.model.d != self.space.d:
            raise InputError(
                f"problem {self.name!r}: expected a space of {self.model.d} inputs for model "
                f"{self.model.name!r}; got {self.space.d} ({', '.join(self.space.columns)})"
            )
        if self.data is not None and self.data.X.shape[1] != self.space.d:
            raise InputError(
                f"problem {self.name!r}: expected rows of {self.space.d} columns; "
                f"got shape {self.data.X.shape}"
            )
        targets = None if self.data is None or self.data.y is None else self.data.y.shape[1]
        if self.model is not None and targets is not None and targets != self.model.o:
            raise InputError(
                f"problem {self.name!r}: expected one target column per output "
                f"({', '.join(self.model.outputs)}); got {targets}; choose the outputs with "
                f"output=, for example output=0 for the first of a tuple"
            )
        object.__setattr__(self, "truth", self._checked_truth())

    def _checked_truth(self) -> Truths:
        given = Truths.of(self.truth)
        if self.model is None or not given.worked_out:
            return given
        for name, item in given.items():
            shape = MEASURES[name].shape(self.o, self.d) if name in MEASURES else (self.o, self.d)
            if item.value.shape != shape:
                raise InputError(
                    f"problem {self.name!r}: expected truth of shape {shape} for {name!r} "
                    f"({self.o} outputs, {self.d} features); got {item.value.shape}"
                )
        return given

    @classmethod
    def of(
        cls,
        function: Any,
        space: InputSpace,
        *,
        name: str | None = None,
        X: Any = None,
        y: Any = None,
        truth: Truths | Mapping[str, Any] | None = None,
        output: Selector = None,
        outputs: Names | None = None,
        arguments: Arguments = None,
        derivatives: Derivatives = "auto",
        output_units: Sequence[str] = (),
        inputs: Inputs = "data",
        notes: Sequence[str] = (),
        source: str = "",
        refit: Refit | None = None,
    ) -> "Problem":
        """Return the problem of a model over a space, with rows if given; see :class:`Model`.

        ``truth`` maps measures to :class:`Truth`, or to arrays that are taken to be exact.

        ``X`` are rows as :class:`Model` takes them, which are copied, or :class:`Data`, which are
        taken as they are.

        Outputs that have no name of their own (``y``, ``y[0]``, ``out1`` …) are called as the
        columns of ``y`` are, where it is a frame or a named Series with as many.

        Raises
        ------
        InputError
            Rows, targets, names or truths that do not fit together.
        ModelError
            The function cannot be called on rows of the space.
        """
        rows = None
        if isinstance(X, Data) and y is None:
            y = X.y
        if X is not None:
            rows = X.X if isinstance(X, Data) else as_rows(X, "X", space.columns)[0]
        example = space.sample(2, 0) if rows is None else rows[:2]
        model = (
            (
                function
                if outputs is None
                else function.named(ordered(outputs, "problem", "outputs"))
            )
            if isinstance(function, Model)
            else Model(
                function,
                example,
                output=output,
                outputs=outputs,
                name=name,
                arguments=arguments,
                features=space.columns,
                discrete=_whole(space),
                derivatives=derivatives,
            )
        )
        if outputs is None:
            model = _named_after(model, target_names(y))
        data = None
        if rows is not None:
            data = Data(rows, None if y is None else as_targets(y, len(rows), "y"))
        elif y is not None:
            raise InputError("problem: expected X with y; got y alone")
        name = name or model.name
        return cls(
            name=name,
            space=space,
            model=model,
            data=data,
            truth=Truths.of(truth),
            truth_of=name if truth is not None else "",
            inputs=inputs,
            output_units=tuple(output_units),
            notes=tuple(notes),
            source=source,
            refit=refit,
        )

    @property
    def explained(self) -> Model:
        """The model.

        Raises
        ------
        InputError
            There is none yet: the problem is data alone.
        """
        if self.model is None:
            raise InputError(
                f"problem {self.name!r}: expected a model to explain; this problem is data alone; "
                f"train one (a study's models: [mlp]) or pass yours to with_model"
            )
        return self.model

    def __repr__(self) -> str:
        rows = f", {len(self.data):,} rows" if self.data is not None else ""
        known = f"; known values of {self.truth_of}" if self.truth_of else ""
        return (
            f"<Problem {self.name!r}: {self.explained_as} with {self.d} inputs and {self.o} "
            f"outputs{rows}{known}; {self.space!r}>"
        )

    @property
    def explained_as(self) -> str:
        """Name of what is explained: the model's, or ``"data"`` for measured targets alone."""
        return self.model.name if self.model is not None else MEASURED

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the model's outputs, or of the data's targets before there is a model."""
        return self.model.outputs if self.model is not None else self.targets

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what importance is attributed to: the inputs, or groups of them."""
        return self.space.names

    @property
    def d(self) -> int:
        """Number of features; the model's rows have ``space.d`` columns."""
        return len(self.features)

    @property
    def o(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    @property
    def drawn_from(self) -> InputSpace:
        """The space that draws come from: with ``inputs="product"`` that of the marginals alone."""
        return self.space.product() if self.inputs == "product" else self.space

    def apart(self) -> "Problem":
        """Return the problem with inputs that are drawn independently, itself where they are."""
        return self if self.drawn_from.independent else replace(self, inputs="product")

    @property
    def known_truth(self) -> Truths | Mapping[str, Truth]:
        """What is known of the law that draws come from: nothing, where that is not the space's."""
        return self.truth if self.drawn_from is self.space else {}

    @property
    def uses_rows(self) -> bool:
        """Whether :meth:`rows` gives real rows."""
        return self.data is not None and self.inputs == "data"

    def with_model(
        self, model: Model, quality: Mapping[str, Quality] | None = None, judged_on: str = ""
    ) -> "Problem":
        """Return the same question about another model, for example a trained network.

        The truth stays, as the truth of the function: a network's distance from it is its own
        error and the estimator's together.
        """
        return replace(
            self, model=model, quality=MappingProxyType(dict(quality or {})), judged_on=judged_on,
            refit=None,
        )  # fmt: skip

    def rows(self, n: int, rng: np.random.Generator) -> Data:
        """Return at most ``n`` rows: real ones where the problem has them, else draws.

        Real rows are never repeated: all of them when ``n`` is enough, else a random subset.
        """
        if self.data is None or self.inputs == "product":
            return Data(self.drawn_from.sample(n, rng))
        if n >= len(self.data):
            return self.data
        return self.data.take(np.sort(rng.choice(len(self.data), n, replace=False)))

    def sample(self, n: int, rng: np.random.Generator, *, of: OutputsOf = "model") -> "Sample":
        """Return such rows as :meth:`rows` gives, with their outputs.

        Parameters
        ----------
        of
            Whose outputs: the ``"model"``'s, whose rows are counted, or the measured
            ``"targets"``'.

        Raises
        ------
        NotApplicable
            Targets of a problem that has none, or of draws, which nobody measured.
        """
        rows = self.rows(n, rng)
        if of == "model":
            return Sample(rows.X, self.explained(rows.X))
        if of != "targets":
            raise InputError(f"problem {self.name!r}: expected of='model' or 'targets'; got {of!r}")
        if rows.y is None:
            drawn = "its rows are draws" if not self.uses_rows else "its rows came without y"
            raise NotApplicable(
                f"problem {self.name!r}: expected rows with measured targets; {drawn}; give X "
                f"and y, with inputs='data'"
            )
        return Sample(rows.X, rows.y)

    def rows_in_chunks(self, n: int, most: int, rng: np.random.Generator) -> Iterator[Data]:
        """Yield such rows as :meth:`rows` gives, ``most`` at a time, in random order.

        Each chunk is then a random sample of all rows, also where the data are sorted.
        """
        if self.data is None or self.inputs == "product":
            for start in range(0, n, most):
                yield Data(self.drawn_from.sample(min(most, n - start), rng))
            return
        # rng.permutation's own order, half as wide: of a million rows it stays in cache
        order = np.arange(len(self.data), dtype=np.int32 if len(self.data) < 2**31 else np.int64)
        rng.shuffle(order)
        order = order[:n]
        for start in range(0, len(order), most):
            yield self.data.take(order[start : start + most])

    def sigma(self) -> Float[np.ndarray, " d"]:
        """Standard deviation of each column, of the real rows or of the marginals."""
        if self.uses_rows and self.data is not None:
            return self.data.std.copy()
        return self.space.std()

    def describe_inputs(self, design: bool) -> str:
        """Say what an estimator's inputs are: real rows, or the product of the marginals."""
        if self.uses_rows and self.data is not None and not design:
            return f"the {len(self.data)} data rows"
        whole = [group.name for group in self.space.groups if group.rows is not None]
        rows = f", {' and '.join(whole)} as whole rows" if whole else ""
        kind = f" (each column's values{rows})" if self.space.empirical else ""
        if not self.drawn_from.independent:
            return f"draws of inputs that are {self.space.dependence.describe()}{kind}"
        return f"the product of the marginals{kind}"


def _named_after(model: Model, targets: tuple[str, ...] | None) -> Model:
    """Return the model with the targets' names for outputs that have none of their own."""
    if targets is None or len(targets) != model.o or targets == model.outputs:
        return model
    if sorted(targets) == sorted(model.outputs):
        raise InputError(
            f"model {model.name!r}: expected targets in the order of its outputs "
            f"({', '.join(model.outputs)}); got {', '.join(targets)}"
        )
    if all(_NO_NAME.fullmatch(name) for name in model.outputs):
        return model.named(targets)
    return model


def _whole(space: InputSpace) -> list[int]:
    """Return the columns of which all values are whole numbers, and separate ones."""
    few = np.array([0.1, 0.5, 0.9])
    values = [m.values if isinstance(m, Empirical) else m.ppf(few) for m in space.marginals]
    return [
        i
        for i, (marginal, some) in enumerate(zip(space.marginals, values, strict=True))
        if not is_continuous(marginal) and (some == np.rint(some)).all()
    ]
