"""``retour rules``: look into the knowledge."""

from argparse import ArgumentParser, Namespace, _SubParsersAction

from retour.cli.ending import EPILOG, CommandError, ExitCode, complain


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command and what is below it to the parser."""
    parser = commands.add_parser(
        "rules", help="look into the rules", epilog=EPILOG, allow_abbrev=False
    )
    below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    explain = below.add_parser(
        "explain",
        help="show every rule that speaks about a reply, best first, and why one won",
        allow_abbrev=False,
    )
    explain.add_argument("text", nargs="+", metavar="TEXT", help="a server's reply")
    explain.set_defaults(run=_explain)
    check = below.add_parser(
        "check",
        help="let the knowledge test itself: examples, counter-examples, overlaps",
        allow_abbrev=False,
    )
    check.set_defaults(run=_check)


def _explain(arguments: Namespace) -> int:
    """Print the rules that speak about one reply."""
    from retour.service.rules import rank_rules  # noqa: PLC0415 - most of the start-up time

    ranked = rank_rules(" ".join(arguments.text))
    if not ranked:
        print("No rule speaks.")
    for number, entry in enumerate(ranked, start=1):
        rule = entry.match.rule
        print(f"{number}. {rule.id}: {rule.cause} ({rule.tier})")
        print(f"   reads: {entry.match.quote!r}")
        for name, value in entry.match.facts.items():
            print(f"   {name}: {value!r}")
        print(f"   place: {entry.reason}")
        print(f"   source: {rule.source}, checked {rule.checked}")
    return ExitCode.OK


def _check(_: Namespace) -> int:
    """Print what is wrong with the rules."""
    from retour.knowledge.schema import KnowledgeError  # noqa: PLC0415 - as above
    from retour.service.rules import audit_rules  # noqa: PLC0415

    try:
        count, findings = audit_rules()
    except KnowledgeError as error:
        raise CommandError(str(error), ExitCode.UNREADABLE) from None
    for finding in findings:
        complain(f"{finding.file}: {finding.rule}: {finding.kind}: {finding.says}.")
    if findings:
        raise CommandError(f"{len(findings)} faults in {count} rules.", ExitCode.UNREADABLE)
    print(f"{count} rules hold.")
    return ExitCode.OK
