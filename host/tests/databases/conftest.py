"""A PostgreSQL server of the tests' own, started for the files that ask for it."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest


def installed(program: str) -> str | None:
    """Debian keeps the server's programs off the path, one folder per version."""
    found = [*sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), shutil.which(program)]
    return str(found[0]) if found[0] else None


class Server:
    """A PostgreSQL server in a folder of its own, reached through a socket in that folder."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.user = user
        self._numbers = itertools.count()
        self.run("initdb", "--auth=trust", "--username=ann", "--encoding=UTF8", "--no-sync")
        self.start()

    def run(self, program: str, *words: str) -> None:
        command = [str(installed(program)), "-D", str(self.folder / "files"), *words]
        with (self.folder / "log").open("a") as log:
            subprocess.run(
                command,
                check=True,
                user=self.user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        # Without fsync: a killed server loses nothing that it wrote, only a lost machine does.
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self.run("pg_ctl", "--wait", "-o", options, "start")

    def stop(self, mode: str) -> None:
        self.run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def parameters(self, database: str) -> dict[str, str]:
        return {"host": str(self.folder), "user": "ann", "database": database}

    def new_database(self) -> dict[str, str]:
        name = f"test{next(self._numbers)}"
        admin = peewee.PostgresqlDatabase(**self.parameters("postgres"), prefer_psycopg3=True)
        admin.execute_sql(f"create database {name}")
        admin.close()
        return self.parameters(name)


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver psycopg is not installed")
    if installed("initdb") is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    # The server refuses to run as root, and others cannot enter pytest's own folders.
    users = {entry.pw_name for entry in pwd.getpwall()} & {"postgres", "nobody"}
    user = max(users) if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="store-", ignore_cleanup_errors=True) as folder:
        if user is not None:
            shutil.chown(folder, user)
        running = Server(Path(folder), user)
        yield running
        running.stop("immediate")  # nothing here is to be kept
