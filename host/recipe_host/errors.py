"""The exceptions of the host.

ProdigyError                 base: one clear sentence for the terminal
├── RecipeError              a recipe (or an argument of it) cannot go on; title and details
├── SettingsError            prodigy.json or a variable of the environment is not usable
├── SourceError              the source or one of its records is not usable
├── StoreError               the database cannot be opened, read or written
│   └── DatasetNotFound      there is no dataset of that name
├── TaskError                a task does not fit a schema (also a ValueError)
├── AnswerError              answers that cannot be stored; nothing of the batch was
└── UpdateError              the answers are stored, then the recipe's `update` failed
"""

from __future__ import annotations


class ProdigyError(Exception):
    """Base of all errors that the host raises on purpose."""


class RecipeError(ProdigyError):
    """A recipe cannot go on. Attributes: `title` (one sentence) and `details` (more lines)."""

    def __init__(self, title: str = "", *details: object) -> None:
        super().__init__(title, *details)
        self.title = title
        self.details = tuple(str(detail) for detail in details)

    def __str__(self) -> str:
        return "\n".join((self.title, *self.details))


class SettingsError(ProdigyError):
    """A settings file or a variable of the environment is not usable."""


class SourceError(ProdigyError):
    """The source or one of its records is not usable.

    Attributes: `source` (as typed) and `line` (1-based; None where the whole source is meant).
    """

    def __init__(self, message: str, *, source: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.line = line


class StoreError(ProdigyError):
    """The database cannot be opened, read or written."""


class DatasetNotFound(StoreError):
    """There is no dataset of that name. Attributes: `name` and `known`, the names there are."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        there = f"there are: {', '.join(known)}" if known else "there is none yet"
        super().__init__(f"no dataset is called '{name}'; {there}")
        self.name = name
        self.known = known


class TaskError(ProdigyError, ValueError):
    """A task, or an example of a dataset, does not fit a schema."""


class AnswerError(ProdigyError):
    """Answers that cannot be stored; nothing of their batch was."""


class UpdateError(ProdigyError):
    """The answers are stored, then the recipe's `update` failed (its error is the cause)."""
