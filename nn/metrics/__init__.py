"""What a trained model is judged by: functions, and classes that gather batch after batch.

Outputs come first, then targets, as in losses; both are Tensors or arrays.
"""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    "labels": "accuracy confusion_matrix f1 precision recall top_k_accuracy",
    "ranking": "average_precision roc_auc roc_curve",
    "regression": "mae mse perplexity r2",
    "streaming": "F1 MAE MSE R2 ROCAUC Accuracy AveragePrecision ConfusionMatrix Metric Perplexity "
                 "Precision Recall TopKAccuracy",
})
