"""Names: what the embedded file holds, and how it is split."""

import gzip
import os
import pathlib

import pytest

import data.datasets.names as module
from data import DataLoader
from data.datasets import Names

FILE = pathlib.Path(module.__file__).with_name("names.txt.gz")
SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"
SOURCE = pathlib.Path(os.environ.get("WENGERT_DATA", SHARED)) / "text" / "names.txt"


def test_the_split_leaves_no_name_in_both_parts():
    train, held_out = Names(), Names(train=False)
    assert (len(train), len(held_out)) == (28_833, 3_200)
    assert not set(train.names) & set(held_out.names)
    different = sorted({*train.names, *held_out.names})
    assert len(different) == 29_494 and sorted(set(held_out.names)) == different[::10]
    for part in (train, held_out):
        assert part.names == sorted(part.names)
        assert set("".join(part.names)) <= set("abcdefghijklmnopqrstuvwxyz")
        assert min(map(len, part.names)) >= 2 and max(map(len, part.names)) <= 15
    assert {"emma", "olivia"} <= set(different)
    assert repr(held_out) == "Names(train=False): 3,200 first names"


def test_items_are_strings():
    names = Names(train=False)
    assert names[0] == names[-len(names)] == "aaban" and type(names[0]) is str
    assert list(names) == names.names
    for index in (3_200, -3_201):
        with pytest.raises(IndexError, match=f"Names: index {index} is out of range for 3200"):
            names[index]
    assert next(iter(DataLoader(names, batch_size=2))) == ["aaban", "aadhav"]


def test_the_file_is_small_and_the_same_wherever_it_is_made():
    content = FILE.read_bytes()
    assert os.path.getsize(FILE) < 100_000
    assert content[4:8] == bytes(4), "the time it was made is in the header"
    names = gzip.decompress(content).decode("ascii").splitlines()
    assert len(names) == 32_033 and names == sorted(names)


def test_the_names_are_those_of_the_source():
    if not SOURCE.exists():
        pytest.skip(f"{SOURCE} is not there")
    names = gzip.decompress(FILE.read_bytes()).decode("ascii").split()
    assert names == sorted(SOURCE.read_text().split())
