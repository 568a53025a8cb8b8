"""One bot at a time works on a data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import FolderInUse
from bot.folder import Hold


def test_a_second_hold_is_refused_and_says_who_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = Hold(folder)
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        Hold(folder)
    first.release()
    Hold(folder).release()
