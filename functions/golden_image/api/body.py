"""The JSON of a request's body; whatever is wrong with it is told in this project's words."""

from __future__ import annotations

import json
import math
from collections import Counter

from golden_image.errors import FieldError, InvalidInput

# More than any field of the input takes; Python itself refuses to read 4,300 and more.
_MOST_DIGITS = 20


def decoded(text: str) -> object:
    """The value of a JSON text; a key that an object has twice, NaN and infinities are no JSON here.

    Raises:
        InvalidInput: says what is wrong, and where; never quotes the text, which may hold user data.
    """
    if not text.strip():
        raise _wrong("is empty; send the run's input, a JSON object")
    if text.startswith("\ufeff"):
        raise _wrong("begins with a byte order mark; send it without one")
    if "\ufffd" in text:
        raise _wrong("is not in UTF-8: it has U+FFFD where bytes could not be read")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise _wrong(f"is not JSON: look at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _wrong("is nested too deeply") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    times = Counter(key for key, _ in pairs)
    twice = [FieldError(_named(key), "is more than once in its object") for key in times if times[key] > 1]
    if twice:
        raise InvalidInput(twice)
    return dict(pairs)


def _integer(text: str) -> int:
    digits = len(text.lstrip("-"))
    if digits > _MOST_DIGITS:
        raise _wrong(f"has a number of {digits} digits; no field takes one of more than {_MOST_DIGITS}")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _wrong("has a number that is too large to be read")
    return number


def _constant(name: str) -> float:
    raise _wrong(f"has {name}, which is no JSON")


def _named(key: str) -> str:
    """A key for a message: cut, and what UTF-8 can hold."""
    return key[:200].encode("utf-8", "backslashreplace").decode()


def _wrong(message: str) -> InvalidInput:
    return InvalidInput([FieldError("", f"the body {message}")])
