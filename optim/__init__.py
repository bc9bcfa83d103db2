"""Optimizers and learning rate schedules, under the names of PyTorch."""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    ".": "lr_scheduler search swa_utils",
    "adam": "Adam AdamW",
    "adam_variants": "Adamax NAdam RAdam",
    "adaptive": "Adadelta Adagrad RMSprop",
    "asgd": "ASGD",
    "factored": "Adafactor Muon",
    "groups": "param_groups",
    "lbfgs": "LBFGS",
    "optimizer": "Optimizer",
    "rate_finder": "find_learning_rate",
    "rprop": "Rprop",
    "sgd": "SGD",
}, aliases="adamw")
