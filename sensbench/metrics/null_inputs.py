"""False discoveries: inputs without any effect that a method says to have one."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

_RUN = ["problem", "model", "estimator", "measure", "output", "budget", "replicate"]
# Of the largest true value: what is below it is 0 but for rounding.
_ROUNDING = 1e-9


def false_discoveries(
    frame: pd.DataFrame,
    truth: Mapping[tuple[str, str, str, str], Mapping[str, float]],
    floors: Mapping[str, str],
) -> pd.DataFrame:
    """Return, of every run, how many inputs have no effect and how many of them are claimed.

    ``null``: inputs whose true value is 0 where others' are not, and which have an interval;
    ``claimed``: those whose interval lies beyond 0, by more than rounding would make of it, and
    whose value is above the method's own floor, where it gives one.

    ``frame``: a study's frame. ``truth``: (problem, model, measure, output) to feature values.
    ``floors``: a measure to the one that holds its floor.
    """
    nulls = [
        (*key, feature, nothing)
        for key, values in truth.items()
        for nothing in [_ROUNDING * max(map(abs, values.values()), default=0.0)]
        for feature, value in values.items()
        if abs(value) <= nothing and any(values.values())
    ]
    at = ["problem", "model", "measure", "output", "feature"]
    texts = dict.fromkeys([*_RUN[:5], "feature"], str)  # few are left: the rest may be categories
    concerned = (frame["partner"] == "") & frame["feature"].isin({null[4] for null in nulls})
    concerned &= frame["low"].notna() & frame["high"].notna()
    rows = (
        frame[concerned].astype(texts).merge(pd.DataFrame(nulls, columns=[*at, "nothing"]), on=at)
    )
    of = {floor: measure for measure, floor in floors.items() if floor}
    given = frame[frame["measure"].isin(of)].astype(texts)
    given = given.assign(measure=given["measure"].map(of)).rename(columns={"value": "floor"})
    floor = pd.Series(np.nan, index=rows.index)
    for is_of_all, by in ((True, _RUN), (False, [*_RUN, "feature"])):
        one = given[(given["feature"] == "") == is_of_all]
        joined = rows[by].merge(one[[*by, "floor"]].drop_duplicates(by), on=by, how="left")
        floor = floor.fillna(pd.Series(joined["floor"].to_numpy(), index=rows.index))
    beyond = (rows["low"] > rows["nothing"]) | (rows["high"] < -rows["nothing"])
    rows = rows.assign(
        null=1, claimed=(beyond & (rows["value"].abs() > floor.fillna(-1.0))).astype(int)
    )
    return rows.groupby(_RUN, sort=False)[["null", "claimed"]].sum().reset_index()
