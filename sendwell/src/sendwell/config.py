"""The deployment's settings: environment variables SENDWELL_*, read once, with errors that name the variable.

Lives here: names, types, defaults. Must not live here: anything an owner sets in the pages, secrets' use.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    """One installation. Paths are relative to the working directory unless absolute."""

    model_config = SettingsConfigDict(env_prefix="SENDWELL_", extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Where databases, the key ring and ready files live.")
    database_url: str = Field(
        default="", description="sqlite:///file or postgresql://...; empty is SQLite in data_dir."
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = Field(default="", description="What recipients and SNS reach us by; empty is http://host:port.")
    keyring: str = Field(
        default="", description="The key ring's JSON itself; empty is the file keyring.json in data_dir."
    )
    secret_key: str = Field(default="", description="Django's signing key; empty derives one from the key ring.")
    embedded: bool = Field(default=True, description="Start a sesbox beside sendwell and offer it as a rehearsal.")
    sesbox_port: int = Field(default=4580, ge=1, le=65535)
    sesbox_args: str = Field(default="--review-delay 5", description="More arguments for the embedded sesbox.")
    aws_endpoint: str = Field(default="", description="Custom endpoint for all connections of kind 'endpoint'.")
    trusted_proxies: int = Field(
        default=0, ge=0, le=9, description="Proxies before us that append to X-Forwarded-For; 0 ignores the header."
    )
    captcha_endpoint: str = Field(default="", description="Replaces captcha services' scheme and host; for tests.")
    dns_servers: str = Field(
        default="",
        description="DNS servers for the doctor and for signups: IP or IP:port, commas; empty: the machine's.",
    )
    debug: bool = False
    allowed_hosts: str = ""

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("it must start with sqlite:/// or postgresql://")
        return value

    @field_validator("public_url", "aws_endpoint")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("it must start with https:// (or http://)")
        return value

    @cached_property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'sendwell.db').absolute()}"

    @cached_property
    def base_url(self) -> str:
        """The public URL without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def keyring_file(self) -> Path:
        return self.data_dir / "keyring.json"

    @property
    def sesbox_ready_file(self) -> Path:
        return self.data_dir / "sesbox.ready.json"

    @property
    def rehearsal_clock_file(self) -> Path | None:
        return self.data_dir / "rehearsal-clock" if self.embedded else None
