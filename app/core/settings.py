"""Settings: environment variables with the prefix ``SALVAGUARDA_``, checked once at start-up."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.cores import usable_cores


class Settings(BaseSettings):
    """Everything an operator may set: a field's name in capitals, after the prefix."""

    model_config = SettingsConfigDict(
        env_prefix="SALVAGUARDA_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    env: Literal["development", "production"] = "development"
    var_dir: Path = Path("var")
    keys_dir: Path | None = None
    database_url: str = ""
    database_pool: Annotated[int, Field(ge=1, le=200)] = 10
    """Connections per process: half for lone reads, half for writes; the audit log adds one."""
    smtp_url: str = ""
    """``smtp://user:password@host:587``, ``smtps://host:465``; empty: files in `var_dir`/mail."""
    smtp_connections: Annotated[int, Field(ge=1, le=100)] = 4
    """Connections to the mail server, for each process that delivers."""
    mail_from: str = ""
    """The address that mails come from; compulsory in production."""
    agency_name: str = "Agência Alainer"
    """Who customers know us as: stands in every mail."""
    redis_url: str = ""
    """Where all processes count tries together; without it each counts its own."""
    throttle: Literal["on", "off"] = "on"
    """Whether guesses are slowed down; ``off`` is for tests and benchmarks."""
    public_url: str = "http://127.0.0.1:8000"
    customer_area_url: str = ""
    """Where the customer area's pages are, which links in mails lead to; `public_url` if empty."""
    passkey_domain: str = ""
    """The domain that passkeys are made for: that of all pages, the host of the customer area's if
    empty. Changing it makes all passkeys useless."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    registration: Literal["open", "confirmed", "closed"] | None = None
    worker: Literal["embedded", "none"] | None = None
    body_limit: Annotated[int, Field(ge=1024)] = 1024 * 1024
    body_idle_seconds: Annotated[float, Field(gt=0, le=600)] = 30
    """How long a caller may let us wait for the next bytes of a body; then it is answered 408."""
    body_seconds: Annotated[float, Field(gt=0, le=86400)] = 1200
    """The same for the whole of it: files of 20 MiB come in time at 17 KiB/s."""
    source_port_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")] = ""
    """The header in which the trusted proxy says the port that a caller came from, for the access
    records; it must overwrite what callers send under that name. Without it, and where the proxy
    does not write ``address:port`` into ``X-Forwarded-For``, the port is not known."""
    metrics_token: SecretStr = SecretStr("")
    """What Prometheus sends as bearer token to `/metrics`, 16 to 200 visible ASCII characters.
    While it is empty `/metrics` answers callers on this machine in development, else nobody."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # Argon2id with the 64 MiB of RFC 9106's second choice, two passes on one lane: over three times
    # the memory of OWASP's minimum (19 MiB), and still some ten sign-ins a second on each core.
    argon2_time_cost: Annotated[int, Field(ge=1)] = 2
    argon2_memory_kib: Annotated[int, Field(ge=8)] = 65536
    argon2_parallelism: Annotated[int, Field(ge=1)] = 1
    hash_workers: Annotated[int, Field(ge=1)] = Field(default_factory=usable_cores)
    hash_queue: Annotated[int, Field(ge=1)] = 64
    """Sign-ins that may wait for a hashing thread; one more is answered 503."""

    trust_dir: Path | None = None
    """Roots and revocation lists that signed documents are held against (`document_trust`)."""
    document_workers: Annotated[int, Field(ge=1)] = Field(default_factory=usable_cores)
    """Processes that verify documents, each started when it is first wanted."""
    document_queue: Annotated[int, Field(ge=1)] = 16
    """Documents that may wait for one of them; one more is answered 503."""
    document_memory_mib: Annotated[int, Field(ge=256)] = 768
    """Address space of such a process, the 100 MiB of its own libraries included."""
    document_seconds: Annotated[int, Field(ge=1, le=600)] = 20
    """How much of the processor's time one document may take; on the clock, four times that."""

    common_passwords_file: Path | None = None
    """More passwords to refuse as common: UTF-8, one a line, read at start-up."""
    breached_passwords_url: Annotated[str, Field(pattern=r"^(https?://[^/?#\s]+/\S*)?$")] = ""
    """Where to ask whether a password has leaked: the first five digits of its SHA-1 are added, as
    in https://api.pwnedpasswords.com/range/. Nobody is asked while it is empty."""

    access_token_seconds: Annotated[int, Field(ge=60, le=3600)] = 900
    refresh_token_days: Annotated[int, Field(ge=1, le=90)] = 30
    small_agent: bool = False
    """Res. CD/ANPD 2/2022: a small agent may take twice as long to tell of an incident."""
    legal_notice_delay_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 0
    """How long after a director approved a legal request the customer is told of it, where no
    secrecy forbids it; 0: before anything is released."""
    fiscal_retention_years: Annotated[int, Field(ge=0)] = 5
    """How long billing sees closed accounts (fiscal records: see CTN arts. 173 and 174)."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("throttle")
    @classmethod
    def _throttle_production(cls, value: str, info: ValidationInfo) -> str:
        if value == "off" and info.data.get("env") == "production":
            raise ValueError("tries are always counted in production")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"([!-~]{16,200})?", value.get_secret_value()):
            raise ValueError("it has 16 to 200 visible ASCII characters")
        return value

    @property
    def production(self) -> bool:
        """Whether development conveniences are refused."""
        return self.env == "production"

    @property
    def area_url(self) -> str:
        """The customer area's address, without a slash at the end."""
        return (self.customer_area_url or self.public_url).rstrip("/")

    @property
    def page_origins(self) -> frozenset[str]:
        """The origins whose pages may act for a signed-in browser: ours, and the listed ones."""
        addresses = (self.public_url, self.area_url, *self.cors_origins)
        return frozenset("/".join(address.lower().split("/")[:3]) for address in addresses)

    @property
    def keys_path(self) -> Path:
        """Where signing keys and the master secret lie."""
        return self.keys_dir or self.var_dir / "keys"

    @property
    def trust_path(self) -> Path:
        """Where roots and revocation lists lie: beside the keys if these have a folder of their
        own, else in `var_dir`."""
        return self.trust_dir or (self.keys_dir or self.var_dir) / "trust"

    @property
    def database(self) -> str:
        """The database's URL; SQLite under `var_dir` when none was given."""
        return self.database_url or f"sqlite:///{self.var_dir / 'salvaguarda.db'}"

    @property
    def registration_mode(self) -> Literal["open", "confirmed", "closed"]:
        """``open`` in development, ``confirmed`` in production unless set."""
        return self.registration or ("confirmed" if self.production else "open")

    @property
    def worker_mode(self) -> Literal["embedded", "none"]:
        """Whether the server process does background work too."""
        return self.worker or ("none" if self.production else "embedded")
