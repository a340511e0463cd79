"""The curriculum of a run, and the learning rate of each step: as RMT Playground computes them."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

Run = dict[str, Any]


def stage_steps(run: Run, stage: int) -> int:
    """The most steps of a stage: a list has one number for all stages, or one for each."""
    steps = run["stage_steps"]
    return steps[min(stage, len(steps) - 1)]


def learning_rate(run: Run, step: int, stage: int) -> float:
    """Of a stage's step, from 1: linear warmup from 0, then linear or cosine decay to 0, or constant."""
    steps, is_last = stage_steps(run, stage), stage == len(run["stages"]) - 1
    warmup = math.floor(run["warmup_ratio"] * steps + 0.5)
    if step <= warmup:
        return run["learning_rate"] * step / warmup
    left = (steps - step + 1) / (steps - warmup + 1)
    if run["schedule"] == "linear" or (run["schedule"] == "constant-linear" and is_last):
        return run["learning_rate"] * left
    if run["schedule"] == "cosine":
        return run["learning_rate"] * 0.5 * (1 - math.cos(math.pi * left))
    return run["learning_rate"]


@dataclass
class Plateau:
    """The schedule `plateau` reduces the learning rate when the validation loss stops falling."""

    best: float | None = None
    waited: int = 0  # validations since then
    drops: int = 0

    def rate(self, run: Run, rate: float) -> float:
        if run["schedule"] != "plateau" or self.drops == 0:
            return rate
        return min(rate, max(run["learning_rate_min"], rate * run["plateau_factor"] ** self.drops))

    def after(self, loss: float, patience: int) -> "Plateau":
        if self.best is None or loss < self.best * (1 - 1e-4):
            return Plateau(loss, 0, self.drops)
        if self.waited + 1 > patience:
            return Plateau(self.best, 0, self.drops + 1)
        return Plateau(self.best, self.waited + 1, self.drops)


@dataclass
class Progress:
    """Where a run is, under the names of a checkpoint of RMT Playground."""

    step: int
    stage: int
    stageStep: int
    plateau: Plateau = field(default_factory=Plateau)

    @staticmethod
    def of(data: dict[str, Any]) -> "Progress":
        return Progress(data["step"], data["stage"], data["stageStep"], Plateau(**data.get("plateau", {})))

    def data(self, run: Run) -> dict[str, Any]:
        plateau = {"plateau": asdict(self.plateau)} if run["schedule"] == "plateau" else {}
        return {"step": self.step, "stage": self.stage, "stageStep": self.stageStep, **plateau}

    def advance(self, run: Run, validation: dict[str, Any] | None) -> None:
        """After a step: the next stage, if this one has had its steps or has reached its accuracy."""
        if validation:
            self.plateau = self.plateau.after(validation["loss"], run["plateau_patience"])
        reached = validation is not None and 0 < run["stage_until"] <= validation["accuracy"]
        if self.stageStep >= stage_steps(run, self.stage) or reached:
            self.stage, self.stageStep, self.plateau = self.stage + 1, 0, Plateau()
