"""The tables as they first were, and the operator's own accounts."""

from peewee import *

from core.database import InstantField

INDEXES = (
    'CREATE INDEX "audit_tenant" ON "audit" ("tenant_id", "id")',
    'CREATE UNIQUE INDEX "contact_msisdn" ON "contact" ("tenant_id", "msisdn")',
    'CREATE INDEX "contact_name" ON "contact" ("tenant_id", "name", "id")',
    'CREATE INDEX "event_tenant" ON "event" ("tenant_id", "sequence")',
    'CREATE INDEX "event_unnoticed" ON "event" ("sequence") WHERE noticed_at IS NULL',
    'CREATE INDEX "gatewaybalance_latest" ON "gateway_balance" ("account_id", "id")',
    'CREATE UNIQUE INDEX "contact_group_name" ON "contact_group" ("tenant_id", "name_key")',
    'CREATE INDEX "contact_group_member_contact" ON "contact_group_member" ("tenant_id", "contact_id")',
    'CREATE UNIQUE INDEX "hold_once" ON "hold" ("once") WHERE ("once" IS NOT NULL)',
    'CREATE INDEX "hold_account" ON "hold" ("account_id", "created_at")',
    'CREATE INDEX "message_tenant" ON "message" ("tenant_id", "id")',
    'CREATE INDEX "message_msisdn" ON "message" ("tenant_id", "msisdn", "id")',
    'CREATE INDEX "message_queue" ON "message" ("account_id", "lane", "tenant_id", "id") WHERE status = \'queued\'',
    'CREATE INDEX "message_due" ON "message" ("due_at") WHERE status = \'scheduled\'',
    'CREATE INDEX "message_submission" ON "message" ("submission_id") WHERE ("submission_id" IS NOT NULL)',
    'CREATE INDEX "message_provider" ON "message" ("provider_id") WHERE ("provider_id" IS NOT NULL)',
    'CREATE INDEX "message_unnamed" ON "message" ("msisdn") WHERE provider_id IS NULL AND status IN (\'unknown\', \'submitted\')',
    'CREATE INDEX "message_reference" ON "message" ("tenant_id", "reference", "id") WHERE ("reference" IS NOT NULL)',
    'CREATE INDEX "mpesanews_new" ON "mpesa_news" ("id") WHERE state = \'new\'',
    'CREATE INDEX "notice_due" ON "notice" ("due_at") WHERE state = \'new\'',
    'CREATE INDEX "notice_posting" ON "notice" ("lease_until") WHERE state = \'posting\'',
    'CREATE INDEX "notice_done" ON "notice" ("done_at") WHERE ("done_at" IS NOT NULL)',
    'CREATE UNIQUE INDEX "opsalert_open" ON "ops_alert" ("cause") WHERE is_open',
    'CREATE INDEX "opscard_subject" ON "ops_card" ("subject")',
    'CREATE INDEX "opscard_stale" ON "ops_card" ("due_at") WHERE shown < wanted',
    'CREATE INDEX "opsquestion_open" ON "ops_question" ("asked_by") WHERE is_open',
    'CREATE INDEX "payment_tenant" ON "payment" ("tenant_id", "created_at")',
    'CREATE INDEX "payment_suspense" ON "payment" ("created_at") WHERE status = \'suspense\'',
    'CREATE INDEX "report_provider" ON "report" ("provider_id")',
    'CREATE INDEX "report_new" ON "report" ("id") WHERE state = \'new\'',
    'CREATE INDEX "report_waiting" ON "report" ("retry_at") WHERE state = \'waiting\'',
    'CREATE UNIQUE INDEX "stkpush_open_phone" ON "stk_push" ("phone") WHERE is_open',
    'CREATE INDEX "stkpush_phone" ON "stk_push" ("phone", "created_at")',
    'CREATE INDEX "stkpush_created" ON "stk_push" ("created_at")',
    'CREATE INDEX "stkpush_new" ON "stk_push" ("push_at") WHERE state = \'new\'',
    'CREATE INDEX "stkpush_sending" ON "stk_push" ("lease_until") WHERE state = \'sending\'',
    'CREATE INDEX "stkpush_query" ON "stk_push" ("query_at") WHERE ("query_at" IS NOT NULL)',
    'CREATE INDEX "submission_posting" ON "submission" ("lease_until") WHERE state = \'posting\'',
    'CREATE INDEX "submission_unknown" ON "submission" ("created_at") WHERE state = \'unknown\'',
    'CREATE INDEX "telegram_waiting" ON "telegram_update" ("update_id") WHERE handled_at IS NULL',
    'CREATE INDEX "tenant_status" ON "tenant" ("status", "id")',
    'CREATE UNIQUE INDEX "tenant_signup" ON "tenant" ("phone") WHERE status = \'unverified\'',
    'CREATE INDEX "topup_tenant" ON "top_up" ("tenant_id", "id")',
    'CREATE INDEX "topup_code" ON "top_up" ("tenant_id", "code")',
    'CREATE INDEX "topup_confirming" ON "top_up" ("tenant_id") WHERE status = \'confirming\'',
    'CREATE INDEX "transfer_credit" ON "transfer" ("credit_id", "id")',
    'CREATE INDEX "transfer_debit" ON "transfer" ("debit_id", "id")',
    'CREATE UNIQUE INDEX "ussdsession_gateway" ON "ussd_session" ("dialect", "session_id")',
    'CREATE INDEX "ussdsession_of" ON "ussd_session" ("msisdn", "id")',
)

PLATFORM_ACCOUNTS = (
    "mpesa",
    "card",
    "suspense",
    "revenue",
    "refunds",
    "adjustments",
    "trial",
    "onfon_float",
    "onfon_cost",
    "vat",
    "play_money",
    "play_revenue",
)


def up(migrator, db):
    class Account(Model):
        kind = CharField(max_length=20)
        tenant_id = IntegerField(null=True)
        posted_debit = BigIntegerField(default=0)
        posted_credit = BigIntegerField(default=0)
        pending = BigIntegerField(default=0)
        credit_limit = BigIntegerField(default=0)
        spending_day = IntegerField(default=0)
        spent_that_day = BigIntegerField(default=0)
        daily_cap = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "account"
            constraints = [
                Check("pending >= 0"),
            ]
            indexes = ((("tenant_id", "kind"), True),)

    db.create_tables([Account])

    class AdminKey(Model):
        id = CharField(primary_key=True, max_length=30)
        name = CharField(max_length=80)
        digest = CharField(unique=True, max_length=64)
        created_at = InstantField()
        revoked_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "admin_key"

    db.create_tables([AdminKey])

    class ApiKey(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField(index=True)
        name = CharField(max_length=80)
        mode = CharField(max_length=4)
        digest = CharField(unique=True, max_length=64)
        hint = CharField(max_length=20)
        scopes = TextField(default="*")
        allowed_ips = TextField(default="")
        created_at = InstantField()
        expires_at = InstantField(null=True)
        revoked_at = InstantField(null=True)
        last_used_at = InstantField(null=True)
        replaced_by = CharField(null=True, max_length=30)
        once = CharField(unique=True, null=True, max_length=120)

        class Meta:
            database = db
            table_name = "api_key"

    db.create_tables([ApiKey])

    class Audit(Model):
        id = BigAutoField()
        tenant_id = IntegerField(null=True)
        actor = CharField(max_length=60)
        channel = CharField(max_length=12)
        act = CharField(max_length=60)
        subject = CharField(null=True, max_length=60)
        before = TextField(null=True)
        after = TextField(null=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "audit"

    db.create_tables([Audit])

    class ChatRow(Model):
        channel = CharField(max_length=12)
        address = CharField(max_length=40)
        id = CharField(max_length=30)
        flow = CharField(max_length=40)
        answers = TextField()
        asked = CharField(max_length=60)
        shown = TextField()
        version = IntegerField()
        updated_at = InstantField(index=True)

        class Meta:
            database = db
            table_name = "chat"
            primary_key = CompositeKey("channel", "address")

    db.create_tables([ChatRow])

    class Contact(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        msisdn = CharField(max_length=15)
        name = CharField(max_length=120, default="")
        language = CharField(null=True, max_length=5)
        status = CharField(max_length=10, default="active")
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "contact"

    db.create_tables([Contact])

    class Event(Model):
        sequence = BigAutoField()
        id = CharField(unique=True, max_length=30)
        name = CharField(max_length=40)
        tenant_id = IntegerField(null=True)
        data = TextField()
        created_at = InstantField()
        noticed_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "event"

    db.create_tables([Event])

    class GatewayAccount(Model):
        kind = CharField(max_length=12)
        tenant_id = IntegerField(unique=True, null=True)
        credentials = TextField(null=True)
        next_slot_at = InstantField(default=0)
        paused_until = InstantField(default=0)
        paused_why = CharField(null=True, max_length=300)
        failures = IntegerField(default=0)
        turn = IntegerField(default=-1)
        advert_turn = IntegerField(default=-1)

        class Meta:
            database = db
            table_name = "gateway_account"

    db.create_tables([GatewayAccount])

    class GatewayBalance(Model):
        id = BigAutoField()
        account_id = IntegerField()
        said = CharField(max_length=60)
        units = BigIntegerField()
        is_money = BooleanField()
        booked = BigIntegerField(default=0)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "gateway_balance"

    db.create_tables([GatewayBalance])

    class GatewaySlot(Model):
        account_id = IntegerField()
        number = IntegerField()
        holder = CharField(max_length=40, default="")
        lease_until = InstantField(default=0)

        class Meta:
            database = db
            table_name = "gateway_slot"
            primary_key = CompositeKey("account_id", "number")

    db.create_tables([GatewaySlot])

    class Group(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        name = CharField(max_length=60)
        name_key = CharField(max_length=120)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "contact_group"

    db.create_tables([Group])

    class GroupMember(Model):
        tenant_id = IntegerField()
        group_id = CharField(max_length=30)
        contact_id = CharField(max_length=30)

        class Meta:
            database = db
            table_name = "contact_group_member"
            primary_key = CompositeKey("tenant_id", "group_id", "contact_id")

    db.create_tables([GroupMember])

    class Hold(Model):
        id = CharField(primary_key=True, max_length=40)
        account_id = IntegerField()
        amount = BigIntegerField()
        taken = BigIntegerField(default=0)
        released = BigIntegerField(default=0)
        once = CharField(null=True, max_length=300)
        actor = CharField(max_length=60)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "hold"
            constraints = [
                Check("taken >= 0 AND released >= 0 AND taken + released <= amount"),
            ]

    db.create_tables([Hold])

    class IdempotencyRecord(Model):
        scope = CharField(max_length=160)
        key = CharField()
        fingerprint = CharField(max_length=64)
        lease_until = InstantField()
        status = IntegerField(null=True)
        content_type = CharField(null=True, max_length=80)
        body = BlobField(null=True)
        created_at = InstantField(index=True)

        class Meta:
            database = db
            table_name = "idempotency_record"
            primary_key = CompositeKey("scope", "key")

    db.create_tables([IdempotencyRecord])

    class Invite(Model):
        tenant_id = IntegerField()
        msisdn = CharField(index=True, max_length=15)
        role = CharField(max_length=10)
        invited_by = CharField(max_length=30)
        once = CharField(max_length=120)
        created_at = InstantField()
        expires_at = InstantField()

        class Meta:
            database = db
            table_name = "invite"
            primary_key = CompositeKey("tenant_id", "msisdn")

    db.create_tables([Invite])

    class LowBalance(Model):
        tenant_id = IntegerField(primary_key=True)
        since = InstantField()

        class Meta:
            database = db
            table_name = "low_balance"

    db.create_tables([LowBalance])

    class Membership(Model):
        person_id = CharField(index=True, max_length=30)
        tenant_id = IntegerField()
        role = CharField(max_length=10)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "membership"
            primary_key = CompositeKey("tenant_id", "person_id")

    db.create_tables([Membership])

    class Message(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        batch_id = CharField(max_length=40)
        account_id = IntegerField()
        lane = SmallIntegerField()
        category = CharField(max_length=14)
        sender = CharField(max_length=11)
        msisdn = CharField(max_length=15)
        body = TextField()
        is_unicode = BooleanField()
        segments = SmallIntegerField()
        cost = BigIntegerField()
        status = CharField(max_length=11)
        charge = CharField(max_length=8, default="held")
        reference = CharField(null=True, max_length=100)
        due_at = InstantField(null=True)
        created_at = InstantField()
        submission_id = CharField(null=True, max_length=30)
        provider_id = CharField(null=True, max_length=128)
        submitted_at = InstantField(null=True)
        final_at = InstantField(null=True)
        reason = CharField(null=True, max_length=500)

        class Meta:
            database = db
            table_name = "message"
            constraints = [
                Check("cost >= 0"),
            ]

    db.create_tables([Message])

    class MpesaNews(Model):
        id = BigAutoField()
        kind = CharField(max_length=12)
        token = CharField(null=True, max_length=64)
        address = CharField(max_length=45)
        body = BlobField()
        state = CharField(max_length=12, default="new")
        why = CharField(null=True, max_length=300)
        tries = SmallIntegerField(default=0)
        retry_at = InstantField(default=0)
        released_by = CharField(null=True, max_length=60)
        received_at = InstantField()
        done_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "mpesa_news"

    db.create_tables([MpesaNews])

    class Notice(Model):
        id = CharField(primary_key=True, max_length=30)
        cause = CharField(max_length=60)
        recipient = CharField(max_length=40)
        kind = CharField(max_length=40)
        tenant_id = IntegerField(null=True)
        data = TextField()
        state = CharField(max_length=8, default="new")
        due_at = InstantField()
        lease_until = InstantField(default=0)
        tries = SmallIntegerField(default=0)
        channel = CharField(null=True, max_length=8)
        why = CharField(null=True, max_length=300)
        created_at = InstantField()
        done_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "notice"
            indexes = ((("cause", "recipient", "kind"), True),)

    db.create_tables([Notice])

    class Operator(Model):
        telegram_id = BigIntegerField(primary_key=True)
        name = CharField(max_length=80)

        class Meta:
            database = db
            table_name = "operator"

    db.create_tables([Operator])

    class OpsAlert(Model):
        cause = CharField(max_length=60)
        is_open = BooleanField(default=True)
        since = InstantField()
        opened_at = InstantField()
        last_at = InstantField()
        count = IntegerField(default=1)
        details = TextField(default="[]")
        seen_by = CharField(null=True, max_length=60)
        seen_at = InstantField(null=True)
        muted_until = InstantField(default=0)

        class Meta:
            database = db
            table_name = "ops_alert"

    db.create_tables([OpsAlert])

    class OpsCard(Model):
        subject = CharField(max_length=60)
        chat_id = BigIntegerField()
        message_id = BigIntegerField()
        wanted = IntegerField(default=1)
        shown = IntegerField(default=0)
        look = CharField(max_length=64, default="")
        due_at = InstantField(default=0)
        tries = SmallIntegerField(default=0)
        posted_at = InstantField()

        class Meta:
            database = db
            table_name = "ops_card"
            indexes = ((("chat_id", "message_id"), True),)

    db.create_tables([OpsCard])

    class OpsQuestion(Model):
        id = CharField(primary_key=True, max_length=30)
        once = CharField(unique=True, max_length=60)
        act = CharField(max_length=12)
        asks = CharField(max_length=6)
        args = TextField()
        asked_by = BigIntegerField()
        chat_id = BigIntegerField()
        message_id = BigIntegerField(null=True)
        is_open = BooleanField(default=True)
        outcome = CharField(null=True, max_length=1000)
        created_at = InstantField()
        expires_at = InstantField()

        class Meta:
            database = db
            table_name = "ops_question"

    db.create_tables([OpsQuestion])

    class Pace(Model):
        name = CharField(primary_key=True, max_length=80)
        next_at = InstantField()

        class Meta:
            database = db
            table_name = "pace"

    db.create_tables([Pace])

    class Payment(Model):
        receipt = CharField(primary_key=True, max_length=20)
        amount = BigIntegerField()
        status = CharField(max_length=10)
        source = CharField(max_length=10)
        other_sources = CharField(max_length=60, default="")
        tenant_id = IntegerField(null=True)
        topup_id = CharField(null=True, max_length=30)
        account_typed = CharField(max_length=60, default="")
        payer = CharField(max_length=120, default="")
        payer_name = CharField(max_length=120, default="")
        paid_at = InstantField(null=True)
        created_at = InstantField()
        credited_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "payment"

    db.create_tables([Payment])

    class Person(Model):
        id = CharField(primary_key=True, max_length=30)
        msisdn = CharField(unique=True, max_length=15)
        name = CharField(max_length=120)
        language = CharField(max_length=5, default="en")
        telegram_id = BigIntegerField(unique=True, null=True)
        telegram_ok = BooleanField(default=True)
        pin_digest = TextField(null=True)
        pin_failures = SmallIntegerField(default=0)
        pin_locks = SmallIntegerField(default=0)
        pin_locked_until = InstantField(default=0)
        current_tenant_id = IntegerField(null=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "person"

    db.create_tables([Person])

    class PinCode(Model):
        person_id = CharField(primary_key=True, max_length=30)
        digest = CharField(max_length=64)
        attempts_left = IntegerField()
        once = CharField(max_length=120)
        expires_at = InstantField()

        class Meta:
            database = db
            table_name = "pin_code"

    db.create_tables([PinCode])

    class ProviderToken(Model):
        name = CharField(primary_key=True, max_length=80)
        token = TextField(default="")
        expires_at = InstantField(default=0)
        fetching_until = InstantField(default=0)

        class Meta:
            database = db
            table_name = "provider_token"

    db.create_tables([ProviderToken])

    class Quota(Model):
        scope = CharField(max_length=120)
        window_start = BigIntegerField()
        used = IntegerField()

        class Meta:
            database = db
            table_name = "quota"
            primary_key = CompositeKey("scope", "window_start")

    db.create_tables([Quota])

    class Report(Model):
        id = BigAutoField()
        account_id = IntegerField()
        provider_id = CharField(max_length=128)
        msisdn = CharField(null=True, max_length=20)
        word = CharField(max_length=60)
        verdict = CharField(max_length=12)
        error_code = CharField(null=True, max_length=40)
        detail = CharField(null=True, max_length=300)
        state = CharField(max_length=8, default="new")
        retry_at = InstantField(default=0)
        received_at = InstantField()

        class Meta:
            database = db
            table_name = "report"

    db.create_tables([Report])

    class Seal(Model):
        day = IntegerField(primary_key=True)
        transfers = IntegerField()
        holds = IntegerField()
        digest = CharField(max_length=64)
        sealed_at = InstantField()

        class Meta:
            database = db
            table_name = "seal"

    db.create_tables([Seal])

    class Sender(Model):
        tenant_id = IntegerField()
        name = CharField(max_length=11)
        category = CharField(max_length=14, default="transactional")
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "sender"
            primary_key = CompositeKey("tenant_id", "name")

    db.create_tables([Sender])

    class StkPush(Model):
        topup_id = CharField(primary_key=True, max_length=30)
        token = CharField(unique=True, max_length=64)
        phone = CharField(max_length=15)
        state = CharField(max_length=10, default="new")
        is_open = BooleanField(default=True)
        open_until = InstantField(default=0)
        push_at = InstantField()
        lease_until = InstantField(default=0)
        merchant_request_id = CharField(null=True, max_length=64)
        checkout_request_id = CharField(unique=True, null=True, max_length=64)
        queries = IntegerField(default=0)
        query_at = InstantField(null=True)
        why = CharField(null=True, max_length=300)
        created_at = InstantField()
        sent_at = InstantField(null=True)
        heard_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "stk_push"

    db.create_tables([StkPush])

    class Submission(Model):
        id = CharField(primary_key=True, max_length=30)
        account_id = IntegerField()
        tenant_id = IntegerField()
        size = IntegerField()
        state = CharField(max_length=10)
        lease_until = InstantField()
        created_at = InstantField()
        answered_at = InstantField(null=True)
        why = CharField(null=True, max_length=300)
        reply = TextField(null=True)

        class Meta:
            database = db
            table_name = "submission"

    db.create_tables([Submission])

    class Suppression(Model):
        tenant_id = IntegerField()
        msisdn = CharField(max_length=15)
        category = CharField(max_length=14)
        source = CharField(max_length=40)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "suppression"
            primary_key = CompositeKey("tenant_id", "msisdn", "category")

    db.create_tables([Suppression])

    class Switch(Model):
        name = CharField(primary_key=True, max_length=30)
        since = InstantField()
        actor = CharField(max_length=60)
        reason = CharField(max_length=300)

        class Meta:
            database = db
            table_name = "switch"

    db.create_tables([Switch])

    class TelegramMove(Model):
        old_id = BigIntegerField(primary_key=True)
        new_id = BigIntegerField()
        moved_at = InstantField()

        class Meta:
            database = db
            table_name = "telegram_move"

    db.create_tables([TelegramMove])

    class TelegramSecret(Model):
        chat_id = BigIntegerField()
        message_id = BigIntegerField()
        due_at = InstantField(index=True)

        class Meta:
            database = db
            table_name = "telegram_secret"
            primary_key = CompositeKey("chat_id", "message_id")

    db.create_tables([TelegramSecret])

    class TelegramUpdate(Model):
        update_id = BigIntegerField(primary_key=True)
        body = TextField()
        received_at = InstantField(index=True)
        handled_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "telegram_update"

    db.create_tables([TelegramUpdate])

    class TelegramView(Model):
        chat_id = BigIntegerField(primary_key=True)
        message_id = BigIntegerField(null=True)
        version = IntegerField(default=0)
        asks = CharField(max_length=10, default="")
        is_kept = BooleanField(default=False)
        drawn_at = InstantField()

        class Meta:
            database = db
            table_name = "telegram_view"

    db.create_tables([TelegramView])

    class Tenant(Model):
        name = CharField(max_length=120)
        contact_name = CharField(max_length=120)
        phone = CharField(index=True, max_length=15)
        email = CharField(null=True, max_length=254)
        language = CharField(max_length=5, default="en")
        status = CharField(max_length=12, default="unverified")
        status_reason = CharField(null=True, max_length=500)
        tier = CharField(max_length=20, default="standard")
        price_units = BigIntegerField(null=True)
        account_number = CharField(unique=True, max_length=12)
        kra_pin = CharField(null=True, max_length=11)
        address = CharField(null=True, max_length=300)
        created_at = InstantField()
        verified_at = InstantField(null=True)
        approved_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "tenant"

    db.create_tables([Tenant])

    class Timetable(Model):
        name = CharField(primary_key=True, max_length=60)
        next_at = InstantField()

        class Meta:
            database = db
            table_name = "timetable"

    db.create_tables([Timetable])

    class Tongue(Model):
        channel = CharField(max_length=12)
        address = CharField(max_length=40)
        language = CharField(max_length=5)
        chosen_at = InstantField()

        class Meta:
            database = db
            table_name = "tongue"
            primary_key = CompositeKey("channel", "address")

    db.create_tables([Tongue])

    class TopUp(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        method = CharField(max_length=6)
        amount = BigIntegerField()
        phone = CharField(max_length=15)
        status = CharField(max_length=10, default="pending")
        paid = BigIntegerField(null=True)
        receipt = CharField(null=True, max_length=20)
        result_code = CharField(null=True, max_length=30)
        code = CharField(max_length=4)
        once = CharField(unique=True, max_length=300)
        actor = CharField(max_length=60)
        is_test = BooleanField(default=False)
        created_at = InstantField()
        ended_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "top_up"

    db.create_tables([TopUp])

    class Transfer(Model):
        id = BigAutoField()
        phase = CharField(max_length=8)
        debit_id = IntegerField()
        credit_id = IntegerField()
        amount = BigIntegerField()
        kind = CharField(max_length=20)
        once = CharField(unique=True, max_length=300)
        subject = CharField(max_length=60)
        actor = CharField(max_length=60)
        created_at = InstantField(index=True)

        class Meta:
            database = db
            table_name = "transfer"
            constraints = [
                Check("amount > 0"),
            ]

    db.create_tables([Transfer])

    class Usage(Model):
        tenant_id = IntegerField()
        day = IntegerField()
        sender = CharField(max_length=11)
        operator = CharField(max_length=20)
        status = CharField(max_length=11)
        is_test = BooleanField()
        messages = BigIntegerField()
        segments = BigIntegerField()
        cost = BigIntegerField()

        class Meta:
            database = db
            table_name = "usage"
            primary_key = CompositeKey(
                "tenant_id", "day", "sender", "operator", "status", "is_test"
            )

    db.create_tables([Usage])

    class UssdHop(Model):
        session_id = BigIntegerField()
        key = CharField(max_length=64)
        number = IntegerField()
        reply = TextField(null=True)
        arrived_at = InstantField()

        class Meta:
            database = db
            table_name = "ussd_hop"
            primary_key = CompositeKey("session_id", "key")

    db.create_tables([UssdHop])

    class UssdSession(Model):
        id = BigAutoField()
        dialect = CharField(max_length=40)
        session_id = CharField(max_length=100)
        msisdn = CharField(max_length=15)
        service_code = CharField(max_length=40)
        network = CharField(max_length=20)
        prefix = CharField(max_length=100)
        heard_length = IntegerField(default=0)
        heard_digest = CharField(max_length=64, default="")
        hops = IntegerField(default=0)
        shown = TextField(default="")
        is_over = BooleanField(default=False)
        outcome = CharField(null=True, max_length=40)
        holder = CharField(max_length=32)
        held_until = InstantField()
        started_at = InstantField()
        heard_at = InstantField(index=True)
        answered_at = InstantField(default=0)
        took_ms = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "ussd_session"

    db.create_tables([UssdSession])

    class VerificationCode(Model):
        tenant_id = IntegerField(index=True)
        digest = CharField(max_length=64)
        attempts_left = IntegerField()
        created_at = InstantField()
        expires_at = InstantField()
        used_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "verification_code"

    db.create_tables([VerificationCode])

    for statement in INDEXES:
        db.execute_sql(statement)
    for kind in PLATFORM_ACCOUNTS:
        Account.create(kind=kind)
    # The operator itself is tenant 0: verification codes are its texts, at no price.
    Tenant.insert(
        id=0,
        name="Platform",
        contact_name="Platform",
        phone="",
        status="active",
        price_units=0,
        account_number="0",
        created_at=0,
    ).execute()
    for purse in ("wallet", "play"):
        Account.create(kind=purse, tenant_id=0)
    GatewayAccount.create(kind="onfon")
    GatewayAccount.create(kind="rehearsal")


def down(migrator, db):
    migrator.migrate(migrator.drop_table("verification_code"))
    migrator.migrate(migrator.drop_table("ussd_session"))
    migrator.migrate(migrator.drop_table("ussd_hop"))
    migrator.migrate(migrator.drop_table("usage"))
    migrator.migrate(migrator.drop_table("transfer"))
    migrator.migrate(migrator.drop_table("top_up"))
    migrator.migrate(migrator.drop_table("tongue"))
    migrator.migrate(migrator.drop_table("timetable"))
    migrator.migrate(migrator.drop_table("tenant"))
    migrator.migrate(migrator.drop_table("telegram_view"))
    migrator.migrate(migrator.drop_table("telegram_update"))
    migrator.migrate(migrator.drop_table("telegram_secret"))
    migrator.migrate(migrator.drop_table("telegram_move"))
    migrator.migrate(migrator.drop_table("switch"))
    migrator.migrate(migrator.drop_table("suppression"))
    migrator.migrate(migrator.drop_table("submission"))
    migrator.migrate(migrator.drop_table("stk_push"))
    migrator.migrate(migrator.drop_table("sender"))
    migrator.migrate(migrator.drop_table("seal"))
    migrator.migrate(migrator.drop_table("report"))
    migrator.migrate(migrator.drop_table("quota"))
    migrator.migrate(migrator.drop_table("provider_token"))
    migrator.migrate(migrator.drop_table("pin_code"))
    migrator.migrate(migrator.drop_table("person"))
    migrator.migrate(migrator.drop_table("payment"))
    migrator.migrate(migrator.drop_table("pace"))
    migrator.migrate(migrator.drop_table("ops_question"))
    migrator.migrate(migrator.drop_table("ops_card"))
    migrator.migrate(migrator.drop_table("ops_alert"))
    migrator.migrate(migrator.drop_table("operator"))
    migrator.migrate(migrator.drop_table("notice"))
    migrator.migrate(migrator.drop_table("mpesa_news"))
    migrator.migrate(migrator.drop_table("message"))
    migrator.migrate(migrator.drop_table("membership"))
    migrator.migrate(migrator.drop_table("low_balance"))
    migrator.migrate(migrator.drop_table("invite"))
    migrator.migrate(migrator.drop_table("idempotency_record"))
    migrator.migrate(migrator.drop_table("hold"))
    migrator.migrate(migrator.drop_table("contact_group_member"))
    migrator.migrate(migrator.drop_table("contact_group"))
    migrator.migrate(migrator.drop_table("gateway_slot"))
    migrator.migrate(migrator.drop_table("gateway_balance"))
    migrator.migrate(migrator.drop_table("gateway_account"))
    migrator.migrate(migrator.drop_table("event"))
    migrator.migrate(migrator.drop_table("contact"))
    migrator.migrate(migrator.drop_table("chat"))
    migrator.migrate(migrator.drop_table("audit"))
    migrator.migrate(migrator.drop_table("api_key"))
    migrator.migrate(migrator.drop_table("admin_key"))
    migrator.migrate(migrator.drop_table("account"))
