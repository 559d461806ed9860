"""The server's paths: who is asked what, what is stored, what the page is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

from recipe_host.connections import connect
from recipe_host.errors import SettingsError
from recipe_host.hashing import set_hashes
from recipe_host.server.app import make_app
from recipe_host.server.service import Service
from recipe_host.session import Controller

Task = dict[str, Any]
Serve = Callable[..., TestClient]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server for components; closed in the end, when all is learned from."""
    services: list[Service] = []

    def start(stream: Any = "abc", *, settings: Task | None = None, **others: Any) -> TestClient:
        tasks = [{"text": letter} for letter in stream] if isinstance(stream, str) else stream
        components = {"dataset": "news", "view_id": "text", "stream": tasks, **others}
        controller = Controller.from_components(
            "ask", components, {"batch_size": 2} | (settings or {})
        )
        services.append(Service(controller))
        app = make_app(controller, services[-1])
        return TestClient(app, base_url="http://localhost:8080", raise_server_exceptions=False)

    yield start
    for service in services:
        service.close()


def post(client: TestClient, path: str, **body: Any) -> Task:
    reply = client.post(path, json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def ask(client: TestClient, session_id: str | None = None, **body: Any) -> str:
    reply = post(client, "/get_session_questions", session_id=session_id, **body)
    return "".join(task["text"] for task in reply["tasks"])


def answered(text: str, **others: Any) -> list[Task]:
    return [{**set_hashes({"text": letter}), "answer": "accept", **others} for letter in text]


def hashes(text: str) -> list[int]:
    return [task["_task_hash"] for task in answered(text)]


def stored() -> str:
    return "".join(e["text"] for e in connect().get_dataset_examples("news", default=[]))


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def test_questions_and_answers_go_through_the_published_paths(serve: Serve) -> None:
    client = serve()
    asked = post(client, "/get_session_questions", session_id=None)
    assert [task["text"] for task in asked["tasks"]] == ["a", "b"]
    assert (asked["total"], asked["progress"], asked["progress_kind"]) == (0, None, None)
    given = post(
        client,
        "/give_answers",
        session_id=asked["session_id"],
        answers=[{**task, "answer": "reject"} for task in asked["tasks"]],
    )
    assert (given["stored"], given["total"], given["progress"]) == (2, 2, 2 / 3)
    assert client.get("/get_questions").json()["tasks"][0]["text"] == "c"
    assert {e["_session_id"] for e in connect().get_dataset_examples("news")} == {
        asked["session_id"]
    }
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/version").json()["version"].endswith("+recipe-host")


def test_the_page_is_told_what_it_shows_and_no_secret(serve: Serve) -> None:
    settings = {
        "labels": ["ORG"],
        "history_size": 50,
        "db_settings": {"postgresql": {"password": "secret"}},
    }
    client = serve(settings=settings)
    reply = client.get("/project", params={"session": "ann"})
    project = reply.json()
    assert project["session_id"] == "news-ann"
    assert (project["view_id"], project["recipe_name"], project["labels"]) == (
        "text",
        "ask",
        ["ORG"],
    )
    assert project["history_size"] == 2  # at most a batch can be undone
    assert "secret" not in reply.text
    assert client.get("/project/news-ann").json() == project


def test_a_dataset_made_anew_is_another_store(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = serve().get("/project").json()["store"]
    assert serve().get("/project").json()["store"] == first
    connect().drop_dataset("news")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 5)
    assert serve().get("/project").json()["store"] != first


def test_a_batch_is_stored_once_however_often_it_is_sent(serve: Serve) -> None:
    learned: list[Task] = []
    client = serve(update=learned.extend)
    batch = {"batch_id": "batch-0001", "answers": answered("ab")}
    replies = [post(client, "/give_answers", **batch)["stored"] for _ in range(3)]
    assert replies == [2, 0, 0]
    restarted = serve()
    assert post(restarted, "/give_answers", **batch)["stored"] == 0
    assert stored() == "ab"
    assert eventually(lambda: len(learned) == 2)


def test_a_batch_sent_twice_at_once_is_stored_once(serve: Serve) -> None:
    client = serve()
    batch = {"batch_id": "batch-0001", "answers": answered("ab")}
    replies: list[int] = []

    def send() -> None:
        replies.append(post(client, "/give_answers", **batch)["stored"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [0] * 7 + [2]
    assert stored() == "ab"


def test_a_run_that_saves_nothing_learns_from_a_batch_once(serve: Serve) -> None:
    learned: list[Task] = []
    client = serve(dataset=False, update=learned.extend)
    for _ in range(2):
        post(client, "/give_answers", batch_id="batch-0001", answers=answered("ab"))
    assert eventually(lambda: len(learned) == 2)
    assert client.get("/project").json()["store"] == "unsaved"


def test_a_slow_update_makes_nobody_wait(serve: Serve) -> None:
    go_on = threading.Event()
    learned: list[Task] = []

    def update(answers: list[Task]) -> None:
        go_on.wait(20)
        learned.extend(answers)

    client = serve("abcdef", update=update)
    begin = time.monotonic()
    for text in ("ab", "cd"):
        assert ask(client) == text
        reply = post(client, "/give_answers", answers=answered(text))
    assert time.monotonic() - begin < 5
    assert stored() == "abcd"
    assert reply["learning"]["waiting"] == 4
    go_on.set()
    assert eventually(lambda: [task["text"] for task in learned] == list("abcd"))


def test_a_failing_update_loses_nothing_and_is_reported(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    def update(_: list[Task]) -> None:
        raise ValueError("no gradient")

    client = serve(update=update)
    post(client, "/give_answers", answers=answered("ab"))

    def error() -> str:
        return str(client.get("/get_questions").json()["learning"]["error"])

    assert eventually(lambda: "no gradient" in error())
    assert "2 answers are stored" in error()
    assert capsys.readouterr().err.count("no gradient") == 1
    assert stored() == "ab"


def test_a_failing_stream_never_looks_like_its_end(serve: Serve) -> None:
    def stream() -> Iterator[Task]:
        yield {"text": "a"}
        raise OSError("the disk is gone")

    client = serve(stream())
    assert ask(client) == "a"
    for _ in range(2):
        reply = client.post("/get_session_questions", json={})
        assert reply.status_code == 500
        assert reply.json()["error"] == "the recipe failed: OSError: the disk is gone"


def test_refused_answers_are_named_and_the_batch_is_not_stored(serve: Serve) -> None:
    def validate(answer: Task) -> None:
        if answer["text"] == "b":
            raise ValueError("choose one option")

    client = serve(validate_answer=validate)
    reply = client.post("/give_answers", json={"batch_id": "batch-0001", "answers": answered("ab")})
    assert reply.status_code == 422
    assert reply.json()["refused"] == [{"index": 1, "error": "choose one option"}]
    assert stored() == ""
    assert post(client, "/validate_answer", **answered("b")[0]) == {"error": "choose one option"}
    assert post(client, "/validate_answer", **answered("a")[0]) == {"error": ""}
    assert (
        post(client, "/give_answers", batch_id="batch-0001", answers=answered("a"))["stored"] == 1
    )


def test_the_page_that_was_opened_last_has_the_session(serve: Serve) -> None:
    client = serve("abcdef")
    first, second = "page-0001", "page-0002"
    assert ask(client, page=first, opening=True, holding=[]) == "ab"
    assert ask(client, page=second, opening=True, holding=[]) == "ab"
    reply = client.post("/get_session_questions", json={"page": first, "holding": hashes("ab")})
    assert reply.status_code == 409
    assert "another tab" in reply.json()["error"]
    post(client, "/give_answers", answers=answered("a"))  # answers are taken from anybody
    assert ask(client, page=second, holding=hashes("b")) == "cd"


def test_only_allowed_sessions_are_served(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODIGY_ALLOWED_SESSIONS", "ann, bob")
    client = serve("abcd")
    assert client.get("/project", params={"session": "ann"}).status_code == 200
    for params in ({"session": "eve"}, {}):
        reply = client.get("/project", params=params)
        assert reply.status_code == 403
        assert "ann, bob" in reply.json()["error"]
    assert client.post("/get_session_questions", json={"session_id": "news-eve"}).status_code == 403
    assert ask(client, "news-bob") == "ab"


def test_event_hooks_are_called_with_the_controller_and_the_payload(serve: Serve) -> None:
    class Refusal(Exception):
        status_code, detail = 409, "not now"

    def edit(ctrl: Controller, *, text: str) -> Task:
        if not text:
            raise Refusal
        return {"text": text.upper(), "dataset": ctrl.dataset}

    client = serve(event_hooks={"edit": edit})
    assert post(client, "/event/edit", text="new") == {"text": "NEW", "dataset": "news"}
    refused = client.post("/event/edit", json={"text": ""})
    assert (refused.status_code, refused.json()["error"]) == (409, "not now")
    assert client.post("/event/none", json={}).status_code == 404


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        ({"view_id": "image_manual"}, "no view 'image_manual'; it has: ner,"),
        ({"config": {"labels": "ORG"}}, "'labels' is 'ORG'"),
        ({"config": {"keymap": {"accept": "a"}}}, "'keymap'"),
        ({"config": {"show_flag": 1}}, "'show_flag' is 1; it must be true or false"),
        ({"config": {"instructions": True}}, "'instructions' is True; it must be a path or false"),
        ({"config": {"instructions": "none.md"}}, "instructions 'none.md': No such file"),
        ({"config": {"allowed_hosts": "a.example"}}, "'allowed_hosts'"),
    ],
)
def test_what_the_page_cannot_show_fails_before_the_first_question(
    serve: Serve, components: Task, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        serve(**components)
