"""People of the portal: who they are, which roles and participants they have, and what they may do by them."""
