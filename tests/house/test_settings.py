"""Settings: where each value comes from, what is refused, and in which words."""

import re
import shutil
import tomllib
from datetime import time
from pathlib import Path

import pytest

from core import settings as house
from core.settings import SANDBOX_SECRETS, TYPES, SettingsError, dotted, load, value, variable

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "settings.toml"


@pytest.fixture
def folder(tmp_path):
    """A folder with the shipped settings in it and nothing else."""
    shutil.copy(SHIPPED, tmp_path)
    return tmp_path


def read(folder, **env):
    return load(folder / "settings.toml", {f"TUMA_{name}": given for name, given in env.items()})


def refusal(folder, **env) -> str:
    with pytest.raises(SettingsError) as caught:
        read(folder, **env)
    line = str(caught.value)
    assert "\n" not in line
    return line


def edit(folder, old, new):
    path = folder / "settings.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


PRODUCTION = {
    "APP__ENVIRONMENT": "production",
    "APP__PUBLIC_URL": "https://sms.example.co.ke",
    "MPESA__ALLOWED_IPS": '["196.201.214.200"]',
} | {
    f"{section}__{key}".upper(): f"real-{number:02}-value-of-an-operator-1234567890"
    for number, (section, key) in enumerate(SANDBOX_SECRETS)
}


def test_the_shipped_settings_are_whole_and_safe(folder):
    given = read(folder)

    assert given.app.environment == "sandbox"
    assert given.mpesa.base_url == "http://127.0.0.1:8001/daraja"
    assert given.onfon.base_url == "http://127.0.0.1:8001/onfon/v1/sms"


def test_every_setting_has_a_comment_of_its_own():
    """A setting nobody explains is a setting nobody dares to touch."""
    commented, above = set(), ""
    section = ""
    for line in SHIPPED.read_text().splitlines():
        if named := re.fullmatch(r"\[(\w+)(?:\.(\w+))?\]", line):
            section = named[1]
            if named[2] and above.startswith("#"):
                commented.add((section, named[2]))
        elif (key := re.match(r"(\w+) = ", line)) and above.startswith("#"):
            commented.add((section, key[1]))
        above = line

    assert [dotted(key) for key in TYPES if key not in commented] == []


def test_every_setting_is_shipped_and_no_other():
    table = tomllib.loads(SHIPPED.read_text())

    assert {(section, key) for section, keys in table.items() for key in keys} == set(TYPES)


def test_the_shipped_secrets_are_known_as_such(folder):
    given = read(folder)

    assert [
        dotted(key) for key, known in SANDBOX_SECRETS.items() if value(given, key) != known
    ] == []


@pytest.mark.parametrize(
    ("name", "raw", "key", "meant"),
    [
        ("ONFON__BATCH_SIZE", "10", ("onfon", "batch_size"), 10),
        ("ONFON__TIMEOUT_SECONDS", "2.5", ("onfon", "timeout_seconds"), 2.5),
        ("APP__NAME", "Posta", ("app", "name"), "Posta"),
        ("MPESA__SHORTCODE", "600984", ("mpesa", "shortcode"), "600984"),
        ("TELEGRAM__TOKEN", "", ("telegram", "token"), ""),
        ("TELEGRAM__TOPUP_IN_CHAT", "false", ("telegram", "topup_in_chat"), False),
        ("TELEGRAM__OPS_CHAT_ID", "-100123", ("telegram", "ops_chat_id"), -100123),
        ("TELEGRAM__ADMIN_IDS", "[1, 2]", ("telegram", "admin_ids"), (1, 2)),
        ("WEBHOOKS__ALLOW_SUBNETS", '["127.0.0.0/8"]', ("webhooks", "allow_subnets"),
         ("127.0.0.0/8",)),
        ("EMAIL__FROM", "a@b.ke", ("email", "from"), "a@b.ke"),
    ],
)  # fmt: skip
def test_the_environment_overrides_a_setting_of_any_kind(folder, name, raw, key, meant):
    assert value(read(folder, **{name: raw}), key) == meant


def test_one_entry_of_a_table_can_be_changed_alone(folder):
    given = read(
        folder,
        LIMITS__REQUESTS_PER_MINUTE='{"standard": 5}',
        USSD__DIALECTS='{"onfon": {"session": "SID"}}',
    )

    assert given.limits.requests_per_minute["standard"] == 5
    assert given.limits.requests_per_minute["high"] > 5
    assert given.ussd.dialects["onfon"].session == "SID"
    assert given.ussd.dialects["onfon"].phone == "MSISDN"


def test_the_environment_wins_over_dotenv_and_that_over_secrets(folder):
    (folder / "secrets.toml").write_text(
        '[app]\nname = "c"\n[onfon]\napi_key = "c"\nclient_id = "c"'
    )
    (folder / ".env").write_text(
        "# ours\nexport TUMA_APP__NAME='b'\nTUMA_ONFON__API_KEY=b\n\nOTHER=1\n"
    )

    given = read(folder, APP__NAME="a")

    assert (given.app.name, given.onfon.api_key, given.onfon.client_id) == ("a", "b", "c")


def test_paths_in_a_file_start_from_its_folder(folder, monkeypatch):
    monkeypatch.chdir("/")
    edit(folder, 'certificate = ""', 'certificate = "keys/daraja.cer"')

    given = read(folder)

    assert given.database.url == f"sqlite:///{folder}/var/tuma.db"
    assert given.mpesa.certificate == f"{folder}/keys/daraja.cer"


def test_the_working_folder_is_looked_in_before_the_repository(folder, monkeypatch):
    monkeypatch.delenv("TUMA_SETTINGS", raising=False)
    monkeypatch.chdir(folder)
    assert house.find() == folder / "settings.toml"

    monkeypatch.chdir("/")
    assert house.find() == SHIPPED


def test_settings_are_read_once_and_can_be_replaced(folder):
    replaced = read(folder, APP__NAME="Posta")
    house.use(replaced)
    try:
        assert house.settings() is replaced
    finally:
        house.use(None)

    assert house.settings() is house.settings()


@pytest.mark.parametrize("key", TYPES, ids=dotted)
def test_a_missing_setting_is_named(folder, key):
    if key == ("ussd", "dialects"):
        text = (folder / "settings.toml").read_text()
        start = text.index("[ussd.dialects]")
        end = text.index("\n[whatsapp]")
        (folder / "settings.toml").write_text(text[:start] + text[end:])
    else:
        text = (folder / "settings.toml").read_text()
        start = text.index(f"[{key[0]}]")
        line = re.compile(rf"^{key[1]} = .*\n", re.MULTILINE).search(text, start)
        (folder / "settings.toml").write_text(text[: line.start()] + text[line.end() :])

    assert refusal(folder).startswith(f"{dotted(key)} is missing: add it")
    assert variable(key) in refusal(folder)


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path).startswith(f"{tmp_path}/settings.toml is not there")


def test_a_file_that_is_no_toml_is_named(folder):
    edit(folder, "[app]", "[app")

    assert refusal(folder).startswith(f"{folder}/settings.toml cannot be read")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[queue]", "[cue]", "cue is no section"),
        ("log_format =", "log_fromat =", "app.log_fromat is no setting"),
        ('[app]\n', 'name = "x"\n[app]\n', "name is no section"),
        ("batch_size = 20", 'batch_size = "20"', "onfon.batch_size must be a whole number"),
        ("batch_size = 20", "batch_size = true", "onfon.batch_size must be a whole number"),
        ('shortcode = "174379"', "shortcode = 174379", "mpesa.shortcode must be text in quotes"),
        ("vat_included = true", 'vat_included = "yes"',
         "pricing.vat_included must be true or false"),
        ("languages = [", "languages = [1, ", "app.languages must be a list like"),
        ("allowed_ips = []", 'allowed_ips = "1.2.3.4"', "mpesa.allowed_ips must be a list like"),
        ('environment = "sandbox"', 'environment = "staging"',
         'app.environment must be one of "sandbox", "production"'),
        ('{ high = "0.6000" }', "{ high = 0.6 }", "pricing.tiers must be a table of texts"),
        ('session = "sessionId", ', "", "ussd.dialects must be a table of dialects"),
        ("accumulated = true", "acumulated = true", "ussd.dialects must be a table of dialects"),
    ],
)  # fmt: skip
def test_what_a_file_has_wrong_is_named(folder, old, new, said):
    edit(folder, old, new)

    assert refusal(folder).startswith(said)


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("APP__TIME_ZONE", "Nairobi", "app.time_zone must be a time zone"),
        ("APP__LANGUAGES", "[]", "app.languages must list"),
        ("APP__LANGUAGES", '["fr"]', "app.languages must list"),
        ("APP__PUBLIC_URL", "sms.example.co.ke", "app.public_url must be an address"),
        ("APP__TRUSTED_PROXIES", '["proxy"]', "app.trusted_proxies must list addresses"),
        ("DATABASE__URL", "mysql://x", "database.url must begin with"),
        ("QUEUE__URL", "amqp://x", "queue.url must be empty or begin with"),
        ("ONFON__BATCH_SIZE", "1001", "onfon.batch_size must be from 1 to 1000"),
        ("ONFON__BATCH_SIZE", "many", "onfon.batch_size must be a whole number"),
        ("ONFON__RATE_PER_SECOND", "0", "onfon.rate_per_second must be more than 0"),
        ("ONFON__CALLBACK_SECRET", "a/b", "onfon.callback_secret may hold only"),
        ("ONFON__UNIT_COST", "0.35001", "onfon.unit_cost must be KES"),
        ("PRICING__PRICE", "-1", "pricing.price must be KES"),
        ("PRICING__PRICE", "1e3", "pricing.price must be KES"),
        ("PRICING__TIERS", '{"high": "free"}', "pricing.tiers must be KES"),
        ("MPESA__ALLOWED_IPS", '["safaricom"]', "mpesa.allowed_ips must list addresses"),
        ("TELEGRAM__TOPUP_IN_CHAT", "yes", "telegram.topup_in_chat must be true or false"),
        ("TELEGRAM__MODE", "carrier-pigeon", "telegram.mode must be one of"),
        ("USSD__SCREEN_LIMIT", "200", "ussd.screen_limit must be from 60 to 182"),
        ("CARDS__PROVIDER", "paypal", "cards.provider must be one of"),
        ("EMAIL__SMTP_URL", "mail.example", "email.smtp_url must be empty or begin with"),
        ("RULES__PROMOTIONAL_FROM", "8:00", "rules.promotional_from must be a time of day"),
        ("RULES__PROMOTIONAL_UNTIL", "24:00", "rules.promotional_until must be a time of day"),
        ("RULES__PROMOTIONAL_OPERATORS", '{"airtel": {"to": "09:00"}}',
         "rules.promotional_operators must be like"),
        ("RULES__REPLY_DAYS", "0", "rules.reply_days must be more than 0"),
        ("RULES__MESSAGE_DAYS", "0", "rules.message_days must be more than 0"),
        ("RULES__REPEAT_MINUTES", "-1", "rules.repeat_minutes must not be below 0"),
        ("ONFON__SHORTCODE", "20-880", "onfon.shortcode may hold only digits"),
        ("RULES__APPROVAL_THRESHOLD", "lots", "rules.approval_threshold must be KES"),
        ("LIMITS__DAILY_SPEND_CAP", "none", "limits.daily_spend_cap must be KES"),
        ("LIMITS__REQUESTS_PER_MINUTE", '{"standard": 0}',
         "limits.requests_per_minute must be more"),
        ("ONFON__BATCHSIZE", "1", "TUMA_ONFON__BATCHSIZE is no setting"),
        ("APP_NAME", "x", "TUMA_APP_NAME is no setting"),
    ],
)  # fmt: skip
def test_what_the_environment_has_wrong_is_named(folder, name, raw, said):
    assert refusal(folder, **{name: raw}).startswith(said)


def test_a_variable_that_is_plainly_not_ours_is_left_alone(folder):
    assert read(folder, COLOUR="red").app.name == "Tuma"


def test_a_refusal_never_shows_the_value(folder):
    assert "hush" not in refusal(folder, MPESA__CALLBACK_SECRET="hush/hush")


def test_a_line_of_dotenv_that_says_nothing_is_named(folder):
    (folder / ".env").write_text("TUMA_APP__NAME\n")

    assert refusal(folder).startswith("Line 1 of")


def test_production_with_everything_real_starts(folder):
    given = read(folder, **PRODUCTION)

    assert given.app.is_production


@pytest.mark.parametrize("key", SANDBOX_SECRETS, ids=dotted)
def test_production_refuses_every_secret_that_everybody_can_read(folder, key):
    env = dict(PRODUCTION)
    del env["__".join(key).upper()]

    line = refusal(folder, **env)
    assert line.startswith(f"{dotted(key)} has the sandbox's value")
    assert variable(key) in line


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("APP__PUBLIC_URL", "http://sms.example.co.ke", "app.public_url is not HTTPS"),
        ("APP__SECRET_KEY", "short", "app.secret_key is too short"),
        ("APP__SECRET_KEY", "", "app.secret_key is missing"),
        ("ONFON__API_KEY", "", "onfon.api_key is missing"),
        ("ONFON__ACCESS_KEY", "", "onfon.access_key is missing"),
        ("ONFON__BASE_URL", "http://api.onfonmedia.example/v1/sms", "onfon.base_url is not HTTPS"),
        ("ONFON__BATCH_SIZE", "21", "onfon.batch_size is more than the gateway takes"),
        ("MPESA__CONSUMER_SECRET", "", "mpesa.consumer_secret is missing"),
        ("MPESA__PASSKEY", "", "mpesa.passkey is missing"),
        ("MPESA__SHORTCODE", "", "mpesa.shortcode is missing"),
        ("MPESA__ALLOWED_IPS", "[]", "mpesa.allowed_ips is empty"),
        ("MPESA__INITIATOR_NAME", "api", "mpesa.initiator_password is missing"),
        ("CARDS__WEBHOOK_SECRET", "", "cards.webhook_secret is missing"),
    ],
)
def test_production_refuses_what_is_missing_or_readable_on_the_way(folder, name, raw, said):
    assert refusal(folder, **PRODUCTION | {name: raw}).startswith(said)


def test_production_needs_a_secret_for_telegrams_webhook(folder):
    env = PRODUCTION | {"TELEGRAM__MODE": "webhook", "TELEGRAM__WEBHOOK_SECRET": ""}

    assert refusal(folder, **env).startswith("telegram.webhook_secret is missing")


def test_doors_left_shut_need_no_credentials_in_production(folder):
    shut = ["TELEGRAM__TOKEN", "TELEGRAM__WEBHOOK_SECRET", "USSD__SECRET", "WHATSAPP__APP_SECRET",
            "WHATSAPP__VERIFY_TOKEN", "CARDS__SECRET_KEY", "CARDS__WEBHOOK_SECRET"]  # fmt: skip

    assert read(folder, **PRODUCTION | dict.fromkeys(shut, "")).telegram.token == ""


def test_amounts_are_read_exactly(folder):
    given = read(folder, PRICING__PRICE="0.2851", LIMITS__DAILY_SPEND_CAP="")

    assert given.pricing.price_units() == 2851
    assert given.pricing.price_units("high") == 6000
    assert given.pricing.vat_basis_points == 1600
    assert given.rules.approval_threshold_units == 50_000_000
    assert given.limits.daily_spend_cap_units is None


def test_an_operator_may_have_a_promotional_window_of_its_own(folder):
    given = read(folder, RULES__PROMOTIONAL_OPERATORS='{"airtel": {"from": "09:00"}}')

    assert given.rules.promotional_window("airtel") == (time(9), time(18))
    assert given.rules.promotional_window("safaricom") == (time(8), time(18))
    assert given.rules.promotional_window() == (time(8), time(18))
