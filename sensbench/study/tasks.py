"""Tasks: the work of a study as plain data, which any process can carry out.

A task names plug-ins, parameters and content; nothing in it is an object of the caller's. A fresh
process rebuilds problem and model from it (:mod:`sensbench.study.workshop`), and what it returns
is plain data again, for the one process that writes the results file.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from sensbench.errors import InputError
from sensbench.study.cells import Coordinates

FUNCTION = "function"


@dataclass(frozen=True)
class Subject:
    """What is explained: one problem with one model, by name and parameters.

    Attributes
    ----------
    key
        Digest of all that the answer depends on, the rows of a file included.
    problem, model
        ``{"name": …, "params": …}``; of a problem, also what is planted in it; of a user's own
        model also ``file`` and ``weights``.
    inputs
        ``"data"`` or ``"product"``.
    seed
        Of the study: networks are trained from it.
    noise_floor
        How many inputs are added that the model ignores.
    """

    key: str
    problem: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=lambda: {"name": FUNCTION, "params": {}})
    inputs: str = "data"
    seed: int = 0
    noise_floor: int = 0

    @property
    def is_network(self) -> bool:
        """Whether the model is trained, rather than the problem's own function or the user's."""
        return bool(self.model["name"] != FUNCTION) and not self.is_own

    @property
    def is_own(self) -> bool:
        """Whether the model is the user's own, from a file."""
        return "file" in self.model


@dataclass(frozen=True)
class NetworkParts:
    """A trained network, as it is kept: facts and weights in the safetensors format."""

    metadata: Mapping[str, Any]
    weights: bytes

    def to_plain(self) -> dict[str, Any]:
        """Return plain data that :meth:`from_plain` reads."""
        encoded = base64.b64encode(self.weights).decode("ascii")
        return {"metadata": dict(self.metadata), "weights": encoded}

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "NetworkParts":
        """Return the network that :meth:`to_plain` described."""
        return cls(content["metadata"], base64.b64decode(content["weights"]))


@dataclass(frozen=True)
class Task:
    """A piece of work on one subject."""

    kind: ClassVar[str]
    subject: Subject

    def to_plain(self, network: str = "") -> dict[str, Any]:
        """Return plain data, fit for JSON, that :func:`task_of` reads.

        Parameters
        ----------
        network
            A name to stand in its place for the network, which then goes another way.
        """
        content: dict[str, Any] = {"kind": self.kind}
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, NetworkParts):
                value = network or value.to_plain()
            elif isinstance(value, Subject | Coordinates):
                value = asdict(value)
            content[one.name] = value
        return content


@dataclass(frozen=True)
class Train(Task):
    """Train the subject's network."""

    kind = "train"


@dataclass(frozen=True)
class Refer(Task):
    """Take the network's own values from a large sample."""

    kind = "refer"
    network: NetworkParts
    points: int
    scrambles: int


@dataclass(frozen=True)
class Describe(Task):
    """Say what a report has to know of the subject.

    Attributes
    ----------
    problem_label, model_label
        Under which names the report knows it.
    reference
        The network's own values as plain truths; a text where there are none, and why.
    """

    kind = "describe"
    problem_label: str
    model_label: str
    network: NetworkParts | None = None
    reference: Mapping[str, Any] | str | None = None


@dataclass(frozen=True)
class EstimateCell(Task):
    """Compute one cell: one estimator with one budget, once."""

    kind = "estimate"
    coordinates: Coordinates
    network: NetworkParts | None = None


_KINDS: Mapping[str, type[Task]] = {
    task.kind: task for task in (Train, Refer, Describe, EstimateCell)
}


def task_of(
    content: Mapping[str, Any], network: Callable[[str], NetworkParts] | None = None
) -> Task:
    """Return the task that ``to_plain`` described; ``network``: what a name stands for.

    Raises
    ------
    InputError
        Not a task.
    """
    given = dict(content)
    kind = given.pop("kind", None)
    if kind not in _KINDS:
        raise InputError(f"task: expected a kind of {', '.join(_KINDS)}; got {kind!r}")
    given["subject"] = Subject(**given["subject"])
    if network is not None and isinstance(given.get("network"), str):
        given["network"] = network(given["network"])
    elif given.get("network") is not None:
        given["network"] = NetworkParts.from_plain(given["network"])
    if "coordinates" in given:
        given["coordinates"] = Coordinates(**given["coordinates"])
    return _KINDS[kind](**given)
