"""Several modules and ops that repeat one after the other, A B A B A B: found in a level, so that
one round of them is drawn, in a frame with their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, NamedTuple

_MOST = 12  # items in a round


class Round(NamedTuple):
    """The items of the first round, which of them somebody uses behind it, and the others."""

    items: list
    used: list[bool]
    others: list[list]


def rounds(items: Sequence[Any], uses: Sequence[Set[str]], leaving: Set[str],
           kind: Callable[[Any], tuple[bool, Any]]) -> list:
    """The items, with a Round in the place of each repetition.

    `uses` has for each item the keys of what it uses, `leaving` are those that the level gives
    back; `kind` tells whether an item is a module, and what makes two be drawn as one.
    """
    place = {item.key: i for i, item in enumerate(items)}
    search = _Search([kind(item) for item in items],
                     [{place.get(key, key) for key in keys} for keys in uses],
                     {place[key] for key in leaving if key in place})
    found: list = []
    i = 0
    while i < len(items):
        period, count = search.longest(i)
        if count < 2:
            found.append(items[i])
            i += 1
            continue
        first, *others = (list(items[k:k + period])
                          for k in range(i, i + period * count, period))
        found.append(Round(first, search.used_behind(i, period), others))
        i += period * count
    return found


class _Search:
    """Kinds of items, the places or names of what they use, and the places of what leaves."""

    def __init__(self, kinds: list, uses: list[set], leaving: set[int]) -> None:
        self.kinds, self.uses, self.leaving = kinds, uses, leaving

    def longest(self, start: int) -> tuple[int, int]:
        """The shortest period with which the items from `start` on repeat, and how often."""
        for period in range(2, min(_MOST, (len(self.kinds) - start) // 2) + 1):
            count = 1
            while self._goes_on(start, period, count):
                count += 1
            if (count > 1 and any(module for module, _ in self.kinds[start:start + period])
                    and self._seen_alike(start, period, count)):
                return period, count
        return 1, 1

    def used_behind(self, start: int, period: int) -> list[bool]:
        """Which items of the first round are used after it."""
        stop = start + period
        return [k in self.leaving or any(k in keys for keys in self.uses[stop:])
                for k in range(start, stop)]

    def _goes_on(self, start: int, period: int, count: int) -> bool:
        """Whether round `count` is like the first: each item uses the same in its round and
        outside, and in place of what came into the first something of the round before."""
        begin = start + count * period
        if begin + period > len(self.kinds):
            return False
        chained = False
        for j in range(period):
            inside, outside, _ = self._parts(start + j, start, start)
            within, fixed, before = self._parts(begin + j, begin, start)
            first_time = count == 1 or before == self._parts(
                start + period + j, start + period, start)[2]
            if (self.kinds[start + j] != self.kinds[begin + j] or inside != within
                    or not fixed <= outside or len(outside - fixed) > len(before)
                    or not first_time or any(k < -period for k in before)):
                return False
            chained = chained or bool(before)
        return chained

    def _parts(self, item: int, begin: int, start: int) -> tuple[set, set, set]:
        """What an item of a round uses: within the round, outside of all rounds from `start` on,
        and in rounds before; places are counted from the round's beginning."""
        keys = self.uses[item]
        outside = {k for k in keys if not isinstance(k, int) or k < start}
        places = {k - begin for k in keys - outside}
        return {k for k in places if k >= 0}, outside, {k for k in places if k < 0}

    def _seen_alike(self, start: int, period: int, count: int) -> bool:
        """Whether of each kind all items are used behind the rounds, or none but the last one."""
        stop = start + period * count
        seen = self.leaving.union(*self.uses[stop:])
        for j in range(period):
            *others, last = (k in seen for k in range(start + j, stop, period))
            if any(others) and not (all(others) and last):
                return False
        return True
