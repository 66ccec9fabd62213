"""Design: the rows a method asks for, to be run elsewhere."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.errors import InputError, NotApplicable
from sensbench.estimator.result import SensitivityResult
from sensbench.files.atomic import write_whole
from sensbench.inputs.in_json import space_from_json, space_to_json
from sensbench.inputs.rows import as_targets, target_names
from sensbench.inputs.space import InputSpace
from sensbench.model.recorded import RecordedModel
from sensbench.problem.problem import Problem

Estimated = Callable[[Problem], SensitivityResult]
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Design:
    """The rows that a method asks a model for, in their order.

    Attributes
    ----------
    estimator, params
        Whose rows they are: its name and hyper-parameters.
    space
        What they are drawn from.
    outputs
        Names of the outputs that are to come back for each.
    budget, seed
        What they were asked for with.
    X
        The rows. Some may be there twice: methods ask again.
    name
        What the model is called in results.
    """

    estimator: str
    params: Mapping[str, Any]
    space: InputSpace
    outputs: tuple[str, ...]
    budget: int
    seed: int
    X: Float[np.ndarray, "n d"]
    name: str = "model"

    def __len__(self) -> int:
        return len(self.X)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows with the names of the inputs."""
        return pd.DataFrame(self.X, columns=list(self.space.columns))

    @classmethod
    def of(
        cls,
        estimated: Estimated,
        *,
        estimator: str,
        params: Mapping[str, Any],
        space: InputSpace,
        outputs: Sequence[str],
        budget: int,
        seed: int,
        name: str,
    ) -> "Design":
        """Return the rows that ``estimated`` asks for, whatever the outputs are.

        It is run with two unlike stand-ins for the outputs: noise, and numbers that depend on the
        first input alone.

        Raises
        ------
        NotApplicable
            Other rows for other outputs.
        """
        noise = np.random.default_rng(0)
        o = len(outputs)

        def of_noise(asked: int, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
            return noise.standard_normal((len(X), o))

        def of_one(asked: int, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
            return np.repeat(np.arctan(X[:, :1]), o, axis=1) + 1.0

        first, second = (
            _run(estimated, space, outputs, name, answers)[1] for answers in (of_noise, of_one)
        )
        if not np.array_equal(first, second):
            raise NotApplicable(
                f"{estimator}: expected rows that can be told before any output is known; it "
                f"chooses some by the outputs it has; give it the model, or take a method of a "
                f"design or of given rows, such as sobol or rank_first_order"
            )
        return cls(estimator, dict(params), space, tuple(outputs), budget, seed, first, name)

    def answered(self, estimated: Estimated, outputs: Any) -> SensitivityResult:
        """Return what ``estimated`` makes of the outputs at these rows.

        Raises
        ------
        InputError
            Outputs that are not those of these rows; rows that were changed.
        """
        who = f"design of {self.estimator}"
        Y = self._outputs(outputs, who)

        def answers(asked: int, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
            here = slice(asked, asked + len(X))
            if not np.array_equal(self.X[here], X):
                raise InputError(
                    f"{who}: expected the rows that {self.estimator} asks for with budget "
                    f"{self.budget} and seed {self.seed}; got others from row {asked} on; take "
                    f"the design as it was written, with this version of its packages"
                )
            return Y[here]

        result, rows = _run(estimated, self.space, self.outputs, self.name, answers)
        if len(rows) != len(self):
            raise InputError(
                f"{who}: expected the {len(rows)} rows that {self.estimator} asks for; got "
                f"{len(self)}; take the design as it was written"
            )
        return result

    def save(self, path: str | Path) -> Path:
        """Write the rows as CSV, and beside it, as ``.json``, what they are rows of.

        Raises
        ------
        OSError
            A file cannot be written.
        """
        path = Path(path)
        if path.suffix != ".csv":
            raise InputError(f"design: expected a file that ends in .csv; got {str(path)!r}")
        facts = {
            "sensbench design": _FORMAT, "estimator": self.estimator, "params": self.params,
            "budget": self.budget, "seed": self.seed, "name": self.name,
            "outputs": self.outputs, "rows": len(self), "inputs": space_to_json(self.space),
        }  # fmt: skip
        write_whole(path.with_suffix(".json"), json.dumps(facts, indent=1).encode())
        # numbers are written so that they are read back to the bit
        write_whole(path, self.to_frame().to_csv(index=False, lineterminator="\n").encode())
        return path

    @classmethod
    def read(cls, path: str | Path, space: InputSpace | None = None) -> "Design":
        """Return the design that :meth:`save` wrote.

        ``space`` is needed where it has no words in a file: groups, dependent inputs, and
        distributions that are not of scipy.stats.

        Raises
        ------
        InputError
            Files that are not there, or are no design.
        """
        path = Path(path)
        who = f"design {path.name!r}"
        beside = path.with_suffix(".json")
        try:
            facts = json.loads(beside.read_text(encoding="utf-8"))
            frame = pd.read_csv(path, dtype=str)  # float() loses no bit; pandas' own may
        except (OSError, ValueError) as error:
            raise InputError(
                f"{who}: expected a design's CSV with {beside.name!r} beside it, as `sensbench "
                f"sample` writes them; {error}"
            ) from error
        if not isinstance(facts, dict) or facts.get("sensbench design") != _FORMAT:
            raise InputError(f"{who}: expected {beside.name!r} to be a design's; got another file")
        if space is None:
            if facts.get("inputs") is None:
                raise InputError(
                    f"{who}: expected its space, which a file has no words for; call "
                    f"Design.read(path, space=…)"
                )
            space = space_from_json(facts["inputs"], who)
        X = _rows(frame, space, who)
        if len(X) != facts["rows"]:
            raise InputError(f"{who}: expected its {facts['rows']} rows; got {len(X)}")
        return cls(
            facts["estimator"], facts["params"], space, tuple(facts["outputs"]),
            facts["budget"], facts["seed"], X, facts["name"],
        )  # fmt: skip

    def _outputs(self, given: Any, who: str) -> Float[np.ndarray, "n o"]:
        """Return the outputs as an array; rows that came back with them must be these."""
        columns = set(self.space.columns)
        if isinstance(given, pd.DataFrame) and columns <= set(given.columns):
            self._require_own(_rows(given, self.space, who), who)
            given = given.drop(columns=list(columns))
        n, o = len(self), len(self.outputs)
        if given is None or np.shape(given)[:1] != (n,):
            raise InputError(
                f"{who}: expected {n} rows of outputs, one for each of its rows; got shape "
                f"{np.shape(given)}"
            )
        Y = as_targets(given, n, f"{who}: outputs")
        if Y.shape[1] != o:
            raise InputError(
                f"{who}: expected {o} outputs ({', '.join(self.outputs)}) for each row; got "
                f"{Y.shape[1]}; name them when the design is made, outputs="
            )
        names = target_names(given)
        if names is not None and names != self.outputs and sorted(names) == sorted(self.outputs):
            raise InputError(
                f"{who}: expected outputs in the order {', '.join(self.outputs)}; got "
                f"{', '.join(names)}"
            )
        return Y

    def _require_own(self, X: Float[np.ndarray, "_ d"], who: str) -> None:
        if np.array_equal(X, self.X):
            return
        where = f"{len(X)} rows"
        if len(X) == len(self):
            where = f"row {int(np.argmax((X != self.X).any(axis=1)))} is another"
        raise InputError(
            f"{who}: expected the outputs of its {len(self)} rows, in their order; got inputs "
            f"that are not its own: {where}; run the model on the rows as they are"
        )


def _rows(frame: pd.DataFrame, space: InputSpace, who: str) -> Float[np.ndarray, "n d"]:
    missing = [name for name in space.columns if name not in frame.columns]
    if missing:
        raise InputError(f"{who}: expected a column for each input; got none for {missing[0]!r}")
    try:
        return np.ascontiguousarray(frame[list(space.columns)].to_numpy(dtype=float))
    except ValueError as error:
        raise InputError(f"{who}: expected numbers in the inputs' columns; {error}") from error


def _run(
    estimated: Estimated,
    space: InputSpace,
    outputs: Sequence[str],
    name: str,
    answers: Callable[[int, Float[np.ndarray, "n d"]], Float[np.ndarray, "n o"]],
) -> tuple[SensitivityResult, Float[np.ndarray, "n d"]]:
    """Return the result with these answers, and the rows that they were asked for."""
    model = RecordedModel(space.columns, outputs, name, answers)
    result = estimated(Problem(name=name, space=space, model=model))
    return result, model.asked
