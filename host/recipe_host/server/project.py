"""What the page is told about the run: the settings it needs, and none of the others."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from recipe_host import __version__
from recipe_host.errors import SettingsError
from recipe_host.server.instructions import Block, read_instructions
from recipe_host.session import Controller

__all__ = ["VIEWS", "check_page", "describe"]

VIEWS = ("ner", "ner_manual", "text", "choice", "classification")
BUTTONS = ("accept", "reject", "ignore", "undo")


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_texts(keys) for keys in value.values())


def _is_label_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_theme(value: Any) -> bool:
    return isinstance(value, dict) and _is_label_keys(value.get("labels", {}))


# Setting, its check, what it must be, and its value where neither file nor recipe sets it. A list
# of what goes out rather than of what stays: settings may hold the password of a database.
SETTINGS: dict[str, tuple[Callable[[Any], bool], str, Any]] = {
    "labels": (_is_texts, "a list of texts", []),
    "batch_size": (_is_count, "a whole number", 10),
    "history_size": (_is_count, "a whole number", 10),
    "instant_submit": (_is_bool, "true or false", False),
    "buttons": (_is_texts, f"a list of {', '.join(BUTTONS)}", list(BUTTONS)),
    "keymap": (_is_keys, 'an object of lists, such as {"accept": ["a"]}', {}),
    "keymap_by_label": (_is_label_keys, 'an object of keys, such as {"ORG": "o"}', {}),
    "show_flag": (_is_bool, "true or false", True),
    "hide_meta": (_is_bool, "true or false", False),
    "lang": (_is_text, "a language code", ""),
    "writing_dir": (lambda value: value in ("ltr", "rtl", "auto"), "ltr, rtl or auto", "auto"),
    "choice_style": (lambda value: value in ("single", "multiple"), "single or multiple", "single"),
    "choice_auto_accept": (_is_bool, "true or false", False),
    "task_description": (_is_text, "text", ""),
    "instructions": (lambda value: value is False or _is_text(value), "a path or false", False),
    "custom_theme": (_is_theme, 'an object, such as {"labels": {"ORG": "#0a7"}}', {}),
}


def check_page(controller: Controller) -> None:
    """Fail before the first question: raises SettingsError for what the page cannot show."""
    if controller.view_id not in VIEWS:
        raise SettingsError(
            f"the page has no view '{controller.view_id}'; it has: {', '.join(VIEWS)}"
        )
    for name, (holds, form, default) in SETTINGS.items():
        value = controller.config.get(name, default)
        if not holds(value):
            raise SettingsError(f"setting '{name}' is {value!r}; it must be {form}")
    _instructions(controller)


def describe(controller: Controller, session_id: str) -> dict[str, Any]:
    """Return the run as the page of one session sees it.

    `store` tells datasets apart that have the same name, so that answers which a browser still
    holds are never sent to another one.
    """
    settings = {
        name: controller.config.get(name, default) for name, (_, _, default) in SETTINGS.items()
    }
    return {
        **settings,
        # at most a batch can be undone, as the interface has it
        "history_size": min(settings["history_size"], settings["batch_size"]),
        "instructions": _instructions(controller),
        "view_id": controller.view_id,
        "recipe_name": controller.recipe_name,
        "dataset": controller.dataset,
        "session_id": session_id,
        "exclude_by": controller.exclude_by,
        "validates": controller.components.validate_answer is not None,
        "store": _store_id(controller),
        "version": f"{__version__}+recipe-host",
    }


def _instructions(controller: Controller) -> list[Block]:
    path = controller.config.get("instructions")
    return read_instructions(path) if path else []


def _store_id(controller: Controller) -> str:
    if not controller.dataset:
        return "unsaved"
    name = str(controller.dataset)
    made = controller.db.get_meta(name)["created"]
    place = f"{controller.db.db_id}/{controller.db.db.database}/{name}/{made}"
    return sha256(place.encode()).hexdigest()[:16]
