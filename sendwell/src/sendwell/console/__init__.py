"""The owner's pages that belong to no single feature."""
