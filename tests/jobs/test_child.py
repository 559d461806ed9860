"""A child process: what comes back, what goes wrong, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from processes import alive

from prodigy_al.errors import ActiveLearningError, AnswerError, JobError
from prodigy_al.jobs.child import ChildProcess


def process_and_double(x: int) -> tuple[int, int]:
    return os.getpid(), 2 * x


def refuse(sentence: str) -> None:
    raise AnswerError(sentence, dataset="news")


def divide(x: int) -> float:
    return x / 0


def die(code: int) -> None:
    os._exit(code)


def wait_forever(file: Path) -> None:
    file.write_text(str(os.getpid()))
    time.sleep(600)


def appears(condition, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_the_result_comes_from_another_process():
    process, doubled = ChildProcess().run(process_and_double, 21)
    assert doubled == 42
    assert process != os.getpid()
    assert not alive(process)


def test_our_own_errors_keep_their_sentence():
    with pytest.raises(ActiveLearningError, match=r"^nothing usable$"):
        ChildProcess().run(refuse, "nothing usable")


def test_other_errors_are_named():
    with pytest.raises(
        JobError, match=r"^the process in the background failed: ZeroDivisionError: division"
    ):
        ChildProcess().run(divide, 1)


def test_a_process_that_dies_is_an_error_and_not_a_hang():
    with pytest.raises(JobError, match=r"^the process in the background ended with exit code 3$"):
        ChildProcess().run(die, 3)


def test_closing_ends_the_process_that_runs(tmp_path: Path):
    child, errors = ChildProcess(), []

    def work() -> None:
        try:
            child.run(wait_forever, tmp_path / "pid")
        except ActiveLearningError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    assert appears((tmp_path / "pid").exists)
    child.close()
    thread.join(30)
    assert len(errors) == 1
    assert not alive(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_parent_leaves_no_process_behind(tmp_path: Path):
    source = (
        "import sys; from pathlib import Path; from test_child import wait_forever\n"
        "from prodigy_al.jobs.child import ChildProcess\n"
        "if __name__ == '__main__': ChildProcess().run(wait_forever, Path(sys.argv[1]))"
    )
    script = tmp_path / "parent.py"
    script.write_text(source)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    file = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, str(script), str(file)], env=env)
    assert appears(lambda: file.exists() and file.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert appears(lambda: not alive(int(file.read_text())))
