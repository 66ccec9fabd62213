"""Results made by hand: numbers that need no run."""

import numpy as np
import pandas as pd
import pytest

from sensbench.estimator.needs import Needs
from sensbench.measure import MEASURES, Measure
from sensbench.model.quality import Quality
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Known, Method, Question, Results

NAN = float("nan")


def made_up(name, family, **facts):
    return Measure(name, name, "Made up.", "", "E", "nobody", family, **facts)


@pytest.fixture
def by_hand():
    """Return results of one output ``y``.

    ``numbers``: method to measure to feature values, each a value with its ends or (value, half
    width); a method ranks by its first measure. ``covers``: method to what its intervals cover.
    ``tails``: method to feature to the tail of what its values are means of.
    """

    def build(
        numbers, measures=(), covers=None, needs=None, r2=None, truth=(), reference=(), tails=None,
        **of,
    ):  # fmt: skip
        known = {**MEASURES, **{m.name: m for m in measures}}
        rows, cells, methods = [], [], {}
        for label, by_measure in numbers.items():
            headline = known[next(iter(by_measure))]
            methods[label] = Method(label, label, {}, headline, needs=(needs or {}).get(label))
            told = (covers or {}).get(label, "sampling")
            for name, values in by_measure.items():
                for feature, ends in values.items():
                    value, low, high = _ends(ends)
                    rows.append(
                        ("p", "m", label, name, "y", feature, "", value, low, high, 100, 0, 80, 20,
                         0.1, "ok", "", 0.95 if told else NAN, "by hand" if told else "", told,
                         (tails or {}).get(label, {}).get(feature, NAN))
                    )  # fmt: skip
            cells.append(("p", "m", label, 100, 0, "ok", "", 80, 20, 0.1, "rows"))
        features = tuple(dict.fromkeys(row[5] for row in rows))
        quality = {"y": Quality(r2, 1.0)} if r2 is not None else {}
        question = Question(
            "p", "m", ("y",), features, dict.fromkeys(features, ""), quality=quality,
            judged_on="rows", truth=_known(truth), reference=_known(reference), **of,
        )  # fmt: skip
        return Results(
            "by hand", pd.DataFrame(rows, columns=list(FRAME_COLUMNS)),
            pd.DataFrame(cells, columns=list(CELL_COLUMNS)), methods, {("p", "m"): question},
            {}, {}, {}, known,
        )  # fmt: skip

    return build


def _ends(ends):
    if np.isscalar(ends):
        return ends, ends - 0.01, ends + 0.01
    if len(ends) == 2:
        return ends[0], ends[0] - ends[1], ends[0] + ends[1]
    return ends


def _known(values):
    return tuple(
        Known(name, "y", feature, *np.atleast_1d(value).tolist())
        for name, by_feature in dict(values).items()
        for feature, value in by_feature.items()
    )


@pytest.fixture
def using_targets():
    return Needs("either", targets=True)
