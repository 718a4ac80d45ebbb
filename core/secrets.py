"""Keeping secrets: sealed boxes for what must be read again, digests for what must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import zlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.settings import settings

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 32
CHECK_LENGTH = 6


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, place = divmod(number, 62)
        digits = _BASE62[place] + digits
    return digits


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), CHECK_LENGTH)


def make_key(prefix: str) -> str:
    """Make an API key: prefix, random part, and a checksum that catches a mistyped one."""
    random_part = "".join(secrets.choice(_BASE62) for _ in range(RANDOM_LENGTH))
    return f"{prefix}_{random_part}{_checksum(random_part)}"


def is_well_formed(key: str) -> bool:
    """Say whether a key can be one of ours, without asking the database."""
    _, _, tail = key.rpartition("_")
    if len(tail) != RANDOM_LENGTH + CHECK_LENGTH or not tail.isascii():
        return False
    return hmac.compare_digest(_checksum(tail[:RANDOM_LENGTH]), tail[RANDOM_LENGTH:])


def digest(key: str) -> str:
    """Digest a random key. It has 190 bits of chance in it, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


def keyed_digest(purpose: str, text: str) -> str:
    """Digest something guessable, such as a six-digit code, with the installation's key."""
    key = settings().app.secret_key.encode()
    return hmac.new(key, f"{purpose}|{text}".encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def make_code(digits: int = 6) -> str:
    """Make a code of decimal digits for a person to type."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def make_token() -> str:
    """Make a secret for a URL: 128 bits in hex, in which no forbidden word can occur."""
    return secrets.token_hex(16)


def _box() -> MultiFernet:
    # The first key seals; the others, kept in front of a comma, still open what they sealed.
    keys = settings().app.secret_key.split(",")
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"box|{key}".encode()).digest()))
            for key in keys
        ]
    )


def seal(text: str) -> str:
    """Encrypt something that must be read again, such as a provider's password."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made. Raises ValueError when no present key opens it."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("No present secret_key opens this; was it changed?") from error
