"""What the methods say together: every headline number as a share, and one order of features."""

import pandas as pd

from sensbench.errors import InputError
from sensbench.findings.laws import asked_by, depends, foremost, known_for
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

    ``averaged``: whether a number takes part in the mean over methods; see :func:`_averaged`.
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
    other_law = [m.label for m in results.methods.values() if not known_for(m, question)]
    frame.loc[frame["estimator"].isin(other_law), "exact"] = float("nan")
    table = shares(frame, results.measures)
    exact = frame.drop(columns="floor")
    exact = exact.assign(value=frame["exact"], low=frame["exact"], high=frame["exact"])
    table["exact_share"] = shares(exact, results.measures)["share"]
    table["averaged"] = _averaged(table, results, question)
    if question.noise_floor:
        table["noise_share"] = _noise_shares(table, results)
    return table


def _noise_shares(table: pd.DataFrame, results: Results) -> "pd.Series[float]":
    """Return the floor of each number as a share of the same whole; NaN where there is none."""
    power = table["measure"].map(lambda name: results.measures[name].variance_power or 1)
    whole = (table["value"].abs() ** power) / table["share"].abs().where(table["share"] != 0)
    by = [table["estimator"], table["output"]]
    return (table["floor"] ** power) / whole.groupby(by, sort=False).transform("max")


def _averaged(table: pd.DataFrame, results: Results, question: Question) -> "pd.Series[bool]":
    """Return which rows a mean share may be taken over: shares of the same whole and question.

    Left out are methods that do not score every feature, unless all are such; and, where inputs
    depend on each other, methods that ask another question than :func:`same_question` keeps.
    """
    by = ["output", "estimator"]
    shared = table["share"].notna()
    n_shared = shared.groupby([table[key] for key in by]).transform("sum")
    complete = n_shared == table.groupby("output")["feature"].transform("nunique")
    any_complete = complete.groupby(table["output"]).transform("any")
    usable = complete | ~any_complete
    same = same_question(table[usable], results)
    return pd.Series(table.index.isin(same.index), index=table.index)


def same_question(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return the numbers of those methods that answer the foremost question, output by output.

    All, where the inputs do not depend on each other.
    """
    question = the_question(results)
    kept = pd.Series(True, index=frame.index)
    for output in dict.fromkeys(frame["output"]):
        if not depends(question, str(output)):
            continue
        here = frame["output"] == output
        shared = here & frame["share"].notna()
        labels = dict.fromkeys(frame.loc[here, "estimator"].astype(str))
        asked = {label: asked_by(results.methods[label], question) for label in labels}
        with_shares = dict.fromkeys(frame.loc[shared, "estimator"].astype(str))
        first = foremost([asked[label] for label in with_shares or labels], question)
        kept &= ~here | frame["estimator"].map(asked).eq(str(first))
    return frame[kept]


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

    Only methods with shares of the same whole count (``averaged``, where the frame says so; where
    none of them ranks anything, all do). A negative share, noise, counts 0. Features that are
    ranked but have no share (NaN) come last, by their mean rank.
    """
    rows = frame if output is None else frame[frame["output"] == output]
    rows = rows.assign(share=rows["share"].clip(lower=0))
    if "averaged" in rows:
        comparable = rows[rows["averaged"].astype(bool)]
        rows = rows if comparable["rank"].isna().all() else comparable
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
