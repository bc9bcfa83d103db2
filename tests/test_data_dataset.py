"""Datasets: joining, cutting, splitting."""

import numpy as np
import pytest

import autograd
import data
from data import (
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from data.dataset import fetch_batch, fetch_samples


def seeded(seed=0):
    generator = autograd.Generator()
    generator.manual_seed(seed)
    return generator


def pairs(n=10):
    xs = autograd.from_numpy(np.arange(3.0 * n).reshape(n, 3))
    return TensorDataset(xs, autograd.from_numpy(np.arange(n)))


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __getitem__(self, index):
        if index >= self.n:
            raise IndexError(index)
        return index * index

    def __len__(self):
        return self.n


def test_dataset_base_names_what_is_missing():
    with pytest.raises(NotImplementedError, match=r"Dataset must define __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="must define __iter__"):
        iter(IterableDataset())
    assert list(Squares(3)) == [0, 1, 4]
    assert Dataset[int] is not Dataset


def test_tensor_dataset_sample_is_a_tuple_of_rows():
    dataset = pairs()
    x, y = dataset[4]
    assert isinstance(dataset[4], tuple)
    np.testing.assert_array_equal(x.numpy(), [12.0, 13.0, 14.0])
    assert y.item() == 4
    assert len(dataset) == 10
    assert dataset[-1][1].item() == 9


def test_tensor_dataset_batch_equals_the_collated_samples():
    dataset = pairs()
    indices = [7, 0, -1, 7]
    fast, slow = fetch_batch(dataset, indices), default_collate([dataset[i] for i in indices])
    assert type(fast) is type(slow) is list
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype and tuple(a.shape) == tuple(b.shape)
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_tensor_dataset_batch_is_a_copy():
    dataset = pairs()
    batch = fetch_batch(dataset, [0, 1])[0]
    batch.numpy()[...] = -1.0
    assert dataset[0][0].numpy().min() == 0.0


def test_tensor_dataset_batch_keeps_the_graph():
    leaf = autograd.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    fetch_batch(TensorDataset(leaf), [1, 1])[0].sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[0.0, 0.0], [2.0, 2.0]])


def test_tensor_dataset_errors():
    with pytest.raises(ValueError, match="at least one tensor, got none"):
        TensorDataset()
    with pytest.raises(TypeError, match=r"argument 1 must be a Tensor, got ndarray"):
        TensorDataset(autograd.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"first dimension .* \(3, 2\), \(4,\)"):
        TensorDataset(autograd.zeros(3, 2), autograd.zeros(4))
    with pytest.raises(ValueError, match=r"shapes \(\)"):
        TensorDataset(autograd.tensor(1.0))


def test_a_subclass_that_overrides_getitem_is_not_bypassed():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * t for t in super().__getitem__(index))

    dataset = Doubled(*pairs().tensors)
    assert fetch_batch(dataset, [1, 2]) is NotImplemented
    assert fetch_batch(Subset(dataset, [5]), [0]) is NotImplemented

    class Shifted(Subset):
        def __getitem__(self, index):
            return super().__getitem__(index) + 100

    assert fetch_samples(Shifted(Squares(5), [1, 2, 3]), [0, 2]) == [101, 109]


def test_getitems_is_used_where_it_is_defined():
    class Asked(Squares):
        def __getitems__(self, indices):
            self.asked = list(indices)
            return [self[i] for i in indices]

    dataset = Asked(9)
    assert fetch_samples(Subset(dataset, range(4, 9)), [0, 3]) == [16, 49]
    assert dataset.asked == [4, 7]


def test_an_exception_of_a_sample_is_given_its_index():
    class Broken(Squares):
        def __getitem__(self, index):
            if index == 6:
                raise OSError("file is gone")
            return index

    with pytest.raises(OSError, match="file is gone") as caught:
        fetch_samples(Subset(Broken(9), [1, 6, 2]), [0, 1, 2])
    assert caught.value.__notes__ == ["raised by sample 6 of Broken"]


def test_concat_dataset():
    joined = ConcatDataset([Squares(3), Squares(0), Squares(2)])
    assert [joined[i] for i in range(5)] == [0, 1, 4, 0, 1]
    assert joined[-1] == 1 and joined[-5] == 0 and joined[-3] == 4
    assert len(joined) == 5 and joined.cumulative_sizes == [3, 3, 5]
    assert list(Squares(2) + Squares(3)) == [0, 1, 0, 1, 4]
    for index in (5, -6):
        with pytest.raises(IndexError, match=rf"index {index} is out of range for 5 samples"):
            joined[index]


def test_concat_dataset_errors():
    with pytest.raises(ValueError, match="at least one dataset"):
        ConcatDataset([])
    with pytest.raises(TypeError, match=r"datasets\[1\] \(IterableDataset\)"):
        ConcatDataset([Squares(2), IterableDataset()])


@pytest.mark.parametrize("indices", [[4, 0, 4], np.array([4, 0, 4]), (4, 0, 4)])
def test_subset(indices):
    subset = Subset(Squares(5), indices)
    assert [subset[i] for i in range(3)] == [16, 0, 16]
    assert subset[-1] == 16 and len(subset) == 3
    assert fetch_samples(subset, [1, 0]) == [0, 16]


def test_subset_of_tensor_indices_and_of_a_subset():
    inner = Subset(pairs(), autograd.tensor([9, 8, 7]))
    outer = Subset(inner, [2, 0])
    assert [outer[i][1].item() for i in range(2)] == [7, 9]
    np.testing.assert_array_equal(fetch_batch(outer, [1, 0])[1].numpy(), [9, 7])
    assert outer[[0, 1]][1].numpy().tolist() == [7, 9]


def test_random_split_covers_everything_once():
    parts = random_split(range(100), [60, 30, 10], generator=seeded())
    assert [len(p) for p in parts] == [60, 30, 10]
    drawn = [p[i] for p in parts for i in range(len(p))]
    assert sorted(drawn) == list(range(100)) and drawn != sorted(drawn)


@pytest.mark.parametrize(
    ("total", "fractions", "sizes"),
    [
        (10, [0.75, 0.25], [8, 2]),
        (10, [0.35, 0.35, 0.3], [4, 3, 3]),
        (7, [0.5, 0.5], [4, 3]),
        (8, [1 / 3] * 3, [3, 3, 2]),
        (1, [0.5, 0.5], [1, 0]),
        (1, [1, 0], [1, 0]),
        (4, [1], [4]),
        (10, [0.1, 0.1, 0.1, 0.7], [1, 1, 1, 7]),
        (0, [0.5, 0.5], [0, 0]),
    ],
)
def test_random_split_fractions(total, fractions, sizes):
    assert [len(p) for p in random_split(range(total), fractions, seeded())] == sizes


def test_random_split_is_seeded():
    first, again, other = (random_split(range(50), [25, 25], seeded(s)) for s in (1, 1, 2))
    assert first[0].indices == again[0].indices != other[0].indices


def test_random_split_errors():
    with pytest.raises(ValueError, match=r"\[5, 4\] sum to 9; .* len\(dataset\) = 10"):
        random_split(range(10), [5, 4])
    with pytest.raises(ValueError, match="must not be negative"):
        random_split(range(10), [11, -1])
    with pytest.raises(ValueError, match="whole numbers"):
        random_split(range(10), [5.5, 4.5])
    with pytest.raises(TypeError, match="autograd.Generator, got int"):
        random_split(range(10), [5, 5], generator=3)


@pytest.mark.parametrize("indices", [np.array([0.0, 2.7]), np.array([True, False]),
                                     autograd.tensor([1.5]), np.zeros((2, 2), int)])
def test_subset_takes_nothing_but_integers_from_an_array(indices):
    with pytest.raises(TypeError, match="Subset: indices must be a row of integers, got"):
        Subset(pairs(), indices)


def test_a_float_is_no_index():
    for dataset in (pairs(), Subset(pairs(), range(5)), ConcatDataset([pairs(), pairs()])):
        with pytest.raises((TypeError, IndexError)):
            dataset[2.7]
    with pytest.raises((TypeError, IndexError)):
        Subset(pairs(), [2.7])[0]


def test_streams_in_a_chain_and_datasets_side_by_side():
    class Stream(data.IterableDataset):
        def __init__(self, values):
            self.values = values

        def __iter__(self):
            return iter(self.values)

        def __len__(self):
            return len(self.values)

    chain = data.ChainDataset([Stream([1, 2]), Stream([3])])
    assert list(chain) == list(chain) == [1, 2, 3] and len(chain) == 3
    assert [batch.tolist() for batch in data.DataLoader(chain, batch_size=2)] == [[1, 2], [3]]
    with pytest.raises(TypeError, match=r"datasets\[0\] must be an IterableDataset.*ConcatDataset"):
        list(data.ChainDataset([range(2)]))
    pairs = data.StackDataset(range(3), range(3, 6))
    assert len(pairs) == 3 and pairs[1] == (1, 4)
    named = next(iter(data.DataLoader(data.StackDataset(x=range(3), y=range(3, 6)), batch_size=2)))
    assert named["x"].tolist() == [0, 1] and named["y"].tolist() == [3, 4]
    for wrong in (lambda: data.StackDataset(), lambda: data.StackDataset(range(2), x=range(2)),
                  lambda: data.StackDataset(range(2), range(3))):
        with pytest.raises(ValueError, match="StackDataset: .* got"):
            wrong()
