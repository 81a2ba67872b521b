"""What may be done with people, in words that a role's owner understands."""

from flask_babel import lazy_gettext as _l

from bff import PermissionBase


class P(PermissionBase):
    """`users:<noun>:<verb>`; the roles in `roles/` name these."""

    VIEW_PEOPLE = "users:person:view", _l("See people, their roles and what they may do")
    ASSIGN_ROLES = "users:role:assign", _l("Assign roles to other people, and remove them")
    ASSIGN_PARTICIPANTS = "users:participant:assign", _l("Say which participants other people belong to")
