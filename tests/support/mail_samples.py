"""Values for every placeholder of the mails' templates, each as hostile as it may be."""

from typing import Any

from app.services.mail_templates import MailTemplates

HOSTILE = '<b>Zé & "Ana"</b>\r\nBcc: alguem@exemplo.com.br'
LINK = "https://clientes.exemplo.com.br/conta#token=abc"
TIME = "2026-11-24T18:20:00Z"

_DEADLINES = [["4821-0937-5562", TIME], ["<b>0001</b>", TIME]]
LISTS: dict[str, Any] = {
    "fields": ["customer.email", HOSTILE],
    "references": ["4821-0937-5562", HOSTILE],
    **dict.fromkeys(("overdue", "due_soon", "set_apart"), _DEADLINES),
    **dict.fromkeys(("overdue_more", "due_soon_more", "set_apart_more"), 3),
}
"""Placeholders that are not one value: what a template may loop over, by name."""


def sample(placeholder: str) -> Any:
    """A value that fits the placeholder, told by its name (see `services/mail_templates.py`)."""
    if placeholder in LISTS:
        return LISTS[placeholder]
    if placeholder.endswith("_at"):
        return TIME
    if placeholder == "link" or placeholder.endswith("_link"):
        return LINK
    return HOSTILE


def samples(templates: MailTemplates, template: str) -> dict[str, Any]:
    """Everything that a template wants to be given."""
    return {name: sample(name) for name in templates.placeholders(template, "pt-BR")}
