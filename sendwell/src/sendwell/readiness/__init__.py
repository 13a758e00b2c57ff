"""The way out of the sandbox: request, review, evidence."""
