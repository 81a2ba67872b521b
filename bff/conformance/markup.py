"""What a piece of HTML holds, as far as the contract cares: its elements with their attributes, and what follows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

FRAME: Final = frozenset({"html", "head", "body", "!doctype"})
LINKS: Final = ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")


@dataclass(frozen=True)
class Element:
    """A start tag. An attribute without a value has an empty one."""

    tag: str
    attributes: dict[str, str]

    def __str__(self) -> str:
        told = "".join(f' {name}="{value[:40]}"' for name, value in list(self.attributes.items())[:2])
        return f"<{self.tag}{told}>"

    @property
    def htmx(self) -> bool:
        """Whether it carries an attribute of htmx itself."""
        return any(name.startswith("hx-") and name != "hx-nonce" for name in self.attributes)


@dataclass
class Form:
    """A form that changes something, and the names and values of its fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Markup(HTMLParser):
    """The elements of a text, the forms that post, the text between tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.posting: list[Form] = []
        self._form: Form | None = None
        self._said: list[str] = []
        self.feed(text)
        self.close()

    def handle_decl(self, decl: str) -> None:
        """A document type is part of a frame."""
        self.elements.append(Element("!doctype", {}))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if tag == "form":
            self._form = None
            if attributes.get("method", "get").lower() == "post":
                self._form = Form(attributes.get("action", ""))
                self.posting.append(self._form)
        elif self._form is not None and "name" in attributes:
            self._form.fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A form ends."""
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self._said.append(data)

    @property
    def text(self) -> str:
        """What a reader sees, in one line."""
        return " ".join("".join(self._said).split())

    def of(self, *tags: str) -> list[Element]:
        """The elements of these names."""
        return [element for element in self.elements if element.tag in tags]

    def links(self) -> Iterator[str]:
        """Where the elements lead, or what they load."""
        for element in self.elements:
            yield from (element.attributes[name] for name in LINKS if name in element.attributes)
