"""The entries of a study file: plug-ins with their settings, models, limits, selections."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_serializer,
    model_validator,
)

from sensbench.engine.limits import Limits, bytes_of, seconds_of


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
_UNSAID = (
    "budgets", "include", "exclude", "limits", "plant", "stream", "file", "weights", "output",
    "outputs", "arguments", "derivatives", "seeds",
)  # fmt: skip


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
    """A plug-in by name, or by name with parameters: ``{name: sobol, second_order: true}``.

    ``grid``: lists of values for some of them, which stand for one entry per combination.
    """

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


class EstimatorPlugIn(PlugIn):
    """An estimator; ``budgets`` of its own come before the problem's and the study's."""

    budgets: tuple[StrictInt, ...] | None = Field(default=None, min_length=1)


class Selection(BaseModel):
    """Cells by where they are; what is not said may be anything: ``{estimator: morris}``.

    Problems, models and estimators by name, or by the label of one; a list: any of these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    problem: str | tuple[str, ...] = ()
    model: str | tuple[str, ...] = ()
    estimator: str | tuple[str, ...] = ()
    budget: StrictInt | tuple[StrictInt, ...] = ()

    @model_validator(mode="after")
    def _says(self) -> "Selection":
        if not any(value != () for value in self.of.values()):
            raise ValueError("expected problem, model, estimator or budget; got nothing")
        return self

    @property
    def of(self) -> dict[str, tuple[Any, ...]]:
        """What each of problem, model, estimator and budget may be; nothing: anything."""
        return {
            key: value if isinstance(value, tuple) else (value,)
            for key, value in ((key, getattr(self, key)) for key in type(self).model_fields)
        }


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
    """A problem; of data, also with columns planted: ``{name: diabetes, plant: {noise: 3}}``.

    ``budgets``: of its own, in place of the study's.

    ``stream``: what its cells' random numbers are drawn by, in place of its content; of a saved
    comparison, so that the study has its numbers.
    """

    plant: Planting | None = None
    budgets: tuple[StrictInt, ...] | None = Field(default=None, min_length=1)
    stream: str | None = Field(default=None, min_length=1)


class ModelPlugIn(PlugIn):
    """A network by name, or a model of one's own: ``{file: net.py:Net, name: mine}``.

    The Python file is executed, in the process that computes. ``weights``: a state dict. Of such a
    model also ``output``, ``outputs``, ``arguments`` and ``derivatives``, as for
    :func:`sensbench.compare`.
    """

    file: str | None = None
    weights: str | None = None
    output: int | str | list[int | str] | None = None
    outputs: list[str] | None = None
    arguments: dict[str, Any] | list[Any] | None = None
    derivatives: Literal["autograd", "finite-difference"] | None = None

    @property
    def options(self) -> dict[str, Any]:
        """How the model in the file is to be read, where that is said."""
        keys = ("output", "outputs", "arguments", "derivatives")
        given = {key: getattr(self, key) for key in keys}
        return {key: value for key, value in given.items() if value is not None}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("file"), str) and "name" not in value:
            return {**value, "name": value["file"].rpartition(":")[2]}
        return value

    @model_validator(mode="after")
    def _sound(self) -> "ModelPlugIn":
        if self.file is None:
            for key in ("weights", *self.options):
                if getattr(self, key) is not None:
                    raise ValueError(f"{key}: expected file: with it, FILE.py:NAME; it is missing")
            return self
        if not self.file.rpartition(":")[0].endswith(".py") or self.file.endswith(":"):
            raise ValueError(f"file: expected FILE.py:NAME; got {self.file!r}")
        if self.name == "function":
            raise ValueError("name: expected another name than the problem's own 'function'")
        if self.params:
            raise ValueError(
                f"expected file, weights, name, output, outputs, arguments, derivatives and "
                f"limits; got {', '.join(self.params)}"
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
