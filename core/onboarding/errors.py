"""What a sign-up refuses."""

from core.errors import Conflict, Invalid, TooMany


class TermsNotAccepted(Invalid):
    """Without accepting the terms there is no account."""

    code = "terms_not_accepted"
    title = "Terms not accepted"
    sentence = "Accept the terms to sign up."
    field = "accept_terms"


class PhoneNotKenyan(Invalid):
    """A foreign number: codes to those are how sign-ups get milked for money."""

    code = "phone_not_kenyan"
    title = "Not a Kenyan number"
    sentence = "Sign up with a Kenyan mobile number, like 0712 345 678."
    field = "phone"


class PhoneRegistered(Conflict):
    """A verified business has this phone."""

    code = "phone_registered"
    title = "Phone already registered"
    sentence = "This phone is registered already. Use that account, or sign up with another phone."
    field = "phone"


class TooManySignUps(TooMany):
    """More sign-ups with one phone, or from one address, than a day allows."""

    code = "too_many_signups"
    title = "Too many sign-ups"
    sentence = "There were too many sign-ups with this phone or from here. Try again tomorrow."


class TooManyCodes(TooMany):
    """More codes to one phone than an hour allows."""

    code = "too_many_codes"
    title = "Too many codes"
    sentence = "We sent this phone as many codes as we can in an hour. Try again in {minutes} min."


class TooManyTries(TooMany):
    """More codes tried from one address than a day allows."""

    code = "too_many_tries"
    title = "Too many tries"
    sentence = "Too many codes were tried from here. Try again tomorrow."


class NotACode(Invalid):
    """Something that cannot be a code; it costs no try."""

    code = "not_a_code"
    title = "Not a code"
    sentence = "The code is the 6 digits in our SMS."
    field = "code"


class CodeWrong(Invalid):
    """Not the code we sent; or no such business, which is nobody's to find out."""

    code = "code_wrong"
    title = "Wrong code"
    sentence = "This is not the code we sent. Tries left: {left}."
    field = "code"


class CodeBurnt(Conflict):
    """Too many wrong tries: not even the right code works now."""

    code = "code_burnt"
    title = "Too many wrong codes"
    sentence = "Too many wrong tries, so that code is dead. Sign up again to get a new one."


class CodeExpired(Conflict):
    """The right code, too late."""

    code = "code_expired"
    title = "Code expired"
    sentence = "This code is too old. Sign up again to get a new one."


class AlreadyVerified(Conflict):
    """The right code, a second time."""

    code = "already_verified"
    title = "Already verified"
    sentence = "This account is verified already; its keys were shown then. Log in to make others."
