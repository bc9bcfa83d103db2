"""The part of Module that is saved and loaded: state dicts, what goes with them, and hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd.errors import check_switches
from autograd.hooks import RemovableHandle

from .parameter import is_lazy
from .state import EXTRA, IncompatibleKeys, StateHooks, load, load_own, own_state
from .tree import Tree


class Stateful(Tree):
    """A tree whose parameters and persistent buffers go into dicts and come back."""

    _state_hooks: StateHooks | None = None
    _version = 1  # of the layout of a class's state; loaders find that of the saved one

    # ---- saving -------------------------------------------------------------------------------

    def state_dict(self, *, destination: dict | None = None, prefix: str = "",
                   keep_vars: bool = False) -> dict[str, Any]:
        """Path -> tensor of all parameters and persistent buffers, sharing their memory; detached
        unless `keep_vars`.  What `get_extra_state` returns, if a class defines it, is among them.
        """
        check_switches("state_dict", keep_vars=keep_vars)
        state: Any = {} if destination is None else destination
        hooks = self._state_hooks
        for hook in () if hooks is None else tuple(hooks.save_pre.values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(state, prefix, keep_vars)
        for name, child in self._members("module").items():
            if child is not None:
                child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, counts in () if hooks is None else tuple(hooks.saved.values()):
            changed = hook(self, state, prefix, {"version": self._version})
            if changed is not None and not counts:
                raise RuntimeError(f"{type(self).__name__}.state_dict: the post-hook {hook!r} must "
                                   "return None; it may change the state dict in place")
            state = state if changed is None else changed
        return state

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        """Put the module's own state, without that of submodules, into `destination`."""
        for name, tensor in own_state(self).items():
            kept = keep_vars or is_lazy(tensor)
            destination[prefix + name] = tensor if kept else tensor.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """What else belongs to the module's state; a subclass that has any defines this and
        set_extra_state."""
        raise RuntimeError(f"{type(self).__name__} has no extra state: define get_extra_state() "
                           "and set_extra_state(state)")

    def set_extra_state(self, state: Any) -> None:
        """Take over what get_extra_state returned."""
        raise RuntimeError(f"{type(self).__name__} has no extra state to set: define "
                           "set_extra_state(state)")

    def _takes_extra_state(self) -> bool:
        return type(self).set_extra_state is not Stateful.set_extra_state

    # ---- loading ------------------------------------------------------------------------------

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> IncompatibleKeys:
        """Copy the values of `state_dict` (Tensors or arrays) into the parameters and buffers.

        Returns the names that were missing and unexpected; with `strict` these raise.  `assign`
        sets the given tensors themselves instead of copying; what was one stays one.

        Raises: RuntimeError with a table of what does not fit, or for two values of one tensor;
            nothing was changed then.
        """
        check_switches("load_state_dict", strict=strict, assign=assign)
        return load(self, state_dict, strict, assign)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, local_metadata: dict,
                              strict: bool, missing_keys: list, unexpected_keys: list,
                              error_msgs: list) -> None:
        """Load the module's own state, without that of submodules, at once.

        A subclass that defines this may change `state_dict`, which has the keys that begin with
        `prefix`, before it calls the base's.
        """
        load_own(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
                 error_msgs)

    def _loads_itself(self) -> bool:
        return type(self)._load_from_state_dict is not Stateful._load_from_state_dict

    # ---- hooks --------------------------------------------------------------------------------

    def _state_hook_tables(self) -> StateHooks:
        if self._state_hooks is None:
            object.__setattr__(self, "_state_hooks", StateHooks())
        assert self._state_hooks is not None
        return self._state_hooks

    def register_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the module's state is put into a dict."""
        return RemovableHandle(self._state_hook_tables().save_pre, hook)

    def register_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` when the state of the module and
        all below it is in the dict, which the hook may change in place."""
        return RemovableHandle(self._state_hook_tables().saved, (hook, False))

    def _register_state_dict_hook(self, hook: Callable) -> RemovableHandle:
        """As register_state_dict_post_hook; what the hook returns, unless None, is the dict."""
        return RemovableHandle(self._state_hook_tables().saved, (hook, True))

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)` before the module is loaded; it may change the dict, which
        has the keys that begin with `prefix`, and the lists in place."""
        return RemovableHandle(self._state_hook_tables().load_pre, (hook, True))

    def _register_load_state_dict_pre_hook(self, hook: Callable,
                                           with_module: bool = False) -> RemovableHandle:
        """As register_load_state_dict_pre_hook; the hook gets the module only if asked to."""
        return RemovableHandle(self._state_hook_tables().load_pre, (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` when the module and all below it were loaded; it
        may change the lists `missing_keys` and `unexpected_keys` in place."""
        return RemovableHandle(self._state_hook_tables().loaded, hook)
