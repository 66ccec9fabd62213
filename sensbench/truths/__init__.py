"""How truths are obtained: by one-dimensional integrals, by many points, from shipped files."""
