"""Where a login may lead back to."""

import pytest

from bff.identity.return_to import safe_path


@pytest.mark.parametrize(
    "wish",
    [
        "/",
        "/settlement/windows",
        "/settlement/windows?state=OPEN&from=2026-11-01",
        "/windows/1042/",
        "/a?next=//b",
        "/%2F",
    ],
)
def test_a_path_of_ours_is_kept(wish: str) -> None:
    assert safe_path(wish) == wish


@pytest.mark.parametrize(
    "wish",
    [
        None, "", "windows", "https://evil.example", "https://evil.example/windows", "//evil.example", "/" * 3 + "evil",
        "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "/.//evil.example", "/..//evil.example", "/a//evil",
        "/../x", "/./x", "/a/..", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b",
        "/\x00", "/ /evil", " /x", "/\u2028x", "javascript:alert(1)", "data:text/html,x", "http:/evil",
        "/" + "x" * 3000, "/auth/login", "/auth/logout", "/auth", "?x", "#x", "//user@evil.example", "/\u00a0/x",
    ],
)  # fmt: skip
def test_anything_else_leads_home(wish: str | None) -> None:
    assert safe_path(wish) == "/"
