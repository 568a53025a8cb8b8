"""Where the terminal chat's lines come from and go to: an edited prompt, or plain streams."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TextIO

Write = Callable[[str], None]


async def prompted_lines(label: Callable[[], str]) -> AsyncIterator[str]:
    """Lines typed at a prompt that keeps its place below what is printed meanwhile.

    Ends at Ctrl-D and Ctrl-C.
    """
    from prompt_toolkit import PromptSession

    # What was typed comes back as a message, with its number: the typed line itself goes away.
    session: PromptSession[str] = PromptSession(erase_when_done=True)
    while True:
        try:
            yield await session.prompt_async(label)
        except (EOFError, KeyboardInterrupt):
            return


@contextlib.contextmanager
def prompt_output() -> Iterator[Write]:
    """Printing above the prompt, colours included."""
    from prompt_toolkit.patch_stdout import patch_stdout

    with patch_stdout(raw=True), plain_output(sys.stdout) as write:
        yield write


async def plain_lines(stream: TextIO) -> AsyncIterator[str]:
    """Lines of a stream until it ends."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        # The loop may be gone while this still waits for a line.
        with contextlib.suppress(RuntimeError, ValueError):
            for line in stream:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, "")

    # A thread of the loop's pool would hold up the end of the program until a line comes.
    threading.Thread(target=read, daemon=True).start()
    while line := await queue.get():
        yield line.rstrip("\r\n")


@contextlib.contextmanager
def plain_output(stream: TextIO) -> Iterator[Write]:
    """Printing to a stream; what its encoding lacks becomes a question mark."""
    encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(text: str) -> None:
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()

    yield write


def is_terminal(input_stream: TextIO, output: TextIO) -> bool:
    """Whether a person sits at both ends and the prompt's library (demo extra) is there."""
    return (
        importlib.util.find_spec("prompt_toolkit") is not None
        and input_stream is sys.stdin
        and output is sys.stdout
        and input_stream.isatty()
        and output.isatty()
    )
