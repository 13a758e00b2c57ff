"""Static files: hashed and compressed names once collected, plain names before (tests, checks). No assets live here."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class CollectedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """`sendwell web` collects into the data directory at its start, so a wheel works without a build step.

    Before that, names are left as they are and whitenoise serves the files from where they lie in the packages.
    """

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one if this file was not collected."""
        return str(self.hashed_files.get(self.hash_key(self.clean_name(name)), name))
