"""What the service says when something is refused, in Portuguese first and in English.

Codes are the contract: stable, snake_case, never translated. Texts may be reworded at any time.
Each detail says what to do next, and no text ever carries what the caller sent: placeholders take
limits of our own (``{max}``), nothing else. Statuses are HTTP: see ``routers/problems.py``.
"""

from app.core.messages.fields import FIELDS, field_message
from app.core.messages.problems import PROBLEMS, Words, problem_words
from app.core.messages.signatures import FINDINGS, finding_message
from app.core.messages.suggestions import SUGGESTIONS
from app.core.messages.validation import translate, translate_each

__all__ = [
    "FIELDS",
    "FINDINGS",
    "PROBLEMS",
    "SUGGESTIONS",
    "Words",
    "field_message",
    "finding_message",
    "problem_words",
    "translate",
    "translate_each",
]
