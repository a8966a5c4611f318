"""A sentence as data: a key (its English template) and typed arguments, so that whoever shows it can say it anew.

gettext's convention: the key is the English sentence itself, with named placeholders. It is always a literal, so that a
program finds every key by reading the source (`make catalogue`: Babel, with the keywords `said`, `phase` and `step`). A
sentence without placeholders is its own key. A translation is another template with the same placeholders, in the
order that its grammar wants; therefore no sentence is put together from halves.

    said("kill the engines of {machines}", machines=lost)

    key    kill the engines of {machines}
    args   {"machines": ("manager1", "manager2")}
    str    kill the engines of manager1 and manager2

An argument is a text (a name, a path, what Docker said), a number, another Message, or a tuple of those. A list is
shown as `a, b and c`, or joined as the placeholder says: `{names:,}` by commas, `{views:;}` by semicolons,
`{states:or}` by `; or`, `{lines:lines}` by line breaks. Numbers take Python's formats: `{seconds:.1f}`.
"""

import os
import string
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

from swarmdrill.base.redaction import redact
from swarmdrill.base.text import listed

_JOINED_BY = {",": ", ", ";": "; ", "or": "; or ", "lines": "\n"}


@runtime_checkable
class Named(Protocol):
    """What is said by its name, such as a machine."""

    @property
    def name(self) -> str: ...


Value: TypeAlias = "str | int | float | Message | tuple[Value, ...]"
Argument: TypeAlias = "str | int | float | os.PathLike[str] | BaseException | Named | Iterable[Argument]"


class Message(str):
    """An English sentence that knows its `key` and `args`; made by `said`, `quoted` and `from_record`.

    It is a `str`, so that whoever only shows it needs to know nothing. What is made from it by `+`, an f-string or
    a method of `str` is a plain text again, which no event takes.
    """

    key: str
    args: Mapping[str, Value]

    def __new__(cls, key: str, args: Mapping[str, Value]) -> "Message":
        message = super().__new__(cls, formatted(key, args))
        message.key, message.args = key, dict(args)
        return message

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override] # for copy and pickle
        return self.key, self.args

    def redacted(self) -> "Message":
        """The same without secrets, in its arguments as well: the sentence can be made again from them."""
        return Message(redact(self.key), {name: _redacted(value) for name, value in self.args.items()})

    def record(self) -> dict[str, Any]:
        """Key and arguments as JSON has them; a Message among the arguments is an object of the same form."""
        return {"key": self.key, "args": {name: _recorded(value) for name, value in self.args.items()}}


def said(key: str, /, **args: Argument) -> Message:
    """The sentence `key` with its arguments. `key` is a literal: a test reads the source for it.

    What has a name is said by it, an error by its message, a path as text. Raises KeyError for a placeholder without
    an argument, ValueError for an argument without a placeholder: translators see the key alone.
    """
    if unused := args.keys() - placeholders(key):
        raise ValueError(f"no placeholder for {', '.join(sorted(unused))} in {key!r}")
    return Message(key, {name: _value(argument) for name, argument in args.items()})


def quoted(text: str) -> Message:
    """Somebody else's words, such as Docker's own answer, which nobody translates."""
    return text if isinstance(text, Message) else said("{text}", text=text)


def as_message(text: Message | StrEnum) -> Message:
    """`text` as it is where it is a Message; a word of a list of words by its key, which is its value.

    Whatever takes a sentence calls it, so that a plain text ends with a TypeError there also where no type checker
    looks, and no event is without a key.
    """
    if isinstance(text, Message):
        return text
    if isinstance(text, StrEnum):
        return Message(str(text.value), {})
    raise TypeError(
        f"a plain text has no key: write said({redact(str(text))!r}), or quoted(...) for the words of others"
    )


def in_turn(messages: Iterable[Argument], *, none: Message | None = None) -> Message:
    """Several messages or names, one after the other; `none` is said where there is none at all."""
    several = tuple(messages)
    return said("{each:;}", each=several) if several or none is None else none


def of_error(problem: BaseException) -> Message:
    """All that an error says: its message and the details below it, or somebody else's words."""
    message, details = getattr(problem, "message", None), getattr(problem, "details", "")
    if not isinstance(message, Message):
        return quoted(str(problem))
    return said("{message}\n{details}", message=message, details=details) if details else message


def first_line_of(problem: BaseException) -> Message:
    """What an error says, as one line: its message where it has one, else its first line, else its type."""
    message = getattr(problem, "message", None)
    if isinstance(message, Message) and message and "\n" not in message:
        return message
    return quoted((str(problem).strip().splitlines() or [type(problem).__name__])[0])


def from_record(record: Mapping[str, Any]) -> Message:
    """What `Message.record` wrote, as a Message."""
    return Message(record["key"], {name: _restored(value) for name, value in record["args"].items()})


def formatted(template: str, args: Mapping[str, Value]) -> str:
    """The sentence that a template makes of the arguments: the key makes English, a translation another language."""
    return _SENTENCES.vformat(template, (), args)


def placeholders(key: str) -> set[str]:
    """The names of the arguments that a template needs."""
    return {name for _, name, _, _ in _SENTENCES.parse(key) if name is not None}


class _Sentences(string.Formatter):
    """`str.format` for arguments of a Message: by name only, and with lists."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, tuple):
            each = [self.format_field(one, "") for one in value]
            if not each:
                return "none"
            return _JOINED_BY[format_spec].join(each) if format_spec else listed(each)
        if isinstance(value, str) and format_spec in _JOINED_BY:
            return str(value)
        return format(value, format_spec)


_SENTENCES = _Sentences()


def _value(argument: Argument) -> Value:
    if isinstance(argument, Message | StrEnum):
        return as_message(argument)
    if isinstance(argument, str | bool):
        return str(argument)
    if isinstance(argument, int | float):
        return argument
    if isinstance(argument, BaseException):
        return of_error(argument)
    if isinstance(argument, os.PathLike):
        return os.fspath(argument)
    if isinstance(argument, Iterable):
        return tuple(_value(one) for one in argument)
    if isinstance(argument, Named):
        return str(argument.name)
    raise TypeError(f"no argument of a message: {argument!r}")


def _redacted(value: Value) -> Value:
    if isinstance(value, Message):
        return value.redacted()
    if isinstance(value, str):
        return redact(value)
    return tuple(_redacted(one) for one in value) if isinstance(value, tuple) else value


def _recorded(value: Value) -> Any:
    if isinstance(value, Message):
        return value.record()
    return [_recorded(one) for one in value] if isinstance(value, tuple) else value


def _restored(value: Any) -> Value:
    if isinstance(value, Mapping):
        return from_record(value)
    restored: Value = tuple(_restored(one) for one in value) if isinstance(value, list) else value
    return restored


# Of a command without a reason, of a step without an error.
UNSAID = Message("", {})
