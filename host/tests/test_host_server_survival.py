"""Whole processes: killed under annotators, asked for files by raw paths, in each other's way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.errors import SettingsError
from recipe_host.server import run_server
from recipe_host.session import Controller

pytest.importorskip("httpx2", reason="simulated annotators speak through httpx2")
HOST = Path(recipe_host.__file__).parent.parent
BENCHMARKS = HOST.parent / "benchmarks"


def python(code: str, *words: str) -> str:
    path = os.pathsep.join(map(str, (HOST, BENCHMARKS)))
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    ).stdout


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="the benchmarks are not part of this copy")
def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from durability import survive
outcome = survive(Path(sys.argv[1]), kills=4, people=8, pause=0.1)
print(outcome.faults, outcome.answers > 0, outcome)
"""
    assert python(code, str(tmp_path)).startswith("0 True ")


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="the benchmarks are not part of this copy")
def test_raw_paths_lead_to_no_file(tmp_path: Path) -> None:
    code = """
import socket, sys, time
from pathlib import Path
from annotators import Served
served = Served(Path(sys.argv[1]))
served.start()
port = int(served.address.rsplit(":")[-1])
for path in ("/../session.py", "/views/../../session.py", "//../../etc/passwd", "/%2e%2e/cli.py"):
    for _ in range(500):
        try:
            with socket.create_connection(("localhost", port)) as raw:
                raw.sendall(f"GET {path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n".encode())
                print(raw.makefile("rb").read().split()[1].decode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
served.kill()
"""
    assert python(code, str(tmp_path)).split() == ["404"] * 4


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        components = {"dataset": "news", "view_id": "text", "stream": [{"text": "a"}]}
        controller = Controller.from_components("ask", components, {"port": port})
        with pytest.raises(SettingsError, match=rf"localhost:{port}: .* in use; .*PRODIGY_PORT"):
            run_server(controller)
    assert connect().datasets == ["news"]
