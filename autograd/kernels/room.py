"""Room for the result of an elementwise kernel: an operand that is to be overwritten.

An in-place operation names the array it writes into; a kernel that reads each element before it
writes the one in its place may take it for its result, which then need not be copied there.
"""

import threading
from typing import Any


class _Room(threading.local):
    array: Any = None


room = _Room()
