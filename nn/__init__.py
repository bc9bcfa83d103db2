"""Layers, losses and containers for neural networks, under the names of torch.nn."""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    ".": "explain functional init metrics plots training utils",
    "activation": "ELU GELU LeakyReLU LogSoftmax ReLU SiLU Sigmoid Softmax Softplus Tanh",
    "activation_extra": "CELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LogSigmoid Mish PReLU "
                        "ReLU6 SELU Softmax2d Softmin Softshrink Softsign Tanhshrink Threshold",
    "attention": "MultiheadAttention",
    "containers": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d",
    "dropout": "AlphaDropout DropConnectLinear Dropout Dropout1d Dropout2d",
    "lazy": "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d "
            "LazyConvTranspose1d LazyConvTranspose2d LazyInstanceNorm1d LazyInstanceNorm2d "
            "LazyLinear",
    "linear": "Bilinear Flatten Identity Linear Unflatten",
    "loss": "BCELoss BCEWithLogitsLoss CategoricalCrossEntropy CrossEntropyLoss GaussianNLLLoss "
            "HuberLoss KLDivLoss L1Loss MSELoss NLLLoss PoissonNLLLoss SmoothL1Loss",
    "loss_margin": "CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss "
                   "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss "
                   "PairwiseDistance PerceptronLoss SoftMarginLoss TripletMarginLoss "
                   "TripletMarginWithDistanceLoss",
    "loss_sequence": "AdaptiveLogSoftmaxWithLoss CTCLoss",
    "model_summary": "summary",
    "module": "Module",
    "neurons": "Adaline McCullochPitts Perceptron",
    "normalization": "BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm InstanceNorm1d InstanceNorm2d "
                     "LayerNorm LocalResponseNorm RMSNorm",
    "padding": "ConstantPad2d ReflectionPad1d ReflectionPad2d ReplicationPad1d ReplicationPad2d "
               "ZeroPad2d",
    "parallel": "DataParallel",
    "parameter": "Buffer Parameter UninitializedBuffer UninitializedParameter",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d "
               "AvgPool2d FractionalMaxPool2d GlobalAvgPool2d GlobalMaxPool2d LPPool1d LPPool2d "
               "MaxPool1d MaxPool2d RandomSubsetMaxPool2d",
    "recurrent": "GRU LSTM RNN",
    "recurrent_cells": "GRUCell LSTMCell RNNCell",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer",
    "transformer_layers": "TransformerDecoder TransformerDecoderLayer TransformerEncoder "
                          "TransformerEncoderLayer",
    "upsampling": "PixelShuffle PixelUnshuffle Upsample",
}, aliases="modules")
