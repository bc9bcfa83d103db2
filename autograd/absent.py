"""Families of names that PyTorch has and this library does not: one sentence for each, why, and
what to use instead.  Names are those behind `torch.`; one that ends in * stands for all that begin
so.  Single names stand in `refused.REFUSED`."""

from __future__ import annotations

_SCRIPT = "it is a part of TorchScript; autograd.compile(function) makes functions fast"
_SYMBOLS = "sizes are Python's integers here, which need no symbols"
_EIGHT = "tensors of few bits do not take part in training; use float32"
_NO_TYPE = "NumPy has no such dtype; use float16, float32, int8 or uint8"
_UNSIGNED = "among unsigned dtypes there is uint8; use the next larger signed dtype"
_SPARSE = "tensors are dense; index_add and scatter_add serve graphs, and to_dense is not needed"
_OTHERS = "it is another library's kernel for one device; call the function without its prefix"
_INNER = "it is a step inside a layer; call the layer or its function in nn.functional"
_FUNCTIONAL = "nn.functional has it, with the arguments that PyTorch documents"
_RECURRENT = "nn.RNN, nn.LSTM and nn.GRU, and their cells, compute it"
_HALVES = "NumPy has no such type; use complex64"
_DEVICE = "there is no GPU; operations run on the CPU, one after the other"
_PRECISION = "operations keep the precision of their operands; convert them with .to(dtype)"
_LAPACK = "linalg.qr gives Q itself, and linalg.solve and linalg.eigh what is computed with it"
_PIPES = "write a Dataset or an IterableDataset; DataLoader takes either"
_SUBCLASSES = "operations do not dispatch to other classes; subclass Tensor and its methods apply"
_LAYER = "this layer is not offered; build it from the functions of nn.functional"
_STORAGE = "Tensor.untyped_storage() shows a tensor's memory; the dtype is the tensor's"

FAMILIES: tuple[tuple[str, str], ...] = (
    (_SCRIPT,
     "AliasDb AnyType Argument ArgumentSpec AwaitType BenchmarkConfig BenchmarkExecutionStats "
     "Block BoolType CallStack Capsule ClassType Code CompilationUnit CompleteArgumentSpec "
     "ComplexType ConcreteModuleType* DeepCopyMemoTable DeserializationStorageContext DictType "
     "EnumType ErrorReport ExecutionPlan FileCheck FloatType FunctionSchema FutureType Gradient "
     "Graph GraphExecutorState IODescriptor InferredType IntType InterfaceType JITException "
     "ListType LiteScriptModule LockingLogger Node NoneType NoopLogger NumberType OperatorInfo "
     "OptionalType PyObjectType PyTorchFile* RRefType Script* SerializationStorageContext "
     "StaticModule StringType TensorType ThroughputBenchmark TracingState TupleType Type "
     "UnionType Use Value fork wait Future futures import_ir_module* merge_type_from_type_comment "
     "parse_* unify_type_list nn.functional.boolean_dispatch"),
    (_SYMBOLS,
     "Sym* sym_*"),
    (_EIGHT,
     "dequantize empty_quantized fake_quantize_* fused_moving_avg_obs_fake_quant int_repr q_* "
     "quantize_* quantized_* choose_qparams_optimized Tensor.dequantize Tensor.int_repr "
     "Tensor.q_per_channel_axis Tensor.q_per_channel_scales Tensor.q_per_channel_zero_points "
     "Tensor.q_scale Tensor.q_zero_point Tensor.qscheme qscheme nn.quantized nn.qat "
     "nn.quantizable nn.intrinsic"),
    (_NO_TYPE,
     "bit bits* float4_* float8_* int1 int2 int3 int4 int5 int6 int7 qint* quint* uint1 uint2 "
     "uint3 uint4 uint5 uint6 uint7 nn.functional.ScalingType nn.functional.SwizzleType "
     "nn.functional.scaled_*"),
    (_UNSIGNED,
     "uint16 uint32 uint64"),
    (_SPARSE,
     "sparse_* *col_indices_copy crow_indices_copy ccol_indices_copy col_indices_copy dsmm hsmm "
     "hspmm indices_copy resize_as_sparse_ row_indices_copy saddmm smm sspaddmm values_copy "
     "Tensor.ccol_indices Tensor.coalesce Tensor.col_indices Tensor.crow_indices Tensor.dense_dim "
     "Tensor.indices Tensor.is_coalesced Tensor.resize_as_sparse_ Tensor.row_indices Tensor.smm "
     "Tensor.sparse_dim Tensor.sparse_mask Tensor.sparse_resize_ Tensor.sparse_resize_and_clear_ "
     "Tensor.sspaddmm Tensor.to_dense Tensor.to_sparse_bsc Tensor.to_sparse_bsr "
     "Tensor.to_sparse_coo Tensor.to_sparse_csc Tensor.to_sparse_csr Tensor.values"),
    (_OTHERS,
     "cudnn_* fbgemm_* miopen_* mkldnn_* Tensor.to_mkldnn"),
    (_INNER,
     "native_* batch_norm_* convolution constant_pad_nd norm_except_dim affine_grid_generator "
     "grid_sampler* max_pool1d_with_indices embedding_renorm_ nn.functional.*_with_indices "
     "nn.functional.grouped_mm nn.RNNBase nn.factory_kwargs"),
    (_FUNCTIONAL,
     "adaptive_max_pool1d alpha_dropout alpha_dropout_ batch_norm "
     "binary_cross_entropy_with_logits cosine_embedding_loss ctc_loss dropout dropout_ embedding "
     "embedding_bag feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_ "
     "hinge_embedding_loss instance_norm kl_div margin_ranking_loss poisson_nll_loss rrelu rrelu_ "
     "triplet_margin_loss"),
    (_RECURRENT,
     "gru gru_cell lstm lstm_cell rnn_*"),
    (_HALVES,
     "chalf complex32 Tensor.chalf"),
    (_DEVICE,
     "Event Stream StreamObjType DeviceObjType get_device_module Tensor.ipu Tensor.mtia "
     "Tensor.xpu Tensor.record_stream DeviceType mtia"),
    (_PRECISION,
     "autocast_* get_autocast_* is_autocast_ipu_enabled is_autocast_xla_enabled set_autocast_*"),
    (_LAPACK,
     "geqrf lobpcg orgqr ormqr Tensor.geqrf Tensor.orgqr Tensor.ormqr linalg.householder_product "
     "linalg.ldl_*"),
    (_PIPES,
     "utils.data.DFIterDataPipe utils.data.DataChunk utils.data.IterDataPipe "
     "utils.data.MapDataPipe utils.data.argument_validation utils.data.functional_datapipe "
     "utils.data.guaranteed_datapipes_determinism utils.data.non_deterministic "
     "utils.data.runtime_validation* utils.data.datapipes"),
    (_SUBCLASSES,
     "DisableTorchFunction* DispatchKey* ExcludeDispatchKeyGuard Tag library overrides "
     "has_torch_function nn.functional.has_torch_function*"),
    (_LAYER,
     "nn.LinearCrossEntropyLoss nn.LinearCrossEntropyOptions nn.functional.linear_cross_entropy"),
    ("draw with rand, randn and their like, and write the density with functions of autograd",
     "distributions.ContinuousBernoulli distributions.ExponentialFamily "
     "distributions.FisherSnedecor distributions.GeneralizedPareto distributions.Kumaraswamy "
     "distributions.LKJCholesky distributions.LogisticNormal "
     "distributions.LowRankMultivariateNormal distributions.VonMises distributions.Wishart"),
    ("subclass distributions.Transform, which needs _call, _inverse and log_abs_det_jacobian",
     "distributions.biject_to distributions.transform_to distributions.CatTransform "
     "distributions.CorrCholeskyTransform distributions.CumulativeDistributionTransform "
     "distributions.LowerCholeskyTransform distributions.PositiveDefiniteTransform "
     "distributions.ReshapeTransform distributions.StackTransform"),
    (_STORAGE,
     "BoolStorage ByteStorage CharStorage DoubleStorage FloatStorage IntStorage LongStorage "
     "ShortStorage Tensor.storage_type"),
    ("the parameters of a group are updated as they are: copy or convert them yourself",
     "optim.swap_in_optimizer_params_and_state"),
    ("gradients are dense; use optim.Adam",
     "optim.SparseAdam"),
    ("Python's if and while do it: what they run is recorded",
     "cond while_loop"),
    ("np.histogramdd(tensor.numpy()) counts in several dimensions; histogram in one",
     "histogramdd"),
    ("index_reduce and scatter_reduce do it, given which segment each element is in",
     "segment_reduce"),
    ("np.memmap(path, dtype) makes an array, and from_numpy a tensor of it",
     "from_file"),
    ("np.from_dlpack and from_dlpack take the tensor itself",
     "to_dlpack"),
    ("linalg.matrix_norm computes it",
     "frobenius_norm nuclear_norm"),
    ("tensors are not hashed by their elements; tensor.numpy().tobytes() can be",
     "hash_tensor Tensor.hash_tensor"),
    ("it is a name of PyTorch's first years: use linalg.eig, linalg.eigh, linalg.lstsq, "
     "linalg.solve, resize_ or reshape",
     "Tensor.eig Tensor.symeig Tensor.lstsq Tensor.solve Tensor.resize Tensor.resize_as "
     "Tensor.reinforce Tensor.volatile variable NestedIOFunction"),
    ("errors are Python's own: RuntimeError, MemoryError",
     "AcceleratorError OutOfMemoryError FatalError"),
    ("the default generator may be used from any thread",
     "thread_safe_generator"),
    ("threads are started when they are needed; set_num_threads says how many",
     "init_num_threads"),
    ("there is no build that could tell",
     "compiled_with_cxx11_abi is_vulkan_available"),
    ("a gradient has its tensor's dtype",
     "Tensor.grad_dtype"),
    ("a[start:end] = src of a.clone() is the same",
     "slice_inverse Tensor.slice_inverse"),
    ("load_state_dict copies into the parameters",
     "Tensor.module_load"),
    ("padding sequences is nn.utils.rnn's",
     "Tensor.to_padded_tensor nested"),
    ("index a tensor with [...]",
     "Tensor.index"),
    ("containers of modules are those of nn: nn.ModuleDict, nn.ParameterDict",
     "BufferDict ModuleDict ParameterDict"),
    ("it is a way of summing gradients between processes, of which there is one",
     "AVG SUM AggregationType"),
    ("fold the two by hand: their weights are ordinary parameters",
     "nn.utils.fuse_*"),
    ("images are (N, C, H, W) in memory, and no other order is faster here",
     "channels_last channels_last_3d nn.utils.convert_*"),
    ("backward passes run in the thread that asks for them, and nothing looks at them meanwhile",
     "Profiler* kineto_available *multithreading_enabled is_view_replay_enabled "
     "enforce_grad_layout_policy set_anomaly_enabled"),
)

NAMES = {name: reason for reason, names in FAMILIES for name in names.split() if "*" not in name}
PATTERNS = [(name, reason) for reason, names in FAMILIES for name in names.split() if "*" in name]
