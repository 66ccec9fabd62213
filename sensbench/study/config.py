"""The study file: what it may say, and errors that name the file, the place and the mend."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_serializer,
    model_validator,
)

from sensbench.engine.limits import Limits, bytes_of, seconds_of
from sensbench.errors import InputError, StudyError
from sensbench.estimator.estimator import MOST_ROWS
from sensbench.files import plain_yaml


class LimitsAsked(BaseModel):
    """What a cell may take: ``{timeout: 60, memory: 2GB}``, seconds and bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    timeout: StrictFloat | StrictInt | None = None
    memory: StrictInt | StrictStr | None = None

    @model_validator(mode="after")
    def _sound(self) -> "LimitsAsked":
        self.limits()
        return self

    def limits(self) -> Limits:
        """Return them as numbers."""
        return Limits(
            None if self.timeout is None else seconds_of(self.timeout),
            None if self.memory is None else bytes_of(self.memory),
        )


# Keys that are left out of the resolved configuration where they were not written.
_UNSAID = ("limits", "plant", "file", "weights")


class Limited(BaseModel):
    """Something that may have limits of its own."""

    limits: LimitsAsked | None = None

    @property
    def own_limits(self) -> Limits:
        """Its limits; nothing where it says nothing."""
        return self.limits.limits() if self.limits else Limits()

    @model_serializer(mode="wrap")
    def _as_written(self, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Leave out what was not said."""
        return {
            key: value
            for key, value in handler(self).items()
            if value is not None or key not in _UNSAID
        }


class PlugIn(Limited):
    """A plug-in by name, or by name with parameters: ``{name: sobol, second_order: true}``."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def params(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


class Planting(BaseModel):
    """What is added to a problem's data, as for :func:`sensbench.plant`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    noise: StrictInt = Field(default=0, ge=0, le=10_000)
    copies: tuple[str, ...] = ()
    seed: StrictInt = Field(default=0, ge=0, lt=2**63)

    def __str__(self) -> str:
        """Return what is planted, for labels."""
        parts = [f"{self.noise} noise"] if self.noise else []
        parts += [f"copy of {name}" for name in self.copies]
        return ", ".join(parts + ([f"seed {self.seed}"] if self.seed else []))


class ProblemPlugIn(PlugIn):
    """A problem; of data, also with columns planted: ``{name: diabetes, plant: {noise: 3}}``."""

    plant: Planting | None = None


class ModelPlugIn(PlugIn):
    """A network by name, or a model of one's own: ``{file: net.py:Net, name: mine}``.

    The Python file is executed, in the process that computes. ``weights``: a state dict.
    """

    file: str | None = None
    weights: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("file"), str) and "name" not in value:
            return {**value, "name": value["file"].rpartition(":")[2]}
        return value

    @model_validator(mode="after")
    def _sound(self) -> "ModelPlugIn":
        if self.file is None:
            if self.weights is not None:
                raise ValueError("weights: expected file: with them, FILE.py:NAME; it is missing")
            return self
        if not self.file.rpartition(":")[0].endswith(".py") or self.file.endswith(":"):
            raise ValueError(f"file: expected FILE.py:NAME; got {self.file!r}")
        if self.name == "function":
            raise ValueError("name: expected another name than the problem's own 'function'")
        if self.params:
            raise ValueError(
                f"expected file, weights, name and limits; got {', '.join(self.params)}"
            )
        return self


class References(BaseModel):
    """How large a sample a network's own values are taken from, as for `sensbench.reference`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    points: StrictInt = Field(default=2**14, le=2**30)
    scrambles: StrictInt = Field(default=8, ge=2, le=1000)

    @model_validator(mode="after")
    def _power(self) -> "References":
        if self.points < 2 or self.points & (self.points - 1):
            raise ValueError(f"points: expected a power of two; got {self.points}")
        return self


class Study(Limited):
    """A study: problems × models × estimators × budgets × replicates.

    ``models`` are trained networks by name, models from Python files, or ``function``: the
    problem's own function, where it has one. ``inputs``: ``data`` lets methods that need no
    design use real rows where a problem has them; ``product`` makes every method draw from the
    product of the marginals.
    ``references``: the sample that a trained network's own values are taken from, so that the
    error of an estimate can be split into the estimator's and the network's; ``null``: none.
    ``limits``: what each cell may take; an estimator's or a model's own come before the study's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)
    title: str = ""
    problems: tuple[ProblemPlugIn, ...] = Field(min_length=1)
    models: tuple[ModelPlugIn, ...] = Field(default=(ModelPlugIn(name="function"),), min_length=1)
    estimators: tuple[PlugIn, ...] = Field(min_length=1)
    budgets: tuple[StrictInt, ...] = Field(min_length=1)
    replicates: StrictInt = Field(default=1, ge=1, le=10_000)
    seed: StrictInt = Field(default=0, ge=0, lt=2**63)
    inputs: Literal["data", "product"] = "data"
    references: References | None = References()

    @model_validator(mode="after")
    def _sound(self) -> "Study":
        for budget in self.budgets:
            if budget < 1:
                raise ValueError(f"budgets: expected rows, at least 1; got {budget}")
            if budget > MOST_ROWS:
                raise ValueError(f"budgets: expected at most {MOST_ROWS:,} rows; got {budget:,}")
        for field in ("problems", "models", "estimators", "budgets"):
            items = list(getattr(self, field))
            twice = [item for k, item in enumerate(items) if item in items[:k]]
            if twice:
                raise ValueError(f"{field}: expected distinct entries; got {twice[0]} twice")
        return self

    def as_yaml(self) -> str:
        """Return the resolved configuration."""
        return plain_yaml.dump(self.model_dump(mode="json"))


def load_study(path: Path | str, changes: Mapping[str, Any] | None = None) -> Study:
    """Read and check a study file; ``changes`` are dotted keys that replace values in it.

    Relative paths inside (``path: data.csv``) are taken from the file's own folder.

    Raises
    ------
    StudyError
        No such file, not YAML, an unknown key, or a wrong value: with file, place and expectation.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: expected a readable study file; got {error}") from error
    try:
        content = plain_yaml.load(text, str(path))
    except InputError as error:
        raise StudyError(str(error)) from error
    if not isinstance(content, dict):
        raise StudyError(
            f"{path}: expected keys such as name:, problems:, estimators:, budgets:; "
            f"got {type(content).__name__}"
        )
    for key, value in (changes or {}).items():
        _replace(content, key, value, path)
    _anchor_paths(content, path.parent)
    return check_study(content, str(path))


def check_study(content: Mapping[str, Any], source: str) -> Study:
    """Check a configuration given as plain data."""
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        lines = [_say(problem) for problem in error.errors()]
        raise StudyError("\n".join(f"{source}: {line}" for line in lines)) from None


def _say(problem: Any) -> str:
    place = ""
    for part in problem["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    got = problem.get("input")
    if problem["type"] == "extra_forbidden":
        # the parts of a study that know their keys, and itself
        inside: dict[str, type[BaseModel]] = {"plant": Planting, "limits": LimitsAsked}
        of = next((inside[part] for part in problem["loc"] if part in inside), Study)
        keys = [*of.model_fields]
        near = difflib.get_close_matches(str(problem["loc"][-1]), keys, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"{place}: expected a known key; {hint}(known: {', '.join(keys)})"
    if problem["type"] == "missing":
        return f"{place}: expected this key; it is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "too_short":
        message = "expected at least one entry"
    if problem["type"] == "tuple_type":
        message = "expected a list"
    if not place:
        return message
    return f"{place}: {message[0].lower()}{message[1:]}; got {got!r}"


def _replace(content: dict[str, Any], dotted: str, value: Any, path: Path) -> None:
    *parents, last = dotted.split(".")
    target: Any = content
    try:
        for key in parents:
            place = int(key) if isinstance(target, list) else key
            if isinstance(target[place], str):  # a bare name takes parameters too
                target[place] = {"name": target[place]}
            target = target[place]
        target[int(last) if isinstance(target, list) else last] = value
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StudyError(f"{path}: expected --set to name a place in it; got {dotted!r}") from error


def _anchor_paths(content: dict[str, Any], folder: Path) -> None:
    problems = content.get("problems")
    for entry in problems if isinstance(problems, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            entry["path"] = str(folder / entry["path"])
    models = content.get("models")
    for entry in models if isinstance(models, list) else []:
        for key in ("file", "weights"):
            if isinstance(entry, dict) and isinstance(entry.get(key), str):
                entry[key] = str(folder / entry[key])
