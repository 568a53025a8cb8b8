"""What a fresh machine gets: the package's files, the versions, the Makefile, the container."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.cli import COMMANDS

ROOT = Path(__file__).parents[1]
DATA_SUFFIXES = {".sql", ".po", ".csv", ".toml", ".html", ".js", ".mjs", ".json", ".ttf"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return set(listed.stdout.split())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


def test_the_constraints_fix_every_dependency_to_one_version() -> None:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    fixed = {normal(line) for line in lines}
    about = project()["project"]
    wanted = [*about["dependencies"], *(one for extra in about["optional-dependencies"].values()
                                        for one in extra)]  # fmt: skip
    assert {normal(one) for one in wanted} - {"kring"} <= fixed


def test_a_built_package_holds_every_file_that_the_code_reads(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(
        ROOT, source,
        ignore=shutil.ignore_patterns(".*", "tests", "*.egg-info", "__pycache__", "build", "data"),
    )  # fmt: skip
    subprocess.run(
        [
            sys.executable, "-c",
            "from setuptools import setup; setup()",
            "build", "--build-base", str(tmp_path / "base"), "--build-lib", str(target),
        ],
        cwd=source, check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    built = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    expected = {
        str(path.relative_to(source))
        for floor in ("bot", "commands", "storage")
        for path in (source / floor).rglob("*")
        if path.suffix in DATA_SUFFIXES | {".py"}
    }
    assert expected - built == set()
    assert any(name.endswith(".sql") for name in built)
    assert not any(name.startswith("tests") for name in built)


def test_the_script_is_the_command_line() -> None:
    assert project()["project"]["scripts"] == {"kring": "bot.cli:main"}


@pytest.mark.parametrize("command", ["demo", "test", "bench", "exercise", "docs", "messages"])
def test_make_knows_its_targets(command: str) -> None:
    ran = subprocess.run(
        ["make", "-n", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_make_says_what_is_missing_where_there_is_no_python(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "sh"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    ran = subprocess.run(
        ["make", "venv"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode != 0
    assert "Kring needs Python 3.11 or later" in ran.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_is_a_sound_script_that_may_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    assert "set -euo pipefail" in script.read_text()


def test_the_container_copies_what_exists_and_is_no_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, flags=re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists()
            assert f"!{name}" in ignored, f"{name} does not reach the build"
    assert text.index("USER kring") < text.index("ENTRYPOINT")
    for variable in re.findall(r"(KRING_\w+)=", text + (ROOT / "docs/kring.service").read_text()):
        section, _, key = variable.removeprefix("KRING_").lower().partition("__")
        from bot.config import Config

        if variable != "KRING_CONFIG":
            kind: Any = Config.model_fields[section].annotation
            assert key in kind.model_fields


def test_documents_name_only_commands_and_files_that_exist() -> None:
    for name in ("README.md", "docs/running.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text()
        for said in re.findall(r"(?:^|[`/ ])kring ([a-z][a-z-]*)", text, flags=re.MULTILINE):
            assert said in COMMANDS or said in {"in", "beside", "and"}, f"{name}: kring {said}"
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            if link != "docs/commands.md":
                assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"


def test_nothing_of_the_workplace_is_in_a_file() -> None:
    for name in sorted(tracked()):
        path = ROOT / name
        if path.suffix in {".png", ".xlsx"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in ("/wo" + "rk/", "/ro" + "ot/"):
            assert word not in text, f"{name} names {word}"
