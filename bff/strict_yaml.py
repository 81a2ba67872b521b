"""YAML in which nothing is lost unseen: a key that stands twice in one place is refused, not overwritten."""

from collections.abc import Hashable
from typing import Any

import yaml


class _Strict(yaml.SafeLoader):
    """What may be said is plain data, and each thing once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping. Raises ConstructorError naming the line of a key that was there before."""
        seen = set()
        for key_node, _value in node.value:
            key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else key_node
            if key in seen:
                place = key_node.start_mark
                raise yaml.constructor.ConstructorError(None, None, f"{key_node.value} stands here twice", place)
            seen.add(key)
        return super().construct_mapping(node, deep)


def documents(text: str) -> list[Any]:
    """The documents of a file, the empty ones left out. Raises yaml.YAMLError."""
    return [document for document in yaml.load_all(text, _Strict) if document is not None]
