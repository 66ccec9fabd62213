"""The contract of a method: what it needs, what it returns, and intervals for it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "estimator": ["Estimator"],
        "needs": ["Cost", "Needs"],
        "result": ["Absent", "Estimate", "Impossible", "NotAsked", "SensitivityResult"],
        "interval": ["Interval"],
    },
)
