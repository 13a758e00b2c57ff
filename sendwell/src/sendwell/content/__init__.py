"""What a message says: immutable content and its rendering."""
