"""`app/core/devices.py`: what real agents say of themselves, and what strangers make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.devices import _PROGRAMS, _SYSTEMS, device_label

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
         "Firefox, Windows"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
         "Firefox, Linux"),
        (f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
         "Chrome, Android"),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
         "Chrome, Windows"),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
         "Edge, Windows"),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0",
         "Opera, Windows"),
        (f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Safari/537",
         "Samsung Internet, Android"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/26.0 Safari/605.1.15",
         "Safari, macOS"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) {APPLE} Version/26.0 Safari/604.1",
         "Safari, iPhone"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) {APPLE} CriOS/142.0 Safari/604.1",
         "Chrome, iPhone"),
        (f"{MOZILLA} (iPad; CPU OS 18_6 like Mac OS X) {APPLE} FxiOS/145.0 Safari/605.1.15",
         "Firefox, iPad"),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
         "Chrome, ChromeOS"),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36",
         "Chrome, Linux"),
        ("curl/8.5.0", "curl"),
        ("python-httpx/0.28.1", "API"),
        ("okhttp/4.12.0", "API"),
        ("Microsoft-CryptoAPI/10.0", "API"),
        ("knowledge/1.0", "API"),
        ("\ud800\0\N{ZERO WIDTH SPACE}", "API"),
        ("FIREFOX/1", "Firefox"),
        ("Windows", "Windows"),
        ("", None),
        ("  \t", None),
        (None, None),
    ],
)  # fmt: skip
def test_agents_are_known_by_program_and_system(agent: str | None, label: str | None) -> None:
    assert device_label(agent) == label


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_only_words_of_our_own_come_out(agent: str) -> None:
    ours = {label for _, label in (*_PROGRAMS, *_SYSTEMS)} | {"API"}
    label = device_label(agent)
    assert label is None or set(label.split(", ")) <= ours


def test_what_is_far_behind_is_not_looked_at() -> None:
    assert device_label("x" * 10_000_000 + " Firefox/1") == "API"
