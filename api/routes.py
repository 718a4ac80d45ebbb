"""Every address and what answers it: the one table, also for the OpenAPI document."""

from __future__ import annotations

from api.admin import audit as admin_audit
from api.admin import payments, proof, sending, tenants
from api.admin import sender_ids as admin_sender_ids
from api.callbacks import pay
from api.callbacks import sms as sms_callbacks
from api.callbacks import telegram as telegram_callbacks
from api.error_pages import ErrorIndex, ErrorPage
from api.health import Alive, Ready
from api.metrics import Metrics
from api.openapi import OpenApi
from api.resources import (
    audit,
    campaigns,
    inbox,
    keys,
    messages,
    sender_ids,
    signup,
    sms,
    templates,
    tenant,
    topups,
)
from ussd import app as ussd

ROUTES: tuple[tuple[str, object], ...] = (
    ("/healthz", Alive()),
    ("/readyz", Ready()),
    ("/metrics", Metrics()),
    ("/openapi.json", OpenApi()),
    ("/docs/errors", ErrorIndex()),
    ("/docs/errors/{code:id}", ErrorPage()),
    ("/api/signup", signup.SignUp()),
    ("/api/signup/verify", signup.Verify()),
    ("/api/{tenant:tenant}", tenant.OwnTenant()),
    ("/api/{tenant:tenant}/balance", tenant.Balance()),
    ("/api/{tenant:tenant}/usage", tenant.Usage()),
    ("/api/{tenant:tenant}/sms/estimate", sms.Estimate()),
    ("/api/{tenant:tenant}/sms/send", sms.Send()),
    ("/api/{tenant:tenant}/sms/bulk", sms.Bulk()),
    ("/api/{tenant:tenant}/sms/messages", messages.Messages()),
    ("/api/{tenant:tenant}/sms/messages/{id:id}", messages.OneMessage()),
    ("/api/{tenant:tenant}/sms/messages/{id:id}/cancel", messages.CancelMessage()),
    ("/api/{tenant:tenant}/sms/inbox", inbox.Inbox()),
    ("/api/{tenant:tenant}/sender-ids", sender_ids.SenderIds()),
    ("/api/{tenant:tenant}/sender-ids/{id:id}", sender_ids.OneSenderId()),
    ("/api/{tenant:tenant}/campaigns", campaigns.Campaigns()),
    ("/api/{tenant:tenant}/campaigns/{id:id}", campaigns.OneCampaign()),
    ("/api/{tenant:tenant}/campaigns/{id:id}/send", campaigns.SendsCampaign()),
    ("/api/{tenant:tenant}/campaigns/{id:id}/pause", campaigns.PauseCampaign()),
    ("/api/{tenant:tenant}/campaigns/{id:id}/resume", campaigns.ResumesCampaign()),
    ("/api/{tenant:tenant}/campaigns/{id:id}/cancel", campaigns.CancelCampaign()),
    ("/api/{tenant:tenant}/campaigns/{id:id}/test", campaigns.TestsCampaign()),
    ("/api/{tenant:tenant}/templates", templates.Templates()),
    ("/api/{tenant:tenant}/templates/{id:id}", templates.OneTemplate()),
    ("/api/{tenant:tenant}/templates/{id:id}/versions", templates.TemplateVersions()),
    ("/api/{tenant:tenant}/templates/{id:id}/preview", templates.PreviewTemplate()),
    ("/api/{tenant:tenant}/topups", topups.TopUps()),
    ("/api/{tenant:tenant}/topups/{id:id}", topups.OneTopUp()),
    ("/api/{tenant:tenant}/keys", keys.Keys()),
    ("/api/{tenant:tenant}/keys/{id:id}", keys.OneKey()),
    ("/api/{tenant:tenant}/keys/{id:id}/rotate", keys.RotateKey()),
    ("/api/{tenant:tenant}/audit", audit.AuditTrail()),
    ("/admin/tenants", tenants.Tenants()),
    ("/admin/tenants/{tenant:tenant}", tenants.OneTenant()),
    ("/admin/tenants/{tenant:tenant}/approve", tenants.ApproveTenant()),
    ("/admin/tenants/{tenant:tenant}/reject", tenants.RejectTenant()),
    ("/admin/tenants/{tenant:tenant}/suspend", tenants.SuspendTenant()),
    ("/admin/tenants/{tenant:tenant}/resume", tenants.ResumeTenant()),
    ("/admin/tenants/{tenant:tenant}/adjust", tenants.AdjustWallet()),
    ("/admin/tenants/{tenant:tenant}/sender-ids", tenants.SenderIds()),
    ("/admin/sender-ids", admin_sender_ids.SenderIdsWaiting()),
    ("/admin/sender-ids/{id:id}", admin_sender_ids.OneSenderId()),
    ("/admin/sender-ids/{id:id}/approve", admin_sender_ids.ApproveSenderId()),
    ("/admin/sender-ids/{id:id}/reject", admin_sender_ids.RejectSenderId()),
    ("/admin/sender-ids/{id:id}/documents/{place:number}", admin_sender_ids.SenderIdDocument()),
    ("/admin/prove", proof.Proof()),
    ("/admin/suspense", payments.Suspense()),
    ("/admin/suspense/{receipt:id}/assign", payments.AssignPayment()),
    ("/admin/payment-news", payments.Quarantine()),
    ("/admin/payment-news/{news_id:number}/release", payments.ReleaseNews()),
    ("/admin/providers", sending.Providers()),
    ("/admin/sending", sending.Sending()),
    ("/admin/sending/pause", sending.PauseSending()),
    ("/admin/sending/resume", sending.ResumeSending()),
    ("/admin/submissions/unknown", sending.Doubts()),
    ("/admin/submissions/{id:id}/settle", sending.SettleDoubt()),
    ("/admin/audit", admin_audit.AdminAudit()),
    ("/pay/in/{secret}/stk/{token:id}", pay.News("stk")),
    ("/pay/in/{secret}/c2b/confirm", pay.News("c2b_confirm")),
    ("/pay/in/{secret}/c2b/validate", pay.Validate()),
    ("/pay/in/{secret}/result/{token:id}", pay.News("result")),
    ("/pay/in/{secret}/timeout/{token:id}", pay.News("timeout")),
    ("/sms/in/{secret}/dlr", sms_callbacks.DeliveryReports()),
    ("/sms/in/{secret}/mo", sms_callbacks.InboundTexts()),
    ("/telegram/{secret}", telegram_callbacks.Updates()),
    *ussd.routes(),
)
