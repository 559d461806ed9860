"""Settings: prodigy.json files, the environment, what a recipe sets, what a call overrides."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recipe_host.errors import SettingsError

__all__ = ["DEFAULTS", "home", "load_settings"]

# Later layers win. Move "recipe" to change who wins between a recipe and the user's files.
LAYERS = ("defaults", "recipe", "global", "project", "environment", "call")

DEFAULTS: dict[str, Any] = {
    "batch_size": 10,
    "history_size": 10,
    "instant_submit": False,
    "host": "localhost",
    "port": 8080,
    "db": "sqlite",
    "db_settings": {},
    "auto_create": True,
    "auto_exclude_current": True,
    "auto_count_stream": False,
    "exclude_by": "task",
    "feed_overlap": False,
    "show_flag": True,
    "validate": True,
}


def home() -> Path:
    """Return the folder of global settings and default database: PRODIGY_HOME or ~/.prodigy."""
    return Path(os.environ.get("PRODIGY_HOME") or Path.home() / ".prodigy")


def load_settings(
    recipe: Mapping[str, Any] | None = None, call: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return all settings, the layers of `LAYERS` merged key by key.

    PRODIGY_CONFIG names one file that replaces the global and the project's; the JSON object in
    PRODIGY_CONFIG_OVERRIDES wins over files; PRODIGY_HOST and PRODIGY_PORT over both. Raises
    `SettingsError` for a file or variable that is not a JSON object, and for values out of range.
    """
    named = os.environ.get("PRODIGY_CONFIG")
    layers: dict[str, Mapping[str, Any]] = {
        "defaults": DEFAULTS,
        "recipe": recipe or {},
        "global": _read(Path(named)) if named else _read(home() / "prodigy.json", optional=True),
        "project": {} if named else _read(Path("prodigy.json"), optional=True),
        "environment": _environment(),
        "call": call or {},
    }
    settings: dict[str, Any] = {}
    for layer in LAYERS:
        settings.update(layers[layer])
    return _checked(settings)


def _read(path: Path, *, optional: bool = False) -> dict[str, Any]:
    if optional and not path.exists():
        return {}
    try:
        return _object(path.read_text("utf-8-sig"), f"settings file '{path}'")
    except OSError as error:
        reason = error.strerror or error
        raise SettingsError(f"cannot read settings file '{path}': {reason}") from error


def _environment() -> dict[str, Any]:
    overrides = os.environ.get("PRODIGY_CONFIG_OVERRIDES")
    settings = _object(overrides, "PRODIGY_CONFIG_OVERRIDES") if overrides else {}
    if host := os.environ.get("PRODIGY_HOST"):
        settings["host"] = host
    if port := os.environ.get("PRODIGY_PORT"):
        settings["port"] = int(port) if port.isdigit() else port  # checked with the others
    return settings


def _object(text: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{place} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise SettingsError(f'{place} must be a JSON object, such as {{"batch_size": 5}}')
    return value


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    batch, by, port = (settings[key] for key in ("batch_size", "exclude_by", "port"))
    if not isinstance(batch, int) or batch < 1:
        raise SettingsError(f"setting 'batch_size' is {batch!r}; it must be a whole number from 1")
    if by not in ("task", "input"):
        raise SettingsError(f"setting 'exclude_by' is {by!r}; it must be 'task' or 'input'")
    if not isinstance(port, int) or not 0 <= port < 65536:
        raise SettingsError(f"setting 'port' is {port!r}; it must be a number from 0 to 65535")
    if not isinstance(settings["validate"], bool):
        raise SettingsError(
            f"setting 'validate' is {settings['validate']!r}; it must be true or false"
        )
    return settings
