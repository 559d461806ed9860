"""Which option a parameter comes from: the numerics know no command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prodigy_al.errors import OptionError, ParameterError

# All others are called as their parameter is: `dev_share` comes from --dev-share.
OPTIONS = {"acquisition": "--by", "block_size": "--block"}


@contextmanager
def naming_options(**options: str) -> Iterator[None]:
    """Turn a `ParameterError` of the ``with`` block into an `OptionError` that names the option.

    `options` gives those of this recipe by parameter.

    >>> with naming_options(learn_every="--update-every"):
    ...     raise ParameterError("learn_every", -1, "give a whole number of at least 1")
    Traceback (most recent call last):
    prodigy_al.errors.OptionError: --update-every -1: give a whole number of at least 1
    """
    try:
        yield
    except ParameterError as error:
        names = OPTIONS | options
        option = names.get(error.parameter, f"--{error.parameter.replace('_', '-')}")
        raise OptionError(option, error.value, error.problem) from error
