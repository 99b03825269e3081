"""One typed configuration from environment variables (`FULFIL_…`) and an optional file of `name = value`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from fulfil.kit.errors import ConfigError

COMMENT = re.compile(r"(^|\s)#.*")  # a # inside a value, as in a password, stays
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PRAGMA = re.compile(r"[a-z_]+=-?\w+")
SECRET = ("secret", "url", "password", "token")
DAYS_MAX = 36_500


@dataclass(frozen=True)
class Config:
    """Settings of one process. Wrong values raise ConfigError with one line that says what is right."""

    database_url: str = "sqlite:///fulfil.db"
    redis_url: str = ""
    carts_path: str = ""
    public_url: str = "http://127.0.0.1:8000"
    sandbox_url: str = ""
    sandbox_secret: str = ""
    sandbox_secret_previous: str = ""
    receiving_accounts: str = "retail/platform/sandbox=main retail/quick_card/sandbox=main"
    flows: str = ""
    businesses: str = ""
    payment_minutes: int = 15
    sms_url: str = ""
    sms_token: str = ""
    sms_secret: str = ""
    sms_body: str = '{"to": "{phone}", "text": "{text}"}'
    smtp_url: str = ""
    email_from: str = ""
    alarm_contacts: str = ""
    alarm_minimum: int = 3
    alarm_maximum: int = 10
    webhook_private: bool = False
    chain_commit_each_step: bool = False
    pin_memory_kib: int = 65536
    pin_time_cost: int = 3
    log_level: str = "INFO"
    database_pool: int = 8
    sqlite_pragmas: str = ""
    live_days: int = 2
    key_days: int = 2
    op_days: int = 30
    session_days: int = 30
    message_days: int = 30
    guest_days: int = 90
    member_days: int = 730
    personal_days: int = 180
    debt_days: int = 1095
    archive_after_days: int = 400
    archived_days: int = 3650

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, file: Path | None = None, **given: object
    ) -> Config:
        """Defaults, then the file, then the environment, then `given` (command line; None is not given)."""
        texts = _of_file(file) if file else {}
        environment = os.environ if environment is None else environment
        for field in fields(cls):
            if (text := environment.get(f"FULFIL_{field.name.upper()}")) is not None:
                texts[field.name] = text
        values = {name: _typed(cls, name, text) for name, text in texts.items()}
        values |= {name: value for name, value in given.items() if value is not None}
        return replace(cls(), **values).checked()

    def checked(self) -> Config:
        if not _usable(self.database_url):
            raise ConfigError(
                "database_url must look like sqlite:///shop.db or postgresql+psycopg://user@host/name"
            )
        if self.redis_url and not _usable_redis(self.redis_url, self.database_url):
            raise ConfigError(
                "redis_url must look like redis://host:6379/0, rediss://… or unix:///…, "
                "and goes with PostgreSQL only: one process alone serves SQLite"
            )
        if not 1 <= self.payment_minutes <= 1440:
            raise ConfigError("payment_minutes must be from 1 to 1440")
        if not self.public_url.startswith(("http://", "https://")):
            raise ConfigError("public_url must begin with http:// or https://")
        if self.sandbox_url and len(self.sandbox_secret) < 16:
            raise ConfigError("sandbox_secret must have 16 characters or more where sandbox_url is set")
        if self.smtp_url and not _usable_mail(self.smtp_url):
            raise ConfigError("smtp_url must look like smtp://user:password@host:587 or smtps://…:465")
        if self.sms_url and not self.sms_url.startswith(("http://", "https://")):
            raise ConfigError("sms_url must begin with http:// or https://")
        if not 1 <= self.alarm_minimum <= self.alarm_maximum:
            raise ConfigError("alarm_minimum must be 1 or more, and alarm_maximum not less")
        if self.log_level not in LOG_LEVELS:
            raise ConfigError(f"log_level must be one of {', '.join(LOG_LEVELS)}")
        if self.database_pool < 2:
            raise ConfigError("database_pool must be 2 or more")
        if not all(PRAGMA.fullmatch(pragma) for pragma in self.sqlite_pragmas.split()):
            raise ConfigError("sqlite_pragmas must look like synchronous=NORMAL cache_size=-8000")
        self._check_days()
        if self.pin_memory_kib < 8 or self.pin_time_cost < 1:
            raise ConfigError("pin_memory_kib must be 8 or more, pin_time_cost 1 or more")
        return self

    def _check_days(self) -> None:
        """How long things are kept (docs/retention.md): nothing may outlive what it hangs on."""
        for field in fields(self):
            if field.name.endswith("_days") and not 1 <= getattr(self, field.name) <= DAYS_MAX:
                raise ConfigError(f"{field.name} must be from 1 to {DAYS_MAX}")
        if self.archived_days < max(self.archive_after_days, self.personal_days):
            raise ConfigError("archived_days must not be less than archive_after_days or personal_days")
        if self.personal_days < max(self.live_days, self.key_days):
            raise ConfigError("personal_days must not be less than live_days or key_days")

    def shown(self) -> dict[str, object]:
        """For `fulfil config`: secrets masked."""
        return {f.name: _masked(f.name, getattr(self, f.name)) for f in fields(self)}


def _usable(url: str) -> bool:
    """A SQLite file (every connection to a database in memory would see its own) or PostgreSQL by psycopg."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        return False
    if parsed.drivername == "sqlite":
        return parsed.database not in (None, "", ":memory:")
    return parsed.drivername == "postgresql+psycopg"


def _usable_redis(url: str, database_url: str) -> bool:
    return url.startswith(("redis://", "rediss://", "unix://")) and not database_url.startswith("sqlite")


def _usable_mail(url: str) -> bool:
    try:
        where = urlsplit(url)
        return where.scheme in ("smtp", "smtps") and bool(where.hostname) and where.port != 0
    except ValueError:
        return False


def _masked(name: str, value: object) -> object:
    if not value or not any(word in name for word in SECRET):
        return value
    if not name.endswith("url"):
        return "***"
    if name == "sms_url":  # its query may hold the key to somebody's account
        return re.sub(r"\?.*", "?***", re.sub(r"//[^/]*@", "//***@", str(value)))
    return sa.make_url(str(value)).render_as_string(hide_password=True)


def _of_file(path: Path) -> dict[str, str]:
    known = {f.name for f in fields(Config)}
    texts: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = COMMENT.sub("", line).strip()
        if not line:
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or name not in known:
            raise ConfigError(
                f"{path}, line {number}: expected `name = value` with a known name, got {line[:40]!r}"
            )
        texts[name] = value
    return texts


def _typed(cls: type[Config], name: str, text: str) -> object:
    default = getattr(cls, name)
    if isinstance(default, bool):
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise ConfigError(f"{name} must be yes or no, not {text[:40]!r}")
        return text.lower() in ("1", "true", "yes")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{name} must be a whole number, not {text[:40]!r}") from None
    return text
