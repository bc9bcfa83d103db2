"""Optimizers and learning rate schedules, under the names of PyTorch."""

from optim import lr_scheduler
from optim.adam import Adam, AdamW
from optim.adam_variants import Adamax, NAdam, RAdam
from optim.adaptive import Adadelta, Adagrad, RMSprop
from optim.asgd import ASGD
from optim.lbfgs import LBFGS
from optim.optimizer import Optimizer
from optim.rprop import Rprop
from optim.sgd import SGD

__all__ = [
    "ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "NAdam", "Optimizer",
    "RAdam", "RMSprop", "Rprop", "SGD", "lr_scheduler",
]  # fmt: skip
