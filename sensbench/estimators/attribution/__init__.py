"""Attributions of single predictions to the inputs, averaged over rows."""
