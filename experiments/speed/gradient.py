"""Derivatives: sensbench, the bare passes, Captum, torch.func, and the loops of the forums."""

import numpy as np
import torch

import sensbench as sb
from experiments.speed.bare import forward_and_backward
from experiments.speed.case import (
    SEED,
    Case,
    Disagreement,
    Numbers,
    Peer,
    Run,
    counted,
    same,
    same_rows,
)  # fmt: skip

STEPS = 50


def ours(case: Case) -> Run:
    """All of the estimator's measures with their intervals, not the derivatives alone."""
    estimator = sb.estimators.load("gradient")

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=case.n * (1 + case.o), seed=SEED)
        return {
            "rows": counted(result),
            "derivative_mean": result["derivative_mean"].value,
            "derivative_abs": result["derivative_abs"].value,
            "dgsm": result["dgsm"].value,
        }

    return run


def moments(J: torch.Tensor) -> Numbers:
    """Mean, mean size and mean square over the rows of (n, o, d)."""
    values = {"derivative_mean": J, "derivative_abs": J.abs(), "dgsm": J**2}
    return {name: value.mean(0, dtype=torch.float64).numpy() for name, value in values.items()}


def saliency(case: Case) -> Run:
    from captum.attr import Saliency

    method, x = Saliency(case.network), case.tensor

    def run() -> Numbers:
        slopes = [
            method.attribute(x.clone().requires_grad_(), target=k, abs=False) for k in range(case.o)
        ]
        return moments(torch.stack(slopes, 1))

    return run


def integrated_gradients(case: Case) -> Run:
    """Another quantity: attributions along the path from 0, 50 gradients for each of ours."""
    from captum.attr import IntegratedGradients

    method, x = IntegratedGradients(case.network), case.tensor

    def run() -> Numbers:
        found = [method.attribute(x, target=k, n_steps=STEPS) for k in range(case.o)]
        with torch.no_grad():
            rise = case.network(x) - case.network(torch.zeros(1, case.d))
        sums = torch.stack([part.sum(1) for part in found], 1).detach()
        return {"sums": sums.double().numpy(), "rise": rise.double().numpy()}

    return run


def complete(case: Case, ours: Numbers, theirs: Numbers) -> str:
    """Completeness: a row's attributions add up to the rise of the output."""
    worst = np.abs(theirs["sums"] - theirs["rise"]).max() / np.abs(theirs["rise"]).max()
    if not worst < 1e-3:
        raise Disagreement(f"attributions miss the outputs' rise by {worst:.1e}")
    return f"another quantity; its rows add up to the rise of y to {worst:.0e}"


def jacrev(case: Case) -> Run:
    derivative = torch.func.vmap(torch.func.jacrev(case.network))
    return lambda: moments(derivative(case.tensor).detach())


def loop_over_rows(case: Case) -> Run:
    def run() -> Numbers:
        slopes = torch.empty(case.n, case.o, case.d)
        for i, row in enumerate(case.tensor):
            x = row.clone().requires_grad_(True)
            y = case.network(x)
            for k in range(case.o):
                slopes[i, k] = torch.autograd.grad(y[k], x, retain_graph=True)[0]
        return moments(slopes)

    return run


def loop_over_inputs(case: Case) -> Run:
    """Every input its own leaf, as those do who are told that only leaves have gradients."""

    def run() -> Numbers:
        slopes = torch.empty(case.n, case.o, case.d)
        for i, row in enumerate(case.tensor):
            inputs = [value.clone().requires_grad_(True) for value in row]
            y = case.network(torch.stack(inputs))
            for k in range(case.o):
                for j, x in enumerate(inputs):
                    slopes[i, k, j] = torch.autograd.grad(y[k], x, retain_graph=True)[0]
        return moments(slopes)

    return run


PEERS = (
    Peer("bare forward + backward", forward_and_backward(lambda c: c.n), same_rows, limit=True),
    Peer("Captum Saliency", saliency, same, ("captum",)),
    Peer(
        "Captum IntegratedGradients", integrated_gradients, complete, ("captum",),
        design_bytes=lambda case: 4.0 * STEPS * case.n * (3 * case.d + 2 * sum(case.hidden)),
    ),
    Peer(
        "torch.func jacrev", jacrev, same,
        design_bytes=lambda case: 4.0 * case.n * case.o * (2 * case.d + 2 * sum(case.hidden)),
    ),
    Peer("loop over rows", loop_over_rows, same),
    Peer("loop over rows and inputs", loop_over_inputs, same),
)  # fmt: skip
