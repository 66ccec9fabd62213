"""A model as a torch module whose rows are counted, for libraries that want a module."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import forward_ad

from sensbench.errors import InputError, ModelError
from sensbench.model.boundary.torch_function import TorchFunction
from sensbench.model.output_scale import OutputScale


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
    scale
        What the outputs are divided by, where they are of extreme size.

    Attributes
    ----------
    module
        The copy, where the model is an ``nn.Module``; layers and their names are the caller's.
    """

    def __init__(
        self,
        function: TorchFunction,
        count: Callable[..., None],
        scale: OutputScale | None = None,
    ):
        super().__init__()
        self._scale = scale
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
        InputError
            Not a tensor of rows.
        ModelError
            Inside vmap or forward mode, where rows cannot be counted.
        """
        if not isinstance(x, Tensor) or x.ndim != 2:
            came = f"a tensor of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x)
            raise InputError(f"as_torch: expected a tensor of rows (rows, inputs); got {came}")
        if torch._C._functorch.is_functorch_wrapped_tensor(x) or _dual(x):
            raise ModelError(
                "as_torch: expected plain rows, which can be counted; got them inside vmap, "
                "jacrev or jvp, where one call stands for many; differentiate the outputs of "
                "whole batches with torch.autograd.grad"
            )
        self._count(len(x))
        outputs = self._function.outputs(x)
        if outputs.requires_grad:
            outputs.register_hook(self._count_backward)
        return outputs if self._scale is None else self._scale.tensor(outputs)

    def _count_backward(self, gradient: Tensor) -> None:
        if torch._C._functorch.is_legacy_batchedtensor(gradient):
            raise ModelError(
                "as_torch: expected one backward pass at a time, which can be counted; got many "
                "at once (vectorize=True or is_grads_batched=True); leave that out"
            )
        self._count(len(gradient), backward=True)


def _dual(x: Tensor) -> bool:
    """Whether the tensor carries a forward-mode tangent."""
    return forward_ad._current_level >= 0 and forward_ad.unpack_dual(x).tangent is not None
