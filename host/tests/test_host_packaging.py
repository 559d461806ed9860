"""Installed for real, as a wheel and editable: `prodigy` is ours only where nobody else's is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="building the distribution needs hatchling")

HOST = Path(__file__).parent.parent
BUILD = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")


class Environment:
    """A throw-away virtual environment that borrows the dependencies of this one."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.bin = folder / ("Scripts" if sys.platform == "win32" else "bin")
        self.site = Path(self.run("python", "-c", SITE).strip())
        # Read after recipe_host.pth, and only a path: .pth files in there are not followed.
        (self.site / "zz_dependencies.pth").write_text(sysconfig.get_path("purelib"))

    def run(self, program: str, *words: str) -> str:
        done = subprocess.run(
            [self.bin / program, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pip(self, *words: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python")]
        subprocess.run([*pip, *words], check=True)

    def version(self) -> str:
        return self.run("python", "-c", "import prodigy; print(prodigy.__version__)").strip()


SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, so that building leaves nothing in the real folder."""
    copy = tmp_path_factory.mktemp("source") / "host"
    shutil.copytree(HOST, copy, ignore=shutil.ignore_patterns("__pycache__", "dist", "build"))
    return copy


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_an_installed_host_lends_the_name_and_a_real_one_wins(
    environment: Environment, source: Path, editable: bool
) -> None:
    environment.pip("install", *BUILD, *(["-e"] if editable else []), str(source))
    assert environment.version().endswith("+recipe-host")
    assert "db-in" in environment.run("python", "-m", "prodigy", "--help")
    assert "db-in" in environment.run("recipe-host", "--help")
    assert not (environment.bin / "prodigy").exists()
    environment.run("recipe-host", "link")
    assert "not Prodigy" in environment.run("prodigy", "--version")

    (environment.site / "prodigy").mkdir()
    (environment.site / "prodigy" / "__init__.py").write_text("__version__ = '1.18.0'")
    assert environment.version() == "1.18.0"
    with pytest.raises(AssertionError, match="use its own command `prodigy`"):
        environment.run("recipe-host", "--help")
    environment.pip("uninstall", "--quiet", "--yes", "recipe-host")
    assert environment.version() == "1.18.0"


def test_the_wheel_holds_the_code_and_the_path_file_and_no_tests(
    source: Path, tmp_path: Path
) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", *BUILD, "-w", str(tmp_path), str(source)]
    subprocess.run(pip, check=True)
    (wheel,) = tmp_path.glob("recipe_host-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert archive.read("recipe_host.pth") == b"recipe_host/_fallback\n"
    expected = {
        path.relative_to(HOST).as_posix()
        for path in (HOST / "recipe_host").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= names
    assert not [name for name in names if "tests/" in name or name.startswith("prodigy/")]
