"""The keys that the settings name."""

from app.core.settings import Settings
from app.security.keys import Keyring


def open_keyring(settings: Settings) -> Keyring:
    """The keys: made as needed in development, demanded in production. Raises `KeysError`."""
    if settings.production:
        return Keyring.load(settings.keys_path, production=True)
    return Keyring.create(settings.keys_path, development=True)
