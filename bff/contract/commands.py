"""The reference page of the `bizops` command, read off the commands themselves."""

from collections.abc import Iterator

import click


def commands(notice: str) -> str:
    """Every command with its arguments and options, those that an app brings among them."""
    from bff.cli import main  # here: the command writes this page itself

    return "".join([notice, "# The command `bizops`\n", *_within(main, click.Context(main, info_name="bizops"), 2)])


def _within(group: click.Group, context: click.Context, level: int) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield from _told(command, click.Context(command, info_name=name, parent=context), level)


def _told(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"\n{'#' * level} `{context.command_path}`\n\n{_words(command.help)}\n"
    if isinstance(command, click.Group):
        yield from _within(command, context, level + 1)
        return
    yield f"\n```sh\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    options = [each for each in command.params if isinstance(each, click.Option)]
    if options:
        yield "\n| option | meaning | default |\n|---|---|---|\n"
    for each in options:
        yield f"| {_names(each)} | {_words(each.help)} | {_default(each)} |\n"


def _names(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return f"{names}, `{option.envvar}`" if isinstance(option.envvar, str) else names


def _default(option: click.Option) -> str:
    # What is made from this machine's folders, or by a function, is no word for a page.
    plain = option.default if isinstance(option.default, (str, int)) and not isinstance(option.default, bool) else ""
    return f"`{plain}`" if str(plain) and "/" not in str(plain) else ""


def _words(text: str | None) -> str:
    return " ".join((text or "").replace("\b", "").split()).replace("|", "\\|")
