"""Which cases are measured: those of the targets, and one size after the other around them."""

from experiments.speed.case import Case
from experiments.speed.compare import FEW_ROWS
from experiments.speed.run import Plan

SIZES = ((10, 8192), (30, 4096), (100, 1024))
JACOBIAN_ROWS = (100, 1000, 10_000, 100_000)
BARE, BOTH, FULL = "bare forward", "bare forward + backward", "full rows"
# Where exchanges of one input update the first layer: inputs, base rows of Sobol', rows of data.
EXCHANGES = ((100, 1024, 1000), (300, 1024, 500), (1000, 1024, 200))
BY_HAND = (BARE, "SALib", "OpenTURNS")
ROW_BY_ROW = ("Captum Saliency", "torch.func jacrev")
LOOPS = ("loop over rows", "loop over rows and inputs")


def same_budget(d: int, N: int, o: int = 2) -> int:
    """Rows of data whose gradients cost what a Sobol' design of N base rows costs."""
    return N * (d + 2) // (1 + o)


def quick() -> list[Plan]:
    """The targets, and a few sizes: some minutes on two cores."""
    return [
        *(Plan(Case("sobol", d, N), BY_HAND, memory=True) for d, N in SIZES),
        Plan(Case("sobol", 30, 1024, options={"second_order": 1}), (BARE, "SALib")),
        Plan(Case("sobol", 10, 1024), BY_HAND[:2], memory=True),
        Plan(Case("sobol", 4, 1024), BY_HAND[:2], memory=True),
        Plan(Case("sobol", 10, 1024, o=50), BY_HAND[:2]),
        Plan(Case("sobol", 10, 8192, hidden=(256, 256, 256)), (BARE,)),
        *(Plan(Case("gradient", d, same_budget(d, N)), (BOTH,)) for d, N in SIZES),
        *(Plan(Case("gradient", d, N), (BOTH,)) for d, N in SIZES),
        Plan(Case("gradient", 10, 10_000), (BOTH, *ROW_BY_ROW, *LOOPS), memory=True),
        Plan(Case("gradient", 100, 10_000), (BOTH, *ROW_BY_ROW), memory=True),
        Plan(Case("gradient", 10, 10_000, o=50), (BOTH, *ROW_BY_ROW)),
        Plan(Case("gradient", 10, 1000), ("Captum IntegratedGradients",)),
        *(
            Plan(Case("permutation", d, n, o), (BARE, "scikit-learn"), memory=n == 2000)
            for d, n, o in (
                (10, 2000, 2),
                (4, 200, 2),
                (10, 20_000, 2),
                (100, 1000, 2),
                (10, 2000, 10),
            )
        ),
        *(
            Plan(Case(family, d, rows[family]), (BARE, FULL))
            for d, N, n in EXCHANGES
            for rows in ({"sobol": N, "permutation": n},)
            for family in rows
        ),
        Plan(Case("delta", 10, 1024), ("SALib",)),
        Plan(Case("morris", 1000, 20), (BARE,), memory=True),
        Plan(Case("morris", 10, 500, o=100), (BARE,)),
        Plan(Case("sobol", 10, 1024, o=100), (BARE,)),
        *(Plan(Case("gradient", 1000, n), (BOTH,)) for n in (1000, 10_000)),
        Plan(Case("compare", 10, 10**6), (FEW_ROWS,)),
        *(
            Plan(Case("pawn", d, 1024, options=options), ("SALib",))
            for d in (10, 100)
            for options in ({}, {"resamples": 2})
        ),
        *(
            Plan(Case(family, 20, n, o=3), ("loop over outputs",))
            for family in ("jacobian", "first_jacobian")
            for n in JACOBIAN_ROWS
        ),
    ]


def full() -> list[Plan]:
    """The quick cases, and every size of inputs, rows, outputs and network by itself."""
    inputs, outputs = (4, 10, 30, 100, 300, 1000), (1, 2, 10, 50)
    networks = ((16, 16), (64, 64), (256, 256, 256), (1024, 1024))
    plans = [
        *quick(),
        Plan(Case("sobol", 30, 4096, options={"second_order": 1}), (BARE, "SALib"), memory=True),
        *(Plan(Case("sobol", d, 1024), BY_HAND, memory=True) for d in inputs),
        *(Plan(Case("sobol", 10, 2**k), BY_HAND, memory=True) for k in (10, 12, 14, 16)),
        *(Plan(Case("sobol", 10, 4096, o), BY_HAND) for o in outputs),
        *(Plan(Case("sobol", 10, 4096, hidden=hidden), BY_HAND[:2]) for hidden in networks),
        *(Plan(Case("gradient", d, 10_000), (BOTH, *ROW_BY_ROW), memory=True) for d in inputs),
        *(
            Plan(Case("gradient", 10, 2**k), (BOTH, *ROW_BY_ROW), memory=True)
            for k in (10, 12, 14, 16)
        ),
        *(Plan(Case("gradient", 10, 10_000, o), (BOTH, *ROW_BY_ROW)) for o in outputs),
        *(
            Plan(Case("gradient", 10, 10_000, hidden=hidden), (BOTH, *ROW_BY_ROW))
            for hidden in networks
        ),
        *(
            Plan(Case("permutation", d, n, o), (BARE, "scikit-learn"), memory=o == 2)
            for d in (4, 10, 30, 100)
            for n in (100, 1000, 10_000)
            for o in (1, 2, 10)
            if d * n <= 300_000
        ),
        *(
            Plan(Case("permutation", 10, 2000, hidden=hidden), (BARE, "scikit-learn"))
            for hidden in networks
        ),
    ]  # fmt: skip
    # a size may belong to two of the series
    merged: dict[str, Plan] = {}
    for plan in plans:
        before = merged.get(repr(plan.case))
        peers = (*before.peers, *plan.peers) if before else plan.peers
        memory = plan.memory or (before is not None and before.memory)
        merged[repr(plan.case)] = Plan(plan.case, tuple(dict.fromkeys(peers)), memory)
    return list(merged.values())


def smallest() -> list[Plan]:
    """Every contender once at a size for tests: that it runs, and that the numbers agree."""
    return [
        Plan(Case("sobol", 3, 64), (*BY_HAND, FULL), memory=True),
        Plan(Case("sobol", 3, 64, options={"second_order": 1}), ("SALib",)),
        Plan(
            Case("gradient", 3, 50),
            (BOTH, *ROW_BY_ROW, "Captum IntegratedGradients", *LOOPS),
        ),
        Plan(Case("permutation", 3, 50), (BARE, "scikit-learn", FULL)),
        Plan(Case("delta", 3, 100, o=1), ("SALib",)),
        Plan(Case("jacobian", 3, 50), ("loop over outputs",)),
        Plan(Case("first_jacobian", 3, 50), ("loop over outputs",)),
        Plan(Case("morris", 3, 10), (BARE,)),
        Plan(Case("pawn", 3, 100), ("SALib",)),
        Plan(Case("compare", 3, 3000), (FEW_ROWS,)),
    ]  # fmt: skip
