"""The one typed configuration."""

from pathlib import Path

import pytest

from fulfil.kit.config import Config
from fulfil.kit.errors import ConfigError


def test_defaults_hold_without_anything() -> None:
    assert Config.load({}) == Config()


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fulfil.conf"
    file.write_text(
        "# the shop's\npayment_minutes = 5  # short\nlog_level=DEBUG\n\nsandbox_secret = a#b-c#d-0123456\n"
    )
    environment = {"FULFIL_PAYMENT_MINUTES": "6", "FULFIL_CHAIN_COMMIT_EACH_STEP": "yes", "OTHER": "x"}
    config = Config.load(environment, file, log_level="ERROR", public_url=None)
    assert (config.payment_minutes, config.log_level, config.chain_commit_each_step) == (6, "ERROR", True)
    assert config.sandbox_secret == "a#b-c#d-0123456" and config.public_url == Config().public_url


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "mysql://x/y", "database_url must look like"),
        ("DATABASE_URL", "nonsense", "database_url must look like"),
        ("DATABASE_URL", "postgresql://u@h/d", "database_url must look like"),
        ("DATABASE_URL", "sqlite://", "database_url must look like"),
        ("DATABASE_URL", "sqlite:///:memory:", "database_url must look like"),
        ("REDIS_URL", "redis://h:6379/0", "goes with PostgreSQL only"),
        ("PAYMENT_MINUTES", "0", "payment_minutes must be from 1 to 1440"),
        ("PAYMENT_MINUTES", "soon", "payment_minutes must be a whole number, not 'soon'"),
        ("CHAIN_COMMIT_EACH_STEP", "maybe", "chain_commit_each_step must be yes or no"),
        ("PUBLIC_URL", "shop.example", "public_url must begin with"),
        ("SANDBOX_URL", "http://127.0.0.1:9", "sandbox_secret must have 16 characters"),
        ("SMS_URL", "sms.example.org", "sms_url must begin with"),
        ("SMTP_URL", "mail.example.org", "smtp_url must look like"),
        ("SMTP_URL", "smtp://h:port", "smtp_url must look like"),
        ("SMTP_URL", "smtp://", "smtp_url must look like"),
        ("ALARM_MINIMUM", "0", "alarm_minimum must be 1 or more"),
        ("ALARM_MINIMUM", "11", "alarm_minimum must be 1 or more"),
        ("LOG_LEVEL", "LOUD", "log_level must be one of"),
        ("DATABASE_POOL", "1", "database_pool must be 2 or more"),
        ("SQLITE_PRAGMAS", "synchronous=OFF; drop", "sqlite_pragmas must look like"),
        ("PIN_TIME_COST", "0", "pin_memory_kib must be"),
    ],
)
def test_a_wrong_value_says_what_is_right(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.load({f"FULFIL_{name}": value})


@pytest.mark.parametrize("line", ["paymentminutes = 5", "payment_minutes 5", "= 5"])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "fulfil.conf"
    file.write_text(f"log_level = INFO\n{line}\n")
    with pytest.raises(ConfigError, match="line 2: expected `name = value`"):
        Config.load({}, file)


def test_what_opens_a_provider_s_door_is_not_shown() -> None:
    config = Config.load(
        {
            "FULFIL_SMS_URL": "https://me:hunter2@sms.example.org/send?key=hunter2",
            "FULFIL_SMS_TOKEN": "hunter2",
            "FULFIL_SMS_SECRET": "hunter2",
            "FULFIL_SMTP_URL": "smtp://me:hunter2@mail.example.org:587",
        }
    )
    shown = config.shown()
    assert "hunter2" not in str(shown)
    assert shown["sms_url"] == "https://***@sms.example.org/send?***"
    assert shown["smtp_url"] == "smtp://me:***@mail.example.org:587"


@pytest.mark.parametrize("url", ["redis://h:6379/1", "rediss://:hunter2@h/0", "unix:///run/redis?db=2"])
def test_redis_goes_with_postgresql(url: str) -> None:
    config = Config.load({"FULFIL_REDIS_URL": url, "FULFIL_DATABASE_URL": "postgresql+psycopg://u@h/d"})
    assert config.redis_url == url and "hunter2" not in str(config.shown())


def test_a_redis_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="redis_url must look like"):
        Config.load({"FULFIL_REDIS_URL": "http://h", "FULFIL_DATABASE_URL": "postgresql+psycopg://u@h/d"})


def test_secrets_are_masked_when_shown() -> None:
    config = Config(
        database_url="postgresql+psycopg://shop:hunter2@db/fulfil",
        sandbox_secret="hunter2hunter2hu",
        sandbox_secret_previous="hunter2",
    )
    shown = config.shown()
    assert "hunter2" not in str(shown)
    assert shown["database_url"] == "postgresql+psycopg://shop:***@db/fulfil"
    assert shown["payment_minutes"] == 15 and shown["sandbox_url"] == ""
