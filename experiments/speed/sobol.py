"""Sobol' indices: sensbench, the same by full rows, bare forward passes, SALib, OpenTURNS."""

import numpy as np
import torch

import sensbench as sb
from experiments.speed.bare import forward
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

RESAMPLES = 100
_ORDERS = (("first_order", "S1"), ("total_order", "ST"), ("second_order", "S2"))


def rows(case: Case) -> int:
    return case.n * ((2 * case.d if case.options.get("second_order") else case.d) + 2)


def ours(case: Case, exchange: str = "auto") -> Run:
    second = bool(case.options.get("second_order"))
    estimator = sb.estimators.load(
        "sobol", second_order=second, interval="salib", resamples=RESAMPLES, exchange=exchange
    )

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=rows(case), seed=SEED)
        found = {"rows": counted(result)}
        for name, estimate in result.estimates.items():
            found[name] = estimate.value
            found[f"{name} ±"] = (estimate.high - estimate.low) / 2
        return found

    return run


def salib(case: Case) -> Run:
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as design

    second = bool(case.options.get("second_order"))
    rng = np.random.default_rng(SEED)
    # the seeds that sensbench gives to the same design and the same resamples
    of_design, of_resamples = (int(rng.integers(1, 2**31 - 1)) for _ in range(2))

    def run() -> Numbers:
        problem = case.salib
        X = design.sample(problem, case.n, calc_second_order=second, seed=of_design)
        Y = case.outputs(X)
        indices = [
            analysis.analyze(
                problem, Y[:, k], calc_second_order=second, num_resamples=RESAMPLES,
                seed=of_resamples,
            )
            for k in range(case.o)
        ]  # fmt: skip
        found = {}
        for name, key in _ORDERS[: 3 if second else 2]:
            found[name] = np.stack([index[key] for index in indices])
            found[f"{name} ±"] = np.stack([index[f"{key}_conf"] for index in indices])
        return found

    return run


def same_numbers(case: Case, ours: Numbers, theirs: Numbers) -> str:
    """SALib's indices and half-widths; index 1 is the scale, small indices may be all noise."""
    return same(case, ours, theirs, scale=1.0)


def openturns(case: Case) -> Run:
    import openturns as ot

    ot.TBB.SetThreadsNumber(torch.get_num_threads())
    ot.RandomGenerator.SetSeed(SEED)
    inputs = ot.JointDistribution([ot.Uniform(-1.0, 1.0)] * case.d)

    def run() -> Numbers:
        X = ot.SobolIndicesExperiment(inputs, case.n, False).generate()
        Y = case.outputs(np.asarray(X))
        found: dict[str, list] = {}
        for k in range(case.o):
            y = ot.Sample(np.ascontiguousarray(Y[:, [k]]))
            algorithm = ot.SaltelliSensitivityAlgorithm(X, y, case.n)
            algorithm.setBootstrapSize(RESAMPLES)
            algorithm.setUseAsymptoticDistribution(False)
            for name, order in (("first_order", "FirstOrder"), ("total_order", "TotalOrder")):
                values = getattr(algorithm, f"get{order}Indices")()
                interval = getattr(algorithm, f"get{order}IndicesInterval")()
                ends = interval.getLowerBound(), interval.getUpperBound()
                found.setdefault(name, []).append(np.array(values))
                found.setdefault(f"{name} ±", []).append(np.diff(np.array(ends), axis=0)[0] / 2)
        return {name: np.stack(values) for name, values in found.items()}

    return run


def same_within_noise(case: Case, ours: Numbers, theirs: Numbers) -> str:
    """Another design has other noise: within 6 standard errors of both, for every index."""
    worst, compared = 0.0, 0
    for name in ("first_order", "total_order"):
        error = np.hypot(ours[f"{name} ±"], theirs[f"{name} ±"]) / 1.96
        worst = max(worst, float((np.abs(ours[name] - theirs[name]) / error).max()))
        compared += error.size
    if not worst <= 6.0:
        raise Disagreement(f"{compared} indices differ by up to {worst:.1f} standard errors")
    return f"{compared} indices within {worst:.1f} standard errors (another design)"


def full_rows(case: Case) -> Run:
    """Ours, without updates of the first layer."""
    return ours(case, "full")


def same_but_for_rounding(case: Case, ours: Numbers, theirs: Numbers) -> str:
    return same(case, ours, theirs, relative=1e-5, scale=1.0)


PEERS = (
    Peer("bare forward", forward(rows), same_rows, limit=True),
    Peer("full rows", full_rows, same_but_for_rounding),
    Peer(
        "SALib", salib, same_numbers, ("SALib",),
        # the design, its scaled copy and the network's float32 copy
        design_bytes=lambda case: 20.0 * rows(case) * case.d,
    ),
    Peer(
        "OpenTURNS", openturns, same_within_noise, ("openturns",),
        design_bytes=lambda case: 20.0 * rows(case) * case.d,
    ),
)  # fmt: skip
