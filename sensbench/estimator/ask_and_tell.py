"""A method whose rows are run elsewhere: a design out, and the outputs back in."""

import json
from abc import ABC, abstractmethod
from functools import partial
from typing import Any, ClassVar, final

import numpy as np

from sensbench.calls import explained
from sensbench.errors import InputError, NotApplicable
from sensbench.estimator.design import Design
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import SensitivityResult
from sensbench.inputs.names import Names, ordered
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem


class AskAndTell(ABC):
    """What gives a design and reads its outputs, by the one ``estimate`` that both run."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def needs(self) -> Needs:
        """What the method asks of a problem, with these parameters."""

    @abstractmethod
    def params(self) -> dict[str, Any]:
        """Return the hyper-parameters by name."""

    @abstractmethod
    def estimate(
        self, problem: Problem, *, budget: int, seed: int | np.random.SeedSequence = 0
    ) -> SensitivityResult:
        """Return the method's measures."""

    @final
    @explained
    def design(
        self,
        space: InputSpace,
        budget: int,
        *,
        seed: int = 0,
        outputs: Names = ("y",),
        name: str = "model",
    ) -> Design:
        """Return the rows this method asks for, to run a model on that is elsewhere.

        :meth:`analyze` takes the outputs. They are to be named here, as their number may decide
        how rows are drawn.

        Raises
        ------
        NotApplicable
            It needs derivatives or training, or chooses rows by the outputs.
        """
        if not isinstance(space, InputSpace):
            raise InputError(f"{self.name}: expected an InputSpace; got {type(space).__name__}")
        if self.needs.gradient or self.needs.refit:
            what = "derivatives of the model" if self.needs.gradient else "the model trained again"
            raise NotApplicable(
                f"{self.name}: expected a method that needs outputs of rows alone; it needs "
                f"{what}; give it the model, or take sobol or a method of given rows"
            )
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(f"{self.name}: expected a seed of 0 or more; got {seed!r}")
        if isinstance(budget, bool) or not isinstance(budget, int | np.integer):
            raise InputError(f"{self.name}: expected a budget of whole rows; got {budget!r}")
        names, budget, seed = ordered(outputs, self.name, "outputs"), int(budget), int(seed)
        params = json.loads(json.dumps(self.params()))  # as a file has them: lists for tuples
        return Design.of(
            partial(self.estimate, budget=budget, seed=seed),
            estimator=self.name,
            params=params,
            space=space,
            outputs=names,
            budget=budget,
            seed=seed,
            name=name,
        )

    @final
    @explained
    def analyze(self, design: Design, outputs: Any) -> SensitivityResult:
        """Return what :meth:`estimate` would with the model that gave these outputs.

        Parameters
        ----------
        design
            From :meth:`design`.
        outputs
            One row per row of the design, in its order: (n,) or (n, o), or a frame, which may
            have the inputs too.

        Raises
        ------
        InputError
            Another method's design, outputs that are not those of its rows, or changed rows.
        """
        if not isinstance(design, Design):
            raise InputError(f"{self.name}: expected a Design; got {type(design).__name__}")
        own = json.loads(json.dumps(self.params()))
        if (design.estimator, design.params) != (self.name, own):
            raise InputError(
                f"{self.name}: expected a design of {self.name} with {own}; got one of "
                f"{design.estimator} with {design.params}; its own method reads it"
            )
        estimated = partial(self.estimate, budget=design.budget, seed=design.seed)
        return design.answered(estimated, outputs)
