"""The data of this folder: tables of token ids, and the batches of a run.

A table has N samples. Its rows are the samples of RMT Playground's own generator, in the order in which its trainer
reads them; a batch is the rows of one step.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from folder import FolderError
from modeling_rmt import Batch, RecurrentModel, cut

Rows = Sequence[int] | np.ndarray


@dataclass
class Table:
    tokens: np.ndarray  # all sequences, one after the other
    ends: np.ndarray  # (N) where each ends
    step: np.ndarray  # (N) the step that reads it, from 1; 0 for validation
    stage: np.ndarray  # (N) of the curriculum, from 1
    segments: np.ndarray  # (N)
    label: np.ndarray  # (N) the class, or -1
    answer: np.ndarray | None  # (N, 2) the answer is the tokens [from, to); None for a classifier
    segment_ends: np.ndarray  # (N) segments up to the end of each
    asked: np.ndarray | None  # (all segments) the class asked for after each, or -1; None if only the last one asks
    answered: np.ndarray | None  # (all) tokens of their row that answer a question earlier in the text
    answer_ends: np.ndarray | None  # (N) such tokens up to the end of each

    def __len__(self) -> int:
        return len(self.ends)

    def sequence(self, row: int) -> np.ndarray:
        return self.tokens[self.ends[row - 1] if row else 0 : self.ends[row]]

    def questions(self, row: int) -> np.ndarray:
        """The class asked for after each segment of a row, or -1."""
        end = self.segment_ends[row]
        return self.asked[end - self.segments[row] : end]

    def scored(self, row: int, every_word: bool) -> np.ndarray:
        """The tokens of a row whose prediction is scored: never the first, which nothing precedes."""
        start, end = scored_range(self, row, every_word)
        if self.answered is None:
            return np.arange(start, end)
        before = self.answered[self.answer_ends[row - 1] if row else 0 : self.answer_ends[row]]
        return np.concatenate([before[before < start], np.arange(start, end)])


def read_table(folder: Path, split: str) -> Table:
    """data/train or data/validation: .safetensors, or .jsonl as `rmt data` writes it."""
    for path in (folder / f"data/{split}.safetensors", folder / f"data/{split}.jsonl"):
        if path.exists():
            columns = load_file(path) if path.suffix == ".safetensors" else read_lines(path)
            return table_of(columns, path)
    raise FolderError(
        f"data/{split}.safetensors is missing: export the folder again, or write it with "
        f"`rmt data --split {split} --samples N --out data/{split}.safetensors`"
    )


def read_lines(path: Path) -> dict[str, np.ndarray]:
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    columns = {
        "tokens": [token for row in rows for token in row["tokens"]],
        "lengths": [len(row["tokens"]) for row in rows],
        **{name: [row.get(name, 0) for row in rows] for name in ("step", "stage", "segments")},
        "label": [row.get("label", -1) for row in rows],
    }
    if rows and "answer" in rows[0]:
        columns["answer"] = [row["answer"] for row in rows]
    if rows and "asked" in rows[0]:
        columns["asked"] = [label for row in rows for label in row["asked"]]
    if rows and "answered" in rows[0]:
        columns["answered"] = [at for row in rows for at in row["answered"]]
        columns["answers"] = [len(row["answered"]) for row in rows]
    return {name: np.array(values, np.int32) for name, values in columns.items()}


def table_of(columns: dict[str, np.ndarray], path: Path) -> Table:
    try:
        lengths = columns["lengths"]
        table = Table(
            tokens=columns["tokens"].astype(np.int64),
            ends=np.cumsum(lengths),
            **{name: columns[name] for name in ("step", "stage", "segments", "label")},
            answer=columns.get("answer"),
            segment_ends=np.cumsum(columns["segments"]),
            asked=columns.get("asked"),
            answered=columns.get("answered"),
            answer_ends=np.cumsum(columns["answers"]) if "answers" in columns else None,
        )
    except KeyError as missing:
        raise FolderError(f"{path}: no column {missing}: export the folder again") from None
    if not len(table) or table.ends[-1] != len(table.tokens):
        raise FolderError(f"{path}: the lengths do not add up to its tokens: export the folder again")
    return table


class Curriculum:
    """The batches of every stage. A stage that has had all of its batches reads them again, in another order."""

    def __init__(self, table: Table, seed: int):
        self.seed = seed
        self.stages: dict[int, list[np.ndarray]] = {}
        for step in np.unique(table.step):
            rows = np.flatnonzero(table.step == step)
            self.stages.setdefault(int(table.stage[rows[0]]) - 1, []).append(rows)

    def batch(self, stage: int, number: int) -> np.ndarray:
        """The rows of a stage's batch, counted from 0."""
        batches = self.stages.get(stage)
        if not batches:
            raise FolderError(f"data/train has no samples for stage {stage + 1}: export the folder again")
        again, at = divmod(number, len(batches))
        if again:
            at = np.random.default_rng([self.seed, stage, again]).permutation(len(batches))[at]
        return batches[at]


def batch_of(
    model: RecurrentModel, table: Table, rows: Rows, mine: Rows, loss: str = "last", every_word: bool = False
) -> Batch:
    """The part `mine` of the batch `rows`. The weights are shares of the whole batch's loss, so that the losses of all
    parts add up to it.
    loss: of a classifier, after the `last` segment, or the `mean` over all; every_word: not only those of the answer
    """
    specials = [model.config.get(f"{name}_token_id") for name in ("pad", "cls", "sep")]

    def read(row: int) -> np.ndarray:
        words = table.sequence(row)
        return words[:-1] if model.generates else words[~np.isin(words, specials)]

    counts = {row: len(cut(len(read(row)), model.size, model.alignment)) for row in rows}
    segments, length = max(counts.values()), max(len(read(row)) for row in mine)
    width = length if model.generates else segments
    tokens, targets = np.zeros((len(mine), length), np.int64), np.zeros((len(mine), width), np.int64)
    weights = np.zeros((len(mine), width), np.float32)
    total = sum(len(table.scored(row, every_word)) for row in rows)
    questions = 0 if table.asked is None else sum((table.questions(row) >= 0).sum() for row in rows)
    for b, row in enumerate(mine):
        words = read(row)
        tokens[b, : len(words)] = words
        if model.generates:
            targets[b, : len(words)] = table.sequence(row)[1:]
            weights[b, table.scored(row, every_word) - 1] = 1 / total
        elif table.asked is not None:
            asked = table.questions(row)
            targets[b], weights[b] = np.maximum(asked, 0), (asked >= 0) / questions
        else:
            targets[b] = table.label[row]
            for n in range(segments - counts[row] if loss == "mean" else segments - 1, segments):
                begun = sum(count >= segments - n for count in counts.values())
                weights[b, n] = 1 / (len(rows) if loss == "last" else segments * begun)
    counted = weights > 0
    if not model.generates:
        counted[:, :-1] = False
    return Batch(
        tokens=torch.from_numpy(tokens),
        lengths=[len(read(row)) for row in mine],
        segments=segments,
        targets=torch.from_numpy(targets),
        weights=torch.from_numpy(weights),
        counted=torch.from_numpy(counted),
    )


def scored_range(table: Table, row: int, every_word: bool) -> tuple[int, int]:
    """The tokens of a sequence whose prediction is scored: never the first, which nothing precedes."""
    length = len(table.sequence(row))
    start, end = (1, length) if table.answer is None or every_word else map(int, table.answer[row])
    return max(1, start), min(end, length)


def expected_answers(table: Table, rows: Rows, generates: bool) -> np.ndarray:
    """What should be predicted: the class of each row, or the words of all answers."""
    if not generates:
        return table.label[list(rows)]
    return np.concatenate([table.sequence(row)[slice(*scored_range(table, row, False))] for row in rows])


def settings_of(run: dict[str, Any], generates: bool) -> dict[str, Any]:
    """What of a run's configuration says how its batches are scored."""
    return {"every_word": run["loss_words"] == "all"} if generates else {"loss": run["loss"]}
