"""What is walked through: who talks, where they start, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.screens import world
from core.screens.world import PIN

BOTH = ("ussd", "telegram")
USSD = ("ussd",)
TELEGRAM = ("telegram",)

LONG = "Tunakukaribisha Jumamosi hii: kusuka nywele kwa nusu bei, saa 8 hadi 11. Karibu!"
DEAR = "Karibu Jumamosi – nywele kwa “nusu bei”, saa nane hadi saa tano. " * 2


@dataclass(frozen=True, slots=True)
class Scene:
    """A walk through a flow.

    An answer is an option's key, something typed, or a verb: `<` back, `contact`, and `owner`, at
    which somebody else does what the next screen needs.
    """

    title: str
    who: str
    flow: str
    answers: Sequence[str] = ()
    channels: tuple[str, ...] = BOTH


def _pin(*answers: str) -> tuple[str, ...]:
    return (*answers, PIN)


SCENES: tuple[Scene, ...] = (
    # Strangers.
    Scene("A stranger looks around", world.STRANGER, "menu", ("help",)),
    Scene("A stranger chooses a language", world.STRANGER, "language", ("same",)),
    Scene("Nobody knows the phone", world.STRANGER, "link", (), USSD),
    Scene("A stranger wants a balance", world.STRANGER, "balance"),
    Scene("The terms are not accepted", world.STRANGER, "register", ("same", "no"), USSD),
    Scene(
        "Registering by phone",
        world.STRANGER,
        "menu",
        (
            *("register", "same", "yes", "   ", "Mama Njeri Chips Corner", "Njeri Kamau"),
            *("1234", "12", PIN, "8520", PIN),
        ),
        USSD,
    ),
    Scene(
        "The terms are not accepted",
        world.STRANGER,
        "register",
        ("same", "contact", "no"),
        TELEGRAM,
    ),
    Scene("Nobody knows the phone", world.STRANGER, "link", (), TELEGRAM),
    Scene(
        "Registering in a chat",
        world.STRANGER,
        "menu",
        ("register", "same", "yes", "Mama Njeri Chips Corner", "Njeri Kamau"),
        TELEGRAM,
    ),
    Scene("A phone of another country", world.FOREIGNER, "register", ("same",), USSD),
    Scene("Registered, and waiting", world.PENDING, "menu", ("topup",)),
    Scene("Registering again while waiting", world.PENDING, "register"),
    Scene("Registering what is open", world.OWNER, "register"),
    Scene("Suspended", world.SUSPENDED, "menu", ("send",)),
    # Joining.
    Scene("Invited by one", world.INVITED, "menu", ("join", "no"), USSD),
    Scene("Invited by one, without a PIN", world.INVITED, "menu", ("join", "yes", PIN, PIN), USSD),
    Scene("Invited by one", world.INVITED, "link", ("contact", "yes"), TELEGRAM),
    Scene("Invited by two", world.INVITED_TWICE, "menu", ("join", "1", "yes", PIN, PIN), USSD),
    Scene("Invited by two", world.INVITED_TWICE, "link", ("contact", "1", "yes"), TELEGRAM),
    Scene("An account that exists", world.OWNER, "link"),
    # Balance and help.
    Scene("The balance", world.OWNER, "menu", ("balance",)),
    Scene("The balance while texts are on their way", world.POOR, "balance"),
    Scene("Help", world.OWNER, "menu", ("help",)),
    Scene("The language", world.OWNER, "account", ("language", "same")),
    # Money in.
    Scene("Topping up", world.OWNER, "menu", ("topup", "ten", "0.5", "500", "own", "yes")),
    Scene(
        "Topping up from another phone",
        world.NEW_OWNER,
        "topup",
        ("1,000", "other", "12", "0733 000 001", "<", "0733 000 001", "no"),
    ),
    Scene("A viewer wants to top up", world.VIEWER, "topup"),
    # Sending.
    Scene(
        "Sending to one number",
        world.OWNER,
        "menu",
        (
            *("send", "one", "7", "0733 000 001", LONG[:79], "more"),
            *("Tuko Moi Avenue.", "change", "Habari, karibu kesho saa tatu.", "go", "yes"),
            *("9753", PIN),
        ),
        USSD,
    ),
    Scene(
        "Sending to one number",
        world.OWNER,
        "menu",
        ("send", "one", "7", "0733 000 001", LONG, "yes"),
        TELEGRAM,
    ),
    Scene(
        "Sending to a typed list, a notice",
        world.OWNER,
        "send",
        (
            "list",
            "0733000001*0733000002",
            "more",
            "0733000003",
            "go",
            LONG[:79],
            "go",
            "notice",
            "no",
        ),
        USSD,
    ),
    Scene(
        "Sending to a typed list, a notice with dear letters",
        world.OWNER,
        "send",
        ("list", "0733000001, 0733000002\n0733000003", DEAR, "notice", "plain", "no"),
        TELEGRAM,
    ),
    Scene(
        "Sending dear letters as they are",
        world.OWNER,
        "send",
        ("all", f"{DEAR}🎉", "advert", "no"),
        TELEGRAM,
    ),
    Scene(
        "Sending dear letters",
        world.OWNER,
        "send",
        (
            "one",
            "0733000001",
            "Karibu Jumamosi – nywele kwa “nusu bei”, saa nane hadi saa tano. Karibu",
            "go",
        ),
        USSD,
    ),
    Scene(
        "Sending an advert to a group",
        world.OWNER,
        "send",
        _pin("group", "1", "2", LONG[:79], "go", "advert", "yes"),
        USSD,
    ),
    Scene(
        "Sending an advert to a group",
        world.OWNER,
        "send",
        ("group", "2", LONG, "advert", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Not enough money", world.POOR, "send", ("one", "0733000001", "Karibu", "go", "topup"), USSD
    ),
    Scene(
        "Not enough money", world.POOR, "send", ("one", "0733000001", "Karibu", "topup"), TELEGRAM
    ),
    Scene("A viewer wants to send", world.VIEWER, "menu", ("send",)),
    Scene(
        "Sending without a PIN",
        world.WITHOUT_PIN,
        "send",
        ("one", "0733000001", "Karibu", "go", "yes", PIN, PIN),
        USSD,
    ),
    # Contacts.
    Scene("Adding a contact", world.OWNER, "contacts", ("add", "0722 111 222", "Baraka", "2")),
    Scene("The first contact of all", world.POOR, "contacts", ("add", "0722 111 222", "Baraka")),
    Scene("No contacts yet", world.NEW_OWNER, "contacts", ("list",)),
    Scene("No group to put somebody into", world.POOR, "contacts", ("list", "1", "group")),
    Scene("Looking at a contact", world.OWNER, "contacts", ("list", "2", "ungroup", "1")),
    Scene("Finding a contact", world.OWNER, "contacts", ("find", "kam", "1", "group", "1")),
    Scene("Finding nobody", world.OWNER, "contacts", ("find", "xyz", "wam")),
    Scene("Removing a contact", world.OWNER, "contacts", ("find", "zaw", "1", "remove", "yes")),
    Scene("Keeping a contact", world.OWNER, "contacts", ("list", "1", "remove", "no")),
    Scene("A viewer looks at a contact", world.VIEWER, "contacts", ("list", "1")),
    Scene("A new group", world.OWNER, "contacts", ("groups", "new", "Wapya")),
    Scene(
        "People into a group",
        world.OWNER,
        "contacts",
        ("groups", "2", "add", "0722111222*0722111223", "go"),
        USSD,
    ),
    Scene(
        "People into a group",
        world.OWNER,
        "contacts",
        ("groups", "2", "add", "0722111222, 0722111223"),
        TELEGRAM,
    ),
    Scene("Who is in a group", world.OWNER, "contacts", ("groups", "4", "members", "1")),
    Scene("Removing a group", world.OWNER, "contacts", ("groups", "2", "remove", "yes")),
    Scene("An empty group", world.VIEWER, "contacts", ("groups", "1", "members")),
    # Reports.
    Scene("The week", world.OWNER, "menu", ("reports", "week")),
    Scene("One send", world.OWNER, "reports", ("4",)),
    Scene("A week without a text", world.NEW_OWNER, "reports", ("week",)),
    # Account.
    Scene("The account", world.OF_TWO, "account", ("choose", "1")),
    Scene("Only one business", world.OWNER, "choose"),
    Scene(
        "Business details",
        world.OWNER,
        "account",
        ("business", "email", "x", "a@example.com", PIN),
        USSD,
    ),
    Scene(
        "Business details",
        world.OWNER,
        "account",
        ("business", "address", "Moi Avenue 12"),
        TELEGRAM,
    ),
    Scene("A viewer looks at the details", world.VIEWER, "account", ("business",)),
    Scene("The PIN in a chat", world.OWNER, "account", ("pin",), TELEGRAM),
    Scene("Another PIN", world.OWNER, "account", ("pin", "change", "8520", "8520", PIN), USSD),
    Scene("A forgotten PIN", world.OWNER, "account", ("pin", "forgot"), USSD),
    Scene(
        "A code from the SMS",
        world.OWNER,
        "account",
        ("pin", "code", PIN, PIN, "x", "000000", "code"),
        USSD,
    ),
    Scene(
        "A locked PIN",
        world.SENDER,
        "account",
        ("pin", "change", "8520", "8520", "9753", "9753", "9753"),
        USSD,
    ),
    Scene("Sending with a locked PIN", world.SENDER, "send", (), USSD),
    Scene(
        "Inviting",
        world.OWNER,
        "account",
        _pin("team", "invite", "0722111333", "finance", "yes"),
        USSD,
    ),
    Scene("Inviting", world.OWNER, "team", ("invite", "0722111333", "finance", "yes"), TELEGRAM),
    Scene("Not inviting", world.OWNER, "team", ("invite", "0722111334", "owner", "no")),
    Scene(
        "Inviting somebody who is there",
        world.OWNER,
        "team",
        _pin("invite", world.SENDER, "sender", "yes"),
        USSD,
    ),
    Scene("Taking an invitation back", world.OWNER, "team", (f"inv{'254722111333'}", "yes")),
    Scene(
        "Another role",
        world.OWNER,
        "team",
        _pin(f"={world.SENDER}", "role", "manager", "yes"),
        USSD,
    ),
    Scene(
        "Another role",
        world.OWNER,
        "team",
        (f"={world.SENDER}", "role", "manager", "yes"),
        TELEGRAM,
    ),
    Scene(
        "A PIN reset for somebody",
        world.OWNER,
        "team",
        _pin(f"={world.VIEWER}", "pin", "yes"),
        USSD,
    ),
    Scene(
        "A PIN reset for somebody",
        world.OWNER,
        "team",
        (f"={world.VIEWER}", "pin", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Removing somebody", world.OWNER, "team", _pin(f"={world.DEVELOPER}", "remove", "yes"), USSD
    ),
    Scene(
        "Not removing somebody",
        world.OWNER,
        "team",
        (f"={world.DEVELOPER}", "remove", "no"),
        TELEGRAM,
    ),
    Scene(
        "The last owner cannot go",
        world.OWNER,
        "team",
        _pin(f"={world.OWNER}", "remove", "yes"),
        USSD,
    ),
    Scene("A first PIN", world.VIEWER, "account", ("pin", "2580", "2580"), USSD),
    Scene("A viewer looks at the team", world.VIEWER, "team"),
    # Keys.
    Scene("Keys by phone", world.OWNER, "keys", (), USSD),
    Scene("A new live key", world.OWNER, "account", ("keys", "live", "Website", "yes"), TELEGRAM),
    Scene("A new test key", world.OWNER, "keys", ("test", "Trying", "no"), TELEGRAM),
    Scene("Replacing a key", world.OWNER, "keys", ("3", "rotate", "yes"), TELEGRAM),
    Scene("Ending a key", world.OWNER, "keys", ("3", "revoke", "yes"), TELEGRAM),
    Scene("A sender wants keys", world.SENDER, "keys", (), TELEGRAM),
)

# What only rare moments say, and no walk comes to: printed after the screens.
RARE: tuple[str, ...] = (
    "This has changed meanwhile. Please look again.",
    "That is too long to type here. Send it in several SMS.",
    "More than {limit} at once needs a manager or the owner. Ask one of them to send it.",
    "You have no groups yet. Make one under Contacts.",
    "There are no groups yet.",
    "They are no longer in the team.",
    "The first {count}. Use Find for others.",
    "To top up, dial {code}.",
    "That button is from an earlier screen. This is where you are now.",
    "That choice is no longer there. Please choose again.",
    "Please answer the question below.",
)
