"""Layers, losses and containers for neural networks, under the names of torch.nn."""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    ".": "explain functional init metrics plots training utils",
    "activation": "ELU GELU LeakyReLU LogSoftmax ReLU SiLU Sigmoid Softmax Softplus Tanh",
    "activation_extra": "CELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LogSigmoid Mish PReLU "
                        "RReLU ReLU6 SELU Softmax2d Softmin Softshrink Softsign Tanhshrink "
                        "Threshold",
    "attention": "MultiheadAttention",
    "checkup.examination": "doctor",
    "containers": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "dropout": "AlphaDropout DropConnectLinear Dropout Dropout1d Dropout2d Dropout3d "
               "FeatureAlphaDropout",
    "fold": "Fold Unfold",
    "lazy": "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d "
            "LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d "
            "LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear",
    "linear": "Bilinear Flatten Identity Linear Unflatten",
    "loss": "BCELoss BCEWithLogitsLoss CategoricalCrossEntropy CrossEntropyLoss GaussianNLLLoss "
            "HuberLoss KLDivLoss L1Loss MSELoss NLLLoss PoissonNLLLoss SmoothL1Loss",
    "loss_margin": "CosineEmbeddingLoss CosineSimilarity HingeEmbeddingLoss MarginRankingLoss "
                   "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss "
                   "PairwiseDistance PerceptronLoss SoftMarginLoss TripletMarginLoss "
                   "TripletMarginWithDistanceLoss",
    "loss_sequence": "AdaptiveLogSoftmaxWithLoss CTCLoss",
    "model_summary": "summary",
    "module": "Module",
    "neurons": "Adaline McCullochPitts Perceptron",
    "normalization": "BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm InstanceNorm1d InstanceNorm2d "
                     "InstanceNorm3d LayerNorm LocalResponseNorm RMSNorm",
    "normalization_extra": "CrossMapLRN2d SyncBatchNorm",
    "padding": "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d "
               "ConstantPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d "
               "ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d",
    "parallel": "DataParallel",
    "parameter": "Buffer Parameter UninitializedBuffer UninitializedParameter",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d "
               "AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d "
               "FractionalMaxPool2d FractionalMaxPool3d GlobalAvgPool2d GlobalMaxPool2d LPPool1d "
               "LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d RandomSubsetMaxPool2d",
    "recurrent": "GRU LSTM RNN",
    "recurrent_cells": "GRUCell LSTMCell RNNCell",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer",
    "transformer_layers": "TransformerDecoder TransformerDecoderLayer TransformerEncoder "
                          "TransformerEncoderLayer",
    "unpooling": "MaxUnpool1d MaxUnpool2d MaxUnpool3d",
    "upsampling": "ChannelShuffle PixelShuffle PixelUnshuffle Upsample UpsamplingBilinear2d "
                  "UpsamplingNearest2d",
}, aliases="modules")
