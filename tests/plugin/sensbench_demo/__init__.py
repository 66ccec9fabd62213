"""Plug-ins of another package: an estimator with a measure of its own, a problem, a network."""
