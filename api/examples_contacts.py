"""Examples of the calls about contacts: (request, answer) by operation."""

from __future__ import annotations

from typing import Any

_CONTACT = {
    "id": "con_01hq3x7s0c9m2k5v8w1z",
    "phone": "254712345678",
    "name": "Njeri Wambui",
    "language": "sw",
    "fields": {"balance": "1,500"},
    "status": "active",
    "groups": [{"id": "grp_01hq3x7s0c9m2k5v8w1z", "name": "Wateja"}],
    "consent": {
        "source": "till form",
        "wording": "I agree to offers by SMS.",
        "given_at": "2026-11-20T09:30:00Z",
        "noted_by": "key:key_01hq3x7s0c9m2k5v8w1z",
        "channel": "api",
    },
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": None,
}
_GROUP = {
    "id": "grp_01hq3x7s0c9m2k5v8w1z",
    "name": "Wateja",
    "size": 812,
    "created_at": "2026-11-23T08:00:00Z",
}
_IMPORT = {
    "id": "imp_01hq3x7s0c9m2k5v8w1z",
    "status": "running",
    "file": "wateja.csv",
    "dry_run": False,
    "group": "grp_01hq3x7s0c9m2k5v8w1z",
    "progress": 45,
    "rows": 450,
    "created": 400,
    "updated": 30,
    "duplicate": 15,
    "rejected": 5,
    "columns": [
        {"heading": "Mobile", "meaning": "phone"},
        {"heading": "Jina", "meaning": "name"},
        {"heading": "Balance", "meaning": "field"},
    ],
    "has_header": True,
    "encoding": "utf-8",
    "delimiter": ";",
    "sheet": None,
    "unread_sheets": [],
    "problem": None,
    "created_at": "2026-11-23T08:00:00Z",
    "started_at": "2026-11-23T08:00:01Z",
    "finished_at": None,
}

CONTACTS: dict[str, tuple[Any, Any]] = {
    "putContact": (
        {
            "phone": "0712345678",
            "name": "Njeri Wambui",
            "language": "sw",
            "fields": {"balance": "1,500"},
            "groups": ["grp_01hq3x7s0c9m2k5v8w1z"],
            "consent": {
                "source": "till form",
                "wording": "I agree to offers by SMS.",
                "given_at": "2026-11-20T12:30:00+03:00",
            },
        },
        _CONTACT,
    ),
    "updateContact": ({"name": "Njeri W.", "fields": {"balance": None}}, None),
    "getContact": (None, _CONTACT),
    "blockContact": (None, {**_CONTACT, "status": "blocked"}),
    "createGroup": ({"name": "Wateja"}, _GROUP),
    "getGroup": (None, _GROUP),
    "addMembers": (
        {"contacts": ["con_01hq3x7s0c9m2k5v8w1z"], "phones": ["0733000111", "12"]},
        {
            "added": 2,
            "already": 0,
            "created": 1,
            "size": 814,
            "errors": [
                {
                    "field": "phones",
                    "code": "invalid_number",
                    "detail": "12 is too short. A mobile number has 10 digits, like 0712 345 678.",
                    "to": "12",
                }
            ],
        },
    ),
    "removeMembers": (
        {"phones": ["0733000111"]},
        {"removed": 1, "absent": 0, "size": 813, "errors": []},
    ),
    "importContacts": (
        None,
        {
            **_IMPORT,
            "status": "queued",
            "progress": 0,
            "rows": 0,
            "created": 0,
            "updated": 0,
            "duplicate": 0,
            "rejected": 0,
        },
    ),
    "getImport": (None, _IMPORT),
    "startImport": (
        {"columns": {"phone": "Mobile"}, "consent": {"source": "till form", "wording": "Yes"}},
        None,
    ),
    "addOptOuts": (
        {"phones": ["0712345678"], "class": "promotional", "source": "call of 23 November"},
        {"added": 1, "already": 0, "errors": []},
    ),
}
