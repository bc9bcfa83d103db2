"""Transforms of images: what happens to a sample between the dataset and the batch.

A transform is any callable. One that also has a method `batch`, which takes the samples stacked
along a new first dimension and gives the same values at once, lets the datasets of this package
fetch whole batches; those of this package have it where their results make a batch, and Compose
has it when all its parts do.
"""

from autograd.lazy import complete
from data.transforms.affine import RandomAffine, RandomRotation
from data.transforms.blur import GaussianBlur
from data.transforms.color import ColorJitter, Grayscale
from data.transforms.compose import Compose, Lambda, RandomApply, RandomChoice, batch_form
from data.transforms.conversion import ConvertImageDtype, PILToTensor, ToPILImage, ToTensor
from data.transforms.crops import CenterCrop, FiveCrop, RandomCrop, RandomResizedCrop
from data.transforms.erase import RandomErasing
from data.transforms.flips import RandomHorizontalFlip, RandomVerticalFlip
from data.transforms.normalize import Normalize
from data.transforms.pad import Pad
from data.transforms.resize import InterpolationMode, Resize

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "FiveCrop", "GaussianBlur",
    "Grayscale", "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing", "RandomHorizontalFlip",
    "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize", "ToPILImage",
    "ToTensor", "batch_form",
]
__getattr__ = complete(__name__)
