"""The conversations: one module a flow, each the same on every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.dialogue.engine import Engine
from core.dialogue.steps import Flow
from core.flows.account import account
from core.flows.approvals import approvals_, approve, reject
from core.flows.balance import balance
from core.flows.campaigns import campaign, campaigns_, cancel_campaign, resume_campaign
from core.flows.choose import choose
from core.flows.contacts import contacts
from core.flows.help import help_
from core.flows.imports import import_
from core.flows.inbox import inbox_
from core.flows.keys import keys_
from core.flows.language import language
from core.flows.link import link
from core.flows.menu import menu
from core.flows.register import register
from core.flows.reports import reports
from core.flows.send import send_
from core.flows.sender_ids import sender_ids_
from core.flows.team import team_
from core.flows.templates import templates_
from core.flows.topup import topup
from core.flows.visits import Visit, open_visit

__all__ = ["FLOWS", "Visit", "conversation", "open_visit"]

# Their names are kept in conversations and are commands on Telegram: add, never rename.
FLOWS: Mapping[str, Callable[[Visit], Flow]] = MappingProxyType(
    {
        "menu": menu,
        "register": register,
        "link": link,
        "choose": choose,
        "balance": balance,
        "topup": topup,
        "send": send_,
        "contacts": contacts,
        "reports": reports,
        "account": account,
        "team": team_,
        "keys": keys_,
        "language": language,
        "help": help_,
        "import": import_,
        "templates": templates_,
        "inbox": inbox_,
        "senders": sender_ids_,
        "campaigns": campaigns_,
        "approvals": approvals_,
        # Begun by buttons of messages, each about a campaign.
        "campaign": campaign,
        "resume_campaign": resume_campaign,
        "cancel_campaign": cancel_campaign,
        "approve": approve,
        "reject": reject,
    }
)
conversation: Engine[Visit] = Engine(FLOWS)
