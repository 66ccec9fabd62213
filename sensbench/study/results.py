"""Results: everything a study found, as tidy frames; what tables, figures and pages read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import pandas as pd

from sensbench.account.account import Account
from sensbench.effects.effects import Effects
from sensbench.errors import InputError
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import COLUMNS, INTERVAL_COLUMNS, Absent
from sensbench.measure import MEASURES, Measure
from sensbench.model.quality import Quality
from sensbench.problem.joint_law import JointLaw
from sensbench.study.columns import plain
from sensbench.study.replicates import pooled

T = TypeVar("T")

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
    "tail",
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
    joint_law
        How the inputs depend on each other; ``None`` where they are drawn independently, and in
        results that did not keep it.
    law
        How the inputs that draws come from depend on each other; empty: they do not.
    noise_floor
        Inputs that the model ignores, which were added to tell what chance scores.
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
    joint_law: JointLaw | None = None
    law: str = ""
    noise_floor: tuple[str, ...] = ()

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


def _bars(
    headline: pd.DataFrame, ignored: Mapping[tuple[str, str], Sequence[str]]
) -> "pd.Series[float]":
    """Return how far inputs score that the model ignores: their values and upper ends at most."""
    places = list(zip(headline["problem"], headline["model"], strict=True))
    noise = [
        feature in ignored.get(place, ())
        for place, feature in zip(places, headline["feature"], strict=True)
    ]
    ends = headline[["value", "low", "high"]].abs().max(axis=1)
    by = [headline[c] for c in ("problem", "model", "estimator", "output")]
    return ends.where(np.array(noise, dtype=bool)).groupby(by, sort=False).transform("max")


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
        n_forward, n_backward, seconds, status, direction, what the interval is, and tail: the shape
        of the tail of what the value is a mean of, where the method looks for it. Of a study with
        more than 200,000 numbers texts are categories; :func:`sensbench.study.columns.plain` makes
        them text.
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
    effects
        (problem, model) to what the model does along its inputs, where results and model are in one
        process; a file of results has none.
    accounts
        (problem, model) to why two methods differ, for the pairs that were asked about
        (``Comparison.difference``); not kept in a file either.
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
    effects: Mapping[tuple[str, str], Effects] = field(default_factory=dict)
    accounts: Mapping[tuple[str, str], tuple[Account, ...]] = field(default_factory=dict)

    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _parts: "dict[tuple[str, str], Results]" = field(default_factory=dict, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs; it derives for itself what follows.

        A model, which may be anything, does not go along.
        """
        measures = dict(self.measures)  # the register itself is a view, which cannot be sent
        return {**self.__dict__, "effects": {}, "measures": measures, "_derived": {}, "_parts": {}}

    def derived(self, name: str, of: "Callable[[Results], T]") -> T:
        """Return what follows from these results, a frame mostly, computed when first asked for.

        All who ask get the same one: they must not change it.
        """
        if name not in self._derived:
            self._derived[name] = of(self)
        return cast(T, self._derived[name])

    def of(self, problem: str, model: str) -> "Results":
        """Return the part that belongs to one question, the same one each time."""
        if (problem, model) in self._parts:
            return self._parts[problem, model]
        if (problem, model) not in self.questions:
            names = ", ".join(f"{p}/{m}" for p, m in self.questions)
            raise InputError(f"results: expected one of {names}; got {problem}/{model}")

        def mine(frame: pd.DataFrame) -> pd.DataFrame:
            of_it = ((frame["problem"] == problem) & (frame["model"] == model)).to_numpy(dtype=bool)
            at = np.flatnonzero(of_it)
            if len(at) and at[-1] - at[0] + 1 == len(at):  # they stand together: no copy of them
                return frame.iloc[at[0] : at[-1] + 1]
            return frame[of_it]

        part = Results(
            self.name,
            mine(self.frame),
            mine(self.cells),
            self.methods,
            {(problem, model): self.questions[problem, model]},
            {key: why for key, why in self.absent.items() if key[:2] == (problem, model)},
            {key: why for key, why in self.notes.items() if key[:2] == (problem, model)},
            self.provenance,
            self.measures,
            {key: item for key, item in self.effects.items() if key == (problem, model)},
            {key: items for key, items in self.accounts.items() if key == (problem, model)},
        )
        self._parts[problem, model] = part
        return part

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
        accounts = {
            key: tuple(account for account in items if account.output in chosen)
            for key, items in self.accounts.items()
        }
        return replace(self, frame=frame, questions=questions, accounts=accounts)

    def final(self) -> pd.DataFrame:
        """Return the numbers at each method's largest computed budget, pooled over replicates.

        Columns: problem, model, estimator, measure, output, feature, partner, value, low, high,
        budget, direction, what the interval is, and the tail. Values and tails are means over the
        replicates, and their intervals come from how much these differ, where they are independent
        evidence; see :func:`sensbench.study.replicates.pooled`.
        """
        return self.derived("final", Results._final).copy()

    def _final(self) -> pd.DataFrame:
        if self.frame.empty:
            return plain(self.frame[[*COLUMNS, "budget", *_BEHIND, "tail"]])
        keys = ["problem", "model", "estimator"]
        largest = self.frame.groupby(keys, observed=True)["budget"].transform("max")
        top = plain(self.frame[self.frame["budget"] == largest])
        by = [*COLUMNS[:7], "budget", *_BEHIND]
        cell = [*keys, "budget", "replicate"]
        inputs = self.cells[[*cell, "inputs"]].drop_duplicates(cell)
        top = top.merge(inputs, on=cell, how="left", sort=False)
        signed = {name: item.signed for name, item in self.measures.items()}
        biased = frozenset(m.label for m in self.methods.values() if m.positive_bias)
        return pooled(top, by, signed, biased)[[*COLUMNS, "budget", *_BEHIND, "tail"]]

    def headline(self) -> pd.DataFrame:
        """Return :meth:`final`, only the measure each method ranks by.

        ``floor``: up to this value an input is not told apart from one without effect; NaN where
        the method does not say.
        """
        return self.derived("headline", Results._headline).copy()

    def _headline(self) -> pd.DataFrame:
        final = self.final()
        ranks_by = final["estimator"].map({m.label: m.ranks_by for m in self.methods.values()})
        headline = final[final["measure"] == ranks_by].reset_index(drop=True)
        names = {m.label: m.headline.floor for m in self.methods.values()}
        floor = _floors(headline, final[final["measure"] != ranks_by], names)
        ignored = {(q.problem, q.model): q.noise_floor for q in self.questions.values()}
        if any(ignored.values()):
            bars = _bars(headline, ignored)
            floor = floor.where(~(bars > floor.fillna(-np.inf)), bars)
        return headline.assign(floor=floor)
