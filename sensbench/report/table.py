from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table: ``shown`` for readers, ``data`` for files."""

    name: str
    title: str
    shown: pd.DataFrame
    data: pd.DataFrame
    note: str = ""
