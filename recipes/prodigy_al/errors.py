"""The exceptions of this package.

    ActiveLearningError            base: whoever wants to catch everything of ours catches this
    ├── OptionError                a value on the command line (or a keyword argument) is not usable
    ├── ModelError                 the pipeline cannot be loaded, scored or trained
    ├── SourceError                the source or one of its records is not usable
    ├── AnswerError                stored answers cannot be used together or at all
    │   └── RecordError            an answer's `al` record is missing, broken or does not recompute
    ├── JobError                   one of many independent jobs failed
    └── EstimateError              numbers that an estimator cannot take

Every message says what is wrong with the value, what would be right and which option to change.
"""

from __future__ import annotations


class ActiveLearningError(Exception):
    """Base of all errors that this package raises on purpose."""


class OptionError(ActiveLearningError):
    """An option's value is not usable.

    Attributes: `option` (as typed, such as ``--explore``) and `value`.
    """

    def __init__(self, message: str, *, option: str = "", value: object = None) -> None:
        super().__init__(message)
        self.option = option
        self.value = value


class ModelError(ActiveLearningError):
    """The pipeline cannot be loaded, scored or trained. Attribute: `model`, its name or path."""

    def __init__(self, message: str, *, model: str = "") -> None:
        super().__init__(message)
        self.model = model


class SourceError(ActiveLearningError):
    """The source or one of its records is not usable. Attribute: `source`, as typed."""

    def __init__(self, message: str, *, source: str = "") -> None:
        super().__init__(message)
        self.source = source


class AnswerError(ActiveLearningError):
    """Stored answers cannot be used. Attribute: `dataset`, its name."""

    def __init__(self, message: str, *, dataset: str = "") -> None:
        super().__init__(message)
        self.dataset = dataset


class RecordError(AnswerError):
    """An answer's `al` record is missing, broken or does not recompute."""


class JobError(ActiveLearningError):
    """A job failed. Attribute: `name`, the job's."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class EstimateError(ActiveLearningError):
    """Numbers that an estimator cannot take: negative scores, weights that are not finite."""
