"""Derivatives: moments, bounds and active subspaces."""
