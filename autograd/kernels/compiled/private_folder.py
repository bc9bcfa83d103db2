"""Folders that nobody else can change: what is unpickled from one runs as this user.

Whoever may write a folder may rename what is in it, so every folder from the root on counts, and
so does every link on the way.
"""

import os
import stat
from pathlib import Path

_LEVELS, _LINKS = 100, 40  # a path of more is no place to keep things


def make_private(path: Path) -> bool:
    """Makes the folder and those above it, for this user alone; true where only this user and
    root can change what any of them holds."""
    place, left, links = Path(path.anchor), list(path.parts[:0:-1]), 0
    if len(left) > _LEVELS or not _guarded(place.lstat()):
        return False
    while left:
        name = left.pop()
        if name == os.pardir:
            place = place.parent
            continue
        status = _found_or_made(place / name)
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _LINKS or not is_trusted(status):
                return False
            target = Path(os.readlink(place / name))
            place = Path(target.anchor) if target.is_absolute() else place
            left += target.parts[:0:-1] if target.is_absolute() else target.parts[::-1]
        elif _guarded(status):
            place = place / name
        else:
            return False
    status = place.lstat()
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not _shared(status))


def is_trusted(status: os.stat_result) -> bool:
    """Whether it belongs to this user or to root."""
    return not hasattr(os, "getuid") or status.st_uid in (0, os.getuid())


def _shared(status: os.stat_result) -> bool:
    """Whether its group or everybody may write it."""
    return bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _guarded(status: os.stat_result) -> bool:
    """Whether it is a folder whose entries others cannot replace: not theirs, and either not for
    them to write or, as /tmp, root's and sticky."""
    if not stat.S_ISDIR(status.st_mode) or not is_trusted(status):
        return False
    sticky = status.st_uid == 0 and status.st_mode & stat.S_ISVTX
    return bool(sticky) or not hasattr(os, "getuid") or not _shared(status)


def _found_or_made(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except FileNotFoundError:
        path.mkdir(mode=0o700, exist_ok=True)  # another process may be making it too
        return path.lstat()
