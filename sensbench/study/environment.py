"""What the numbers were computed with."""

import platform
from importlib.metadata import version

from sensbench import __version__

PACKAGES = ("torch", "SALib", "scikit-learn", "numpy", "scipy", "pandas", "seaborn")


def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and the packages that make the numbers."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "sensbench": __version__,
        **{package: version(package) for package in PACKAGES},
    }
