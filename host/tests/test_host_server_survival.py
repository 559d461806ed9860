"""Whole processes: killed under annotators, asked for files by raw paths, in each other's way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
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
from faults import kill_often
outcome = survive(Path(sys.argv[1]), kill_often, 4, people=8, pause=0.1)
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


ENDLESS = """
import time
import prodigy

def slow():
    yield {"text": "a"}
    time.sleep(60)

@prodigy.recipe("slow")
def recipe():
    config = {"batch_size": 1, "port": PORT}
    return {"dataset": "news", "view_id": "text", "stream": slow(), "config": config}
"""
HEAD = (
    b"POST /give_answers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\n\r\n"
)


class Running:
    """A server in a process of its own, that people end with Ctrl+C."""

    def __init__(self, folder: Path, *words: str, recipe: str = ENDLESS) -> None:
        with socket.create_server(("localhost", 0)) as free:
            self.port = free.getsockname()[1]
        file = folder / f"recipe{self.port}.py"
        file.write_text(recipe.replace("PORT", str(self.port)))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "recipe_host", "slow", *words, "-F", str(file)],
            env={**os.environ, "PYTHONPATH": str(HOST), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_it_serves(self) -> Running:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("localhost", self.port)):
                return self
            time.sleep(0.1)
        raise TimeoutError(self.output())

    def send(self, data: bytes) -> socket.socket:
        connection = socket.create_connection(("localhost", self.port))
        connection.sendall(data)
        time.sleep(0.3)  # until it is read
        return connection

    def ask(self) -> socket.socket:
        return self.send(b"GET /get_questions HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def output(self) -> str:
        return self.process.communicate(timeout=60)[0]

    def interrupt(self) -> tuple[float, str]:
        """Press Ctrl+C; return after how many seconds it ended, and what was printed."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        output = self.output()
        return time.monotonic() - begin, output


def test_ctrl_c_ends_at_once_under_stalled_uploads(tmp_path: Path) -> None:
    server = Running(tmp_path).wait_until_it_serves()
    stalled = [server.send(HEAD), server.send(HEAD + b'{"answers": ['), server.send(HEAD[:40])]
    seconds, output = server.interrupt()
    assert "0 answers in dataset 'news'" in output
    assert "Traceback" not in output
    assert "Cancel" not in output
    assert seconds < 3
    refused = [connection.makefile("rb").read() for connection in stalled[:2]]
    assert all(b" 503 " in reply and b"the server is ending" in reply for reply in refused)


def test_an_upload_that_breaks_off_prints_nothing(tmp_path: Path) -> None:
    server = Running(tmp_path).wait_until_it_serves()
    server.send(HEAD + b'{"answers": [').close()
    assert "Traceback" not in server.interrupt()[1]


def test_ctrl_c_waits_some_seconds_for_a_stream_and_prints_no_traceback(tmp_path: Path) -> None:
    server = Running(tmp_path).wait_until_it_serves()
    server.ask()
    waiting = server.ask()
    seconds, output = server.interrupt()
    waiting.close()
    assert "0 answers in dataset 'news'" in output
    assert "Traceback" not in output
    assert seconds < 9


def test_a_second_server_on_a_dataset_is_refused_until_the_first_has_ended_or_was_killed(
    tmp_path: Path,
) -> None:
    first = Running(tmp_path).wait_until_it_serves()
    refused = Running(tmp_path)
    assert (refused.output(), refused.process.returncode) == (
        f"✘ dataset 'news' is being annotated already, by the server at http://localhost:"
        f"{first.port} (process {first.process.pid} on {socket.gethostname()}): annotate there, "
        "end that one, or choose another dataset\n",
        1,
    )
    first.process.kill()
    first.process.wait()
    second = Running(tmp_path).wait_until_it_serves()
    second.interrupt()
    third = Running(tmp_path).wait_until_it_serves()
    assert "Traceback" not in third.interrupt()[1]


def test_what_was_answered_while_a_server_waited_for_the_dataset_is_not_asked_again() -> None:
    stream = [{"text": "a"}, {"text": "b"}]
    components = {"dataset": "news", "view_id": "text", "stream": stream}
    first, second = (Controller.from_components("ask", components) for _ in range(2))
    with first.claim("http://localhost:1"):
        first.receive_answers([{**first.get_questions()[0], "answer": "accept"}])
    with second.claim("http://localhost:2"):
        second.refresh()
        assert [task["text"] for task in second.get_questions()] == ["b"]
        assert second.total_annotated == 1
