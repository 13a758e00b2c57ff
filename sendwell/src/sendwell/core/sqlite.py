"""Makes Python use an SQLite without the WAL-reset bug, before anything imports sqlite3.

Lives here: the swap and the check of the version. Must not live here: anything that opens a database.
SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that two connections write and checkpoint at once, which is
what our web server and worker do. Debian 12 carries 3.40.
"""

from __future__ import annotations

import os
import sys

SAFE_VERSION = (3, 51, 3)


class UnsafeSqliteError(RuntimeError):
    """This Python's SQLite can corrupt a database that several processes write."""


def use_safe_sqlite() -> None:
    """Put pysqlite3 in the place of sqlite3 if the standard one is older than 3.51.3.

    Raises UnsafeSqliteError, naming the two ways out, where no safe SQLite can be had and the database is one.
    """
    import sqlite3

    if sqlite3.sqlite_version_info >= SAFE_VERSION or os.environ.get("SENDWELL_DATABASE_URL", "").startswith(
        "postgres"
    ):
        return
    try:
        import pysqlite3
    except ImportError:
        raise UnsafeSqliteError(_ways_out(sqlite3.sqlite_version)) from None
    if pysqlite3.sqlite_version_info < SAFE_VERSION:
        raise UnsafeSqliteError(_ways_out(pysqlite3.sqlite_version))
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def _ways_out(version: str) -> str:
    return (
        f"SQLite {version} can corrupt a database that several processes write. Two ways out: install a Python whose "
        "sqlite3 is 3.51.3 or newer (or `pip install 'pysqlite3>=0.6.1'`, which carries one), or use PostgreSQL by "
        "setting SENDWELL_DATABASE_URL=postgresql://..."
    )
