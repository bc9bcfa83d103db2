"""The cases of `make bench-ops`, and what has none, by reason."""

from .case import PACKAGES, Case, free_names
from .elementwise import ELEMENTWISE
from .losses import LOSSES, STEPS
from .networks import ATTENTION, CONVOLUTIONS, RECURRENT
from .pictures import NORMS, SCENES, SEQUENCES, VOLUMES
from .rare import RARE
from .rare_shapes import RARE_SHAPES
from .reductions import CUBES, REDUCTIONS
from .shapes import SHAPES

GROUPS = (ELEMENTWISE, RARE, REDUCTIONS, CUBES, SHAPES, RARE_SHAPES, LOSSES, STEPS, NORMS, SCENES,
          SEQUENCES, VOLUMES, CONVOLUTIONS, RECURRENT, ATTENTION)
RANDOM = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
          "feature_alpha_dropout", "rrelu", "gumbel_softmax", "empty",
          "empty_like", "rand", "randn", "rand_like", "randn_like", "randint", "randint_like",
          "randperm", "bernoulli", "normal", "multinomial"}  # of which only shapes are compared
WITHOUT = {
    "PyTorch has none": {"perceptron_loss", "categorical_cross_entropy",
                         "_categorical_cross_entropy"},
    "PyTorch's are complex": {"eig", "eig_parts", "eigvals", "complex_log_det", "stft",
                              "istft"},
    "PyTorch's warn that they are old": {"lu", "lu_solve", "triangular_solve"},
    "PyTorch's are iterations": {"pca_lowrank", "svd_lowrank"},
    "PyTorch draws by other means": {"gamma_quantile", "gamma_slope"},
    "runs in second derivatives only": {"orthogonal_grad"},
}

__all__ = ["GROUPS", "PACKAGES", "RANDOM", "WITHOUT", "Case", "cases", "free_names"]


def cases() -> dict[str, Case]:
    """name -> case, of every group."""
    return {case.name: case for group in GROUPS for case in group.cases()}
