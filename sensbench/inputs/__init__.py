"""Inputs: named, with a distribution; what people pass as rows, names and distributions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "space": ["InputSpace"],
        "group": ["Group"],
        "goodness": ["law_fit"],
        "correlation_matrix": ["nearest_correlation"],
    },
)
