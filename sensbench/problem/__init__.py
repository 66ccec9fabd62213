"""Problems: a model over a space, with data and what is known of the answer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "problem": ["Data", "Problem", "Sample"],
        "truth": ["Truth", "Truths"],
        "planting": ["plant"],
    },
)
