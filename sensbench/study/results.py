"""Results: everything a study found, as tidy frames; what tables, figures and pages read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from sensbench.errors import InputError
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import COLUMNS, INTERVAL_COLUMNS, Absent
from sensbench.measure import MEASURES, Measure
from sensbench.model.quality import Quality
from sensbench.study.replicates import pooled

FRAME_COLUMNS = (
    *COLUMNS,
    "budget",
    "replicate",
    "n_forward",
    "n_backward",
    "seconds",
    "status",
    "direction",
    *INTERVAL_COLUMNS,
)
_BEHIND = ("direction", *INTERVAL_COLUMNS)
CELL_COLUMNS = (
    "problem",
    "model",
    "estimator",
    "budget",
    "replicate",
    "status",
    "reason",
    "n_forward",
    "n_backward",
    "seconds",
    "inputs",
)


@dataclass(frozen=True)
class Method:
    """One estimator of a study under its label (its name, with parameters where two share it).

    Attributes
    ----------
    headline
        The unit-free measure that its ranking of features is read from.
    needs
        What it asks of a problem; ``None`` where nobody who read the file could tell.
    positive_bias
        Whether an input without effect scores above 0, by less the more rows there are.
    """

    label: str
    name: str
    params: Mapping[str, Any]
    headline: Measure
    summary: str = ""
    needs: Needs | None = None
    positive_bias: bool = False

    @property
    def ranks_by(self) -> str:
        """The name of the measure that ranks."""
        return self.headline.name


class Known(NamedTuple):
    """One known value; ``standard_error`` is 0 where it is exact."""

    measure: str
    output: str
    feature: str
    value: float
    standard_error: float = 0.0


@dataclass(frozen=True)
class Question:
    """One problem with one model: what was explained.

    Attributes
    ----------
    inputs
        Feature name to a line that describes its marginal.
    units
        Feature or output name to its unit, where one is known.
    truth
        Known values; empty where nothing is known.
    truth_of
        What the truth is true of, for legends: "exact (ishigami)"; "known (…)" where sampled.
    reference
        The model's own values, for a trained network: what estimates of it converge to.
    quality
        Output name to how well it is predicted, where there are targets to judge the model by.
    judged_on
        The rows that it was judged on, in words.
    training
        What a network was trained on and for how long; empty for given models.
    source, licence
        Who measured the data and under which terms they may be used.
    planted
        Planted feature to the feature it is a copy of; ``""``: noise.
    """

    problem: str
    model: str
    outputs: tuple[str, ...]
    features: tuple[str, ...]
    inputs: Mapping[str, str]
    units: Mapping[str, str] = field(default_factory=dict)
    truth: tuple[Known, ...] = ()
    truth_of: str = ""
    reference: tuple[Known, ...] = ()
    quality: Mapping[str, Quality] = field(default_factory=dict)
    judged_on: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    planted: Mapping[str, str] = field(default_factory=dict)

    def r2(self, output: str) -> float | None:
        """Return R² of one output, where there are targets to judge it by."""
        quality = self.quality.get(output)
        return None if quality is None else quality.r2

    def true_values(self, measure: str, output: str) -> "pd.Series[float]":
        """Return the true values by feature; empty where there are none."""
        return self._by_feature(self._truths, measure, output)

    def reference_values(self, measure: str, output: str) -> "pd.Series[float]":
        """Return the model's own values by feature: what estimates of the measure converge to."""
        return self._by_feature(self._references or self._truths, measure, output)

    @cached_property
    def _truths(self) -> "_Values":
        return _by_measure(self.truth)

    @cached_property
    def _references(self) -> "_Values":
        return _by_measure(self.reference)

    def _by_feature(self, values: "_Values", measure: str, output: str) -> "pd.Series[float]":
        by_feature = values.get((measure, output), {})
        return pd.Series(
            [by_feature[f] for f in self.features if f in by_feature],
            index=[f for f in self.features if f in by_feature],
            dtype=float,
        )


def _floors(
    headline: pd.DataFrame, others: pd.DataFrame, names: Mapping[str, str]
) -> "pd.Series[float]":
    """Return the floor of each number, of its feature or of all; ``names``: of their measures."""
    floor_rows = others[
        (others["measure"] == others["estimator"].map(names)) & (others["partner"] == "")
    ]
    where = ["problem", "model", "estimator", "output"]
    floor = pd.Series(float("nan"), index=headline.index)
    for of_all, by in ((True, where), (False, [*where, "feature"])):
        floors = floor_rows[(floor_rows["feature"] == "") == of_all].set_index(by)["value"]
        if len(floors):
            at = pd.MultiIndex.from_frame(headline[by])
            floor = floor.fillna(pd.Series(floors.reindex(at).to_numpy(), index=headline.index))
    return floor


# (measure, output) to feature and value: many outputs are asked for one by one.
_Values = dict[tuple[str, str], dict[str, float]]


def _by_measure(values: tuple[Known, ...]) -> _Values:
    by_measure: _Values = {}
    for item in values:
        by_measure.setdefault((item.measure, item.output), {})[item.feature] = item.value
    return by_measure


@dataclass(frozen=True, eq=False)
class Results:
    """What a study found.

    Attributes
    ----------
    frame
        One row per number, in the documented columns: problem, model, estimator (the method's
        label), measure, output, feature, partner, value, low, high, budget, replicate,
        n_forward, n_backward, seconds, status.
    cells
        One row per cell (problem, model, estimator, budget, replicate), computed or not: status
        is ``ok``, ``skipped``, ``failed``, ``timeout``, ``out_of_memory``, ``crashed`` or
        ``missing``, with the reason.
    methods
        In the study's order, by label.
    questions
        In the study's order, by (problem, model).
    absent
        (problem, model, method label, measure) to why a measure is not there.
    notes
        (problem, model, method label) to remarks on the numbers.
    provenance
        title, seed, command, created, versions (a mapping), config (resolved, as YAML text).
    measures
        What the numbers mean, by name: as it was defined when they were computed.
    """

    name: str
    frame: pd.DataFrame
    cells: pd.DataFrame
    methods: Mapping[str, Method]
    questions: Mapping[tuple[str, str], Question]
    absent: Mapping[tuple[str, str, str, str], Absent]
    notes: Mapping[tuple[str, str, str], tuple[str, ...]]
    provenance: Mapping[str, Any]
    measures: Mapping[str, Measure] = field(default_factory=lambda: MEASURES)

    _derived: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    def derived(self, name: str, of: "Callable[[Results], pd.DataFrame]") -> pd.DataFrame:
        """Return a frame that follows from these results, computed when it is first asked for.

        All who ask get the same one: they must not change it.
        """
        if name not in self._derived:
            self._derived[name] = of(self)
        return self._derived[name]

    def of(self, problem: str, model: str) -> "Results":
        """Return the part that belongs to one question."""
        if (problem, model) not in self.questions:
            names = ", ".join(f"{p}/{m}" for p, m in self.questions)
            raise InputError(f"results: expected one of {names}; got {problem}/{model}")

        def mine(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[(frame["problem"] == problem) & (frame["model"] == model)]

        return Results(
            self.name,
            mine(self.frame),
            mine(self.cells),
            self.methods,
            {(problem, model): self.questions[problem, model]},
            {key: why for key, why in self.absent.items() if key[:2] == (problem, model)},
            {key: why for key, why in self.notes.items() if key[:2] == (problem, model)},
            self.provenance,
            self.measures,
        )

    def only(self, outputs: Sequence[str]) -> "Results":
        """Return the numbers of some outputs only, as if no others had been asked for.

        Cells, reasons and notes stay: they are of runs, which compute all outputs at once.
        """
        chosen = set(outputs)
        questions = {
            key: replace(
                question,
                outputs=tuple(o for o in question.outputs if o in chosen),
                truth=tuple(k for k in question.truth if k.output in chosen),
                reference=tuple(k for k in question.reference if k.output in chosen),
                quality={o: q for o, q in question.quality.items() if o in chosen},
            )
            for key, question in self.questions.items()
        }
        frame = self.frame[self.frame["output"].isin(chosen)]
        return replace(self, frame=frame, questions=questions)

    def final(self) -> pd.DataFrame:
        """Return the numbers at each method's largest computed budget, pooled over replicates.

        Columns: problem, model, estimator, measure, output, feature, partner, value, low, high,
        budget, direction and what the interval is. Values are means over the replicates, and their
        intervals come from how much these differ, where they are independent evidence; see
        :func:`sensbench.study.replicates.pooled`.
        """
        return self.derived("final", Results._final).copy()

    def _final(self) -> pd.DataFrame:
        if self.frame.empty:
            return self.frame[[*COLUMNS, "budget", *_BEHIND]]
        keys = ["problem", "model", "estimator"]
        largest = self.frame.groupby(keys)["budget"].transform("max")
        top = self.frame[self.frame["budget"] == largest]
        by = [*COLUMNS[:7], "budget", *_BEHIND]
        cell = [*keys, "budget", "replicate"]
        inputs = self.cells[[*cell, "inputs"]].drop_duplicates(cell)
        top = top.merge(inputs, on=cell, how="left", sort=False)
        signed = {name: item.signed for name, item in self.measures.items()}
        biased = frozenset(m.label for m in self.methods.values() if m.positive_bias)
        return pooled(top, by, signed, biased)[[*COLUMNS, "budget", *_BEHIND]]

    def headline(self) -> pd.DataFrame:
        """Return :meth:`final`, only the measure each method ranks by.

        ``floor``: up to this value an input is not told apart from one without effect; NaN where
        the method does not say.
        """
        final = self.final()
        ranks_by = final["estimator"].map({m.label: m.ranks_by for m in self.methods.values()})
        headline = final[final["measure"] == ranks_by].reset_index(drop=True)
        names = {m.label: m.headline.floor for m in self.methods.values()}
        return headline.assign(floor=_floors(headline, final[final["measure"] != ranks_by], names))
