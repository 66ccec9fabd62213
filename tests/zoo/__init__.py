"""Models as people have them: each with its exact derivative, or the error it must meet."""

from tests.zoo import arrays, attributes, forms, lies, runs
from tests.zoo.animals import ZOO

__all__ = ["ZOO", "arrays", "attributes", "forms", "lies", "runs"]
