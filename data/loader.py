"""DataLoader: batches of a dataset, loaded in this process, in workers or in threads."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Generator, Tensor, default_generator
from autograd.errors import Constructed, describe
from autograd.sampling import numpy_generator
from data.collate import default_collate, default_convert
from data.dataset import IterableDataset, misspelt
from data.fetching import Recipe
from data.passes import Batches, Here, Progress, indexed, streamed
from data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, positive_int
from data.slips import alike_each_pass, classes_in_turn


class DataLoader(Constructed):
    """Iterates over `dataset` in batches; every `iter()` is a new pass (epoch).

    shuffle draws a new order in each pass from `generator` (or the default one): the same seed
    gives the same batches. batch_size=None yields single samples, converted but not batched.
    With the default collate_fn a dataset that can fetch a whole batch in one piece does so, with
    the same values.

    num_workers processes load `prefetch_factor` (2) batches each ahead of the caller; batches come
    in the same order and with the same numbers as without workers, whatever draws from the default
    generator or in a transform while a sample is loaded. Python's random and numpy.random are
    seeded once in each worker, so what draws from them does depend on num_workers.
    multiprocessing_context is "fork" (usual on Linux), "spawn", "forkserver", a context of these,
    or "thread" for threads, which share the dataset. persistent_workers are kept for the next pass
    and do not see what is changed in the dataset meanwhile. pin_memory changes nothing.
    An IterableDataset is loaded by each worker as a whole unless it asks `get_worker_info()` for
    its part; the workers' batches come in turns, and who has none left is passed over.

    Raises: ValueError for settings that exclude each other. What a sample raises gets a note with
        its index. RuntimeError for a worker that dies, or sends no batch for `timeout` seconds.

    >>> [batch.tolist() for batch in DataLoader(range(5), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    dataset: Any
    batch_size: int | None
    sampler: Any
    batch_sampler: Any
    drop_last: bool
    persistent_workers: bool
    _fixed = ("dataset", "batch_size", "sampler", "batch_sampler", "drop_last",
              "persistent_workers")

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler | Iterable | None = None,
        batch_sampler: Sampler[list] | Iterable[list] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        _check_dataset(dataset, shuffle or sampler is not None or batch_sampler is not None)
        _check_workers(num_workers, timeout, worker_init_fn, multiprocessing_context,
                       prefetch_factor, persistent_workers)
        _check_kinds(collate_fn, sampler=sampler, batch_sampler=batch_sampler)
        batch_size, sampler, batch_sampler = _order(
            dataset, batch_size, shuffle, sampler, batch_sampler, drop_last, generator)
        fixed = (dataset, batch_size, sampler, batch_sampler, drop_last, persistent_workers)
        vars(self).update(zip(self._fixed, fixed, strict=True))
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.pin_memory, self.timeout, self.worker_init_fn = pin_memory, timeout, worker_init_fn
        self.multiprocessing_context, self.generator = multiprocessing_context, generator
        self._batched = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if self._batched else default_convert)
        self._idle: Any = None  # workers kept from the pass before
        self._progress: Progress | None = None  # of the newest pass
        self._in_turn: bool | None = None  # whether one class comes after the other, once known
        self._resumed: dict | None = None  # the state that the next pass begins from

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fixed:
            raise ValueError(f"DataLoader: {name} cannot be changed, make a new DataLoader")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: neither this loader's workers nor its place in a pass."""
        return vars(self) | {"_idle": None, "_progress": None}

    def __iter__(self) -> Batches:
        resumed, self._resumed = self._resumed, None
        if resumed is None:
            seed = int(numpy_generator(self.generator, "DataLoader").integers(2**63))
            number = 0
        else:
            seed, number = resumed["seed"], resumed["batches"]
        generators = [generator.get_state() for generator in self._generators()]
        progress = self._progress = Progress(seed, number, generators)
        crew, workers = self._crew(seed), max(self.num_workers, 1)
        ended: set[int] = set()
        if isinstance(self.dataset, IterableDataset):
            plan = streamed(number, workers, ended)
        else:
            order = self.sampler if self.batch_sampler is None else self.batch_sampler
            plan = indexed(order, seed, number, self._batched)
        ahead = self.num_workers * (2 if self.prefetch_factor is None else self.prefetch_factor)
        if self._in_turn is None:
            self._in_turn = classes_in_turn(self)
        return Batches(crew, plan, progress, ahead, ended, workers, self._keep, self._in_turn,
                       id(self) if alike_each_pass(self) else 0)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        if self.sampler is not None:
            return len(self.sampler)
        samples = len(self.dataset)
        if self.batch_size is None:
            return samples
        full, rest = divmod(samples, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def state_dict(self) -> dict[str, Any]:
        """Where the newest pass is, in ints, strings, lists and dicts, as JSON has them.

        A loader that it is loaded into goes on with the batch that would have come next. Batches
        that workers have loaded ahead count as not delivered. After a pass, and before the first,
        the next one begins anew. A stream is resumed by passing over what has been delivered.
        The default generator is not part of it (see `autograd.get_rng_state`), generators that
        the loader or its sampler was given are.
        """
        if self._resumed is not None:
            return self._resumed
        state: dict[str, Any] = {"seed": None, "batches": 0, **self._kind()}
        if self._progress is None or self._progress.finished:
            return state | {"generators": [own.get_state() for own in self._generators()]}
        now = self._progress
        return state | {"seed": now.seed, "batches": now.number, "generators": now.generators}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the next pass begin where the loader that `state` is of was.

        Raises: ValueError for the state of a loader of other batches or another dataset.
        """
        own, generators = self._kind(), self._generators()
        wanted = {"seed", "batches", "generators", *own}
        if not isinstance(state, dict) or state.keys() != wanted:
            got = sorted(state) if isinstance(state, dict) else describe(state)
            raise ValueError(f"DataLoader: a state has {sorted(wanted)}, got {got}")
        for name, value in own.items():
            if state[name] != value:
                raise ValueError(f"DataLoader: the state is of a loader with {name}="
                                 f"{state[name]}, this one has {name}={value}")
        if len(state["generators"]) != len(generators):
            raise ValueError(
                f"DataLoader: the state is of a loader that was given {len(state['generators'])} "
                f"generators, itself and its sampler, this one was given {len(generators)}")
        for generator, its in zip(generators, state["generators"], strict=True):
            generator.set_state(its)
        self._progress, self._resumed = None, None if state["seed"] is None else dict(state)

    def _kind(self) -> dict[str, Any]:
        """What must agree for a state to fit."""
        kind = {"batch_size": self.batch_size, "drop_last": self.drop_last}
        if isinstance(self.dataset, IterableDataset):
            return kind | {"workers": max(self.num_workers, 1)}
        return kind | {"samples": len(self.dataset)}

    def _generators(self) -> list[Generator]:
        """The generators that the loader and its sampler were given."""
        own: dict[int, Generator] = {}
        for owner in (self, self.sampler, self.batch_sampler,
                      getattr(self.batch_sampler, "sampler", None)):
            generator = getattr(owner, "generator", None)
            if isinstance(generator, Generator) and generator is not default_generator:
                own[id(generator)] = generator
        return list(own.values())

    def _crew(self, seed: int) -> Any:
        """Who loads the batches of the next pass."""
        recipe = Recipe(self.dataset, self.collate_fn, self.batch_size, self._batched,
                        self.drop_last, isinstance(self.dataset, IterableDataset))
        if self.num_workers == 0:
            return Here(recipe)
        idle, self._idle = self._idle, None
        if idle is not None and idle.usable:
            return idle
        from data.workers import Processes, Setting, Threads

        setting = Setting(recipe, 0, self.num_workers, seed, self.worker_init_fn)
        if self.multiprocessing_context == "thread":
            return Threads(setting, self.timeout)
        return Processes(setting, _context(self.multiprocessing_context), self.timeout)

    def _keep(self, crew: Any) -> None:
        """Takes back the crew of a pass that has ended."""
        if self.persistent_workers and self._idle is None and crew.usable:
            self._idle = crew
        else:
            crew.stop()


def _order(dataset: Any, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any,
           drop_last: bool, generator: Generator | None) -> tuple[int | None, Any, Any]:
    """The batch size, the sampler and the batch sampler, those not given made."""
    if batch_sampler is not None:
        _check_alone(batch_size, shuffle, sampler, drop_last)
        batch_size = None
    elif batch_size is not None:
        if isinstance(batch_size, Tensor):
            raise TypeError(f"DataLoader: batch_size must be a positive int, got "
                            f"{describe(batch_size)}; inputs and targets together are one "
                            "dataset: DataLoader(TensorDataset(inputs, targets), batch_size=32)")
        batch_size = positive_int(batch_size, "batch_size", "DataLoader")
    elif drop_last:
        raise ValueError("DataLoader: drop_last=True needs a batch_size, got None")
    if shuffle and sampler is not None:
        raise ValueError("DataLoader: sampler and shuffle=True exclude each other; give one")
    if sampler is None and not isinstance(dataset, IterableDataset):
        shuffled = RandomSampler(dataset, generator=generator) if shuffle else None
        sampler = shuffled or SequentialSampler(dataset)
    if batch_sampler is None and batch_size is not None and sampler is not None:
        batch_sampler = BatchSampler(sampler, batch_size, drop_last)
    return batch_size, sampler, batch_sampler


def _check_dataset(dataset: Any, ordered: Any) -> None:
    name, streams = type(dataset).__name__, isinstance(dataset, IterableDataset)
    if streams and ordered:
        raise ValueError(
            f"DataLoader: {name} is an IterableDataset and comes in its own order; shuffle, "
            "sampler and batch_sampler do not apply to it"
        )
    if not streams and not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
        raise TypeError(
            f"DataLoader: dataset must define __getitem__ and __len__, or be an IterableDataset; "
            f"{name} has no {'__len__' if hasattr(dataset, '__getitem__') else '__getitem__'}"
            f"{misspelt(dataset)}"
        )


def _check_kinds(collate_fn: Any, **samplers: Any) -> None:
    for name, given in samplers.items():
        if given is not None and not hasattr(given, "__iter__"):
            raise TypeError(f"DataLoader: {name} must give indices one after the other, as a "
                            f"Sampler or a list does, got {describe(given)}")
    if collate_fn is not None and not callable(collate_fn):
        raise TypeError("DataLoader: collate_fn must be a function of a list of samples, got "
                        f"{describe(collate_fn)}")


def _check_workers(num_workers: Any, timeout: Any, init: Any, context: Any, prefetch: Any,
                   persistent: bool) -> None:
    if isinstance(num_workers, bool) or not isinstance(num_workers, int):
        raise TypeError(f"DataLoader: num_workers must be an int, got {num_workers!r}")
    if num_workers < 0:
        raise ValueError(f"DataLoader: num_workers must not be negative, got {num_workers}; 0 "
                         "loads in this process")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
        raise ValueError(f"DataLoader: timeout must be a number of seconds >= 0, got {timeout!r}")
    if init is not None and not callable(init):
        raise TypeError(f"DataLoader: worker_init_fn must be callable, got {describe(init)}")
    if prefetch is not None:
        positive_int(prefetch, "prefetch_factor", "DataLoader")
    if num_workers == 0:
        for name, given in (("timeout", timeout), ("prefetch_factor", prefetch is not None),
                            ("multiprocessing_context", context is not None),
                            ("persistent_workers", persistent)):
            if given:
                raise ValueError(f"DataLoader: {name} needs num_workers > 0, got num_workers=0")
    elif context is not None and context not in _methods() and not hasattr(context, "Process"):
        raise (ValueError if isinstance(context, str) else TypeError)(
            "DataLoader: multiprocessing_context must be a context or one of "
            f"{', '.join(map(repr, _methods()))}, got {context!r}")


def _methods() -> list[str]:
    """How workers can be started on this system."""
    import multiprocessing

    return [*multiprocessing.get_all_start_methods(), "thread"]


def _context(wanted: Any) -> Any:
    """How processes are started: as wanted, as set for the program, or the way that suits."""
    import multiprocessing

    if hasattr(wanted, "Process"):
        return wanted
    chosen = wanted or multiprocessing.get_start_method(allow_none=True)
    return multiprocessing.get_context(chosen or ("fork" if sys.platform == "linux" else "spawn"))


def _check_alone(batch_size: Any, shuffle: Any, sampler: Any, drop_last: bool) -> None:
    if batch_size != 1 or shuffle or sampler is not None or drop_last:
        raise ValueError(
            "DataLoader: batch_sampler makes the batches by itself; leave out batch_size, "
            "shuffle, sampler and drop_last"
        )
