"""Worker processes that can be killed: each job's end is known, and ends nothing else.

Knows nothing of studies: a job is plain data, and what a child does with it is named by an import
path. :class:`~sensbench.engine.supervisor.Supervisor` is the one way in.
"""
