"""Examples of the calls about campaigns and templates."""

from __future__ import annotations

from typing import Any

_ESTIMATE = {
    "recipients": 3,
    "segments": {"min": 1, "max": 1, "total": 3},
    "encoding": "GSM-7",
    "offending": [],
    "rewrite": None,
    "price": "0.8000",
    "cost": "2.40",
    "currency": "KES",
    "balance_after": "497.60",
    "goes_at": "2026-11-23T08:00:00Z",
    "errors": [],
    "spread": {"1": 3},
    "left_out": {"opted_out": 1},
    "affordable": 3,
    "until": "2026-11-23T08:00:01Z",
    "windows": [],
    "closed": [],
    "without_consent": 0,
    "missing": [],
    "obstacle": None,
}

_CAMPAIGN: dict[str, Any] = {
    "id": "cmp_01hq3x7s0c9m2k5v8w1z",
    "name": "Saturday",
    "status": "preparing",
    "class": "transactional",
    "sender_id": None,
    "message": "Habari {{first_name|rafiki}}, we are open on Saturday.",
    "template": None,
    "params": {},
    "audience": {
        "everyone": False,
        "groups": ["grp_01hq3x7s0c9m2k5v8w1z"],
        "contacts": 0,
        "to": 0,
    },
    "rewrite": "never",
    "schedule_at": None,
    "first": None,
    "recipients": 3,
    "left_out": {"duplicate": 1},
    "counters": {},
    "progress": 0,
    "cost": "2.40",
    "charged": "0.00",
    "held": "2.40",
    "released": "0.00",
    "currency": "KES",
    "eta": "2026-11-23T08:00:01Z",
    "good_until": "2026-11-23T21:00:00Z",
    "problem": None,
    "created_at": "2026-11-23T08:00:00Z",
    "started_at": "2026-11-23T08:00:00Z",
    "finished_at": None,
    "estimate": None,
    "refusals": [],
}

_TEMPLATE = {
    "id": "tpl_01hq3x7s0c9m2k5v8w1z",
    "name": "Reminder",
    "version": 1,
    "language": "en",
    "message": "Hello {{name|friend}}, your appointment is at {{time}}.",
    "messages": {
        "en": "Hello {{name|friend}}, your appointment is at {{time}}.",
        "sw": "Habari {{name|rafiki}}, miadi yako ni saa {{time}}.",
    },
    "placeholders": ["name", "time"],
    "created_at": "2026-11-23T08:00:00Z",
    "updated_at": "2026-11-23T08:00:00Z",
}

CAMPAIGNS: dict[str, tuple[Any, Any]] = {
    "createCampaign": (
        {
            "name": "Saturday",
            "message": "Habari {{first_name|rafiki}}, we are open on Saturday.",
            "groups": ["grp_01hq3x7s0c9m2k5v8w1z"],
        },
        _CAMPAIGN,
    ),
    "getCampaign": (
        None,
        _CAMPAIGN
        | {
            "status": "draft",
            "held": "0.00",
            "eta": None,
            "good_until": None,
            "started_at": None,
            "estimate": _ESTIMATE,
        },
    ),
    "sendCampaign": ({"first": 100}, None),
    "resumeCampaign": ({"confirm": True}, None),
    "testCampaign": ({"to": "0712345678"}, None),
    "createTemplate": (
        {
            "name": "Reminder",
            "language": "en",
            "messages": _TEMPLATE["messages"],
        },
        _TEMPLATE,
    ),
    "previewTemplate": (
        {"contact": "con_01hq3x7s0c9m2k5v8w1z", "params": {"time": "10:00"}},
        {
            "message": "Habari Njeri, miadi yako ni saa 10:00.",
            "language": "sw",
            "encoding": "GSM-7",
            "segments": 1,
            "missing": [],
        },
    ),
}
