"""Contacts by the ten thousand, put down by the database itself."""

from __future__ import annotations

from core import clock, ids
from core.contacts.models import ContactBook, Group
from core.database import execute, is_postgres, transaction

_NUMBERED = {
    True: "SELECT n FROM generate_series(%s::int, %s::int) AS counted(n)",
    False: """WITH RECURSIVE counted(n) AS (
                  SELECT %s UNION ALL SELECT n + 1 FROM counted WHERE n < %s)
              SELECT n FROM counted""",
}
_DIGITS = {
    True: "lpad(n::text, {0}, '0')",
    False: "substr('00000000000000000000' || n, -{0})",
}


def make(tenant_id: int, count: int, *, first: int = 10_000_000, name: str = "Wateja") -> str:
    """Give a tenant without contacts so many, all in one group, and return the group's id.

    Their numbers are 2547 and `first`, and those that follow it.
    """
    numbered, digits = _NUMBERED[is_postgres()], _DIGITS[is_postgres()]
    con, msisdn = f"'con_' || {digits.format(20)}", f"'2547' || {digits.format(8)}"
    group_id, now, ends = ids.new("grp"), clock.now(), (first, first + count - 1)
    with transaction():
        execute(
            "INSERT INTO contact (id, tenant_id, msisdn, name, status, created_at) "
            f"SELECT {con}, {tenant_id}, {msisdn}, 'Asha', 'active', {clock.to_ms(now)} "
            f"FROM ({numbered}) AS people",
            ends,
        )
        execute(
            "INSERT INTO contact_group_member (tenant_id, group_id, contact_id) "
            f"SELECT {tenant_id}, %s, {con} FROM ({numbered}) AS people",
            (group_id, *ends),
        )
        ContactBook.delete().where(ContactBook.tenant_id == tenant_id).execute()
        ContactBook.create(tenant_id=tenant_id, size=count)
        Group.create(
            id=group_id,
            tenant_id=tenant_id,
            name=name,
            name_key=name.casefold(),
            size=count,
            created_at=now,
        )
    execute("ANALYZE")
    return group_id
