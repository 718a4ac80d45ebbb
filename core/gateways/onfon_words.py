"""What Onfon's refusals mean, as data.

Source: captured replies and integrators' notes. Only codes 0 and 401 are established. The platform
is a white label of Indian resellers' software, whose published table (001 to 027) is the likeliest
for the rest, and one integrator keeps another (1 to 5, 100 to 104) that contradicts it. So texts
are asked before codes, and a code that means two things is never used.
"""

from __future__ import annotations

import re

__all__ = ["explain", "is_about_account"]

SENDER = "This sender ID is not approved for the SMS account."
CREDIT = "The SMS account has no credit left."
ACCESS = "The SMS gateway does not accept the account's keys."
INACTIVE = "The SMS account is locked or not active."
ADDRESS = "The SMS gateway does not accept calls from our address."
NUMBER = "The networks do not accept this number."
LOCAL_NUMBER = "The number is not in international form, such as 254712345678."
TEXT = "The SMS gateway does not accept this text."
REFUSED = "The SMS gateway refused this message."

# In this order. Behind Onfon stands a Jasmin gateway, which wraps the words "filter mismatch" in
# "CredentialValidationError" although the account is fine; and a client id can contain any word.
_BY_TEXT = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"source_address", SENDER),
        (r"destination_address", NUMBER),
        (r"\bcontent filter", TEXT),
        (r"filter mismatch", REFUSED),
        (r"sender", SENDER),
        (r"charging|credit|balance", CREDIT),
        # A number can be inactive too, and "blocked" is not "locked".
        (r"(account|user|client)\b.*\b(not active|inactive|locked|suspended|disabled)", INACTIVE),
        (r"\bip\b", ADDRESS),
        (r"credential|unauthori|access denied|^forbidden|\blogin\b", ACCESS),
        (r"(access|api) ?key|client ?id", ACCESS),
    )
)
_BY_CODE = {
    "6": REFUSED,
    "7": ACCESS,
    "8": INACTIVE,
    "9": INACTIVE,
    "10": ACCESS,
    "11": ADDRESS,
    "12": TEXT,
    "13": NUMBER,
    "14": INACTIVE,
    "15": SENDER,
    "21": CREDIT,
    "24": TEXT,
    "100": ACCESS,
    "101": ACCESS,
    "102": ACCESS,
    "103": INACTIVE,
    "104": ADDRESS,
    "401": SENDER,
}
_ACCOUNT = frozenset({CREDIT, ACCESS, INACTIVE, ADDRESS})


def explain(code: str | None, text: str | None) -> str:
    """A refusal in an English sentence, which is also the key to its Swahili."""
    said = (text or "").casefold()
    for pattern, sentence in _BY_TEXT:
        if pattern.search(said):
            return sentence
    return _BY_CODE.get(code or "", REFUSED)


def is_about_account(code: str | None, text: str | None) -> bool:
    """Whether every other text would be refused in the same way until somebody acts."""
    return explain(code, text) in _ACCOUNT
