"""What the README promises is there."""

from __future__ import annotations

import re
import sys

import pytest

from motcua.services.settings import SETTINGS
from tests.house import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL))
LINES = [line.partition("#")[0].strip() for block in CODE for line in block.splitlines()] + SPANS


def subcommand(line: str) -> tuple[str, ...]:
    """The words of a `motcua` line that name the command, up to the first option or argument."""
    words = []
    for word in line.split()[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        words.append(word)
    return tuple(words)


def test_the_readme_opens_with_the_two_commands_that_need_nothing_else() -> None:
    commands = [line.split()[:2] for line in CODE[0].splitlines()]
    assert commands == [["make", "demo"], ["make", "test"]]
    assert README.index(CODE[0]) < 100


def test_every_make_command_of_the_readme_is_a_target_that_make_help_lists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {line.split()[1] for line in LINES if re.match(r"make [a-z]", line)}
    assert {"demo", "test", "check", "bench"} <= named <= targets


@pytest.mark.parametrize("words", sorted({subcommand(line) for line in LINES if line.startswith("motcua ")}), ids=" ".join)
def test_every_motcua_command_of_the_readme_has_help_with_an_example(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from motcua.services.cli.main import main

    monkeypatch.setattr(sys, "argv", ["motcua", *words, "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert re.search("example", shown, flags=re.IGNORECASE)


def test_every_setting_is_listed_with_its_default() -> None:
    listed = dict(re.findall(r"^\| `(MOTCUA_[A-Z_]+)` \| .* \| (.*) \|$", README, flags=re.MULTILINE))
    settings = {setting.variable: f"`{setting.default}`" if setting.default else "" for setting in SETTINGS}
    assert listed == {**settings, "MOTCUA_REQUIRE_TOOLS": ""}


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
