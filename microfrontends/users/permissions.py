"""What may be done with people, in words that a role's owner understands."""

from flask_babel import lazy_gettext as _l

from bff import PermissionBase


class P(PermissionBase):
    """`users:<noun>:<verb>`; the roles in `roles/` name these."""

    VIEW_PEOPLE = "users:person:view", _l("See people, their roles and what they may do")
    CREATE_PEOPLE = "users:person:create", _l("Ask for a new person to be let in")
    DISABLE_PEOPLE = "users:person:disable", _l("Disable other people's accounts, and enable them again")
    APPROVE_PEOPLE = "users:person:approve", _l("Approve new people, and the disabling and enabling of accounts")
    VIEW_ROLES = "users:role:view", _l("See roles, what each may do and who holds it")
    ASSIGN_ROLES = "users:role:assign", _l("Assign roles to other people, and remove them")
    APPROVE_ROLES = "users:role:approve", _l("Approve changes of other people's roles and participants")
    PREVIEW_ROLES = "users:role:preview", _l("See the portal as a role would")
    ASSIGN_PARTICIPANTS = "users:participant:assign", _l("Say which participants other people belong to")
    REVIEW_ACCESS = "users:access:review", _l("Review who has access to what")
