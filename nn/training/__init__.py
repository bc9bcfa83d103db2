"""Training: a loop with validation, callbacks, a history that plots itself, checkpoints,
and a page that shows it live.

Models, criteria, optimizers and loaders are arguments here; whatever has their methods fits.
"""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    "callbacks": "Callback EarlyStopping ModelCheckpoint",
    "checkpoint": "load_checkpoint save_checkpoint",
    "diagnosis": "Diagnosis diagnose",
    "history": "History",
    "live": "watch",
    "trainer": "Trainer",
})
