"""Names: 32,033 first names, which come with the package."""

import os

from data.dataset import Dataset, position_of


class Names(Dataset[str]):
    """First names in the letters a to z: 28,833 to train on, 3,200 held out.

    They stand in alphabetical order, and twice where the source has them twice. The split is
    fixed: of the 29,494 different names every tenth from the first on is held out, with its twin,
    so that no name is in both parts.

    Reference: U.S. Social Security Administration, Popular Baby Names, public domain.
        names.txt.gz holds them one a line, made from the list `names` by
        `gzip.compress("".join(f"{name}\\n" for name in sorted(names)).encode(), mtime=0)`.

    >>> Names()[0], Names(train=False)[-1]
    ('aabid', 'zyrus')
    >>> Names(train=False)
    Names(train=False): 3,200 first names
    """

    def __init__(self, train: bool = True) -> None:
        import gzip

        self.train = train
        path = os.path.join(os.path.dirname(__file__), "names.txt.gz")
        with gzip.open(path, "rt", encoding="ascii") as file:
            names = file.read().split()
        held_out = set(sorted(set(names))[::10])
        self.names = [name for name in names if (name in held_out) != train]

    def __getitem__(self, index: int) -> str:
        return self.names[position_of(index, self)]

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Names(train={self.train}): {len(self):,} first names"
