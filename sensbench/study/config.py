"""The study file: what it may say, and errors that name the file, the place and the mend."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from sensbench.errors import StudyError
from sensbench.estimator.estimator import MOST_ROWS
from sensbench.files import plain_yaml
from sensbench.problem.noise_floor import MOST as MOST_NOISE
from sensbench.study.composing import read_study, write_out
from sensbench.study.entries import (
    EstimatorPlugIn,
    Limited,
    LimitsAsked,
    ModelPlugIn,
    Planting,
    ProblemPlugIn,
    References,
    Selection,
)


class Study(Limited):
    """A study: problems × models × estimators × budgets × replicates.

    ``models`` are trained networks by name, models from Python files, or ``function``: the
    problem's own function, where it has one. ``inputs``: ``data`` lets methods that need no
    design use real rows where a problem has them; ``product`` makes every method draw from the
    product of the marginals.
    ``seeds``: by default every cell has random numbers of its own; ``common`` gives the cells of
    one problem and replicate the same ones, whatever the method, model and budget, so that methods
    that draw alike are compared on the same rows.
    ``noise_floor``: how many inputs are added that every model ignores (``true``: one), to tell
    what chance scores.
    ``references``: the sample that a trained network's own values are taken from, so that the
    error of an estimate can be split into the estimator's and the network's; ``null``: none.
    ``limits``: what each cell may take; an estimator's or a model's own come before the study's.
    ``include``: only these cells; ``exclude``: all but these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)
    title: str = ""
    problems: tuple[ProblemPlugIn, ...] = Field(min_length=1)
    models: tuple[ModelPlugIn, ...] = Field(default=(ModelPlugIn(name="function"),), min_length=1)
    estimators: tuple[EstimatorPlugIn, ...] = Field(min_length=1)
    budgets: tuple[StrictInt, ...] = Field(min_length=1)
    replicates: StrictInt = Field(default=1, ge=1, le=10_000)
    seed: StrictInt = Field(default=0, ge=0, lt=2**63)
    seeds: Literal["independent", "common"] | None = None
    inputs: Literal["data", "product"] = "data"
    noise_floor: StrictBool | Annotated[StrictInt, Field(ge=0, le=MOST_NOISE)] = False
    references: References | None = References()
    include: tuple[Selection, ...] | None = None
    exclude: tuple[Selection, ...] | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Study":
        own = [budget for one in self.problems for budget in one.budgets or ()]
        own += [budget for one in self.estimators for budget in one.budgets or ()]
        for budget in (*self.budgets, *own):
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
    content = read_study(path, _anchor_paths)
    for key, value in (changes or {}).items():
        _replace(content, key, value, path)
    _anchor_paths(content, path.parent)  # what was changed has paths from there, too
    return check_study(content, str(path))


def check_study(content: Mapping[str, Any], source: str) -> Study:
    """Check a configuration given as plain data."""
    try:
        return Study.model_validate(write_out(content, source))
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
        inside: dict[str, type[BaseModel]] = {
            "plant": Planting, "limits": LimitsAsked, "include": Selection, "exclude": Selection,
        }  # fmt: skip
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
    """Take paths from the study's folder, whole: the results say for good where a file was."""
    for field, keys in (("problems", ("path",)), ("models", ("file", "weights"))):
        entries = content.get(field)
        for entry in entries if isinstance(entries, list) else []:
            for key in keys:
                if isinstance(entry, dict) and isinstance(entry.get(key), str):
                    entry[key] = str((folder / entry[key]).absolute())
