"""The process that the embedded homeserver lives in: plain Synapse, but it dies with its parent.

Run as a file by `bot.demo.homeserver`, with the parent's process id and then Synapse's arguments.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Ask the kernel for a SIGTERM when the parent ends; where it cannot, the pid file serves."""
    if sys.platform != "linux":
        return
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The parent may have ended before the kernel was asked.
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    """Become the homeserver."""
    parent, *arguments = sys.argv[1:]
    # Ctrl-C reaches the whole group of the terminal; stopping is the parent's to order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(int(parent))
    sys.argv = ["synapse_homeserver", *arguments]
    from synapse.app.homeserver import main as run_synapse

    run_synapse()


if __name__ == "__main__":
    main()
