"""Datasets that are built in, drawn, found in files or downloaded."""

from data.datasets.cifar import CIFAR10, CIFAR100
from data.datasets.digits import Digits
from data.datasets.emnist import EMNIST
from data.datasets.fake import FakeData
from data.datasets.folder import ImageFolder
from data.datasets.images import ImageDataset
from data.datasets.mnist import KMNIST, MNIST, FashionMNIST
from data.datasets.names import Names
from data.datasets.text import Alphabet, CharacterText
from data.datasets.toy import blobs, circles, moons, regression, spirals, xor

__all__ = [
    "Alphabet", "CIFAR10", "CIFAR100", "CharacterText", "Digits", "EMNIST", "FakeData",
    "FashionMNIST", "ImageDataset", "ImageFolder", "KMNIST", "MNIST", "Names", "blobs", "circles",
    "moons", "regression", "spirals", "xor",
]
