from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sensbench.errors import DerivativeError, NotApplicable, SensbenchError
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._baseline import Given, as_given, baseline_of
from sensbench.estimators.attribution._captum import EXTRA, MODULE, as_tensor, quiet
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution, starts
from sensbench.estimators.attribution._sums import AttributionSums
from sensbench.extras import imported
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem

# In standard deviations of the output, over the rows: rounding of float32 networks is far below,
# and what a nonlinearity adds that Captum does not see is above.
_MISSING = 0.01
_EXPECTED = (
    "expected a torch module whose nonlinearities are modules that Captum knows (ReLU, ELU, "
    "LeakyReLU, Sigmoid, Tanh, Softplus, MaxPool, Softmax), each used once"
)
_DO = "make them such modules, or take integrated_gradients, or leave deep_lift out"


@dataclass(frozen=True)
class DeepLift(Attribution):
    """DeepLIFT attributions of a network's outputs (Rescale rule), averaged over rows.

    The change of every activation from a baseline's is passed back in proportion to the changes
    of its inputs, by Captum (Shrikumar, Greenside & Kundaje 2017, doi:10.48550/arXiv.1704.02685).
    Spends 2n forward rows (the rows, and the baseline beside each) and 2n backward rows for each
    output.

    Captum sees nonlinearities that are modules of kinds it knows, used once. What it does not see
    shows: attributions then fail to add up to f(x) - f(b), and where that is by more than 1 % of
    the output's standard deviation the model is refused. A note says how well they add up.

    Intervals: Student's, by the delta method over up to 128 groups of rows. Inputs that take
    separate values only, and groups, stay at the row's values.

    Parameters
    ----------
    baseline
        ``"mean"`` of the rows or the law, ``"zero"``, or one number per input.
    """

    name = "deep_lift"
    measures = measures_of(name)
    ranks_by = "deep_lift_abs_standardised"
    needs = Needs("either", gradient=True, groups="one feature", minimum_rows=8,
                  cost=Cost(0, per_output=4))  # fmt: skip
    extra = EXTRA

    baseline: Given = "mean"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        object.__setattr__(self, "baseline", as_given(self.name, self.baseline))

    def _rows_for_each(self, problem: Problem) -> int:
        return 4 * problem.o

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        captum = imported(MODULE, self.extra, self.name)
        baseline = baseline_of(problem, self.baseline, self.name)
        module = self._module(problem)

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            x, b = as_tensor(X).requires_grad_(), as_tensor(starts(X, baseline.row, columns))
            shape = (2, len(X), problem.o)
            ends, phi = np.empty(shape), np.empty((len(X), problem.o, len(columns)))
            for k in range(problem.o):
                method, slopes = captum.DeepLift(module), _Summed()
                # one backward pass for all rows: they are independent of each other
                method.gradient_func = slopes
                found = self._called(method, x, b, k)
                phi[:, k] = found.detach().numpy()[:, columns]
                ends[:, :, k] = slopes.outputs.double().cpu().numpy().reshape(2, -1)
            return Attributed(ends[0], phi, change=ends[0] - ends[1])

        return attribute, baseline.said

    def _module(self, problem: Problem) -> nn.Module:
        try:
            return problem.explained.as_torch()
        except DerivativeError as error:
            raise NotApplicable(f"{self.name}: {_EXPECTED}; {error}; {_DO}") from error

    def _called(
        self, method: Any, x: Float[Tensor, "n d"], b: Float[Tensor, "n d"], output: int
    ) -> Float[Tensor, "n d"]:
        try:
            with quiet():
                return method.attribute(x, baselines=b, target=output)
        except (RuntimeError, AssertionError) as error:
            if isinstance(error, SensbenchError):
                raise
            raise NotApplicable(
                f"{self.name}: {_EXPECTED}; Captum raised {type(error).__name__}: {error}; {_DO}"
            ) from error

    def _complete(self, sums: AttributionSums, problem: Problem) -> str:
        missing = sums.missing()
        of_outputs = np.zeros(problem.o) if missing is None else np.sqrt((missing**2).mean(axis=0))
        named = [
            f"{name!r} ({share:.2g})"
            for name, share in zip(problem.outputs, of_outputs, strict=True)
            if share > _MISSING
        ]
        if named:
            raise NotApplicable(
                f"{self.name}: {_EXPECTED}; attributions do not add up to f(x) - f(baseline), by "
                f"so many standard deviations of the output: {', '.join(named[:6])}; {_DO}"
            )
        return super()._complete(sums, problem)


class _Summed:
    """The gradient of the sum over rows, and the outputs that it is of.

    In place of Captum's own, which asks for each row's by itself and takes several times as long.
    """

    outputs: Float[Tensor, " n"]

    def __call__(
        self, forward: Callable[[], Tensor], inputs: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            outputs = forward()
            self.outputs = outputs.detach()
            return torch.autograd.grad(outputs.sum(), inputs)
