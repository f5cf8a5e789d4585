"""`app/core/settings.py`: every variable of the contract, checked once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import Settings


def from_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"SALVAGUARDA_{name}", value)
    return Settings()


def test_without_variables_it_is_development_on_sqlite_under_var() -> None:
    settings = Settings()
    assert not settings.production
    assert settings.database == "sqlite:///var/salvaguarda.db"
    assert settings.keys_path == Path("var/keys")
    assert (settings.registration_mode, settings.worker_mode) == ("open", "embedded")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.cors_origins == ()


def test_every_variable_of_the_contract_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = from_environment(
        monkeypatch,
        DATABASE_URL="postgresql://someone@host/name",
        ENV="production",
        SMTP_URL="smtp://mail:25",
        VAR_DIR="/srv/var",
        KEYS_DIR="/srv/keys",
        PUBLIC_URL="https://conta.exemplo.com.br",
        CORS_ORIGINS="https://a.exemplo.com.br/, https://b.exemplo.com.br ,",
        REGISTRATION="closed",
        REDIS_URL="redis://r",
        WORKER="embedded",
    )
    assert settings.production
    assert settings.database == "postgresql://someone@host/name"
    assert settings.smtp_url == "smtp://mail:25"
    assert settings.var_dir == Path("/srv/var")
    assert settings.keys_path == Path("/srv/keys")
    assert settings.public_url == "https://conta.exemplo.com.br"
    assert settings.cors_origins == ("https://a.exemplo.com.br", "https://b.exemplo.com.br")
    assert settings.registration_mode == "closed"
    assert settings.redis_url == "redis://r"
    assert settings.worker_mode == "embedded"


def test_keys_and_database_follow_the_var_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = from_environment(monkeypatch, VAR_DIR="/srv/var")
    assert settings.keys_path == Path("/srv/var/keys")
    assert settings.database == "sqlite:////srv/var/salvaguarda.db"


def test_the_trust_folder_lies_beside_the_keys_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().trust_path == Path("var/trust")
    assert from_environment(monkeypatch, KEYS_DIR="/srv/keys").trust_path == Path("/srv/keys/trust")
    assert from_environment(monkeypatch, TRUST_DIR="/srv/trust").trust_path == Path("/srv/trust")


def test_production_confirms_registrations_and_leaves_the_worker_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = from_environment(monkeypatch, ENV="production")
    assert (settings.registration_mode, settings.worker_mode) == ("confirmed", "none")


def test_the_origins_of_our_pages_are_known_without_their_paths() -> None:
    settings = Settings(
        public_url="https://Api.exemplo.com.br/",
        customer_area_url="https://conta.exemplo.com.br/area/",
        cors_origins=("https://painel.exemplo.com.br:8443",),
    )
    assert settings.page_origins == {
        "https://api.exemplo.com.br",
        "https://conta.exemplo.com.br",
        "https://painel.exemplo.com.br:8443",
    }
    assert Settings().page_origins == {"http://127.0.0.1:8000"}


def test_in_production_tries_are_always_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment(monkeypatch, THROTTLE="off").throttle == "off"
    with pytest.raises(ValidationError) as refused:
        from_environment(monkeypatch, ENV="production", THROTTLE="off")
    assert [error["loc"] for error in refused.value.errors()] == [("throttle",)]
    assert from_environment(monkeypatch, THROTTLE="on").throttle == "on"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENV", "prod"),
        ("REGISTRATION", "maybe"),
        ("WORKER", "yes"),
        ("THROTTLE", "maybe"),
        ("BODY_LIMIT", "12"),
        ("DATABASE_POOL", "0"),
        ("ARGON2_MEMORY_KIB", "7"),
        ("ARGON2_TIME_COST", "0"),
        ("HASH_WORKERS", "0"),
        ("HASH_QUEUE", "0"),
        ("DOCUMENT_WORKERS", "0"),
        ("DOCUMENT_QUEUE", "0"),
        ("DOCUMENT_MEMORY_MIB", "64"),
        ("DOCUMENT_SECONDS", "0"),
        ("ACCESS_TOKEN_SECONDS", "86400"),
        ("REFRESH_TOKEN_DAYS", "0"),
        ("LOG_LEVEL", "verbose"),
        ("SMTP_CONNECTIONS", "0"),
        ("FISCAL_RETENTION_YEARS", "-1"),
    ],
)
def test_an_unfit_value_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        from_environment(monkeypatch, **{name: value})
    [error] = refused.value.errors()
    assert error["loc"] == (name.lower(),)
    assert "input_value" not in str(refused.value)


def test_settings_do_not_change_once_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().env = "production"  # type: ignore[misc]  # the point
