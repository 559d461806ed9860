"""What only a PostgreSQL server has: crashes, its own settings, URLs, a driver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.errors import StoreError
from recipe_host.hashing import set_hashes

HOST = str(Path(recipe_host.__file__).parent.parent)


def examples(*texts: str, **others: Any) -> list[dict[str, Any]]:
    return [set_hashes({"text": text, "answer": "accept", **others}) for text in texts]


def test_a_crashed_server_has_every_answer_and_the_store_finds_it_again(
    server: Any, home: Path
) -> None:
    db = connect("postgresql", server.new_database())
    db.add_dataset("news")
    db.add_examples(examples("a", "b"), datasets=["news"])
    server.stop("immediate")  # without writing anything more
    try:
        with pytest.raises(
            StoreError, match=r"postgresql database 'test\d+' failed: .*db_settings"
        ):
            db.count_dataset("news")
        with pytest.raises(StoreError, match="check that the server runs"):
            db.add_examples(examples("c"), datasets=["news"])
    finally:
        server.start()
    assert [example["text"] for example in db.get_dataset_examples("news")] == ["a", "b"]
    db.add_examples(examples("c"), datasets=["news"])
    assert db.count_dataset("news") == 3


def test_answers_are_waited_for_where_the_server_would_not(server: Any) -> None:
    parameters = server.new_database()
    lax = {**parameters, "options": "-c synchronous_commit=off"}
    db = connect("postgresql", lax)

    def mode() -> str:
        (value,) = db.db.execute_sql("show synchronous_commit").fetchone()
        return str(value)

    assert mode() == "off"
    with db.transaction():
        assert mode() == "on"
    strict = connect("postgresql", {**parameters, "options": "-c synchronous_commit=remote_apply"})
    with strict.transaction():
        assert strict.db.execute_sql("show synchronous_commit").fetchone() == ("remote_apply",)


def test_a_server_is_chosen_by_the_environment(
    server: Any, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = server.new_database()
    overrides = {"db": "postgresql", "db_settings": {"postgresql": {"dbname": chosen["database"]}}}
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", json.dumps(overrides))
    monkeypatch.setenv("PGHOST", chosen["host"])  # the driver's own variables
    monkeypatch.setenv("PGUSER", chosen["user"])
    assert terminal("db-in", "news", "-", stdin='{"text": "a"}\n').returncode == 0
    assert connect("postgresql", chosen).count_dataset("news") == 1
    shown = terminal("stats").stdout
    assert chosen["database"] in shown
    assert "postgresql" in shown


def test_a_url_names_the_database_and_its_password_is_never_shown(server: Any) -> None:
    chosen = server.new_database()
    url = f"postgresql://ann:secret@/{chosen['database']}?host={chosen['host']}"
    db = connect("postgresql", {"database": url})
    assert (db.datasets, db.db_name, db.db_id) == ([], chosen["database"], "postgresql")
    with pytest.raises(StoreError) as caught:
        connect("postgresql", {"database": url.replace(chosen["database"], "nowhere")})
    assert "secret" not in str(caught.value)
    assert "'nowhere' failed" in str(caught.value)


def test_a_missing_driver_is_named_with_what_to_install() -> None:
    code = f"""
import sys
sys.path.insert(0, {HOST!r})
sys.modules["psycopg"] = sys.modules["psycopg2"] = None
from recipe_host.connections import connect
try:
    connect("postgresql")
except Exception as error:
    print(type(error).__name__, error)
"""
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    assert said.startswith("StoreError the driver for 'postgresql' is not installed")
    assert "pip install 'recipe-host[postgresql]'" in said
