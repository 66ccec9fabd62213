"""``python -m sensbench`` is the command ``sensbench``."""

from sensbench.cli import main

if __name__ == "__main__":
    main()
