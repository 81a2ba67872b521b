"""What may be done with the platform itself, in words that a role's owner understands."""

from flask_babel import lazy_gettext as _l

from bff.access.permissions import PermissionBase


class P(PermissionBase):
    """`shell:<noun>:<verb>`; the roles in `roles/` name these."""

    VIEW_MICROFRONTENDS = (
        "shell:microfrontends:view",
        _l("See which micro-frontends the portal is made of, and their health"),
    )
    CHANGE_MICROFRONTENDS = (
        "shell:microfrontends:change",
        _l("Register, disable and roll back micro-frontends, and send people to another version"),
    )
