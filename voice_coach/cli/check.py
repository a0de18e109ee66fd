"""`check`: judge answers that are there already, as sound, text or transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.cli.answers import Answer
    from voice_coach.content.load import Library
    from voice_coach.content.models import Rubric


def check(
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="ANSWER...",
            help="Audio files, text (.txt), transcripts (.json), batches (.jsonl), or - for text on standard input.",
            show_default=False,
        ),
    ],
    drill: Annotated[str | None, typer.Option(help="Judge them as answers to this drill.")] = None,
    rubric: Annotated[
        str | None, typer.Option(help="Judge them by this rubric: an id or a file. Default: core.")
    ] = None,
    model: Annotated[str, typer.Option(help="Recogniser for audio: a model's name or a folder.")] = "base",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each answer.")] = False,
    home: Home = None,
) -> None:
    """Judge answers without practising: a recording, a text, a transcript or a whole batch.

    A line of a batch has `id`, `question` and `answer`. Leaves with 0 when all were judged, with 1 when one
    could not be (unreadable, or not graded), with 2 when the command was wrong.
    """
    from voice_coach.cli import answers as reading
    from voice_coach.cli.desk import Choices, judge, recogniser
    from voice_coach.cli.screen import complain, console, print_json
    from voice_coach.content.load import Library
    from voice_coach.errors import CoachError, UsageError
    from voice_coach.show.jsonlines import judgement_line
    from voice_coach.show.report import judgement_report

    if drill and rubric:
        raise UsageError("--drill brings its own rubric; leave out --rubric or --drill.")
    reading.check_paths(answers)
    library = Library(folder(home))
    chosen, question = _rubric(library, drill, rubric)
    judging = judge(folder(home), library.core())
    ears = recogniser(Choices(folder(home), model=model), needed=any(map(reading.is_audio, answers)))
    all_judged = True

    def judge_one(answer: Answer) -> bool:
        judgement = judging.judge(answer.transcript, chosen, question=answer.question or question)
        if as_json:
            print_json(judgement_line(answer.id, drill, judgement, answer.transcript))
        else:
            if len(answers) > 1 or answers[0].endswith(".jsonl"):
                console().rule(answer.id, align="left")
            console().print(judgement_report(judgement, answer.transcript, chosen))
        return judgement.graded

    for name in answers:
        try:
            for answer in reading.read(name, ears):
                all_judged &= judge_one(answer)
        except UsageError:
            raise
        except CoachError as error:
            complain(str(error))
            all_judged = False
    if not all_judged:
        raise typer.Exit(1)


def _rubric(library: Library, drill_id: str | None, rubric: str | None) -> tuple[Rubric, str]:
    """What to judge by, and the question that is no answer when repeated."""
    if drill_id:
        drill = library.drill(drill_id)
        return library.rubric_for(drill), drill.question
    return library.rubric(rubric or "core"), ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)
