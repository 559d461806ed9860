"""The documents say what there is: recipes, options, files and papers, from the code itself."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.registry import FIELDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "host" / "README.md"])
INDEX = (ROOT / "docs" / "README.md").read_text(encoding="utf8")
RECIPE_SECTIONS = re.findall(r"^### (al\.[a-z-]+)", README, re.MULTILINE)
PLUGIN = ROOT / "recipes" / "prodigy_al"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("option_table", ROOT / "docs" / "option_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_options_are_the_recipes_own(tables: ModuleType):
    """Where this fails: python docs/option_table.py"""
    assert [name for _, name, _ in tables.MARKED.findall(README)] == RECIPE_SECTIONS
    assert sorted(RECIPE_SECTIONS) == tables.recipe_names()
    assert tables.insert(README) == README


def test_every_recipe_stands_in_the_readme_and_no_other(tables: ModuleType):
    named = set(re.findall(r"`(al\.[a-z-]+)`", README)) | set(
        re.findall(r"^prodigy (al\.[a-z-]+)", README, re.MULTILINE)
    )
    assert named == set(tables.recipe_names())


def test_every_option_has_a_help_text(tables: ModuleType):
    assert all(help_ for name in tables.recipe_names() for *_, help_ in tables.rows(name))


def test_commands_of_the_readme_use_options_that_exist(tables: ModuleType):
    for line in re.findall(r"^prodigy al\..*$", README, re.MULTILINE):
        rows = tables.rows(line.split()[1])
        known = {option for row in rows for option in re.findall(r"--?[a-z-]+", row[0])}
        used = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", line.split("#")[0]))
        assert used <= known, line


def test_every_score_and_all_that_it_can_read_is_documented():
    text = (ROOT / "docs" / "scoring-functions.md").read_text(encoding="utf8")
    table = text.partition("| `--by` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(ACQUISITIONS)
    own = text.partition("## A function of your own")[2].partition("\n## ")[0]
    assert re.findall(r"`([a-z_]+)`", own.partition("name what it reads:")[2]) == list(FIELDS)


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    for target in re.findall(r"^make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def anchors(document: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings, made as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf8")):
        name, _, anchor = target.partition("#")
        if "://" not in target:
            file = document.parent / name
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/README.md"])
def test_files_that_the_documents_name_are_there(name: str):
    named = re.findall(r"`([\w/]+\.py)`", (ROOT / name).read_text(encoding="utf8"))
    assert len(named) > 10
    assert [one for one in named if not any((at / one).exists() for at in (ROOT, PLUGIN))] == []


def test_the_papers_are_cited_where_the_index_says():
    papers = re.findall(r"^\| ([\w-]+).* (\d{4}), .* \| (`.*`) \|$", INDEX, re.MULTILINE)
    assert len(papers) == INDEX.partition("## Papers")[2].count("\n| ") - 1  # less the header
    for author, year, places in papers:
        for place in re.findall(r"`([^`]+)`", places):
            source = (PLUGIN / place).read_text(encoding="utf8")
            assert re.search(rf"{author}\b.{{,60}}\b{year}", source, re.DOTALL), (author, place)
