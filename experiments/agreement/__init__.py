"""How often intervals of agreement hold, and when orders are falsely said to differ."""
