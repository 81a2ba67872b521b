"""The only way to change anything, and its memory: actions, approvals, audit."""
