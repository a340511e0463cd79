"""Continues the run of this folder: its curriculum, schedule, loss, optimiser and batches.

    python train.py                                     one process, on a GPU if there is one
    accelerate launch --num_processes 8 train.py        eight GPUs; the losses are those of one
    python train.py --resume                            after it was stopped, or killed

It writes to --out: checkpoint.safetensors and metrics.jsonl for RMT Playground, events for TensorBoard, and state/,
from which --resume continues. SIGTERM saves and stops it.
"""

import argparse
import json
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import accelerate
import numpy as np
import torch
from accelerate.utils import DistributedType
from safetensors.torch import load_file
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)

from batches import Curriculum, batch_of, expected_answers, read_table, settings_of
from event_file import EventFile
from folder import FolderError, load, metadata, read_json, read_run, write_checkpoint
from schedule import Progress, learning_rate, stage_steps

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder of the results (default: out)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument(
        "--accumulate",
        type=int,
        default=1,
        metavar="K",
        help="compute each process's share of a batch in K parts: the same result in less memory",
    )
    parser.add_argument("--bf16", action="store_true", help="bfloat16 in the forward and backward pass")
    parser.add_argument(
        "--save-every", type=int, metavar="N", help="steps between two saves (default: each validation)"
    )
    parser.add_argument("--stop-after", type=int, metavar="N", help="save and stop after N more steps")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    return parser.parse_args()


class Training:
    """A run: the model, the optimiser, and where it is."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.about = read_run(HERE)
        metadata(HERE, None)  # what a checkpoint needs is there
        self.run: dict[str, Any] = self.about["run"]
        self.progress = Progress.of(self.about["start"])
        self.first = Progress.of(self.about["start"])
        run = self.run
        model = load(HERE, bptt_depth=run["bptt_depth"])
        self.accelerator = accelerate.Accelerator(
            cpu=args.cpu,
            mixed_precision="bf16" if args.bf16 else None,
            gradient_accumulation_steps=args.accumulate,
        )
        accelerate.utils.set_seed(run["seed"], device_specific=True)
        self.plain = model
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in self.about["frozen"])
        self.names = [name for name, _ in model.named_parameters()]
        # Of FSDP's or DeepSpeed's configuration, if that says it.
        self.parts = self.accelerator.gradient_accumulation_steps
        self.table, self.held = read_table(HERE, "train"), read_table(HERE, "validation")
        self.curriculum = Curriculum(self.table, run["seed"])
        parts = self.accelerator.num_processes * self.parts
        if run["batch_size"] < parts:
            raise FolderError(
                f"a batch has {run['batch_size']} sequences, fewer than {parts} processes and parts: "
                "export the folder with --set batch_size=N"
            )
        optimiser = torch.optim.AdamW(
            [parameter for parameter in model.parameters() if parameter.requires_grad],
            lr=run["learning_rate"],
            betas=(run["adam_beta1"], run["adam_beta2"]),
            eps=run["adam_epsilon"],
            weight_decay=run["weight_decay"],
        )
        self.check_clipping()
        self.model, self.optimiser = self.accelerator.prepare(model, optimiser)
        if self.progress.stageStep > 0 and not args.resume:
            self.restore_moments()
        self.stop = False
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: setattr(self, "stop", True))

    def check_clipping(self) -> None:
        kind = self.accelerator.distributed_type
        if kind == DistributedType.DEEPSPEED:
            # DeepSpeed clips by itself.
            settings = self.accelerator.state.deepspeed_plugin.deepspeed_config
            settings["gradient_clipping"] = self.run["clip_norm"]
            settings["train_micro_batch_size_per_gpu"] = 1
        if self.run["clip_value"] > 0 and kind in (DistributedType.DEEPSPEED, DistributedType.FSDP):
            raise FolderError(
                f"run.json: clip_value is {self.run['clip_value']} (expected 0 with {kind.value}, which "
                "cannot clip by value): use clip_norm, or several processes without it"
            )

    # ---- steps ----

    def step(self) -> tuple[dict[str, Any], bool]:
        """One optimiser step on the next batch: its line of metrics, and whether a signal asks to stop."""
        run, progress, accelerator = self.run, self.progress, self.accelerator
        began = time.perf_counter()
        offset = self.first.stageStep if progress.stage == self.first.stage else 0
        rows = self.curriculum.batch(progress.stage, progress.stageStep - offset)
        rate = progress.plateau.rate(run, learning_rate(run, progress.stageStep + 1, progress.stage))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        if progress.stageStep == 0:
            self.forget_moments()
        self.model.train()
        self.plain.memory_noise = run["memory_noise"] if progress.stage + 1 >= run["memory_noise_stage"] else 0.0
        norm, sums = 0.0, torch.zeros(3, device=accelerator.device)
        processes, parts = accelerator.num_processes, self.parts
        for part in range(parts):
            mine = rows[accelerator.process_index * parts + part :: processes * parts]
            batch = batch_of(self.plain, self.table, rows, mine, **settings_of(run, self.plain.generates))
            with accelerator.accumulate(self.model):
                score = self.model(batch.to(accelerator.device))
                # The average over parts and processes is then the gradient of the whole batch.
                accelerator.backward(score.loss * parts * processes)
                if accelerator.sync_gradients:
                    norm = self.clip()
                self.optimiser.step()
                self.optimiser.zero_grad()
            sums += torch.stack([score.loss.detach(), score.right.sum(), score.counted.sum()])
        loss, right, counted, stop = self.total(torch.cat([sums, sums.new_tensor([float(self.stop)])])).tolist()
        if not np.isfinite(loss):
            raise FolderError(f"the loss is {loss} at step {progress.step + 1}: try a lower learning_rate in run.json")
        progress.step, progress.stageStep = progress.step + 1, progress.stageStep + 1
        seconds = time.perf_counter() - began
        segments = int(self.table.segments[rows[0]])
        line = {
            "type": "step",
            "step": progress.step,
            "stage": progress.stage + 1,
            "segments": segments,
            "loss": loss,
            "accuracy": right / counted,
            "learning_rate": rate,
            "gradient_norm": norm,
            "ms": 1000 * seconds,
            "tokens_per_second": len(rows) * segments * run["segment_size"] / seconds,
        }
        return line, stop > 0

    def clip(self) -> float:
        """Clips by norm, then by value; returns the norm before."""
        limit, value = self.run["clip_norm"], self.run["clip_value"]
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), limit if limit > 0 else float("inf"))
        if value > 0:
            self.accelerator.clip_grad_value_(self.model.parameters(), value)
        if norm is None:
            return 0.0
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def forget_moments(self) -> None:
        """Every stage begins with a fresh optimiser, as in the official code."""
        for state in self.optimiser.state.values():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    value.zero_()
                else:
                    state[key] = 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        return self.accelerator.reduce(values, "sum")

    def validate(self) -> dict[str, Any]:
        """Accuracy and loss on held-out samples at the stage's number of segments; always the same samples."""
        progress, accelerator = self.progress, self.accelerator
        segments = self.run["stages"][progress.stage]
        rows = np.flatnonzero(self.held.segments == segments)
        if not len(rows):
            raise FolderError(f"data/validation has no samples of {segments} segments: export the folder again")
        self.model.eval()
        sums = torch.zeros(4, device=accelerator.device)
        size = self.run["batch_size"]
        processes = accelerator.num_processes
        own = rows[accelerator.process_index :: processes]
        with torch.no_grad():
            # As many passes in every process: parameters may be spread over all of them.
            for at in range(0, -(-len(rows) // processes), size):
                mine = own[at : at + size]
                if not len(mine):
                    self.model(batch_of(self.plain, self.held, rows[:1], rows[:1]).to(accelerator.device))
                    continue
                batch = batch_of(self.plain, self.held, mine, mine)
                score = self.model(batch.to(accelerator.device))
                whole = (score.right == score.counted).sum()
                sums += torch.stack([score.right.sum(), score.counted.sum(), whole.float(), score.nats.sum()])
        right, counted, whole, nats = self.total(sums).tolist()
        _, often = np.unique(expected_answers(self.held, rows, self.plain.generates), return_counts=True)
        return {
            "type": "validation",
            "step": progress.step,
            "stage": progress.stage + 1,
            "segments": segments,
            "samples": len(rows),
            "accuracy": right / counted,
            "whole": whole / len(rows),
            "loss": nats / counted,
            "commonest": int(often.max()) / counted,
        }

    # ---- files ----

    def moments(self) -> dict[str, torch.Tensor]:
        """AdamW's moments of every parameter, whole, under the names they have in a checkpoint."""
        if self.accelerator.distributed_type == DistributedType.DEEPSPEED:
            from deepspeed.utils import safe_get_full_optimizer_state as gather

            trained = [(name, p) for name, p in self.plain.named_parameters() if p.requires_grad]
            found = {name: {key: gather(p, key) for key in ("exp_avg", "exp_avg_sq")} for name, p in trained}
        else:
            options = StateDictOptions(full_state_dict=True, cpu_offload=True)
            # In the main process only; empty in the others.
            whole = get_optimizer_state_dict(self.model, self.optimiser.optimizer, options=options)
            found = whole.get("state", {})
        short = {"m": "exp_avg", "v": "exp_avg_sq"}
        names = [name for name in self.names if name in found]
        return {f"optimizer.{s}.{name}": found[name][key] for s, key in short.items() for name in names}

    def restore_moments(self) -> None:
        """AdamW goes on where the run was exported, in the middle of a stage."""
        if self.accelerator.distributed_type == DistributedType.DEEPSPEED:
            self.accelerator.print("train.py: with DeepSpeed the moments of AdamW begin at zero")
            return
        tensors = load_file(HERE / "optimizer.safetensors")
        options = StateDictOptions(full_state_dict=True)
        whole = get_optimizer_state_dict(self.model, self.optimiser.optimizer, options=options)
        for name, state in whole["state"].items():
            state["step"] = torch.tensor(float(self.progress.stageStep))
            state["exp_avg"], state["exp_avg_sq"] = (tensors[f"optimizer.{key}.{name}"] for key in ("m", "v"))
        set_optimizer_state_dict(self.model, self.optimiser.optimizer, whole, options=options)

    def save(self) -> None:
        """state/ for --resume, then checkpoint.safetensors; each is complete or as it was before."""
        out, accelerator = self.args.out, self.accelerator
        fresh, state, old = out / "state.new", out / "state", out / "state.old"
        if accelerator.is_main_process:
            shutil.rmtree(fresh, ignore_errors=True)
        accelerator.wait_for_everyone()
        accelerator.save_state(str(fresh))
        weights, moments = accelerator.get_state_dict(self.model), self.moments()
        accelerator.wait_for_everyone()
        if not accelerator.is_main_process:
            return
        progress = self.progress.data(self.run)
        saved = {"run": self.run, "config": self.plain.config, "progress": progress}
        (fresh / "progress.json").write_text(json.dumps(saved))
        if state.exists():
            state.replace(old)
        fresh.replace(state)
        shutil.rmtree(old, ignore_errors=True)
        training = {"config": self.run, "progress": progress, **self.about["origin"]}
        own = {name: weights[name] for name in self.names}
        write_checkpoint(out / "checkpoint.safetensors", {**own, **moments}, metadata(HERE, training))

    def resume(self) -> None:
        state, old = self.args.out / "state", self.args.out / "state.old"
        if not state.exists() and old.exists():
            state = old
        if not state.exists():
            raise FolderError(f"nothing was saved in {self.args.out} yet: leave out --resume")
        saved = read_json(state / "progress.json")
        pairs = (("run.json", saved["run"], self.run), ("config.json", saved["config"], self.plain.config))
        for file, found, given in pairs:
            for key in sorted({*found, *given}):
                if found.get(key) != given.get(key):
                    raise FolderError(
                        f"{file}: {key} is {given.get(key)!r}, but the run in {self.args.out} has "
                        f"{found.get(key)!r}: put it back, or begin again with another --out"
                    )
        self.accelerator.load_state(str(state))
        self.progress = Progress.of(saved["progress"])


class Log:
    """metrics.jsonl, the events for TensorBoard, and a line for people; on the main process only."""

    def __init__(self, out: Path, step: int):
        path = out / "metrics.jsonl"
        lines = path.read_text().splitlines(True) if step and path.exists() else []
        path.write_text("".join(line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step))
        self.file, self.events = path.open("a"), EventFile(out)

    def write(self, line: dict[str, Any], steps: int) -> None:
        print(json.dumps(line), file=self.file, flush=True)
        kind = "validation" if line["type"] == "validation" else "training"
        own = ("loss", "accuracy", "whole", "learning_rate", "gradient_norm", "tokens_per_second")
        self.events.scalars(line["step"], {f"{kind}/{key}": line[key] for key in own if key in line})
        if kind == "validation":
            segments = f"{line['segments']} segment{'' if line['segments'] == 1 else 's'}"
            print(
                f"step {line['step']} of {steps}: {100 * line['accuracy']:.1f} % of {line['samples']} correct at "
                f"{segments}, loss {line['loss']:.3f}",
                flush=True,
            )


def train(args: argparse.Namespace) -> None:
    training = Training(args)
    run, main = training.run, training.accelerator.is_main_process
    if args.resume:
        training.resume()
    elif any((args.out / name).exists() for name in ("state", "state.old", "checkpoint.safetensors")):
        raise FolderError(f"{args.out} already holds a run: --resume continues it; --out FOLDER begins another")
    progress = training.progress
    training.accelerator.wait_for_everyone()
    log = None
    if main:
        args.out.mkdir(parents=True, exist_ok=True)
        log = Log(args.out, progress.step if args.resume else 0)
    begun, saved = progress.step, -1
    steps = sum(stage_steps(run, stage) for stage in range(len(run["stages"])))
    training.accelerator.print(
        f"{training.plain.kind} on {run['task']}: step {begun} of {steps}, validation every {run['validate_every']} steps; "
        f"{training.accelerator.num_processes} x {training.accelerator.device.type}, {args.out}"
    )
    while progress.stage < len(run["stages"]):
        line, stop = training.step()
        length = stage_steps(run, progress.stage)
        due = progress.stageStep % run["validate_every"] == 0 or progress.stageStep == length
        lines = [line, *([training.validate()] if due else [])]
        if log:
            for each in lines:
                log.write(each, steps)
        progress.advance(run, lines[1] if due else None)
        stop = stop or progress.step - begun == args.stop_after
        if stop or (progress.step % args.save_every == 0 if args.save_every else due):
            training.save()
            saved = progress.step
        if stop:
            break
    if saved != progress.step:
        training.save()
    if main:
        print(
            f"{'finished' if progress.stage == len(run['stages']) else 'stopped'} after {progress.step} steps: "
            f"{args.out / 'checkpoint.safetensors'}"
        )
    training.accelerator.end_training()


if __name__ == "__main__":
    try:
        train(arguments())
    except FolderError as error:
        sys.exit(f"train.py: {error}")
