"""`dispute` and `rescore`: a person's own view of a verdict, and the present judge's view of stored answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.check.judge import Judge
    from voice_coach.content.load import Library
    from voice_coach.content.models import Rubric
    from voice_coach.records import Attempt, Judgement, Transcript


def dispute(
    attempt: Annotated[str, typer.Argument(help="Its id, or the beginning or end of it.")],
    concept: Annotated[str, typer.Argument(help="The concept that was judged, by its id.")],
    verdict: Annotated[
        str, typer.Option(help="What it should have been: explained, named, dismissed or missed.")
    ],
    note: Annotated[str, typer.Option(help="Why, for yourself.")] = "",
    home: Home = None,
) -> None:
    """Keep your own view of a verdict beside the coach's, which stays as it is.

    The coach's own verdict takes back a view that you gave before.
    """
    from voice_coach.cli.screen import console
    from voice_coach.clock import SystemClock
    from voice_coach.errors import UsageError
    from voice_coach.history.archive import Archive
    from voice_coach.records import VERDICTS, Dispute

    if verdict not in VERDICTS:
        raise UsageError(f"`{verdict}` is no verdict; --verdict takes one of: {', '.join(VERDICTS)}.")
    with Archive(folder(home)) as archive:
        kept = archive.attempt(attempt)
        concept = "-".join(concept.lower().split())
        judged = {finding.concept: finding.verdict for finding in kept.judgement.findings}
        if verdict == judged.get(concept):
            if not archive.withdraw(kept.id, concept):
                raise UsageError(
                    f"The coach says {verdict} for `{concept}`, too: there is nothing to dispute."
                )
            console().print(
                f"{concept}: {verdict}, as the coach says. Your other view is taken back.", highlight=False
            )
            return
        archive.dispute(
            Dispute(
                attempt=kept.id,
                concept=concept,
                verdict=verdict,
                at=SystemClock().now(),
                note=note,
            )
        )
    console().print(
        f"{concept}: the coach says {judged[concept]}, you say {verdict}. Both are kept.", highlight=False
    )


def rescore(
    attempts: Annotated[
        list[str] | None,
        typer.Argument(metavar="ATTEMPT", help="Which; without any, all.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    home: Home = None,
) -> None:
    """Judge stored answers again, with the present rubrics and judge, and show which verdicts change."""
    from rich.progress import track

    from voice_coach.cli.desk import judge
    from voice_coach.cli.screen import console, messages
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive

    library, screen = Library(folder(home)), console()
    judging = judge(folder(home), library.core())
    changed = 0
    with Archive(folder(home)) as archive:
        ids = (
            [archive.attempt(one).id for one in attempts] if attempts else [row.id for row in archive.rows()]
        )
        progress = messages()
        quiet = not progress.is_terminal  # else rich ends with an empty line
        for attempt_id in track(ids, "Judging again", console=progress, transient=True, disable=quiet):
            before = archive.attempt(attempt_id)
            after = rejudged(before, judging, library)
            if after is None:
                screen.print(
                    f"{before.id}: its drill `{before.drill}` is gone; left as it is.", highlight=False
                )
                continue
            lines = differences(before.judgement, after.judgement)
            if lines:
                changed += 1
                screen.print(f"{before.id}  {before.drill}", style="bold", highlight=False)
            for line in lines:
                screen.print(f"  {line}", highlight=False)
            if not dry_run and after != before:
                archive.save(after)
    verb = "would change" if dry_run else "changed"
    screen.print(f"{changed} of {len(ids)} answers {verb}.", highlight=False)


def print_why(
    judging: Judge, judgement: Judgement, transcript: Transcript, rubric: Rubric, question: str
) -> None:
    """Print what each verdict stands on.

    Raises:
        CheckError: the judge failed.
    """
    from voice_coach.check.why import why
    from voice_coach.cli.screen import console

    for reason in why(judging, judgement, transcript, rubric, question):
        console().print(reason.concept, style="bold", highlight=False)
        for sentence in reason.sentences:
            console().print(f"  {sentence}", soft_wrap=True, highlight=False, markup=False)


def rejudged(attempt: Attempt, judging: Judge, library: Library) -> Attempt | None:
    """The attempt under the present rubric and judge; None where its drill is no longer there.

    Raises:
        CheckError: the judge failed.
        ContentError: a drill or rubric file is wrong.
    """
    from voice_coach.errors import UsageError

    try:
        drill = library.drill(attempt.drill)
    except UsageError:
        return None
    rubric = library.rubric_for(drill)

    def judged(before: Judgement | None, words: str) -> Judgement | None:
        transcript = attempt.unprompted if words == "unprompted" else attempt.transcript
        return judging.judge(transcript, rubric, question=drill.question) if before else None

    return attempt.model_copy(
        update={
            "judgement": judged(attempt.judgement, "unprompted"),
            "prompted": judged(attempt.prompted, "all"),
        }
    )


def differences(before: Judgement, after: Judgement) -> list[str]:
    """What two judgements of the same words say differently, a line each."""
    if before.graded != after.graded:
        return [f"graded: {before.graded} -> {after.graded}"]
    old = {finding.concept: finding.verdict for finding in before.findings}
    lines = [
        f"{finding.concept}: {old.get(finding.concept, 'not asked for')} -> {finding.verdict}"
        for finding in after.findings
        if old.get(finding.concept) != finding.verdict
    ]
    had, has = ({flag.id for flag in one.red_flags} for one in (before, after))
    lines += [f"red flag {flag}: raised" for flag in sorted(has - had)]
    return lines + [f"red flag {flag}: no longer raised" for flag in sorted(had - has)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(dispute)
    app.command()(rescore)
