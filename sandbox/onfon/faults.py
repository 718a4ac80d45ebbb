"""What can be set about Onfon."""

from __future__ import annotations

from sandbox.faults import Switch, choice, fault, flag, number

DLR_STYLES = ("get", "get_pascal", "form", "form_pascal", "json", "json_pascal")

SWITCHES: tuple[Switch, ...] = (
    # Before anything is taken.
    fault("down", "Every Onfon call answers 503; nothing is taken."),
    fault("reset", "Every Onfon connection is closed unanswered; nothing is taken."),
    fault("http_429", "SendBulkSMS answers 429 with Retry-After; nothing is taken."),
    fault("http_500", "SendBulkSMS answers 500; nothing is taken."),
    fault("http_503", "SendBulkSMS answers 503; nothing is taken."),
    # After the texts were taken.
    fault("accept_then_500", "The texts are taken, then the answer is 500."),
    fault(
        "accept_twice", "Every text of the request goes out twice; the answer shows one of each."
    ),
    fault("drop", "The texts are taken, then the connection is closed with no answer."),
    fault("garbage", "The texts are taken, then the answer is an HTML page with status 200."),
    fault("hang", "The texts are taken, then nothing is said for hang_seconds."),
    fault("slow", "The texts are taken and the answer comes after slow_seconds."),
    # The answer.
    fault("code_as_text", 'ErrorCode is the text "000".'),
    fault("data_null", "The texts are taken, but Data is null."),
    fault("description_null", "ErrorDescription is null."),
    fault("description_null_text", 'ErrorDescription is the text "null".'),
    fault("missing_row", "The texts are taken, but the last row of the answer is missing."),
    # One row.
    fault("out_of_credit", "The row is refused with 403 and a charging text."),
    fault("refused_row", "The row is refused with 401, as for a sender ID that is not approved."),
    fault("row_without_id", "The text is taken, but its row has an empty MessageId."),
    fault("unknown_row_code", "The row is refused with a code nobody has documented."),
    # Delivery.
    fault("dlr_before_reply", "The report comes before the answer to the request."),
    fault("dlr_contradicts", "A contrary final report follows the first."),
    fault("dlr_duplicate", "The report comes three times at once."),
    fault("dlr_failed", "The text is not delivered; the report says so in one of several words."),
    fault("dlr_intermediate", "A report that is not final comes before the final one."),
    fault("dlr_none", "The text is delivered but never reported on."),
    fault("dlr_operator_words", "Reports use the operators' words, as DeliveredToTerminal."),
    fault("dlr_out_of_order", "A report that is not final comes after the final one."),
    fault("dlr_slow", "The report comes after dlr_slow_seconds."),
    fault("dlr_unknown_word", "The report carries a status word nobody has documented."),
    choice("dlr_style", DLR_STYLES, "How reports are sent: GET, or POST of a form or of JSON."),
    number("dlr_delay", 1.0, "Seconds from acceptance to delivery and report."),
    number("dlr_slow_seconds", 86400, "Seconds to a slow report."),
    number("dlr_retries", 0, "How often a report is repeated when it is not answered with 2xx."),
    # The account and the gateway's rules.
    flag("any_sender", False, "Every sender ID is approved."),
    flag("check_keys", True, "ApiKey, ClientId and AccessKey must be right."),
    flag("credits_prefix", True, 'Credits is written "KSh1,234.50" instead of "1234.50".'),
    flag("require_access_key", True, "The AccessKey header must be there."),
    number("batch_limit", 20, "Entries in one request; 0 for no limit."),
    number("credit_per_segment", 1, "Credits a segment costs."),
    number("hang_seconds", 60, "How long a hanging call is kept open."),
    number("rate_limit", 0, "Requests a second before 429; 0 for no limit."),
    number("slow_seconds", 3, "How late a slow answer is."),
)
