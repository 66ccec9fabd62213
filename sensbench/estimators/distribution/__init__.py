"""Distances between distributions of the output."""
