"""What somebody may see of what you hold about them."""

from __future__ import annotations

from api.calls import TenantCall
from api.fields import Instant, Shape
from api.operations import for_tenant
from api.resources.audit import AuditShape, audit_shape
from api.resources.contacts import READ, ContactShape, shape
from api.resources.inbox import InboundShape
from api.resources.inbox import shape as reply_shape
from api.resources.messages import READ as TEXTS
from api.resources.messages import MessageShape
from api.resources.messages import values as message_values
from api.resources.optouts import OptOutShape
from api.resources.optouts import shape as opt_out_shape
from core import clock
from core.contacts.contacts import ContactNotFound
from core.messaging.models import REHEARSAL_ACCOUNT
from core.privacy import exporting


class HeldText(MessageShape, frozen=True, kw_only=True):
    """A text to the person. `test` says that it was sent with a test key, and went nowhere."""

    test: bool


class PersonShape(Shape, frozen=True, kw_only=True):
    """All that is held of a person."""

    contact: ContactShape
    opt_outs: list[OptOutShape]
    texts: list[HeldText]
    replies: list[InboundShape]
    acts: list[AuditShape]
    exported_at: Instant


class ExportContact:
    """GET /api/{tenant}/contacts/{id}/export"""

    @for_tenant("exportContact", scope=READ, refuses=(ContactNotFound,))
    def on_get(self, call: TenantCall, id: str) -> PersonShape:
        """Everything you hold about one person, to be handed to them: texts, replies, consent.

        It is a copy of what is kept at this moment; of an erased person that is what stands under
        the pseudonym. The key needs the scope `messages:read`, too. A test key is shown the texts
        of test keys, and no replies.
        """
        call.caller.require(TEXTS)
        held = exporting.gather(call.tenant_id, id)
        is_test = call.profile.is_test
        return PersonShape(
            contact=shape(call.tenant_id, held.contact),
            opt_outs=[opt_out_shape(row) for row in held.opt_outs],
            texts=[
                HeldText(**message_values(row), test=row.account_id == REHEARSAL_ACCOUNT)
                for row in held.texts
                if row.account_id == REHEARSAL_ACCOUNT or not is_test
            ],
            replies=[reply_shape(row) for row in held.replies if not is_test],
            acts=[audit_shape(row) for row in held.acts],
            exported_at=clock.now(),
        )
