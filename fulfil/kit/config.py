"""One typed configuration from environment variables (`FULFIL_…`) and an optional file of `name = value`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import sqlalchemy as sa

from fulfil.kit.errors import ConfigError

SECRET = ("secret", "url", "password")


@dataclass(frozen=True)
class Config:
    """Settings of one process. Wrong values raise ConfigError with one line that says what is right."""

    database_url: str = "sqlite:///fulfil.db"
    carts_path: str = ""
    public_url: str = "http://127.0.0.1:8000"
    sandbox_url: str = ""
    sandbox_secret: str = ""
    sandbox_secret_previous: str = ""
    receiving_accounts: str = "retail/platform/sandbox=main retail/quick_card/sandbox=main"
    payment_minutes: int = 15
    chain_commit_each_step: bool = False
    pin_memory_kib: int = 65536
    pin_time_cost: int = 3
    log_level: str = "INFO"
    database_pool: int = 8

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, file: Path | None = None,
             **given: object) -> Config:
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
        try:
            backend = sa.make_url(self.database_url).get_backend_name()
        except sa.exc.ArgumentError:
            backend = ""
        if backend not in ("sqlite", "postgresql"):
            raise ConfigError("database_url must look like sqlite:///shop.db or "
                              "postgresql+psycopg://user@host/name")
        if not 1 <= self.payment_minutes <= 1440:
            raise ConfigError("payment_minutes must be from 1 to 1440")
        if not self.public_url.startswith(("http://", "https://")):
            raise ConfigError("public_url must begin with http:// or https://")
        if self.sandbox_url and len(self.sandbox_secret) < 16:
            raise ConfigError("sandbox_secret must have 16 characters or more where sandbox_url is set")
        return self

    def shown(self) -> dict[str, object]:
        """For `fulfil config`: secrets masked."""
        return {f.name: _masked(f.name, getattr(self, f.name)) for f in fields(self)}


def _masked(name: str, value: object) -> object:
    if not value or not any(word in name for word in SECRET):
        return value
    if name.endswith("url"):
        return sa.make_url(str(value)).render_as_string(hide_password=True)
    return "***"


def _of_file(path: Path) -> dict[str, str]:
    known = {f.name for f in fields(Config)}
    texts: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or name not in known:
            raise ConfigError(f"{path}, line {number}: expected `name = value` with a known name, "
                              f"got {line[:40]!r}")
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
