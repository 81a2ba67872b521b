"""What may be done with settlement windows and settlements, in words that a role's owner understands."""

from flask_babel import lazy_gettext as _l

from bff import PermissionBase


class P(PermissionBase):
    """`settlement:<noun>:<verb>`; the roles in `roles/` name these."""

    VIEW_WINDOWS = "settlement:window:view", _l("See settlement windows and what they hold")
    CLOSE_WINDOW = "settlement:window:close", _l("Close the open settlement window")
    APPROVE_CLOSE = "settlement:window:approve", _l("Approve the closing of a settlement window")
    VIEW_SETTLEMENTS = "settlement:settlement:view", _l("See settlements")
    FINALISE = "settlement:settlement:finalise", _l("Settle closed windows and finalise settlements")
    APPROVE_SETTLEMENT = "settlement:settlement:approve", _l("Approve what is asked for on a settlement")
    VIEW_PARTICIPANTS = "settlement:participant:view", _l("See positions, caps and liquidity of participants in view")
