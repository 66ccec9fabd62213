"""What the methods say together: every headline number as a share, and one order of features."""

import pandas as pd

from sensbench.errors import InputError
from sensbench.metrics.ranks import shares
from sensbench.study.results import Known, Question, Results


def the_question(results: Results) -> Question:
    """Return the only question of the results.

    Raises
    ------
    InputError
        There are several, or none; ``Results.of`` gives one question's part.
    """
    if len(results.questions) != 1:
        named = ", ".join(f"{p}/{m}" for p, m in results.questions) or "none"
        raise InputError(
            f"report: expected the results of one question; got {named}; choose one with "
            f"results.of(problem, model)"
        )
    return next(iter(results.questions.values()))


def headline_shares(results: Results) -> pd.DataFrame:
    """Return each method's headline numbers with share and rank, for one question.

    ``exact`` and ``exact_share`` hold the exact value of the very same measure, on both scales;
    NaN where it is not known for every feature.
    """
    # a copy: who asks may add columns
    return results.derived("headline_shares", _headline_shares).copy()


def _headline_shares(results: Results) -> pd.DataFrame:
    question = the_question(results)
    frame = results.headline()
    frame = frame[frame["partner"] == ""].reset_index(drop=True)
    frame["exact"] = _exact(frame, question)
    table = shares(frame, results.measures)
    exact = frame.drop(columns="floor")
    exact = exact.assign(value=frame["exact"], low=frame["exact"], high=frame["exact"])
    table["exact_share"] = shares(exact, results.measures)["share"]
    return table


def _exact(frame: pd.DataFrame, question: Question) -> "pd.Series[float]":
    """Return the exact value of each row's measure; NaN unless known for every feature."""
    by = ["measure", "output", "feature"]
    if not question.truth or frame.empty:
        return pd.Series(float("nan"), index=frame.index)
    truth = pd.DataFrame(question.truth, columns=Known._fields).drop_duplicates(by, keep="last")
    truth = truth[truth["feature"].isin(question.features)]
    complete = truth.groupby(by[:2])["feature"].transform("size") == len(question.features)
    exact_values = truth.loc[complete, [*by, "value"]].rename(columns={"value": "exact"})
    return frame[by].merge(exact_values, on=by, how="left")["exact"].astype(float)


def shown_outputs(frame: pd.DataFrame, question: Question, column: str = "rank") -> list[str]:
    """Return the outputs for which any method has a rank (or a ``share``), in order."""
    filled = set(frame.loc[frame[column].notna(), "output"])
    return [output for output in question.outputs if output in filled]


def mean_shares(frame: pd.DataFrame, output: str | None = None) -> "pd.Series[float]":
    """Return the share of each feature, averaged over methods (and outputs), largest first.

    Only methods with shares count, and a negative share, which is noise, counts 0. Features that
    are ranked but have no share (NaN) come last, by their mean rank.
    """
    rows = frame if output is None else frame[frame["output"] == output]
    rows = rows.assign(share=rows["share"].clip(lower=0))
    means = rows.groupby("feature", sort=False)[["share", "rank"]].mean().dropna(how="all")
    # Stable sorts keep the model's order of inputs among equals.
    unshared = means.sort_values("rank", kind="stable") if means["share"].isna().all() else means
    return unshared["share"].sort_values(ascending=False, kind="stable")


def first_places(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return, for one output, each method's first features; only methods that can judge that.

    Left out are methods without shares and, unless all are such, methods that do not rank every
    feature: first among the continuous ones may be second among all.
    """
    features = frame["feature"].nunique()
    shared = frame[frame["share"].notna()]
    complete = shared.groupby("estimator")["feature"].transform("nunique") == features
    judges = shared[complete] if complete.any() else shared
    return {
        str(method): list(rows.loc[rows["rank"] == rows["rank"].min(), "feature"])
        for method, rows in judges.groupby("estimator", sort=False)
    }


def common_first(frame: pd.DataFrame) -> str | None:
    """Return the feature that all methods of one output put first; None if they differ."""
    tops = first_places(frame)
    order = mean_shares(frame).index
    shared = (f for f in order if tops and all(f in best for best in tops.values()))
    return next(shared, None)


def in_method_order(results: Results, labels: "pd.Series[str]") -> list[str]:
    """Return the methods that occur, in the study's order."""
    present = set(labels)
    return [label for label in results.methods if label in present]
