"""`sendwell keys rotate`: a new key in front of the ring, and the stored secrets under it."""

from __future__ import annotations

from sendwell.core import keyring
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRingError
from sendwell.launcher.holders import DataLock


def rotate(parts: Installation) -> str:
    """Write the rotated ring, then encrypt secrets again; what was done, in one line.

    Raises KeyRingError if the ring is not a file of ours, HeldError while `sendwell up` runs: a running process would
    go on with the old ring and could not read what the new key encrypted.
    """
    if parts.config.keyring:
        raise KeyRingError(
            "The key ring comes from SENDWELL_KEYRING, so sendwell cannot write it. Unset it to use a file."
        )
    lock = DataLock(parts.config.data_dir)
    lock.take("`sendwell keys rotate`")
    try:
        from sendwell.connections import service as connections
        from sendwell.forms import service as forms

        ring = parts.ring.rotated()
        keyring.write(parts.config.keyring_file, ring)  # first: a crash here leaves secrets that both rings open
        count = connections.reencrypt_secrets(ring) + forms.reencrypt_secrets(ring)
    finally:
        lock.release()
    return (
        f"The key ring has {len(ring.encryption)} encryption keys now; {count} stored secrets are under the newest one."
    )
