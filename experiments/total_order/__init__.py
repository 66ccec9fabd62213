"""Which estimator of total order ranks inputs best: random functions, sizes, laws and designs."""
