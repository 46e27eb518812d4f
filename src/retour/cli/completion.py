"""``retour completion``: a shell's completion script, made from the parser itself.

The script is printed once and sourced by the shell; completing costs no start of Python.
"""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from retour.cli.ending import ExitCode

_BASH = """\
# bash completion for retour: eval "$(retour completion bash)"
_retour() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" path="" i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{COMP_WORDS[i]}}" in -*) ;; *) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;; esac
    done
    case "$path $before" in
{choices}
    esac
    [[ ${{#COMPREPLY[@]}} -eq 0 ]] || return
    case "$path" in
{words}
    esac
    [[ ${{#COMPREPLY[@]}} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$word"))
}}
complete -o filenames -F _retour retour
"""


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "completion",
        help="print a completion script for bash or zsh",
        description='Print a completion script: eval "$(retour completion bash)".',
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=("bash", "zsh"))
    parser.set_defaults(run=_run)


def _run(arguments: Namespace) -> int:
    """Print the script."""
    if arguments.shell == "zsh":
        print("autoload -U +X bashcompinit && bashcompinit")
    print(write_bash(arguments.parser), end="")
    return ExitCode.OK


def write_bash(parser: ArgumentParser) -> str:
    """Write bash's script for a parser and all that is below it."""
    choices, words = [], []
    for path, here in _walk(parser, ""):
        offered = [option for action in here._actions for option in action.option_strings]
        for action in here._actions:
            if isinstance(action, _SubParsersAction):
                offered += list(action.choices)
            elif action.choices and action.option_strings:
                # Commands share names of options, not what these may be.
                names = [
                    f'"{path} {option}"|"{path} "*" {option}"' for option in action.option_strings
                ]
                choices.append((len(path), _offer("|".join(names), " ".join(action.choices))))
            elif action.choices:
                offered += list(action.choices)
        # A command's own arguments follow its name.
        pattern = f'"{path}"|"{path} "*' if path else '""'
        words.append((len(path), _offer(pattern, " ".join(offered))))
    return _BASH.format(choices=_list_longest_first(choices), words=_list_longest_first(words))


def _list_longest_first(branches: list[tuple[int, str]]) -> str:
    """List branches of a case, those of the longest command first: it takes the first that fits."""
    return "\n".join(line for _, line in sorted(branches, key=lambda branch: -branch[0]))


def _offer(pattern: str, words: str) -> str:
    """Write one branch of a case."""
    return f'        {pattern}) COMPREPLY=($(compgen -W "{words}" -- "$word")) ;;'


def _walk(parser: ArgumentParser, path: str) -> Iterator[tuple[str, ArgumentParser]]:
    """Yield a parser and those below it, with the command words that lead there."""
    yield path, parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, below in action.choices.items():
                yield from _walk(below, f"{path} {name}".strip())
