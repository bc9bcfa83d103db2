"""Pictures of models, data and training, drawn with matplotlib (`pip install 'wengert[plots]'`).

Every function returns the figure; with `ax`, axes of your own, it draws there. The colours are told
apart by colour-blind readers too, and nothing needs a screen.
"""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    "boundary": "plot_activations plot_decision_boundary",
    "curves": "plot_activation_functions plot_history plot_optimizer_paths",
    "histograms": "plot_activation_histograms plot_gradient_histograms",
    "images": "plot_attention plot_confusion_matrix plot_feature_maps plot_filters",
    "surface": "plot_loss_surface",
})
