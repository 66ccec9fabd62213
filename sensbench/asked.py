"""Asked: what a caller of compare() passed, and the problem that it makes."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np

from sensbench.errors import CorrelatedInputsWarning, InputError, ModelError
from sensbench.inputs.names import Names, ordered
from sensbench.inputs.rows import as_rows, as_targets, discrete_columns, target_names
from sensbench.inputs.space import Groups, InputSpace
from sensbench.model.boundary.arguments import Arguments
from sensbench.model.boundary.coded import Coding, coding_for
from sensbench.model.boundary.columns import Selector
from sensbench.model.boundary.mistaken import require_model_and_rows
from sensbench.model.model import Derivatives, Model
from sensbench.model.quality import qualities
from sensbench.problem.problem import Data, Inputs, Problem
from sensbench.problem.refit import Refit


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """A model with its rows and options, as :func:`sensbench.compare` takes them."""

    model: Any
    X: Any = None
    y: Any = None
    space: Any = None
    features: Names | None = None
    output: Selector = None
    outputs: Names | None = None
    inputs: Inputs = "data"
    discrete: Any = None
    groups: Groups | None = None
    arguments: Arguments = None
    derivatives: Derivatives = "auto"
    refit: Refit | None = None

    @property
    def options(self) -> dict[str, Any]:
        """How the model is to be read, where that was said."""
        given = {"output": self.output, "arguments": self.arguments}
        if self.derivatives != "auto":
            given["derivatives"] = self.derivatives
        return {key: value for key, value in given.items() if value is not None}

    def problem(self) -> Problem:
        """Return the problem, with the model's quality where there are targets.

        Raises
        ------
        InputError
            What was passed does not fit together.
        ModelError
            The model cannot be called on the rows.
        """
        if isinstance(self.model, Problem):
            return self._of_problem(self.model)
        if self.model is None and self.y is not None:
            return self._of_rows()
        self._require_consistent()
        features = None if self.features is None else ordered(self.features, "compare", "features")
        outputs = None if self.outputs is None else ordered(self.outputs, "compare", "outputs")
        if self.space is not None and features is not None and features != self.space.columns:
            raise InputError(
                f"compare: expected features= to be left out or to match the space "
                f"({', '.join(self.space.columns)}); got {list(features)}"
            )
        model, X, space = self.model, self.X, self.space
        notes: list[str] = []
        if self._may_be_coded:
            coding = coding_for(model, X, "compare: X", features, self.discrete)
            if coding is not None:
                model, X, notes = coding.function, coding.rows, [coding.note]
                space = _space_of(coding, self.groups)
        if X is not None:
            rows, names = as_rows(X, "compare: X", space.columns if space else features)
            if space is None:
                space = InputSpace.from_rows(
                    rows, names, discrete_columns(X), self.discrete, self.groups
                )
                if space.correlated:
                    warnings.warn(space.dependence_note(), CorrelatedInputsWarning, stacklevel=4)
            X = Data(rows)  # which are not copied and looked through again
            if self.y is not None:
                as_targets(self.y, len(rows), "compare: y")
        how = {
            "X": X, "inputs": self.inputs, "arguments": self.arguments,
            "derivatives": self.derivatives, "notes": notes, "refit": self.refit,
        }  # fmt: skip
        problem_of = partial(Problem.of, model, cast(InputSpace, space), **how)
        output, outputs, y = self._chosen(problem_of, outputs)
        return _judged(problem_of(y=y, output=output, outputs=outputs))

    def _chosen(
        self, problem_of: Callable[..., Problem], outputs: tuple[str, ...] | None
    ) -> tuple[Selector, tuple[str, ...] | None, Any]:
        """Return the outputs asked for, their names and their targets, where all have some.

        Names that the model does not know itself are those of the targets, or given with outputs=.
        """
        output, y = self.output, self.y
        names = target_names(y) if outputs is None else outputs
        named = names is not None and _among(output, names)
        count = np.shape(y)[1] if y is not None and np.ndim(y) == 2 else 1
        several = count > 1 or len(outputs or ()) > 1
        if output is None or not (named or several):
            return output, outputs, y
        try:
            own = problem_of().outputs
        except ModelError:  # not everything that it returns is an output
            return output, outputs, y
        if names is not None and named and not _among(output, own) and len(own) == len(names):
            wanted = [output] if isinstance(output, str) else list(cast(Any, output))
            output = [own[names.index(name)] for name in wanted]
        chosen = problem_of(output=output).outputs
        if chosen == own or not set(chosen) <= set(own):
            return output, outputs, y
        places = [own.index(name) for name in chosen]
        if y is not None and count == len(own):
            y = as_targets(y, np.shape(y)[0], "compare: y")[:, places]
        if names is not None and len(names) == len(own):
            outputs = tuple(names[place] for place in places)
        return output, outputs, y

    @property
    def _may_be_coded(self) -> bool:
        """Whether text, dates and gaps may stand for themselves: rows alone say what they are."""
        alone = self.X is not None and self.space is None and self.arguments is None
        return alone and not isinstance(self.model, Model)

    def _of_rows(self) -> Problem:
        """Return the problem of rows and measured targets, which no model stands for."""
        if self.X is None:
            raise InputError("compare: expected X with y; got y alone")
        of_a_model = {"output": self.output, "arguments": self.arguments, "refit": self.refit}
        given = [name for name, value in of_a_model.items() if value is not None]
        if given or self.derivatives != "auto" or self.inputs != "data":
            raise InputError(
                f"compare: expected X and y alone without a model, as they were measured; got "
                f"{', '.join([*given, 'derivatives or inputs'][:1])} as well; give a model"
            )
        self._require_consistent()
        features = None if self.features is None else ordered(self.features, "compare", "features")
        space = self.space
        rows, _ = as_rows(self.X, "compare: X", space.columns if space else features)
        space = space or InputSpace.from_data(
            self.X, features, discrete=self.discrete, groups=self.groups
        )
        targets = as_targets(self.y, len(rows), "compare: y")
        o = targets.shape[1]
        names = (
            target_names(self.y)
            if self.outputs is None
            else ordered(self.outputs, "compare", "outputs")
        )
        names = names or (("y",) if o == 1 else tuple(f"y[{k}]" for k in range(o)))
        if len(names) != o:
            raise InputError(
                f"compare: expected a name per column of y, {o}; got {len(names)} in outputs="
            )
        return Problem(name="data", space=space, data=Data(rows, targets), targets=names)

    def _of_problem(self, problem: Problem) -> Problem:
        given = (self.X, self.y, self.space, self.features, self.output, self.outputs,
                 self.discrete, self.groups, self.arguments, self.refit)  # fmt: skip
        if any(value is not None for value in given) or self.derivatives != "auto":
            raise InputError("compare: expected a Problem alone; it has its rows, space and model")
        return replace(problem, inputs=self.inputs if self.inputs != "data" else problem.inputs)

    def _require_consistent(self) -> None:
        if self.X is not None:
            require_model_and_rows(self.model, self.X, "compare")
        if self.space is not None and not isinstance(self.space, InputSpace):
            raise InputError(
                f"compare: expected space as an InputSpace; got {self.space!r}; "
                f"InputSpace.of makes one from names and marginals"
            )
        if self.X is None and self.space is None:
            raise InputError(
                "compare: expected rows X or a space; got neither; pass the data the model is "
                "used on, or space=InputSpace.uniform({'x1': (low, high), …})"
            )
        if self.space is not None and (self.discrete is not None or self.groups is not None):
            raise InputError(
                "compare: expected discrete= and groups= with X alone; a space has its own: "
                "InputSpace.from_data(X, discrete=…, groups=…) or InputSpace.of(…, groups=…)"
            )


def _among(output: Selector, names: Sequence[str]) -> bool:
    """Whether outputs are chosen by name, and all of them by one of these."""
    if isinstance(output, str):
        return output in names
    return isinstance(output, list | tuple) and bool(output) and set(output) <= set(names)


def _judged(problem: Problem) -> Problem:
    """Return the problem with how well the model predicts, where there are targets."""
    if problem.data is None or problem.data.y is None:
        return problem
    # metered(): judging is not explaining, so its rows are nobody's cost
    predicted = problem.explained.metered()(problem.data.X)
    quality = qualities(problem.data.y, predicted, problem.outputs)
    return replace(problem, quality=quality, judged_on="the rows given")


def _space_of(coding: Coding, groups: Groups | None) -> InputSpace:
    """Return the space of the rows; codes without an order correlate with nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        space = InputSpace.from_data(
            coding.rows, coding.names, discrete=coding.discrete, groups=groups
        )
    without = set(coding.unordered)
    space = replace(space, correlated=tuple(p for p in space.correlated if not {*p[:2]} & without))
    if space.correlated:
        warnings.warn(space.dependence_note(), CorrelatedInputsWarning, stacklevel=4)
    return space
