"""What the REST door itself refuses, before any act is asked."""

from __future__ import annotations

from core import words
from core.errors import BadRequest, Invalid, NotAllowed, Refused


class InternalError(Refused):
    """A mistake of ours; nothing of it is told outside."""

    code = "internal_error"
    title = "Our mistake"
    sentence = "Something went wrong here. Try again; if it goes on, tell us request {request_id}."


class MethodNotAllowed(Refused):
    """The address exists, but not with this method."""

    code = "method_not_allowed"
    title = "Method not allowed"
    sentence = "This address does not take {method}. The Allow header lists what it takes."


class TooLarge(Refused):
    """More bytes than one request may carry."""

    code = "too_large"
    title = "Request too large"
    sentence = "A request may be {limit} at most. Send it in several parts."


class UnsupportedMediaType(Refused):
    """A body of another kind than JSON."""

    code = "unsupported_media_type"
    title = "Not JSON"
    sentence = "Send JSON, with the header Content-Type: application/json."


class NotAForm(UnsupportedMediaType):
    """A file that comes in another way than as part of a form."""

    title = "Not a form"
    sentence = "Send the file as part of a form, with Content-Type: multipart/form-data."


class BadJson(BadRequest):
    """A body that is not JSON, or only the first part of it."""

    code = "bad_json"
    title = "Broken JSON"
    sentence = "The body is not valid JSON. Check it near byte {position}."


class NotUtf8(BadRequest):
    """A body in some other character encoding."""

    code = "not_utf8"
    title = "Not UTF-8"
    sentence = "The body is not UTF-8. Byte {position} cannot be read. Encode it as UTF-8."


class NestedTooDeep(BadRequest):
    """Lists in lists in lists: nothing of ours is shaped so."""

    code = "nested_too_deep"
    title = "Nested too deeply"
    sentence = (
        "The JSON is nested more than {limit} levels deep. Send it as the documentation shows."
    )


class KeyInUrl(BadRequest):
    """A key in the address, where every log on the way keeps it."""

    code = "key_in_url"
    title = "Key in the address"
    sentence = (
        "Never put a key into an address: logs keep it. Replace that key, "
        "and send the new one in the Authorization header."
    )


class UnknownParameter(BadRequest):
    """A query parameter that this address does not know."""

    code = "unknown_parameter"
    title = "Unknown parameter"
    sentence = "There is no parameter {given} here. Known: {known}."


class BadCursor(BadRequest):
    """A cursor that we did not make, or not for this list."""

    code = "bad_cursor"
    title = "Unknown cursor"
    sentence = "This cursor is not from this list. Use the value of next, or leave after out."
    field = "after"


class BadIdempotencyKey(BadRequest):
    """A key that is empty, too long or not printable."""

    code = "bad_idempotency_key"
    title = "Unusable idempotency key"
    sentence = "An Idempotency-Key is 1 to 255 printable ASCII characters. A UUID does well."


class IdempotencyKeyRequired(BadRequest):
    """Asking for money needs a key, so that a repeat cannot ask twice."""

    code = "idempotency_key_required"
    title = "Idempotency key needed"
    sentence = "Send an Idempotency-Key header with this request, such as a new UUID."


class WrongTenant(NotAllowed):
    """The key belongs to another account than the address."""

    code = "wrong_tenant"
    title = "Key of another account"
    sentence = "This key belongs to another account. Use the account number of the key."


class UnknownField(Invalid):
    """A field nobody reads: most likely a typing mistake, so nothing is guessed."""

    code = "unknown_field"
    title = "Unknown field"
    sentence = "There is no field {given} here. Did you mean {nearest}?"


class UnknownFieldAlone(UnknownField):
    """The same, where no known name is close."""

    sentence = "There is no field {given} here. Remove it, or see the documentation."


class MissingField(Invalid):
    """A field that must be there."""

    code = "missing_field"
    title = "Field missing"
    sentence = "The field {given} is missing. Add it."


class WrongType(Invalid):
    """A value of another kind than is needed."""

    code = "wrong_type"
    title = "Wrong kind of value"
    sentence = "This must be {expected}, not {given}."

    def words(self, language: str = "en") -> str:
        """Say the kinds, too, in the person's language; several may be expected."""
        kinds = [words.say(language, kind) for kind in self.fields["expected"]]
        expected = words.say(language, " or ").join(kinds)
        given = words.say(language, self.fields["given"])
        return words.say(language, self.sentence, expected=expected, given=given)


class TooLong(Invalid):
    """More characters than there is room for."""

    code = "too_long"
    title = "Too long"
    sentence = "This is too long. At most {limit} characters fit."


class TooShort(Invalid):
    """Fewer characters or entries than are needed."""

    code = "too_short"
    title = "Too short"
    sentence = "This is too short. At least {limit} needed."


class TooManyItems(Invalid):
    """More entries than one request takes."""

    code = "too_many_items"
    title = "Too many entries"
    sentence = "At most {limit} entries in one request. Send the rest in another one."


class OutOfRange(Invalid):
    """A number outside its limits."""

    code = "out_of_range"
    title = "Out of range"
    sentence = "This must be a number {range}."


class NotOneOf(Invalid):
    """A word that is not one of those known here."""

    code = "not_one_of"
    title = "Not one of the known words"
    sentence = "This must be one of: {choices}."


class TextNotPlain(Invalid):
    """A character that no text holds."""

    code = "text_not_plain"
    title = "Unusable character"
    sentence = "This has a zero character in it, which no text holds. Remove it."


class AmountNotText(Invalid):
    """An amount as a decimal number of JSON, which computers round."""

    code = "amount_not_text"
    title = "Amount as a decimal number"
    sentence = 'Write an amount as text, such as "250.50": decimal numbers get rounded on the way.'


class TimeWithoutZone(Invalid):
    """A time that could be anywhere in the world."""

    code = "time_without_zone"
    title = "Time without a zone"
    sentence = "Say which zone this time is in, such as 2026-11-23T08:00:00+03:00 for Nairobi."


class InvalidTime(Invalid):
    """Not a time as RFC 3339 writes it."""

    code = "invalid_time"
    title = "Not a time"
    sentence = "Write a time like 2026-11-23T08:00:00+03:00."


class InvalidDate(Invalid):
    """Not a day of the calendar."""

    code = "invalid_date"
    title = "Not a date"
    sentence = "Write a day like 2026-11-23."


class PeriodBackwards(Invalid):
    """A period that ends before it begins."""

    code = "period_backwards"
    title = "Period ends before it begins"
    sentence = "The period ends before it begins. Give an earlier from or a later until."
    field = "from"
