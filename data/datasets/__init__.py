"""Datasets that are built in or downloaded."""

from data.datasets.cifar import CIFAR10
from data.datasets.digits import Digits
from data.datasets.images import ImageDataset
from data.datasets.mnist import MNIST, FashionMNIST
from data.datasets.names import Names

__all__ = ["CIFAR10", "MNIST", "Digits", "FashionMNIST", "ImageDataset", "Names"]
