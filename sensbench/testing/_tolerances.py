"""Every statistical tolerance of the conformance suites, in standard errors where there are any."""

# How far a truth may be from a sampled value. The standard errors have 31 degrees of freedom: with
# some hundred comparisons per problem, six of them fail one right problem in several thousand.
STANDARD_ERRORS = 6.0
ROUNDING = 1e-6
# A truth whose standard error is more than this share of the largest value of its output, and more
# than that of the sample it is compared with, is none: with six of them it would allow anything.
LARGEST_ERROR = 0.005
# A sample of first- and total-order indices grows until 5 % of an index is more than six of its
# standard errors and two for its own noise; of an index below the smallest share, 5 % of that.
SAMPLE_ERROR = 0.05 / (STANDARD_ERRORS + 2)
SMALLEST_SHARE = 0.05

# Right answers: the mean of so many seeds against the closed form. With 7 degrees of freedom and a
# hundred comparisons, eight standard errors fail one right method in a hundred; the share of the
# largest value, for biases of order 1/n, takes nearly all of these away.
SEEDS = 8
SEED_ERRORS = 8.0
SHARE_OF_LARGEST = 0.05
# Of a method that says it is biased: bins and density estimates also lose some of a strong effect.
BIAS_OF_LARGEST = 0.12

# Two right estimates may differ by the sum of their half-widths now and then; not by this many
# of them, nor can a small interval by itself be trusted: hence a share of the largest value too.
HALF_WIDTHS = 4.0
SHARE_OF_LARGEST_RELABELLED = 0.02
# Where no interval says how far two samples are apart.
SHARE_WITHOUT_INTERVAL = 0.1
DEAD_SHARE = 0.05
# Of an estimator that is biased upwards: at the larger budget, and what is left of the smaller's.
FEW_ROWS, MANY_ROWS = 1024, 8192
BIASED_SHARE = 0.25
BIASED_LEFT = 0.9

# Half-widths (root mean square over the inputs) in standard deviations between seeds: 1.96 for
# 95 %. The lower bound, in what the level asks for, leaves room for the spread of eight seeds.
NARROWEST = 0.45
# Below and above the value an interval has some room: the smaller part, of the larger.
LEAST_ROOM = 0.15
# The upper bound is in largest values, not in deviations: intervals that treat quasi-random rows as
# random are rightly many deviations wide.
WIDEST = 10.0
# With eight times the rows an interval has 0.35 of its width.
WIDTH_LEFT = 0.75
