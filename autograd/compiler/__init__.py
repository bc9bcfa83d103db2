"""`autograd.compile`: a step is recorded once and replayed without Tensors and Nodes.

See `compiled` for what the user sees, and `program` for what a recording is.
"""

from ..lazy import lazily
from .compiled import compile

__getattr__, __dir__, _later = lazily(__name__, {
    "switches": "allow_in_graph assume_constant_result cudagraph_mark_step_begin disable "
                "is_compiling is_dynamo_compiling is_exporting list_backends reset set_stance"})
__all__ = ["compile", *_later]
