"""Bulk: contacts with fields and consent, imports, templates, campaigns, inbound, sender IDs."""

from peewee import *
from playhouse.migrate import *

from core import ids
from core.database import InstantField

INDEXES = (
    'CREATE INDEX "audit_subject" ON "audit" ("tenant_id", "subject", "id")',
    'CREATE INDEX "campaign_tenant" ON "campaign" ("tenant_id", "is_test", "id")',
    'CREATE INDEX "campaign_passing" ON "campaign" ("created_at") WHERE is_passing AND status = \'draft\'',
    "CREATE INDEX \"campaign_open\" ON \"campaign\" (\"id\") WHERE status IN ('preparing', 'scheduled', 'running', 'paused', 'cancelling')",
    'CREATE INDEX "campaign_fingerprint" ON "campaign" ("tenant_id", "fingerprint") WHERE ("started_at" IS NOT NULL)',
    'CREATE INDEX "campaign_waiting" ON "campaign" ("tenant_id") WHERE status = \'awaiting_approval\'',
    'CREATE INDEX "contact_apart" ON "contact" ("tenant_id", "status", "id") WHERE status <> \'active\'',
    'CREATE INDEX "hold_created" ON "hold" ("created_at")',
    'CREATE INDEX "contact_import_tenant" ON "contact_import" ("tenant_id", "id")',
    'CREATE INDEX "contact_import_open" ON "contact_import" ("lease_until") WHERE status IN (\'queued\', \'running\')',
    'CREATE INDEX "inbound_tenant" ON "inbound" ("tenant_id", "id")',
    'CREATE INDEX "inbound_msisdn" ON "inbound" ("tenant_id", "msisdn", "id")',
    'CREATE INDEX "inbound_fresh" ON "inbound" ("id") WHERE ("handled_at" IS NULL)',
    'CREATE INDEX "livemessage_subject" ON "live_message" ("subject")',
    'CREATE INDEX "livemessage_going" ON "live_message" ("next_at") WHERE NOT is_over',
    'CREATE INDEX "message_scheduled" ON "message" ("id") WHERE status = \'scheduled\'',
    'CREATE INDEX "message_rejected" ON "message" ("batch_id", "reason") WHERE status = \'rejected\'',
    'CREATE INDEX "sender_requested" ON "sender" ("created_at") WHERE status = \'requested\'',
    'CREATE INDEX "sender_document_sender" ON "sender_document" ("tenant_id", "name")',
    'CREATE INDEX "suppression_latest" ON "suppression" ("tenant_id", "created_at", "msisdn", "category")',
    'CREATE UNIQUE INDEX "template_name" ON "template" ("tenant_id", "name_key") WHERE ("removed_at" IS NULL)',
    'CREATE INDEX "template_tenant" ON "template" ("tenant_id", "id")',
)

# Dropped with the table that has them.
INDEXES_OF_0001 = (
    'CREATE UNIQUE INDEX "contact_msisdn" ON "contact" ("tenant_id", "msisdn")',
    'CREATE INDEX "contact_name" ON "contact" ("tenant_id", "name", "id")',
    'CREATE INDEX "contact_group_member_contact" ON "contact_group_member" ("tenant_id", "contact_id")',
)


def rebuild(db, *models):
    """Copy tables of SQLite into others that are laid out as these models say."""
    for model in models:
        name = model._meta.table_name
        db.execute_sql(f'ALTER TABLE "{name}" RENAME TO "{name}_before"')
        db.create_tables([model])
        columns = ", ".join(f'"{each}"' for each in model._meta.columns)
        db.execute_sql(
            f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{name}_before"'  # noqa: S608
        )
        db.execute_sql(f'DROP TABLE "{name}_before"')
    for statement in INDEXES_OF_0001:
        db.execute_sql(statement)


def lay_out(db, *, clustered):
    """Have contacts and members lie by business, in the tree of their own key; or as before."""
    key = ("tenant_id", "id") if clustered else ("id",)
    if not isinstance(db, SqliteDatabase):
        db.execute_sql('ALTER TABLE "contact" DROP CONSTRAINT "contact_pkey"')
        db.execute_sql(f'ALTER TABLE "contact" ADD PRIMARY KEY ({", ".join(key)})')
        return

    class Contact(Model):
        id = CharField(max_length=30)
        tenant_id = IntegerField()
        msisdn = CharField(max_length=15)
        name = CharField(max_length=120, default="")
        language = CharField(null=True, max_length=5)
        fields = TextField(null=True)
        status = CharField(max_length=10, default="active")
        consent_id = CharField(null=True, max_length=30)
        created_at = InstantField()
        updated_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "contact"
            primary_key = CompositeKey(*key)
            without_rowid = clustered

    class GroupMember(Model):
        tenant_id = IntegerField()
        group_id = CharField(max_length=30)
        contact_id = CharField(max_length=30)

        class Meta:
            database = db
            table_name = "contact_group_member"
            primary_key = CompositeKey("tenant_id", "group_id", "contact_id")
            without_rowid = clustered

    rebuild(db, Contact, GroupMember)


def up(migrator, db):
    class BatchCount(Model):
        batch_id = CharField(max_length=40)
        status = CharField(max_length=11)
        messages = BigIntegerField()
        segments = BigIntegerField()
        cost = BigIntegerField()

        class Meta:
            database = db
            table_name = "batch_count"
            primary_key = CompositeKey("batch_id", "status")

    db.create_tables([BatchCount])

    class Blanked(Model):
        tenant_id = IntegerField()
        kind = CharField(max_length=10)
        until_id = CharField(max_length=30, default="")

        class Meta:
            database = db
            table_name = "blanked"
            primary_key = CompositeKey("tenant_id", "kind")

    db.create_tables([Blanked])

    class Campaign(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        is_test = BooleanField(default=False)
        name = CharField(max_length=120)
        status = CharField(max_length=18, default="draft")
        category = CharField(max_length=14, default="transactional")
        sender_id = CharField(null=True, max_length=11)
        message = TextField(null=True)
        template_id = CharField(null=True, max_length=30)
        template_version = IntegerField(null=True)
        params = TextField(null=True)
        audience = TextField()
        rewrite = BooleanField(default=False)
        fingerprint = CharField(max_length=64, default="")
        schedule_at = InstantField(null=True)
        first = IntegerField(null=True)
        attempt = IntegerField(default=0)
        priced_at = InstantField(null=True)
        price_units = BigIntegerField(null=True)
        recipients = IntegerField(default=0)
        segments = BigIntegerField(default=0)
        cost = BigIntegerField(default=0)
        spread = TextField(null=True)
        left_out = TextField(null=True)
        findings = TextField(null=True)
        problem = TextField(null=True)
        is_filled = BooleanField(default=False)
        good_until = InstantField(null=True)
        lease_until = InstantField(default=0)
        holder = CharField(max_length=40, default="")
        launch = TextField(null=True)
        once = CharField(unique=True, null=True, max_length=120)
        actor = CharField(max_length=60)
        channel = CharField(max_length=12)
        approved_by = CharField(null=True, max_length=60)
        is_passing = BooleanField(default=False)
        created_at = InstantField()
        started_at = InstantField(null=True)
        finished_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "campaign"

    db.create_tables([Campaign])

    class Consent(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        source = CharField(max_length=120)
        wording = CharField(max_length=500)
        actor = CharField(max_length=60)
        channel = CharField(max_length=12)
        given_at = InstantField()

        class Meta:
            database = db
            table_name = "consent"

    db.create_tables([Consent])

    class ContactBook(Model):
        tenant_id = IntegerField(primary_key=True)
        size = IntegerField(default=0)
        changed_at = InstantField(default=0)
        erased_at = InstantField(default=0)

        class Meta:
            database = db
            table_name = "contact_book"

    db.create_tables([ContactBook])

    class Gate(Model):
        batch_id = CharField(primary_key=True, max_length=40)
        tenant_id = IntegerField(index=True)
        is_shut = BooleanField(default=False)
        opens_at = InstantField()
        closes_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "gate"

    db.create_tables([Gate])

    class Import(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        actor = CharField(max_length=60)
        channel = CharField(max_length=12)
        once = CharField(unique=True, null=True, max_length=120)
        file_name = CharField(max_length=200)
        size_bytes = BigIntegerField()
        is_dry_run = BooleanField(default=False)
        group_id = CharField(null=True, max_length=30)
        consent_id = CharField(null=True, max_length=30)
        layout = TextField()
        status = CharField(max_length=10, default="uploading")
        rows = IntegerField(default=0)
        created = IntegerField(default=0)
        updated = IntegerField(default=0)
        duplicate = IntegerField(default=0)
        rejected = IntegerField(default=0)
        progress = IntegerField(default=0)
        problem = TextField(null=True)
        attempts = IntegerField(default=0)
        lease_until = InstantField(default=0)
        holder = CharField(max_length=40, default="")
        created_at = InstantField()
        started_at = InstantField(null=True)
        finished_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "contact_import"

    db.create_tables([Import])

    class ImportPart(Model):
        import_id = CharField(max_length=30)
        number = IntegerField()
        content = BlobField()

        class Meta:
            database = db
            table_name = "contact_import_part"
            primary_key = CompositeKey("import_id", "number")

    db.create_tables([ImportPart])

    class ImportRejection(Model):
        import_id = CharField(max_length=30)
        row = IntegerField()
        code = CharField(max_length=40)
        about = TextField(null=True)
        cells = TextField()

        class Meta:
            database = db
            table_name = "contact_import_rejection"
            primary_key = CompositeKey("import_id", "row")

    db.create_tables([ImportRejection])

    class Inbound(Model):
        id = CharField(primary_key=True, max_length=30)
        key = CharField(unique=True, max_length=80)
        account_id = IntegerField()
        tenant_id = IntegerField(null=True)
        msisdn = CharField(max_length=20)
        sent_to = CharField(max_length=20)
        body = TextField()
        verdict = CharField(null=True, max_length=10)
        answers = CharField(null=True, max_length=30)
        received_at = InstantField()
        handled_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "inbound"

    db.create_tables([Inbound])

    class LiveMessage(Model):
        id = CharField(primary_key=True, max_length=30)
        chat_id = BigIntegerField()
        message_id = BigIntegerField()
        subject = CharField(max_length=60)
        tenant_id = IntegerField()
        language = CharField(max_length=5)
        shown = CharField(max_length=64, default="")
        is_over = BooleanField(default=False)
        tries = SmallIntegerField(default=0)
        next_at = InstantField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "live_message"
            indexes = ((("chat_id", "message_id"), True),)

    db.create_tables([LiveMessage])

    class SenderDocument(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        name = CharField(max_length=11)
        file_name = CharField(max_length=200)
        media_type = CharField(max_length=100)
        content = BlobField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "sender_document"

    db.create_tables([SenderDocument])

    class SenderOperator(Model):
        tenant_id = IntegerField()
        name = CharField(max_length=11)
        operator = CharField(max_length=20)
        status = CharField(max_length=10)
        updated_at = InstantField()

        class Meta:
            database = db
            table_name = "sender_operator"
            primary_key = CompositeKey("tenant_id", "name", "operator")

    db.create_tables([SenderOperator])

    class Spool(Model):
        batch_id = CharField(max_length=40)
        number = IntegerField()
        first = IntegerField()
        messages = IntegerField()
        segments = BigIntegerField()
        cost = BigIntegerField()
        rows = BlobField()

        class Meta:
            database = db
            table_name = "spool"
            primary_key = CompositeKey("batch_id", "number")

    db.create_tables([Spool])

    class Template(Model):
        id = CharField(primary_key=True, max_length=30)
        tenant_id = IntegerField()
        name = CharField(max_length=60)
        name_key = CharField(max_length=120)
        version = IntegerField()
        created_at = InstantField()
        updated_at = InstantField()
        removed_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "template"

    db.create_tables([Template])

    class TemplateVersion(Model):
        template_id = CharField(max_length=30)
        version = IntegerField()
        language = CharField(max_length=5)
        bodies = TextField()
        actor = CharField(max_length=60)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "template_version"
            primary_key = CompositeKey("template_id", "version")

    db.create_tables([TemplateVersion])

    migrator.migrate(migrator.drop_index("hold", "hold_account"))
    migrator.migrate(migrator.add_column("contact", "fields", TextField(null=True)))
    migrator.migrate(
        migrator.add_column("contact", "consent_id", CharField(null=True, max_length=30))
    )
    migrator.migrate(migrator.add_column("contact", "updated_at", InstantField(null=True)))
    migrator.migrate(migrator.add_column("contact_group", "size", IntegerField(default=0)))
    migrator.migrate(
        migrator.add_column("sender", "public_id", CharField(unique=True, null=True, max_length=30))
    )
    migrator.migrate(
        migrator.add_column("sender", "status", CharField(max_length=10, default="approved"))
    )
    migrator.migrate(migrator.add_column("sender", "purpose", CharField(null=True, max_length=500)))
    migrator.migrate(migrator.add_column("sender", "reason", CharField(null=True, max_length=500)))
    migrator.migrate(migrator.add_column("sender", "actor", CharField(null=True, max_length=60)))
    migrator.migrate(migrator.add_column("sender", "decided_at", InstantField(null=True)))
    migrator.migrate(migrator.add_column("tenant", "message_days", IntegerField(null=True)))
    migrator.migrate(migrator.add_column("tenant", "approval_units", BigIntegerField(null=True)))

    lay_out(db, clustered=True)
    for statement in INDEXES:
        db.execute_sql(statement)

    # From now on these are counted as they change.
    db.execute_sql(
        "UPDATE contact_group SET size = (SELECT COUNT(*) FROM contact_group_member "
        "WHERE contact_group_member.group_id = contact_group.id)"
    )
    db.execute_sql(
        "INSERT INTO contact_book (tenant_id, size, changed_at, erased_at) "
        "SELECT tenant_id, COUNT(*), 0, 0 FROM contact GROUP BY tenant_id"
    )
    # Some gateways repeat the text there, and nobody reads it again.
    db.execute_sql("UPDATE report SET detail = NULL WHERE state IN ('applied', 'ignored')")
    for tenant_id, name in db.execute_sql("SELECT tenant_id, name FROM sender").fetchall():
        mark = "?" if isinstance(db, SqliteDatabase) else "%s"
        db.execute_sql(
            f"UPDATE sender SET public_id = {mark} WHERE tenant_id = {mark} AND name = {mark}",  # noqa: S608
            (ids.new("snd"), tenant_id, name),
        )
    if not isinstance(db, SqliteDatabase):
        # Each text leaves the queue's index twice on its way; a busy day's worth of what it left
        # behind must not wait there until a fifth of the whole table has changed.
        db.execute_sql(
            "ALTER TABLE message SET (autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_vacuum_threshold = 20000)"
        )
        # Written once and read once: packing it costs more than it saves.
        db.execute_sql("ALTER TABLE spool ALTER COLUMN rows SET STORAGE EXTERNAL")


def down(migrator, db):
    db.execute_sql("DROP INDEX audit_subject")
    db.execute_sql("DROP INDEX contact_apart")
    lay_out(db, clustered=False)
    db.execute_sql("DROP INDEX hold_created")
    db.execute_sql("DROP INDEX message_scheduled")
    db.execute_sql("DROP INDEX message_rejected")
    db.execute_sql("DROP INDEX sender_requested")
    db.execute_sql("DROP INDEX suppression_latest")
    migrator.migrate(migrator.drop_index("sender", "sender_public_id"))
    migrator.migrate(migrator.drop_column("tenant", "approval_units"))
    migrator.migrate(migrator.drop_column("tenant", "message_days"))
    migrator.migrate(migrator.drop_column("sender", "decided_at"))
    migrator.migrate(migrator.drop_column("sender", "actor"))
    migrator.migrate(migrator.drop_column("sender", "reason"))
    migrator.migrate(migrator.drop_column("sender", "purpose"))
    migrator.migrate(migrator.drop_column("sender", "status"))
    migrator.migrate(migrator.drop_column("sender", "public_id"))
    migrator.migrate(migrator.drop_column("contact_group", "size"))
    migrator.migrate(migrator.drop_column("contact", "updated_at"))
    migrator.migrate(migrator.drop_column("contact", "consent_id"))
    migrator.migrate(migrator.drop_column("contact", "fields"))
    migrator.migrate(migrator.add_index("hold", ("account_id", "created_at"), name="hold_account"))
    migrator.migrate(migrator.drop_table("template_version"))
    migrator.migrate(migrator.drop_table("template"))
    migrator.migrate(migrator.drop_table("spool"))
    migrator.migrate(migrator.drop_table("sender_operator"))
    migrator.migrate(migrator.drop_table("sender_document"))
    migrator.migrate(migrator.drop_table("live_message"))
    migrator.migrate(migrator.drop_table("inbound"))
    migrator.migrate(migrator.drop_table("contact_import_rejection"))
    migrator.migrate(migrator.drop_table("contact_import_part"))
    migrator.migrate(migrator.drop_table("contact_import"))
    migrator.migrate(migrator.drop_table("gate"))
    migrator.migrate(migrator.drop_table("contact_book"))
    migrator.migrate(migrator.drop_table("consent"))
    migrator.migrate(migrator.drop_table("campaign"))
    migrator.migrate(migrator.drop_table("blanked"))
    migrator.migrate(migrator.drop_table("batch_count"))
