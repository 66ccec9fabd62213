"""What many outputs of one model say together."""

from collections.abc import Iterator

from sensbench.findings.consensus import headline_shares
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.over_outputs import DIFFERENT, MATTERS, TYPICAL, OverOutputs
from sensbench.study.results import Results


def over_all(results: Results, over: OverOutputs) -> list[Finding]:
    """Return the findings over all outputs, before any single output's."""
    return [
        *_importance(over), *_without_effect(over), *_different(over), *_agreement(over),
        *_without_shares(results),
    ]  # fmt: skip


def _importance(over: OverOutputs) -> Iterator[Finding]:
    """Yield the inputs that matter, the largest mean share first, and how often each is first."""
    n = len(over.profiles)
    inputs = over.inputs[over.inputs["matters"] > 0]
    if inputs.empty:
        evidence: dict[str, float | str] = {"least share": MATTERS, "of outputs": n}
        yield Finding(Cause.NONE_IMPORTANT, "", tuple(map(str, over.inputs.index)), (), evidence)
        return
    for name, row in zip(inputs.index, inputs.to_dict("records"), strict=True):
        evidence = {
            "mean share": row["mean"], "outputs": int(row["matters"]), "of outputs": n,
            "least share": MATTERS,
        }  # fmt: skip
        yield Finding(Cause.IMPORTANT, "", (str(name),), (), evidence)
    firsts = over.inputs["first"].sort_values(ascending=False, kind="stable")
    for name, k in firsts[firsts > 0].items():
        yield Finding(Cause.FIRST_IN, "", (str(name),), (), {"outputs": int(k), "of outputs": n})


def _without_effect(over: OverOutputs) -> Iterator[Finding]:
    none = over.inputs[over.inputs["matters"] == 0]
    if len(none) < len(over.inputs):
        for name, highest in zip(none.index, none["highest"].tolist(), strict=True):
            evidence = {"largest share": highest, "least share": MATTERS}
            yield Finding(Cause.NOWHERE_IMPORTANT, "", (str(name),), (), evidence)


def _different(over: OverOutputs) -> Iterator[Finding]:
    """Yield which outputs differ most from the others, and in what."""
    most = float(over.outputs["elsewhere"].max())
    if most < MATTERS:
        yield Finding(Cause.ALIKE_OUTPUTS, evidence={"largest part elsewhere": most})
        return
    rows = over.outputs.to_dict("index")
    for name, why in over.chosen.items():
        if why == DIFFERENT:
            row = rows[name]
            evidence: dict[str, float | str] = {
                "part elsewhere": row["elsewhere"],
                "more by": row["more_by"],
                "less by": row["less_by"],
            }
            features = str(row["more"]), str(row["less"])
            yield Finding(Cause.DIFFERENT_OUTPUT, name, features, (), evidence)
    for name, why in over.chosen.items():
        if why == TYPICAL:
            evidence = {"part elsewhere": rows[name]["elsewhere"]}
            yield Finding(Cause.TYPICAL_OUTPUT, name, evidence=evidence)


def _agreement(over: OverOutputs) -> Iterator[Finding]:
    """Yield for how many outputs the methods agree, and where they do the least."""
    if over.judged == 0:
        yield Finding(Cause.ONE_METHOD_OVER_OUTPUTS)
        return
    evidence: dict[str, float | str] = {"same first in": over.agreed, "outputs": over.judged}
    pairs = over.pairs.dropna(subset="lowest")
    if pairs.empty:
        yield Finding(Cause.AGREEMENT_OVER_OUTPUTS, evidence=evidence)
        return
    worst = pairs.sort_values("lowest", kind="stable").iloc[0]
    evidence |= {
        "lowest median correlation": float(pairs["median"].min()),
        "highest median correlation": float(pairs["median"].max()),
        "lowest correlation": float(worst["lowest"]), "lowest in": str(worst["lowest_in"]),
    }  # fmt: skip
    both = str(worst["first"]), str(worst["second"])
    yield Finding(Cause.AGREEMENT_OVER_OUTPUTS, "", (), both, evidence)


def _without_shares(results: Results) -> Iterator[Finding]:
    """Yield which methods see no importance in which outputs."""
    frame = headline_shares(results)
    frame = frame[frame["value"].notna()]
    seen = frame["share"].notna().groupby([frame["estimator"], frame["output"]], sort=False).any()
    for method, visible in seen.groupby(level="estimator", sort=False):
        for _, output in visible.index[~visible]:
            yield Finding(Cause.RANKS_ONLY, str(output), (), (str(method),))
