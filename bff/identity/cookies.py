"""The two kinds of cookie a browser holds: one for its session, one for each login that is under way."""

from werkzeug.wrappers import Response

LOGIN_LIFE_S = 600
MOST_LOGINS = 8
_PREFIX = "__Host-Http-"  # set by HTTP alone, for this host alone: RFC 6265bis and its layered-cookies successor


class Cookies:
    """Names and attributes. Without `secure` the prefix goes too: Safari keeps no Secure cookie of http://localhost."""

    def __init__(self, app_name: str, *, secure: bool) -> None:
        self.session = f"{_PREFIX}{app_name}" if secure else app_name
        self._login = f"{self.session}-tx-"
        self._secure = secure

    def login(self, state: str) -> str:
        """The name of one login's cookie: tabs that sign in at once do not overwrite each other's."""
        return f"{self._login}{state[:12]}"

    def set_session(self, response: Response, value: str) -> None:
        """Strict: the browser sends it only with requests that begin on our own pages."""
        response.set_cookie(self.session, value, path="/", secure=self._secure, httponly=True, samesite="Strict")

    def set_login(self, response: Response, state: str, value: str) -> None:
        """Lax, because the provider's redirect back begins on another site."""
        response.set_cookie(
            self.login(state), value, LOGIN_LIFE_S, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def clear(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True)

    def clear_session(self, response: Response) -> None:
        """Take the session's cookie back."""
        self.clear(response, self.session)

    def clear_abandoned(self, response: Response, present: list[str]) -> None:
        """Take back the cookies of logins that were begun and left, once they are many."""
        begun = [name for name in present if name.startswith(self._login)]
        for name in begun if len(begun) >= MOST_LOGINS else []:
            self.clear(response, name)
