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

    An answer is an option's key, something typed, a file's name, or a verb: `<` back, `contact`,
    `=` before a phone and `~` before what something is called, for the option that stands for it.
    `about` is what a button was about that started the flow; `is_old` says that what stood above
    it is no longer so.
    """

    title: str
    who: str
    flow: str
    answers: Sequence[str] = ()
    channels: tuple[str, ...] = BOTH
    about: str = ""
    is_old: bool = False


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
            *("list", "0733000001*0733000002", "more", "0733000003", "go", LONG[:79]),
            *("go", "notice", "later", "11:00", "soon", "kesho saa 3", "<", "kesho 9:00", "no"),
        ),
        USSD,
    ),
    Scene(
        "Sending to a typed list, a notice with dear letters",
        world.OWNER,
        "send",
        (
            *("list", "0733000001, 0733000002\n0733000003", DEAR, "notice", "plain"),
            *("now", "no"),
        ),
        TELEGRAM,
    ),
    Scene(
        "Sending dear letters as they are",
        world.OWNER,
        "send",
        ("all", f"{DEAR}🎉", "advert", "keep", "now", "no"),
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
        _pin("group", "1", "2", LONG[:79], "go", "advert", "now", "yes"),
        USSD,
    ),
    Scene(
        "Sending an advert to a group",
        world.OWNER,
        "send",
        ("group", "2", LONG, "advert", "now", "test", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Trying a send first",
        world.OWNER,
        "send",
        _pin("group", "2", "template", "1", "notice", "now", "test"),
        USSD,
    ),
    Scene(
        "The same to the same people again",
        world.OWNER,
        "campaign",
        ("start", "yes", PIN, "yes", PIN),
        USSD,
        about="cmp:Ofa ya asubuhi",
    ),
    Scene(
        "A template with a value that nobody has",
        world.OWNER,
        "send",
        ("group", "2", "template", "~tpl:Salio", "500", "notice", "now"),
    ),
    Scene(
        "A template to one number, later",
        world.OWNER,
        "send",
        _pin("one", "0733000001", "template", "~tpl:Salio", "500", "later", "kesho 9:00", "yes"),
        USSD,
    ),
    Scene(
        "A template to one number, later",
        world.OWNER,
        "send",
        ("one", "0733000001", "template", "~tpl:Salio", "500", "later", "kesho 9:00", "yes"),
        TELEGRAM,
    ),
    Scene("A text that waits is taken back", world.OWNER, "menu", ("reports", "4", "cancel")),
    Scene(
        "A template",
        world.OWNER,
        "send",
        ("group", "2", "template", "~tpl:Karibu", "notice", "later", "25/12 9:00", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Sending under one of several names",
        world.SHORT,
        "send",
        ("list", "0733000001*0733000002", "go", "Karibu", "go", "advert", "s1", "now", "no"),
        USSD,
    ),
    Scene(
        "Sending under a name that does not reach everybody",
        world.SHORT,
        "send",
        ("list", "0733000001*0712000002", "go", "Karibu", "go", "advert", "s0", "now", "no"),
        USSD,
    ),
    Scene(
        "A sender asks a manager",
        world.SENDER,
        "send",
        _pin("group", "2", "Karibu nyote", "go", "notice", "now", "yes"),
        USSD,
    ),
    Scene(
        "A sender asks a manager",
        world.SENDER,
        "send",
        ("group", "2", "Karibu nyote", "notice", "now", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Not enough money for all",
        world.SHORT,
        "send",
        (
            *("list", "0733000001*0733000002*0733000003", "go", "Karibu", "go", "notice", "now"),
            *("first", "no"),
        ),
        USSD,
    ),
    Scene(
        "Not enough money for all",
        world.SHORT,
        "send",
        ("list", "0733000001*0733000002*0733000003", "Karibu", "notice", "now", "first", "yes"),
        TELEGRAM,
    ),
    # Campaigns.
    Scene("No campaigns yet", world.NEW_OWNER, "campaigns"),
    Scene(
        "A campaign held back",
        world.OWNER,
        "menu",
        ("reports", "campaigns", "~cmp:Ofa ya leo", "again", "pause"),
    ),
    Scene("A campaign let go on", world.OWNER, "campaigns", ("~cmp:Ofa ya leo", "resume")),
    Scene(
        "A campaign of yesterday",
        world.OWNER,
        "resume_campaign",
        _pin("yes"),
        USSD,
        about="cmp:Ofa ya jana",
    ),
    Scene(
        "A campaign of yesterday",
        world.OWNER,
        "resume_campaign",
        ("cancel", "<", "no"),
        TELEGRAM,
        about="cmp:Ofa ya jana",
    ),
    Scene(
        "A campaign is taken back",
        world.OWNER,
        "cancel_campaign",
        ("yes",),
        about="cmp:Ofa ya leo",
    ),
    Scene("A campaign that is over", world.OWNER, "campaigns", ("~cmp:Ofa ya juzi",)),
    Scene("A draft", world.OWNER, "campaigns", ("~cmp:Rasimu", "start", "<")),
    Scene("A draft is removed", world.OWNER, "campaigns", ("~cmp:Rasimu", "remove")),
    Scene("A viewer looks at a campaign", world.VIEWER, "campaigns", ("~cmp:Ofa ya jana",)),
    # Approvals.
    Scene(
        "Approving",
        world.OWNER,
        "menu",
        _pin("approvals", "~cmp:Ya Asha 1", "yes"),
        USSD,
    ),
    Scene(
        "Approving by an old card",
        world.OWNER,
        "approve",
        ("no",),
        TELEGRAM,
        about="cmp:Ya Asha 1",
        is_old=True,
    ),
    Scene("Approving by a tap", world.OWNER, "approve", (), TELEGRAM, about="cmp:Ya Asha 1"),
    Scene(
        "Approving what has been approved",
        world.OWNER,
        "approve",
        (),
        TELEGRAM,
        about="cmp:Ya Asha 1",
    ),
    Scene("Approving later", world.OWNER, "approvals", ("~cmp:Ya Asha 2", "no")),
    Scene("Rejecting", world.OWNER, "approvals", ("~cmp:Ya Asha 2", "reject", "Bei ni ghali sana")),
    Scene("Looking at what waits", world.OWNER, "campaigns", ("~cmp:Ya Asha 3", "again")),
    Scene("A sender approves nothing", world.SENDER, "approvals"),
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
    Scene(
        "Adding a contact",
        world.OWNER,
        "contacts",
        ("add", "0722 111 222", "Baraka", "2", "other", "Kanisani", "earlier", "jana", "1/2/2026"),
    ),
    Scene(
        "The first contact of all",
        world.POOR,
        "contacts",
        ("add", "0722 111 222", "Baraka", "none"),
    ),
    Scene("No contacts yet", world.NEW_OWNER, "contacts", ("list",)),
    Scene("No group to put somebody into", world.POOR, "contacts", ("list", "1", "group")),
    Scene("Looking at a contact", world.OWNER, "contacts", ("list", "2", "ungroup", "1")),
    Scene("Finding a contact", world.OWNER, "contacts", ("find", "kam", "1", "group", "1")),
    Scene("Finding nobody", world.OWNER, "contacts", ("find", "xyz", "wam")),
    Scene("Removing a contact", world.OWNER, "contacts", ("find", "zaw", "1", "remove", "yes")),
    Scene("Keeping a contact", world.OWNER, "contacts", ("list", "1", "remove", "no")),
    Scene("A viewer looks at a contact", world.VIEWER, "contacts", ("list", "1")),
    Scene("Another name", world.OWNER, "contacts", ("find", "kam", "1", "name", "Kamau Njoroge")),
    Scene(
        "A detail is noted",
        world.OWNER,
        "contacts",
        ("find", "kam", "1", "fields", "new", "phone", "Deni", "500"),
    ),
    Scene(
        "A template with a value that some have",
        world.OWNER,
        "send",
        ("all", "template", "~tpl:Salio", "notice", "now", "100", "no"),
    ),
    Scene(
        "A detail is changed", world.OWNER, "contacts", ("find", "kam", "1", "fields", "f0", "-")
    ),
    Scene("Blocking", world.OWNER, "contacts", ("find", "kam", "1", "block", "yes")),
    Scene("Unblocking", world.OWNER, "contacts", ("find", "kam", "1", "unblock")),
    Scene("Not blocking", world.OWNER, "contacts", ("find", "kam", "1", "block", "no")),
    Scene("An opted-out contact", world.OWNER, "contacts", ("find", "mut", "1", "erase", "no")),
    Scene(
        "Erasing somebody", world.OWNER, "contacts", _pin("find", "otie", "1", "erase", "yes"), USSD
    ),
    Scene(
        "Erasing somebody", world.OWNER, "contacts", ("find", "otie", "1", "erase", "yes"), TELEGRAM
    ),
    # Imports.
    Scene("A file by phone", world.OWNER, "import", (), USSD),
    Scene(
        "Importing a file",
        world.OWNER,
        "contacts",
        ("import", "wateja.csv", "yes", "new", "Wapya kabisa", "form", "today", "yes"),
        TELEGRAM,
    ),
    Scene(
        "Another column",
        world.OWNER,
        "import",
        ("bila.csv", "phone", "c1", "2", "online", "none", "no"),
        TELEGRAM,
    ),
    Scene("A file is left", world.OWNER, "import", ("wateja.csv", "no"), TELEGRAM),
    Scene("A file that is no table", world.OWNER, "import", ("hati.pdf",), TELEGRAM),
    Scene("A viewer wants to import", world.VIEWER, "import", (), TELEGRAM),
    Scene("Exporting the contacts", world.OWNER, "contacts", ("export",), TELEGRAM),
    # Groups.
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
    Scene(
        "Who is in a group",
        world.OWNER,
        "contacts",
        ("groups", "~grp:Wateja wa Jumamosi", "members", "1"),
    ),
    Scene(
        "Exporting a group",
        world.OWNER,
        "contacts",
        ("groups", "~grp:Wateja wa Jumamosi", "export"),
        TELEGRAM,
    ),
    Scene("Removing a group", world.OWNER, "contacts", ("groups", "2", "remove", "yes")),
    Scene("An empty group", world.VIEWER, "contacts", ("groups", "1", "members")),
    Scene("Sending to a group at hand", world.OWNER, "contacts", ("groups", "3", "send")),
    # Templates.
    Scene("No templates yet", world.VIEWER_OF_SHOP, "templates"),
    Scene(
        "A new template",
        world.OWNER,
        "account",
        ("templates", "new", "Shukrani", "Asante {{", "Asante {{first_name|rafiki}}!", "go"),
        USSD,
    ),
    Scene(
        "A new template",
        world.OWNER,
        "templates",
        ("new", "Shukrani", "Asante {{first_name|rafiki}}!"),
        TELEGRAM,
    ),
    Scene("Reading a template", world.OWNER, "templates", ("~tpl:Karibu", "read"), USSD),
    Scene("Trying a template", world.OWNER, "templates", ("~tpl:Salio", "try", "1")),
    Scene(
        "Changing a template",
        world.OWNER,
        "templates",
        ("~tpl:Karibu", "change", "Karibu tena {{name}}!", "go", "sw"),
        USSD,
    ),
    Scene(
        "Changing a template",
        world.OWNER,
        "templates",
        ("~tpl:Karibu", "change", "Karibu tena {{name}}!", "sw"),
        TELEGRAM,
    ),
    Scene("Keeping a template", world.OWNER, "templates", ("~tpl:Salio", "remove", "no")),
    Scene("Removing a template", world.OWNER, "templates", ("~tpl:Salio", "remove", "yes")),
    # Replies.
    Scene("No replies yet", world.NEW_OWNER, "inbox"),
    Scene(
        "Answering a reply",
        world.OWNER,
        "menu",
        ("reports", "inbox", "3", "answer"),
    ),
    Scene("Somebody opted out", world.OWNER, "inbox", ("2",)),
    Scene("Somebody is back", world.OWNER, "inbox", ("1",)),
    # Sender IDs.
    Scene("No sender IDs yet", world.VIEWER, "senders"),
    Scene(
        "Asking for a sender ID",
        world.OWNER,
        "account",
        ("senders", "ask", "123", "ZURI", "promotional", "Ofa kwa wateja wetu", "yes"),
        USSD,
    ),
    Scene(
        "Asking for a sender ID",
        world.OWNER,
        "senders",
        (
            *("ask", "ZURI", "promotional", "Ofa kwa wateja wetu", "wateja.csv", "cheti.pdf"),
            *("cheti.pdf", "yes"),
        ),
        TELEGRAM,
    ),
    Scene(
        "Asking for a sender ID without a paper",
        world.OWNER,
        "senders",
        ("ask", "ZURI2", "transactional", "Ofa kwa wateja wetu", "without", "no"),
        TELEGRAM,
    ),
    Scene("A sender ID on its way", world.SHORT, "senders", ("5",)),
    Scene("A sender ID that was refused", world.SHORT, "senders", ("4",)),
    # Reports.
    Scene("The week", world.OWNER, "menu", ("reports", "week")),
    Scene("One send", world.OWNER, "reports", ("6",)),
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
    "Nobody would get it.",
    "Counting the people and the cost. It takes up to a minute.",
    "It waits under Reports, Campaigns.",
    "Not now",
    "Opted out of all SMS.",
    "No value of {name} for {count} of them. Give a default: {{{{{name}|...}}}}",
    "Another number",
    "{count} left out: {shown}",
    "Send to the first {count} of {total}? It costs {cost} at most.",
    "{count} x {segments} SMS",
    "{segments} SMS each: {count}",
    "Plain letters would save {amount}.",
    "today",
    "Excel, sheet {sheet}",
    "The paper is larger than {limit} MB. Send a smaller photo or PDF.",
    "This has changed meanwhile. Please look again.",
    "That is too long to type here. Send it in several SMS.",
    "More than {limit} at once needs a manager or the owner. Ask one of them to send it.",
    "There are no groups yet.",
    "They are no longer in the team.",
    "The first {count}. Use Find for others.",
    "To top up, dial {code}.",
    "That button is from an earlier screen. This is where you are now.",
    "That choice is no longer there. Please choose again.",
    "Please answer the question below.",
)
