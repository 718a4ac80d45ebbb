"""Every table in one list, for migrations and for tests that empty them."""

from __future__ import annotations

from core.campaigns.models import Campaign, Template, TemplateVersion
from core.contacts.imports.models import Import, ImportPart, ImportRejection
from core.contacts.models import (
    Consent,
    Contact,
    ContactBook,
    Group,
    GroupMember,
    Suppression,
)
from core.database import Model
from core.dialogue.hops import UssdHop, UssdSession
from core.dialogue.store import ChatRow
from core.events import Event
from core.idempotency import IdempotencyRecord
from core.ledger.models import Account, Hold, Seal, Transfer
from core.messaging.models import (
    BatchCount,
    Blanked,
    Gate,
    GatewayAccount,
    GatewayBalance,
    GatewaySlot,
    Inbound,
    Message,
    Report,
    Sender,
    SenderDocument,
    SenderOperator,
    Spool,
    Submission,
    Switch,
    Usage,
)
from core.notices.models import (
    LiveMessage,
    LowBalance,
    Notice,
    Operator,
    OpsAlert,
    OpsCard,
    OpsQuestion,
)
from core.onboarding.models import PinCode, VerificationCode
from core.pace import Pace
from core.payments.models import MpesaNews, Payment, ProviderToken, StkPush, TopUp
from core.queue import Timetable
from core.quota import Quota
from core.telegram.models import TelegramMove, TelegramSecret, TelegramUpdate, TelegramView
from core.tenants.models import AdminKey, ApiKey, Audit, Invite, Membership, Person, Tenant, Tongue

TABLES: tuple[type[Model], ...] = (
    Account,
    AdminKey,
    ApiKey,
    Audit,
    BatchCount,
    Blanked,
    Campaign,
    ChatRow,
    Consent,
    Contact,
    ContactBook,
    Event,
    Gate,
    GatewayAccount,
    GatewayBalance,
    GatewaySlot,
    Group,
    GroupMember,
    Hold,
    IdempotencyRecord,
    Import,
    ImportPart,
    ImportRejection,
    Inbound,
    Invite,
    LiveMessage,
    LowBalance,
    Membership,
    Message,
    MpesaNews,
    Notice,
    Operator,
    OpsAlert,
    OpsCard,
    OpsQuestion,
    Pace,
    Payment,
    Person,
    PinCode,
    ProviderToken,
    Quota,
    Report,
    Seal,
    Sender,
    SenderDocument,
    SenderOperator,
    Spool,
    StkPush,
    Submission,
    Suppression,
    Switch,
    TelegramMove,
    TelegramSecret,
    TelegramUpdate,
    TelegramView,
    Template,
    TemplateVersion,
    Tenant,
    Timetable,
    Tongue,
    TopUp,
    Transfer,
    Usage,
    UssdHop,
    UssdSession,
    VerificationCode,
)
