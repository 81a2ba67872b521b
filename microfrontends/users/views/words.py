"""Roles and permissions in the reader's words, where any are known."""

from bff.web.locale import spoken
from microfrontends.users.actions import desk
from microfrontends.users.permissions import P

SENTENCES = {str(permission): permission.sentence for permission in P}


def role_words(name: str) -> str:
    """A role's title; its bare name when no file defines it."""
    role = desk().access.book.roles.get(name)
    return spoken(role.title) if role else name


def permission_words(name: str) -> str:
    """A permission's sentence; empty for those of other micro-frontends, whose words this one does not know."""
    return str(SENTENCES.get(name, ""))
