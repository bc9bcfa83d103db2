"""A tour through the index of PyTorch's documentation: many names, each used once, its result
printed.  Written for PyTorch; the tests run it as it is."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import distributions as D
from torch import linalg, optim, special
from torch.autograd import Function, grad, gradcheck
from torch.nn.utils import clip_grad_norm_, parameters_to_vector, vector_to_parameters
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.optim import lr_scheduler
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    SequentialSampler,
    Subset,
    TensorDataset,
)


def show(name, *results):
    for result in results:
        if isinstance(result, torch.Tensor):
            values = result.detach().double().reshape(-1).tolist()
            print(name, list(result.shape), " ".join(f"{v:.7g}" for v in values[:12]))
        elif isinstance(result, (tuple, list)):
            show(name, *result)
        else:
            print(name, result)


torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
x = torch.linspace(0.13, 1.17, 12).reshape(3, 4)
y = torch.arange(12, dtype=torch.float64).reshape(3, 4).sub(5).div(3)
square = torch.eye(3) * 2 + torch.ones(3, 3) * 0.5 + torch.diag(torch.tensor([0.0, 1.0, 2.0]))
vector = torch.tensor([1.0, -2.0, 0.5])
ints = torch.tensor([[3, 1, 2], [0, 2, 1]])
mask = y > 0

# ---- tensors: making, joining, taking apart ---------------------------------------------------
show("is_tensor", torch.is_tensor(x), torch.is_floating_point(x), torch.is_nonzero(torch.ones(1)))
show("numel", torch.numel(x), x.dim(), x.size(0), x.nelement(), x.element_size(), x.stride())
show("full", torch.full((2,), 7.0), torch.full_like(x, 2.0), torch.zeros_like(x))
show("asarray", torch.asarray([1.0, 2.0]), torch.as_tensor([3.0]), torch.scalar_tensor(2.0))
show("empty_like", torch.empty_like(x, memory_format=torch.preserve_format).shape == x.shape)
show("logspace", torch.logspace(0, 2, 3), torch.heaviside(y, torch.tensor(0.5)))
show("cat", torch.cat([x, y]), torch.concat([x, y], dim=1), torch.stack([x, y]))
show("chunk", torch.chunk(x, 2, 1), torch.split(x, 2), torch.tensor_split(x, 2, dim=1))
show("hstack", torch.hstack([x, y]), torch.vstack([x, y]), torch.dstack([x, y]))
show("column_stack", torch.column_stack([vector, vector]), torch.row_stack([vector, vector]))
show("hsplit", torch.hsplit(x, 2), torch.vsplit(x, 3), torch.unbind(x))
show("gather", torch.gather(x, 1, ints[:, :2]), torch.take(x, ints), torch.take_along_dim(x, x.argsort(1), 1))
show("index_select", torch.index_select(x, 1, ints[0]), torch.masked_select(x, mask))
show("index_add", torch.index_add(x, 0, ints[0, 1:], y[:2]), x.index_fill(1, ints[0], 0.0))
show("index_copy", torch.index_copy(x, 0, ints[0, 1:], y[:2]), x.index_put((ints[0, 1:],), y[:2]))
show("scatter", torch.scatter(x, 1, ints[:, :2], y), torch.scatter_add(x, 1, ints[:, :2], y))
show("scatter_reduce", torch.scatter_reduce(x, 1, ints[:, :2], y, "amax"))
show("masked_fill", x.masked_fill(mask, 0.0), torch.masked_scatter(x, mask, y), x.where(mask, y))
show("nonzero", torch.nonzero(mask), torch.argwhere(mask), torch.count_nonzero(mask))
show("movedim", torch.movedim(x, 0, 1), torch.moveaxis(x, 1, 0), torch.permute(x, (1, 0)))
show("transpose", torch.transpose(x, 0, 1), torch.swapaxes(x, 0, 1), torch.swapdims(x, 0, 1), x.t(), x.T, x.mT)
show("narrow", torch.narrow(x, 1, 1, 2), torch.select(x, 0, 1), x.unfold(1, 2, 1))
show("reshape", torch.reshape(x, (-1,)), x.view(4, 3), x.flatten(), x.ravel(), x.unflatten(1, (2, 2)))
show("squeeze", torch.squeeze(x[None]), torch.unsqueeze(x, 0), x.expand(2, 3, 4), x.expand_as(y))
show("tile", torch.tile(vector, (2,)), x.repeat(1, 2), torch.repeat_interleave(vector, 2))
show("roll", torch.roll(x, 1, 0), torch.flip(x, (0,)), torch.fliplr(x), torch.flipud(x), torch.rot90(x))
show("tril", torch.tril(square), torch.triu(square, 1), torch.tril_indices(3, 3), torch.triu_indices(2, 3))
show("diag", torch.diag(square), torch.diagonal(square, 1), torch.diag_embed(vector), torch.diagflat(vector))
show("meshgrid", torch.meshgrid(vector, vector[:2], indexing="ij"), torch.cartesian_prod(vector, vector[:2]))
show("combinations", torch.combinations(vector), torch.block_diag(x, vector), torch.vander(vector))
show("atleast_2d", torch.atleast_2d(vector), torch.atleast_1d(torch.tensor(1.0)), torch.atleast_3d(x))
show("broadcast", torch.broadcast_to(vector, (2, 3)), torch.broadcast_tensors(vector, x[:, :1]))
show("broadcast_shapes", tuple(torch.broadcast_shapes((3, 1), (4,))), x.new_zeros(2), x.new_tensor([1.0]))
show("as_strided", torch.as_strided(x, (2, 2), (1, 2)), x.clone(), x.contiguous().is_contiguous())
show("slice_scatter", torch.slice_scatter(x, y[:2], 0, 0, 2), torch.select_scatter(x, y[0], 0, 0))

# ---- one element at a time --------------------------------------------------------------------
show("abs", torch.abs(y), torch.sign(y), torch.sgn(y), torch.neg(y), torch.positive(y), torch.signbit(y))
show("exp", torch.exp(y), torch.exp2(y), torch.expm1(y), torch.log(x), torch.log2(x), torch.log10(x), torch.log1p(x))
show("sqrt", torch.sqrt(x), torch.rsqrt(x), torch.square(y), torch.reciprocal(x), torch.pow(x, 3))
show("sin", torch.sin(y), torch.cos(y), torch.tan(x), torch.asin(x / 2), torch.acos(x / 2), torch.atan(y))
show("sinh", torch.sinh(y), torch.cosh(y), torch.tanh(y), torch.asinh(y), torch.acosh(1 + x), torch.atanh(x / 2))
show("atan2", torch.atan2(y, x), torch.hypot(x, y), torch.copysign(x, y), torch.deg2rad(y), torch.rad2deg(x))
show("floor", torch.floor(y), torch.ceil(y), torch.round(y, decimals=1), torch.trunc(y), torch.frac(y))
show("fmod", torch.fmod(y, 0.7), torch.remainder(y, 0.7), torch.floor_divide(y, 0.7), torch.div(y, x, rounding_mode="floor"))
show("clamp", torch.clamp(y, -0.5, 1.0), torch.clamp_min(y, 0.0), torch.clip(y, max=1.0))
show("add", torch.add(x, y, alpha=2), torch.sub(x, y), torch.mul(x, y), torch.true_divide(y, x), torch.rsub(x, 1.0))
show("addcmul", torch.addcmul(x, y, y, value=0.5), torch.addcdiv(x, y, x), torch.lerp(x, y, 0.3))
show("sigmoid", torch.sigmoid(y), torch.logit(x / 2), torch.erf(y), torch.erfc(y), torch.erfinv(x / 2))
show("lgamma", torch.lgamma(x), torch.digamma(x), torch.polygamma(1, x), torch.mvlgamma(x + 2, 2))
show("logaddexp", torch.logaddexp(x, y), torch.logaddexp2(x, y), torch.xlogy(x, x), torch.sinc(y), torch.i0(y))
show("nan_to_num", torch.nan_to_num(torch.tensor([math.nan, math.inf, 1.0]), posinf=9.0), torch.ldexp(x, ints[0, 0]))
show("bitwise", torch.bitwise_and(ints, 3), torch.bitwise_or(ints, 3), torch.bitwise_xor(ints, 3), torch.bitwise_not(ints))
show("shift", torch.bitwise_left_shift(ints, 1), torch.bitwise_right_shift(ints, 1), torch.gcd(ints, ints + 2), torch.lcm(ints, ints + 2))
show("frexp", torch.frexp(x), torch.nextafter(x, y) > x, torch.float_power(x, 2))

# ---- comparing, ordering ----------------------------------------------------------------------
show("eq", torch.eq(x, y), torch.ne(x, y), torch.lt(x, y), torch.le(x, y), torch.gt(x, y), torch.ge(x, y))
show("isclose", torch.isclose(x, x), torch.allclose(x, x), torch.equal(x, y), torch.isfinite(x), torch.isinf(x), torch.isnan(x))
show("isin", torch.isin(ints, ints[0]), torch.isreal(x), torch.isposinf(x), torch.isneginf(x))
show("logical", torch.logical_and(mask, ~mask), torch.logical_or(mask, mask), torch.logical_xor(mask, mask), torch.logical_not(mask))
show("maximum", torch.maximum(x, y), torch.minimum(x, y), torch.fmax(x, y), torch.fmin(x, y))
show("max", torch.max(y), torch.max(y, 1), torch.min(y, 0), torch.amax(y, 1), torch.amin(y), torch.aminmax(y))
show("argmax", torch.argmax(y, 1), torch.argmin(y), torch.argsort(y, descending=True), torch.sort(y, 1), torch.msort(y))
show("topk", torch.topk(y, 2), torch.kthvalue(y, 2), torch.median(y), torch.mode(ints), torch.nanmedian(y))
show("searchsorted", torch.searchsorted(x[0], y[0]), torch.bucketize(y[0], x[0]))
show("unique", torch.unique(ints % 3), torch.unique_consecutive(ints.flatten() // 2), torch.bincount(ints.flatten()))
show("histc", torch.histc(y, 4), torch.histogram(y.flatten(), 3))

# ---- sums -------------------------------------------------------------------------------------
show("sum", torch.sum(x, 1), torch.prod(x, 0), torch.mean(x), torch.std(x, 1), torch.var(x, 0, keepdim=True))
show("var_mean", torch.var_mean(x), torch.std_mean(x, 1), torch.nansum(x), torch.nanmean(x, 0))
show("logsumexp", torch.logsumexp(y, 1), torch.cumsum(x, 1), torch.cumprod(x, 0), torch.cummax(y, 1), torch.cummin(y, 0))
show("logcumsumexp", torch.logcumsumexp(y, 1), torch.diff(y), torch.gradient(vector), torch.trapezoid(x))
show("cumulative_trapezoid", torch.cumulative_trapezoid(x), torch.quantile(x, 0.3), torch.nanquantile(x, 0.7, 1))
show("all", torch.all(mask), torch.any(mask, 1), torch.cov(x), torch.corrcoef(y[:2]), torch.norm(x), torch.dist(x, y))

# ---- matrices ---------------------------------------------------------------------------------
show("matmul", torch.matmul(square, vector), torch.mm(square, square), torch.mv(square, vector), torch.dot(vector, vector))
show("bmm", torch.bmm(square[None], square[None]), torch.addmm(square, square, square), torch.addmv(vector, square, vector))
show("baddbmm", torch.baddbmm(square[None], square[None], square[None]), torch.addr(square, vector, vector), torch.outer(vector, vector))
show("einsum", torch.einsum("ij,j->i", square, vector), torch.tensordot(x, y, dims=2), torch.kron(vector, vector), torch.trace(square))
show("cross", torch.cross(vector, vector.flip(0), dim=0), torch.inner(x, y), torch.chain_matmul(x.T, x) if False else x.T @ x)
show("linalg", linalg.det(square), linalg.slogdet(square), linalg.inv(square), linalg.solve(square, vector))
show("cholesky", linalg.cholesky(square), linalg.eigvalsh(square), linalg.svdvals(x), linalg.matrix_rank(square))
show("norms", linalg.norm(x), linalg.vector_norm(x, 3), linalg.matrix_norm(x, 1), linalg.cond(square), linalg.multi_dot([x.T, x]))
show("pinv", linalg.pinv(x), linalg.matrix_power(square, 2), linalg.matrix_exp(square / 9), linalg.vecdot(vector, vector))
show("lu", linalg.lu(square), torch.cholesky_solve(vector[:, None], linalg.cholesky(square)), linalg.solve_triangular(square, square, upper=True))
show("qr", linalg.qr(square).R.abs(), torch.cdist(x, y), F.pdist(x), torch.renorm(x, 2, 0, 1.0))
show("special", special.expit(y), special.ndtr(y), special.log_ndtr(y), special.erfcx(x), special.entr(x), special.i1(y))
show("special", special.gammaln(x), special.psi(x), special.xlog1py(x, x), special.bessel_j0(y), special.zeta(x + 2, 1.0))

# ---- in place, types, devices -----------------------------------------------------------------
z = x.clone()
z.add_(1).mul_(2).clamp_(max=4.0).neg_().abs_().sqrt_().fill_diagonal_(0.5)
torch.exp_(z)
z[0, 1:3] = 7.0
z[mask] += 1
show("inplace", z, z.zero_(), z.copy_(x), z.masked_fill_(mask, 2.0), z.uniform_(3.0, 3.0), z.t_())
show("out", torch.add(x, y, out=torch.empty(0)), torch.max(y, 1, out=(torch.empty(0), torch.empty(0, dtype=torch.long))))
show("types", x.float().dtype == torch.float32, x.long(), x.int(), x.half().dtype == torch.half, mask.double(), ints.to(torch.float64))
show("type", x.type(torch.FloatTensor).type(), torch.promote_types(torch.int32, torch.float32) == torch.float32, torch.can_cast(torch.int64, torch.int8))
show("info", torch.finfo(torch.float32).eps, torch.iinfo(torch.int8).max, torch.get_default_dtype() == x.dtype, torch.pi, torch.inf)
show("device", str(x.device), torch.cuda.is_available(), x.is_cuda, x.layout == torch.strided, torch.cuda.device_count())
show("storage", x[1].storage_offset(), x.untyped_storage().nbytes(), x.data_ptr() == x.untyped_storage().data_ptr(), x.is_set_to(x))

# ---- gradients --------------------------------------------------------------------------------
w = torch.tensor([1.0, 2.0], requires_grad=True)
w.register_hook(lambda g: g * 2)
(w.square().sum()).backward()
show("backward", w.grad, w.is_leaf, w.requires_grad)
first, = grad((w ** 3).sum(), w, create_graph=True)
show("grad", first, grad(first.sum(), w)[0], bool(gradcheck(torch.sin, (w.detach().clone().requires_grad_(),))))
with torch.no_grad():
    show("no_grad", (w * 2).requires_grad, torch.is_grad_enabled())
with torch.enable_grad(), torch.inference_mode(False), torch.set_grad_enabled(True):
    show("enable_grad", (w * 2).requires_grad)


class Cube(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a ** 3

    @staticmethod
    def backward(ctx, g):
        a, = ctx.saved_tensors
        return 3 * a ** 2 * g


v = w.detach().clone().requires_grad_()
Cube.apply(v).sum().backward()
show("Function", v.grad)

# ---- layers -----------------------------------------------------------------------------------


def fill(module):
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):
            p.copy_(torch.linspace(-0.5, 0.6, p.numel()).reshape(p.shape) + 0.01 * k)
    return module.double()


image = torch.linspace(-1, 1, 2 * 3 * 6 * 6).reshape(2, 3, 6, 6)
steps = torch.linspace(-1, 1, 24).reshape(2, 3, 4)
net = fill(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(36, 5), nn.LogSoftmax(dim=1)))
show("Sequential", net(image), sum(p.numel() for p in net.parameters()), len(list(net.named_modules())))
net.eval()
show("eval", net(image), nn.Dropout(0.5).eval()(x), nn.Identity()(x))
show("conv", fill(nn.Conv1d(3, 2, 2))(steps), fill(nn.ConvTranspose2d(3, 2, 2))(image[:, :, :2, :2]))
show("pool", nn.AvgPool2d(2)(image), nn.AdaptiveAvgPool2d(1)(image), nn.AdaptiveMaxPool2d(2)(image), nn.LPPool2d(2, 3)(image.abs()))
show("norm", fill(nn.LayerNorm(4))(x), fill(nn.GroupNorm(1, 3))(image), fill(nn.InstanceNorm2d(3, affine=True))(image), fill(nn.RMSNorm(4))(x))
show("recurrent", fill(nn.LSTM(4, 2, batch_first=True))(steps), fill(nn.GRU(4, 2))(steps), fill(nn.RNNCell(4, 2))(x))
show("attention", fill(nn.MultiheadAttention(4, 2, batch_first=True))(steps, steps, steps))
show("transformer", fill(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)).eval()(steps))
show("embedding", fill(nn.Embedding(6, 2))(ints), fill(nn.Bilinear(4, 4, 2))(x, y), F.one_hot(ints[0], 6))
for activation in (nn.ELU(), nn.GELU(), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.Hardtanh(), nn.LeakyReLU(), nn.SELU(),
                   nn.Hardswish(), nn.Softsign(), nn.Tanhshrink(), nn.ReLU6(), nn.GLU(), nn.Softmin(dim=1), nn.Threshold(0.1, 0.2)):
    show(type(activation).__name__, activation(y))
show("padding", nn.ZeroPad2d(1)(image), nn.ReflectionPad2d(1)(image), F.pad(x, (1, 2), value=3.0), nn.PixelShuffle(1)(image))
show("upsample", F.interpolate(image, scale_factor=2), nn.Upsample(size=3, mode="bilinear", align_corners=True)(image), F.unfold(image, 3), F.normalize(x))
show("attention", F.scaled_dot_product_attention(steps, steps, steps, is_causal=True), F.cosine_similarity(x, y), F.pairwise_distance(x, y))
show("containers", len(nn.ModuleList([nn.Linear(1, 1)])), list(nn.ModuleDict({"a": nn.Linear(1, 1)})), len(nn.ParameterList([w])))
show("init", nn.init.constant_(torch.empty(2), 3.0), nn.init.eye_(torch.empty(2, 2)), nn.init.calculate_gain("relu"), nn.init.zeros_(torch.ones(2)))
packed = pack_padded_sequence(steps, [3, 2], batch_first=True)
show("rnn", packed.data, pad_packed_sequence(packed, batch_first=True), pad_sequence([vector, vector[:2]]))

# ---- losses -----------------------------------------------------------------------------------
labels, other = torch.tensor([0, 3, 1]), y.flip(0)
for loss in (nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(), nn.PoissonNLLLoss(), nn.SoftMarginLoss()):
    show(type(loss).__name__, loss(x, other.sign() if isinstance(loss, nn.SoftMarginLoss) else other.abs()))
show("CrossEntropyLoss", nn.CrossEntropyLoss(label_smoothing=0.1)(y, labels), nn.NLLLoss()(y.log_softmax(1), labels), nn.MultiMarginLoss()(y, labels))
show("BCELoss", nn.BCELoss()(x / 2, mask.double()), nn.BCEWithLogitsLoss()(y, mask.double()), nn.KLDivLoss(reduction="batchmean")(y.log_softmax(1), x.softmax(1)))
show("margins", nn.TripletMarginLoss()(x, y, other), nn.CosineEmbeddingLoss()(x, y, torch.ones(3)), nn.MarginRankingLoss()(x, y, torch.ones(3, 4)), nn.HingeEmbeddingLoss()(x, mask * 2.0 - 1), nn.GaussianNLLLoss()(x, y, x))

# ---- optimizers and data ----------------------------------------------------------------------
for make in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta, optim.Adamax, optim.NAdam, optim.RAdam, optim.ASGD, optim.Rprop):
    p = nn.Parameter(vector.clone())
    optimizer = make([p], lr=0.1)
    schedule = lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(4):
        optimizer.zero_grad()
        (p.square() * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
        clip_grad_norm_([p], 5.0)
        optimizer.step()
        schedule.step()
    show(make.__name__, p, optimizer.param_groups[0]["lr"])
for make in (lambda o: lr_scheduler.CosineAnnealingLR(o, 5), lambda o: lr_scheduler.ExponentialLR(o, 0.9), lambda o: lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + k)),
             lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=9), lambda o: lr_scheduler.MultiStepLR(o, [2]), lambda o: lr_scheduler.LinearLR(o)):
    optimizer = optim.SGD([nn.Parameter(vector.clone())], lr=0.1)
    schedule = make(optimizer)
    for _ in range(3):
        optimizer.step()
        schedule.step()
    show(type(schedule).__name__, schedule.get_last_lr())
linear = fill(nn.Linear(2, 1))
vector_to_parameters(parameters_to_vector(linear.parameters()) * 2, linear.parameters())
show("state_dict", list(linear.state_dict()), linear.load_state_dict(linear.state_dict()), linear.weight)
dataset = TensorDataset(x, labels)
both = ConcatDataset([dataset, Subset(dataset, [0, 2])])
for batch in DataLoader(both, batch_size=2, shuffle=False, drop_last=True):
    show("DataLoader", batch)
show("sampler", list(BatchSampler(SequentialSampler(dataset), 2, False)), len(both))

# ---- distributions and windows ----------------------------------------------------------------
show("Normal", D.Normal(vector, 1.5).log_prob(vector.flip(0)), D.Normal(0.0, 1.0).entropy(), D.Gamma(x, 2.0).log_prob(x), D.Beta(x, x).mean)
show("Categorical", D.Categorical(logits=y).log_prob(labels), D.Bernoulli(x / 2).entropy(), D.MultivariateNormal(vector, square).log_prob(vector.flip(0)))
show("kl", D.kl_divergence(D.Normal(0.0, 1.0), D.Normal(vector, 2.0)), D.Independent(D.Laplace(x, y.abs() + 1), 1).log_prob(y))
show("windows", torch.hann_window(5), torch.hamming_window(5), torch.blackman_window(4), torch.bartlett_window(4), torch.kaiser_window(4))
