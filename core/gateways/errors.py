"""What a caller hears when a question to a provider, one that moves nothing, got no answer."""

from __future__ import annotations

from core.errors import Busy

__all__ = ["GatewayDown", "GatewayRefused"]


class GatewayDown(Busy):
    """The provider did not answer, or not in its own language; asking again is harmless.

    `why` is for our log; `retry_after_s` is the provider's own wish, when it had one.
    """

    code = "gateway_down"
    title = "Provider not answering"
    sentence = "{provider} is not answering. Try again in a minute."

    def __init__(self, *, provider: str, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(provider=provider)
        self.why = why
        self.retry_after_s = retry_after_s


class GatewayRefused(Busy):
    """The provider answered no: keys, address or account are wrong, and asking again is no use.

    `said_code` and `why` are its own words, for the operator.
    """

    code = "gateway_refused"
    title = "Provider refused"
    sentence = "{provider} refused the request. Check the keys and the account with them."

    def __init__(self, *, provider: str, why: str, said_code: str | None = None) -> None:
        super().__init__(provider=provider)
        self.why = why
        self.said_code = said_code
