"""The one `jit` decorator, which holds the policy of every compiled kernel."""

import numba
from numba.core import compiler
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from autograd.kernels.compiled import background
from autograd.kernels.compiled.disk_cache import DiskCache, folder, host

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise ImportError("NUMBA_DISABLE_JIT is set")

# contract, reassoc, nsz and arcp change rounding only; nnan and ninf would lose NaN and infinity.
FAST = {"contract", "reassoc", "nsz", "arcp"}
EXACT = {"contract"}  # for arithmetic whose order matters


class _InnerLibrary(JITCodeLibrary):
    """The code of an inner function, optimised where it is linked in and never run by itself."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerOnly(NativeLowering):
    """Lowers a function for its callers, without machine code that nobody would call."""

    _name = "lower_only"

    def run_pass(self, state):
        state.flags.no_compile = True
        state.library = _InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        super().run_pass(state)
        lowered = state["cr"]
        key = [].append  # callers find the function by it: any builtin of its own
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


class _InnerCompiler(compiler.CompilerBase):
    def define_pipelines(self):
        pipeline = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        last = {NativeLowering: _LowerOnly}
        pipeline.passes = [(last.get(step, step), name) for step, name in pipeline.passes]
        return [pipeline]


def jit(function=None, *, inner=False, apart=False, parallel=False, exact=False):
    """Compiles `function` at its first call, without the GIL, cached on disk.

    `inner`: only called by other kernels, whose part it becomes, so neither finished nor cached by
    itself; `apart`: called all the same, where several copies would be too long; `exact`: sums and
    products keep their order.
    """
    if function is None:
        return lambda f: jit(f, inner=inner, apart=apart, parallel=parallel, exact=exact)
    dispatcher = numba.njit(
        fastmath=EXACT if exact else FAST,
        error_model="numpy",
        nogil=True,
        parallel=parallel,
        forceinline=inner and not apart,
        no_cpython_wrapper=inner,
        no_cfunc_wrapper=True,
        pipeline_class=_InnerCompiler if inner else compiler.Compiler,
    )(function)
    if not inner:
        dispatcher._cache = DiskCache(function)
        compile_now = dispatcher._compile_for_args

        def compile_for_args(*args):
            background.need(dispatcher, [dispatcher.typeof_pyval(arg) for arg in args])
            return compile_now(*args)

        dispatcher._compile_for_args = compile_for_args
    return dispatcher


def vector_bytes() -> int:
    """Width of the vector registers: 64 with AVX-512, 32 with AVX2, else 16."""
    features = host()[2].split(",")
    if "+avx512f" in features:
        return 64
    return 32 if "+avx2" in features else 16


def config() -> dict[str, object]:
    """Threading layer (None before the first parallel kernel), vector width and cache folder."""
    try:
        layer = numba.threading_layer()
    except ValueError:
        layer = None
    return {
        "threading_layer": layer,
        "vector_bits": 8 * vector_bytes(),
        "cache": None if folder() is None else str(folder()),
    }
