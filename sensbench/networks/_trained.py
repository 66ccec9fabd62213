"""A trained network with what is known of its quality; it can be stored and rebuilt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from safetensors.torch import load, save
from torch import nn

from sensbench.errors import InputError
from sensbench.model.model import Model
from sensbench.model.quality import Quality
from sensbench.networks._again import Again, NetworkAgain
from sensbench.problem.problem import Problem


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that has been trained on a problem.

    Attributes
    ----------
    name
        Name of the network, for reports.
    module
        Maps inputs to outputs, both in their own units.
    outputs
        Names of its outputs.
    quality
        Output name to how well it is predicted on held-out rows; an output that is constant
        there has none.
    training
        ``rows``, ``validation_rows``, ``held_out_rows`` (counts), ``iterations``, ``seconds``,
        ``parameters``.
    held_out_rows
        Which of the problem's data rows were held out; empty where rows were drawn.
    network
        What it was trained as, where it is to be trained again.
    """

    name: str
    module: nn.Module
    outputs: tuple[str, ...]
    quality: Mapping[str, Quality]
    training: Mapping[str, Any]
    held_out_rows: tuple[int, ...] = ()
    network: Again | None = None

    def problem(self, problem: Problem) -> Problem:
        """Return the same question about this network.

        A problem of data keeps its held-out rows only, so that what is measured on rows is about
        rows the network has not seen; the space stays that of all rows.

        Raises
        ------
        InputError
            Not the problem that this network was trained on.
        """
        if problem.outputs != self.outputs or (problem.data is None) == bool(self.held_out_rows):
            raise InputError(
                f"network {self.name!r}: expected the problem it was trained on, with outputs "
                f"{list(self.outputs)} and {len(self.held_out_rows)} held-out rows of its data; "
                f"got problem {problem.name!r} with outputs {list(problem.outputs)}"
            )
        data, notes = problem.data, problem.notes
        if data is not None:
            rows = np.array(self.held_out_rows)
            n_validation = self.training["validation_rows"]
            stopped = f" (and stopped by {n_validation})" if n_validation else ""
            notes = (
                *notes,
                f"{self.name} was trained on {self.training['rows']} rows{stopped}; "
                f"{len(rows)} others are explained",
            )
            data = data.take(rows)
        model = Model(self.module, problem.space.sample(2, 0), outputs=self.outputs, name=self.name)
        again = None
        # slopes of what is learned are not known of some of its columns
        if self.network is not None and not self.network.sobolev:
            again = NetworkAgain(self.network, problem, self.held_out_rows)
        asked = replace(problem, data=data, notes=notes).with_model(
            model, self.quality, "rows it was not trained on"
        )
        return replace(asked, refit=again)

    def metadata(self) -> dict[str, Any]:
        """Return plain values, fit for JSON, that rebuild it together with :meth:`weights`."""
        return {
            "quality": {output: asdict(found) for output, found in self.quality.items()},
            "training": dict(self.training),
            "held_out_rows": list(self.held_out_rows),
        }

    def weights(self) -> bytes:
        """Return the module's parameters and scaling in the safetensors format."""
        return save({k: v.contiguous() for k, v in self.module.state_dict().items()})

    @classmethod
    def restore(
        cls,
        name: str,
        module: nn.Module,
        outputs: tuple[str, ...],
        metadata: Mapping[str, Any],
        weights: bytes,
    ) -> "Trained":
        """Return the trained network from what was kept and an untrained module like it.

        Raises
        ------
        InputError
            The weights are not those of such a module.
        """
        try:
            module.load_state_dict(load(weights))
        except Exception as error:  # safetensors and torch each raise kinds of their own
            raise InputError(
                f"network {name!r}: expected the weights of a network with these "
                f"hyper-parameters; {type(error).__name__}: {error}; train it again"
            ) from error
        return cls(
            name,
            module.eval(),
            outputs,
            {o: Quality.from_plain(kept) for o, kept in metadata["quality"].items()},
            dict(metadata["training"]),
            tuple(metadata["held_out_rows"]),
        )
