"""What goes over the wire to Ory Keto: relation tuples asked for page by page, inserted and deleted at once."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from bff.errors import StoreUnavailable

log = structlog.get_logger()
PAGE = 500
_TRIES, _ANOTHER = 6, "concurrent update"
_DEADLINE = Timeout(connect=1.0, read=4.0)


@dataclass(frozen=True, order=True)
class RelationTuple:
    """`namespace:object#relation@subject`, the subject an id (a person) or the members of another object."""

    namespace: str
    object: str
    relation: str
    subject: str = ""
    subject_set: tuple[str, str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """The tuple as Keto writes it."""
        told: dict[str, Any] = {"namespace": self.namespace, "object": self.object, "relation": self.relation}
        if self.subject_set is None:
            return told | {"subject_id": self.subject}
        return told | {"subject_set": dict(zip(("namespace", "object", "relation"), self.subject_set, strict=True))}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "RelationTuple":
        """The tuple that Keto wrote."""
        others = told.get("subject_set")
        named = (others["namespace"], others["object"], others["relation"]) if others else None
        return cls(told["namespace"], told["object"], told["relation"], told.get("subject_id", ""), named)


class Keto:
    """Keto's read and write API (0.11 and newer). Raises StoreUnavailable for any answer but the right one."""

    def __init__(self, read_url: str, write_url: str) -> None:
        self._read, self._write = read_url, write_url
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=32, timeout=_DEADLINE, retries=False)

    def tuples(self, **query: str) -> Iterator[RelationTuple]:
        """Every tuple that fits namespace, object, relation and subject_id, over as many pages as there are."""
        token = ""
        while True:
            page = {"page_size": str(PAGE), **({"page_token": token} if token else {})}
            answer = self._asked("/relation-tuples", query | page)
            try:
                yield from [RelationTuple.from_json(each) for each in answer["relation_tuples"]]
                before, token = token, str(answer.get("next_page_token") or "")
            except (KeyError, TypeError) as problem:
                raise StoreUnavailable("Keto answered something that is not a page of relation tuples") from problem
            if not token:
                return
            if token == before:
                raise StoreUnavailable("Keto gives the same page again and again")

    def patch(self, insert: Iterable[RelationTuple], delete: Iterable[RelationTuple]) -> None:
        """Insert and delete at once or not at all. Sent once: whoever gets no answer must look."""
        changes = [{"action": "insert", "relation_tuple": each.as_json()} for each in insert]
        changes += [{"action": "delete", "relation_tuple": each.as_json()} for each in delete]
        if changes:
            url = f"{self._write}/admin/relation-tuples"
            self._sent("PATCH", url, body=json.dumps(changes).encode(), headers={"Content-Type": "application/json"})

    def problem(self) -> str:
        """Why either API cannot be used; empty when both can."""
        try:
            for base in (self._read, self._write):
                self._sent("GET", f"{base}/health/ready")
        except StoreUnavailable as problem:
            return str(problem)
        return ""

    def _asked(self, path: str, query: dict[str, str]) -> Any:
        # A read may be asked again: a kept connection that Keto has closed meanwhile must not stop anybody.
        return self._sent("GET", self._read + path, fields=query, retries=Retry(total=1, redirect=0))

    def _sent(self, method: str, url: str, **more: Any) -> Any:
        for attempt in range(_TRIES):
            status, said = self._heard(method, url, more)
            if status < 300:
                return said
            reason = _reason(said)
            log.warning("keto_refused", method=method, url=url, status=status, reason=reason)
            if _ANOTHER not in reason:
                break
            # Its database let another transaction go first, and nothing of this one was done.
            time.sleep(random.uniform(0.01, 0.03) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise StoreUnavailable(f"Keto answered {status}. {reason}".strip())

    def _heard(self, method: str, url: str, more: dict[str, Any]) -> tuple[int, Any]:
        try:
            answer = self._pool.request(method, url, **more)
            return answer.status, json.loads(answer.data) if answer.data else None
        except (HTTPError, ValueError) as problem:
            log.error("keto_away", method=method, url=url, problem=type(problem).__name__)
            raise StoreUnavailable(f"Keto does not answer at {url}") from problem


def _reason(said: Any) -> str:
    error = said.get("error") if isinstance(said, dict) else None
    return str(error.get("reason") or error.get("message") or "") if isinstance(error, dict) else ""
