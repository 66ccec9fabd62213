"""Studies: a configuration, its cells, the engine that computes them, and their store."""
