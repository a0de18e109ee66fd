"""`rubrics`: what answers are judged by, tried on its own samples and read for what a machine can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.check.trial import Agreement, Outcome
    from voice_coach.content.models import Rubric

app = typer.Typer(
    help="List the rubrics, try one on its own samples, or check its file.", invoke_without_command=True
)

Which = Annotated[
    str | None,
    typer.Argument(metavar="RUBRIC", help="An id or a file; without it all there are.", show_default=False),
]


@app.callback()
def rubrics(context: typer.Context, home: Home = None) -> None:
    """List the rubrics, shipped ones and your own."""
    if context.invoked_subcommand is None:
        from rich.table import Table

        from voice_coach.cli.screen import console
        from voice_coach.content.load import Library

        table = Table("Rubric", "Title", "Version", "Concepts", "Samples", box=None, pad_edge=False)
        for rubric in Library(folder(home)).rubrics():
            counts = (rubric.version, len(rubric.concepts), len(rubric.samples))
            table.add_row(rubric.id, rubric.title, *map(str, counts))
        console().print(table)


@app.command()
def test(
    rubric: Which = None,
    at_least: Annotated[
        float | None, typer.Option(help="Leave with 1 where the F1 of `explained` is lower.", min=0, max=1)
    ] = None,
    mistakes: Annotated[
        bool, typer.Option("--mistakes", help="Show each sample that was judged wrongly.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each rubric.")] = False,
    home: Home = None,
) -> None:
    """Judge a rubric's own samples and print precision and recall per concept."""
    from voice_coach.check.trial import agreement, trial
    from voice_coach.cli.desk import judge
    from voice_coach.cli.screen import console, print_json
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError

    library = Library(folder(home))
    chosen = [library.rubric(rubric)] if rubric else [one for one in library.rubrics() if one.samples]
    if not all(one.samples for one in chosen):
        raise UsageError(
            f"The rubric `{rubric}` has no samples to be tried on; add a list `samples` to its file."
        )
    judging = judge(folder(home), library.core())
    reached = []
    for one in chosen:
        outcomes = trial(one, judging)
        reached.append(agreement(outcomes).f1 or 0.0)
        if as_json:
            print_json(_as_json(one, outcomes))
        else:
            console().print(_table(one, outcomes))
            if mistakes:
                _print_mistakes(outcomes)
    if at_least is not None and min(reached) < at_least:
        raise typer.Exit(1)


@app.command()
def lint(rubric: Which = None, home: Home = None) -> None:
    """Name file and line of all that is wrong or weak in a rubric file; leaves with 1 where there is any."""
    from voice_coach.check.reader import Reader
    from voice_coach.cli.screen import complain, console
    from voice_coach.content.load import Library
    from voice_coach.content.rubric_lint import lint_rubric

    reader, found = Reader(), 0
    for path in Library(folder(home)).rubric_files(rubric):
        sentences = lint_rubric(path, reader.embed).sentences()
        for sentence in sentences:
            complain(sentence)
        if not sentences:
            console().print(f"{path}: nothing to complain of.", soft_wrap=True, highlight=False, markup=False)
        found += len(sentences)
    if found:
        raise typer.Exit(1)


def _rows(rubric: Rubric, outcomes: Sequence[Outcome]) -> list[tuple[str, Agreement, Agreement]]:
    """Per concept, then for all: agreement on `explained` and on whether it was spoken to."""
    from voice_coach.check.trial import agreement

    groups = {concept.id: [o for o in outcomes if o.concept == concept.id] for concept in rubric.concepts}
    return [
        (name, agreement(own), agreement(own, ("explained", "named", "dismissed")))
        for name, own in (*groups.items(), ("all", outcomes))
    ]


def _table(rubric: Rubric, outcomes: Sequence[Outcome]) -> object:
    from rich.table import Table

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    table = Table(
        "Concept", "explained: precision", "recall", "F1", "spoken to: precision", "recall", "F1",
        title=f"{rubric.title} (version {rubric.version}), {len(rubric.samples)} samples",
        title_justify="left", box=None, pad_edge=False,
    )  # fmt: skip
    for name, *both in _rows(rubric, outcomes):
        table.add_row(name, *(shown(v) for one in both for v in (one.precision, one.recall, one.f1)))
    return table


def _print_mistakes(outcomes: Sequence[Outcome]) -> None:
    from voice_coach.cli.screen import console

    for outcome in outcomes:
        if outcome.wanted != outcome.got:
            console().print(
                f"{outcome.concept}: {outcome.got}, should be {outcome.wanted}: {outcome.sample.text}",
                soft_wrap=True, highlight=False, markup=False,
            )  # fmt: skip


def _as_json(rubric: Rubric, outcomes: Sequence[Outcome]) -> dict[str, object]:
    return {
        "rubric": rubric.id,
        "version": rubric.version,
        "samples": len(rubric.samples),
        "concepts": {
            name: {
                key: {"precision": one.precision, "recall": one.recall, "f1": one.f1}
                for key, one in (("explained", explained), ("spoken_to", spoken))
            }
            for name, explained, spoken in _rows(rubric, outcomes)
        },
    }


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(app, name="rubrics")
