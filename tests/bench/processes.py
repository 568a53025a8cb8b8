"""The processes under test: started on a core of their own where asked, measured, and always ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import tests

_ROOT = Path(tests.__file__).parents[1]
_PR_SET_PDEATHSIG = 1
_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 10.0


class ProcessEnded(RuntimeError):
    """A process under test ended by itself; the message holds the end of its log."""


def cpu_seconds(pid: int) -> float:
    """Processor time that a process used so far, user and system, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_memory_mib(pid: int) -> float:
    """The largest resident size that a process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ProcessEnded(f"process {pid} has no memory any more")


def cores() -> list[int]:
    """The processors that this process may run on."""
    return sorted(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Done in the child before it becomes the program."""

    parent: int
    core: int | None

    def __call__(self) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != self.parent:
            os._exit(1)
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})


class Child:
    """A Python program as a process; leaving the context ends it. `started` is in `perf_counter` seconds."""

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        *,
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
        talks: bool = False,
    ) -> None:
        self.log = log
        self._arguments = [sys.executable, *arguments]
        self._core = core
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KRING_")},
            **(environment or {}),
        }
        self._talks = talks
        self._process: subprocess.Popen[str] | None = None
        self.started = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None, "not started"
        return self._process

    def start(self) -> None:
        with self.log.open("a") as log:
            self.started = time.perf_counter()
            self._process = subprocess.Popen(
                self._arguments,
                cwd=_ROOT,
                env=self._environment,
                stdin=subprocess.PIPE if self._talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._talks else log,
                stderr=log,
                text=True,
                preexec_fn=_Beginning(os.getpid(), self._core),
            )

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not help within 10 s; one that ended is left alone."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def check(self) -> None:
        """Raises ProcessEnded if it runs no more."""
        code = self.process.poll()
        if code is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
            raise ProcessEnded(f"{' '.join(self._arguments[1:4])} ended with {code}:\n{tail}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
