"""The files that `bizops reports new` writes, one for each source: small, whole, and fit to run."""

from collections.abc import Mapping

from microfrontends.reports.domain.definition import Source

BEGINNING = """\
# TITLE: what each participant sent in one settlement window. docs/reference/report-file.md explains every field.
apiVersion: mojaloop.io/v1
kind: MojaloopReport
metadata:
  name: NAME
spec:
  scope: session # hub staff see all rows, a participant's people their own
  title: {en: TITLE}
  group: {en: Own reports}
  description: {en: What each participant sent in one settlement window.}
  endpoint:
    path: /NAME
    params:
      - {name: settlementWindowId, type: window, required: true, label: {en: Settlement window}}
      - {name: currency, type: currency, label: {en: Currency}}
  queries:
    - name: transfers
      columns:
        - {key: participant, label: {en: Participant}}
        - {key: currency, label: {en: Currency}}
        - {key: sent, type: money, currency: currency, total: true, label: {en: Sent}}
        - {key: transfers, type: integer, total: true, label: {en: Transfers}}
      query: |
        SELECT p.name AS participant, t.currencyId AS currency, SUM(tp.amount) AS sent, COUNT(*) AS transfers
        FROM transferFulfilment f
        JOIN transfer t ON t.transferId = f.transferId
        JOIN transferParticipant tp ON tp.transferId = t.transferId AND tp.transferParticipantRoleTypeId = 1
        JOIN participant p ON p.participantId = tp.participantId
        WHERE f.settlementWindowId = :settlementWindowId
          AND f.isValid = 1
          AND tp.ledgerEntryTypeId = 1
          AND (SELECT c.transferStateId
               FROM transferStateChange c
               WHERE c.transferId = t.transferId
               ORDER BY c.transferStateChangeId DESC
               LIMIT 1) IN ('COMMITTED', 'SETTLED')
          AND (:all_participants = 1 OR p.name IN (:participants))
          AND (:currency IS NULL OR t.currencyId = :currency)
        GROUP BY p.name, t.currencyId
        ORDER BY p.name, t.currencyId
"""

_HEAD = """\
# TITLE. docs/reference/report-file.md explains every field.
apiVersion: mojaloop.io/v1
kind: MojaloopReport
metadata:
  name: NAME
spec:
  source: SOURCE # the portal's own data, gathered in the reader's name when the report is read
  scope: hub # hub staff alone
  title: {en: TITLE}
  group: {en: Own reports}
  endpoint:
    path: /NAME
"""
_APPROVALS = """\
  queries:
    - name: requests
      columns:
        - {key: state, type: state, label: {en: State}}
        - {key: requests, type: integer, total: true, label: {en: Requests}}
      query: |
        SELECT r.state, COUNT(*) AS requests
        FROM request r
        GROUP BY r.state
        ORDER BY r.state
"""
_ACCESS = """\
  queries:
    - name: roles
      columns:
        - {key: role, label: {en: Role}}
        - {key: holders, type: integer, label: {en: Holders}}
      query: |
        SELECT r.role, COUNT(g.personId) AS holders
        FROM roleDefinition r
        LEFT JOIN roleGrant g ON g.role = r.role
        GROUP BY r.role
        ORDER BY r.role
"""
BEGINNINGS: Mapping[Source, str] = {
    Source.HUB: BEGINNING,
    Source.APPROVALS: _HEAD.replace("SOURCE", Source.APPROVALS) + _APPROVALS,
    Source.ACCESS: _HEAD.replace("SOURCE", Source.ACCESS) + _ACCESS,
}


def beginning(name: str, source: Source, permission: str) -> str:
    """The file of a new report."""
    text = BEGINNINGS[source].replace("NAME", name).replace("TITLE", name.replace("-", " ").capitalize())
    return text.replace("  scope:", f"  permission: {permission}\n  scope:", 1) if permission else text
