"""What a removed group leaves: its members, deleted some at a time so that others write between.

Nobody reads members but by way of their group's own row, which is gone before the first of them.
Whoever is killed on the way leaves the rest to the sweep.
"""

from __future__ import annotations

from core.contacts import book
from core.contacts.models import Group
from core.database import breathe, changed, execute, transaction
from core.queue import Periodic, job

AT_ONCE = 5000

_DROP = """
    DELETE FROM contact_group_member
    WHERE tenant_id = %s AND group_id = %s AND contact_id IN (
        SELECT contact_id FROM contact_group_member
        WHERE tenant_id = %s AND group_id = %s ORDER BY contact_id LIMIT %s)
"""


def drop_members(tenant_id: int, group_id: str) -> None:
    """Delete the members of a group whose row is gone. Safe to do twice, or never."""
    while _drop_some(tenant_id, group_id) == AT_ONCE:
        breathe()


def _drop_some(tenant_id: int, group_id: str) -> int:
    with transaction():
        book.lock(tenant_id)
        whose = (tenant_id, group_id)
        return changed(execute(_DROP, (*whose, *whose, AT_ONCE)))


# From group to group, over all of its members: a step in the index each.
_NEXT = """
    SELECT tenant_id, group_id FROM contact_group_member
    WHERE (tenant_id, group_id) > (%s, %s) ORDER BY tenant_id, group_id LIMIT 1
"""


@job()
def drop_left() -> None:
    """Delete the members of groups that are no more, whose deletion was cut off."""
    at = (-1, "")
    while (row := execute(_NEXT, at).fetchone()) is not None:
        at = (row[0], row[1])
        if not Group.select().where(Group.id == at[1]).exists():
            drop_members(*at)


PERIODIC = (Periodic(drop_left, every_s=600),)
