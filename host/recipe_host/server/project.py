"""What the page needs to know of the run: some of its settings, the recipe, the session."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal

from pydantic import Field, NonNegativeInt
from typing_extensions import TypedDict

from recipe_host import __version__
from recipe_host.errors import SettingsError
from recipe_host.schema import Schema, first_problem
from recipe_host.server.instructions import Block, read_instructions
from recipe_host.session import Controller

__all__ = ["VIEWS", "check_page", "describe"]

VIEWS = ("ner", "ner_manual", "text", "choice", "classification")
BUTTONS = ("accept", "reject", "ignore", "undo")


class Theme(TypedDict, total=False):
    """The part of a theme that the page reads."""

    labels: dict[Any, str]


class PageSettings(Schema):
    """The settings that are sent to the page. Others are not: one may be a database's password."""

    labels: list[str] = Field([], description="a list of texts")
    batch_size: NonNegativeInt = Field(10, description="a whole number")
    history_size: NonNegativeInt = Field(10, description="a whole number")
    instant_submit: bool = Field(False, description="true or false")
    buttons: list[str] = Field([*BUTTONS], description=f"a list of {', '.join(BUTTONS)}")
    keymap: dict[Any, list[str]] = Field(
        {}, description='an object of lists, such as {"accept": ["a"]}'
    )
    keymap_by_label: dict[Any, str] = Field(
        {}, description='an object of keys, such as {"ORG": "o"}'
    )
    show_flag: bool = Field(True, description="true or false")
    hide_meta: bool = Field(False, description="true or false")
    lang: str = Field("", description="a language code")
    writing_dir: Literal["ltr", "rtl", "auto"] = Field("auto", description="ltr, rtl or auto")
    choice_style: Literal["single", "multiple"] = Field("single", description="single or multiple")
    choice_auto_accept: bool = Field(False, description="true or false")
    task_description: str = Field("", description="text")
    instructions: Literal[False] | str = Field(False, description="a path or false")
    custom_theme: Theme = Field(
        Theme(), description='an object, such as {"labels": {"ORG": "#0a7"}}'
    )


class ServerSettings(PageSettings):
    """Those, and what only the server needs."""

    allowed_hosts: list[str] = Field([], description="a list of names")


def check_page(controller: Controller) -> None:
    """Check view and settings before the first question.

    Raises `SettingsError` for what the page cannot show or the server cannot use.
    """
    if controller.view_id not in VIEWS:
        raise SettingsError(
            f"the page has no view '{controller.view_id}'; it has: {', '.join(VIEWS)}"
        )
    if found := first_problem(ServerSettings, controller.config):
        name, form = found
        raise SettingsError(f"setting '{name}' is {controller.config[name]!r}; it must be {form}")
    _instructions(controller)


def describe(controller: Controller, session_id: str) -> dict[str, Any]:
    """Return the run as the page of one session sees it.

    `store` differs between datasets of the same name, so that answers which a browser still keeps
    are never sent to another one.
    """
    settings = {
        name: controller.config.get(name, field.default)
        for name, field in PageSettings.model_fields.items()
    }
    return {
        **settings,
        # Prodigy too lets at most one batch be undone
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
    # A dataset that was dropped and made again has another time.
    made = controller.db.get_meta(name)["created"]
    place = f"{controller.db.db_id}/{controller.db.db.database}/{name}/{made}"
    return sha256(place.encode()).hexdigest()[:16]
