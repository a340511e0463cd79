"""The files of this folder: its configuration and weights, and what goes back to RMT Playground."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modeling_rmt import RecurrentBert, RecurrentGpt2, RecurrentModel

KINDS = (
    "bert", "rmt-bert", "armt-bert", "gpt2", "rmt-gpt2", "armt-gpt2", "transformer-xl", "rmt-transformer-xl",
)  # fmt: skip


class FolderError(ValueError):
    """What is wrong with a file, and what to do about it."""


def class_of(kind: str) -> type[RecurrentModel]:
    """The class of a kind of model, such as rmt-bert."""
    if kind.endswith("transformer-xl"):
        from transformer_xl import RecurrentTransformerXl

        return RecurrentTransformerXl
    return RecurrentBert if kind.endswith("bert") else RecurrentGpt2


def read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise FolderError(f"{path.name} is missing from {path.parent.resolve()}: export the folder again") from None
    except ValueError as error:
        raise FolderError(f"{path} is not JSON ({error}): export the folder again") from None


def load(folder: str | Path, weights: str | Path | None = None, **settings: Any) -> RecurrentModel:
    """The model of a folder.
    weights: another safetensors file with the same parameters; settings: see RecurrentModel
    """
    path = Path(folder) / "config.json"
    config = read_json(path)
    kind = config.get("rmt_model")
    if kind not in KINDS:
        raise FolderError(f"{path}: rmt_model is {kind!r} (expected one of {', '.join(KINDS)})")
    model = class_of(kind)(config, **settings)
    fill(model, load_file(weights or Path(folder) / "model.safetensors"), str(weights or "model.safetensors"))
    return model


def fill(model: RecurrentModel, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copies the tensors into the parameters; names and shapes must be those of the configuration."""
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        if name not in tensors:
            raise FolderError(f"{where}: no tensor {name!r}, which config.json asks for. Was config.json edited?")
        if tensors[name].shape != parameter.shape:
            found, expected = tuple(tensors[name].shape), tuple(parameter.shape)
            raise FolderError(
                f"{where}: {name!r} has shape {found} (expected {expected} from config.json). Was config.json edited?"
            )
        with torch.no_grad():
            parameter.copy_(tensors[name])
    unknown = sorted(set(tensors) - set(parameters))
    if unknown:
        raise FolderError(f"{where}: unknown tensor {unknown[0]!r} (expected the parameters of a {model.kind})")


# ---- what goes back ----

VERSION = 1
FORMAT = "rmt-playground run for PyTorch"
# Fields of config.json that only transformers reads.
FOREIGN = ("architectures", "model_type", "rmt_model", "id2label", "label2id", "transformers_version", "dtype")


def read_run(folder: Path) -> dict[str, Any]:
    """run.json: the configuration of the run, where it is to begin, its task and the user's data."""
    run = read_json(folder / "run.json")
    if run.get("format") != FORMAT or run.get("version") != VERSION:
        raise FolderError(
            f"run.json is of version {run.get('version')!r}, this program reads version {VERSION}: "
            "use the Python files that were exported with it, or export the folder again"
        )
    return run


def metadata(folder: Path, training: dict[str, Any] | None) -> dict[str, str]:
    """The metadata of a checkpoint.
    training: the configuration and progress of a run that can be resumed, if there is one
    """
    config, run = read_json(folder / "config.json"), read_run(folder)
    name = run["vocabulary"]
    if not (folder / name).exists():
        raise FolderError(
            f"{name} is missing, which says what the token ids stand for: take it from the folder as it was exported"
        )
    own = {"model_type": config["rmt_model"], **{k: v for k, v in config.items() if k not in FOREIGN}}
    out = {
        "format": "pt",
        "rmt_config": json.dumps(own),
        name.removesuffix(".json"): (folder / name).read_text(),
        "task": json.dumps(run["task"]),
    }
    return out if training is None else {**out, "training": json.dumps(training)}


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], about: dict[str, str]) -> None:
    """A checkpoint of RMT Playground; complete or absent, whatever happens."""
    beside = path.with_name(f"{path.name}.tmp")
    own = {name: tensor.detach().to("cpu", torch.float32).contiguous() for name, tensor in tensors.items()}
    save_file(own, beside, about)
    beside.replace(path)
