"""What the portal costs, measured on a running one."""
