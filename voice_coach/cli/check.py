"""`check`: judge answers that are there already, as sound, text or transcript."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.check.judge import Judge
    from voice_coach.cli.answers import Answer
    from voice_coach.cli.batch import Job
    from voice_coach.cli.desk import Choices
    from voice_coach.content.load import Library
    from voice_coach.content.models import Rubric
    from voice_coach.records import Judgement


def check(
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="ANSWER...",
            help="Audio files, text (.txt), transcripts (.json), batches (.jsonl), a folder of recordings, "
            "or - for text on standard input.",
            show_default=False,
        ),
    ],
    drill: Annotated[str | None, typer.Option(help="Judge them as answers to this drill.")] = None,
    rubric: Annotated[
        str | None, typer.Option(help="Judge them by this rubric: an id or a file. Default: core.")
    ] = None,
    model: Annotated[str, typer.Option(help="Recogniser for audio: a model's name or a folder.")] = "base",
    engine: Annotated[
        str | None,
        typer.Option(
            help="Address of a server with OpenAI's interface that recognises; sound is sent to it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each answer.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Show what each verdict stands on.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="For a folder: file for its results.", show_default="voice-coach.jsonl in the folder"
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="For a folder: processes to use.", min=1, show_default="all cores")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="For a folder: a Dask scheduler whose workers do it, as HOST:PORT.")
    ] = None,
    home: Home = None,
) -> None:
    """Judge answers without practising: a recording, a text, a transcript or a whole batch.

    A line of a batch has `id`, `question` and `answer`. A folder's recordings are judged on all cores; each gets a
    line of JSON, and a run that was broken off goes on where it stopped.

    Leaves with 0 when all were judged, with 1 when one could not be (unreadable, or not graded), with 2 when the
    command was wrong.
    """
    from voice_coach.cli.batch import Job
    from voice_coach.cli.desk import Choices
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError

    if drill and rubric:
        raise UsageError("--drill brings its own rubric; leave out --rubric or --drill.")
    library = Library(folder(home))
    chosen, question = _rubric(library, drill, rubric)
    if len(answers) == 1 and Path(answers[0]).is_dir():
        job = Job(
            folder(home),
            model,
            engine,
            drill,
            question,
            chosen.model_dump_json(by_alias=True),
            library.core().model_dump_json(by_alias=True),
        )
        all_judged = _check_folder(Path(answers[0]), out, job, jobs, cluster)
    elif out or jobs or cluster:
        raise UsageError(
            "--out, --jobs and --cluster are for a folder of recordings; give one folder and nothing else."
        )
    else:
        judging = Judging(library.core(), chosen, question, drill, why)
        all_judged = _check_each(answers, Choices(folder(home), model=model, engine=engine), judging, as_json)
    if not all_judged:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Judging:
    """What answers are judged by; `drill` is its id, if it is one."""

    core: Rubric
    rubric: Rubric
    question: str
    drill: str | None
    why: bool = False


def _check_each(answers: list[str], choices: Choices, by: Judging, as_json: bool) -> bool:
    """Print the judgement of each answer; false where one could not be judged."""
    from voice_coach.cli import answers as reading
    from voice_coach.cli.desk import announced, judge, recogniser
    from voice_coach.cli.screen import announce, complain, console, print_json
    from voice_coach.errors import CheckError, CoachError, UsageError
    from voice_coach.show.jsonlines import judgement_line

    reading.check_paths(answers)
    judging = judge(choices.home, by.core)
    hears = any(map(reading.is_audio, answers))
    ears = recogniser(choices, needed=hears)
    if hears and (warning := announced(choices)):
        announce(warning)

    def judge_one(answer: Answer) -> bool:
        judgement = judging.judge(answer.transcript, by.rubric, question=answer.question or by.question)
        if as_json:
            line = judgement_line(answer.id, by.drill, judgement, answer.transcript)
            print_json({**line, "why": _reasons(judging, judgement, answer, by)} if by.why else line)
        else:
            if len(answers) > 1 or answers[0].endswith(".jsonl"):
                console().rule(answer.id, align="left")
            _print_report(judging, judgement, answer, by)
        return judgement.graded

    all_judged = True
    for name in answers:
        try:
            for answer in reading.read(name, ears):
                if isinstance(answer, CheckError):
                    complain(str(answer))
                    all_judged = False
                else:
                    all_judged &= judge_one(answer)
        except UsageError:
            raise
        except CoachError as error:
            complain(str(error))
            all_judged = False
    return all_judged


def _print_report(judging: Judge, judgement: Judgement, answer: Answer, by: Judging) -> None:
    from voice_coach.cli.screen import console
    from voice_coach.cli.verdicts import print_why
    from voice_coach.show.report import judgement_report
    from voice_coach.show.spoken import not_understood

    console().print(judgement_report(judgement, answer.transcript, by.rubric))
    for line in not_understood(answer.transcript.unclear):
        console().print(line)
    if by.why:
        print_why(judging, judgement, answer.transcript, by.rubric, answer.question or by.question)


def _reasons(judging: Judge, judgement: Judgement, answer: Answer, by: Judging) -> dict[str, tuple[str, ...]]:
    from voice_coach.check.why import why

    reasons = why(judging, judgement, answer.transcript, by.rubric, answer.question or by.question)
    return {reason.concept: reason.sentences for reason in reasons}


def _check_folder(
    recordings: Path, out: Path | None, job: Job, jobs: int | None, cluster: str | None
) -> bool:
    import os
    from dataclasses import replace

    from rich.text import Text

    from voice_coach.cli import batch
    from voice_coach.cli.desk import Choices, announced, recogniser
    from voice_coach.cli.screen import announce, messages

    choices = Choices(job.home or recordings, model=job.model, engine=job.engine)
    if warning := announced(choices):
        announce(warning)
    if cluster:
        job = replace(job, home=None)
    else:
        recogniser(choices, needed=True)  # a missing model is told before any process is started
    results = out or recordings / batch.RESULTS
    with batch.cluster(cluster) if cluster else batch.local(jobs or os.cpu_count() or 1) as workers:
        outcome = batch.check_folder(recordings, results, job, workers)
    counts = (
        f"{outcome.judged - outcome.failed} judged, {outcome.failed} not, {outcome.before} were there already"
    )
    messages().print(Text(f"{counts}. The results are in {results}."), soft_wrap=True)
    return not outcome.failed


def _rubric(library: Library, drill_id: str | None, rubric: str | None) -> tuple[Rubric, str]:
    """What to judge by, and the question that is no answer when repeated."""
    if drill_id:
        drill = library.drill(drill_id)
        return library.rubric_for(drill), drill.question
    return library.rubric(rubric or "core"), ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)
