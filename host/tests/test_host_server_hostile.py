"""What other sites, other names and broken clients get: a clear 4xx each, and nothing stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

from recipe_host.connections import connect
from recipe_host.errors import SettingsError
from recipe_host.hashing import set_hashes
from recipe_host.server.app import make_app
from recipe_host.server.bodies import MAX_BYTES
from recipe_host.server.security import Hosts
from recipe_host.session import Controller

Task = dict[str, Any]
TASK = set_hashes({"text": "a b", "spans": [{"start": 0, "end": 1, "label": "X"}]})
ANSWER = {**TASK, "answer": "accept"}
BASE = "http://localhost:8080"


def client(**config: Any) -> TestClient:
    components = {"dataset": "news", "view_id": "ner", "stream": [TASK], "config": config}
    app = make_app(Controller.from_components("ask", components))
    return TestClient(app, base_url=BASE, raise_server_exceptions=False)


@pytest.fixture
def page() -> Iterator[TestClient]:
    yield client()
    assert connect().get_dataset_examples("news") == []


def give(page: TestClient, body: Any = None, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body or {"answers": [ANSWER]})
    given = {"Content-Type": "application/json", **headers}
    return page.post("/give_answers", content=content, headers=given)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "http://localhost.evil.example:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_can_neither_post_nor_take_tasks(
    page: TestClient, headers: dict[str, str]
) -> None:
    replies = [
        give(page, **headers),
        page.get("/get_questions", headers=headers),
        page.get("/project", headers=headers),
    ]
    for reply in replies:
        assert reply.status_code == 403
        assert reply.json()["error"] == "requests from other sites are refused"
    assert page.get("/", headers=headers).status_code == 200  # a link to the page is harmless
    assert page.get("/get_questions").json()["tasks"] == [TASK]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", "[::2]", "", "]["],
)
def test_names_that_were_rebound_to_this_machine_are_refused(page: TestClient, host: str) -> None:
    for path in ("/", "/project", "/get_questions"):
        reply = page.get(path, headers={"Host": host})
        assert reply.status_code == 403
        assert "allowed_hosts" in reply.json()["error"]
    assert give(page, Host=host).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "127.0.0.1:8080", "[::1]:8080"])
def test_this_machine_has_several_names(host: str) -> None:
    assert client().get("/project", headers={"Host": host}).status_code == 200


def test_a_server_on_the_network_answers_to_its_name_and_to_addresses() -> None:
    hosts = Hosts("annotate.example", more=["Other.example"])
    for name in ("annotate.example:8080", "other.example", "192.168.1.5:8080", "[fe80::1]"):
        assert name in hosts
    assert "evil.example" not in hosts


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "text/json"]
)
def test_only_json_is_taken(page: TestClient, kind: str) -> None:
    assert give(page, **{"Content-Type": kind}).status_code == 415


def test_bodies_are_limited_whether_they_say_their_length_or_not(page: TestClient) -> None:
    assert give(page, b"[]", **{"Content-Length": str(100 * 2**20)}).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 2**20

    headers = {"Content-Type": "application/json"}
    reply = page.post("/give_answers", content=chunks(), headers=headers)
    assert reply.status_code == 413
    assert f"{MAX_BYTES // 2**20} MiB" in reply.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"answers": [' + b"[" * 100_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"answers": NaN}',
        b'{"answers": 1e999}',
        b'{"answers": ' + b"9" * 5_000 + b"}",
    ],
)
def test_bodies_that_are_no_sensible_json_are_refused(page: TestClient, body: bytes) -> None:
    for path in ("/give_answers", "/get_session_questions", "/validate_answer", "/event/x"):
        reply = page.post(path, content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == 400
        assert reply.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../session.py",
        "/..%2f..%2fsession.py",
        "/%2e%2e/session.py",
        "/views/../../session.py",
        "/views/..%5c..%5csession.py",
        "//etc/passwd",
        "/etc/passwd%00.js",
        "/index.html/",
        "/views",
        "/docs",
        "/openapi.json",
    ],
)
def test_no_path_leaves_the_pages_folder(page: TestClient, path: str) -> None:
    page.base_url = BASE
    reply = page.send(page.build_request("GET", BASE + path))
    assert reply.status_code == 404
    assert reply.json() == {"error": "there is no such path"}


def test_methods_are_as_stated(page: TestClient) -> None:
    assert page.get("/give_answers").status_code == 405
    headers = {"Content-Type": "application/json"}
    for method in ("PUT", "DELETE", "PATCH"):
        assert page.request(method, "/project", content="{}", headers=headers).status_code == 405
    assert page.options("/give_answers", headers={"Origin": "https://a.example"}).status_code == 403


def test_every_reply_forbids_foreign_scripts_and_frames(page: TestClient) -> None:
    for path in ("/", "/page.js", "/project", "/none"):
        headers = page.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


def test_the_page_holds_no_script_or_style_of_its_own(page: TestClient) -> None:
    html = page.get("/").text
    assert '<script type="module" src="/page.js"></script>' in html
    assert html.count("<script") == 1
    assert "<style" not in html
    assert " style=" not in html
    assert " on" not in html.replace(" on ", "")
    assert "//" not in html.replace("</", "").replace("<!", "")  # nothing from another server


@pytest.mark.parametrize(
    "session", ["other-ann", "news", "news-../x", "news-" + "x" * 65, "news-<b>", 5, ["news-a"], {}]
)
def test_sessions_of_other_datasets_and_names_that_are_none_are_refused(
    page: TestClient, session: Any
) -> None:
    for path in ("/get_session_questions", "/give_answers", "/end_session"):
        reply = page.post(path, json={"session_id": session, "answers": [ANSWER]})
        assert reply.status_code in (400, 403)
    assert connect().sessions == []


@pytest.mark.parametrize("name", ["page", "batch_id"])
@pytest.mark.parametrize("value", ["short", "x" * 65, "drop table", 5, [], True])
def test_ids_have_a_form(page: TestClient, name: str, value: Any) -> None:
    path = "/give_answers" if name == "batch_id" else "/get_session_questions"
    assert page.post(path, json={name: value, "answers": [ANSWER]}).status_code == 400


def test_user_name_and_password_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODIGY_BASIC_AUTH_USER", "ann")
    with pytest.raises(SettingsError, match="must be set together"):
        client()
    monkeypatch.setenv("PRODIGY_BASIC_AUTH_PASS", "ö:secret")
    page = client()

    def get(credentials: str, scheme: str = "Basic") -> int:
        encoded = base64.b64encode(credentials.encode()).decode()
        return page.get("/", headers={"Authorization": f"{scheme} {encoded}"}).status_code

    assert page.get("/").status_code == 401
    assert page.get("/").headers["WWW-Authenticate"].startswith("Basic")
    assert page.get("/", headers={"Authorization": "Basic %%%"}).status_code == 401
    assert [get("ann:ö:secret"), get("ann:ö:secre"), get("bob:ö:secret"), get("")] == [200] + [
        401
    ] * 3
    assert get("ann:ö:secret", "Bearer") == 401


def test_markup_comes_back_as_it_was_and_as_json_only() -> None:
    evil = "<script>alert(1)</script>\u2028\ud800"
    task = set_hashes({"text": evil, "meta": {evil: evil}, "label": evil})
    components = {"dataset": "news", "view_id": "text", "stream": [task]}
    page = TestClient(make_app(Controller.from_components("ask", components)), base_url=BASE)
    reply = page.get("/get_questions")
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json()["tasks"] == [task]
    assert give(page, {"answers": [{**task, "answer": "accept"}]}).status_code == 200
    assert connect().get_dataset_examples("news")[0]["meta"] == {evil: evil}
