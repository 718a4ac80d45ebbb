"""What can be set about Daraja and M-Pesa."""

from __future__ import annotations

from sandbox.faults import Switch, choice, fault, flag, number

AUTO = ("off", "pay", "cancel", "timeout", "wrong_pin", "mix")

SWITCHES: tuple[Switch, ...] = (
    # Before anything is taken.
    fault("down", "Every Daraja call answers an HTML page with 503; nothing is taken."),
    fault("reset", "Every Daraja connection is closed unanswered; nothing is taken."),
    fault("token_html", "The token call answers an HTML page with status 200."),
    fault("token_killed", "The token presented is dead: somebody else fetched a new one."),
    fault("html_503", "The STK push answers an HTML page with 503; no prompt."),
    fault("empty_400", "The STK push answers 400 with an empty body; no prompt."),
    fault("http_429", "The STK push answers 429 as Apigee does; no prompt."),
    fault("system_busy", "The STK push answers 500.003.02; no prompt."),
    fault("subscriber_locked", "The STK push answers that the phone is busy; no prompt."),
    fault("error_in_200", "A refused STK push carries its errorCode in HTTP 200."),
    # After the prompt went out.
    fault("drop", "The prompt goes out, then the connection is closed with no answer."),
    fault("error_after_accept", "The prompt goes out, but the answer is 500.003.1001."),
    fault("hang", "The prompt goes out, then nothing is said for hang_seconds."),
    fault("slow", "The prompt goes out and the answer comes after slow_seconds."),
    # How a prompt ends.
    fault("early", "The customer pays and the callback comes before the push is answered."),
    fault("wrong_amount", "The customer pays another amount than was asked."),
    # The STK callback.
    fault("silent", "The STK callback never comes."),
    fault("duplicate", "The STK callback comes three times at once."),
    fault("failure_after_success", "A failure callback follows a success."),
    fault("late_success", "A failure callback comes first, the success after late_seconds."),
    fault("out_of_order", "A callback is held back by up to out_of_order_seconds."),
    fault("unlisted_address", "The callback claims to come from an address not Safaricom's."),
    fault("balance_item_missing", "A success callback has no Balance item at all."),
    fault("items_shuffled", "The metadata items come in another order."),
    fault("masked_phone", "PhoneNumber in a success callback is masked."),
    fault("text_values", "Numbers in a callback are written as text."),
    # The C2B side of a payment.
    fault("c2b_duplicate", "The C2B confirmation comes three times at once."),
    fault("c2b_first", "The C2B confirmation comes before the STK callback."),
    fault("c2b_names_missing", "C2B bodies have no MiddleName and LastName."),
    fault("c2b_silent", "The C2B confirmation never comes."),
    fault("c2b_unregistered", "Payments happen as if no C2B addresses were registered."),
    # Questions.
    fault("query_429", "The STK query answers 429."),
    fault("query_contradicts", "The STK query says a paid push was cancelled."),
    fault("query_too_early", "The STK query answers that the CheckoutRequestID is invalid."),
    fault("pull_text_empty", "A pull without rows answers the text [[]]."),
    fault("pull_zoneless", "Times in a pull are Nairobi's and do not say so."),
    # Results of status query, reversal, balance, B2C.
    fault("result_duplicate", "The result comes three times at once."),
    fault("result_silent", "The result never comes."),
    fault("result_timeout", "A time-out notice comes instead of the result."),
    # How customers behave.
    choice("auto", AUTO, "Who answers prompts: off is a person; mix is mostly paying."),
    number("auto_delay", 0, "Seconds until a prompt is answered automatically."),
    # How long things take.
    number("callback_delay", 1, "Seconds from the end of a payment to its callback."),
    number("c2b_delay", 0.3, "Seconds between STK callback and C2B confirmation."),
    number("hang_seconds", 60, "How long a hanging call is kept open."),
    number("late_seconds", 5, "Seconds from the failure callback to a late success."),
    number("out_of_order_seconds", 3, "The longest an out-of-order callback is held back."),
    number("prompt_seconds", 60, "How long a prompt stays on the phone."),
    number("slow_seconds", 30, "How late a slow answer is."),
    number("unanswered_seconds", 60, "Seconds to the 1037 callback; Safaricom's sandbox: 26."),
    # Rules and set-up.
    number("code17_seconds", 120, "Same phone and amount again within this gives 17; 0 for off."),
    number("query_limit", 5, "STK queries in 60 s before 429; 0 for no limit."),
    number("query_noise", 0.2, "Share of queries on a finished push that answer 500.001.1001."),
    number("query_open_noise", 0.5, "The same on an open one; the others say 4999."),
    number("retries", 0, "How often a callback is repeated when not answered with 2xx."),
    number("token_seconds", 3599, "Life of a token."),
    number("validation_seconds", 8, "How long the validation may take."),
    flag("c2b_on_stk", True, "A paid push also makes a C2B confirmation."),
    flag("c2b_production", False, "C2B addresses can be registered only once."),
    flag("expires_in_text", True, "expires_in is text, not a number."),
    flag("new_token_kills_old", True, "A new token kills the one before."),
    flag("phone_lock", True, "A push to a phone with an open prompt or USSD session is refused."),
    flag("pull_requires_register", True, "Pull works only after its registration."),
    flag("validation", False, "C2B payments are validated first; Safaricom enables it on request."),
)
