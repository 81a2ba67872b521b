"""Policies for the garden."""

TWO = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - action: garden.shut_gate
      approvals: 2
      checker: "garden:gate:approve"
"""
BANDS = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - action: garden.shut_gate
      approvals: 0
      checker: "garden:gate:approve"
      bands:
        - {currency: KGM, from: "10", approvals: 1}
        - {currency: KGM, from: "100", approvals: 2}
        - {currency: LBR, from: "1", approvals: 9}
"""
PAIRS = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - action: garden.shut_gate
      pairs: [{maker: gardener, checker: warden}]
      checker: "garden:gate:view"
"""
ANYONE_WITH_BOTH = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - {action: garden.shut_gate, approvals: 1}
"""
