"""The public halves of retired signing keys (`<kid>.pub.pem`): they verify old seals, no more."""

from pathlib import Path

from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JWKError

from app.security.keyfiles import KeysError, make_private_folder, read_key_file, write_key_file


class RetiredKeys:
    """The keys of one folder, which need not exist yet."""

    def __init__(self, folder: Path, algorithm: str, *, production: bool) -> None:
        self._folder = folder
        self._algorithm = algorithm
        self._production = production
        self._known: dict[str, Key] = {}

    def keep(self, kid: str, public: Key, *, development: bool) -> None:
        """Write the public half down. The caller holds the folder's lock."""
        make_private_folder(self._folder)
        write_key_file(self._path(kid), public.to_pem(), development=development)

    def get(self, kid: str) -> Key | None:
        """The key of that name; None if there is none, or none that is fit for use.

        `kid` must have the form of one: it becomes a path.
        """
        if kid not in self._known:
            try:
                content, _ = read_key_file(self._path(kid), production=self._production)
                self._known[kid] = jwk.construct(content, self._algorithm)
            except (KeysError, JWKError):
                return None
        return self._known[kid]

    def kids(self) -> list[str]:
        """The names of the keys that are kept, oldest first."""
        end = ".pub.pem"
        if not self._folder.is_dir():
            return []
        return sorted(path.name[: -len(end)] for path in self._folder.glob(f"*{end}"))

    def _path(self, kid: str) -> Path:
        return self._folder / f"{kid}.pub.pem"
