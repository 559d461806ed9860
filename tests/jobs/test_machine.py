"""A report says what it was made on."""

from __future__ import annotations

import platform

import numpy as np
import spacy
from threadpoolctl import threadpool_limits

from prodigy_al.jobs.machine import describe_machine


def test_versions_are_those_that_run():
    machine = describe_machine()
    assert machine["python"] == platform.python_version()
    assert machine["spacy"] == spacy.__version__
    assert machine["cpu"]


def test_the_blas_and_its_threads_are_those_in_use():
    np.ones((2, 2)) @ np.ones((2, 2))  # numpy's BLAS is loaded
    with threadpool_limits(1, user_api="blas"):
        machine = describe_machine()
    assert machine["threads"] == 1
    assert machine["blas"]
