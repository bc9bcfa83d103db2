"""Datasets, samplers, transforms and the DataLoader, under the names of PyTorch."""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    ".": "datasets transforms utils",
    "collate": "default_collate default_convert",
    "dataset": "ChainDataset ConcatDataset Dataset IterableDataset StackDataset Subset "
               "TensorDataset random_split",
    "loader": "DataLoader",
    "sampler": "BatchSampler DistributedSampler RandomSampler Sampler SequentialSampler "
               "SubsetRandomSampler WeightedRandomSampler",
    "working": "get_worker_info",
})
