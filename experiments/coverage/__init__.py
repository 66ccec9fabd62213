"""How often intervals hold the truth: every measure that has one, on problems with exact truths."""
