from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws

from app.security.keyfiles import KeysError
from app.security.keys import Keyring, SigningKey
from tests.security.folder import LATER, mode, pem, pems, place
from tests.security.moment import Moment

Opener = Callable[[], Keyring]


def test_create_makes_one_key_and_a_master_for_the_owner_alone(
    keyring: Keyring, folder: Path
) -> None:
    assert pems(folder) == [keyring.signing_key().kid]
    assert [mode(folder), mode(folder / "signing")] == [0o700, 0o700]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {mode(path) for path in files} == {0o600}
    assert {path.name for path in files} == {".lock", "master.key", f"{pems(folder)[0]}.pem"}


def test_create_again_changes_nothing(open_keyring: Opener, folder: Path) -> None:
    first = open_keyring()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    second = open_keyring()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert second.jwks() == first.jwks()
    assert second.secret("paging") == first.secret("paging")


def test_the_newest_signs_and_all_verify(keyring: Keyring, moment: Moment) -> None:
    kids = [keyring.signing_key().kid]
    for _ in range(3):
        moment.pass_by(3600)
        kids.append(keyring.rotate())
        assert keyring.signing_key().kid == kids[-1]
    assert kids == sorted(kids)
    for kid in kids:
        key = keyring.verification_key(kid)
        assert key is not None
        token = jws.sign(b"x", key.private, algorithm="ES256")
        assert jws.verify(token, key.public, "ES256") == b"x"


@pytest.mark.parametrize("seconds", [0, -3600, -40 * 365 * 86400])
def test_a_new_key_signs_even_when_the_clock_was_set_back(
    keyring: Keyring, moment: Moment, open_keyring: Opener, seconds: int
) -> None:
    for _ in range(3):
        moment.set_wall(seconds)
        assert keyring.rotate() == keyring.signing_key().kid == open_keyring().signing_key().kid


def test_the_public_set_shows_every_key_and_no_secret(keyring: Keyring, moment: Moment) -> None:
    old = keyring.signing_key().kid
    moment.pass_by(1)
    new = keyring.rotate()
    keys = keyring.jwks()["keys"]
    assert [key["kid"] for key in keys] == [new, old]
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "y", "alg", "use", "kid"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        token = jws.sign(b"x", keyring_private(keyring, key["kid"]), algorithm="ES256")
        assert jws.verify(token, key, "ES256") == b"x"


def keyring_private(keyring: Keyring, kid: str) -> str:
    key = keyring.verification_key(kid)
    assert key is not None
    return key.private.prepared_key.private_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_a_key_made_by_another_process_is_found_at_once(
    open_keyring: Opener, moment: Moment
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    moment.pass_by(5)
    ours.signing_key()  # has just looked
    kid = theirs.rotate()
    assert ours.verification_key(kid) is not None
    assert ours.signing_key().kid == kid


def test_a_key_made_by_another_process_signs_here_within_a_second(
    open_keyring: Opener, moment: Moment
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    before = ours.generation()
    kid = theirs.rotate()
    moment.pass_by(0.9)
    assert ours.signing_key().kid != kid
    moment.pass_by(0.1)
    assert ours.signing_key().kid == kid
    assert ours.generation() != before


def test_unknown_names_search_the_folder_once_a_second(
    open_keyring: Opener, moment: Moment, folder: Path
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    moment.pass_by(5)
    assert ours.verification_key("unknown") is None  # this second's search
    kid = theirs.rotate()
    moment.elapsed += 0.9
    assert ours.verification_key(kid) is None
    moment.elapsed += 0.1
    assert ours.verification_key(kid) is not None


def test_setting_the_wall_clock_does_not_stop_the_looking(
    open_keyring: Opener, moment: Moment
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    moment.set_wall(-86400)
    kid = theirs.rotate()
    moment.elapsed += 1
    assert ours.signing_key().kid == kid


def test_a_retired_key_is_gone_here_at_once_and_elsewhere_within_a_second(
    open_keyring: Opener, moment: Moment, folder: Path
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    old = ours.signing_key().kid
    ours.rotate()
    moment.pass_by(1)
    assert theirs.verification_key(old) is not None
    before = ours.generation(), theirs.generation()
    ours.retire(old)
    assert old not in pems(folder)
    assert ours.verification_key(old) is None
    moment.pass_by(1)
    assert theirs.verification_key(old) is None
    assert ours.generation() != before[0]
    assert theirs.generation() != before[1]


def test_a_retired_key_verifies_seals_and_nothing_else(
    open_keyring: Opener, moment: Moment, folder: Path
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    old = ours.signing_key()
    seal = old.private.sign(b"sealed")
    new = ours.rotate()
    live = ours.sealing_key(new)
    assert live is not None
    assert not live.verify(b"sealed", seal)
    ours.retire(old.kid)
    moment.pass_by(1)
    for ring in (ours, theirs, open_keyring()):
        assert ring.verification_key(old.kid) is None
        assert [key["kid"] for key in ring.jwks()["keys"]] == [new]
        public = ring.sealing_key(old.kid)
        assert public is not None
        assert public.verify(b"sealed", seal)
        assert not hasattr(public.prepared_key, "sign")  # type: ignore[attr-defined]
    kept = folder / "signing" / "retired" / f"{old.kid}.pub.pem"
    assert b"PUBLIC KEY" in kept.read_bytes()
    assert [mode(kept.parent), mode(kept)] == [0o700, 0o600]
    assert len(Keyring.load(folder, production=True).jwks()["keys"]) == 1


@pytest.mark.parametrize("content", [b"", b"half a k", None], ids=["empty", "torn", "none"])
def test_a_retired_key_that_is_unfit_verifies_nothing(
    keyring: Keyring, open_keyring: Opener, folder: Path, content: bytes | None
) -> None:
    old = keyring.signing_key().kid
    keyring.rotate()
    keyring.retire(old)
    kept = folder / "signing" / "retired" / f"{old}.pub.pem"
    if content is None:
        kept.unlink()
    else:
        kept.write_bytes(content)
    assert open_keyring().sealing_key(old) is None


@pytest.mark.parametrize("name", ["unknown", "../master", "", LATER, "x/../" + LATER])
def test_seals_of_a_key_that_never_was_have_none(
    keyring: Keyring, open_keyring: Opener, folder: Path, name: str
) -> None:
    retired = keyring.signing_key().kid
    keyring.rotate()
    keyring.retire(retired)
    (folder / "signing" / "retired" / "unknown.pub.pem").write_bytes(
        (folder / "signing" / "retired" / f"{retired}.pub.pem").read_bytes()
    )
    assert open_keyring().sealing_key(name) is None


def test_seals_of_a_key_made_by_another_process_a_moment_ago_have_it(
    open_keyring: Opener, moment: Moment
) -> None:
    ours, theirs = open_keyring(), open_keyring()
    moment.pass_by(5)
    ours.signing_key()  # has just looked
    assert ours.sealing_key(theirs.rotate()) is not None


def test_retiring_the_newest_gives_the_pen_back(keyring: Keyring) -> None:
    old = keyring.signing_key().kid
    keyring.retire(keyring.rotate())
    assert keyring.signing_key().kid == old


def test_the_last_key_and_an_unknown_one_are_not_retired(keyring: Keyring, folder: Path) -> None:
    kid = keyring.signing_key().kid
    with pytest.raises(KeysError, match="last key"):
        keyring.retire(kid)
    keyring.rotate()
    for unknown in ("unknown", "../master", ""):
        with pytest.raises(KeysError, match="no key of that name"):
            keyring.retire(unknown)
    assert len(pems(folder)) == 2


def test_the_generation_rests_while_nothing_changes(keyring: Keyring, moment: Moment) -> None:
    before = keyring.generation()
    for _ in range(5):
        moment.pass_by(10)
        keyring.verification_key("unknown")
        assert keyring.generation() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"half a k", pem(ec.generate_private_key(ec.SECP384R1()))],
    ids=["empty", "torn", "P-384"],
)
def test_an_unfit_key_that_appears_later_is_left_out_and_told_once(
    keyring: Keyring,
    folder: Path,
    moment: Moment,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    kid = keyring.signing_key().kid
    path = place(folder, LATER, content)
    for _ in range(3):
        moment.pass_by(2)
        assert keyring.signing_key().kid == kid
    assert [record.message.count(LATER) for record in caplog.records] == [1]
    # The copying was still under way: once complete it counts.
    path.write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    moment.pass_by(2)
    assert keyring.signing_key().kid == LATER


def test_production_leaves_out_a_key_that_appears_open_or_made_in_development(
    keyring: Keyring, folder: Path, moment: Moment, tmp_path: Path
) -> None:
    kid = keyring.signing_key().kid
    place(folder, LATER, pem(ec.generate_private_key(ec.SECP256R1())), mode=0o640)
    elsewhere = tmp_path / "development"
    Keyring.create(elsewhere, development=True, clock=moment)
    (marked,) = (elsewhere / "signing").glob("*.pem")
    place(folder, LATER[:-1] + "e", marked.read_bytes())
    moment.pass_by(2)
    assert keyring.signing_key().kid == kid


def test_a_folder_that_goes_away_leaves_the_known_keys(
    keyring: Keyring, folder: Path, moment: Moment, caplog: pytest.LogCaptureFixture
) -> None:
    kid = keyring.signing_key().kid
    folder.rename(folder.with_name("elsewhere"))
    moment.pass_by(2)
    assert keyring.signing_key().kid == kid
    assert "cannot be read" in caplog.text
    folder.with_name("elsewhere").rename(folder)
    moment.pass_by(2)
    assert keyring.rotate() == keyring.signing_key().kid


def test_an_emptied_folder_signs_nothing(keyring: Keyring, folder: Path, moment: Moment) -> None:
    kid = keyring.signing_key().kid
    (folder / "signing" / f"{kid}.pem").unlink()
    moment.pass_by(2)
    assert keyring.verification_key(kid) is None
    with pytest.raises(KeysError, match="holds no signing key"):
        keyring.signing_key()


@pytest.mark.parametrize("name", ["backup", "20261301T000000000000Z-0123abcd", "a" * 31])
def test_a_foreign_name_is_told_at_the_start_and_passed_over_later(
    keyring: Keyring, open_keyring: Opener, folder: Path, moment: Moment, name: str
) -> None:
    place(folder, name, pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeysError, match="not named like"):
        open_keyring()
    moment.pass_by(2)
    assert keyring.verification_key(name) is None
    assert keyring.rotate() == keyring.signing_key().kid


def test_secrets_differ_by_purpose_and_folder_and_stay(
    keyring: Keyring, open_keyring: Opener, tmp_path: Path
) -> None:
    purposes = ["", "sealing", "paging", "blind-index", "paging "]
    assert len({keyring.secret(purpose) for purpose in purposes}) == len(purposes)
    assert all(len(keyring.secret(purpose)) == 32 for purpose in purposes)
    assert open_keyring().secret("paging") == keyring.secret("paging")
    other = Keyring.create(tmp_path / "other", development=True)
    assert other.secret("paging") != keyring.secret("paging")


def test_a_secret_is_hkdf_of_the_master_key(keyring: Keyring, folder: Path) -> None:
    # Fixed for ever: what was sealed under a purpose must open after any release.
    (folder / "master.key").write_bytes(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    secret = Keyring.load(folder, production=True).secret("sealing")
    assert secret.hex() == "ec115e82728131dc39544fb3533811fa55ee6ec771fe02da096991c7e996bcb5"


def test_a_key_does_not_show_itself(keyring: Keyring) -> None:
    key = keyring.signing_key()
    assert repr(key) == f"SigningKey(kid='{key.kid}')"
    assert isinstance(key, SigningKey)
