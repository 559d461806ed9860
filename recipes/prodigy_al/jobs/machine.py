"""What a comparison ran on: scores and weights may differ in the last digits on another machine."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from joblib import cpu_count
from threadpoolctl import threadpool_info

CPU_INFO = Path("/proc/cpuinfo")  # of Linux; elsewhere the platform's own name has to do
# the last is the processor family that a library chose its kernels for, where it tells
BLAS_KEYS = ("internal_api", "version", "architecture")


def describe_machine() -> Mapping[str, Any]:
    """Return `machine` of report.json.

    `cpu` is the processor's name, `cores` how many may be used, `blas` the libraries that multiply
    matrices with their version and kernel, `threads` how many threads they may use at that moment
    (1 where trainings and scoring pinned them); `python`, `spacy` and `prodigy_al` are versions.

    >>> sorted(describe_machine())
    ['blas', 'cores', 'cpu', 'prodigy_al', 'python', 'spacy', 'threads']
    """
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    # numpy and scipy each bring their own copy, and are not always loaded in the same order
    names = {
        " ".join(str(library[key]) for key in BLAS_KEYS if library.get(key))
        for library in libraries
    }
    return {
        "cpu": _cpu_name(),
        "cores": cpu_count(),
        "blas": ", ".join(sorted(names)),
        "threads": max((library["num_threads"] for library in libraries), default=1),
        "python": platform.python_version(),
        "spacy": version("spacy"),
        "prodigy_al": version("prodigy-al"),
    }


def _cpu_name() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
