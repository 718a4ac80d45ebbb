"""Examples of the calls most people begin with: (request, answer) by operation."""

from __future__ import annotations

from typing import Any

from api.examples_campaigns import CAMPAIGNS
from api.examples_contacts import CONTACTS

_SENT = {
    "batch_id": "bat_01hq3x7s0c9m2k5v8w1z",
    "accepted": 1,
    "rejected": 0,
    "cost": "0.80",
    "currency": "KES",
    "balance": "499.20",
    "messages": [
        {
            "id": "msg_01hq3x7s0c9m2k5v8w1z00",
            "to": "254712345678",
            "status": "queued",
            "segments": 1,
            "encoding": "GSM-7",
            "cost": "0.80",
            "reference": "order-1042",
            "schedule_at": None,
        }
    ],
    "errors": [],
}

EXAMPLES: dict[str, tuple[Any, Any]] = {
    **CAMPAIGNS,
    **CONTACTS,
    "signUp": (
        {
            "business_name": "Mama Njeri Salon",
            "contact_name": "Njeri Wambui",
            "phone": "0712345678",
            "email": "njeri@example.com",
            "language": "sw",
            "accept_terms": True,
        },
        {
            "tenant": {"id": 7, "name": "Mama Njeri Salon", "status": "unverified"},
            "verification": {"channel": "sms", "expires_at": "2026-11-23T08:10:00Z"},
        },
    ),
    "verifySignUp": (
        {"tenant_id": 7, "code": "123456"},
        {
            "tenant": {"id": 7, "name": "Mama Njeri Salon", "status": "pending"},
            "keys": {"live": "sk_live_…", "test": "sk_test_…"},
        },
    ),
    "sendText": (
        {
            "to": "0712345678",
            "message": "Habari Njeri, your appointment is tomorrow at 10.",
            "reference": "order-1042",
        },
        _SENT,
    ),
    "sendTexts": (
        {
            "messages": [
                {
                    "to": "0712345678",
                    "message": "Habari Njeri, your appointment is tomorrow at 10.",
                    "reference": "order-1042",
                }
            ]
        },
        _SENT,
    ),
    "estimateText": (
        {"to": ["0712345678", "0733000111"], "message": "Karibu! We’re open on Saturday."},
        {
            "recipients": 2,
            "segments": {"min": 1, "max": 1, "total": 2},
            "encoding": "UCS-2",
            "offending": [
                {
                    "character": "’",
                    "positions": [11],
                    "name": "RIGHT SINGLE QUOTATION MARK",
                    "suggestion": "'",
                }
            ],
            "rewrite": {"message": "Karibu! We're open on Saturday.", "saves": "0.00"},
            "price": "0.8000",
            "cost": "1.60",
            "currency": "KES",
            "balance_after": "497.60",
            "goes_at": "2026-11-23T08:00:00Z",
            "errors": [],
        },
    ),
    "getBalance": (
        None,
        {
            "currency": "KES",
            "available": "499.20",
            "held": "0.80",
            "credit_limit": "0.00",
            "price": "0.8000",
            "units": 624,
            "days_left": 12,
            "onfon": None,
        },
    ),
    "createTopUp": (
        {"amount": "500", "phone": "0712345678", "method": "mpesa"},
        {
            "id": "top_01hq3x7s0c9m2k5v8w1z",
            "status": "pending",
            "method": "mpesa",
            "amount": "500.00",
            "paid": None,
            "currency": "KES",
            "phone": "254712345678",
            "receipt": None,
            "result_code": None,
            "detail": "We sent an M-Pesa request for KES 500.00 to 0712 345 678.",
            "created_at": "2026-11-23T08:00:00Z",
            "ended_at": None,
        },
    ),
    "createKey": (
        {"name": "Till 2", "mode": "live", "scopes": ["messages:send", "messages:read"]},
        None,
    ),
    "adminAdjustWallet": (
        {"amount": "500", "reason": "Goodwill for the outage of 12 November"},
        {"tenant": 7, "amount": "500.00", "currency": "KES", "available": "999.20"},
    ),
    "listInbox": (
        None,
        {
            "data": [
                {
                    "id": "inb_01hq3x7s0c9m2k5v8w1z",
                    "from": "254712345678",
                    "to": "20880",
                    "message": "Acha tafadhali",
                    "verdict": "opt_out",
                    "answers": "msg_01hq3x7s0c9m2k5v8w1z00",
                    "received_at": "2026-11-23T08:00:00Z",
                }
            ],
            "has_more": False,
            "next": None,
        },
    ),
    "requestSenderId": (
        {"name": "NJERI", "class": "transactional", "purpose": "Appointments of our customers"},
        {
            "id": "snd_01hq3x7s0c9m2k5v8w1z",
            "name": "NJERI",
            "class": "transactional",
            "status": "requested",
            "operators": {
                "safaricom": "requested",
                "airtel": "requested",
                "telkom": "requested",
            },
            "purpose": "Appointments of our customers",
            "reason": None,
            "documents": [{"name": "letter.pdf", "media_type": "application/pdf"}],
            "created_at": "2026-11-23T08:00:00Z",
            "decided_at": None,
        },
    ),
}
