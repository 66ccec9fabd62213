"""Linear and monotone dependence: regression and correlation."""
