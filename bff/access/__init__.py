"""Who may do what: permissions on routes, role and exclusion files, assignments."""
