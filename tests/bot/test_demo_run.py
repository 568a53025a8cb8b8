"""What the demo tells a newcomer to type."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest

from bot.demo import run
from bot.demo.world import World


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _welcomed(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    homeserver = type("Homeserver", (), {"base_url": "http://127.0.0.1:8008"})
    world = type("World", (), {"homeserver": homeserver})
    run._welcome(cast("World", world), folder, "")
    return capsys.readouterr().out


def test_the_command_shown_is_the_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kring = _program(tmp_path / ".venv" / "bin" / "kring")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(kring), "demo"])
    monkeypatch.setenv("PATH", "/nowhere")
    shown = _welcomed(tmp_path / ".demo", capsys)
    assert ": .venv/bin/kring --config .demo/config.toml network list" in shown
    assert "Ctrl-C stops everything" in shown

    monkeypatch.setenv("PATH", str(kring.parent))
    assert ": kring --config .demo/config.toml" in _welcomed(tmp_path / ".demo", capsys)

    other = _program(tmp_path / "elsewhere" / "kring")
    monkeypatch.setenv("PATH", str(other.parent))
    assert ": .venv/bin/kring --config" in _welcomed(tmp_path / ".demo", capsys)

    monkeypatch.setattr(sys, "argv", [str(tmp_path / "bot" / "__main__.py"), "demo"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert ": .venv/bin/python -m bot --config" in _welcomed(tmp_path / ".demo", capsys)
