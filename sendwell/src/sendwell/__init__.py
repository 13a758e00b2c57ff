"""sendwell: a self-hosted sending platform on Amazon SES."""

from sendwell.core.sqlite import use_safe_sqlite

use_safe_sqlite()

__version__ = "0.1.0"
