"""Real installations: beside a licensed Prodigy or instead of one, in any order, from any archive.

The licensed Prodigy is a stand-in (tests/stand_in) with the documented names and no others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
STAND_IN = Path(__file__).parent / "stand_in"
RECIPES = [
    "al.compare",
    "al.diagnose",
    "al.manual-ranked",
    "al.random",
    "al.simulate",
    "al.teach",
    "al.trial",
]
OURS = ("prodigy", "_prodigy", "recipe_host", "_recipe_host", "__editable__")
PIP = ("--quiet", "--disable-pip-version-check")
OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation")


class Environment:
    """A throw-away virtual environment that borrows third parties from the running one."""

    def __init__(self, folder: Path, *, borrowed: Path | None = None) -> None:
        venv.create(folder, symlinks=True)
        self.folder = folder
        self.bin = folder / ("Scripts" if sys.platform == "win32" else "bin")
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(self.run("python", "-c", where).strip())
        if borrowed is not None:
            (self.site / "zz_borrowed.pth").write_text(str(borrowed))

    def started(self, program: str, *words: object) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        home = {"PRODIGY_HOME": str(self.folder / "home"), "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            [str(self.bin / program), *map(str, words)],
            capture_output=True,
            text=True,
            env=clean | home,
            cwd=self.folder,
            check=False,
        )

    def run(self, program: str, *words: object) -> str:
        done = self.started(program, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pip(self, *words: object) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python")]
        subprocess.run([*pip, *map(str, words)], check=True)

    def install(self, *what: object, editable: bool = False) -> None:
        forms = [word for one in what for word in (("-e", one) if editable else (one,))]
        self.pip("install", *PIP, *OFFLINE, *forms)

    def uninstall(self, name: str) -> None:
        self.pip("uninstall", *PIP, "--yes", name)

    def whose(self) -> set[str]:
        """Return what answers as a module and, where there is one, as the command `prodigy`."""
        versions = [self.run("python", "-m", "prodigy", "--version")]
        if (self.bin / "prodigy").exists():
            versions.append(self.run("prodigy", "--version"))
        return {"licensed" if "licensed stand-in 1.18.0" in text else text for text in versions}


@pytest.fixture(scope="module")
def borrowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the installed third parties, without our own and without .pth files."""
    pytest.importorskip("hatchling", reason="building the distributions needs hatchling")
    folder = tmp_path_factory.mktemp("borrowed")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OURS) and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture
def environment(tmp_path: Path, borrowed: Path) -> Environment:
    return Environment(tmp_path / "environment", borrowed=borrowed)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return copies of the three source trees, so that building leaves nothing in the real ones."""
    folder = tmp_path_factory.mktemp("sources")
    skip = shutil.ignore_patterns("__pycache__", "dist", "build", ".*")
    shutil.copytree(ROOT / "host", folder / "host", ignore=skip)
    shutil.copytree(STAND_IN, folder / "licensed", ignore=skip)
    for name in ("recipes", "docs"):
        shutil.copytree(ROOT / name, folder / "plugin" / name, ignore=skip)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "plugin" / name)
    # as in the repository, where the plugin's folder holds the host's README.md as well
    (folder / "plugin" / "host").mkdir()
    shutil.copy(ROOT / "host" / "README.md", folder / "plugin" / "host")
    return {name: folder / name for name in ("plugin", "host", "licensed")}


@pytest.fixture(scope="module")
def archives(sources: dict[str, Path]) -> dict[str, Path]:
    """Return wheels by the name of their source tree, and sdists under NAME.sdist."""
    built = {}
    for name, source in sources.items():
        build = [sys.executable, "-m", "hatchling", "build"]
        subprocess.run(build, cwd=source, check=True, capture_output=True)
        (built[name],) = (source / "dist").glob("*.whl")
        (built[f"{name}.sdist"],) = (source / "dist").glob("*.tar.gz")
    return built


def write_texts(folder: Path) -> Path:
    texts = ["Acme fell. It rained in Oslo.", "Nothing happened.", "Elkor Group sold a mill."]
    gold = [[{"start": 0, "end": 4, "label": "ORG"}], [], [{"start": 0, "end": 11, "label": "ORG"}]]
    path = folder / "texts.jsonl"
    records = [
        {"text": text, "spans": spans, "meta": {"doc": f"d{i}"}}
        for i, (text, spans) in enumerate(zip(texts, gold, strict=True))
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
@pytest.mark.parametrize("first", ["licensed", "host"])
def test_a_licensed_prodigy_wins_and_either_works_without_the_other(
    environment: Environment,
    sources: dict[str, Path],
    archives: dict[str, Path],
    first: str,
    editable: bool,
):
    given = sources if editable else archives
    second = "host" if first == "licensed" else "licensed"
    environment.install(given["plugin"], given[first], editable=editable)
    if first == "host":
        environment.run("recipe-host", "link")  # a command `prodigy` that the other one replaces
        assert all("not Prodigy" in version for version in environment.whose())
    environment.install(given[second], editable=editable)

    assert environment.whose() == {"licensed"}
    check_version(environment)
    assert environment.run("prodigy", "--help").splitlines() == RECIPES
    refused = environment.started("recipe-host", "link")
    assert "use its own command `prodigy`" in refused.stderr

    if first == "licensed":
        environment.uninstall("recipe-host")
        assert environment.whose() == {"licensed"}
    else:
        environment.uninstall("prodigy")
        (version,) = environment.whose()
        assert "not Prodigy" in version


def test_the_recipes_run_where_only_a_licensed_prodigy_is(
    environment: Environment, archives: dict[str, Path]
):
    environment.install(archives["plugin"], archives["licensed"])
    texts = write_texts(environment.folder)
    asked = environment.run("prodigy", "al.random", "news", "blank:en", texts, "-l", "ORG,PLACE")
    of_source, *lines = asked.splitlines()
    tasks = [json.loads(line) for line in lines]
    assert ("4 segments" in of_source, len(tasks)) == (True, 4)  # sentences
    assert all(task["tokens"] and task["al"]["strategy"] == "random" for task in tasks)
    simulated = environment.started(
        "prodigy", "al.simulate", texts, "blank:en", "news", "-l", "ORG", "--arms", "random"
    )
    assert simulated.returncode == 0, simulated.stderr
    wrong = environment.started("prodigy", "al.random", "news", "nowhere", texts)
    assert wrong.stderr.startswith("stand-in: no pipeline 'nowhere'")


SIMULATE = """
import json, sys
from prodigy.components.db import connect
from prodigy_al.simulate import simulate
simulate(sys.argv[1], "blank:en", "news", label=["ORG"], arms=["random"])
print(json.dumps(connect().get_dataset_examples("news-random-0")))
"""


def test_simulated_answers_tell_view_and_document_where_prodigy_keeps_neither(
    environment: Environment, archives: dict[str, Path]
):
    environment.install(archives["plugin"], archives["licensed"])
    texts = write_texts(environment.folder)
    shown = environment.run("python", "-c", SIMULATE, texts)
    answers = json.loads(shown.splitlines()[-1])
    assert {answer["_view_id"] for answer in answers} == {"ner_manual"}
    documents = [(answer["text"], answer["meta"]["doc"]) for answer in answers]
    assert sorted(documents) == [
        ("Acme fell.", "d0"),
        ("Elkor Group sold a mill.", "d2"),
        ("It rained in Oslo.", "d0"),
        ("Nothing happened.", "d1"),
    ]


def test_without_any_prodigy_one_sentence_says_what_to_install(
    environment: Environment, archives: dict[str, Path]
):
    environment.install(archives["plugin"])
    done = environment.started("python", "-c", "import prodigy_al.teach")
    assert done.stderr.splitlines()[-1].endswith("install one of them beside prodigy-al")


def check_version(environment: Environment) -> None:
    """See that the package and its metadata agree about the version."""
    code = (
        "import prodigy_al, importlib.metadata as m;"
        "print(prodigy_al.__version__ == m.version('prodigy-al'))"
    )
    assert environment.run("python", "-c", code) == "True\n"


def check_installation(environment: Environment) -> None:
    """List, ask for help, move answers and simulate: the first minutes of a new user."""
    listed = environment.run("python", "-m", "prodigy", "--help")
    assert all(f"  {recipe} " in listed for recipe in [*RECIPES, "db-in", "print-dataset"])
    assert "cannot be loaded" not in listed
    assert "--explore" in environment.run("python", "-m", "prodigy", "al.teach", "--help")
    texts = write_texts(environment.folder)
    environment.run("recipe-host", "db-in", "news", texts)
    shown = environment.run("python", "-m", "prodigy", "print-dataset", "news")
    assert shown.startswith("✔ [Acme ORG] fell.")
    simulate = ("al.simulate", texts, "blank:en", "news", "-l", "ORG", "--arms", "random")
    environment.run("python", "-m", "prodigy", *simulate)
    assert environment.run("python", "-m", "prodigy", "db-out", "news-random-0").count("\n") == 4


def test_the_wheels_of_both_distributions_work(environment: Environment, archives: dict[str, Path]):
    environment.install(archives["plugin"], archives["host"])
    check_installation(environment)


def test_the_sdists_of_both_distributions_work(environment: Environment, archives: dict[str, Path]):
    environment.install(archives["plugin.sdist"], archives["host.sdist"])
    check_version(environment)
    assert RECIPES[0] in environment.run("python", "-m", "prodigy", "--help")


@pytest.mark.parametrize("name", ["plugin", "host"])
def test_the_sdist_builds_the_very_wheel_that_the_source_builds(
    archives: dict[str, Path], tmp_path: Path, name: str
):
    with tarfile.open(archives[f"{name}.sdist"]) as archive:
        # the first releases of Python 3.10 and 3.11 have no filters
        safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path, **safe)
    (unpacked,) = tmp_path.iterdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(build, cwd=unpacked, check=True, capture_output=True)
    (wheel,) = (unpacked / "dist").glob("*.whl")
    assert contents(wheel) == contents(archives[name])


def test_the_sdist_holds_the_package_and_what_its_readme_links_to(archives: dict[str, Path]):
    with tarfile.open(archives["plugin.sdist"]) as archive:
        paths = [Path(name).parts[1:] for name in archive.getnames()]
    documents = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs"}
    assert {path[0] for path in paths} == documents | {"recipes", "pyproject.toml", "PKG-INFO"}


def contents(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_the_wheels_hold_all_code_and_nothing_else(archives: dict[str, Path]):
    for name, package in (
        ("plugin", ROOT / "recipes/prodigy_al"),
        ("host", ROOT / "host/recipe_host"),
    ):
        code = {
            path.relative_to(package.parent).as_posix()
            for path in package.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        held = {file for file in contents(archives[name]) if ".dist-info/" not in file}
        assert held == code | ({"recipe_host.pth"} if name == "host" else set())


@pytest.mark.slow
def test_wheels_install_into_an_empty_environment(tmp_path: Path, archives: dict[str, Path]):
    """Downloads every dependency, so that one that is not declared is missing."""
    environment = Environment(tmp_path / "environment")
    environment.pip("install", *PIP, archives["plugin"], archives["host"])
    check_installation(environment)
