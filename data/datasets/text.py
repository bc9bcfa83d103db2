"""Texts, character by character."""

import os
from collections.abc import Iterable, Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from autograd import from_numpy
from autograd.errors import Constructed
from data.dataset import Dataset, as_rows, position_of
from data.sampler import positive_int


class Alphabet(Constructed):
    """The different characters of a text, in order, and their numbers from 0 on.

    Raises: ValueError naming the characters of a text that are not among them.

    >>> alphabet = Alphabet("hello")
    >>> alphabet.characters, alphabet.encode("hell").tolist(), alphabet.decode([2, 0])
    ('ehlo', [1, 0, 2, 2], 'le')
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"Alphabet: text must be a str, got {type(text).__name__}")
        self.characters = "".join(sorted(set(text)))
        self._numbers = {character: i for i, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:
        """The numbers of the characters, int64."""
        unknown = "".join(sorted(set(text) - set(self.characters)))
        if unknown:
            raise ValueError(f"{unknown!r} is not among the characters of the text, which are "
                             f"{self.characters!r}")
        return np.array([self._numbers[character] for character in text], np.int64)

    def decode(self, numbers: Iterable[Any]) -> str:
        """The characters of numbers in a list, an ndarray or a Tensor."""
        return "".join(self.characters[as_index(i)] for i in numbers)

    def __repr__(self) -> str:
        return f"Alphabet({self.characters!r})"


class CharacterText(Dataset):
    """Sample i is the block of a text that begins at its character i, and what comes next: the
    block one character further, as a model that predicts the next character needs it.

    The characters are numbered by `alphabet`; without one it is made of the text.

    Shape: (input, target), int64 ndarrays (block_size) each.
    Raises: ValueError for a text that is not longer than a block.

    >>> text = CharacterText("to be or not", 5)
    >>> [text.alphabet.decode(part) for part in text[3]]
    ['be or', 'e or ']
    """

    def __init__(self, text: str, block_size: int, alphabet: Alphabet | None = None) -> None:
        self.block_size = positive_int(block_size, "block_size", "CharacterText")
        self.alphabet = Alphabet(text) if alphabet is None else alphabet
        self.numbers = self.alphabet.encode(text)
        if len(text) <= self.block_size:
            hint = "; CharacterText.from_file reads a file" if os.path.isfile(text) else ""
            raise ValueError(f"CharacterText: the text has {len(text)} characters, at least "
                             f"{self.block_size + 1} are needed for block_size={self.block_size}"
                             + hint)

    @classmethod
    def from_file(cls, path: str | bytes | os.PathLike, block_size: int,
                  alphabet: Alphabet | None = None) -> "CharacterText":
        """The text in a file, in UTF-8."""
        with open(os.path.expanduser(os.fsdecode(path)), encoding="utf-8") as file:
            try:
                text = file.read()
            except UnicodeDecodeError as error:
                raise ValueError(f"CharacterText: {os.fsdecode(path)} is not a text in UTF-8: "
                                 f"{error}") from None
        return cls(text, block_size, alphabet)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        start = position_of(index, self)
        block = self.numbers[start: start + self.block_size + 1].copy()
        return block[:-1], block[1:]

    def __getbatch__(self, indices: Sequence[int]) -> list:
        rows = as_rows(indices, "CharacterText")
        n = len(self)
        if rows.size and not -n <= rows.min() <= rows.max() < n:
            raise IndexError(f"CharacterText: indices from {rows.min()} to {rows.max()} are out of "
                             f"range for {n} samples")
        blocks = self.numbers[(rows % n)[:, None] + np.arange(self.block_size + 1)]
        return [from_numpy(blocks[:, :-1].copy()), from_numpy(blocks[:, 1:].copy())]

    def __len__(self) -> int:
        return len(self.numbers) - self.block_size

    def __repr__(self) -> str:
        return (f"CharacterText: {len(self.numbers):,} characters, {len(self.alphabet)} different "
                f"ones, in blocks of {self.block_size}")
