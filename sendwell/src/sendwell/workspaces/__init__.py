"""People, workspaces, roles, sign-in."""
