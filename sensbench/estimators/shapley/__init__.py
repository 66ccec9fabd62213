"""Shapley values of single predictions, as global importances."""
