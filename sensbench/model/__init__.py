"""Models: anybody's, as one counted function with its derivatives, and how well it predicts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "model": ["Model"],
        "derivatives": ["hessian", "jacobian"],
        "quality": ["Quality", "qualities"],
    },
)
