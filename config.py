"""Settings, read once from the environment. Imports nothing of ours."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent
PREFIX = "MORTISE_"
LOCALES = ("zh_Hans_CN", "en")
PORTS = (("PORT", 8000), ("HTTPS_PORT", 8443))


class SettingWrong(Exception):
    """A setting is missing or unreadable; the message names it and says what is wrong with it."""


class _Reader:
    """Reads settings by name; each may also come from the file that NAME_FILE points to."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def text(self, name: str, default: str) -> str:
        """Return the setting's text, or its default when it is absent or empty."""
        full = PREFIX + name
        if path := self.env.get(f"{full}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as wrong:
                raise SettingWrong(f"{full}_FILE: cannot read {path}: {wrong.strerror}") from wrong
        return self.env.get(full) or default

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Return a whole number within its limits."""
        raw = self.text(name, str(default))
        if not raw.isdecimal() or not lowest <= int(raw) <= highest:
            raise SettingWrong(f"{PREFIX}{name}: expected a number {lowest}-{highest}, got {raw!r}")
        return int(raw)

    def word(self, name: str, default: str, words: tuple[str, ...]) -> str:
        """Return one of `words`."""
        raw = self.text(name, default)
        if raw not in words:
            raise SettingWrong(f"{PREFIX}{name}: expected one of {', '.join(words)}, got {raw!r}")
        return raw


def _zone(raw: str) -> str:
    try:
        ZoneInfo(raw)
    except (KeyError, ValueError, OSError) as wrong:
        raise SettingWrong(f"{PREFIX}TIMEZONE: no such time zone: {raw!r}") from wrong
    return raw


def _database(raw: str) -> str:
    if raw.startswith("postgresql://"):
        raw = "postgresql+psycopg://" + raw.removeprefix("postgresql://")
    if not raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingWrong(f"{PREFIX}DATABASE_URL: expected sqlite:///FILE or postgresql://…, got {raw!r}")
    return raw


def _broker(raw: str) -> str:
    parts = urlsplit(raw)
    if raw and (parts.scheme not in ("mqtt", "mqtts") or not parts.hostname):
        raise SettingWrong(f"{PREFIX}MQTT_URL: expected mqtt://HOST or mqtts://HOST, got {parts.scheme}:…")
    return raw


def _kept_secret(var: Path) -> str:
    """Return the installation's own secret, made once and kept readable by its owner only."""
    file = var / "secret_key"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class Settings:
    """All that differs from one installation to the next."""

    SECRET_KEY: str
    DATABASE_URL: str
    LOCALE: str
    TIMEZONE: str
    HOST: str
    PORT: int
    HTTPS: bool  # with a certificate of the factory's own authority; PORT then only leads to HTTPS_PORT
    HTTPS_PORT: int
    PROCESSES: int  # web processes; the embedded SQLite is served by one
    THREADS: int  # threads of each web process
    WORKERS: int  # processes that run background jobs
    VAR_DIR: str
    DEMO_PASSWORD: str  # empty: random per installation
    FONT_FILE: str  # empty: the font that is installed with Mortise
    MQTT_URL: str  # empty: no broker; mqtt://user:password@host:1883, mqtts for TLS
    COMPANY: str  # the factory's name on labels and papers

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read every setting, or raise SettingWrong with its name."""
        given = _Reader(env)
        var = Path(given.text("VAR_DIR", str(ROOT / "var")))
        database = _database(given.text("DATABASE_URL", f"sqlite:///{var / 'mortise.db'}"))
        embedded = database.startswith("sqlite")
        processes = given.number("PROCESSES", 1 if embedded else 2, 1, 64)
        if embedded and processes > 1:
            raise SettingWrong(f"{PREFIX}PROCESSES: SQLite is served by 1 process; PostgreSQL takes more")
        port, https_port = (given.number(name, usual, 1, 65535) for name, usual in PORTS)
        if port == https_port:
            raise SettingWrong(
                f"{PREFIX}HTTPS_PORT: expected another port than {PREFIX}PORT, got {port} twice"
            )
        return cls(
            SECRET_KEY=given.text("SECRET_KEY", "") or _kept_secret(var),
            DATABASE_URL=database,
            LOCALE=given.word("LOCALE", "zh_Hans_CN", LOCALES),
            TIMEZONE=_zone(given.text("TIMEZONE", "Asia/Shanghai")),
            HOST=given.text("HOST", "127.0.0.1"),
            PORT=port,
            HTTPS=given.word("HTTPS", "off", ("off", "on")) == "on",
            HTTPS_PORT=https_port,
            PROCESSES=processes,
            THREADS=given.number("THREADS", 16, 1, 256),
            WORKERS=given.number("WORKERS", min(2, os.cpu_count() or 1), 1, 16),
            VAR_DIR=str(var),
            DEMO_PASSWORD=given.text("DEMO_PASSWORD", ""),
            FONT_FILE=given.text("FONT_FILE", ""),
            MQTT_URL=_broker(given.text("MQTT_URL", "")),
            COMPANY=given.text("COMPANY", ""),
        )
