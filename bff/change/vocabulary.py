"""What may be done with an app's audit: one permission, which the library brings to every app."""

from typing import cast

from flask_babel import lazy_gettext as _l

from bff.access.permissions import PermissionBase


def audit_permission(app_name: str) -> PermissionBase:
    """`<app>:audit:view` with its sentence."""
    sentence = _l("Read the audit of what happens here")
    kind = cast(type[PermissionBase], PermissionBase("AuditPermission", {"VIEW": (f"{app_name}:audit:view", sentence)}))
    return next(iter(kind))
