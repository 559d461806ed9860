"""The demonstration and the other examples, run as commands, in a small size."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import demo
import pytest

ARMS = ["news-teach-0", "news-ranked-0", "news-random-0"]


def run(*command: object, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PRODIGY_HOME": str(home),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answers(database: Path) -> int:
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as found:
            return int(found.execute("select count(*) from example").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> tuple[Path, str]:
    """Return the folder of a demonstration, killed over the first answers, and its output."""
    folder = tmp_path_factory.mktemp("shown") / "demo"
    command = [sys.executable, str(examples / "demo.py"), "--quick", "--folder", str(folder)]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while first.poll() is None and answers(folder / "home" / "prodigy.db") == 0:
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    made = (folder / "corpus").stat().st_mtime_ns
    done = run(*command, cwd=folder, home=folder / "nowhere")
    assert done.returncode == 0, done.stderr
    assert (folder / "corpus").stat().st_mtime_ns == made
    return folder, done.stdout


def test_the_demo_goes_on_after_a_kill_and_prints_table_and_report(shown: tuple[Path, str]) -> None:
    folder, printed = shown
    assert "F1 on test" in printed
    assert all(arm in printed for arm in ("base", *ARMS))
    assert "report/report.json" in printed
    report = json.loads((folder / "report" / "report.json").read_text())
    assert sorted(report["arms"]) == sorted(ARMS)
    assert {sum(arm["answers"].values()) for arm in report["arms"].values()} == {60}
    assert report["base"]["test"]["f1"] > 0.2
    assert report["policies"] == ["usual", "robust"]
    assert "report/arms/DATASET/POLICY" in printed
    for arm in ARMS:
        for policy in report["policies"]:
            assert (folder / "report" / "arms" / arm / policy / "model" / "meta.json").exists()
    assert not (folder / "nowhere").exists()


def test_a_corpus_is_made_once_and_again_when_it_is_not_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = demo.Size(pool=2, test=1, base=2)
    stranger = tmp_path / "stranger.txt"
    stranger.write_text("not ours")
    demo.make_corpus(tmp_path, size)
    pool = (tmp_path / "corpus" / "pool.jsonl").read_text()
    demo.make_corpus(tmp_path, size)
    assert capsys.readouterr().out.count("Making news") == 1

    (tmp_path / "corpus" / demo.MADE_OF).unlink()
    (tmp_path / "corpus" / "pool.jsonl").write_text("{}")
    (tmp_path / "unfinished").mkdir()
    demo.make_corpus(tmp_path, size)
    assert (tmp_path / "corpus" / "pool.jsonl").read_text() == pool
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "stranger.txt"]


def test_the_demo_ends_with_the_code_and_sentence_of_the_command_that_fails(
    shown: tuple[Path, str], tmp_path: Path, examples: Path
) -> None:
    shutil.copytree(shown[0] / "corpus", tmp_path / "corpus")
    shutil.rmtree(tmp_path / "corpus" / "base")
    failed = run(
        sys.executable,
        examples / "demo.py",
        *("--quick", "--folder", tmp_path),
        cwd=tmp_path,
        home=tmp_path,
    )
    assert failed.returncode == 1
    assert "no pipeline 'corpus/base'" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr
    assert "al.compare" not in failed.stdout


def test_own_data_in_five_commands_and_its_answers_as_a_library(
    shown: tuple[Path, str], tmp_path: Path, examples: Path
) -> None:
    corpus, home = shown[0] / "corpus", tmp_path / "home"
    home.mkdir()
    files = (corpus / "pool.jsonl", corpus / "test.jsonl", corpus / "base")
    story = run("sh", examples / "own_data.sh", *files, "ORG", 60, cwd=tmp_path, home=home)
    assert story.returncode == 0, story.stderr
    report = json.loads((tmp_path / "al-compare" / "report.json").read_text())
    assert sorted(report["arms"]) == ["own-random-0", "own-ranked-0"]
    assert report["test"]["name"] == "own-test"

    library = run(
        sys.executable,
        examples / "library.py",
        corpus / "base",
        "own-ranked-0.jsonl",
        "Mara Velsen left the Ministry of Health in Halden.",
        cwd=tmp_path,
        home=home,
    )
    assert library.returncode == 0, library.stderr
    lines = library.stdout.splitlines()
    assert lines[0].startswith("0.")
    assert any("Mara Velsen" in line for line in lines)
    assert lines[-1].startswith("F1 of ORG on new text: 0.")
