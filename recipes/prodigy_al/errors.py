"""The exceptions of this package.

    ActiveLearningError            base: whoever wants to catch everything of ours catches this
    ├── OptionError                an option's value, as a person typed it, is not usable
    ├── ParameterError             the same for a function's parameter: `inputs` names the option
    ├── ModelError                 the pipeline cannot be loaded, scored or trained
    ├── SourceError                the source or one of its records is not usable
    ├── AnswerError                stored answers cannot be used together or at all
    │   └── RecordError            an answer's `al` record is missing, broken or does not recompute
    ├── EstimateError              numbers that an estimator cannot take
    └── JobError                   one of many independent jobs failed

Every message says what is wrong with the value, what would be right and which option to change.
"""

from __future__ import annotations


class ActiveLearningError(Exception):
    """Base of all errors that this package raises on purpose."""


class OptionError(ActiveLearningError):
    """An option's value is not usable.

    Attributes: `option` (as typed, such as ``--explore``), `value` and `problem`; the sentence is
    made of them. A `value` of None or True is not shown: the option was not given, or is a flag.

    >>> str(OptionError("--block", 0, "give a number of segments of at least 1"))
    '--block 0: give a number of segments of at least 1'
    """

    def __init__(self, option: str, value: object, problem: str) -> None:
        super().__init__(option, value, problem)
        self.option = option
        self.value = value
        self.problem = problem

    def __str__(self) -> str:
        return _sentence(self.option, self.value, self.problem)


class ParameterError(ActiveLearningError):
    """A function's parameter has a value that it cannot take.

    Attributes: `parameter` (its name, such as ``explore``), `value` and `problem`; the sentence is
    made of them as that of `OptionError` is.
    """

    def __init__(self, parameter: str, value: object, problem: str) -> None:
        super().__init__(parameter, value, problem)
        self.parameter = parameter
        self.value = value
        self.problem = problem

    def __str__(self) -> str:
        return _sentence(self.parameter, self.value, self.problem)


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


class EstimateError(ActiveLearningError):
    """Numbers that an estimator cannot take: negative scores, weights that are not finite."""


class JobError(ActiveLearningError):
    """A job failed. Attribute: `name`, the job's."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def _sentence(name: str, value: object, problem: str) -> str:
    """Return "NAME VALUE: problem", the value as it is typed, in quotes where it cannot be seen."""
    if value is None or value is True:
        return f"{name}: {problem}"
    shown = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if not shown.strip() or not shown.isprintable():
        shown = repr(shown)
    return f"{name} {shown}: {problem}"
