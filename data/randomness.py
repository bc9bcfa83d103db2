"""Where the random numbers of transforms come from."""

import numpy as np

from autograd.sampling import numpy_generator


def uniforms(images: int, draws: int, who: str) -> np.ndarray:
    """Uniform numbers in [0, 1), `draws` of them for each of so many images.

    Shape: (images, draws) float64.
    """
    return numpy_generator(None, who).random((images, draws))
