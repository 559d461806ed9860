"""The page's own files, as a browser asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

import recipe_host
from recipe_host.server.app import make_app
from recipe_host.session import Controller

WEB = Path(recipe_host.__file__).parent / "web"


@pytest.fixture
def page() -> TestClient:
    components = {"dataset": "news", "view_id": "text", "stream": []}
    app = make_app(Controller.from_components("ask", components))
    return TestClient(app, base_url="http://localhost:8080", raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "file", "media_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/style.css", "style.css", "text/css; charset=utf-8"),
        ("/views/manual.js", "views/manual.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "icon.svg", "image/svg+xml"),
    ],
)
def test_files_come_whole_with_their_type(
    page: TestClient, path: str, file: str, media_type: str
) -> None:
    reply = page.get(path)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, media_type)
    assert reply.content == (WEB / file).read_bytes()
    assert reply.headers["Cache-Control"] == "no-cache"
    assert page.head(path).content == b""
    assert page.post(path, json={}).status_code == 405


def test_every_file_of_the_page_is_served(page: TestClient) -> None:
    files = [file.relative_to(WEB).as_posix() for file in WEB.rglob("*") if file.is_file()]
    assert len(files) > 10
    assert {page.get(f"/{file}").status_code for file in files} == {200}


def test_a_file_that_the_browser_has_is_not_sent_again(page: TestClient) -> None:
    tag = page.get("/page.js").headers["ETag"]
    again = page.get("/page.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Content-Security-Policy"].startswith("default-src 'none'")
