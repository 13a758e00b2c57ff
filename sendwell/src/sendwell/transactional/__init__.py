"""Single messages: test sends and notices."""
