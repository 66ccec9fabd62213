"""A model as a torch module whose rows are counted, for libraries that want a module."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from sensbench.model.boundary.torch_function import TorchFunction


class CountedModule(nn.Module):
    """A model's private copy as an ``nn.Module``: rows in, ``(n, outputs)`` out.

    Every forward pass counts its rows, every backward pass through the outputs counts them again,
    and the budget of the metered model holds. The parameters need no gradient; hooks on the
    module's layers are hooks on the copy.

    Parameters
    ----------
    function
        The model.
    count
        Called with rows, and ``backward=True`` where they are differentiated.

    Attributes
    ----------
    module
        The copy, where the model is an ``nn.Module``; layers and their names are the caller's.
    """

    def __init__(self, function: TorchFunction, count: Callable[..., None]):
        super().__init__()
        self._function, self._count = function.fresh(), count
        if self._function.module is not None:
            self.module = self._function.module
        self.eval()

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return the outputs, with a graph where ``x`` wants one.

        Raises
        ------
        BudgetExceeded
            The metered budget does not pay for these rows.
        """
        self._count(len(x))
        outputs = self._function.outputs(x)
        if outputs.requires_grad:
            outputs.register_hook(lambda gradient: self._count(len(gradient), backward=True))
        return outputs
