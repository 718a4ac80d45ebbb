"""Start a program that dies with whoever started it, even when that is killed outright.

Used as `Popen(leash.leashed(command))`: this file runs first, asks the kernel for the signal, and
becomes the command. Asking after the fork from inside Python is unsafe once there are threads.
Only Linux can; elsewhere the command just runs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def leashed(
    command: Sequence[str], *, end: signal.Signals = signal.SIGKILL, user: str = ""
) -> list[str]:
    """The command line that runs a command on a leash, as another user when root says so.

    The starting thread holds the leash: start from one that lives as long as it is needed.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(end)), user, *command]


def _run(parent: str, end: str, user: str, *command: str) -> None:
    import ctypes

    if user:
        import pwd

        who = pwd.getpwnam(user)
        os.initgroups(user, who.pw_gid)
        os.setgid(who.pw_gid)
        os.setuid(who.pw_uid)
        os.environ["HOME"] = "/"
    # After the change of user, which would take the leash off again.
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(end))
        if os.getppid() != int(parent):  # it died before we asked
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 -- that is what it is for


if __name__ == "__main__":
    _run(*sys.argv[1:])
