"""The elements of a camt.053 message that are looked at, taken from its text without a tree.

Only paths that are asked for are followed; whatever else stands in a file, wherever it stands, is
passed over and leaves nothing in memory. What is kept of one entry, and of one statement's head, is
bounded. An element of text that holds elements, or more text than any field, is unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from data.settings import Intake

NONE: Mapping[str, Shape] = MappingProxyType({})
# The groups that are given when they end.
RECORDS = ("Ntry", "Stmt")
MIXED = "holds elements where it may hold text alone"
TWICE = "stands more than once"


class Money(NamedTuple):
    """An amount as sent, with its currency."""

    text: str | None
    currency: str | None


@dataclass(slots=True, eq=False)
class Shape:
    """An element that is looked at: its path within its group, and what is looked at below it.

    A `group` is looked at for itself: its elements are together, apart from those around it. One
    that is a `record` is given by that name when it ends.
    """

    path: str = ""
    group: bool = False
    text: bool = False
    once: bool = False
    below: dict[str, Shape] = field(default_factory=dict)
    # All paths of a group.
    paths: frozenset[str] = frozenset()
    record: str = ""

    def at(self, path: str) -> Shape:
        """The element on a path below this one, made where there is none yet."""
        found = self
        for name in path.split("/"):
            within = "" if found.group else f"{found.path}/"
            found = found.below.setdefault(name, Shape(within + name))
        return found


def group(
    once: Iterable[str], groups: Mapping[str, Shape] = NONE, often: Iterable[str] = ()
) -> Shape:
    """An element with texts and groups on paths such as ``Id/Othr/Id`` below it.

    Texts may stand there `once`, or `often`; groups may stand there often.
    """
    once, often = frozenset(once), frozenset(often)
    whole = Shape(group=True, paths=once.union(often, groups))
    for path in once | often:
        place = whole.at(path)
        place.text, place.once = True, path in once
    for path, inner in groups.items():
        above, _, name = path.rpartition("/")
        holder = whole.at(above) if above else whole
        record = name if name in RECORDS else ""
        holder.below[name] = Shape(path, True, below=inner.below, paths=inner.paths, record=record)
    return whole


class Fields:
    """What stands below an element that is a group, by path.

    `unreadable` says of a path what is wrong with an element there.
    """

    __slots__ = ("_groups", "_paths", "_texts", "unreadable")

    def __init__(self, shape: Shape) -> None:
        self._paths = shape.paths
        self._texts: dict[str, list[Money]] = {}
        self._groups: dict[str, list[Fields]] = {}
        self.unreadable: dict[str, str] = {}

    def all(self, path: str) -> list[Fields]:
        """The groups on a path such as ``NtryDtls/TxDtls``, in their order."""
        return self._groups.get(self._known(path), [])

    def money(self, path: str) -> Money | None:
        """The first amount on a path, which may be empty."""
        found = self._texts.get(self._known(path))
        return found[0] if found else None

    def text(self, *paths: str) -> str | None:
        """The text on the first of some paths that has any, without space around it."""
        return next(self.texts(*paths), None)

    def texts(self, *paths: str) -> Iterator[str]:
        """The texts on some paths, without space around them."""
        for path in paths:
            for found in self._texts.get(self._known(path), ()):
                if found.text:
                    yield found.text

    def holds(self, path: str) -> bool:
        """Whether an element of text stood on a path."""
        return path in self._texts

    def add_text(self, path: str, text: str, currency: str | None) -> None:
        """Take an element of text."""
        self._texts.setdefault(path, []).append(Money(text or None, currency))

    def add_group(self, path: str, inner: Fields) -> None:
        """Take an element that is a group."""
        self._groups.setdefault(path, []).append(inner)

    def _known(self, path: str) -> str:
        if path not in self._paths:
            raise KeyError(f"{path} is not among {', '.join(sorted(self._paths))}")
        return path


class _Place:
    """Where an element of a shape stands while it is open; at most one of each is open at a time.

    It holds whose the element is, and what stood in it so far.
    """

    __slots__ = ("above", "below", "currency", "fields", "group", "holds_elements", "length",
                 "path", "record", "shape", "text", "texts")  # fmt: skip

    def __init__(self, shape: Shape, prefix: str, above: _Place | None) -> None:
        self.shape, self.path, self.record = shape, shape.path, shape.record
        self.group, self.text, self.above = shape.group, shape.text, above or self
        self.below = {
            prefix + name: _Place(inner, prefix, self) for name, inner in shape.below.items()
        }
        self.fields = Fields(shape)
        self.currency: str | None = None
        self.texts: list[str] = []
        self.length, self.holds_elements = 0, False


class Builder:
    """A target for a parser: gathers what is looked at, and gives records when they end.

    `check_root` gives the prefix of the names in a root's namespace, or raises, as does what
    `refuse` makes of a reason. What is not of the root's namespace is passed over.
    """

    def __init__(
        self, root: Shape, settings: Intake,
        check_root: Callable[[str], str], refuse: Callable[[str], Exception],
    ) -> None:  # fmt: skip
        self.settings, self.check_root, self.refuse = settings, check_root, refuse
        self.deepest = settings.max_xml_depth
        # The parser keeps every name that it has seen.
        self.names: set[str] = set()
        self.root = root
        self.here = _Place(root, "", None)
        self.depth = self.passing = self.kept = 0
        # How many elements were kept when each open record began.
        self.before: list[int] = []
        self.ended: list[tuple[str, Fields, Fields]] = []

    def taken(self) -> list[tuple[str, Fields, Fields]]:
        """The groups Ntry and Stmt that have ended since the last call: name, itself, above."""
        ended, self.ended = self.ended, []
        return ended

    def start(
        self, tag: str, attributes: Mapping[str, str], spaces: Mapping[str | None, str]
    ) -> None:
        """An element begins; `spaces` are the namespaces that it declares, by prefix."""
        self.depth += 1
        if tag not in self.names:
            self._name(tag)
        for each in attributes:
            self._name(each)
        for prefix, space in spaces.items():
            self._name(prefix or "")
            self._name(space)
        if self.depth > self.deepest:
            raise self.refuse(f"nests elements more than {self.deepest} deep")
        if self.passing:
            self.passing += 1
            return
        if self.depth == 1:
            self.here = _Place(self.root, self.check_root(tag), None)
            return
        here = self.here
        place = here.below.get(tag)
        here.holds_elements = True
        if place is None:
            self.passing = 1
            return
        self.kept += 1
        if self.kept > self.settings.max_xml_elements:
            limit = self.settings.max_xml_elements
            raise self.refuse(f"holds more than {limit} elements in one entry or statement head")
        if place.record:
            self.before.append(self.kept)
        place.fields = Fields(place.shape) if place.group else here.fields
        if place.text:
            place.currency = attributes.get("Ccy") if attributes else None
            place.texts, place.length, place.holds_elements = [], 0, False
        self.here = place

    def data(self, text: str) -> None:
        """Text stands in the element that has begun last."""
        here = self.here
        if here.text and not self.passing and here.length <= self.settings.max_xml_text_chars:
            here.texts.append(text)
            here.length += len(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        self.depth -= 1
        if self.passing:
            self.passing -= 1
            return
        ended = self.here
        self.here = ended.above
        if ended.text:
            self._end_text(ended)
        elif ended.record:
            self.kept = self.before.pop() - 1
            self.ended.append((ended.record, ended.fields, self.here.fields))
        elif ended.group and self.depth:
            self.here.fields.add_group(ended.path, ended.fields)

    def pi(self, target: str, _data: str | None) -> None:
        """A processing instruction stands there, which says nothing but has a name."""
        self._name(target)

    def close(self) -> None:
        """The document has ended."""

    def _name(self, name: str) -> None:
        longest, most = self.settings.max_xml_name_chars, self.settings.max_xml_names
        if len(name) > longest:
            raise self.refuse(f"has a name of more than {longest} characters, namespace included")
        self.names.add(name)
        if len(self.names) > most:
            raise self.refuse(f"has more than {most} different names")

    def _end_text(self, ended: _Place) -> None:
        text = "".join(ended.texts).strip()
        longest = self.settings.max_xml_text_chars
        wrong = ""
        if ended.holds_elements and (text or not ended.below):
            wrong = MIXED
        elif ended.length > longest:
            wrong = f"has more than {longest} characters"
        elif ended.shape.once and ended.fields.holds(ended.path):
            wrong = TWICE
        if wrong:
            ended.fields.unreadable.setdefault(ended.path, wrong)
        ended.fields.add_text(ended.path, "" if wrong else text, ended.currency)
