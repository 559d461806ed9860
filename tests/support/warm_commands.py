"""`python -m prodigy ...` in a process of its own, without importing spaCy anew each time.

A server imports what is slow to import and comes from others, once; each command is a fork of it
that goes on as a new interpreter would: arguments, environment, folder, output and exit code of its
own. Only the seed of Python's hashes is that of all: what must be the same in any process is tested
with a new interpreter as well (`anew`), and so is what is said of starting and ending one.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from grouped_entry_points import group_entry_points

# nothing of this project: what a command imports of it is part of what is tested
SLOW = ("spacy", "spacy.training.loop", "joblib", "scipy.optimize", "scipy.special", "scipy.sparse",
        "peewee", "tqdm", "threadpoolctl", "matplotlib.figure", "jinja2")  # fmt: skip
SECONDS = 300.0


class WarmCommands:
    """Runs commands one at a time; the server starts with the first one."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, module: str, *args: object, home: Path | None = None, anew: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python -m module ...`` to its end, in `home` as folder and PRODIGY_HOME, if given.

        `anew`: in a new interpreter. Raises `TimeoutExpired` where it takes longer than `SECONDS`.
        """
        words = [str(arg) for arg in args]
        env = dict(os.environ) if home is None else os.environ | {"PRODIGY_HOME": str(home)}
        cwd = home or Path.cwd()
        if anew:
            command = [sys.executable, "-m", module, *words]
            return subprocess.run(
                command, capture_output=True, text=True, env=env, cwd=cwd, timeout=SECONDS
            )
        with TemporaryDirectory() as folder:
            written = [Path(folder, name) for name in ("out", "err")]
            to = list(map(str, written))
            code = self._ask(
                {"module": module, "args": words, "env": env, "cwd": str(cwd), "to": to}
            )
            out, err = (path.read_text(encoding="utf8") for path in written)
        return subprocess.CompletedProcess(words, code, out, err)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.communicate()

    def _ask(self, job: dict[str, object]) -> int:
        if self._server is None:
            pipe = subprocess.PIPE
            start = [sys.executable, __file__]
            self._server = subprocess.Popen(start, stdin=pipe, stdout=pipe, text=True)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        if not select.select([self._server.stdout], [], [], SECONDS)[0]:
            self._server.kill()
            raise subprocess.TimeoutExpired(str(job["args"]), SECONDS)
        return int(self._server.stdout.readline())


def serve() -> None:
    """Read one job a line, run it in a fork and write its exit code."""
    for name in SLOW:
        import_module(name)
    group_entry_points()
    gc.collect()
    gc.freeze()  # or every fork would look through all of it, and so copy it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line))
            return
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def become(job: dict[str, Any]) -> None:
    """Go on as the command; what it ends with, this process ends with."""
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    out, err = (os.open(path, os.O_WRONLY | os.O_CREAT) for path in job["to"])
    for to, file in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(file, to)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = [job["module"], *job["args"]]
    sys.path[0] = os.getcwd()
    runpy.run_module(job["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
