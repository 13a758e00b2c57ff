"""Connections to SES: region, credentials, environment, set-up state."""
