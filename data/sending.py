"""Exceptions on their way from a worker process, and what cannot be sent to one."""

import pickle
import traceback
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple


class WorkerTraceback(Exception):
    """The cause of an exception that a worker raised: where in the worker it was raised."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class Carried(NamedTuple):
    """An exception as it is sent."""

    pickled: bytes | None  # the exception
    kind: bytes  # its nearest class that can be sent
    arguments: bytes  # (args, attributes) of an exception that cannot be pickled as it is
    traceback: str

    def rebuilt(self, where: str) -> BaseException:
        """The exception, as nearly as it can be had."""
        if self.pickled is not None:
            error = pickle.loads(self.pickled)
        else:
            kind = pickle.loads(self.kind)
            args, attributes = pickle.loads(self.arguments)
            error = kind.__new__(kind, *args)
            error.args = args
            vars(error).update(attributes)
        error.add_note(where)
        error.__cause__ = WorkerTraceback(self.traceback)
        return error


def carried(error: BaseException) -> Carried:
    """`error`, its traceback and its notes, whatever its constructor takes."""
    told = "".join(traceback.format_exception(error))
    whole = _picklable(error)
    if whole is not None and _same(whole, error):
        return Carried(whole, b"", b"", told)
    for kind in type(error).__mro__:
        sent = _picklable(kind)
        if sent is None:
            continue
        notes = {"__notes__": list(getattr(error, "__notes__", ()))}
        if kind is type(error):
            arguments = _picklable((error.args, vars(error)))
            if arguments is not None:
                return Carried(None, sent, arguments, told)
        text = str(error) if kind is type(error) else f"{type(error).__name__}: {error}"
        return Carried(None, sent, pickle.dumps(((text,), notes)), told)
    raise AssertionError("BaseException can be pickled")


def _picklable(value: Any) -> bytes | None:
    """Its pickle, if it has one that can be read again."""
    try:
        pickled = pickle.dumps(value)
        pickle.loads(pickled)
    except Exception:
        return None
    return pickled


def _same(pickled: bytes, error: BaseException) -> bool:
    """Whether the exception reads as before; some constructors say more with each call."""
    again = pickle.loads(pickled)
    return type(again) is type(error) and str(again) == str(error)


def as_bytes(setting: Any) -> bytes:
    """The setting of a worker as bytes, or an error that names what cannot be made bytes."""
    try:
        return bytes(ForkingPickler.dumps(setting))
    except Exception as error:
        parts = {"dataset": setting.recipe.dataset, "collate_fn": setting.recipe.collate_fn,
                 "worker_init_fn": setting.init}
        for name, part in parts.items():
            try:
                ForkingPickler.dumps(part)
            except Exception as reason:
                raise TypeError(
                    f"DataLoader: the {name} cannot be sent to worker processes that are spawned "
                    f"({reason}); define its classes and functions at the top of a module, or use "
                    "multiprocessing_context='fork' or 'thread', or num_workers=0") from error
        raise
