"""Whether other programs run beside a measurement, and waiting until they have gone."""

import time
from pathlib import Path

LOAD = Path("/proc/loadavg")  # "0.84 1.02 1.46 RUNNABLE/ALL LAST"; other systems have none
GLANCES = 3  # what is runnable at all of them is no passing thread of the system
PAUSE = 0.1


class Quiet:
    """Asked while the measured processes stand still; waits up to `patience` seconds in all."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.waited, self.disturbed = 0.0, 0

    @staticmethod
    def reigns() -> bool:
        """Whether nothing but this process wants a processor."""
        if not LOAD.exists():
            return True
        for _ in range(GLANCES):
            if int(LOAD.read_text().split()[3].split("/")[0]) <= 1:
                return True
            time.sleep(0.0005)
        return False

    def take(self, sample, *args):
        """A sample beside which nobody ran, or the last when patience is at its end."""
        while True:
            value = sample(*args)
            if self.reigns():
                return value
            if self.waited >= self.patience:
                self.disturbed += 1
                return value
            while self.waited < self.patience and not self.reigns():
                time.sleep(PAUSE)
                self.waited += PAUSE

    def __str__(self) -> str:
        return (f"waited {self.waited:.0f} s for other programs"
                + f"; {self.disturbed} samples were taken beside them" * bool(self.disturbed))
