"""Settings: which layer wins, and what is said about a broken one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recipe_host import settings
from recipe_host.errors import SettingsError
from recipe_host.messages import log
from recipe_host.settings import load_settings
from recipe_host.strings import ensure_path, get_labels, split_string


def write(path: Path | str, **values: Any) -> None:
    Path(path).write_text(json.dumps(values))


def test_later_layers_win_key_by_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = dict.fromkeys("abcde", "recipe")
    write(home / "prodigy.json", **dict.fromkeys("bcde", "global"))
    write("prodigy.json", **dict.fromkeys("cde", "project"))
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", '{"d": "environment", "e": "environment"}')
    merged = load_settings(recipe, {"e": "call"})
    assert [merged[key] for key in "abcde"] == [
        "recipe",
        "global",
        "project",
        "environment",
        "call",
    ]
    assert merged["batch_size"] == 10


def test_one_line_moves_the_recipes_place(monkeypatch: pytest.MonkeyPatch) -> None:
    write("prodigy.json", batch_size=2)
    assert load_settings({"batch_size": 3})["batch_size"] == 2
    order = ("defaults", "global", "project", "recipe", "environment", "call")
    monkeypatch.setattr(settings, "LAYERS", order)
    assert load_settings({"batch_size": 3})["batch_size"] == 3


def test_a_named_file_stands_for_both_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "prodigy.json", batch_size=2)
    write("prodigy.json", batch_size=3)
    write("named.json", port=99)
    monkeypatch.setenv("PRODIGY_CONFIG", "named.json")
    assert (load_settings()["batch_size"], load_settings()["port"]) == (10, 99)
    monkeypatch.setenv("PRODIGY_CONFIG", "none.json")
    with pytest.raises(SettingsError, match=r"cannot read settings file 'none.json'"):
        load_settings()


def test_host_and_port_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODIGY_HOST", "0.0.0.0")
    monkeypatch.setenv("PRODIGY_PORT", "8081")
    assert (load_settings()["host"], load_settings()["port"]) == ("0.0.0.0", 8081)
    monkeypatch.setenv("PRODIGY_PORT", "http")
    with pytest.raises(SettingsError, match="'port' is 'http'"):
        load_settings()


@pytest.mark.parametrize(
    ("key", "value"),
    [("batch_size", 0), ("batch_size", "5"), ("exclude_by", "text"), ("port", 70000)],
)
def test_values_out_of_range_are_named(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"'{key}' is {value!r}; it must be"):
        load_settings({key: value})


def test_the_environment_must_hold_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in ("[1]", "{"):
        monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", broken)
        with pytest.raises(SettingsError, match="PRODIGY_CONFIG_OVERRIDES"):
            load_settings()


def test_the_log_is_quiet_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = {}
    for level in ("", "basic", "verbose"):
        monkeypatch.setenv("PRODIGY_LOGGING", level)
        log("RECIPE: Starting recipe", {"label": "ORG"})
        printed[level] = capsys.readouterr().err
    assert printed[""] == ""
    assert "RECIPE: Starting recipe" in printed["basic"]
    assert "ORG" not in printed["basic"]
    assert "{'label': 'ORG'}" in printed["verbose"]


def test_labels_come_with_commas_as_a_list_or_from_a_file() -> None:
    Path("labels.txt").write_text("PERSON\n\nORG\n")
    assert get_labels("labels.txt") == get_labels("PERSON, ORG") == ["PERSON", "ORG"]
    assert get_labels(["A"]) == ["A"]
    assert get_labels(None) == split_string(None) == []
    assert ensure_path("a") == Path("a")
